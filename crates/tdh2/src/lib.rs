//! The cryptography of secrets. No I/O, no clock; what is random comes from outside.
//!
//! A secret has three layers. Its owner signs the JSON text, encrypts it to the DON key, which every node has, and that
//! once more so that only a threshold of nodes opens it together:
//!
//! | layer | bytes | module |
//! | --- | --- | --- |
//! | signed | `{"message":"{\"name\":\"value\"}","signature":"0x…"}` | [`signed`] |
//! | to the DON key | `{"0x0":"…"}`, ECIES in base64 | [`ecies`] |
//! | to the threshold | `{"TDH2Ctxt":"…","SymCtxt":"…","Nonce":"…"}` | [`Ciphertext`] |
//!
//! [`envelope`] puts the layers on and takes the inner two off. The threshold scheme is TDH2 of Shoup and Gennaro, over
//! P-256 with SHA-256:
//!
//! | who | does |
//! | --- | --- |
//! | whoever encrypts | [`Ciphertext::encrypt`], under a [`Label`] that names the owner |
//! | a node | [`Ciphertext::verify`], then [`Verified::share`] |
//! | who gathers shares | [`Verified::check`] each, then [`Verified::open`] with as many as the threshold |
//!
//! Only a ciphertext that verified, under a label that was expected, gives shares: anything else would let whoever
//! copies a ciphertext have it opened.
//!
//! Decoders are strict: a size first; JSON objects with these fields and no other, each once; base64 with padding;
//! points uncompressed and on the curve, not the identity; scalars below the order. What an encoder writes is, to the
//! byte, what the published toolkit writes.
//!
//! Types of secrets have neither `Debug` nor `Clone`; they are zeroised when dropped, as are the bytes of secrets that
//! come out. What the ciphers, the hashes and the JSON reader leave in memory that they gave back is not.

pub mod deal;
pub mod ecies;
pub mod envelope;
pub mod signed;

mod ciphertext;
mod curve;
mod error;
mod json;
mod key;
mod label;
mod opening;
mod share;

pub use ciphertext::{Ciphertext, Unverified, Verified};
pub use curve::coefficient;
pub use error::Malformed;
pub use key::{PrivateShare, PublicKey};
pub use label::Label;
pub use opening::OpenError;
pub use share::{DecryptionShare, InvalidShare, ValidShare};
pub use signed::Secrets;

/// What randomness is taken from.
pub use p256::elliptic_curve::rand_core;

/// Most bytes of a ciphertext that nodes store.
pub const MAX_HOSTED_BYTES: usize = 20_000;
/// Most bytes of a ciphertext at an address of its owner's.
pub const MAX_REMOTE_BYTES: usize = 100_000;
/// Most bytes of the JSON text of secrets, unless a subscription has another limit.
pub const MAX_SECRETS_BYTES: usize = 10_240;
