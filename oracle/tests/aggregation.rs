//! Scripts that answer differently on each node: what their first line makes of it, what `err` says without it, and
//! what `functions request explain` says of both.

use std::{collections::BTreeSet, net::SocketAddr, process::Command};

use alloy::primitives::U256;
use functions_offchain_config::Timing;
use functions_types::RequestId;
use serde_json::Value;
use test_support::{Network, Said, Setup, functions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// The number before the first answer.
const BEFORE: u32 = 1_000;

/// A server that answers every call with the next number.
async fn counter() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut number = BEFORE;
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut head, mut part) = (Vec::new(), [0; 1_024]);
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part).await {
                    Ok(bytes) if bytes > 0 => head.extend_from_slice(&part[..bytes]),
                    _ => break,
                }
            }
            number += 1;
            let length = number.to_string().len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{number}"
            );
            // A caller that has gone asks again.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

/// What the tool says of a request, asking these nodes.
async fn explain(network: &Network, id: RequestId, nodes: &[String], more: &[&str]) -> Said {
    let mut command = Command::new(functions());
    command.args(["request", "explain", &id.to_string()]).args(more);
    command.args(nodes.iter().flat_map(|node| ["--node", node]));
    command.env("FUNCTIONS_RPC_URL", &network.devchain.greeting.rpc_url);
    command.env("FUNCTIONS_ROUTER", network.contracts.addresses.router.to_string()).env("NO_COLOR", "1");
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    output.expect("the program runs").into()
}

/// What each member observed, by what the tool said, and how many of them signed and transmitted.
fn parts(said: &Value) -> (Vec<String>, usize, usize) {
    let members = said["members"].as_array().expect("members");
    let count = |field: &str| members.iter().filter(|member| member[field] == true).count();
    let observed = members.iter().filter_map(|member| member["observation"]["data"].as_str());
    (observed.map(str::to_owned).collect(), count("signed"), count("transmitted"))
}

