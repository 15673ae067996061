//! Selectors and event topics of the wire, as constants a contract can match on.
//!
//! Functions and errors are the first four bytes of the keccak of the signature, read as a big-endian `u32`; events are
//! the whole hash. A test compares every one with the interfaces of the module `abi`, so the two cannot drift apart.
//!
//! Upstream: Functions Router 1.0.0, Coordinator 1.3.0, Terms of Service Allow List 1.1.0, FunctionsClient.

pub mod errors;
pub mod events;
pub mod functions;
