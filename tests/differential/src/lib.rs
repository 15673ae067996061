//! Two chains in this process, alike but for one thing: on one stand our contracts, on the other the reference.
//!
//! [`Twin`] does everything on both chains and compares what comes back: return data, revert data, logs, views, LINK
//! balances. Router and Coordinator stand at the same addresses on both chains, so that request ids, digests and every
//! topic must be equal to the last byte and nothing has to be translated. Differences are collected; a test fails at
//! its end with all of them.
//!
//! | where | what |
//! | --- | --- |
//! | [`chain`] | one of the chains |
//! | [`twin`] | both, and the comparison |
//! | [`scene`] | LINK, feeds, routes, oracles and a funded subscription on both |
//! | [`random`] | random sequences as values that shrink, and who plays them |
//! | [`tally`] | what happened in them |
//! | [`gas`] | what each operation costs on both |
#![allow(clippy::missing_panics_doc, clippy::expect_used, reason = "a test support crate fails by panicking")]

pub mod chain;
pub mod gas;
pub mod random;
pub mod scene;
pub mod tally;
pub mod twin;

pub use contract_tests::{Receipt, puppet};
pub use scene::Scene;
pub use tally::Tally;
pub use twin::Twin;
