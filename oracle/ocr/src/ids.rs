//! Names of oracles and requests.

use std::fmt;

use alloy_primitives::{Address, B256, keccak256};
use functions_offchain_config::Method;
use functions_types::commitment::Encoded;

/// Position of an oracle in the on-chain configuration, 0 to 30.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OracleIndex(u8);

impl OracleIndex {
    /// The oracle at `index`. Whether the roster has such an oracle is for [`crate::Roster::oracle`] to say.
    pub const fn new(index: u8) -> Self {
        Self(index)
    }

    /// The position as a number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Debug for OracleIndex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{}", self.0)
    }
}

impl fmt::Display for OracleIndex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// One request as one node saw it: the same id with another commitment is another request, and no signature
/// for one is ever used for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey {
    /// The request id of the event.
    pub request: B256,
    /// keccak256 of the ABI-encoded commitment of the event.
    pub commitment: B256,
}

/// What the node read in the request's event, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEvent {
    /// The request id.
    pub request: B256,
    /// The coordinator that emitted the event.
    pub coordinator: Address,
    /// The commitment of the event, ABI-encoded, carried into the report unchanged.
    pub commitment: Vec<u8>,
    /// How results are combined, if the request's source says so; `None` is the configuration's method. It follows from
    /// the event, so every honest node reads the same, and it is part of the evidence.
    pub aggregation: Option<Method>,
    /// Timestamp of the event's block, in unix seconds.
    pub event_seconds: u64,
    /// When this node saw the event, in unix milliseconds. For people: no rule counts from it.
    pub seen_at: u64,
}

/// Longest time kept at the end for agreement and transmission, in seconds.
const LAST_CALL_SECONDS: u64 = 30;

impl RequestEvent {
    /// The key of the request.
    pub fn key(&self) -> RequestKey {
        RequestKey { request: self.request, commitment: keccak256(&self.commitment) }
    }

    /// When the request can be timed out on chain, in unix seconds; never, if the commitment does not say so.
    pub fn timeout_seconds(&self) -> u64 {
        Encoded(&self.commitment).timeout_timestamp().unwrap_or(u64::MAX)
    }

    /// When an answer must be on its way to be on chain in time, in unix seconds of the chain: a tenth of the
    /// request's time before its timeout, at most 30 seconds.
    pub fn last_call_seconds(&self) -> u64 {
        let timeout = self.timeout_seconds();
        let margin = timeout.saturating_sub(self.event_seconds) / 10;
        timeout - margin.min(LAST_CALL_SECONDS)
    }
}
