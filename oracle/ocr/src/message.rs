//! What oracles tell each other.
//!
//! | message | proves its author by | says |
//! | --- | --- | --- |
//! | OBS | Ed25519 | what I saw |
//! | SIG | report signature | I locked this outcome and attest it |
//! | STATUS | Ed25519 | I entered attempt a; my highest lock; whose observations I hold |
//! | PROPOSE | Ed25519 | as leader of a: the outcome, and why it is allowed |
//! | PREPARE | Ed25519 | I accept the proposal of a |
//! | REPORT | a quorum of report signatures | the end |
//! | BATCH | nothing | I would send these decided outcomes in one report |
//! | BSIG | report signature | I hold a report of each of them, and attest them together |
//!
//! A STATUS to the leader carries the observations it lists and the certificate of its lock in full, so
//! nothing has to be asked for afterwards.

use alloy_primitives::B256;

use crate::{
    OracleIndex, Outcome, RequestKey, SignedObservation, choice::Choice, report::Attested,
    report::ReportSignature,
};

/// Longest message on the wire, in bytes; longer ones are dropped before they are parsed.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// Most requests of one report.
pub const MAX_BATCH: usize = 10;

/// One message of one oracle about one request under one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Configuration it belongs to; a message of another one is dropped.
    pub config_digest: B256,
    /// The request.
    pub key: RequestKey,
    /// Who sends it; must be the peer it comes from.
    pub sender: OracleIndex,
    /// What it says.
    pub body: Body,
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// OBS. The author is the sender.
    Observation(SignedObservation),
    /// SIG.
    Attest(Attest),
    /// STATUS.
    Status(Box<Status>),
    /// PROPOSE.
    Propose(Box<Proposal>),
    /// PREPARE.
    Prepare(Prepare),
    /// REPORT.
    Report(Box<Attested>),
    /// BATCH: two to [`MAX_BATCH`] requests; the message is about the first of them.
    Batch(Vec<BatchEntry>),
    /// BSIG, about the first request of its BATCH.
    BatchSignature(BatchSignature),
}

impl Body {
    /// Name for logs and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Observation(_) => "observation",
            Self::Attest(_) => "attest",
            Self::Status(_) => "status",
            Self::Propose(_) => "propose",
            Self::Prepare(_) => "prepare",
            Self::Report(_) => "report",
            Self::Batch(_) => "batch",
            Self::BatchSignature(_) => "batch signature",
        }
    }
}

/// One report signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attest {
    /// Attempt of the lock; 0 is the fast path.
    pub attempt: u32,
    /// What is attested, by digest.
    pub choice: Choice,
    /// Signature over the canonical report's hash.
    pub signature: ReportSignature,
}

/// The lock a STATUS speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockClaim {
    /// Attempt in which it was made.
    pub attempt: u32,
    /// Digest of the locked outcome.
    pub outcome: B256,
    /// Its evidence.
    pub evidence: B256,
}

/// The signed part of a STATUS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusClaim {
    /// The author.
    pub sender: OracleIndex,
    /// The attempt entered, from 1.
    pub attempt: u32,
    /// Highest lock of an attempt below.
    pub lock: Option<LockClaim>,
    /// Observations held, by author, ascending.
    pub held: Vec<(OracleIndex, B256)>,
    /// Ed25519 signature.
    pub signature: [u8; 64],
}

/// A STATUS with what its reader needs to believe and use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The signed part.
    pub claim: StatusClaim,
    /// Proof of the lock; absent in the copies that only announce the attempt.
    pub certificate: Option<Certificate>,
    /// The observations held; absent in the copies that only announce the attempt.
    pub observations: Vec<SignedObservation>,
}

/// Proof that an outcome was locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Attempt of the lock.
    pub attempt: u32,
    /// The outcome.
    pub outcome: Outcome,
    /// Its evidence.
    pub evidence: B256,
    /// At least a quorum of votes of distinct oracles, ascending.
    pub votes: Votes,
}

/// The votes of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Votes {
    /// Attempt 0: observations whose answer is the outcome, as (author, metadata hash, signature).
    Observations(Vec<(OracleIndex, B256, [u8; 64])>),
    /// Later attempts: PREPARE signatures.
    Prepares(Vec<(OracleIndex, [u8; 64])>),
}

impl Votes {
    /// Number of votes.
    pub fn len(&self) -> usize {
        match self {
            Self::Observations(votes) => votes.len(),
            Self::Prepares(votes) => votes.len(),
        }
    }

    /// True without votes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A leader's proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The attempt, from 1.
    pub attempt: u32,
    /// The outcome proposed.
    pub outcome: Outcome,
    /// Its evidence: that of the certificate, or the root of `observations`.
    pub evidence: B256,
    /// The set the outcome follows from, ascending by author; empty when a certificate decides.
    pub observations: Vec<SignedObservation>,
    /// `n - f` signed STATUS of this attempt, ascending by author.
    pub claims: Vec<StatusClaim>,
    /// Proof of the highest lock among the claims, if any has one.
    pub certificate: Option<Certificate>,
    /// Ed25519 signature of the leader.
    pub signature: [u8; 64],
}

/// A vote for a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepare {
    /// The attempt.
    pub attempt: u32,
    /// The choice voted for.
    pub choice: Choice,
    /// Ed25519 signature.
    pub signature: [u8; 64],
}

/// One request of a BATCH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchEntry {
    /// The request.
    pub key: RequestKey,
    /// Digest of the outcome that its report has.
    pub outcome: B256,
}

/// A signature under a report of several requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSignature {
    /// The hash that is signed: it says which report.
    pub hash: B256,
    /// Signature over it.
    pub signature: ReportSignature,
}

/// Bytes that are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Longer than any message.
    #[error("message of {bytes} bytes; at most {MAX_MESSAGE_BYTES}")]
    TooLong {
        /// The length met.
        bytes: usize,
    },
    /// Not the protobuf form of a message.
    #[error("malformed message: {0}")]
    Protobuf(String),
    /// A field has a wrong length or an impossible value.
    #[error("malformed field {0}")]
    Field(&'static str),
}