/// A node that gives other nodes' evidence with one observation changed.
async fn liar(page: Value, mut evidence: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    evidence["basis"][0]["data"] = format!("0x{:064x}", 7).into();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4_096];
            let bytes = stream.read(&mut head).await.unwrap_or_default();
            let asks_evidence = String::from_utf8_lossy(&head[..bytes]).contains("/evidence ");
            let body = if asks_evidence { &evidence } else { &page }.to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn first_line_says_what_becomes_of_answers_that_differ() {
    let server = counter().await;
    let setup = Setup { timing: Timing::default(), script_server: Some(server), ..Setup::default() };
    let network = Network::launch(setup).await;
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    let source = |first: &str| {
        format!(
            "{first}\nconst answer = await Functions.makeHttpRequest({{ url: 'http://{server}/', responseType: 'text' }})\n\
             if (answer.error) throw Error('no answer')\nreturn Functions.encodeUint256(Number(answer.data))"
        )
    };

    // With a median a value between the honest ones fulfills the request.
    let (id, block) = network.request(&source("// @aggregation median-uint256")).await;
    let done = network.wait_for_fulfillment(id, block).await;
    assert!(done.error.is_empty(), "{}", String::from_utf8_lossy(&done.error));
    let value = U256::from_be_slice(&done.response);
    let between = U256::from(BEFORE + 2)..=U256::from(BEFORE + 10);
    assert!(between.contains(&value), "{value} of numbers from {}", BEFORE + 1);
    let nodes: Vec<String> = network.nodes.iter().map(|node| format!("http://{}", node.admin)).collect();
    for node in 0..4 {
        network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
    }
    let said = explain(&network, id, &nodes, &["--verify", "--json"]).await.done();
    let (observed, signed, transmitted) = parts(&said);
    assert!(observed.contains(&format!("{:#066x}", value)), "{value} was seen: {said}");
    assert_eq!((signed, transmitted), (3, 1), "{said}");
    assert_eq!((&said["request"]["state"], &said["next"]), (&"fulfilled".into(), &Value::Null), "{said}");

    // Without it the callback is told how the nodes differed.
    let (id, block) = network.request(&source("// what it costs")).await;
    let done = network.wait_for_fulfillment(id, block).await;
    let told = String::from_utf8_lossy(&done.error).into_owned();
    assert!(done.response.is_empty() && told.starts_with("DON_DIVERGED n=4 f=1 "), "{told}");
    assert!(told.contains(" top=1 ") && told.contains(" mode "), "{told}");
    for node in 0..4 {
        network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
    }
    // The tool shows who said what, and that it is so.
    let said = explain(&network, id, &nodes, &["--verify", "--json"]).await.done();
    let (observed, signed, transmitted) = parts(&said);
    let different: BTreeSet<&String> = observed.iter().collect();
    assert!(observed.len() >= 3 && different.len() == observed.len(), "{said}");
    assert_eq!((signed, transmitted), (3, 1), "{said}");
    assert_eq!(said["report"]["attempt"], 1, "no attempt was lost: {said}");
    let verified = said["nodes"].as_array().expect("nodes").iter().filter(|node| node["verified"] == true);
    assert!(verified.count() >= 3, "{said}");
    assert!(said["cause"].as_str().is_some_and(|cause| cause.contains("answers differ")), "{said}");
    assert!(said["next"].as_str().is_some_and(|next| next.starts_with("functions simulate")), "{said}");
    // One that was too late to vote only took the report over.
    let proves = |node: &usize| said["nodes"][*node]["verified"] == true;
    let [voter, other] = [(0..4).find(proves), (0..4).rfind(proves)].map(|node| node.expect("some voted"));
    let text = explain(&network, id, &nodes[voter..=voter], &[]).await;
    assert!(text.code == Some(0) && text.stdout.contains("     observed 0x"), "{text:?}");
    assert!(
        explain(&network, id, &[], &[]).await.stdout.contains("  cause        the members' answers differ")
    );
    // It believes nobody: neither a node that lies nor one that does not answer is proof.
    let page = async |path: String| {
        let answer = network.nodes[voter].page(&network.http, &path).await;
        answer.expect("an answer").json::<Value>().await.expect("JSON")
    };
    let shown = page(format!("requests/{id}")).await;
    let evidence = page(format!("requests/{id}/evidence")).await;
    let liar = liar(shown, evidence).await;
    let lied = explain(&network, id, &[nodes[other].clone(), liar.clone()], &["--verify"]).await;
    assert_eq!(lied.code, Some(1), "{lied:?}");
    assert!(lied.stderr.contains("does not hold: oracle"), "{lied:?}");
    assert!(lied.stdout.contains("did not sign the observation shown as its own"), "{lied:?}");
    let forged = format!("{:064x}", 7);
    assert!(!lied.stdout.contains(&forged) && lied.stdout.contains("     observed 0x"), "{lied:?}");
    let alone = explain(&network, id, &[liar], &["--verify"]).await;
    assert!(alone.code == Some(1) && !alone.stdout.contains(&forged), "{alone:?}");
    let nobody = explain(&network, id, &["http://127.0.0.1:1".to_owned()], &["--verify", "--json"]).await;
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    assert!(
        nobody.stdout.contains("it refused the connection") && nobody.stderr.contains("--node"),
        "{nobody:?}"
    );
    let bare = explain(&network, id, &[], &["--verify"]).await;
    assert!(bare.code == Some(2) && bare.stderr.contains("--node"), "{bare:?}");
    let unknown = RequestId(alloy::primitives::B256::ZERO);
    explain(&network, unknown, &[], &["--json"]).await.refused("started no request");

    // An error without words looks like a result without bytes on the chain; the evidence holds all the same.
    let (id, block) = network.request("throw ''").await;
    let done = network.wait_for_fulfillment(id, block).await;
    assert!(done.response.is_empty() && done.error.is_empty(), "{done:?}");
    for node in 0..4 {
        network.wait_for_state(node, id, &["INCLUDED", "FINAL"]).await;
    }
    explain(&network, id, &nodes, &["--verify", "--json"]).await.done();

    // A name that does not exist is the author's mistake, the same on every node.
    let (id, block) = network.request(&source("// @aggregation mean")).await;
    let done = network.wait_for_fulfillment(id, block).await;
    let told = String::from_utf8_lossy(&done.error).into_owned();
    assert!(told.starts_with("unknown aggregation \"mean\": there are mode, median,"), "{told}");
}
