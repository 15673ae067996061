//! What one oracle saw when it ran a request.

use alloy_primitives::B256;
use functions_types::FailureCode;

use crate::OracleIndex;

/// Longest observation this protocol version carries, whatever the configuration says, in bytes.
pub const MAX_OBSERVATION_BYTES: usize = 4_096;

/// The answer part of an observation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// The script returned these bytes. Wire kind 0.
    Result(Vec<u8>),
    /// The script failed with this text (UTF-8 bytes as they go on chain). Wire kind 1.
    UserError(Vec<u8>),
    /// The node itself failed, Wire kind 2, one byte; never part of an outcome by itself.
    NodeFailure(FailureCode),
}

impl Answer {
    /// Wire kind: 0 result, 1 user error, 2 node failure.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Result(_) => 0,
            Self::UserError(_) => 1,
            Self::NodeFailure(_) => 2,
        }
    }

    /// The bytes that go with the kind; one byte for a failure.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Result(bytes) | Self::UserError(bytes) => bytes,
            Self::NodeFailure(code) => code.bytes(),
        }
    }

    /// The answer of a wire kind and its bytes; `None` for an unknown kind, failure code or length.
    pub fn from_parts(kind: u8, bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() > MAX_OBSERVATION_BYTES {
            return None;
        }
        match (kind, bytes.as_slice()) {
            (0, _) => Some(Self::Result(bytes)),
            (1, _) => Some(Self::UserError(bytes)),
            (2, &[code]) => FailureCode::from_byte(code).map(Self::NodeFailure),
            _ => None,
        }
    }

    /// True for answers of the script, which a fast certificate can be made of.
    pub const fn is_from_script(&self) -> bool {
        !matches!(self, Self::NodeFailure(_))
    }
}

/// An answer with the hash of how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What the oracle saw.
    pub answer: Answer,
    /// Commits to runtime version, source, limits and HTTP transcript; evidence only, never part of the outcome.
    pub metadata_hash: B256,
}

impl Observation {
    /// A result.
    pub fn result(bytes: Vec<u8>, metadata_hash: B256) -> Self {
        Self { answer: Answer::Result(bytes), metadata_hash }
    }

    /// An error of the user's script or request.
    pub fn user_error(bytes: Vec<u8>, metadata_hash: B256) -> Self {
        Self { answer: Answer::UserError(bytes), metadata_hash }
    }

    /// A failure of this node.
    pub fn failure(code: FailureCode) -> Self {
        Self { answer: Answer::NodeFailure(code), metadata_hash: B256::ZERO }
    }
}

/// An observation with its author's Ed25519 signature over [`crate::layout::observation`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedObservation {
    /// The author.
    pub sender: OracleIndex,
    /// What it says.
    pub observation: Observation,
    /// Ed25519 signature.
    pub signature: [u8; 64],
}
