//! Nobody pays for the network's weakness: bursts, half of the members down, other members, a lost journal. Requests
//! wait; what is billed is the script's own answer.

use functions_offchain_config::Timing;
use test_support::Network;

const SOURCE: &str = "return Functions.encodeUint256(42)";

/// Deadlines that count from the first sight of a request would be over at once.
fn hasty() -> Timing {
    Timing { t_obs_ms: 500, ..Timing::default() }
}

/// A burst is far more than there are slots; each request waits for its turn and is paid for once.
#[tokio::test]
async fn burst_is_answered_and_paid_for_once() {
    const COUNT: usize = 40;
    let network = Network::start(Timing { delta_stage_ms: 4_000, ..Timing::default() }).await;
    let requests = network.burst(SOURCE, COUNT).await;
    network.wait_for_results(&requests, 42).await;
    for (id, _) in requests {
        for node in 0..4 {
            network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
        }
    }
    let transactions = network.transmissions().await;
    assert!(transactions <= COUNT as u64 + 2, "{transactions} transactions for {COUNT} requests");
}

/// Requests from before a change of members are answered by the new ones, whose keys have never spoken, and by those
/// who came back.
#[tokio::test]
async fn requests_survive_two_changes_of_members() {
    let mut network = Network::start(hasty()).await;
    // Given requests that half of the members cannot answer, longer than any of their own waiting times,
    network.kill(2).await;
    network.kill(3).await;
    let early = network.burst(SOURCE, 3).await;
    for &(id, _) in &early {
        network.wait_for_state(0, id, &["OBSERVED"]).await;
        network.wait_for_state(1, id, &["OBSERVED"]).await;
    }
    let waiting = network.wait_for_reason(0, early[0].0, "observations").await;
    assert!(waiting.contains("3 needed"), "{waiting}");

    // when three new members come, and without the two dead ones everybody is needed for a quorum of five,
    network.add_nodes(3).await;
    network.change_members(7, hasty()).await;
    for node in 4..7 {
        network.start_node(node);
    }
    // then all requests are answered, those too that come while the members change,
    let between = network.burst(SOURCE, 10).await;
    network.wait_for_results(&early, 42).await;
    network.wait_for_results(&between, 42).await;
    assert_eq!(network.status(5).await["node"]["silentBefore"], serde_json::Value::Null);

    // and likewise after the way back, with one of the four still down.
    let late = network.burst(SOURCE, 10).await;
    network.change_members(4, hasty()).await;
    network.start_node(2);
    network.wait_for_results(&late, 42).await;
    let (id, block) = network.request(SOURCE).await;
    network.wait_for_results(&[(id, block)], 42).await;
    let transactions = network.transmissions().await;
    assert!(transactions <= 26, "{transactions} transactions for 24 requests");
}

/// A node whose journal is gone may have spoken: it is silent about what is older, and says so; its peers are enough.
#[tokio::test]
async fn node_without_its_journal_is_silent_about_the_past_and_says_why() {
    let mut network = Network::start(hasty()).await;
    network.kill(2).await;
    network.kill(3).await;
    let (id, block) = network.request(SOURCE).await;
    network.wait_for_state(1, id, &["OBSERVED"]).await;
    for loses in [true, true, false] {
        // A second start on the new journal remembers that it must be silent.
        network.kill(1).await;
        if loses {
            network.forget(1).await;
        }
        network.start_node(1);
        let reason = network.wait_for_reason(1, id, "older than this journal").await;
        assert!(reason.contains("leaves it to its peers"), "{reason}");
        let says = |status: &serde_json::Value| status["silentBefore"].is_u64();
        network.wait_for_status(1, "since when it remembers", says).await;
    }
    network.start_node(2);
    network.wait_for_state(2, id, &["OBSERVED"]).await;
    let shown = network.wait_for_state(1, id, &["SEEN"]).await;
    assert!(shown["observation"].is_null(), "{shown}");

    network.start_node(3);
    network.wait_for_results(&[(id, block)], 42).await;
}
