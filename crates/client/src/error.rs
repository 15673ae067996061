//! What can go wrong between a caller and a chain, and who can act on it.

use alloy::primitives::{Address, B256};
use alloy::transports::{TransportError, TransportErrorKind};
use functions_rpc::{Fault, Remedy, of_error};

use crate::revert::Revert;
use crate::transport::trouble;

/// A failure of one client operation. Whoever tells people of it matches it without a rest, so that a new variant gets
/// its remedy.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The RPC URL is not one this client can speak to.
    #[error("{url:?} is no HTTP RPC URL: {reason}")]
    Url {
        /// The text given, without what may be a key.
        url: String,
        /// Why it was refused.
        reason: String,
    },
    /// The endpoint did not answer, or answered with an error that is no revert.
    #[error("{what}: the RPC endpoint failed: {source}")]
    Rpc {
        /// The operation under way.
        what: String,
        /// The transport's own error.
        #[source]
        source: Box<TransportError>,
    },
    /// A contract refused.
    #[error("{what}: the contract refused with {revert}")]
    Reverted {
        /// The operation under way.
        what: String,
        /// The decoded revert data.
        revert: Box<Revert>,
    },
    /// A transaction was included and failed.
    #[error("{what}: transaction {hash} failed: {revert}")]
    Failed {
        /// The operation under way.
        what: String,
        /// The failed transaction.
        hash: B256,
        /// The reason found by replaying it as a call; may be empty.
        revert: Box<Revert>,
    },
    /// A transaction was sent and no receipt came in time.
    #[error("{what}: no receipt for transaction {hash} within {seconds} s; it may still be included")]
    NoReceipt {
        /// The operation under way.
        what: String,
        /// The transaction waited for.
        hash: B256,
        /// How long the wait lasted.
        seconds: u64,
    },
    /// Another command with the same key has sent the very same transaction: what it did happened once.
    #[error(
        "{what}: another command with this key has just sent the very same transaction {hash}; this one sent none"
    )]
    SentByOther {
        /// The operation under way.
        what: String,
        /// The other's transaction.
        hash: B256,
    },
    /// The endpoint failed when it was given a transaction, or asked what became of it; it may have taken it.
    #[error("{what}: the RPC endpoint failed over transaction {hash}, which may be on its way: {source}")]
    Unclear {
        /// The operation under way.
        what: String,
        /// The transaction.
        hash: B256,
        /// The transport's own error.
        #[source]
        source: Box<TransportError>,
    },
    /// The answer of a contract does not decode as its ABI says.
    #[error("{what}: {address} answered with bytes that do not fit its ABI: {reason}")]
    Answer {
        /// The operation under way.
        what: String,
        /// The contract asked.
        address: Address,
        /// The decoder's words.
        reason: String,
    },
    /// A receipt lacks the event it must carry.
    #[error("{what}: transaction {hash} carries no {event} event")]
    MissingEvent {
        /// The operation under way.
        what: String,
        /// The transaction looked at.
        hash: B256,
        /// The event's name.
        event: &'static str,
    },
    /// A receipt of a creation names no contract.
    #[error("{what}: transaction {hash} created no contract")]
    NoContract {
        /// The operation under way.
        what: String,
        /// The transaction looked at.
        hash: B256,
    },
    /// The consumer has no way to express the request.
    #[error("{what}")]
    Unsupported {
        /// What it cannot express.
        what: String,
    },
    /// The program is too large for one contract.
    #[error("{name} is {size} bytes compressed; a contract may have at most {limit}")]
    TooLarge {
        /// Name of the artifact.
        name: String,
        /// Code size with the prefix, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The file is no WebAssembly module.
    #[error("{name} is no WebAssembly module")]
    NotWasm {
        /// Name of the artifact.
        name: String,
    },
    /// The chain has no contract that creates, activates and constructs in one transaction.
    #[error(
        "chain {chain_id} has no StylusDeployer at {address}: without it anyone could call the constructor first. \
         Deploy it (nitro-devnode does on start) or name another with `stylus_deployer`"
    )]
    NoDeployer {
        /// The chain asked.
        chain_id: u64,
        /// The address looked at.
        address: Address,
    },
    /// A key is not 32 bytes of hex.
    #[error("not a private key: expected 64 hexadecimal digits")]
    Key,
    /// 32 bytes that are no key of the curve.
    #[error("not a valid private key: it is 0, or not below the order of secp256k1")]
    KeyRange,
    /// Signing failed.
    #[error("cannot sign the transaction: {0}")]
    Sign(String),
}

