//! Filters whose owner asks seldom: nothing is lost without a word.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::Running;
use serde_json::{Value, json};

#[tokio::test]
async fn a_filter_that_would_miss_something_says_so_and_is_gone() {
    let chain = Running::new().await;
    let filter = async |kind: &str| chain.raw(kind, json!([])).await["result"].clone();
    let late = [filter("eth_newBlockFilter").await, filter("eth_newPendingTransactionFilter").await];
    let logs = chain.raw("eth_newFilter", json!([{}])).await["result"].clone();
    // More removals than are remembered: what came before them goes with them.
    chain.raw("anvil_mine", json!(["0x1400"])).await;
    assert_eq!(chain.raw("anvil_rollback", json!(["0x1400"])).await["error"], Value::Null);
    let fresh = filter("eth_newBlockFilter").await;
    assert_eq!(chain.raw("eth_getFilterLogs", json!([logs])).await["result"], json!([]), "it asks for all");
    for filter in [&late[0], &late[1], &logs] {
        let error = chain.raw("eth_getFilterChanges", json!([filter])).await["error"].clone();
        assert_eq!(error["code"], -32_000, "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("filter not found: more happened"), "{message}");
        assert!(message.contains("make a new one") && message.contains("eth_getLogs"), "{message}");
        let gone = chain.raw("eth_getFilterChanges", json!([filter])).await["error"].clone();
        assert_eq!(gone["message"], "filter not found");
    }
    chain.raw("evm_mine", json!([])).await;
    let changes = chain.raw("eth_getFilterChanges", json!([fresh])).await["result"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn more_changes_than_one_answer_holds_come_in_several() {
    let chain = Running::new().await;
    let filter = chain.raw("eth_newBlockFilter", json!([])).await["result"].clone();
    chain.raw("anvil_mine", json!([60_000])).await;
    let mut told: Vec<Value> = Vec::new();
    for count in [50_000, 10_000, 0] {
        let answer = chain.raw("eth_getFilterChanges", json!([filter])).await;
        assert_eq!(answer["result"].as_array().unwrap().len(), count, "{}", answer["error"]);
        told.extend(answer["result"].as_array().unwrap().clone());
    }
    for number in [1, 50_000, 50_001, 60_000] {
        let block = chain.raw("eth_getBlockByNumber", json!([format!("{number:#x}"), false])).await;
        assert_eq!(told[number - 1], block["result"]["hash"], "{number}");
    }
}
