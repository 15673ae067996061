//! Whole ceremonies in one process: honest, cheated in, killed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod actors;
mod bytes;
mod cheats;
mod don_key;
mod net;
mod proofs;
mod random;
mod resharing;
mod resume;
mod threshold;
