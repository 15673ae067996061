//! How the members of a DON make its keys without a dealer: nobody ever knows the threshold key.
//!
//! A pure state machine. [`Ceremony::step`] takes an [`Input`] and returns [`Effect`]s; it never waits, reads a clock,
//! touches a disk or a socket, and what is random comes from a seed that is passed in. Members talk over authenticated
//! channels: whom a message is from is believed, and [`Effect::Send`] is for the eyes of its receiver alone.
//!
//! # Tasks
//!
//! | [`Terms`] | who deals, to whom | outcome |
//! | --- | --- | --- |
//! | [`Terms::threshold_key`] | all to all: Pedersen's key generation for P-256 | a threshold key, a share for each |
//! | [`Terms::don_key`] | all to all: parts of a scalar, committed to first | the DON key, for each |
//! | [`Terms::reshare`] | old members to new ones: parts of the old key | the same key, a new share for each |
//!
//! # Steps
//!
//! 1. Every dealer announces: a signed text that binds it to what it will deal.
//! 2. Who has all announcements signs a hash of them for everybody (an echo). Who hears of another hash, or lacks some,
//!    exchanges announcements with the other: two that one dealer signed are the proof against it.
//! 3. Who has everybody's echo of one hash passes the echoes on, so that all come this far, and deals. Nothing secret
//!    is said before.
//! 4. A deal that does not fit its announcement is shown to everybody: it is signed, and secret no more. With right
//!    deals of all dealers there is an [`Outcome`].
//!
//! # Failure
//!
//! A ceremony ends with the [`Culprit`]s, or with an outcome. Bytes that are not a message, or lack its sender's
//! signature, prove nothing to others and are as good as silence. Who is silent is named when the caller says that the
//! time is up ([`Input::Expire`]), which it does for all members alike, long after what honest members say has
//! arrived; then only cheaters are named. The caller repeats the ceremony without them, as another attempt.
//!
//! Somebody may be without an outcome when others have one: a dealer was silent to it alone. An outcome is for use when
//! all members tell the same [`Outcome::transcript`]. The last to speak may see an outcome coming and prevent it.
//!
//! # Durability
//!
//! [`Ceremony::state`] holds the seed and what was heard; it is secret. It is stored before effects are carried out.
//! [`Ceremony::restore`] hears all that again and says the same, to the byte; [`Ceremony::said`] is for members that
//! may have missed it.

mod ceremony;
mod codec;
mod culprit;
mod dice;
mod don_key;
mod heard;
mod message;
mod outcome;
mod p256_codec;
mod reshare;
mod scheme;
mod state;
mod task;
mod terms;
mod threshold;

pub use ceremony::{Ceremony, Effect, Input, Signer, StartError};
pub use culprit::{Culprit, Reason};
pub use message::MAX_MESSAGE_BYTES;
pub use outcome::{Keys, Outcome};
pub use state::{MAX_STATE_BYTES, RestoreError};
pub use terms::{Participant, Terms, TermsError};
pub use threshold::g_bar;

#[cfg(test)]
mod tests;
