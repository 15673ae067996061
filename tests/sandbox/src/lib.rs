//! Attacks on the process that runs strangers' JavaScript, and on the node that started it.
//!
//! | attacker | where |
//! | --- | --- |
//! | a script | `hostile/*.js`, one attack a file, read by [`Case`]; run by `tests/hostile.rs` |
//! | a sandbox process under foreign control | `src/bin/rogue-sandbox.rs`; `tests/rogue.rs` |
//! | an HTTP server or a name server | `tests/servers.rs` |
//!
//! `tests/determinism.rs` compares one script's bytes over a thousand processes, and `ACCEPTANCE.md` says which test
//! stands for which row of the runtime's acceptance list.

mod case;
mod footprint;
pub mod server;

pub use case::{Case, Expected};
pub use footprint::Footprint;
