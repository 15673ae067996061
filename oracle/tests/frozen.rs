//! Four node processes on a PostgreSQL server that stands still: they know it and say so, and go on as if nothing had
//! been.

mod server;

use std::fs;

use functions_offchain_config::Timing;
use server::Server;
use test_support::{Network, until};

const SOURCE: &str = "return Functions.encodeUint256(42)";

/// Gives every node an empty journal on the server.
async fn move_to(server: &Server, network: &mut Network) {
    for index in 0..network.nodes.len() {
        assert!(network.terminate(index).await.success());
        let url = server.database(&format!("node{index}")).await;
        let node = &network.nodes[index];
        // What was said so far was said with another journal.
        fs::remove_file(node.folder().join("keystore.json.memory")).expect("removed");
        let text = fs::read_to_string(node.config()).expect("the file");
        let text = text.replacen("[net]", &format!("[database]\nurl = \"{url}\"\n[net]"), 1);
        fs::write(node.config(), text).expect("written");
        network.start_node(index);
    }
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    // Nodes whose journals are new are silent about requests made before their start.
    network.cheat("evm_increaseTime", (60,)).await;
}

#[tokio::test]
async fn a_frozen_database_costs_time_and_nothing_else() {
    let Some(server) = Server::start().await else { return };
    let mut network = Network::start(Timing::default()).await;
    move_to(&server, &mut network).await;
    let (id, block) = network.request(SOURCE).await;
    assert_eq!(network.wait_for_fulfillment(id, block).await.result_code, 0);

    // Given requests under way when the server stops, and others that come while it stands,
    let mut sent = network.burst(SOURCE, 10).await;
    server.freeze();
    sent.extend(network.burst(SOURCE, 10).await);
    // then every node says that it is not ready and why,
    for node in 0..4 {
        network
            .wait_until_not_ready(node, "the journal's database takes no writes: no answer within 5 s")
            .await;
    }
    // for as long as it lasts, well over a minute: looks at the journal's lease end in vain, ten seconds each,
    for node in 0..4 {
        let log = network.nodes[node].log();
        until(&format!("node {node} to look for its lease"), async || {
            let lost = fs::read_to_string(&log).expect("its log").matches("lease is lost").count();
            if lost >= 7 { Ok(()) } else { Err(format!("{lost} looks")) }
        })
        .await;
        let page = network.nodes[node].page(&network.http, "status").await.expect("an answer");
        assert_eq!(page.status(), 500, "it shows no requests");
        let status: serde_json::Value = page.json().await.expect("JSON");
        assert!(status["node"]["troubles"]["database"].is_string(), "{status}");
        assert_eq!(status["error"], "the journal could not be read");
    }
    // and when the server goes on, everything is answered, once, without a restart.
    server.thaw();
    for (id, block) in sent {
        assert_eq!(network.wait_for_fulfillment(id, block).await.result_code, 0);
        for node in 0..4 {
            network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
        }
    }
    for node in 0..4 {
        network.wait_until_ready(node).await;
        assert!(network.verb(node, &["journal", "verify"]).await.status.success());
    }
}
