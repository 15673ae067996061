//! Ids, units, ABI, limits and the request codec shared by contracts and node.
//!
//! | module | holds |
//! | --- | --- |
//! | [`ids`], [`units`] | newtypes: [`RequestId`], [`SubscriptionId`], [`DonId`], [`Juels`], [`JuelsPerGas`] |
//! | [`commitment`] | [`Commitment`]: 352 static bytes, its hash, its two forms |
//! | [`request_id`] | the 320-byte preimage of a request id |
//! | [`request_meta`] | [`RequestMeta`]: what the Router tells the Coordinator of a request |
//! | [`sink`] | where these are encoded to |
//! | [`result`] | [`FulfillResult`] |
//! | [`failure`] | [`FailureCode`]: why an oracle has no answer |
//! | [`cbor`] | [`FunctionsRequest`] and its CBOR codec, both framings |
//! | [`selectors`] | selectors and topics as constants |
//! | [`chains`] | on which chains the Coordinator bills the L1 fee |
//! | [`members`] | how many members a set has, how many may be faulty, how many must agree |
//! | [`limits`] | every limit of a script run |
//! | `abi` (feature `abi`) | `sol!` interfaces for programs on a host |
//! | `programs` (feature `abi`) | whether a chain runs a program, and for how long |
//!
//! Everything but `abi` and `programs` is small enough for a contract: no formatting machinery, no allocation unless a
//! type says so.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

#[cfg(feature = "abi")]
pub mod abi;
pub mod cbor;
pub mod chains;
pub mod commitment;
pub mod failure;
pub mod ids;
pub mod limits;
pub mod members;
#[cfg(feature = "abi")]
pub mod programs;
pub mod request_id;
pub mod request_meta;
pub mod result;
pub mod selectors;
pub mod sink;
pub mod units;
pub mod word;

pub use cbor::FunctionsRequest;
pub use commitment::Commitment;
pub use failure::FailureCode;
pub use ids::{DonId, RequestId, SubscriptionId};
pub use request_id::RequestIdPreimage;
pub use request_meta::RequestMeta;
pub use result::FulfillResult;
pub use units::{Juels, JuelsPerGas};

/// Selector of the constructor entry of every Stylus program, whatever its arguments.
pub const CONSTRUCTOR_SELECTOR: [u8; 4] = selectors::functions::any::STYLUS_CONSTRUCTOR.to_be_bytes();

/// The request data version the request library writes (`REQUEST_DATA_VERSION`).
pub const REQUEST_DATA_VERSION: u16 = 1;
