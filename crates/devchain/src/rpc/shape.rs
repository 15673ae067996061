//! The JSON of blocks, transactions, receipts and logs, with the members an Arbitrum node adds.

use alloy::{
    consensus::Transaction as _,
    eips::eip2718::Typed2718,
    primitives::{B256, U64, U256},
};
use serde_json::{Value, json};

use crate::{
    block::{Block, Included},
    chain::LogLocation,
    transaction::SignedTransaction,
};

/// A number as `0x…` without leading zeros.
pub(crate) fn quantity(value: u64) -> Value {
    json!(U64::from(value))
}

fn index(value: usize) -> Value {
    quantity(value as u64)
}

/// A block with full transactions or their hashes only.
pub(crate) fn block(block: &Block, full: bool) -> Value {
    let mut shape = header(block);
    shape["size"] = index(alloy::rlp::Encodable::length(&block.header));
    shape["uncles"] = json!([]);
    shape["transactions"] = (0..block.transactions.len())
        .map(|at| {
            let included = &block.transactions[at];
            if full { transaction(block, at, included) } else { json!(included.transaction.hash) }
        })
        .collect();
    shape
}

/// A block without its transactions, as newHeads shows it.
pub(crate) fn header(block: &Block) -> Value {
    let mut shape = json!(block.header);
    shape["hash"] = json!(block.hash);
    shape["l1BlockNumber"] = quantity(block.l1_number);
    shape["sendCount"] = quantity(0);
    shape["sendRoot"] = json!(B256::ZERO);
    shape
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
pub(crate) fn receipt(block: &Block, at: usize, included: &Included) -> Value {
    let logs: Vec<Value> = included
        .logs
        .iter()
        .enumerate()
        .map(|(offset, entry)| log_fields(block, at, included, included.first_log + offset, entry))
        .collect();
    json!({
        "type": quantity(included.transaction.envelope.ty().into()),
        "status": quantity(included.success.into()),
        "transactionHash": included.transaction.hash,
        "transactionIndex": index(at),
        "blockHash": block.hash,
        "blockNumber": quantity(block.number()),
        "from": included.transaction.sender,
        "to": included.transaction.envelope.to(),
        "contractAddress": included.contract_address,
        "gasUsed": quantity(included.gas_used),
        "cumulativeGasUsed": quantity(included.cumulative_gas_used),
        "effectiveGasPrice": U256::from(included.effective_gas_price),
        "logs": logs,
        "logsBloom": included.bloom(),
        "gasUsedForL1": quantity(included.gas_used_for_l1),
        "l1BlockNumber": quantity(block.l1_number),
        "timeboosted": false,
    })
}

/// A log with its place.
pub(crate) fn log(found: &LogLocation<'_>) -> Value {
    log_fields(found.block, found.transaction_index, found.included, found.log_index, found.log)
}

/// A log whose block is no longer part of the chain.
pub(crate) fn removed_log(found: &LogLocation<'_>) -> Value {
    let mut shape = log(found);
    shape["removed"] = json!(true);
    shape
}

fn log_fields(
    block: &Block,
    at: usize,
    included: &Included,
    log_index: usize,
    log: &alloy::primitives::Log,
) -> Value {
    json!({
        "address": log.address,
        "topics": log.topics(),
        "data": log.data.data,
        "blockHash": block.hash,
        "blockNumber": quantity(block.number()),
        "blockTimestamp": quantity(block.header.timestamp),
        "transactionHash": included.transaction.hash,
        "transactionIndex": index(at),
        "logIndex": index(log_index),
        "removed": false,
    })
}
