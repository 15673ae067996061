//! Stand-ins for the services the scripts in `examples/` ask, and what each script must answer.
//!
//! A stand-in checks what the real service would check: tokens, basic credentials, AWS signatures,
//! signed JWTs. What a script must return is computed here from the same data, never by JavaScript.
//! The program `example-services` serves all of them and prints a command to try for every script.
//!
//! | to read about | look in |
//! | --- | --- |
//! | every example: file, arguments, secrets, expected bytes | [`examples`] |
//! | the server and how it is made to fail | [`Server`], [`Fault`] |
//! | one service | `services` |
//! | running a script as a node does | [`sandbox`] |

mod call;
mod examples;
pub mod sandbox;
mod server;
mod services;

pub use call::{Call, Reply};
pub use examples::{Example, all, named};
pub use server::{Clock, Fault, Server};
