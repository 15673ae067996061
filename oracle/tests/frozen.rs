//! Four node processes on a PostgreSQL server that stands still: they know it and say so, and go on as if nothing had
//! been.

use std::fs;

use test_support::{Network, Postgres, Setup, until};

const SOURCE: &str = "return Functions.encodeUint256(42)";

#[tokio::test]
async fn a_frozen_database_costs_time_and_nothing_else() {
    let Some(server) = Postgres::start().await else { return };
    let network = Network::launch_on(&server, Setup::default()).await;
    network.wait_until_all_ready().await;
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
