//! Stylus programs: what may be activated, what it costs, and how it runs.
//!
//! The crate takes bytes and returns numbers, and runs programs as machines that ask for what they need
//! ([`Request`]) and are told ([`Reply`]). It knows no chain, no database and no clock: who drives a [`Machine`]
//! decides what a storage slot holds and how a call ends.
//!
//! | to | look at |
//! |---|---|
//! | read a code's prefix, decompress it | [`code_kind`], [`decompress`], [`parse_root`] |
//! | check a module and derive its prices | [`activate`] |
//! | run a program | [`Program`], [`Machine`] |
//! | price memory | [`Pages`] |
//!
//! Every price equals that of Nitro v3.9.5, Stylus version 2, and of version 3, which has the same; `tests/golden.rs`
//! compares.
//!
//! # Deviations
//!
//! * The module hash is the keccak of our instrumented module. The node's is that of the machine its proof system
//!   builds of the program, which needs that whole system; no contract sees it but in the event of an activation.
//! * `memory.fill` takes the lowest byte of its value, as WebAssembly says and as Stylus version 3 does; under version
//!   2 the node stops a program whose value is larger.
//! * Dirty slots are flushed in the order of their keys; the node's order is that of a hash map.
//! * The fixed compression dictionary (dictionary byte 1) is refused; no tool emits it.

mod activate;
mod chain_hooks;
mod code;
mod encode;
mod error;
mod frame;
mod hooks;
mod imports;
mod link;
mod machine;
mod meter;
mod pages;
mod params;
mod parse;
mod pending;
mod price;
mod program;
mod storage;
mod vm;

pub use activate::{Activation, ProgramInfo, activate};
pub use code::{
    CodeKind, Root, code_kind, compress, decompress, decompress_fragments, init_code, is_program, parse_root,
};
pub use error::ActivationError;
pub use frame::{CallKind, Ending, Exit, FrameEnv, Reply, Request};
pub use machine::{Machine, Step};
pub use pages::Pages;
pub use params::StylusParams;
pub use program::{Program, ProgramCache};
