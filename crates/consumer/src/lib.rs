//! What a Stylus consumer inherits: sending requests, and receiving their results with checks that cannot be forgotten.
//!
//! A consumer embeds [`Requests`] in its storage, implements [`Consumer`], and exposes `handleOracleFulfillment` by handing
//! its arguments to [`Consumer::receive`]. Its own code runs in [`Consumer::on_fulfillment`], which takes a [`Fulfillment`]:
//! a value only `receive` can make, after it has seen that the Router called and that the request is one of ours and still open.
//!
//! ```ignore
//! #[storage]
//! #[entrypoint]
//! pub struct Price { requests: Requests, latest: StorageU256 }
//!
//! impl Consumer for Price {
//!     fn requests(&mut self) -> &mut Requests { &mut self.requests }
//!     fn on_fulfillment(&mut self, fulfillment: Fulfillment<'_>) -> Result<(), Vec<u8>> {
//!         if let Ok(word) = fulfillment.response().try_into() { self.latest.set(U256::from_be_bytes::<32>(word)); }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! Enable the SDK's feature `reentrant` in the contract: a consumer may send its next request from inside a callback.
//!
//! Upstream: `FunctionsClient` and `FunctionsRequest` (1.3.0).
#![no_std]

extern crate alloc;

mod builder;
mod client;

pub use builder::RequestBuilder;
pub use client::{Consumer, Fulfillment, Requests, Terms};
pub use functions_types::FunctionsRequest;

use alloc::vec::Vec;

/// `UnexpectedRequestID(bytes32)`, what consumers customarily raise for a request they did not send.
pub const UNEXPECTED_REQUEST_ID: u32 = 0xd068_bf5b;

/// Revert data of a custom error without arguments.
fn error(selector: u32) -> Vec<u8> {
    selector.to_be_bytes().to_vec()
}
