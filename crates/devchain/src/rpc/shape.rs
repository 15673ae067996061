//! The JSON of blocks, transactions, receipts and logs, with the members an Arbitrum node adds.
//!
//! What nodes ask for all the time is written from its parts straight to text ([`text`]); a transaction is a tree
//! first.

use alloy::{
    consensus::{Header, Transaction as _},
    eips::eip2718::Typed2718,
    primitives::{Address, B256, Bloom, Bytes, Log, U64, U256},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    block::{Block, Included},
    chain::LogLocation,
    transaction::SignedTransaction,
};

/// The text of a shape.
///
/// # Panics
/// When it has a member whose name is no string; none here has.
pub(crate) fn text(shape: &impl Serialize) -> String {
    serde_json::to_string(shape).expect("shapes have members that JSON has")
}

/// A number as `0x…` without leading zeros.
pub(crate) fn quantity(value: u64) -> Value {
    json!(U64::from(value))
}

fn index(value: usize) -> Value {
    quantity(value as u64)
}

/// A block without its transactions, as newHeads shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head<'a> {
    #[serde(flatten)]
    header: &'a Header,
    hash: B256,
    l1_block_number: U64,
    send_count: U64,
    send_root: B256,
}

/// A block with full transactions or their hashes only.
#[derive(Serialize)]
pub(crate) struct Whole<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    size: U64,
    uncles: [B256; 0],
    transactions: Vec<InBlock>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum InBlock {
    Hash(B256),
    Full(Value),
}

/// See [`Whole`].
pub(crate) fn block(block: &Block, full: bool) -> Whole<'_> {
    let transactions = block.transactions.iter().enumerate().map(|(at, included)| match full {
        true => InBlock::Full(transaction(block, at, included)),
        false => InBlock::Hash(included.transaction.hash),
    });
    Whole {
        head: header(block),
        size: U64::from(alloy::rlp::Encodable::length(&block.header)),
        uncles: [],
        transactions: transactions.collect(),
    }
}

/// See [`Head`].
pub(crate) fn header(block: &Block) -> Head<'_> {
    Head {
        header: &block.header,
        hash: block.hash,
        l1_block_number: U64::from(block.l1_number),
        send_count: U64::ZERO,
        send_root: B256::ZERO,
    }
}

/// A transaction in a block.
pub(crate) fn transaction(block: &Block, at: usize, included: &Included) -> Value {
    let mut shape = waiting(&included.transaction);
    shape["blockHash"] = json!(block.hash);
    shape["blockNumber"] = quantity(block.number());
    shape["blockTimestamp"] = quantity(block.header.timestamp);
    shape["transactionIndex"] = index(at);
    if included.transaction.envelope.is_dynamic_fee() {
        shape["gasPrice"] = json!(U256::from(included.effective_gas_price));
    }
    shape
}

/// A transaction that waits for a block.
pub(crate) fn waiting(transaction: &SignedTransaction) -> Value {
    let mut shape = json!(transaction.envelope);
    shape["from"] = json!(transaction.sender);
    shape["blockHash"] = Value::Null;
    shape["blockNumber"] = Value::Null;
    shape["transactionIndex"] = Value::Null;
    if transaction.envelope.is_dynamic_fee() {
        shape["gasPrice"] = json!(U256::from(transaction.envelope.max_fee_per_gas()));
    }
    shape
}

/// A receipt.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt<'a> {
    r#type: U64,
    status: U64,
    transaction_hash: B256,
    transaction_index: U64,
    block_hash: B256,
    block_number: U64,
    from: Address,
    to: Option<Address>,
    contract_address: Option<Address>,
    gas_used: U64,
    cumulative_gas_used: U64,
    effective_gas_price: U256,
    logs: Vec<Entry<'a>>,
    logs_bloom: Bloom,
    gas_used_for_l1: U64,
    l1_block_number: U64,
    timeboosted: bool,
}

/// See [`Receipt`].
pub(crate) fn receipt<'a>(block: &Block, at: usize, included: &'a Included) -> Receipt<'a> {
    let entries = included.logs.iter().enumerate();
    Receipt {
        r#type: U64::from(included.transaction.envelope.ty()),
        status: U64::from(included.success),
        transaction_hash: included.transaction.hash,
        transaction_index: U64::from(at),
        block_hash: block.hash,
        block_number: U64::from(block.number()),
        from: included.transaction.sender,
        to: included.transaction.envelope.to(),
        contract_address: included.contract_address,
        gas_used: U64::from(included.gas_used),
        cumulative_gas_used: U64::from(included.cumulative_gas_used),
        effective_gas_price: U256::from(included.effective_gas_price),
        logs: entries
            .map(|(offset, log)| entry(block, at, included, included.first_log + offset, log))
            .collect(),
        logs_bloom: included.bloom(),
        gas_used_for_l1: U64::from(included.gas_used_for_l1),
        l1_block_number: U64::from(block.l1_number),
        timeboosted: false,
    }
}

/// A log with its place.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry<'a> {
    address: Address,
    topics: &'a [B256],
    data: &'a Bytes,
    block_hash: B256,
    block_number: U64,
    block_timestamp: U64,
    transaction_hash: B256,
    transaction_index: U64,
    log_index: U64,
    removed: bool,
}

/// See [`Entry`].
pub(crate) fn log<'a>(found: &LogLocation<'a>) -> Entry<'a> {
    entry(found.block, found.transaction_index, found.included, found.log_index, found.log)
}

/// A log whose block is no longer part of the chain.
pub(crate) fn removed_log<'a>(found: &LogLocation<'a>) -> Entry<'a> {
    Entry { removed: true, ..log(found) }
}

fn entry<'a>(block: &Block, at: usize, included: &Included, log_index: usize, log: &'a Log) -> Entry<'a> {
    Entry {
        address: log.address,
        topics: log.topics(),
        data: &log.data.data,
        block_hash: block.hash,
        block_number: U64::from(block.number()),
        block_timestamp: U64::from(block.header.timestamp),
        transaction_hash: included.transaction.hash,
        transaction_index: U64::from(at),
        log_index: U64::from(log_index),
        removed: false,
    }
}
