//! What the engine is told, and what it asks for.

use crate::{Message, Observation, OracleIndex, ReadyReport, Record, RequestKey, SignedObservation, Terms};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The request's event was seen with enough confirmations to execute it. Repeating it changes nothing.
    Request(Terms),
    /// The node has run the request. Only the first observation of a request counts.
    Observed {
        /// The request.
        key: RequestKey,
        /// What the node saw.
        observation: Observation,
    },
    /// A decoded message arrived from the peer that is oracle `from`.
    Message {
        /// The authenticated peer.
        from: OracleIndex,
        /// What it sent.
        message: Message,
    },
    /// The timestamp of the newest block, in unix seconds. Deadlines are the chain's: restarts, changes of the
    /// configuration and wrong clocks do not move them.
    ChainTime(u64),
    /// A timer set by [`Effect::SetTimer`] is due. Late, early or repeated timers do no harm.
    Timer(Timer),
    /// A connection to the oracle was established; what it may have missed is sent again.
    Connected(OracleIndex),
    /// The chain shows a response to the request, or it expired: the node stops working on it, but answers others.
    Settled(RequestKey),
    /// The request is final or orphaned: everything in memory about it is dropped. Its records may be deleted.
    Forget(RequestKey),
}

/// Something to do. Effects are executed in order: a record must be durable before the effects after it.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Store the record, replacing the one with the same [`Record::id`], and sync.
    Persist(Record),
    /// Send to one oracle; loss is tolerated.
    Send {
        /// The receiver.
        to: OracleIndex,
        /// The message.
        message: Message,
    },
    /// Send to every other oracle; loss is tolerated.
    Broadcast(Message),
    /// Feed [`Input::Timer`] at this time, in the unit of `now`. Setting a timer again replaces it.
    SetTimer {
        /// Which timer.
        timer: Timer,
        /// When, in milliseconds.
        at: u64,
    },
    /// A report is complete; it is given again after a restart.
    Report(Box<ReadyReport>),
    /// A peer misbehaved, or its message could not be used.
    Blame {
        /// The peer.
        oracle: OracleIndex,
        /// What it did.
        misbehavior: Misbehavior,
    },
}

/// A timer of the engine.
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
    /// The wait of the first coordinator for more observations.
    Collect,
    /// The end of an attempt.
    Attempt(u32),
    /// Signatures go to everybody when the collectors stay silent (more than 16 oracles).
    Fallback,
}

/// What a peer did wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misbehavior {
    /// The sender field is not the peer.
    #[error("a message in the name of oracle {0}")]
    Impersonation(OracleIndex),
    /// A signature does not verify.
    #[error("a bad signature on {0}")]
    BadSignature(&'static str),
    /// Two signed observations of one request: proof of equivocation.
    #[error("two different observations")]
    ConflictingObservation(Box<(SignedObservation, SignedObservation)>),
    /// Two proposals of one attempt.
    #[error("two proposals in attempt {0}")]
    ConflictingProposal(u32),
    /// Two votes in one attempt.
    #[error("two votes in attempt {0}")]
    ConflictingPrepare(u32),
    /// A STATUS that breaks a rule.
    #[error("an invalid status: {0}")]
    InvalidStatus(&'static str),
    /// A PROPOSE that breaks a rule.
    #[error("an invalid proposal: {0}")]
    InvalidProposal(&'static str),
    /// A REPORT that breaks a rule.
    #[error("an invalid report: {0}")]
    InvalidReport(&'static str),
    /// Two reports with different outcomes: more than f oracles are faulty.
    #[error("a report that contradicts ours")]
    ContradictingReport,
    /// More buffered bytes than a peer may have about requests we have not seen.
    #[error("too many messages about unknown requests")]
    Flood,
}
