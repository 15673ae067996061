//! The only code that reads private keys.
