//! A settable price feed for development chains.
