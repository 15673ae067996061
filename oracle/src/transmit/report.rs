//! What is handed in, and what the engine hears of it.

use alloy::primitives::{Address, B256, Bytes};
use functions_types::Commitment;
use oracle_ocr::RequestKey;

/// A report that is complete and signed.
#[derive(Clone, Debug, Default)]
pub struct ReportJob {
    /// The request reported.
    pub request_id: B256,
    /// Hash of the event's commitment; with the id it is what signatures name the request by.
    pub commitment_hash: B256,
    /// This node's place in the request's order; 0 sends first.
    pub stage: u64,
    /// Transmitters of the nodes before this one in the order.
    pub before: Vec<Address>,
    /// Reports of requests that this node would transmit first that were to come after this one.
    pub coming: usize,
    /// When this node had the report, in unix milliseconds.
    pub reported_ms: u64,
    /// Calldata of `transmit`.
    pub calldata: Bytes,
    /// Signatures in it.
    pub signatures: u64,
    /// Result bytes of the entry; empty for an error.
    pub result: Bytes,
    /// Error bytes of the entry; empty for a result.
    pub error: Bytes,
    /// The event's commitment.
    pub commitment: Commitment,
    /// Block of the request.
    pub request_block: u64,
    /// Nothing of it was ever stored here before this job.
    pub is_fresh: bool,
}

impl ReportJob {
    pub(super) const fn key(&self) -> RequestKey {
        RequestKey { request: self.request_id, commitment: self.commitment_hash }
    }
}

/// What a job is told while it runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// The own log view shows a response, or the request needs none any more.
    pub(super) answered: bool,
    /// Block of the request, which a reorganisation may change.
    pub(super) request_block: u64,
}

/// What became of a report; for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransmitNote {
    /// These reports would go in one transaction: the protocol is asked for the signatures, and the answer goes to
    /// [`super::Transmitter::batched`], under the first of them.
    Gather {
        /// The requests.
        keys: Vec<RequestKey>,
    },
    /// A transaction of ours carries it.
    Submitted {
        /// The request.
        request_id: B256,
        /// The transaction.
        tx_hash: B256,
        /// Our stage.
        stage: u64,
    },
    /// A transaction of another of our reports carries it too.
    Carried {
        /// The request.
        request_id: B256,
        /// The transaction.
        tx_hash: B256,
        /// Our stage.
        stage: u64,
    },
    /// The transaction was mined and processed the request.
    Included {
        /// The request.
        request_id: B256,
        /// The transaction.
        tx_hash: B256,
    },
    /// The transaction was mined without processing the request: a duplicate, or a code other than 0 and 1.
    Unpaid {
        /// The request.
        request_id: B256,
        /// The transaction.
        tx_hash: B256,
        /// The router's code; `None` when the transaction reverted or came second.
        code: Option<u8>,
    },
    /// Someone else was first; nothing was sent.
    Unneeded {
        /// The request.
        request_id: B256,
    },
    /// The chain will not take it.
    Undeliverable {
        /// The request.
        request_id: B256,
        /// Why, in words.
        reason: String,
    },
}
