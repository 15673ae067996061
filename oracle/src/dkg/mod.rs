//! How nodes make the keys for secrets with each other (`functions-node dkg`): whom to tell what, when it is over.
//!
//! What is dealt, and what of it is right, is the business of `oracle-keys`, where the private parts stay. A
//! [`Session`] is told what peers say and what the time is, and asks for things to be done, in the order that it gives:
//! what it heard is stored before anything that follows from it is said. Keys count when all members tell the same
//! transcript of how they came about; then they are kept, and others are told so. A member stays until all have ended,
//! for somebody may have missed something.

mod frame;
mod session;
mod store;

pub use frame::is_frame;
pub(crate) use session::{Action, End, Event, Session};
pub(crate) use store::Store;

#[cfg(test)]
mod tests;
