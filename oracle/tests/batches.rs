//! Many requests at once: one transaction brings several reports to the chain, and nothing is lost or paid for twice.

use std::{collections::BTreeMap, process::Command};

use alloy::primitives::B256;
use functions_client::Fulfilled;
use functions_offchain_config::Timing;
use functions_types::RequestId;
use test_support::{Network, functions};

const SOURCE: &str = "return Functions.encodeUint256(42)";

/// Gas that a transaction used.
async fn gas(network: &Network, transaction: B256) -> u64 {
    let receipt = network.contracts.chain.receipt("read a report's gas", transaction).await;
    receipt.expect("it is mined").gas_used
}

async fn fulfillments(network: &Network, requests: &[(RequestId, u64)]) -> Vec<Fulfilled> {
    let mut found = Vec::new();
    for &(id, block) in requests {
        found.push(network.wait_for_fulfillment(id, block).await);
    }
    found
}

#[tokio::test]
async fn a_burst_takes_far_fewer_transactions_than_requests_and_three_fifths_of_the_gas() {
    const COUNT: usize = 40;
    let network = Network::start(Timing { delta_stage_ms: 4_000, ..Timing::default() }).await;
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    // Given what a report costs alone,
    let mut single = u64::MAX;
    for _ in 0..2 {
        let (id, block) = network.request(SOURCE).await;
        let alone = network.wait_for_fulfillment(id, block).await;
        single = single.min(gas(&network, alone.transaction).await);
    }
    let before = network.transmissions().await;

    // when many ask in one block, each is answered and paid for once, by far fewer transactions,
    let requests = network.burst(SOURCE, COUNT).await;
    network.wait_for_results(&requests, 42).await;
    let done = fulfillments(&network, &requests).await;
    let mut transactions: BTreeMap<B256, usize> = BTreeMap::new();
    for fulfilled in &done {
        assert_eq!(fulfilled.result_code, 0);
        *transactions.entry(fulfilled.transaction).or_default() += 1;
    }
    for &(id, _) in &requests {
        for node in 0..4 {
            network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
        }
    }
    let (sent, mined) = (network.transmissions().await - before, transactions.len() as u64);
    assert!(sent <= mined + 2, "{sent} transactions, {mined} of them answered something");
    assert!(sent <= COUNT as u64 / 2, "{sent} transactions for {COUNT} requests");
    let mut all = 0;
    for transaction in transactions.keys() {
        all += gas(&network, *transaction).await;
    }
    let each = all / COUNT as u64;
    assert!(each * 10 <= single * 6, "{each} gas a request, {single} alone");
    let counted = network.metrics(0).await;
    assert!(counted.contains("functions_batches_total{kind=\"signed\"}"), "{counted}");

    // and what was signed together is proven like what was signed alone.
    let (most, _) = transactions.iter().max_by_key(|(_, carried)| **carried).expect("transactions");
    let place = done.iter().position(|fulfilled| fulfilled.transaction == *most).expect("one of them");
    let mut command = Command::new(functions());
    command.args(["request", "explain", &requests[place].0.to_string(), "--verify", "--json"]);
    command
        .args(network.nodes.iter().flat_map(|node| ["--node".to_owned(), format!("http://{}", node.admin)]));
    command.env("FUNCTIONS_RPC_URL", &network.devchain.greeting.rpc_url);
    command.env("FUNCTIONS_ROUTER", network.contracts.addresses.router.to_string()).env("NO_COLOR", "1");
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = output.expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let explained: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(explained["report"]["requests"], transactions[most], "{explained:#}");
}
