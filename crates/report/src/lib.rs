//! OCR2 report codec, config digest and quorum check: the same code on chain and in the node.
//!
//! | module | holds |
//! | --- | --- |
//! | [`report`] | [`Report`]: strict, bounded view of report bytes; [`report::encode`] |
//! | [`digest`] | the digest that binds signatures to one OCR configuration |
//! | [`context`] | [`ReportContext`] and the hash that is signed |
//! | [`quorum`] | how many signatures, and whether they are of distinct signers |
//! | [`transmit`] | calldata of `transmit` |
//! | `software` (feature `k256`) | signer recovery on a host |
//!
//! Upstream: `OCR2Base` and `FunctionsCoordinator` (Coordinator 1.3.0).
#![no_std]
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

extern crate alloc;

pub mod context;
pub mod digest;
pub mod quorum;
pub mod report;
#[cfg(feature = "k256")]
pub mod software;
pub mod transmit;

pub use context::ReportContext;
pub use report::{Entry, Malformed, Report};

/// Most entries of one report: the count is a byte on chain.
pub const MAX_ENTRIES: usize = 255;
