//! A Router for unit tests of consumers: it remembers what was sent, and answers.
//!
//! A contract made `from` a [`TestRouter`] lives on the SDK's `TestVM`; calls of that VM's Router end here. Answers go
//! in through the contract's own ABI, so a test fails when `handleOracleFulfillment` is missing or not handed to
//! [`Consumer::receive`](crate::Consumer::receive). As on a chain, a callback that fails leaves no trace.
//!
//! Calls to other contracts, and other calls to the Router, are answered by the VM's mocks.
//!
//! It checks what a Router checks of the calldata's form, and nothing that needs a subscription, a price or gas: those
//! belong on a development chain.
//!
//! ```
//! # extern crate alloc;
//! # use functions_consumer::{testing::TestRouter, Consumer, Fulfillment, RequestBuilder, Requests, SendOptions};
//! # use stylus_sdk::{abi::Bytes, alloy_primitives::B256, prelude::*, storage::StorageBytes};
//! # #[storage]
//! # #[entrypoint]
//! # struct Greeter { requests: Requests, greeting: StorageBytes }
//! # #[public]
//! # impl Greeter {
//! #     fn handle_oracle_fulfillment(&mut self, id: B256, response: Bytes, err: Bytes) -> Result<(), Vec<u8>> {
//! #         self.receive(id, &response, &err)
//! #     }
//! # }
//! # impl Consumer for Greeter {
//! #     fn requests(&mut self) -> &mut Requests { &mut self.requests }
//! #     fn on_fulfillment(&mut self, fulfillment: Fulfillment<'_>) -> Result<(), Vec<u8>> {
//! #         self.greeting.set_bytes(fulfillment.response());
//! #         Ok(())
//! #     }
//! # }
//! # fn main() {
//! let router = TestRouter::new();
//! let mut greeter = Greeter::from(&router);
//! greeter.requests().set_router(router.address());
//!
//! let request = RequestBuilder::inline("return Functions.encodeString('hello')".into()).unwrap();
//! let options = SendOptions { subscription_id: 1, callback_gas_limit: 100_000, don_id: B256::ZERO };
//! let id = greeter.send(&request, options).unwrap();
//! router.respond(&mut greeter, id, b"hello").unwrap();
//!
//! assert_eq!(greeter.greeting.get_bytes(), b"hello");
//! assert!(router.respond(&mut greeter, id, b"again").is_err());
//! # }
//! ```

mod host;

use alloc::{rc::Rc, vec::Vec};
use core::{borrow, cell::RefCell};

use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::SolCall;
use functions_types::{
    FunctionsRequest, REQUEST_DATA_VERSION,
    abi::{Client::handleOracleFulfillmentCall, Router::sendRequestCall},
    limits::Limits,
    selectors::functions::client::HANDLE_ORACLE_FULFILLMENT,
};
use stylus_sdk::{
    abi::Router,
    prelude::*,
    stylus_core::{RawLogAccess, ValueDenier},
    testing::{TestVM, state::VMState},
};

use crate::SendOptions;

/// Where the Router of every [`TestRouter`] is.
const ADDRESS: Address = address!("00000000000000000000000000000000F0071e50");

/// A request as the Router got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRequest {
    /// The id it was given.
    pub id: B256,
    /// Subscription, callback gas and DON.
    pub options: SendOptions,
    /// The request, decoded as a node decodes it.
    pub request: FunctionsRequest,
    /// The bytes a node decodes.
    pub data: Vec<u8>,
}

/// A Router that stands before the SDK's `TestVM`. Clones share everything.
#[derive(Clone)]
pub struct TestRouter {
    vm: TestVM,
    book: Rc<RefCell<Book>>,
}

#[derive(Default)]
struct Book {
    sent: Vec<SentRequest>,
    /// Revert data of the next `sendRequest`.
    refusal: Option<Vec<u8>>,
}

impl Default for TestRouter {
    fn default() -> Self {
        Self::new()
    }
}

impl TestRouter {
    /// A Router that has seen no request, on a fresh VM.
    pub fn new() -> Self {
        Self { vm: TestVM::new(), book: Rc::default() }
    }

    /// Its address; the consumer must be given it.
    pub fn address(&self) -> Address {
        ADDRESS
    }

    /// The VM, for senders, times, balances and calls to other contracts.
    pub fn vm(&self) -> &TestVM {
        &self.vm
    }

    /// Every request so far, oldest first.
    pub fn sent(&self) -> Vec<SentRequest> {
        self.book.borrow().sent.clone()
    }

    /// The latest request.
    ///
    /// # Panics
    /// When none was sent.
    pub fn last(&self) -> SentRequest {
        self.book.borrow().sent.last().expect("the consumer has sent a request").clone()
    }

