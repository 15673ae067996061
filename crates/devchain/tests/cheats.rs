//! What tests rely on: time, snapshots, impersonation, mining modes, subscriptions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::{
    eips::BlockNumberOrTag,
    primitives::{B256, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
};
use common::{Running, START, deploy_probe};
use devchain::{Config, DEV_ACCOUNTS, Devchain};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

#[tokio::test]
async fn time_moves_when_told() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    assert_eq!(chain.raw("evm_increaseTime", json!([3_600])).await["result"], 3_600);
    assert_eq!(probe.facts().call().await.unwrap().time, U256::from(START + 3_600));
    chain.raw("evm_mine", json!([])).await;
    let head = || client.get_block_by_number(BlockNumberOrTag::Latest);
    assert_eq!(head().await.unwrap().unwrap().header.timestamp, START + 3_600);

    chain.raw("evm_setNextBlockTimestamp", json!([START + 10_000])).await;
    chain.raw("evm_mine", json!([])).await;
    assert_eq!(head().await.unwrap().unwrap().header.timestamp, START + 10_000);
    chain.clock.fetch_add(5, std::sync::atomic::Ordering::Relaxed);
    chain.raw("anvil_mine", json!(["0x3", "0xa"])).await;
    assert_eq!(head().await.unwrap().unwrap().header.timestamp, START + 10_025);

    let back = chain.raw("evm_setNextBlockTimestamp", json!([START])).await;
    assert_eq!(back["error"]["code"], -32_602);
}

