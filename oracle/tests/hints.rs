//! Node processes that look at the chain when it says that there is something to see.

use std::time::Duration;

use functions_offchain_config::Timing;
use test_support::Network;
use tokio::time::timeout;

const SOURCE: &str = "return Functions.encodeUint256(42)";
/// The longest pause between two looks.
const PAUSE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn b3_a_request_is_answered_long_before_the_next_look_is_due() {
    let mut network = Network::start(Timing::default()).await;
    let ws_url = network.devchain.greeting.ws_url.clone();
    for node in 0..4 {
        assert!(network.terminate(node).await.success());
        let told = &mut network.nodes[node].told;
        (told.poll_interval_ms, told.ws_urls) = (PAUSE.as_millis() as u64, vec![ws_url.clone()]);
        network.nodes[node].configure().expect("written");
        network.start_node(node);
    }
    network.wait_until_all_ready().await;
    // Each is sent after the last look for the one before, so without hints two whole pauses would pass.
    let three = async {
        for _ in 0..3 {
            let asked = network.request(SOURCE).await;
            network.wait_for_results(&[asked], 42).await;
        }
    };
    timeout(2 * PAUSE, three).await.expect("before the looks that are due");
    for node in 0..4 {
        let metrics = network.metrics(node).await;
        let line = metrics.lines().find_map(|line| line.strip_prefix("functions_chain_hints_total "));
        assert!(line.is_some_and(|count| count != "0"), "{metrics}");
    }
    let checked = network.verb(0, &["check"]).await;
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(said.contains("chain.ws.0") && said.contains("tells of new logs"), "{said}");
}
