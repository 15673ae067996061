//! OCR2 report codec, config digest and quorum check.
