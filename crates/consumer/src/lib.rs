//! What a Stylus consumer inherits: sending requests, and receiving their results with checks that cannot be forgotten.
//!
//! A consumer embeds [`Requests`] in its storage, implements [`Consumer`], and exposes `handleOracleFulfillment` by
//! handing its arguments to [`Consumer::receive`]. Its own code runs in [`Consumer::on_fulfillment`], which takes a
//! [`Fulfillment`]: a value only `receive` can make, after it has seen that the Router called and that the request is
//! one of ours and still open.
//!
//! ```
//! extern crate alloc;
//!
//! use functions_consumer::{Consumer, Fulfillment, RequestBuilder, Requests, SendOptions};
//! use stylus_sdk::{
//!     abi::Bytes,
//!     alloy_primitives::{Address, B256, U256},
//!     prelude::*,
//!     storage::StorageU256,
//! };
//!
//! #[storage]
//! #[entrypoint]
//! pub struct Price {
//!     requests: Requests,
//!     latest: StorageU256,
//! }
//!
//! #[public]
//! impl Price {
//!     #[constructor]
//!     pub fn constructor(&mut self, router: Address) {
//!         self.requests.set_router(router);
//!     }
//!
//!     pub fn ask(&mut self, subscription_id: u64, don_id: B256) -> Result<B256, Vec<u8>> {
//!         let request = RequestBuilder::inline("return Functions.encodeUint256(42)".into())?
//!             .args(vec!["ETH".into(), "USD".into()])?
//!             .don_hosted_secrets(0, 1_700_000_000);
//!         self.send(&request, SendOptions { subscription_id, callback_gas_limit: 100_000, don_id })
//!     }
//!
//!     pub fn handle_oracle_fulfillment(&mut self, id: B256, response: Bytes, err: Bytes) -> Result<(), Vec<u8>> {
//!         self.receive(id, &response, &err)
//!     }
//! }
//!
//! impl Consumer for Price {
//!     fn requests(&mut self) -> &mut Requests {
//!         &mut self.requests
//!     }
//!
//!     fn on_fulfillment(&mut self, fulfillment: Fulfillment<'_>) -> Result<(), Vec<u8>> {
//!         if let Ok(word) = fulfillment.response().try_into() {
//!             self.latest.set(U256::from_be_bytes::<32>(word));
//!         }
//!         Ok(())
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! Enable the SDK's feature `reentrant` in the contract: a consumer may send its next request from inside a callback.
//! Unit tests use the module `testing` (feature `testing`, for `dev-dependencies` only): a Router that remembers and
//! answers.
//!
//! Upstream: `FunctionsClient` and `FunctionsRequest` (1.0.0 and 1.3.0).
#![no_std]

extern crate alloc;

mod builder;
mod client;
#[cfg(feature = "testing")]
pub mod testing;

pub use builder::RequestBuilder;
pub use client::{Consumer, Fulfillment, Requests, SendOptions};
pub use functions_types::FunctionsRequest;

use alloc::vec::Vec;

/// `UnexpectedRequestID(bytes32)`, what consumers customarily raise for a request they did not send.
pub const UNEXPECTED_REQUEST_ID: u32 = 0xd068_bf5b;

/// Revert data of a custom error without arguments.
fn error(selector: u32) -> Vec<u8> {
    selector.to_be_bytes().to_vec()
}
