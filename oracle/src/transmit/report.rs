//! What is handed in, and what the engine hears of it.

use alloy::primitives::{Address, B256, Bytes};
use functions_types::Commitment;

/// A report that is complete and signed.
#[derive(Clone, Debug)]
pub struct ReportJob {
    /// The request reported.
    pub request_id: B256,
    /// This node's place in the request's order; 0 sends first.
    pub stage: u64,
    /// Transmitters of the nodes before this one in the order.
    pub before: Vec<Address>,
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
}

/// What became of a report; for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransmitNote {
    /// A transaction of ours carries it.
    Submitted {
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
