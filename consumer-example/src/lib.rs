//! A consumer small enough to read aloud: its owner sends a request, the answer is stored and announced.
//!
//! Everything that must not be forgotten - that only the Router answers, and only what was asked - is in
//! [`functions_consumer`]; this contract adds what to do with an answer.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(target_arch = "wasm32", allow(missing_docs, reason = "the entrypoint macro documents nothing"))]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only a chain calls the entrypoint"))]

extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolError, sol};
use functions_consumer::{Consumer, Fulfillment, RequestBuilder, Requests, SendOptions};
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageBytes},
};

sol! {
    /// An answer has arrived; one of `response` and `err` is empty.
    #[derive(Debug)]
    event Response(bytes32 indexed requestId, bytes response, bytes err);
    /// Only the owner may spend the subscription.
    #[derive(Debug)]
    error OnlyOwner();
}

/// What the contract remembers.
#[storage]
#[entrypoint]
pub struct ConsumerExample {
    requests: Requests,
    owner: StorageAddress,
    last_request_id: StorageB256,
    last_response: StorageBytes,
    last_error: StorageBytes,
}

#[public]
impl ConsumerExample {
    /// Names who may send, and the Router that answers.
    #[constructor]
    pub fn constructor(&mut self, owner: Address, router: Address) {
        self.owner.set(owner);
        self.requests.set_router(router);
    }

    /// Asks the DON to run `source`; returns the request's id. Empty arguments and secrets are left out; secrets stand
    /// at encrypted URLs, or with the DON when there are none and the version is not 0.
    ///
    /// # Errors
    /// `OnlyOwner()`, `EmptySource()`, the Router's or the Coordinator's revert data; in this order.
    ///
    /// # Events
    /// `RequestSent`, after the Router's `RequestStart`.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the consumer in upstream's documentation"
    )]
    pub fn send_request(
        &mut self,
        source: String,
        encrypted_secrets_urls: Bytes,
        don_hosted_secrets_slot_id: u8,
        don_hosted_secrets_version: u64,
        args: Vec<String>,
        bytes_args: Vec<Bytes>,
        subscription_id: u64,
        callback_gas_limit: u32,
        don_id: B256,
    ) -> Result<B256, Vec<u8>> {
        if self.vm().msg_sender() != self.owner.get() {
            return Err(OnlyOwner {}.abi_encode());
        }
        let mut request = RequestBuilder::inline(source)?;
        if !encrypted_secrets_urls.is_empty() {
            request = request.remote_secrets(encrypted_secrets_urls.to_vec())?;
        } else if don_hosted_secrets_version > 0 {
            request = request.don_hosted_secrets(don_hosted_secrets_slot_id, don_hosted_secrets_version);
        }
        if !args.is_empty() {
            request = request.args(args)?;
        }
        if !bytes_args.is_empty() {
            request = request.bytes_args(bytes_args.into_iter().map(|arg| arg.to_vec()).collect())?;
        }
        let request_id = self.send(&request, SendOptions { subscription_id, callback_gas_limit, don_id })?;
        self.last_request_id.set(request_id);
        Ok(request_id)
    }

    /// The Router's callback.
    ///
    /// # Errors
    /// `OnlyRouterCanFulfill()`, `UnexpectedRequestID(bytes32)` (not sent from here, or answered already); in this
    /// order.
    ///
    /// # Events
    /// `Response`, `RequestFulfilled`.
    pub fn handle_oracle_fulfillment(
        &mut self,
        request_id: B256,
        response: Bytes,
        err: Bytes,
    ) -> Result<(), Vec<u8>> {
        self.receive(request_id, &response, &err)
    }

    /// The id of the request sent last.
    pub fn last_request_id(&self) -> B256 {
        self.last_request_id.get()
    }

    /// What the script answered last returned; empty if it failed.
    pub fn last_response(&self) -> Bytes {
        self.last_response.get_bytes().into()
    }

    /// Why the script answered last failed; empty if it returned.
    pub fn last_error(&self) -> Bytes {
        self.last_error.get_bytes().into()
    }
}

impl Consumer for ConsumerExample {
    fn requests(&mut self) -> &mut Requests {
        &mut self.requests
    }

    fn on_fulfillment(&mut self, fulfillment: Fulfillment<'_>) -> Result<(), Vec<u8>> {
        self.last_response.set_bytes(fulfillment.response());
        self.last_error.set_bytes(fulfillment.error());
        self.vm().log(Response {
            requestId: fulfillment.request_id(),
            response: fulfillment.response().to_vec().into(),
            err: fulfillment.error().to_vec().into(),
        });
        Ok(())
    }
}
