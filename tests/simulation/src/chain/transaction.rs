//! What nodes send to the chain.

use std::rc::Rc;

use alloy::primitives::{Address, B256};
use oracle_ocr::ReadyReport;

/// A node's transaction.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The account.
    pub from: Address,
    /// The account's nonce.
    pub nonce: u64,
    /// Wei per gas that it pays at most.
    pub max_fee: u128,
    /// Its hash.
    pub hash: B256,
    /// What it carries; nothing, when all it does is to use its nonce.
    pub report: Option<Rc<ReadyReport>>,
}
