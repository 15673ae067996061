//! Node processes that share a provider which changes the scripts of requests.

use std::{fs, process::Output};

use serde_json::{Value, json};
use test_support::{ALL, Answer, Network, Proxy, Setup};

const SOURCE: &str = "return Functions.encodeUint256(42)";
const FORGED: &str = "return Functions.encodeUint256(43)";

fn forging() -> Answer {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (source, forged) = (hex(SOURCE), hex(FORGED));
    Answer::changed(move |_, truth| {
        serde_json::from_str(&truth.to_string().replace(&source, &forged)).expect("JSON")
    })
}

fn said(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test]
async fn o23_a_provider_that_all_nodes_share_alters_no_script_where_two_endpoints_must_agree() {
    let setup = Setup { behind_proxies: true, with_second_endpoint: true, ..Setup::default() };
    let mut network = Network::launch(setup).await;
    network.wait_until_all_ready().await;
    // Given one provider, preferred by all nodes, that changes scripts, it decides the answer where its word is enough:
    for proxy in &network.proxies {
        proxy.answer("eth_getLogs", forging());
    }
    let asked = network.request(SOURCE).await;
    network.wait_for_results(&[asked], 43).await;
    // A wrong nonce keeps reports back as long as it is told, and costs nothing.
    for proxy in &network.proxies {
        proxy.heal();
        proxy.answer("eth_getTransactionCount", Answer::Result(json!("0xffff")));
    }
    let asked = network.request(SOURCE).await;
    network.wait_for_state(0, asked.0, &["SUBMITTED"]).await;
    for proxy in &network.proxies {
        proxy.heal();
    }
    network.wait_for_results(&[asked], 42).await;

    // when two of three endpoints must say the same, all read what was sent, and send it, whatever one says of accounts
    // and of what a report would do.
    for proxy in &network.proxies {
        proxy.answer("eth_getLogs", forging());
        proxy.answer("eth_getTransactionCount", Answer::Result(json!("0xffff")));
        proxy.answer("eth_getBalance", Answer::Result(json!("0x0")));
        proxy.answer("eth_call", Answer::Error(3, "execution reverted"));
    }
    let third = Proxy::start(&network.devchain.greeting.rpc_url).await;
    for node in 0..4 {
        assert!(network.terminate(node).await.success());
        let path = network.nodes[node].folder().join("node.toml");
        let text = fs::read_to_string(&path).expect("the file");
        let (before, after) = text.split_once("rpc_urls = [").expect("its endpoints");
        // The forging one stays the first.
        let (first, rest) = after.split_once(", ").expect("two endpoints");
        let chain = format!("agree = 2\nrpc_urls = [{first}, \"{}\", {rest}", third.url);
        fs::write(&path, format!("{before}{chain}")).expect("written");
        if node == 0 {
            // Nor does the operator hear of one endpoint alone what the account has.
            let shown = said(&network.verb(0, &["withdraw"]).await);
            assert_ne!(shown["transmitters"][0]["etherWei"], "0", "{shown:#}");
        }
        network.start_node(node);
    }
    network.wait_until_all_ready().await;
    let asked = network.request(SOURCE).await;
    network.wait_for_results(&[asked], 42).await;
    let report = said(&network.verb(0, &["check", "--json"]).await);
    assert!(report["ok"] == true, "{report:#}");
    // What is shown of the endpoints is looked at twice a second.
    network
        .wait_for_status(0, "that the first endpoint was contradicted", |node| {
            node["endpoints"][0]["disagreements"].as_u64() > Some(0)
        })
        .await;
    assert!(network.metrics(0).await.contains("functions_endpoint_disagreements{index=\"0\""));

    // When a second one is gone nobody decides who of the others is right: the node says so, its request and the check
    // too, and none of them that the account should be sent ether.
    for proxy in &network.proxies {
        proxy.heal();
        proxy.answer("eth_getBalance", Answer::Result(json!("0x0")));
        proxy.answer("eth_call", Answer::Error(3, "execution reverted"));
    }
    third.answer(ALL, Answer::Status(403, "", None));
    let asked = network.request(SOURCE).await;
    network.wait_until_not_ready(0, "contradict each other").await;
    let reason = network.wait_for_reason(0, asked.0, "contradict each other").await;
    assert!(
        reason.contains("2 endpoints must say the same of") && !reason.contains("send it some"),
        "{reason}"
    );
    let report = said(&network.verb(0, &["check", "--json"]).await);
    let failed = report["checks"].as_array().expect("a list").iter().filter(|line| line["verdict"] == "fail");
    let words: Vec<String> = failed.map(Value::to_string).collect();
    let is_fair = |line: &String| line.contains("chain.endpoint.1") || line.contains("find out which");
    assert!(words.len() > 1 && words.iter().all(is_fair), "{words:#?}");
    third.heal();
    network.wait_for_results(&[asked], 42).await;
    network.wait_until_ready(0).await;

    // And when a node's second opinions are gone it waits, says why, and the check says so too; the others go on.
    network.proxies[0].answer(ALL, Answer::Status(403, "", None));
    third.answer(ALL, Answer::Status(403, "", None));
    network.wait_until_not_ready(0, "2 endpoints must say the same").await;
    let output = network.verb(0, &["check", "--json"]).await;
    let report = said(&output);
    let lines = report["checks"].as_array().expect("a list");
    let line = lines.iter().find(|line| line["id"] == "chain.agree").expect("the line");
    assert!(!output.status.success() && line["verdict"] == "fail", "{report:#}");
    let asked = network.request(SOURCE).await;
    for proxy in &network.proxies[1..] {
        proxy.heal();
    }
    network.wait_for_results(&[asked], 42).await;
    network.proxies[0].heal();
    third.heal();
    network.wait_until_ready(0).await;
    network.wait_for_state(0, asked.0, &["INCLUDED", "FINAL"]).await;
}
