//! Bounded messages between the runner and the processes that run a stranger's JavaScript.
//!
//! Two conversations exist. On the *session* socket (a byte stream, one per run) the runner talks
//! to the child that runs one script: [`ToChild`] and [`FromChild`]. On the *control* socket (one
//! datagram a message) it talks to the fork server: [`ToZygote`] and [`FromZygote`].
//!
//! The child is hostile by assumption. A decoder checks version, kind and length before it reads
//! a payload, never reserves memory on the word of a length field alone, and never panics.
//!
//! ```text
//! session frame = version u8 (2) | kind u8 | payload length u32 LE | payload
//! control frame = version u8 (2) | kind u8 | payload
//! ```
//!
//! Integers are little-endian; texts are UTF-8 with a u32 length; lists carry a u32 count.
//! Where to read next: `session` for what a run says, `module` for imports, `verdict` and
//! `diagnostic` for how a run ends.

mod control;
mod diagnostic;
mod module;
mod session;
mod verdict;
mod wire;

pub use control::{FromZygote, ToZygote};
pub use diagnostic::{Diagnostic, Position};
pub use module::{ModuleAnswer, ModuleKind, ModuleOutcome, ModuleRequest};
pub use session::{FromChild, HttpRequest, HttpResponse, Start, ToChild};
pub use verdict::{ScriptAnswer, Verdict, cut_text};
pub use wire::{CONTROL_MAX, FrameError, HEADER_LEN, Header, Side, VERSION};

#[cfg(test)]
mod tests;
