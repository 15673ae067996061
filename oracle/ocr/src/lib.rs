//! OSA (observe, sign, assemble): how the oracles of a DON agree on what each request's outcome is.
//!
//! A pure state machine. [`Protocol::step`] takes the time and an [`Input`] and returns [`Effect`]s; it never
//! waits, reads a clock, draws a random number or touches a disk, a socket or a key (a [`Signer`] does that).
//!
//! # Protocol
//!
//! `docs/spec/agreement.md` is the protocol in numbered steps, with the argument why it is safe and why it ends;
//! the code cites the steps as `Spec: agreement A7`. In short: `n` oracles, at most `f` of them faulty, `n > 3f`, a
//! quorum is `q = (n + f) / 2 + 1`; requests are independent.
//!
//! Fast path, two message delays after the q-th oracle has executed: a node stores and sends its one observation
//! (OBS); with q equal answers of scripts it locks the outcome on disk and sends a signature of the canonical
//! report (SIG); with q SIG it has a report (REPORT).
//!
//! Slow path, when answers differ or oracles are silent: attempts, each with a leader. A node enters an attempt
//! with STATUS, which names its highest lock; the leader proposes the outcome of the highest lock, or that of the
//! outcome function ([`outcome`]) of the observations (PROPOSE); q votes (PREPARE) lock it.
//!
//! Batches: outcomes that are decided may be signed once more, together (BATCH, BSIG), so that one transaction brings
//! several to the chain.
//!
//! # Durability
//!
//! [`Effect::Persist`] stands before the effects that reveal what it stores. [`Protocol::restore`] takes the
//! records back; [`Protocol::resume`] says again what was said last. A node that lost its records calls
//! [`Protocol::set_quarantine`] and stays silent on requests older than its start.
//!
//! # Deviations
//!
//! A re-proposed lock keeps its evidence, so the report of a fast lock that was finished by attempt `a` carries the
//! fast extra hash and epoch `a`. STATUS carries observations in full instead of a fetch protocol; from attempt 2
//! its signed part also goes to everybody, so that attempts converge. The order key is derived from the config
//! digest.
//!
//! Read next: [`Input`] and [`Effect`], then `protocol`.

mod announced;
mod choice;
mod crypto;
mod earlier;
mod effect;
pub mod evidence;
mod ids;
mod input;
pub mod layout;
pub mod message;
mod misbehavior;
mod observation;
pub mod outcome;
mod protocol;
mod record;
pub mod report;
mod roster;
mod timer;
mod wire;

pub use announced::AnnouncedError;
pub use choice::Choice;
pub use crypto::{Curves, Signer, Verifier};
pub use earlier::Earlier;
pub use effect::Effect;
pub use functions_types::FailureCode;
pub use ids::{OracleIndex, RequestEvent, RequestKey};
pub use input::Input;
pub use message::{Body, DecodeError, MAX_BATCH, MAX_MESSAGE_BYTES, Message};
pub use misbehavior::Misbehavior;
pub use observation::{Answer, MAX_OBSERVATION_BYTES, Observation, SignedObservation};
pub use outcome::Outcome;
pub use protocol::{Protocol, View};
pub use record::{Record, RecordError, RecordId, Slot};
pub use report::{Attested, ReadyBatch, ReadyReport, ReportSignature};
pub use roster::{FULL_ECHO_ORACLES, Oracle, Order, Roster, RosterError};
pub use timer::{Timer, TimerKind};
