//! The admin pages over real connections.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use alloy::primitives::B256;

use super::*;
use crate::journal::{RequestRow, RequestView, State};

struct Pages {
    address: SocketAddr,
    journal: Journal,
    status: watch::Sender<NodeStatus>,
    _folder: tempfile::TempDir,
    server: JoinHandle<()>,
}

impl Pages {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("temp folder");
        let url = format!("sqlite://{}/j.sqlite", folder.path().display());
        let journal = Journal::open(&url).await.expect("journal");
        let mut waiting = NodeStatus::default();
        waiting.set_stage(Some("peers".into()));
        let (status, view) = watch::channel(waiting);
        let metrics = Arc::new(Metrics::new());
        metrics.requests_seen.inc();
        let listener = bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = listener.local_addr().expect("address");
        let hosts = Arc::new(["node1.internal".to_owned()]);
        let state = AdminState { journal: journal.clone(), status: view, metrics, hosts };
        let server = tokio::spawn(serve(listener, state, std::future::pending()));
        Self { address, journal, status, _folder: folder, server }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let client = functions_trust::http_client().build().expect("a client");
        let answer = client.get(format!("http://{}{path}", self.address)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    async fn json(&self, path: &str) -> serde_json::Value {
        let (code, text) = self.get(path).await;
        assert_eq!(code, 200, "{text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Writes `bytes` on a new connection; all that comes back until the server closes it.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        stream.write_all(bytes).await.expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("text");
        answer
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn row(id: B256, seen_ms: u64, state: State) -> RequestRow {
    let mut view = RequestView::seen(id, seen_ms);
    view.state = state;
    RequestRow {
        commitment_hash: B256::ZERO,
        block_number: 1,
        block_hash: B256::ZERO,
        timeout_timestamp: 2,
        event: String::new(),
        view,
    }
}

#[tokio::test]
async fn handlers_answer_over_http() {
    let pages = Pages::start().await;
    let id = B256::repeat_byte(5);
    pages.journal.put_request(&row(id, 3, State::Seen)).await.expect("row");
    assert_eq!(pages.get("/live").await.0, 200);
    assert_eq!(pages.get("/ready").await, (503, "not ready: peers\n".to_owned()));
    pages.status.send_replace(NodeStatus { f: 1, n: 4, ..NodeStatus::default() });
    assert_eq!(pages.get("/ready").await.0, 200);
    assert!(pages.get("/metrics").await.1.contains("functions_requests_seen_total 1"));
    let status = pages.json("/status").await;
    assert_eq!(status["node"]["n"], 4);
    assert_eq!(status["requests"][0]["state"], "SEEN");
    assert_eq!(status["requests"][0]["timesMs"]["seen"], 3);
    let (code, one) = pages.get(&format!("/requests/{id}")).await;
    assert!(code == 200 && one.contains("\"requestId\""), "{one}");
    for shown in [
        &pages.json("/requests").await["requests"][0],
        &status["requests"][0],
        &pages.json(&format!("/requests/{id}")).await,
    ] {
        assert_eq!(shown["reason"], "waits for a free slot to run the script");
    }
    assert_eq!(pages.get(&format!("/requests/{}", B256::ZERO)).await.0, 404);
    assert_eq!(pages.get("/requests/12").await.0, 400);
}

#[tokio::test]
async fn request_names_one_host() {
    let pages = Pages::start().await;
    let ask = async |version: &str, hosts: &str| {
        pages.raw(format!("GET /live HTTP/{version}\r\n{hosts}connection: close\r\n\r\n").as_bytes()).await
    };
    let host = "host: 127.0.0.1\r\n";
    for (version, hosts, status, words) in [
        ("1.1", host.to_owned(), 200, ""),
        ("1.0", String::new(), 200, ""),
        ("1.1", String::new(), 400, r#"{"error":"the request names no host","remedy":"#),
        ("1.1", host.repeat(2), 400, r#"{"error":"the request names more than one host","remedy":"#),
        ("1.0", host.repeat(2), 400, "more than one host"),
    ] {
        let answer = ask(version, &hosts).await;
        let line = format!("HTTP/{version} {status}");
        assert!(answer.starts_with(&line) && answer.contains(words), "{version} {hosts:?}: {answer}");
    }
}

#[tokio::test]
async fn requests_come_in_pages_and_by_state() {
    let pages = Pages::start().await;
    for byte in 1..=7 {
        let state = if byte % 2 == 0 { State::Final } else { State::Seen };
        // Two a millisecond: the id decides between them.
        pages
            .journal
            .put_request(&row(B256::repeat_byte(byte), u64::from(byte / 2), state))
            .await
            .expect("row");
    }
    let ids = |answer: &serde_json::Value| -> Vec<String> {
        let list = answer["requests"].as_array().expect("a list");
        list.iter().map(|one| one["requestId"].as_str().expect("text")[2..4].to_owned()).collect()
    };
    let (mut seen, mut path) = (Vec::new(), "/requests?limit=3".to_owned());
    loop {
        let answer = pages.json(&path).await;
        seen.extend(ids(&answer));
        let Some(next) = answer["next"].as_str() else { break };
        path = format!("/requests?limit=3&before={next}");
    }
    assert_eq!(seen, ["07", "06", "05", "04", "03", "02", "01"]);
    assert_eq!(ids(&pages.json("/requests?state=final").await), ["06", "04", "02"]);
    for bad in ["limit=0", "limit=501", "limit=x", "before=1", "state=LOST", "offset=1"] {
        assert_eq!(pages.get(&format!("/requests?{bad}")).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn page_is_found_by_an_index() {
    let pages = Pages::start().await;
    // The plan decides the cost whatever the number of rows is: no scan of the table, nothing sorted.
    for (condition, index) in [("", "requests_by_time"), ("state = 'SEEN' AND", "requests_by_state_and_time")]
    {
        let plan = pages.journal.plan_of_page(condition).await;
        assert!(plan.contains(index) && !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn pages_are_read_while_the_engine_writes_and_the_other_way_round() {
    let pages = Pages::start().await;
    pages.journal.put_request(&row(B256::repeat_byte(1), 1, State::Seen)).await.expect("row");
    // Given a reader in the middle of a page, a write ends without waiting for it.
    let reading = pages.journal.read_slowly().await;
    pages.journal.put_request(&row(B256::repeat_byte(2), 2, State::Seen)).await.expect("row");
    drop(reading);
    // Given a write that has not ended, a page is answered without waiting for it.
    let writing = pages.journal.write_slowly().await;
    assert_eq!(pages.json("/status").await["requests"].as_array().expect("a list").len(), 2);
    drop(writing);
}

#[tokio::test]
async fn answers_come_while_others_hold_connections_and_dribble() {
    let pages = Pages::start().await;
    let mut idle = Vec::new();
    for count in 0..2_000 {
        match TcpStream::connect(pages.address).await {
            Ok(mut stream) => {
                // Every other one begins a request and never ends it.
                if count % 2 == 0 {
                    let _ = stream.write_all(b"GET /status HTTP/1.1\r\nX-Slow: ").await;
                }
                idle.push(stream);
            }
            // This process, too, has only so many descriptors.
            Err(_) => break,
        }
    }
    assert!(idle.len() > 4 * server::MAX_CONNECTIONS, "{}", idle.len());
    assert_eq!(pages.get("/live").await.0, 200);
    // The oldest were closed by the server, which is what a read shows.
    let mut byte = [0];
    let first = idle.first_mut().expect("many");
    assert!(matches!(first.read(&mut byte).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn guard_refuses_bodies_long_heads_and_foreign_hosts() {
    let pages = Pages::start().await;
    // What is not served at all is told before its body.
    for (asked, status) in [
        ("GET /status", "413"),
        ("GET /nope", "413"),
        ("POST /status", "405"),
        ("PUT /requests", "405"),
        ("DELETE /live", "405"),
        ("POST /nope", "404"),
    ] {
        let head = format!(
            "{asked} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
        );
        let said = pages.raw(head.as_bytes()).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{asked}: {said}");
    }
    let host = pages.raw(b"GET /status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").await;
    assert!(host.starts_with("HTTP/1.1 403") && host.contains("admin.allow_hosts"), "{host}");
    // What names nobody is not to be allowed by its name.
    for nameless in ["", " ", ":9100"] {
        let head = format!("GET /status HTTP/1.1\r\nHost:{nameless}\r\nConnection: close\r\n\r\n");
        let said = pages.raw(head.as_bytes()).await;
        assert!(said.starts_with("HTTP/1.1 400") && said.contains("names no host"), "{said}");
        assert!(!said.contains("allow_hosts"), "{said}");
    }
    // A proxy's form of the same, beside a Host that would pass.
    let target = b"GET http://evil.example/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let target = pages.raw(target).await;
    assert!(target.starts_with("HTTP/1.1 403") && target.contains("evil.example"), "{target}");
    let known =
        pages.raw(b"GET /live HTTP/1.1\r\nHost: node1.internal:9100\r\nConnection: close\r\n\r\n").await;
    assert!(known.starts_with("HTTP/1.1 200"), "{known}");
    let mut head = b"GET /live HTTP/1.1\r\nHost: localhost\r\nX: ".to_vec();
    head.resize(20_000, b'x');
    let long = pages.raw(&head).await;
    assert!(long.starts_with("HTTP/1.1 431"), "{long}");
}

/// All of these keep the connection open from their side: it is the server that ends it, long before its life is over.
#[tokio::test]
async fn what_is_announced_and_never_sent_holds_no_connection() {
    let pages = &Pages::start().await;
    let asked = |head: &'static str| async move {
        let answer = tokio::time::timeout(Duration::from_secs(30), pages.raw(head.as_bytes()));
        (head, answer.await.expect("the server ends the connection"))
    };
    let refused = [
        ("GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n", "413"),
        ("POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nhello", "405"),
        ("GET /status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf", "413"),
        ("GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n", "400"),
        ("GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", "400"),
        ("GET /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"),
    ];
    for (head, answer) in futures::future::join_all(refused.map(|(head, _)| asked(head))).await {
        let (_, status) = refused.iter().find(|(asked, _)| *asked == head).expect("asked");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{head:?}: {answer:?}");
        // What follows an announced body is part of it, never another request.
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{head:?}: {answer:?}");
    }
    let half = ["", "GET", "GET /status HTTP/1.1\r\nHost: loc", "GET /live HTTP/1.1\r\nHost: localhost\r\n"];
    for (head, answer) in futures::future::join_all(half.map(asked)).await {
        assert!(!answer.contains("200"), "{head:?}: {answer:?}");
    }
    // A whole request without the wish to close, and nothing after it.
    let (_, answer) = asked("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
}

#[tokio::test]
async fn errors_are_one_line_of_json_with_a_remedy_and_wrong_paths_are_told_the_right_ones() {
    let pages = Pages::start().await;
    let told = async |path: &str| -> (u16, serde_json::Value) {
        let (code, text) = pages.get(path).await;
        assert!(text.ends_with('\n') && text.lines().count() == 1, "{path}: {text}");
        let said: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for key in ["error", "remedy"] {
            assert!(said[key].as_str().is_some_and(|words| !words.is_empty()), "{path}: {said}");
        }
        (code, said)
    };
    for path in [
        "/",
        "/nope",
        "/live/",
        "/requests/",
        "/favicon.ico",
        "/status/x",
        &format!("/{}", "x".repeat(5_000)),
    ] {
        let (code, said) = told(path).await;
        assert_eq!(code, 404, "{path}");
        assert_eq!(said["routes"].as_array().expect("a list").len(), ROUTES.len());
        assert!(said.to_string().len() < 600, "{said}");
    }
    for (path, status) in [
        (format!("/requests/{}", B256::ZERO), 404),
        ("/requests/12".to_owned(), 400),
        ("/requests/%ff".to_owned(), 400),
        ("/requests?limit=x".to_owned(), 400),
    ] {
        assert_eq!(told(&path).await.0, status, "{path}");
    }
    // Every route told is served.
    for route in ROUTES {
        let path = route.split('?').next().expect("a path").replace("{id}", &B256::ZERO.to_string());
        let (_, text) = pages.get(&path).await;
        assert!(!text.contains("there is no page"), "{route}");
    }
    let posted = pages.raw(b"POST /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(
        posted.starts_with("HTTP/1.1 405") && posted.contains("allow: GET") && posted.contains("routes"),
        "{posted}"
    );
}
