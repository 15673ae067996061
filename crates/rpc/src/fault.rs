//! What can be wrong with an answer, and what helps.

use std::time::Duration;

/// What a caller does about a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The same endpoint may answer the same question in a moment; not before `after` when it said so.
    Retry {
        /// The endpoint's own wish.
        after: Option<Duration>,
    },
    /// Another endpoint may answer; this one will not until somebody mends it.
    Next,
    /// A smaller range of blocks may be answered.
    Narrow,
    /// The chain's word: nobody will answer otherwise.
    Permanent,
}

/// Why the chain does not take a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// It has it already.
    AlreadyKnown,
    /// The nonce is used.
    NonceTooLow,
    /// An earlier nonce of the sender is missing; it may be taken once that is there.
    NonceTooHigh,
    /// The sender cannot pay for it.
    Unfunded,
    /// Another rule: price, gas, size.
    Rule,
}

/// An answer that is not what was asked for. Texts are bounded and hold no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No connection, or it broke.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// Nothing came within the time limit.
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    /// It has too much to do, or its own supplier has: 429, 5xx, rate limits, internal errors, state not there yet.
    #[error("busy: {text}")]
    Busy {
        /// The endpoint's words.
        text: String,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    /// It does not serve us, or not this method: 401, 403, 404, redirects, an unknown method.
    #[error("denied: {0}")]
    Denied(String),
    /// What came is no answer to the question: a web page, cut or oversized JSON, another shape, a value that cannot
    /// be.
    #[error("not an answer: {0}")]
    Broken(String),
    /// It serves another chain.
    #[error("another chain: {0}")]
    Foreign(String),
    /// It refuses the size of a log query, or its answer would be too large.
    #[error("the range is too large: {0}")]
    TooWide(String),
    /// A JSON-RPC error nobody here understands. If every endpoint says the like, the question is at fault.
    #[error("refused with code {code}: {text}")]
    Unclear {
        /// JSON-RPC error code.
        code: i64,
        /// The endpoint's words.
        text: String,
    },
    /// Execution reverted.
    #[error("execution reverted: {text}")]
    Reverted {
        /// The endpoint's words.
        text: String,
        /// Revert data, at most 4 096 bytes; empty when not given.
        data: Vec<u8>,
    },
    /// The chain's rules do not allow the transaction or call.
    #[error("rejected with code {code}: {text}")]
    Rejected {
        /// Which rule.
        why: Rejection,
        /// JSON-RPC error code.
        code: i64,
        /// The endpoint's words.
        text: String,
    },
}

impl Fault {
    /// What helps.
    #[must_use]
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Busy { after, .. } => Remedy::Retry { after: *after },
            Self::Unreachable(_) | Self::Silent(_) => Remedy::Retry { after: None },
            Self::Denied(_) | Self::Broken(_) | Self::Foreign(_) | Self::Unclear { .. } => Remedy::Next,
            Self::TooWide(_) => Remedy::Narrow,
            Self::Reverted { .. } | Self::Rejected { .. } => Remedy::Permanent,
        }
    }

    /// Whether whoever has only this endpoint should repeat the question a few times. A page in place of an answer, or
    /// a cut answer, is often a proxy's moment of weakness; a denial is not.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unreachable(_) | Self::Silent(_) | Self::Broken(_))
    }

    /// The kind in one word, for metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Silent(_) => "silent",
            Self::Busy { .. } => "busy",
            Self::Denied(_) => "denied",
            Self::Broken(_) => "broken",
            Self::Foreign(_) => "foreign",
            Self::TooWide(_) => "too_wide",
            Self::Unclear { .. } => "unclear",
            Self::Reverted { .. } => "reverted",
            Self::Rejected { .. } => "rejected",
        }
    }
}
