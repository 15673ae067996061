//! Four node processes whose view of the chain, or whose purse, fails: each knows that it is blind, says why, loses
//! nothing, and sees again by itself.

use devchain::ChainConfig;
use functions_offchain_config::Timing;
use serde_json::json;
use test_support::{ALL, Answer, Endpoints, Network, Setup};

const SOURCE: &str = "return Functions.encodeUint256(42)";

#[tokio::test]
async fn a_node_without_its_endpoint_is_not_ready_says_why_and_misses_nothing() {
    let network = Network::launch(Setup { behind_proxies: true, ..Setup::default() }).await;
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    for (answer, words) in [
        (Answer::Status(500, "oops", None), "oops"),
        (Answer::Page("<html>"), "not an answer"),
        (Answer::Result(json!(null)), "null"),
    ] {
        // Given a node whose only endpoint answers badly,
        network.proxies[0].answer(ALL, answer);
        network.wait_until_not_ready(0, "the chain has not been read for").await;
        network.wait_until_not_ready(0, words).await;
        let status = network.status(0).await["node"].clone();
        assert_eq!(status["endpoints"][0]["state"], "down", "{status}");
        assert!(network.metrics(0).await.contains("functions_trouble{kind=\"chain\"} 1"));
        // then the others serve without it,
        let (id, block) = network.request(SOURCE).await;
        assert_eq!(network.wait_for_fulfillment(id, block).await.result_code, 0);
        // and it reads everything when the endpoint is back.
        network.proxies[0].heal();
        network.wait_until_ready(0).await;
        network.wait_for_state(0, id, &["INCLUDED", "FINAL"]).await;
    }
    assert!(network.metrics(0).await.contains("functions_trouble{kind=\"chain\"} 0"));
}

#[tokio::test]
async fn a_chain_replaced_under_a_running_node_is_not_believed() {
    let network = Network::launch(Setup { behind_proxies: true, ..Setup::default() }).await;
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    let ours = network.devchain.greeting.rpc_url.clone();
    // Given another chain of the same id, with another genesis and more blocks, behind the endpoint of a running node,
    let twin = Endpoints::of(ChainConfig { arbos_version: 51, ..ChainConfig::default() }, 0).await;
    twin.cheat("anvil_mine", ["0x200"]).await;
    network.proxies[0].lead_to(twin.rpc_url());

    // then the node believes nothing of it and says so,
    network.wait_until_not_ready(0, "its block 0 is").await;
    let status = network.status(0).await["node"].clone();
    assert_eq!(status["endpoints"][0]["state"], "foreign", "{status}");
    // the others serve without it,
    let (id, block) = network.request(SOURCE).await;
    assert_eq!(network.wait_for_fulfillment(id, block).await.result_code, 0);
    // and it goes on where it was when its own chain is back.
    network.proxies[0].lead_to(&ours);
    network.wait_until_ready(0).await;
    network.wait_for_state(0, id, &["INCLUDED", "FINAL"]).await;
}

#[tokio::test]
async fn requests_are_served_when_every_endpoint_is_weak() {
    let network = Network::launch(Setup { behind_proxies: true, ..Setup::default() }).await;
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    // Every fifth answer is bad, and every third log query is answered with nothing, at all nodes.
    for proxy in &network.proxies {
        proxy.answer(ALL, Answer::EveryNth(5, Box::new(Answer::Status(503, "", None))));
        proxy.answer("eth_getLogs", Answer::EveryNth(3, Box::new(Answer::Result(json!([])))));
    }
    let mut sent = Vec::new();
    for _ in 0..8 {
        sent.push(network.request(SOURCE).await);
    }
    for (id, block) in sent {
        assert_eq!(network.wait_for_fulfillment(id, block).await.result_code, 0);
        for node in 0..4 {
            network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
        }
    }
}

#[tokio::test]
async fn reports_wait_for_ether_cheaply_and_go_out_when_it_comes() {
    let setup = Setup { behind_proxies: true, unfunded: true, ..Setup::default() };
    let network = Network::launch(setup).await;
    for node in 0..4 {
        // That is all that is missing.
        network.wait_until_not_ready(node, "send it some\n").await;
    }
    assert!(network.metrics(0).await.contains("functions_transmitter_ether 0"));
    // Given reports whose transmitters cannot pay,
    let mut sent = Vec::new();
    for _ in 0..10 {
        sent.push(network.request(SOURCE).await);
    }
    for (id, _) in &sent {
        for node in 0..4 {
            network.wait_for_state(node, *id, &["REPORTED"]).await;
        }
    }
    // then the endpoints are hardly asked about them: while the balance is looked at four times, which takes seconds,
    network.proxies[0].wait_asked("eth_getBalance", 1).await;
    let before = network.proxies[0].asked("eth_call");
    network.proxies[0].wait_asked("eth_getBalance", 4).await;
    let calls = network.proxies[0].asked("eth_call") - before;
    assert!(calls <= 20, "{calls} simulations of 10 reports that cannot be paid");
    // and when ether comes, everything goes out.
    network.fund().await;
    for (id, block) in sent {
        assert_eq!(network.wait_for_fulfillment(id, block).await.result_code, 0);
        for node in 0..4 {
            network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
        }
    }
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
}

#[tokio::test]
async fn one_members_mistyped_address_costs_that_member_only() {
    let setup = Setup {
        timing: Timing::default(),
        behind_proxies: true,
        with_second_endpoint: true,
        with_typo: true,
        ..Setup::default()
    };
    let network = Network::launch(setup).await;
    // The preferred endpoint of the first node is a web page, beside it all.
    network.proxies[0].answer(ALL, Answer::Status(404, "<html>not found</html>", None));
    for node in 0..3 {
        network.wait_until_ready(node).await;
    }
    let (id, block) = network.request(SOURCE).await;
    assert_eq!(network.wait_for_fulfillment(id, block).await.result_code, 0);
    for node in 0..3 {
        network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
    }
    // What is shown of the endpoints is looked at twice a second.
    network
        .wait_for_status(0, "the first endpoint down, the second up", |node| {
            let (first, second) = (&node["endpoints"][0], &node["endpoints"][1]);
            first["state"] == "down"
                && second["state"] == "up"
                && first["lastError"].as_str().is_some_and(|text| text.contains("404"))
        })
        .await;
    let metrics = network.metrics(0).await;
    assert!(metrics.contains("functions_endpoint_up{index=\"0\"") && metrics.contains("functions_ready 1"));
    // It is preferred again when it is mended: probes alone would not ask so often.
    network.proxies[0].heal();
    network.proxies[0].wait_asked("eth_getBlockByNumber", 40).await;
}
