//! A request that ends on chain ends its script on every node: others do not wait for what nobody needs.

use std::net::TcpListener;

use functions_offchain_config::{OffchainConfig, Timing};
use test_support::{Network, Setup, until};

/// Longest time a script may have here, in milliseconds; far more than this test takes.
const EXECUTION_MS: u64 = 120_000;
const SHORT: &str = "return Functions.encodeUint256(42)";

/// Gives scripts and what they ask [`EXECUTION_MS`], and waits until every node has taken that up.
async fn be_patient(network: &Network) {
    let timing = Timing { t_obs_ms: EXECUTION_MS + 5_000, ..Timing::default() };
    let set = network.oracle_set(4, timing).and_then(|set| set.oracle_config());
    let mut config = set.expect("a valid set");
    let decoded = OffchainConfig::decode(config.offchain_version, &config.offchain);
    let mut offchain = decoded.expect("it was just made");
    (offchain.limits.execution_ms, offchain.limits.http_query_ms) = (EXECUTION_MS, EXECUTION_MS);
    config.offchain = offchain.encode().expect("a valid one").into();
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    let before = network.status(0).await["node"]["configDigest"].take();
    network.contracts.set_config(&network.owner, &config).await.expect("the configuration is set");
    for node in 0..4 {
        network
            .wait_for_status(node, "the new configuration", |status| status["configDigest"] != before)
            .await;
        network.wait_until_ready(node).await;
    }
}

/// What a node counts under this name.
async fn count(network: &Network, node: usize, name: &str) -> String {
    let metrics = network.metrics(node).await;
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name} is no metric")).to_owned()
}

#[tokio::test]
async fn scripts_of_requests_timed_out_on_chain_free_their_slots() {
    // A server that takes every connection and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = silent.local_addr().expect("bound");
    let network = Network::launch(Setup { script_server: Some(server), ..Setup::default() }).await;
    be_patient(&network).await;
    // Given requests on every slot that one subscription can have, whose scripts would go on for two minutes,
    let endless = network.burst(&format!("await fetch('http://{server}/'); {SHORT}"), 3).await;
    for &(id, _) in &endless {
        for node in 0..4 {
            network.wait_for_state(node, id, &["EXECUTING"]).await;
        }
    }
    let (waiting, block) = network.request(SHORT).await;
    for node in 0..4 {
        until(&format!("node {node} to have no slot left"), async || {
            let counted = (
                count(&network, node, "functions_scripts_running").await,
                count(&network, node, "functions_scripts_waiting").await,
            );
            if counted == ("3".to_owned(), "1".to_owned()) { Ok(()) } else { Err(format!("{counted:?}")) }
        })
        .await;
    }
    // when they are timed out on chain,
    let history = network.contracts.history(0);
    let mut started = history.unanswered(network.subscription).await.expect("the chain answers").open;
    started.retain(|request| request.id != waiting);
    assert_eq!(started.len(), 3);
    let terms = history.commitments(&started).await.expect("their events");
    network.contracts.chain.advance_time(301).await.expect("a development chain");
    network.contracts.subscriptions().time_out(&network.owner, &terms).await.expect("their time is over");
    // then another request has its turn,
    network.wait_for_results(&[(waiting, block)], 42).await;
    // and none of the scripts came to anything, not even to having used up its time.
    for &(id, _) in &endless {
        for node in 0..4 {
            let shown = network.wait_for_state(node, id, &["EXPIRED"]).await;
            assert_eq!(shown["reason"], "timed out on chain");
            assert!(shown["observation"].is_null(), "{shown}");
        }
    }
    for node in 0..4 {
        assert_eq!(count(&network, node, "functions_scripts_running").await, "0");
    }
}
