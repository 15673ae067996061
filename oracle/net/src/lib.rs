//! Authenticated, bounded peer streams.
