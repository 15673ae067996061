//! How owners of subscriptions store secrets: the gateway, a role that lives in every node.
//!
//! An owner posts a message that it signed, as the published toolkit does; the gateway hands it, **as it came**, to
//! every member, gathers the members' signed answers and returns them. Nobody has to trust it: members check the
//! owner's signatures themselves, and the owner sees each member's own answer. What it never has: a key, or anything
//! decrypted.
//!
//! | who | does | module |
//! | --- | --- | --- |
//! | the gateway | [`Gateway::answer`]: checks, [`Policy`], asks [`Members`], gathers with a [`Collector`] | [`rpc`], [`policy`] |
//! | each member | [`Member::answer`]: the same checks again, its [`Store`], a signed [`Answer`](payload::Answer) | [`payload`] |
//! | the server | [`serve()`]: HTTP, bounded | |
//!
//! The node brings the edge: [`Members`], [`Balances`], [`Store`], a [`Signer`], the time.
//!
//! # Bounds
//!
//! | bound | value | what happens beyond it |
//! | --- | --- | --- |
//! | a call's body | [`MAX_BODY_BYTES`] | -32700, 400 |
//! | time to send it | 5 s | the same |
//! | a request's head, time to send it | 16 KiB, 5 s | 431, the connection is closed |
//! | message id, method, DON id | 128, 64, 64 bytes | -32700, 400 |
//! | connections, of one address | 256, 32 | the oldest of the address, or of the one with most, is closed |
//! | life of a connection | 60 s, then the patience and 15 s to finish | closed |
//! | messages of one sender, of all | [`Rules`] | -32600, 400, "rate-limited" |
//! | one message under way | once | -32009, 409 |
//! | patience with members | what [`Gateway::new`] is given, [`PATIENCE`] | -32000, 504 |
//! | a member's answer | [`MAX_ANSWER_BYTES`], one each | it does not count |
//! | senders remembered | [`policy::MAX_SENDERS`] | new ones are "rate-limited" until others' buckets are full |
//!
//! # Deviations
//!
//! From the reference, as far as somebody could notice:
//!
//! * The id and method of a call must be those of its message; the reference takes the call's.
//! * Fields that nobody signs are refused, as are signatures with a high s, a list with a payload, a payload that is
//!   not its method's (before it reaches members), and a message that is under way.
//! * `heartbeat` is an unsupported method.

mod collect;
mod connections;
mod cors;
mod counters;
mod error;
mod gateway;
mod json;
mod member;
mod message;
pub mod payload;
mod personal;
pub mod policy;
pub mod rpc;
mod server;
mod shared;

use std::time::Duration;

pub use collect::{Collector, NotCounted, Roster};
pub use cors::Cors;
pub use counters::Counters;
pub use error::Malformed;
pub use gateway::{Gateway, Members, Reply};
pub use member::{Balances, Member, Store, Unanswerable};
pub use message::{MAX_DON_ID_BYTES, MAX_ID_BYTES, MAX_METHOD_BYTES, Message, RECEIVER_BYTES};
pub use personal::Signer;
pub use policy::{Allowed, Policy, Rate, Refusal, Rules};
pub use server::serve;

/// Most bytes of a call: code of 64 KiB in base64 and what is around it.
pub const MAX_BODY_BYTES: usize = 128 * 1_024;
/// Most bytes of a member's answer.
pub const MAX_ANSWER_BYTES: usize = 16 * 1_024;
/// How long a gateway waits for members unless it is told otherwise.
pub const PATIENCE: Duration = Duration::from_secs(10);
