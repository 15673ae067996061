//! The gateway over real connections.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use alloy_primitives::Address;
use common::{Account, Network, call, list};
use functions_types::Juels;
use oracle_gateway::{Balances, Cors, Counters, Gateway, MAX_BODY_BYTES, Members, Roster, Rules, serve};
use prometheus_client::{encoding::text::encode, registry::Registry};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};

/// Members whose answers to messages named `slow` come when the test lets them.
#[derive(Clone)]
struct Gated {
    network: Network,
    asked: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl Balances for Gated {
    async fn balance(&self, owner: Address) -> Result<Juels, String> {
        self.network.balance(owner).await
    }
}

impl Members for Gated {
    fn roster(&self) -> Option<Arc<Roster>> {
        self.network.roster()
    }

    fn ask(&self, message: Arc<str>) -> mpsc::Receiver<(usize, String)> {
        if !message.contains(r#""message_id":"slow"#) {
            return Members::ask(&self.network, message);
        }
        let (sender, receiver) = mpsc::channel(4);
        let gated = self.clone();
        tokio::spawn(async move {
            gated.asked.add_permits(1);
            gated.gate.acquire().await.unwrap().forget();
            let mut answers = Members::ask(&gated.network, message);
            while let Some(answer) = answers.recv().await {
                let _ = sender.send(answer).await;
            }
        });
        receiver
    }
}

struct Served {
    address: SocketAddr,
    members: Gated,
    counters: Counters,
    server: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Served {
    async fn start(cors: Cors) -> Self {
        let shut = || Arc::new(Semaphore::new(0));
        let members = Gated { network: Network::new(), asked: shut(), gate: shut() };
        let counters = Counters::default();
        let days = Duration::from_secs(1_000_000);
        let gateway = Gateway::new(members.clone(), Rules::default(), days, counters.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = serve(listener, gateway, cors, std::future::pending());
        Self { address, members, counters, server: tokio::spawn(serving) }
    }

    /// Writes on a new connection; all that comes back until the server closes it.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        rest(stream).await
    }

    /// What is said to a body at a path, with headers.
    async fn post(&self, path: &str, headers: &str, body: &str) -> String {
        self.raw(posting(path, headers, body).as_bytes()).await
    }

    fn counted(&self) -> String {
        let mut registry = Registry::default();
        self.counters.register(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text
    }
}

fn posting(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    // How the server ends it is the same to the client.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn calls_are_taken_at_both_paths_whatever_their_content_type() {
    let served = Served::start(Cors::Nobody).await;
    let owner = Account::new(1);
    for (count, (path, headers)) in [
        ("/", "Content-Type: application/x-www-form-urlencoded\r\n"),
        ("/user", "Content-Type: application/json\r\n"),
        ("/", "Content-Type: multipart/form-data; boundary=x\r\n"),
        ("/user", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = served.post(path, headers, &call(&list(&owner, &count.to_string()))).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
        assert!(
            answer
                .contains(&format!(r#"{{"jsonrpc":"2.0","id":"{count}","method":"secrets_list","result":"#))
        );
    }
    let health = served.raw(b"GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(health.starts_with("HTTP/1.1 200") && health.ends_with("\r\n\r\nOK"), "{health}");
    for (asked, status) in [("GET /", 405), ("PUT /user", 405), ("POST /health", 405), ("POST /nowhere", 404)]
    {
        let answer =
            served.raw(format!("{asked} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{asked}: {answer}");
    }
}

#[tokio::test]
async fn refusals_have_their_status_and_are_counted() {
    let served = Served::start(Cors::Nobody).await;
    let owner = Account::new(1);
    assert!(served.post("/", "", "hello").await.starts_with("HTTP/1.1 400"));
    let unknown = call(&common::signed(&owner, "1", "secrets_get", None));
    let answer = served.post("/", "", &unknown).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(r#""code":-32601"#), "{answer}");
    assert!(served.post("/", "", &call(&list(&owner, "2"))).await.starts_with("HTTP/1.1 200"));
    let counted = served.counted();
    for line in [
        r#"gateway_calls_total{kind="malformed"} 1"#,
        r#"gateway_calls_total{kind="unknown_method"} 1"#,
        r#"gateway_calls_total{kind="success"} 1"#,
        r#"gateway_answers_total{kind="counted"} 2"#,
    ] {
        assert!(counted.contains(line), "{line} in {counted}");
    }
}

#[tokio::test]
async fn bodies_and_heads_are_bounded_and_what_is_announced_and_never_sent_holds_no_connection() {
    let served = Served::start(Cors::Nobody).await;
    let mut body = call(&list(&Account::new(1), "1"));
    body.extend(std::iter::repeat_n(' ', MAX_BODY_BYTES - body.len()));
    assert!(served.post("/", "", &body).await.starts_with("HTTP/1.1 200"));
    body.push(' ');
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let whole = posting("/", "", &body);
    let long_head = format!("POST / HTTP/1.1\r\nHost: h\r\nX: {}", "x".repeat(20_000));
    let (whole, chunked, announced, long_head, half_head, nothing) = tokio::join!(
        served.raw(whole.as_bytes()),
        served.raw(chunked.as_bytes()),
        served.raw(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf"),
        served.raw(long_head.as_bytes()),
        served.raw(b"POST / HTTP/1.1\r\nHost: "),
        served.raw(b""),
    );
    for answer in [whole, chunked] {
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("at most 131072 bytes"), "{answer}");
    }
    assert!(announced.starts_with("HTTP/1.1 400") && announced.contains("there in time"), "{announced}");
    assert!(long_head.starts_with("HTTP/1.1 431"), "{long_head}");
    for answer in [half_head, nothing] {
        assert!(!answer.contains("200"), "{answer}");
    }
}

#[tokio::test]
async fn one_call_does_not_wait_for_another() {
    let served = Served::start(Cors::Nobody).await;
    let owner = Account::new(1);
    let slow = call(&list(&owner, "slow"));
    let mut waiting = TcpStream::connect(served.address).await.unwrap();
    waiting.write_all(posting("/", "", &slow).as_bytes()).await.unwrap();
    served.members.asked.acquire().await.unwrap().forget();
    assert!(served.post("/", "", &call(&list(&owner, "quick"))).await.starts_with("HTTP/1.1 200"));
    assert!(served.post("/", "", &slow).await.starts_with("HTTP/1.1 409"));
    served.members.gate.add_permits(1);
    assert!(rest(waiting).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn who_holds_many_connections_cuts_off_none_of_others() {
    let served = Served::start(Cors::Nobody).await;
    // Given a call of another address that waits for members.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = socket.connect(served.address).await.unwrap();
    let slow = call(&list(&Account::new(1), "slow"));
    other.write_all(posting("/", "", &slow).as_bytes()).await.unwrap();
    served.members.asked.acquire().await.unwrap().forget();
    // When one address opens hundreds and begins requests on them.
    let mut held = Vec::new();
    for _ in 0..400 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let _ = stream.write_all(b"POST / HTTP/1.1\r\nX-Slow: ").await;
        held.push(stream);
    }
    // Then it loses its own, its next one is served, and the other's call is answered.
    assert!(served.post("/", "", &call(&list(&Account::new(1), "1"))).await.starts_with("HTTP/1.1 200"));
    let mut byte = [0];
    assert!(matches!(held[0].read(&mut byte).await, Ok(0) | Err(_)));
    served.members.gate.add_permits(1);
    assert!(rest(other).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn pages_of_other_sites_may_ask_as_far_as_configured() {
    let site = "https://app.example";
    let some = Cors::Origins(vec![site.to_owned(), "https://other.example".to_owned()]);
    for (cors, origin, allowed) in [
        (Cors::Nobody, site, None),
        (Cors::Everybody, site, Some("*")),
        (some.clone(), site, Some(site)),
        (some, "https://app.example.evil", None),
    ] {
        let served = Served::start(cors.clone()).await;
        let lines = allowed.map(|allowed| format!("access-control-allow-origin: {allowed}\r\n"));
        let wanted = |answer: &str| match &lines {
            Some(line) => answer.contains(line.as_str()),
            None => !answer.contains("access-control-allow"),
        };
        let from = format!("Origin: {origin}\r\n");
        let answer = served.post("/", &from, &call(&list(&Account::new(1), "1"))).await;
        assert!(answer.starts_with("HTTP/1.1 200") && wanted(&answer), "{cors:?}: {answer}");
        assert_eq!(answer.contains("vary: origin\r\n"), matches!(cors, Cors::Origins(_)), "{answer}");
        // Refusals are to be read as well.
        assert!(wanted(&served.post("/", &from, "hello").await));
        let asks = format!(
            "OPTIONS /user HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{from}Access-Control-Request-Method: POST\r\n\r\n"
        );
        let answer = served.raw(asks.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 204") && wanted(&answer), "{cors:?}: {answer}");
        let methods = answer.contains("access-control-allow-methods: GET, POST\r\n");
        assert_eq!(methods, allowed.is_some(), "{answer}");
        assert_eq!(answer.matches("access-control-allow-origin").count(), usize::from(allowed.is_some()));
    }
}
