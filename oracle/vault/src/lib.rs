//! What owners of subscriptions store with a DON, and how its members open secrets together. No I/O, no clock.
//!
//! A [`Row`] is signed by its owner, so it needs no agreement: whoever has it may give it on, nobody can change it, and
//! members that tell each other of their rows come to hold the same ones.
//!
//! | question | answered by |
//! | --- | --- |
//! | may this row be stored, and what must make room for it? | [`Index::put`] |
//! | which row does a request mean? | slot and version exactly, not expired at the time of its block: [`Row::is_live`] |
//! | what does another member have that this one lacks, and the other way round? | [`Index::compare`] |
//! | what do members say to each other? | [`Message`] |
//! | when is a ciphertext open? | [`Opening`]: with as many valid shares as the threshold |
//!
//! # Rows
//!
//! Several versions of a slot live side by side until they expire, the [`Limits::versions`] highest of them: a request
//! under way keeps the version it names while its owner uploads the next. An owner's upload must have a higher version
//! than all the slot's; what other members bring need not. Of two rows with the same version the one with the lower
//! [`Row::id`] stays, on every member, and the slot is marked as contested: only its owner can have signed both.
//!
//! # Bounds
//!
//! | what | bound |
//! | --- | --- |
//! | rows of all owners; slots of an owner and kind; versions of a slot | [`Limits`] |
//! | bytes of a message | [`MAX_MESSAGE_BYTES`], looked at before it is read |
//! | shares of a request | one a member, checked once |
//! | shares for requests that this member has not seen | [`Early`]: so many a member, half a minute |

mod codec;
mod early;
mod index;
mod limits;
mod message;
mod opening;
mod row;

pub use early::Early;
pub use index::{Change, Difference, Index, Listed, Origin, Refused};
pub use limits::{Limits, MAX_ENTRIES, SHARDS};
pub use message::{MAX_MESSAGE_BYTES, Message, ShareOf};
pub use opening::{Counted, Opening};
pub use row::{EXPIRY_GRACE_MS, Entry, Key, Kind, Row, WrongSignature};

#[cfg(test)]
mod tests;
