//! Requests, OCR2 configuration, report verification and billing.
