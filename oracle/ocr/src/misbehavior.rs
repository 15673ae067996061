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
    /// Two reports with different outcomes: more than f oracles are faulty.
    #[error("a report that contradicts ours")]
    ContradictingReport,
    /// More buffered bytes than a peer may have about requests we have not seen.
    #[error("too many messages about unknown requests")]
    Flood,
}
