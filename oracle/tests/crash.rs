//! Four node processes, some of them killed with SIGKILL at the worst moment and started again, or told to change.
//!
//! The invariants: a request is never lost, its observation is said only once, and exactly one transaction is paid.

use functions_offchain_config::Timing;
use test_support::Network;

const SOURCE: &str = "return Functions.encodeUint256(42)";

fn forty_two() -> Vec<u8> {
    let mut word = vec![0; 32];
    word[31] = 42;
    word
}

/// The chain's story of a request ends well, and was paid for once.
async fn assert_fulfilled_once(network: &Network, id: functions_types::RequestId, block: u64) {
    let fulfilled = network.wait_for_fulfillment(id, block).await;
    assert_eq!(fulfilled.result_code, 0);
    assert_eq!(fulfilled.response.as_ref(), forty_two());
    assert_eq!(fulfilled.signatures, 3);
    for node in 0..4 {
        network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
    }
    assert_eq!(network.transmissions().await, 1, "one transaction is paid");
}

#[tokio::test]
async fn nodes_fulfill_once_when_killed_between_observation_and_report() {
    let mut network = Network::start(Timing::default()).await;
    // Given two living nodes, no quorum exists: both observe and wait.
    network.kill(2).await;
    network.kill(3).await;
    let (id, block) = network.request(SOURCE).await;
    network.wait_for_state(0, id, &["OBSERVED"]).await;
    let before = network.wait_for_state(1, id, &["OBSERVED"]).await;

    // When one of them dies without warning and comes back with one other,
    network.kill(1).await;
    network.start_node(1);
    network.start_node(2);

    // then the stored observation counts, the report is complete and paid for once.
    let after = network.wait_for_state(1, id, &["INCLUDED", "FINAL"]).await;
    assert_eq!(after["observation"], before["observation"]);
    assert_eq!(
        after["timesMs"]["observed"], before["timesMs"]["observed"],
        "it observed before the crash, not again"
    );
    network.start_node(3);
    assert_fulfilled_once(&network, id, block).await;
}

#[tokio::test]
async fn node_resumes_its_transaction_when_killed_after_sending() {
    // Later stages are far away, so that only the first node in the order sends.
    let mut network = Network::start(Timing { delta_stage_ms: 300_000, ..Timing::default() }).await;
    network.kill(2).await;
    network.kill(3).await;
    let (id, block) = network.request(SOURCE).await;
    network.wait_for_state(0, id, &["OBSERVED"]).await;
    network.wait_for_state(1, id, &["OBSERVED"]).await;

    // Given a chain that takes transactions but makes no blocks, and a node whose transaction waits in it,
    network.cheat("evm_setAutomine", (false,)).await;
    network.start_node(2);
    network.start_node(3);
    let sender = network.wait_for_submission(id).await;
    assert_eq!(network.transmissions().await, 0);

    // when it dies without warning and comes back, and then a block comes,
    network.kill(sender).await;
    network.start_node(sender);
    network.wait_until_ready(sender).await;
    network.wait_for_state(sender, id, &["SUBMITTED"]).await;
    network.cheat("evm_mine", ()).await;
    network.cheat("evm_setAutomine", (true,)).await;

    // then that one transaction settles the request.
    let shown = network.wait_for_state(sender, id, &["INCLUDED", "FINAL"]).await;
    assert_eq!(shown["transmission"]["byUs"], true);
    assert_fulfilled_once(&network, id, block).await;
}

#[tokio::test]
async fn node_ends_cleanly_when_terminated() {
    let mut network = Network::start(Timing::default()).await;
    let status = network.terminate(0).await;
    assert!(status.success(), "{status}");
    // The other three are enough.
    let (id, block) = network.request(SOURCE).await;
    network.wait_for_fulfillment(id, block).await;
}

#[tokio::test]
async fn nodes_take_up_a_new_configuration_while_they_run() {
    let mut network = Network::start(Timing::default()).await;
    network.reconfigure(Timing { t_grace_ms: 300, ..Timing::default() }).await;
    let (id, block) = network.request(SOURCE).await;
    assert_fulfilled_once(&network, id, block).await;
}
