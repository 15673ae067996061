//! What came of a request.

use alloy::primitives::{Address, B256, Bytes};
use functions_types::Juels;

/// A settled request.
#[derive(Clone, Debug)]
pub struct Fulfilled {
    /// 0 when the callback returned, 1 when it failed.
    pub result_code: u8,
    /// Response bytes the DON agreed on; empty on error.
    pub response: Bytes,
    /// Error bytes the DON agreed on; empty on success.
    pub error: Bytes,
    /// First bytes the callback returned or reverted with.
    pub callback_return: Bytes,
    /// Juels charged.
    pub charged: Juels,
    /// The node that sent the report.
    pub transmitter: Address,
    /// Its transaction.
    pub transaction: B256,
    /// The block it is in.
    pub block: u64,
    /// Signatures under the report; zero when its calldata is no direct `transmit` call.
    pub signatures: usize,
}

/// A fulfillment that was refused and not charged.
#[derive(Clone, Debug)]
pub struct NotProcessed {
    /// Why, 2 to 6.
    pub result_code: u8,
    /// The node that tried.
    pub transmitter: Address,
}