#[tokio::test]
async fn time_that_no_block_can_have_is_refused_whole() {
    let chain = Running::new().await;
    let far = "0x7fffffffffffffff";
    let before = chain.raw("eth_getBlockByNumber", json!(["latest", false])).await["result"].clone();
    for (method, params) in [
        ("evm_increaseTime", json!([far])),
        ("evm_increaseTime", json!(["0xffffffffffffffff"])),
        ("hardhat_mine", json!(["0x2", "0xffffffffffffffff"])),
        ("hardhat_mine", json!(["0x3", "0x3fffffffffffffff"])),
        ("anvil_mine", json!(["0x2", far])),
        ("anvil_setBlockTimestampInterval", json!([far])),
        ("evm_setNextBlockTimestamp", json!(["0x8000000000000000"])),
        ("evm_setTime", json!(["0xffffffffffffffff"])),
        ("evm_mine", json!([{ "timestamp": "0xffffffffffffffff" }])),
    ] {
        let answer = chain.raw(method, params.clone()).await;
        assert_eq!(answer["error"]["code"], -32_602, "{method} {params}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("latest"), "{answer}");
        let after = chain.raw("eth_getBlockByNumber", json!(["latest", false])).await["result"].clone();
        assert_eq!(after, before, "{method} {params} changed something");
    }
    // What fits is done to the second, again and again.
    for _ in 0..3 {
        let answer = chain.raw("hardhat_mine", json!(["0x3", "0xffffffff"])).await;
        assert_eq!(answer["result"], true, "{answer}");
    }
    let head = chain.raw("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(head["result"]["timestamp"], format!("{:#x}", START + 6 * 0xffff_ffff));
    assert!(chain.raw("evm_increaseTime", json!([far])).await["error"].is_object());
}

#[tokio::test]
async fn snapshots_bring_everything_back() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    let before = chain.raw("eth_getBlockByNumber", json!(["latest", true])).await["result"].clone();
    let id = chain.raw("evm_snapshot", json!([])).await["result"].clone();

    let receipt = probe.set(U256::from(2)).send().await.unwrap().get_receipt().await.unwrap();
    chain.raw("evm_increaseTime", json!([99])).await;
    chain.raw("anvil_setBalance", json!([probe.address(), "0x5"])).await;
    assert_eq!(chain.raw("evm_revert", json!([id])).await["result"], true);

    assert_eq!(probe.value().call().await.unwrap(), U256::from(1));
    assert_eq!(client.get_balance(*probe.address()).await.unwrap(), U256::ZERO);
    assert_eq!(chain.raw("eth_getBlockByNumber", json!(["latest", true])).await["result"], before);
    assert!(client.get_transaction_receipt(receipt.transaction_hash).await.unwrap().is_none());
    assert_eq!(probe.facts().call().await.unwrap().time, U256::from(START));
    assert_eq!(chain.raw("evm_revert", json!([id])).await["result"], false);
}

#[tokio::test]
async fn state_can_be_set() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    let value = B256::with_last_byte(9);
    chain.raw("anvil_setStorageAt", json!([probe.address(), "0x0", value])).await;
    assert_eq!(probe.value().call().await.unwrap(), U256::from(9));
    assert_eq!(client.get_storage_at(*probe.address(), U256::ZERO).await.unwrap(), U256::from(9));
    chain.raw("hardhat_setBalance", json!([probe.address(), "0x10"])).await;
    assert_eq!(client.get_balance(*probe.address()).await.unwrap(), U256::from(16));
    chain.raw("anvil_setCode", json!([probe.address(), "0x00"])).await;
    assert_eq!(client.get_code_at(*probe.address()).await.unwrap().len(), 1);
    chain.raw("anvil_setNonce", json!([probe.address(), "0x7"])).await;
    assert_eq!(client.get_transaction_count(*probe.address()).await.unwrap(), 7);
}

#[tokio::test]
async fn impersonated_contracts_send_and_others_do_not() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let probe = deploy_probe(&client, 1).await;
    let other = deploy_probe(&client, 1).await;
    chain.raw("anvil_setBalance", json!([probe.address(), "0xde0b6b3a7640000"])).await;
    let request = json!({
        "from": probe.address(), "to": other.address(), "data": other.set(U256::from(8)).calldata(),
    });
    let refused = chain.raw("eth_sendTransaction", json!([request])).await;
    assert_eq!(refused["error"]["code"], -32_000);

    chain.raw("anvil_impersonateAccount", json!([probe.address()])).await;
    let hash = chain.raw("eth_sendTransaction", json!([request])).await["result"].clone();
    let found = chain.raw("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(found["result"]["from"], json!(probe.address()));
    assert_eq!(found["result"]["hash"], hash);
    assert_eq!(other.value().call().await.unwrap(), U256::from(8));
    chain.raw("anvil_stopImpersonatingAccount", json!([probe.address()])).await;
    let refused = chain.raw("eth_sendTransaction", json!([request])).await;
    assert_eq!(refused["error"]["code"], -32_000);

    // Dev accounts are known to the chain.
    let request = json!({ "from": DEV_ACCOUNTS[4].address, "to": DEV_ACCOUNTS[5].address, "value": "0x1" });
    let hash = chain.raw("eth_sendTransaction", json!([request])).await["result"].clone();
    let receipt = chain.raw("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["result"]["status"], "0x1");
}

#[tokio::test]
async fn transactions_wait_when_nothing_mines() {
    let chain = Running::new().await;
    let client = chain.client(1);
    chain.raw("evm_setAutomine", json!([false])).await;
    let to = DEV_ACCOUNTS[2].address;
    let send = |nonce: u64| {
        client.send_transaction(TransactionRequest::default().to(to).nonce(nonce).gas_limit(21_000))
    };
    let first = *send(0).await.unwrap().tx_hash();
    let second = *send(1).await.unwrap().tx_hash();
    assert_eq!(client.get_transaction_count(DEV_ACCOUNTS[1].address).pending().await.unwrap(), 2);
    assert_eq!(client.get_transaction_count(DEV_ACCOUNTS[1].address).await.unwrap(), 0);
    assert!(client.get_transaction_by_hash(first).await.unwrap().unwrap().block_hash.is_none());
    chain.raw("evm_mine", json!([])).await;
    let receipt = client.get_transaction_receipt(second).await.unwrap().unwrap();
    assert_eq!(receipt.transaction_index, Some(1));
    assert_eq!(receipt.inner.cumulative_gas_used(), 42_000);
}

#[tokio::test]
async fn blocks_come_by_time() {
    let handle = Devchain::start(Config { block_time: Some(1), ..Config::default() }).await.unwrap();
    let client = ProviderBuilder::new().connect_http(handle.rpc_url.parse().unwrap());
    let mut head = handle.api().chain().watch_head();
    head.changed().await.unwrap();
    head.changed().await.unwrap();
    assert!(client.get_block_number().await.unwrap() >= 2);
    handle.shutdown().await;
}

#[tokio::test]
async fn subscribers_hear_every_block_and_log() {
    let chain = Running::new().await;
    let sender = chain.client(1);
    let probe = deploy_probe(&sender, 1).await;
    let (mut socket, _) = connect_async(&chain.handle.ws_url).await.unwrap();
    let mut ask = async |id: u64, method: &str, params: Value| {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        socket.send(Message::text(request.to_string())).await.unwrap();
        next(&mut socket).await
    };
    let heads = ask(1, "eth_subscribe", json!(["newHeads"])).await["result"].clone();
    let filter = json!({ "address": probe.address() });
    let logs = ask(2, "eth_subscribe", json!(["logs", filter])).await["result"].clone();
    assert_ne!(heads, logs);
    assert_eq!(ask(3, "eth_blockNumber", json!([])).await["result"], "0x1");

    for value in 10..30u64 {
        let _ = probe.set(U256::from(value)).send().await.unwrap();
    }
    for value in 10..30u64 {
        let head = next(&mut socket).await["params"].clone();
        assert_eq!(head["subscription"], heads);
        assert_eq!(head["result"]["number"], format!("{:#x}", value - 8));
        let log = next(&mut socket).await["params"].clone();
        assert_eq!(log["subscription"], logs);
        assert_eq!(log["result"]["data"], json!(B256::from(U256::from(value))));
        assert_eq!(log["result"]["blockHash"], head["result"]["hash"]);
    }

    let mut ask = async |method: &str, params: Value| {
        let request = json!({ "jsonrpc": "2.0", "id": 4, "method": method, "params": params });
        socket.send(Message::text(request.to_string())).await.unwrap();
        next(&mut socket).await
    };
    assert_eq!(ask("eth_unsubscribe", json!([heads])).await["result"], true);
    assert_eq!(ask("eth_unsubscribe", json!([heads])).await["error"]["code"], -32_000);
    assert_eq!(ask("eth_subscribe", json!(["dreams"])).await["error"]["code"], -32_602);
    chain.handle.shutdown().await;
    let end = socket.next().await;
    assert!(matches!(end, Some(Ok(Message::Close(_))) | Some(Err(_)) | None));
}

async fn next(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Value {
    let message = socket.next().await.unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}
