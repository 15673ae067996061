//! Transactions that wait for a block, and what happens to one that comes twice.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::{
    consensus::{SignableTransaction, TxEip1559},
    eips::eip2718::Encodable2718,
    primitives::{Bytes, TxKind, U256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use common::Running;
use devchain::DEV_ACCOUNTS;
use serde_json::{Value, json};

const GWEI: u128 = 1_000_000_000;

/// A signed transfer of `value` wei by dev account 1.
fn transfer(nonce: u64, max_fee_per_gas: u128, tip: u128, value: u64) -> Value {
    transfer_on(412_346, nonce, max_fee_per_gas, tip, value)
}

fn transfer_on(chain_id: u64, nonce: u64, max_fee_per_gas: u128, tip: u128, value: u64) -> Value {
    let transaction = TxEip1559 {
        chain_id,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas,
        max_priority_fee_per_gas: tip,
        to: TxKind::Call(DEV_ACCOUNTS[2].address),
        value: U256::from(value),
        ..TxEip1559::default()
    };
    let key = PrivateKeySigner::from_bytes(&DEV_ACCOUNTS[1].private_key).unwrap();
    let signature = key.sign_hash_sync(&transaction.signature_hash()).unwrap();
    json!([Bytes::from(transaction.into_signed(signature).encoded_2718())])
}

async fn send(chain: &Running, transaction: Value) -> Result<Value, String> {
    let answer = chain.raw("eth_sendRawTransaction", transaction).await;
    match answer["error"]["message"].as_str() {
        Some(message) => Err(message.to_owned()),
        None => Ok(answer["result"].clone()),
    }
}

async fn result(chain: &Running, method: &str, params: Value) -> Value {
    let answer = chain.raw(method, params).await;
    assert!(answer["error"].is_null(), "{method}: {answer}");
    answer["result"].clone()
}

async fn block_of(chain: &Running, hash: &Value) -> Value {
    result(chain, "eth_getTransactionReceipt", json!([hash])).await["blockNumber"].clone()
}

#[tokio::test]
async fn a_mined_transaction_sent_again_has_a_low_nonce() {
    let chain = Running::new().await;
    send(&chain, transfer(0, GWEI, 0, 1)).await.unwrap();
    let again = send(&chain, transfer(0, GWEI, 0, 1)).await.unwrap_err();
    assert!(again.starts_with("nonce too low"), "{again}");
    // The nonce comes first, also when the sender could no longer pay.
    result(&chain, "anvil_setBalance", json!([DEV_ACCOUNTS[1].address, "0x0"])).await;
    let again = send(&chain, transfer(0, GWEI, 0, 1)).await.unwrap_err();
    assert!(again.starts_with("nonce too low"), "{again}");
    result(&chain, "evm_setAutomine", json!([false])).await;
    let again = send(&chain, transfer(0, GWEI, 0, 1)).await.unwrap_err();
    assert!(again.starts_with("nonce too low"), "{again}");
}

#[tokio::test]
async fn a_waiting_transaction_is_known_and_can_be_outbid() {
    let chain = Running::new().await;
    result(&chain, "evm_setAutomine", json!([false])).await;
    let first = send(&chain, transfer(0, GWEI, 100, 1)).await.unwrap();
    assert_eq!(send(&chain, transfer(0, GWEI, 100, 1)).await.unwrap_err(), "already known");
    let underpriced = "replacement transaction underpriced";
    assert_eq!(send(&chain, transfer(0, GWEI, 100, 2)).await.unwrap_err(), underpriced);
    assert_eq!(send(&chain, transfer(0, 11 * GWEI / 10 - 1, 110, 2)).await.unwrap_err(), underpriced);
    assert_eq!(send(&chain, transfer(0, 11 * GWEI / 10, 109, 2)).await.unwrap_err(), underpriced);
    let second = send(&chain, transfer(0, 11 * GWEI / 10, 110, 2)).await.unwrap();
    assert!(result(&chain, "eth_getTransactionByHash", json!([first])).await.is_null());
    assert_eq!(
        result(&chain, "txpool_status", json!([])).await,
        json!({ "pending": "0x1", "queued": "0x0" })
    );

    result(&chain, "evm_setAutomine", json!([true])).await;
    assert_eq!(block_of(&chain, &second).await, "0x1");
    let found = result(&chain, "eth_getTransactionByHash", json!([second])).await;
    assert_eq!(found["value"], "0x2");
}

#[tokio::test]
async fn automine_switched_on_mines_what_waits() {
    let chain = Running::new().await;
    result(&chain, "evm_setAutomine", json!([false])).await;
    assert_eq!(result(&chain, "hardhat_getAutomine", json!([])).await, false);
    let behind_a_gap = send(&chain, transfer(3, GWEI, 0, 1)).await.unwrap();
    let second = send(&chain, transfer(1, GWEI, 0, 1)).await.unwrap();
    let first = send(&chain, transfer(0, GWEI, 0, 1)).await.unwrap();
    assert_eq!(
        result(&chain, "txpool_status", json!([])).await,
        json!({ "pending": "0x2", "queued": "0x1" })
    );
    let content = result(&chain, "txpool_content", json!([])).await;
    let sender = DEV_ACCOUNTS[1].address.to_string();
    assert_eq!(content["pending"][&sender]["1"]["hash"], second);
    assert_eq!(content["queued"][&sender]["3"]["hash"], behind_a_gap);
    let pending = json!([DEV_ACCOUNTS[1].address, "pending"]);
    assert_eq!(result(&chain, "eth_getTransactionCount", pending).await, "0x2");

    result(&chain, "evm_setAutomine", json!([true])).await;
    assert_eq!(block_of(&chain, &first).await, "0x1");
    assert_eq!(block_of(&chain, &second).await, "0x1");
    // Filling the gap lets the last one follow at once.
    send(&chain, transfer(2, GWEI, 0, 1)).await.unwrap();
    assert_eq!(block_of(&chain, &behind_a_gap).await, "0x3");
}

#[tokio::test]
async fn what_cannot_be_mined_now_waits_for_a_better_block() {
    let chain = Running::new().await;
    result(&chain, "evm_setAutomine", json!([false])).await;
    let first = send(&chain, transfer(0, GWEI, 0, 1)).await.unwrap();
    let second = send(&chain, transfer(1, GWEI, 0, 1)).await.unwrap();
    result(&chain, "anvil_setNextBlockBaseFeePerGas", json!([2 * GWEI as u64])).await;
    result(&chain, "evm_mine", json!([])).await;
    assert!(result(&chain, "eth_getTransactionReceipt", json!([first])).await.is_null());
    // Room for one.
    result(&chain, "evm_setBlockGasLimit", json!(["0x5208"])).await;
    result(&chain, "evm_mine", json!([])).await;
    result(&chain, "evm_mine", json!([])).await;
    assert_eq!(block_of(&chain, &first).await, "0x2");
    assert_eq!(block_of(&chain, &second).await, "0x3");
    result(&chain, "evm_setBlockGasLimit", json!(["0x5207"])).await;
    for automine in [false, true] {
        result(&chain, "evm_setAutomine", json!([automine])).await;
        let refused = send(&chain, transfer(2, GWEI, 0, 1)).await.unwrap_err();
        assert!(refused.starts_with("exceeds block gas limit"), "{refused}");
    }
}

#[tokio::test]
async fn what_can_never_be_mined_does_not_wait() {
    let chain = Running::new().await;
    result(&chain, "evm_setAutomine", json!([false])).await;
    let poor = send(&chain, transfer(0, u128::MAX >> 4, 0, 1)).await.unwrap_err();
    assert!(poor.starts_with("insufficient funds"), "{poor}");
    let cheap = send(&chain, transfer(0, 1, 0, 1)).await.unwrap_err();
    assert!(cheap.starts_with("max fee per gas less than block base fee"), "{cheap}");
    let last = send(&chain, transfer(u64::MAX, GWEI, 0, 1)).await.unwrap_err();
    assert!(last.contains("nonce overflow"), "{last}");
    let foreign = send(&chain, transfer_on(1, 0, GWEI, 0, 1)).await.unwrap_err();
    assert!(foreign.contains("chain"), "{foreign}");
    let request = json!({ "from": DEV_ACCOUNTS[1].address, "to": DEV_ACCOUNTS[2].address, "gas": "0x5207" });
    let short = chain.raw("eth_sendTransaction", json!([request])).await["error"]["message"].clone();
    assert!(short.as_str().unwrap().starts_with("intrinsic gas too low"), "{short}");
    assert_eq!(
        result(&chain, "txpool_status", json!([])).await,
        json!({ "pending": "0x0", "queued": "0x0" })
    );
}

#[tokio::test]
async fn waiting_transactions_can_be_dropped() {
    let chain = Running::new().await;
    result(&chain, "evm_setAutomine", json!([false])).await;
    let hash = send(&chain, transfer(0, GWEI, 0, 1)).await.unwrap();
    assert_eq!(result(&chain, "hardhat_dropTransaction", json!([hash])).await, true);
    assert_eq!(result(&chain, "hardhat_dropTransaction", json!([hash])).await, false);
    let hash = send(&chain, transfer(0, GWEI, 0, 2)).await.unwrap();
    assert_eq!(result(&chain, "anvil_dropTransaction", json!([hash])).await, hash);
    send(&chain, transfer(0, GWEI, 0, 3)).await.unwrap();
    result(&chain, "anvil_removePoolTransactions", json!([DEV_ACCOUNTS[1].address])).await;
    send(&chain, transfer(0, GWEI, 0, 4)).await.unwrap();
    result(&chain, "anvil_dropAllTransactions", json!([])).await;
    result(&chain, "evm_mine", json!([])).await;
    let block = result(&chain, "eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(block["transactions"], json!([]));
}

#[tokio::test]
async fn a_receipt_can_be_waited_for() {
    let chain = Running::new().await;
    let Value::Array(mut params) = transfer(0, GWEI, 0, 1) else { unreachable!() };
    let receipt = result(&chain, "eth_sendRawTransactionSync", json!(params)).await;
    assert_eq!(receipt["status"], "0x1");
    result(&chain, "evm_setAutomine", json!([false])).await;
    params = transfer(1, GWEI, 0, 1).as_array().unwrap().clone();
    params.push(json!(1));
    let late = chain.raw("eth_sendRawTransactionSync", json!(params)).await["error"].clone();
    assert_eq!(late["code"], 4);
    let waiting = result(&chain, "eth_getTransactionByHash", json!([late["data"]])).await;
    assert!(waiting["blockHash"].is_null() && waiting["nonce"] == "0x1", "{waiting}");
}
