//! Why a question to the chain failed, and what may help.

use alloy::primitives::Bytes;
use functions_rpc::Rejection;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcFailure {
    /// Every endpoint was tried and none gave a usable answer. Retry later.
    #[error("no endpoint of {tried} answered {method}: {last}")]
    Unavailable {
        /// Endpoints configured.
        tried: usize,
        /// The JSON-RPC method.
        method: String,
        /// The last endpoint's trouble.
        last: String,
    },
    /// Every endpoint that serves us refuses the size of a log query. Ask for fewer blocks.
    #[error("the endpoint refuses the range: {0}")]
    RangeTooLarge(String),
    /// Execution reverted; the data is bounded to 4 096 bytes.
    #[error("execution reverted: {message}")]
    Reverted {
        /// The endpoint's words.
        message: String,
        /// Revert data, empty when not given.
        data: Bytes,
    },
    /// The chain's rules do not allow the transaction or call.
    #[error("{method} was rejected with code {code}: {message}")]
    Rejected {
        /// The JSON-RPC method.
        method: String,
        /// Which rule.
        why: Rejection,
        /// JSON-RPC error code.
        code: i64,
        /// The endpoint's words.
        message: String,
    },
    /// Every endpoint understood and said no. Not worth repeating unchanged.
    #[error("{method} was refused with code {code}: {message}")]
    Refused {
        /// The JSON-RPC method.
        method: String,
        /// JSON-RPC error code.
        code: i64,
        /// The endpoint's words.
        message: String,
    },
    /// Too few endpoints said the same ([`crate::config::ChainSection::agree`]). Nothing is known; retry later.
    #[error("{wanted} endpoints must say the same of {method}: {words}")]
    Unagreed {
        /// Endpoints that must agree.
        wanted: usize,
        /// The JSON-RPC method.
        method: String,
        /// What they did instead.
        words: String,
    },
    /// Answers contradict each other or the contract's ABI. The endpoint is broken or hostile.
    #[error("{method} was answered with something else: {problem}")]
    Malformed {
        /// The JSON-RPC method.
        method: String,
        /// What did not fit.
        problem: String,
    },
}

impl RpcFailure {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. }
                | Self::Unagreed { .. }
                | Self::Rejected { why: Rejection::NonceTooHigh, .. }
        )
    }
}

pub(super) fn malformed(method: &str, problem: String) -> RpcFailure {
    RpcFailure::Malformed { method: method.to_owned(), problem }
}
