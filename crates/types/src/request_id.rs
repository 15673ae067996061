//! What a request id is the hash of.

use alloy_primitives::{Address, B256, keccak256};

use crate::{
    RequestId, SubscriptionId,
    word::{self, WORD},
};

/// The ten static words whose hash is the request id.
///
/// Upstream: `FunctionsBilling._startBilling` (Coordinator 1.1.0 and later).
#[derive(Clone, Copy, Debug)]
pub struct RequestTerms {
    /// The Coordinator that opens the request.
    pub coordinator: Address,
    /// The consumer.
    pub requesting_contract: Address,
    /// The subscription that pays.
    pub subscription_id: SubscriptionId,
    /// The consumer's count of initiated requests, this one included.
    pub nonce: u64,
    /// `keccak256` of the request data.
    pub data_hash: B256,
    /// Version of the request data.
    pub data_version: u16,
    /// Gas of the callback.
    pub callback_gas_limit: u32,
    /// The reservation, in juels (96 bits).
    pub estimated_total_cost_juels: u128,
    /// Unix seconds from which the request can be timed out.
    pub timeout_timestamp: u32,
    /// The account that signed the transaction.
    pub request_initiator: Address,
}

impl RequestTerms {
    /// The request id.
    pub fn request_id(&self) -> RequestId {
        let mut out = [0; 10 * WORD];
        let (words, _) = out.as_chunks_mut::<WORD>();
        words[0] = word::from_address(self.coordinator);
        words[1] = word::from_address(self.requesting_contract);
        words[2] = word::from_u128(self.subscription_id.0.into());
        words[3] = word::from_u128(self.nonce.into());
        words[4] = self.data_hash.0;
        words[5] = word::from_u128(self.data_version.into());
        words[6] = word::from_u128(self.callback_gas_limit.into());
        words[7] = word::from_u128(self.estimated_total_cost_juels);
        words[8] = word::from_u128(self.timeout_timestamp.into());
        words[9] = word::from_address(self.request_initiator);
        RequestId(keccak256(out))
    }
}