    /// Refuses the next request with this revert data.
    pub fn refuse_next(&self, revert_data: impl Into<Vec<u8>>) {
        self.book.borrow_mut().refusal = Some(revert_data.into());
    }

    /// Calls the consumer back with what the script returned.
    ///
    /// # Errors
    /// The consumer's revert data; nothing of the callback remains then.
    ///
    /// # Panics
    /// When the contract has no public `handleOracleFulfillment(bytes32,bytes,bytes)`.
    pub fn respond<C>(&self, consumer: &mut C, id: B256, response: &[u8]) -> Result<(), Vec<u8>>
    where
        C: Router<C> + TopLevelStorage + borrow::BorrowMut<<C as Router<C>>::Storage> + ValueDenier,
    {
        self.call_back(consumer, ADDRESS, id, response, &[])
    }

    /// Calls the consumer back with why the script failed.
    ///
    /// # Errors
    /// As [`Self::respond`].
    ///
    /// # Panics
    /// As [`Self::respond`].
    pub fn fail<C>(&self, consumer: &mut C, id: B256, error: &str) -> Result<(), Vec<u8>>
    where
        C: Router<C> + TopLevelStorage + borrow::BorrowMut<<C as Router<C>>::Storage> + ValueDenier,
    {
        self.call_back(consumer, ADDRESS, id, &[], error.as_bytes())
    }

    /// Calls `handleOracleFulfillment` in the name of `sender`, who need not be the Router.
    ///
    /// # Errors
    /// As [`Self::respond`].
    ///
    /// # Panics
    /// As [`Self::respond`].
    pub fn call_back<C>(
        &self,
        consumer: &mut C,
        sender: Address,
        id: B256,
        response: &[u8],
        error: &[u8],
    ) -> Result<(), Vec<u8>>
    where
        C: Router<C> + TopLevelStorage + borrow::BorrowMut<<C as Router<C>>::Storage> + ValueDenier,
    {
        let call = handleOracleFulfillmentCall {
            requestId: id,
            response: Bytes::copy_from_slice(response),
            err: Bytes::copy_from_slice(error),
        };
        let calldata = call.abi_encode();
        let before = self.vm.snapshot();
        let sent = self.book.borrow().sent.len();
        self.vm.set_sender(sender);
        let outcome = C::route(consumer, HANDLE_ORACLE_FULFILLMENT, &calldata[4..])
            .expect("the contract has a public handle_oracle_fulfillment(B256, Bytes, Bytes)");
        self.vm.set_sender(before.msg_sender);
        if outcome.is_err() {
            self.vm.clear_storage();
            before.storage.iter().for_each(|(key, value)| self.vm.set_storage(*key, *value));
            self.restore_mocks_and_logs(&before);
            self.book.borrow_mut().sent.truncate(sent);
        }
        outcome.map(|_| ())
    }

    /// The VM forgets logs only together with its mocks.
    fn restore_mocks_and_logs(&self, before: &VMState) {
        self.vm.clear_mocks();
        for ((to, data, value), answer) in before.call_returns.clone() {
            self.vm.mock_call(to, data, value, answer);
        }
        for ((to, data), answer) in before.static_call_returns.clone() {
            self.vm.mock_static_call(to, data, answer);
        }
        for ((to, data), answer) in before.delegate_call_returns.clone() {
            self.vm.mock_delegate_call(to, data, answer);
        }
        for ((code, salt), answer) in before.deploy_returns.clone() {
            self.vm.mock_deploy(code, salt, answer);
        }
        for (topics, data) in &before.emitted_logs {
            self.vm.raw_log(topics, data).expect("it was logged before");
        }
        self.vm.write_result(&before.return_data);
    }

    /// What the Router answers to `sendRequest`.
    fn on_send_request(&self, calldata: &[u8], value: U256) -> Result<Vec<u8>, Vec<u8>> {
        let mut book = self.book.borrow_mut();
        if let Some(refusal) = book.refusal.take() {
            return Err(refusal);
        }
        let call = sendRequestCall::abi_decode_validate(calldata).map_err(|_| Vec::new())?;
        if !value.is_zero() || call.dataVersion != REQUEST_DATA_VERSION {
            return Err(Vec::new());
        }
        let request = FunctionsRequest::decode(&call.data, Limits::DEFAULT.request_bytes)
            .unwrap_or_else(|error| panic!("the nodes would refuse this request: {error}"));
        let id = B256::from(U256::from(book.sent.len() + 1));
        book.sent.push(SentRequest {
            id,
            options: SendOptions {
                subscription_id: call.subscriptionId,
                callback_gas_limit: call.callbackGasLimit,
                don_id: call.donId,
            },
            request,
            data: call.data.into(),
        });
        Ok(id.to_vec())
    }
}
