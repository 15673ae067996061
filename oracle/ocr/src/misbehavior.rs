//! What peers do wrong.

use crate::{OracleIndex, SignedObservation};

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
    /// A BATCH that breaks a rule.
    #[error("an invalid batch: {0}")]
    InvalidBatch(&'static str),
    /// Two reports with different outcomes: more than f oracles are faulty.
    #[error("a report that contradicts ours")]
    ContradictingReport,
    /// More bytes about requests we have not seen, more work or more bad messages than a peer may have; the message is
    /// dropped.
    #[error("more than a peer may ask of this node")]
    Flood,
}

impl Misbehavior {
    /// Name of its kind, for logs and counters.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Impersonation(_) => "impersonation",
            Self::BadSignature(_) => "bad signature",
            Self::ConflictingObservation(_) => "conflicting observation",
            Self::ConflictingProposal(_) => "conflicting proposal",
            Self::ConflictingPrepare(_) => "conflicting prepare",
            Self::InvalidStatus(_) => "invalid status",
            Self::InvalidProposal(_) => "invalid proposal",
            Self::InvalidReport(_) => "invalid report",
            Self::InvalidBatch(_) => "invalid batch",
            Self::ContradictingReport => "contradicting report",
            Self::Flood => "flood",
        }
    }
}
