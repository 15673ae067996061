//! What a request costs the disk: commits, counted and not timed, with real nodes and journals.

use functions_offchain_config::Timing;
use test_support::Network;

const SOURCE: &str = "return Functions.encodeUint256(42)";

/// Commits of a node's journal so far.
async fn commits(network: &Network, node: usize) -> u64 {
    let text = network.metrics(node).await;
    let line = text.lines().find_map(|line| line.strip_prefix("functions_journal_commits_total "));
    line.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no count of commits in\n{text}"))
}

/// Whatever a node says is durable before; what requests under way at the same time say shares a commit.
#[tokio::test]
async fn b2_a_burst_costs_at_most_four_commits_a_request_and_node() {
    const COUNT: usize = 60;
    let network = Network::start(Timing { delta_stage_ms: 4_000, ..Timing::default() }).await;
    let mut before = Vec::new();
    for node in 0..4 {
        network.wait_until_ready(node).await;
        before.push(commits(&network, node).await);
    }
    let requests = network.burst(SOURCE, COUNT).await;
    network.wait_for_results(&requests, 42).await;
    for (id, _) in requests {
        for node in 0..4 {
            network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
        }
    }
    let mut counted = Vec::new();
    for (node, before) in before.into_iter().enumerate() {
        counted.push(commits(&network, node).await - before);
    }
    // An observation, a lock and a report cannot share one commit with each other, so less is impossible.
    assert!(counted.iter().all(|commits| *commits >= 3), "{counted:?} are counted");
    assert!(counted.iter().all(|commits| *commits <= 4 * COUNT as u64), "{counted:?} for {COUNT} requests");
}
