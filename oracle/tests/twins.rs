//! One keystore on two machines, each with a journal of its own: no lock reaches from one to the other.

use std::fs;

use functions_offchain_config::Timing;
use test_support::{Network, until};

const SOURCE: &str = "return Functions.encodeUint256(42)";

/// The twins are one member: whatever they do to each other, the other three answer.
#[tokio::test]
async fn s4_a_copied_keystore_costs_its_own_member_only_and_is_noticed() {
    const COUNT: usize = 10;
    let mut network = Network::start(Timing { delta_stage_ms: 4_000, ..Timing::default() }).await;
    // Given the keys of one member on a second machine, with an empty journal and nothing of the keys' memory,
    network.add_nodes(1).await;
    network.forget(4).await;
    let (home, copy) = (network.nodes[3].folder().to_owned(), network.nodes[4].folder().to_owned());
    for file in ["keystore.json", "password"] {
        fs::copy(home.join(file), copy.join(file)).expect("copied");
    }
    network.start_node(4);
    // when both run, then both are told that they are not alone,
    for node in [3, 4] {
        let log = network.nodes[node].log();
        until(&format!("node {node} to notice its twin"), async || {
            let text = fs::read_to_string(&log).expect("its log");
            if text.contains("perhaps another process runs with this node's keys") {
                Ok(())
            } else {
                Err(text)
            }
        })
        .await;
    }
    // and requests are answered all the same.
    let requests = network.burst(SOURCE, COUNT).await;
    network.wait_for_results(&requests, 42).await;
    for (id, _) in requests {
        for node in 0..3 {
            network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
        }
    }
}
