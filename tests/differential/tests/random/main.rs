//! Random sequences on both chains.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod invariants;
mod sequences;