impl ClientError {
    /// The decoded revert, when a contract refused.
    pub const fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Reverted { revert, .. } | Self::Failed { revert, .. } => Some(revert),
            _ => None,
        }
    }

    /// Whether the contract asked has no such function: it says nothing, or nothing that fits. A failure of the
    /// endpoint is none of the contract's.
    pub fn is_no_answer(&self) -> bool {
        matches!(self, Self::Answer { .. }) || self.revert().is_some_and(|revert| revert.data().is_empty())
    }

    /// Whether a transaction of this operation was sent, or may have been.
    pub const fn is_sent(&self) -> bool {
        match self {
            Self::Failed { .. }
            | Self::NoReceipt { .. }
            | Self::SentByOther { .. }
            | Self::Unclear { .. }
            | Self::MissingEvent { .. }
            | Self::NoContract { .. } => true,
            Self::Url { .. }
            | Self::Rpc { .. }
            | Self::Reverted { .. }
            | Self::Answer { .. }
            | Self::Unsupported { .. }
            | Self::TooLarge { .. }
            | Self::NotWasm { .. }
            | Self::NoDeployer { .. }
            | Self::Key
            | Self::KeyRange
            | Self::Sign(_) => false,
        }
    }

    /// What was wrong with the endpoint's answer, when that is why.
    pub fn fault(&self) -> Option<Fault> {
        let (Self::Rpc { source, .. } | Self::Unclear { source, .. }) = self else { return None };
        match source.as_ref() {
            TransportError::ErrorResp(refusal) => {
                Some(of_error("eth_call", refusal.code, &refusal.message, refusal.data.as_deref()))
            }
            error @ TransportError::Transport(TransportErrorKind::Custom(_)) => {
                trouble(error).map(|trouble| trouble.fault.clone())
            }
            other => Some(Fault::Broken(other.to_string())),
        }
    }

    /// Whether the endpoint is at fault, so that nothing is known of what was asked.
    pub fn is_of_endpoint(&self) -> bool {
        self.fault().is_some_and(|fault| fault.remedy() != Remedy::Permanent)
    }

    /// Turns a transport error into a revert when it carries revert data.
    pub(crate) fn from_rpc(what: &str, error: TransportError) -> Self {
        if let Some(payload) = error.as_error_resp() {
            let data = payload.as_revert_data();
            if data.is_some() || payload.message.contains("revert") {
                let revert = Revert::decode(data.unwrap_or_default(), &payload.message);
                return Self::Reverted { what: what.to_owned(), revert: Box::new(revert) };
            }
        }
        Self::Rpc { what: what.to_owned(), source: Box::new(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(data: &'static [u8]) -> ClientError {
        ClientError::Reverted { what: "ask()".into(), revert: Revert::decode(data.into(), "").into() }
    }

    #[test]
    fn only_what_a_contract_does_not_say_is_no_answer() {
        let reason = "no bytes".into();
        assert!(ClientError::Answer { what: "ask()".into(), address: Address::ZERO, reason }.is_no_answer());
        assert!(refused(&[]).is_no_answer() && !refused(&[1, 2, 3, 4]).is_no_answer());
        let source = Box::new(TransportErrorKind::custom_str("no route to it"));
        assert!(!ClientError::Rpc { what: "ask()".into(), source }.is_no_answer());
    }
}
