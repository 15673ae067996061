//! Sending and receiving.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256};
use functions_types::{
    REQUEST_DATA_VERSION,
    selectors::{errors::client as errors, events::client as events, functions::router::SEND_REQUEST},
    sink::Sink,
    word::WORD,
};
use stylus_sdk::{
    call::RawCall,
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap},
};

use crate::{RequestBuilder, UNEXPECTED_REQUEST_ID, error};

/// The storage of the base: the Router, and the requests that are open.
#[storage]
pub struct Requests {
    router: StorageAddress,
    open: StorageMap<B256, StorageBool>,
}

impl Requests {
    /// Sets the Router; for the consumer's constructor.
    pub fn set_router(&mut self, router: Address) {
        self.router.set(router);
    }

    /// The Router.
    pub fn router(&self) -> Address {
        self.router.get()
    }

    /// Whether a request was sent and is not yet answered. Requests that time out stay open.
    pub fn is_open(&self, request_id: B256) -> bool {
        self.open.get(request_id)
    }
}

/// Who pays for a request, how much gas its callback gets, and which DON runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendOptions {
    /// The subscription; this contract is one of its consumers.
    pub subscription_id: u64,
    /// Gas of the callback, exactly.
    pub callback_gas_limit: u32,
    /// The DON's name, left-aligned ASCII.
    pub don_id: B256,
}

/// The answer to one request of ours, from the Router. At most one of response and error is non-empty.
pub struct Fulfillment<'a> {
    request_id: B256,
    response: &'a [u8],
    error: &'a [u8],
}

impl Fulfillment<'_> {
    /// The request, closed now.
    pub fn request_id(&self) -> B256 {
        self.request_id
    }

    /// What the script returned.
    pub fn response(&self) -> &[u8] {
        self.response
    }

    /// Why it did not, as UTF-8 text.
    pub fn error(&self) -> &[u8] {
        self.error
    }
}

/// A contract that sends requests and is called back.
pub trait Consumer: HostAccess {
    /// The embedded storage.
    fn requests(&mut self) -> &mut Requests;

    /// The consumer's own code. An error reverts the callback; the request is charged all the same.
    ///
    /// # Errors
    /// Whatever revert data the consumer likes.
    fn on_fulfillment(&mut self, fulfillment: Fulfillment<'_>) -> Result<(), Vec<u8>>;

    /// Sends a request and remembers it as open.
    ///
    /// # Errors
    /// The Router's or the Coordinator's revert data.
    ///
    /// # Events
    /// `RequestSent`.
    fn send(&mut self, request: &RequestBuilder, options: SendOptions) -> Result<B256, Vec<u8>> {
        let router = self.requests().router();
        let calldata = send_request_calldata(&request.encode(), options);
        // SAFETY: the storage cache is written back and dropped, so no stale value survives the call.
        let returned = unsafe { RawCall::new(self.vm()).clear_storage_cache().call(router, &calldata) }?;
        let request_id = B256::new(*returned.first_chunk().ok_or_else(Vec::new)?);
        self.requests().open.insert(request_id, true);
        self.vm().raw_log(&[events::REQUEST_SENT, request_id], &[]).map_err(|_| Vec::new())?;
        Ok(request_id)
    }

    /// `handleOracleFulfillment(bytes32 requestId, bytes response, bytes err)`.
    ///
    /// # Errors
    /// * `OnlyRouterCanFulfill()` - somebody else calls.
    /// * `UnexpectedRequestID(bytes32)` - not sent from here, or answered already.
    /// * What [`Consumer::on_fulfillment`] returns.
    ///
    /// # Events
    /// `RequestFulfilled`, once the consumer's code has run.
    fn receive(&mut self, request_id: B256, response: &[u8], error_bytes: &[u8]) -> Result<(), Vec<u8>> {
        if self.vm().msg_sender() != self.requests().router() {
            return Err(error(errors::ONLY_ROUTER_CAN_FULFILL));
        }
        if !self.requests().is_open(request_id) {
            return Err([UNEXPECTED_REQUEST_ID.to_be_bytes().as_slice(), request_id.as_slice()].concat());
        }
        self.requests().open.delete(request_id);
        self.on_fulfillment(Fulfillment { request_id, response, error: error_bytes })?;
        self.vm().raw_log(&[events::REQUEST_FULFILLED, request_id], &[]).map_err(|_| Vec::new())
    }
}

/// Words of the arguments' head of `sendRequest`.
const SEND_REQUEST_WORDS: usize = 5;

/// `sendRequest(uint64 subscriptionId, bytes data, uint16 dataVersion, uint32 callbackGasLimit, bytes32 donId)`.
fn send_request_calldata(data: &[u8], options: SendOptions) -> Vec<u8> {
    let selector = SEND_REQUEST.to_be_bytes();
    let words = SEND_REQUEST_WORDS + 1 + data.len().div_ceil(WORD); // the head, the length, the data
    let mut out = Vec::with_capacity(selector.len() + words * WORD);
    out.raw(&selector);
    out.number(options.subscription_id.into());
    out.number((SEND_REQUEST_WORDS * WORD) as u128);
    out.number(REQUEST_DATA_VERSION.into());
    out.number(options.callback_gas_limit.into());
    out.raw(options.don_id.as_slice());
    out.bytes(data);
    out
}
