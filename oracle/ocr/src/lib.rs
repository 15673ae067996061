//! OSA (observe, sign, assemble): how the oracles of a DON agree on what each request's outcome is.
//!
//! A pure state machine. [`Protocol::step`] takes the time and an [`Input`] and returns [`Effect`]s; it never waits,
//! reads a clock, draws a random number or touches a disk, a socket or a key (a [`Signer`] does that).
//!
//! # Protocol
//!
//! `n` oracles, at most `f` of them faulty, `n > 3f`; a quorum is `q = (n + f) / 2 + 1`. Requests are independent.
//!
//! Fast path, two message delays after the q-th oracle has executed:
//! * **O1** a node executes, stores its signed observation, sends OBS to all. Exactly one per request. A node
//!   that cannot execute keeps trying; only when the chain's time leaves no more than agreement and transmission need does it
//!   say so with a failure code, which makes no outcome but lets the others go on with theirs.
//! * **O2** with q equal answers of scripts it locks the outcome (attempt 0), then sends SIG over the canonical report.
//! * **O3** with q SIG it has a report: exactly q signatures, lowest signers first. It sends REPORT to all once
//!   (above 16 oracles: only the first f + 1 of the request's order do), and answers later STATUS, PROPOSE and
//!   PREPARE with it, once per peer and attempt. A valid REPORT is adopted.
//!
//! Slow path, when answers differ or oracles are silent; leader of attempt `a` is `order(R)[(a - 1) mod n]`:
//! * **S1** a node enters attempt 1 when n - f observations are in and no answer can reach q, or a grace time after
//!   n - f observations (five after a lock), or once it has waited for T_obs and the observations have an outcome, or at the
//!   last call; and `a + 1` when attempt `a` times out while there is something to propose. It stores the attempt, sends STATUS(a),
//!   and from then on never locks, prepares or signs below `a`.
//! * **S2** the leader waits for n - f STATUS. If one proves a lock, it proposes the outcome of the highest;
//!   else the outcome function ([`outcome`]) of all observations it holds.
//! * **S3** a node accepts one proposal per attempt after checking it from its parts alone, stores and sends PREPARE.
//! * **S4** with q PREPARE it locks and sends SIG as in O2, with epoch `a` and the evidence as extra hash.
//! * **S5** f + 1 oracles seen in higher attempts pull a node to the lowest of those.
//!
//! At most one outcome per request can collect q SIG: in one attempt two certificates would share an honest node that
//! answered twice; across attempts any n - f STATUS include an honest holder of a lock that q SIG may rest on.
//!
//! # Durability
//!
//! [`Effect::Persist`] stands before the effects that reveal what it stores. [`Protocol::restore`] takes the records
//! back; [`Protocol::resume`] says again what was said last. A node that lost its records calls
//! [`Protocol::set_quarantine`] and stays silent on requests older than its start.
//!
//! # Deviations
//!
//! A re-proposed lock keeps its evidence, so the report of a fast lock that was finished by attempt `a` carries the fast extra
//! hash and epoch `a`. STATUS carries observations in full instead of a fetch protocol; from attempt 2 its signed part
//! also goes to everybody, so that attempts converge. The order key is derived from the config digest.
//!
//! Read next: [`Input`] and [`Effect`], then `protocol`.

mod crypto;
mod effect;
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

pub use crypto::{Curves, Signer, Verifier};
pub use effect::Effect;
pub use functions_types::FailureCode;
pub use ids::{COMMITMENT_BYTES, OracleIndex, RequestEvent, RequestKey};
pub use input::Input;
pub use message::{Body, DecodeError, MAX_MESSAGE_BYTES, Message};
pub use misbehavior::Misbehavior;
pub use observation::{Answer, MAX_OBSERVATION_BYTES, Observation, SignedObservation};
pub use outcome::Outcome;
pub use protocol::{Protocol, View};
pub use record::{Record, RecordError, RecordId, Slot};
pub use report::{Attested, ReadyReport, ReportSignature};
pub use roster::{FULL_ECHO_ORACLES, Oracle, Roster, RosterError};
pub use timer::{Timer, TimerKind};
