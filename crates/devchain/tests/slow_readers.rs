//! Clients that ask for much and read nothing: what they cost, and what becomes of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::Running;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const SUBSCRIPTIONS: u64 = 20;
const BLOCKS: u64 = 2_000;

/// A connection with as many subscriptions to new blocks.
async fn listener(chain: &Running) -> Socket {
    let mut socket = connect_async(&chain.handle.ws_url).await.unwrap().0;
    for id in 1..=SUBSCRIPTIONS {
        let request =
            json!({ "jsonrpc": "2.0", "id": id, "method": "eth_subscribe", "params": ["newHeads"] });
        socket.send(Message::text(request.to_string())).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap();
        let answer: Value = serde_json::from_str(answer.to_text().unwrap()).unwrap();
        assert_eq!(answer["result"], format!("{id:#x}"));
    }
    socket
}

async fn mine(chain: &Running, blocks: u64) {
    assert_eq!(chain.raw("anvil_mine", json!([format!("{blocks:#x}")])).await["error"], Value::Null);
}

async fn newest(chain: &Running) -> Value {
    chain.raw("eth_blockNumber", json!([])).await["result"].clone()
}

/// The most memory this process ever had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1_024
}

/// One test, because what it measures is the whole process.
#[tokio::test]
async fn clients_that_do_not_read_cost_little_and_are_told_why_they_go() {
    let chain = Running::new().await;
    mine(&chain, BLOCKS).await;
    let before = peak();
    for round in 1..=2 {
        let mut silent = Vec::new();
        for _ in 0..25 {
            silent.push(listener(&chain).await);
        }
        // One block for each of the first, then all the others at once.
        for _ in 0..20 {
            mine(&chain, 1).await;
        }
        mine(&chain, BLOCKS - 20).await;
        assert_eq!(newest(&chain).await, format!("{:#x}", (round + 1) * BLOCKS));

        // A client that reads misses nothing beside those that do not.
        let mut reader = listener(&chain).await;
        let first = (round + 1) * BLOCKS + 1;
        mine(&chain, 100).await;
        for number in first..first + 100 {
            for id in 1..=SUBSCRIPTIONS {
                let notice = reader.next().await.unwrap().unwrap();
                let notice: Value = serde_json::from_str(notice.to_text().unwrap()).unwrap();
                assert_eq!(notice["params"]["subscription"], format!("{id:#x}"));
                assert_eq!(notice["params"]["result"]["number"], format!("{number:#x}"));
            }
        }
        chain.raw("anvil_rollback", json!(["0x64"])).await;

        let is_last = round == 2;
        drop(reader);
        let mut sockets = chain.handle.watch_sockets();
        if !is_last {
            drop(silent);
            sockets.wait_for(|open| *open == 0).await.unwrap();
            continue;
        }
        sockets.wait_for(|open| *open == 0).await.unwrap();
        let mut told = 0;
        let end = loop {
            match silent[0].next().await.unwrap().unwrap() {
                Message::Text(_) => told += 1,
                other => break other,
            }
        };
        assert!((1..SUBSCRIPTIONS * BLOCKS).contains(&told), "{told}");
        let Message::Close(Some(frame)) = end else { panic!("{end:?}") };
        assert_eq!(frame.code, CloseCode::Policy);
        assert!(frame.reason.contains("nobody read for 10 s"), "{}", frame.reason);
    }
    // Each had a hundred megabytes to be told.
    let grown = peak() - before;
    assert!(grown < 128 << 20, "{grown}");
}
