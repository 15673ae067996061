//! HTTP and WebSocket as browsers and libraries use them: frames of every kind, batches, limits, pages of other
//! origins.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::{
    primitives::{B256, U256},
    transports::http::reqwest,
};
use common::{Running, deploy_probe};
use devchain::{
    DEV_ACCOUNTS,
    server::{MAX_BATCH, MAX_REQUEST_BYTES, MAX_SOCKETS},
};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Message,
        protocol::frame::{
            Frame,
            coding::{CloseCode, Data, OpCode},
        },
    },
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(chain: &Running) -> Socket {
    connect_async(&chain.handle.ws_url).await.unwrap().0
}

async fn next(socket: &mut Socket) -> Value {
    let message = socket.next().await.unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

async fn ask(socket: &mut Socket, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    socket.send(Message::text(request.to_string())).await.unwrap();
    next(socket).await
}

fn chain_id_request(id: u64) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId", "params": [] }).to_string()
}

#[tokio::test]
async fn an_id_comes_back_to_the_last_digit() {
    let chain = Running::new().await;
    let client = reqwest::Client::new();
    let ask = async |body: String| {
        let answer = client.post(&chain.handle.rpc_url).body(body).send().await.unwrap();
        answer.text().await.unwrap()
    };
    let request = |id: &str, method: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#);
    let ids = [
        "18446744073709551617",
        "123456789012345678901234567890",
        "-1",
        "1.50",
        "1e3",
        "\"\\u00e9 x\"",
        "null",
    ];
    let mut socket = connect(&chain).await;
    for id in ids {
        for method in ["eth_chainId", "eth_nonsense"] {
            let answer = ask(request(id, method)).await;
            assert!(answer.contains(&format!(r#""id":{id},"#)), "{id}: {answer}");
            socket.send(Message::text(request(id, method))).await.unwrap();
            let answer = socket.next().await.unwrap().unwrap();
            assert!(answer.to_text().unwrap().contains(&format!(r#""id":{id},"#)), "{id}: {answer}");
        }
    }
    let batch = format!("[{}]", ids.map(|id| request(id, "eth_chainId")).join(","));
    let answer = ask(batch).await;
    assert!(ids.iter().all(|id| answer.contains(&format!(r#""id":{id},"#))), "{answer}");
    for id in ["true", "[1]", "{}"] {
        let answer: Value = serde_json::from_str(&ask(request(id, "eth_chainId")).await).unwrap();
        assert_eq!(answer["error"]["code"], -32_600, "{id}");
    }
}

#[tokio::test]
async fn binary_frames_are_requests_as_text_frames_are() {
    let chain = Running::new().await;
    let mut socket = connect(&chain).await;
    socket.send(Message::binary(chain_id_request(1).into_bytes())).await.unwrap();
    assert_eq!(next(&mut socket).await, json!({ "jsonrpc": "2.0", "id": 1, "result": "0x64aba" }));
    let subscribe = r#"{"jsonrpc":"2.0","id":2,"method":"eth_subscribe","params":["newHeads"]}"#;
    socket.send(Message::binary(subscribe.as_bytes().to_vec())).await.unwrap();
    assert_eq!(next(&mut socket).await["result"], "0x1");
    for broken in [vec![0xff, 0xfe], vec![], b"{".to_vec()] {
        socket.send(Message::binary(broken)).await.unwrap();
        assert_eq!(next(&mut socket).await["error"]["code"], -32_700);
    }

    // A request in three frames, with a ping between them.
    let request = chain_id_request(3).into_bytes();
    let (head, tail) = request.split_at(10);
    let (middle, tail) = tail.split_at(10);
    let frame = |part: &[u8], code: Data, is_last: bool| {
        Message::Frame(Frame::message(part.to_vec(), OpCode::Data(code), is_last))
    };
    socket.send(frame(head, Data::Binary, false)).await.unwrap();
    socket.send(frame(middle, Data::Continue, false)).await.unwrap();
    socket.send(Message::Ping(b"there?".to_vec().into())).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong(b"there?".to_vec().into()));
    socket.send(frame(tail, Data::Continue, true)).await.unwrap();
    assert_eq!(next(&mut socket).await["id"], 3);

    socket.send(Message::Close(None)).await.unwrap();
    assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Close(_)));
}

#[tokio::test]
async fn messages_that_are_too_large_are_refused_in_words() {
    let chain = Running::new().await;
    let mut socket = connect(&chain).await;
    for message in
        [Message::text(" ".repeat(MAX_REQUEST_BYTES + 1)), Message::binary(vec![b' '; MAX_REQUEST_BYTES + 1])]
    {
        socket.send(message).await.unwrap();
        let refused = next(&mut socket).await;
        assert_eq!(refused["error"]["code"], -32_600);
        assert!(refused["error"]["message"].as_str().unwrap().contains("10485760 bytes"), "{refused}");
    }
    assert_eq!(ask(&mut socket, "eth_chainId", json!([])).await["result"], "0x64aba");
    // What the transport itself does not take ends the connection, with the reason.
    let _ = socket.send(Message::binary(vec![b' '; 2 * MAX_REQUEST_BYTES + 1])).await;
    let end = socket.next().await;
    match end {
        Some(Ok(Message::Close(Some(frame)))) => {
            assert_eq!(frame.code, CloseCode::Size);
            assert!(frame.reason.contains("10485760 bytes"), "{}", frame.reason);
        }
        // Bytes on their way when the connection ended.
        Some(Err(_)) | None => {}
        Some(Ok(other)) => panic!("{other:?}"),
    }

    let answer = reqwest::Client::new().post(&chain.handle.rpc_url).body(vec![b' '; MAX_REQUEST_BYTES + 1]);
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let refused: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(refused["error"]["code"], -32_600);
}

#[tokio::test]
async fn pages_of_any_origin_may_ask() {
    let chain = Running::new().await;
    let client = reqwest::Client::new();
    let preflight = client
        .request(reqwest::Method::OPTIONS, &chain.handle.rpc_url)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-token")
        .header("access-control-request-private-network", "true")
        .send()
        .await
        .unwrap();
    assert!(preflight.status().is_success());
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    assert_eq!(preflight.headers()["access-control-allow-headers"], "content-type,x-token");
    assert_eq!(preflight.headers()["access-control-allow-private-network"], "true");
    let methods = preflight.headers()["access-control-allow-methods"].to_str().unwrap().to_owned();
    assert!(methods.contains("POST"), "{methods}");
    for body in [chain_id_request(1), "{".to_owned()] {
        let answer = client
            .post(&chain.handle.rpc_url)
            .header("origin", "https://app.example")
            .header("host", "app.example")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    }
}

#[tokio::test]
async fn batches_may_subscribe_and_hold_ten_thousand_requests() {
    let chain = Running::new().await;
    let mut socket = connect(&chain).await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"] },
        { "jsonrpc": "2.0", "id": 2, "method": "evm_mine" },
        { "jsonrpc": "2.0", "method": "eth_chainId" },
        { "jsonrpc": "2.0", "id": 3, "method": "eth_subscribe", "params": ["dreams"] },
        7,
    ]);
    socket.send(Message::text(batch.to_string())).await.unwrap();
    let answers = next(&mut socket).await;
    assert_eq!(answers.as_array().unwrap().len(), 4);
    assert_eq!((&answers[0]["id"], &answers[0]["result"]), (&json!(1), &json!("0x1")));
    assert_eq!(answers[1]["result"], "0x0");
    assert_eq!(answers[2]["error"]["code"], -32_602);
    assert_eq!(answers[3]["error"]["code"], -32_600);
    // The block of the batch itself, told after its answer.
    assert_eq!(next(&mut socket).await["params"]["result"]["number"], "0x1");

    let many = |count: usize| -> String {
        let requests: Vec<String> = (0..count as u64).map(chain_id_request).collect();
        format!("[{}]", requests.join(","))
    };
    let answers = chain.post(many(MAX_BATCH)).await;
    assert_eq!(answers.as_array().unwrap().len(), 10_000);
    assert_eq!(chain.post(many(MAX_BATCH + 1)).await["error"]["code"], -32_600);
    let over_http = chain.raw("eth_subscribe", json!(["newHeads"])).await;
    assert!(over_http["error"]["message"].as_str().unwrap().contains("notifications not supported"));
}

#[tokio::test]
async fn requests_follow_the_protocol() {
    let chain = Running::new().await;
    for refused in [
        json!({ "id": 1, "method": "eth_chainId" }),
        json!({ "jsonrpc": "1.0", "id": 1, "method": "eth_chainId" }),
        json!({ "jsonrpc": 2.0, "id": 1, "method": "eth_chainId" }),
        json!({ "jsonrpc": "2.0", "id": {}, "method": "eth_chainId" }),
        json!({ "jsonrpc": "2.0", "id": 1 }),
    ] {
        assert_eq!(chain.post(refused.to_string()).await["error"]["code"], -32_600, "{refused}");
    }
    let [to, input] = [json!(DEV_ACCOUNTS[2].address), json!("0x01")];
    for request in [
        json!({ "to": to, "input": input, "data": "0x02" }),
        json!({ "to": to, "gasPrice": "0x1", "maxFeePerGas": "0x1" }),
        json!({ "to": to, "maxPriorityFeePerGas": "0x2", "maxFeePerGas": "0x1" }),
    ] {
        assert_eq!(chain.raw("eth_call", json!([request])).await["error"]["code"], -32_602, "{request}");
    }
    let same = json!({ "to": to, "input": input, "data": input });
    assert_eq!(chain.raw("eth_call", json!([same])).await["result"], "0x");
    for percentiles in [json!([101]), json!([-1]), json!([50, 20])] {
        let answer = chain.raw("eth_feeHistory", json!(["0x1", "latest", percentiles])).await;
        assert_eq!(answer["error"]["code"], -32_602, "{percentiles}");
    }
    let answer = chain.raw("eth_feeHistory", json!(["0x1", "latest", [0, 50, 50, 100]])).await;
    assert_eq!(answer["result"]["reward"], json!([["0x0", "0x0", "0x0", "0x0"]]));
    let none = chain.raw("eth_feeHistory", json!(["0x0", "latest", [50]])).await["result"].clone();
    assert_eq!(none, json!({ "oldestBlock": "0x0", "baseFeePerGas": [], "gasUsedRatio": [] }));
}

#[tokio::test]
async fn going_back_takes_logs_back() {
    let chain = Running::new().await;
    let probe = deploy_probe(&chain.client(1), 1).await;
    let snapshot = chain.raw("evm_snapshot", json!([])).await["result"].clone();
    let mut socket = connect(&chain).await;
    let filter = json!({ "address": probe.address() });
    ask(&mut socket, "eth_subscribe", json!(["logs", filter])).await;
    let polled = chain.raw("eth_newFilter", json!([filter])).await["result"].clone();
    let mut told = Vec::new();
    for value in [5u64, 6] {
        let _ = probe.set(U256::from(value)).send().await.unwrap();
        told.push(next(&mut socket).await["params"]["result"].clone());
    }
    assert_eq!(chain.raw("evm_revert", json!([snapshot])).await["result"], true);
    let _ = probe.set(U256::from(7)).nonce(1).send().await.unwrap();
    for value in [6u64, 5] {
        let removed = next(&mut socket).await["params"]["result"].clone();
        assert_eq!(
            (&removed["removed"], &removed["data"]),
            (&json!(true), &json!(B256::from(U256::from(value))))
        );
        told.push(removed);
    }
    assert_eq!(told[2]["blockHash"], told[1]["blockHash"]);
    told.push(next(&mut socket).await["params"]["result"].clone());
    assert_eq!(told[4]["data"], json!(B256::from(U256::from(7))));
    // A filter that nobody asked meanwhile tells the same story.
    assert_eq!(chain.raw("eth_getFilterChanges", json!([polled])).await["result"], json!(told));
}

#[tokio::test]
async fn pending_transactions_are_told_when_they_come() {
    let chain = Running::new().await;
    let mut socket = connect(&chain).await;
    let hashes = ask(&mut socket, "eth_subscribe", json!(["newPendingTransactions"])).await["result"].clone();
    let whole =
        ask(&mut socket, "eth_subscribe", json!(["newPendingTransactions", true])).await["result"].clone();
    let polled = chain.raw("eth_newPendingTransactionFilter", json!([])).await["result"].clone();
    for automine in [true, false] {
        chain.raw("evm_setAutomine", json!([automine])).await;
        let transfer =
            json!({ "from": DEV_ACCOUNTS[1].address, "to": DEV_ACCOUNTS[2].address, "value": "0x5" });
        let hash = chain.raw("eth_sendTransaction", json!([transfer])).await["result"].clone();
        assert_eq!(next(&mut socket).await["params"], json!({ "subscription": hashes, "result": hash }));
        let notice = next(&mut socket).await["params"].clone();
        assert_eq!(notice["subscription"], whole);
        assert_eq!((&notice["result"]["hash"], &notice["result"]["value"]), (&hash, &json!("0x5")));
        assert!(notice["result"]["blockHash"].is_null());
        assert_eq!(chain.raw("eth_getFilterChanges", json!([polled])).await["result"], json!([hash]));
    }
}

#[tokio::test]
async fn a_body_shorter_than_it_says_is_answered() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let chain = Running::new().await;
    let address = chain.handle.rpc_url.strip_prefix("http://").unwrap();
    let host = format!("POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n");
    for (rest, status, words) in [
        ("content-length: 500\r\n\r\n{\"jsonrpc\":\"2.0\"", "408", "stopped after 16 bytes"),
        ("content-length: 9\r\n\r\n", "408", "stopped after 0 bytes"),
        ("transfer-encoding: chunked\r\n\r\n5\r\nab", "408", "stopped after 2 bytes"),
        ("content-length: 99999999\r\n\r\n{", "413", "smaller batches"),
        ("transfer-encoding: chunked\r\n\r\nzz\r\n", "400", "cannot be read"),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{host}{rest}").as_bytes()).await.unwrap();
        // The connection ends with the answer.
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(words),
            "{rest}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_connection_too_many_is_refused_in_words() {
    use tokio_tungstenite::tungstenite::Error;
    let chain = Running::new().await;
    let mut open = Vec::new();
    while open.len() < MAX_SOCKETS {
        open.push(connect_async(&chain.handle.ws_url).await.unwrap());
    }
    let Err(Error::Http(refused)) = connect_async(&chain.handle.ws_url).await else { panic!("one too many") };
    assert_eq!(refused.status(), 503);
    open.pop();
    let mut sockets = chain.handle.watch_sockets();
    sockets.wait_for(|open| *open < MAX_SOCKETS).await.unwrap();
    connect_async(&chain.handle.ws_url).await.unwrap();
}

/// An answer nobody reads is counted, whoever asked for it, and room for others when its connection is gone.
#[tokio::test]
async fn answers_that_nobody_reads_leave_others_room() {
    use tokio::io::AsyncWriteExt as _;
    let chain = Running::new().await;
    // Runtime code of 24 kB, read three hundred times: an answer of about 15 MB.
    let at = json!("0x0000000000000000000000000000000000001234");
    let code = json!(format!("0x{}", "00".repeat(24_000)));
    assert_eq!(chain.raw("anvil_setCode", json!([at, code])).await["error"], Value::Null);
    let batch = |count: u64| {
        let ask =
            |id| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_getCode", "params": [at, "latest"] });
        Value::Array((0..count).map(ask).collect()).to_string()
    };
    let address = chain.handle.rpc_url.strip_prefix("http://").unwrap();
    let mut silent = Vec::new();
    let mut sockets = Vec::new();
    let body = batch(300);
    for _ in 0..12 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("POST / HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        silent.push(stream);
        let mut socket = connect_async(&chain.handle.ws_url).await.unwrap().0;
        socket.send(Message::text(body.clone())).await.unwrap();
        sockets.push(socket);
    }
    // Twelve times two answers of 15 MB are more than there is room for.
    let refused = loop {
        let answers = chain.post(batch(300)).await;
        // Where there is no room even for so many errors, one answers all.
        let all = answers.as_array().map_or(std::slice::from_ref(&answers), Vec::as_slice);
        let refused = all.iter().find(|answer| answer["error"].is_object()).cloned();
        if let Some(refused) = refused {
            break refused;
        }
    };
    assert_eq!(refused["error"]["code"], -32_005);
    assert!(refused["error"]["message"].as_str().unwrap().contains("were not read yet"), "{refused}");
    assert_eq!(chain.raw("eth_chainId", json!([])).await["result"], "0x64aba", "small ones are answered");
    drop((silent, sockets));
    loop {
        let answers = chain.post(batch(300)).await;
        if answers.as_array().is_some_and(|all| all.iter().all(|answer| answer["result"] == code)) {
            break;
        }
    }
}
