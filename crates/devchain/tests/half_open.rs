//! Clients that begin requests and do not go on: what they cost, what they are told, and that others are served.
//!
//! The chain is a process of its own, whose memory and descriptors are looked at.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use alloy::transports::http::reqwest;
use devchain::server::{
    HEAD_TIME, MAX_CONNECTIONS, MAX_REQUEST_BYTES, MAX_UNANSWERED_BYTES, MAX_UNSENT_BYTES,
};
use futures::{SinkExt as _, StreamExt as _, future::join_all};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Mutex,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{
        Message,
        protocol::frame::{
            CloseFrame, Frame,
            coding::{CloseCode, Data, OpCode},
        },
    },
};

const CHAIN_ID: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
/// What comes of a message at once.
const PIECE: usize = 256 * 1024;
/// How often it comes; then the rest is missing.
const PIECES: usize = 37;
/// Clients that send so much. With the last piece of each there is no room for all of them.
const HALVES: usize = 28;
const _: () = assert!(PIECE * PIECES < MAX_REQUEST_BYTES);
const _: () = assert!(HALVES * PIECE * (PIECES - 1) < MAX_UNANSWERED_BYTES);
const _: () = assert!(HALVES * PIECE * PIECES > MAX_UNANSWERED_BYTES);

/// Those that send much take turns, so that each is fast.
static MUCH: Mutex<()> = Mutex::const_new(());

/// A chain in a process of its own, which ends with this.
struct Chain {
    process: Child,
    address: SocketAddr,
}

impl Chain {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_devchain"))
            .args(["--port", "0", "--log", "error"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let address = ready["rpcUrl"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        Self { process, address }
    }

    async fn begin(&self, part: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(part.as_bytes()).await.unwrap();
        stream
    }

    /// A client that knows nothing of the others, with a request of this many bytes.
    async fn ask(&self, bytes: usize) {
        let body = padded(CHAIN_ID, bytes);
        let answer =
            reqwest::Client::new().post(format!("http://{}", self.address)).body(body).send().await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(answer["result"], "0x64aba", "{answer}");
    }

    /// The most memory it ever had, in bytes.
    fn peak(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1_024
    }

    fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn padded(text: &str, bytes: usize) -> String {
    text.to_owned() + &" ".repeat(bytes - text.len())
}

async fn end_of(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_head_that_does_not_end_is_answered_and_the_idle_may_stay() {
    let chain = Chain::start();
    let mut idle = chain.begin("").await;
    let mut served = chain.begin("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").await;
    assert!(served.read(&mut [0; 1_024]).await.unwrap() > 0);
    let halves = [
        "P",
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-le",
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ",
        "OPTIONS / HTTP/1.1\r\n",
    ];
    let told = join_all(halves.map(async |half| end_of(chain.begin(half).await).await)).await;
    for answer in told {
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("connection: close"), "{answer}");
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        let words = format!("head did not end within {} s", HEAD_TIME.as_secs());
        assert!(body["error"]["message"].as_str().unwrap().contains(&words), "{answer}");
    }
    // Also a second head on a connection that was served.
    served.write_all(b"POST / HT").await.unwrap();
    assert!(end_of(served).await.starts_with("HTTP/1.1 408 "));
    let request = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        CHAIN_ID.len()
    );
    idle.write_all(format!("{request}{CHAIN_ID}").as_bytes()).await.unwrap();
    assert!(end_of(idle).await.contains("0x64aba"));
}

/// Not only where it stops, but where it never begins: then the head, which is whole, does not set the time.
#[tokio::test]
async fn a_body_that_does_not_begin_ends_before_a_head_that_does_not_end() {
    let chain = Chain::start();
    let lengths = ["content-length: 9\r\n\r\n", "transfer-encoding: chunked\r\n\r\n9\r\n"];
    let bodies = join_all(lengths.map(async |length| {
        end_of(chain.begin(&format!("POST / HTTP/1.1\r\nhost: x\r\n{length}")).await).await
    }));
    let mut head = Box::pin(async { end_of(chain.begin("POST / HT").await).await });
    tokio::select! {
        biased;
        told = bodies => {
            assert!(told.iter().all(|told| told.contains("stopped after 0 bytes")), "{told:?}");
        }
        told = &mut head => panic!("{told}"),
    }
    assert!(head.await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn connections_that_ask_nothing_make_place() {
    let chain = Chain::start();
    let mut halves = Vec::new();
    for count in 0..MAX_CONNECTIONS + 100 {
        halves.push(chain.begin("POST / HTTP/1.1\r\n").await);
        if count % 100 == 0 {
            chain.ask(100).await;
        }
    }
    chain.ask(100).await;
    chain.ask(PIECE).await;
    let answer = end_of(halves.swap_remove(0)).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("768 connections are open"), "{answer}");
    assert!(chain.descriptors() < MAX_CONNECTIONS + 64, "{}", chain.descriptors());
}

/// Each asks for half a gigabyte of blocks altogether, in few bytes.
#[tokio::test]
async fn whole_batches_whose_answers_nobody_reads_are_bounded_together() {
    let _turn = MUCH.lock().await;
    let chain = Chain::start();
    let before = chain.peak();
    let one = |id| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"eth_getBlockByNumber","params":["0x0",true]}}"#)
    };
    let batch = format!("[{}]", (0..3_000).map(one).collect::<Vec<_>>().join(","));
    let request = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{batch}", batch.len());
    let mut readers = Vec::new();
    for _ in 0..600 {
        readers.push(chain.begin(&request).await);
    }
    // They see that there is an answer, and read no more of it.
    let begun = join_all(readers.iter_mut().map(async |reader| {
        let mut status = [0; 12];
        reader.read_exact(&mut status).await.unwrap();
        status
    }));
    assert!(begun.await.iter().all(|status| status == b"HTTP/1.1 200"));
    chain.ask(100).await;
    let ends = join_all(readers.into_iter().rev().take(3).map(async |mut reader| {
        let mut answer = vec![0; 1_000];
        let read = reader.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }));
    assert!(ends.await.iter().any(|end| end.contains("-32005")));
    let grown = chain.peak() - before;
    assert!(grown < MAX_UNANSWERED_BYTES + MAX_UNSENT_BYTES + (256 << 20), "{grown}");
}

