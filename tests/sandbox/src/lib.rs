//! Attacks on the process that runs strangers' JavaScript, and on the node that started it.
//!
//! | attacker | where |
//! | --- | --- |
//! | a script | `hostile/*.js`, one attack a file, read by [`Case`]; run by `tests/hostile.rs` |
//! | a sandbox process under foreign control | `src/bin/rogue-sandbox`; `tests/rogue.rs` |
//! | bytes that are no message | `tests/decoders.rs`, with the checks and the corpus of `fuzz` |
//! | an HTTP server or a name server | [`server`]; `tests/servers` |
//!
//! What is no attack, but must not move, stands beside them: `tests/determinism` compares one script's bytes over a
//! thousand processes, `tests/language` and `tests/golden.rs` compare values with V8's, `tests/node.rs` with Node.js.
//! `ACCEPTANCE.md` says which test stands for which row of the runtime's acceptance list.

mod case;
mod footprint;
pub mod server;

pub use case::{Case, Expected};
pub use footprint::{ALONE, Footprint};
