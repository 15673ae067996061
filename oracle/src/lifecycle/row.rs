//! What is stored and shown of a request.

use std::collections::BTreeMap;

use alloy::primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

use super::State;

/// What this node saw, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationView {
    /// `result`, `userError` or `nodeFailure`.
    pub kind: String,
    /// The bytes; for a node failure one byte, its code.
    pub data: Bytes,
    /// The bytes as text when they are an error's UTF-8.
    pub text: Option<String>,
}

/// What a quorum agreed on, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeView {
    /// `result` or `error`.
    pub kind: String,
    /// The bytes that go on chain.
    pub data: Bytes,
}

/// The transaction that carried the report, as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransmissionView {
    /// Transaction hash.
    pub tx_hash: B256,
    /// Stage in the request's order that sent it; `None` when another node's.
    pub stage: Option<u64>,
    /// Whether this node sent it.
    pub by_us: bool,
    /// The transmitting account, once known from the chain.
    pub transmitter: Option<String>,
}

/// Unix milliseconds of each step on this node's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimesMs {
    /// Event read.
    pub seen: Option<u64>,
    /// Observation durable.
    pub observed: Option<u64>,
    /// Report complete.
    pub reported: Option<u64>,
    /// Transaction handed to the chain.
    pub submitted: Option<u64>,
    /// Response read.
    pub included: Option<u64>,
}

/// A request as `/requests/{id}` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// The request.
    pub request_id: B256,
    /// Where it stands.
    pub state: State,
    /// Why, where the state alone does not say.
    pub reason: Option<String>,
    /// What this node saw.
    pub observation: Option<ObservationView>,
    /// What a quorum agreed on.
    pub outcome: Option<OutcomeView>,
    /// Oracle indexes whose signatures are in the report.
    pub signers: Option<Vec<u8>>,
    /// keccak256 of the report.
    pub report_hash: Option<B256>,
    /// The transaction.
    pub transmission: Option<TransmissionView>,
    /// The router's result code, once settled.
    pub result_code: Option<u8>,
    /// Block of the response, while it is in the chain.
    #[serde(default)]
    pub included_block: Option<u64>,
    /// Block in which it was timed out, as long as that block is not final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timed_out_block: Option<u64>,
    /// When each step happened.
    pub times_ms: TimesMs,
}

impl RequestView {
    /// A request just seen.
    #[must_use]
    pub fn seen(request_id: B256, now_ms: u64) -> Self {
        Self {
            request_id,
            state: State::Seen,
            reason: None,
            observation: None,
            outcome: None,
            signers: None,
            report_hash: None,
            transmission: None,
            result_code: None,
            included_block: None,
            timed_out_block: None,
            times_ms: TimesMs { seen: Some(now_ms), ..TimesMs::default() },
        }
    }
}

/// A row of `requests`. Without an event it leaves the one that is stored in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// keccak256 of the commitment in the event; with the id it identifies the request across reorganisations.
    pub commitment_hash: B256,
    /// Block of the event.
    pub block_number: u64,
    /// Hash of that block.
    pub block_hash: B256,
    /// Unix seconds after which the request can be timed out on chain.
    pub timeout_timestamp: u64,
    /// The event's log as JSON, to be decoded again after a restart.
    pub event: String,
    /// Everything shown.
    pub view: RequestView,
}

impl RequestRow {
    /// Replaces an earlier row of the request, whose event it may rely on.
    pub fn put_in(mut self, rows: &mut BTreeMap<B256, Self>) {
        let id = self.view.request_id;
        if self.event.is_empty()
            && let Some(earlier) = rows.remove(&id)
        {
            self.event = earlier.event;
        }
        rows.insert(id, self);
    }
}
