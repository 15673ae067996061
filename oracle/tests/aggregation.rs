//! Scripts that answer differently on each node: what their first line makes of it, and what `err` says without it.

use std::net::SocketAddr;

use alloy::primitives::U256;
use functions_offchain_config::Timing;
use test_support::{Network, Setup};
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

    // Without it the callback is told how the nodes differed.
    let (id, block) = network.request(&source("// what it costs")).await;
    let done = network.wait_for_fulfillment(id, block).await;
    let told = String::from_utf8_lossy(&done.error).into_owned();
    assert!(done.response.is_empty() && told.starts_with("DON_DIVERGED n=4 f=1 "), "{told}");
    assert!(told.contains(" top=1 ") && told.contains(" mode "), "{told}");

    // A name that does not exist is the author's mistake, the same on every node.
    let (id, block) = network.request(&source("// @aggregation mean")).await;
    let done = network.wait_for_fulfillment(id, block).await;
    let told = String::from_utf8_lossy(&done.error).into_owned();
    assert!(told.starts_with("unknown aggregation \"mean\": there are mode, median,"), "{told}");
}
