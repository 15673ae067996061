//! The timers of a request.

use crate::{OracleIndex, RequestKey};

/// A timer of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// The request.
    pub key: RequestKey,
    /// Which of its timers.
    pub kind: TimerKind,
}

/// Timers of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// The time to repeat what was said, for peers that may have lost it; from then on the outcome function's
    /// minimum of answers is enough for the slow path.
    Repeat,
    /// The wait for the fast path after `n - f` observations.
    Grace,
    /// The wait of the first leader for more observations.
    Collect,
    /// The end of an attempt.
    Attempt(u32),
    /// Signatures go to everybody when the collectors stay silent (more than 16 oracles).
    Fallback,
    /// The end of the wait for signatures under the report of several requests, of which this is the first.
    Batch,
    /// What was said is said again to a peer that connected again, when it may be told more.
    Again(OracleIndex),
}
