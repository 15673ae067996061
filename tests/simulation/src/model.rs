//! Everything that four members can do, one of them faulty: all orders of messages and timers, every message lost, a
//! process that dies at any write, with its disk or without, and whatever the faulty member can put together from what
//! was signed.
//!
//! The members are the real protocol. Two values, two attempts: who observes which value and who leads when is a
//! [`Scene`], and all scenes are explored. A member's state is its memory and disk, what it has said, and its timers
//! (`local`); since nothing that was said is ever taken back, a state of the whole is one state of each. What is
//! bounded are deaths, lies that change something, and states ([`Bounds`]): by turns the nearest, and those where
//! most was said.
//!
//! Left out, because it adds nothing that anybody could sign: repetitions, signatures on their way (they arrive as the
//! report that they make), what members do once they have a report, and which timer is due first.
//!
//! | rule | looked at |
//! | --- | --- |
//! | agreement: one outcome can have a quorum of signatures, the faulty member signing everything | every state |
//! | locks hold: where a quorum may have signed, nobody signs anything else in a later attempt | every state |
//! | justification: a vote rests on a leader's proposal that follows, a lock on a quorum, a report on signatures given | every step |
//! | once: one observation whatever is lost; one lock, vote and signature an attempt; STATUS names the highest lock | every step |
//! | order: nothing below the attempt once entered; nothing is said before it is stored; no honest member is blamed | every step |
//!
//! Own code, because stateright, the library for this, cannot be had without an HTTP server, and hashes the whole state
//! at every step: here a member's step is made once, wherever the others are, and a state is three numbers.

mod explore;
mod liar;
mod local;
mod scene;

pub use explore::{Bounds, Explored, explore};
pub use scene::{Scene, scenes};