/// Fills the chain with what does not end, until somebody is told that there is no room.
///
/// A machine that stands still for longer than a message is waited for ends all of them early, which is why there is
/// another attempt.
async fn until_full<T>(mut attempt: impl AsyncFnMut() -> (Vec<T>, Vec<T>)) -> (Vec<T>, Vec<T>) {
    for _ in 0..10 {
        let (full, stopped) = attempt().await;
        if !full.is_empty() {
            return (full, stopped);
        }
    }
    panic!("there was always room");
}

#[tokio::test]
async fn bodies_that_do_not_end_are_bounded_together() {
    let _turn = MUCH.lock().await;
    let chain = Chain::start();
    let before = chain.peak();
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {MAX_REQUEST_BYTES}\r\n\r\n");
    let (full, stopped) = until_full(async || {
        let mut halves = Vec::new();
        for _ in 0..HALVES {
            halves.push(chain.begin(&head).await);
        }
        for _ in 0..PIECES {
            let mut on = Vec::new();
            for mut half in halves {
                if half.write_all(&[b' '; PIECE]).await.is_ok() {
                    on.push(half);
                }
            }
            halves = on;
            // Others are served beside them all.
            chain.ask(100).await;
            chain.ask(PIECE).await;
        }
        let ends = join_all(halves.into_iter().map(end_of)).await;
        ends.into_iter().partition(|end| end.starts_with("HTTP/1.1 503 "))
    })
    .await;
    assert!(!stopped.is_empty());
    assert!(full[0].contains("268435456 bytes"), "{}", full[0]);
    for end in stopped {
        assert!(end.starts_with("HTTP/1.1 408 ") && end.contains("stopped after"), "{end}");
    }
    let grown = chain.peak() - before;
    assert!(grown < MAX_UNANSWERED_BYTES + (64 << 20), "{grown}");
}

#[tokio::test]
async fn messages_that_do_not_end_are_bounded_together_and_in_time() {
    let _turn = MUCH.lock().await;
    let chain = Chain::start();
    let before = chain.peak();
    let url = format!("ws://{}", chain.address);
    let mut other = connect_async(&url).await.unwrap().0;
    let (full, stopped) = until_full(async || {
        let mut halves = Vec::new();
        for _ in 0..HALVES {
            halves.push(connect_async(&url).await.unwrap().0);
        }
        for round in 0..PIECES {
            let code = if round == 0 { Data::Text } else { Data::Continue };
            let mut on = Vec::new();
            for mut half in halves {
                // A ping is no part of it.
                let ping = half.send(Message::Ping(b"there?".to_vec().into())).await;
                let piece = Frame::message(vec![b' '; PIECE], OpCode::Data(code), false);
                if ping.is_ok() && half.send(Message::Frame(piece)).await.is_ok() {
                    on.push(half);
                }
            }
            halves = on;
            other.send(Message::text(padded(CHAIN_ID, PIECE))).await.unwrap();
            assert!(other.next().await.unwrap().unwrap().to_text().unwrap().contains("0x64aba"));
        }
        let ends = join_all(halves.into_iter().map(async |mut socket| {
            loop {
                match socket.next().await.unwrap().unwrap() {
                    Message::Pong(_) => {}
                    Message::Close(Some(end)) => break end,
                    other => panic!("{other:?}"),
                }
            }
        }));
        let (full, stopped): (Vec<CloseFrame>, _) =
            ends.await.into_iter().partition(|end| end.code == CloseCode::Again);
        (full, stopped)
    })
    .await;
    assert!(!stopped.is_empty());
    assert!(full[0].reason.contains("268435456 bytes"), "{}", full[0].reason);
    for end in stopped {
        assert_eq!(end.code, CloseCode::Policy);
        assert!(end.reason.contains("rest of a message did not come"), "{}", end.reason);
    }
    let grown = chain.peak() - before;
    assert!(grown < MAX_UNANSWERED_BYTES + (128 << 20), "{grown}");
}

#[tokio::test]
async fn pings_and_silence_end_no_connection() {
    let chain = Chain::start();
    let mut socket = connect_async(format!("ws://{}", chain.address)).await.unwrap().0;
    socket.send(Message::Ping(vec![7; 125].into())).await.unwrap();
    assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Pong(_)));
    // For as long as a head is waited for, which is longer than a message is.
    assert!(end_of(chain.begin("POST").await).await.starts_with("HTTP/1.1 408 "));
    socket.send(Message::text(CHAIN_ID)).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().to_text().unwrap().contains("0x64aba"));
}
