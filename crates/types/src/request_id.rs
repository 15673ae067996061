//! What a request id is the hash of.

use alloy_primitives::{Address, B256, Keccak256};

use crate::{Juels, RequestId, SubscriptionId, sink::Sink, word::WORD};

/// The ten static words whose hash is the request id.
///
/// Upstream: `FunctionsBilling._startBilling` (Coordinator 1.1.0 and later).
#[derive(Clone, Copy, Debug)]
pub struct RequestIdPreimage {
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
    /// The reservation.
    pub estimated_total_cost_juels: Juels,
    /// Unix seconds from which the request can be timed out.
    pub timeout_timestamp: u32,
    /// The account that signed the transaction.
    pub request_initiator: Address,
}

impl RequestIdPreimage {
    /// Bytes of the preimage.
    pub const ENCODED_LEN: usize = 10 * WORD;

    /// The preimage of the request id.
    pub fn encode_into(&self, out: &mut impl Sink) {
        out.address(&self.coordinator);
        out.address(&self.requesting_contract);
        out.number(self.subscription_id.0.into());
        out.number(self.nonce.into());
        out.raw(self.data_hash.as_slice());
        out.number(self.data_version.into());
        out.number(self.callback_gas_limit.into());
        out.juels(self.estimated_total_cost_juels);
        out.number(self.timeout_timestamp.into());
        out.address(&self.request_initiator);
    }

    /// The request id.
    pub fn request_id(&self) -> RequestId {
        let mut hasher = Keccak256::new();
        self.encode_into(&mut hasher);
        RequestId(hasher.finalize())
    }
}
