//! A runner on the real sandbox, and small HTTP servers to talk to.
#![allow(dead_code, reason = "every test file uses its part")]

pub(crate) mod processes;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use functions_types::limits::{Limits, RunOptions};
use oracle_runner::{RunOutcome, RunReport, RunRequest, Runner, RunnerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The sandbox program built with the same profile as this test.
pub(crate) fn sandbox() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let profile = test.ancestors().nth(2).expect("tests lie in the profile's deps folder");
    let path = profile.join("functions-sandbox");
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --profile node -p functions-sandbox` first",
        path.display()
    );
    path
}

/// A runner on the sandbox; on the one that `SANITIZED_SANDBOX` names where it does, which has no walls.
#[allow(clippy::disallowed_methods, reason = "another build of the sandbox is put in so")]
pub(crate) fn config() -> RunnerConfig {
    match std::env::var_os("SANITIZED_SANDBOX") {
        Some(path) => RunnerConfig { allow_weak_sandbox: true, ..RunnerConfig::new(path) },
        None => RunnerConfig::new(sandbox()),
    }
}

pub(crate) async fn runner() -> Runner {
    Runner::start(config()).await.expect("the sandbox starts")
}

/// A runner whose scripts may reach `servers`.
pub(crate) async fn runner_for(servers: &[&Server]) -> Runner {
    let allow_http = servers.iter().map(|server| server.host()).collect();
    Runner::start(RunnerConfig { allow_http, ..config() }).await.expect("the sandbox starts")
}

pub(crate) fn request(source: &str) -> RunRequest {
    RunRequest {
        request_id: [7; 32],
        source: source.to_owned(),
        args: vec![],
        bytes_args: vec![],
        secrets: BTreeMap::new(),
        block_timestamp: 1_700_000_000,
        limits: Limits { execution_ms: 10_000, ..Limits::DEFAULT },
        options: RunOptions::default(),
    }
}

pub(crate) async fn run(runner: &Runner, source: &str) -> RunReport {
    runner.run(request(source)).await.expect("the node is fine")
}

/// What a script returned, as text; its error with a mark in front.
pub(crate) fn text(report: &RunReport) -> String {
    match &report.outcome {
        RunOutcome::Result(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        RunOutcome::UserError(bytes) => format!("error: {}", String::from_utf8_lossy(bytes)),
    }
}

/// Runs every script of a table and compares outcome texts, naming all that differ.
pub(crate) async fn check_table(table: &[(&str, &str)]) {
    let runner = runner().await;
    let mut wrong = Vec::new();
    for (source, expected) in table {
        let report = run(&runner, source).await;
        let got = text(&report);
        if got != *expected {
            wrong.push(format!(
                "{source}\n  expected {expected}\n  got      {got} ({}; {})",
                report.ending, report.diagnostic.message
            ));
        }
    }
    runner.shutdown().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One HTTP request as a test server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

/// An HTTP/1.1 server on a free loopback port. The reply is raw bytes, sent as they are.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) hits: Arc<AtomicUsize>,
    pub(crate) task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start<F, R>(reply: F) -> Self
    where
        F: Fn(Seen) -> R + Send + Sync + 'static,
        R: Future<Output = Vec<u8>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let hits = Arc::new(AtomicUsize::new(0));
        let reply = Arc::new(reply);
        let counter = Arc::clone(&hits);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let reply = Arc::clone(&reply);
                let counter = Arc::clone(&counter);
                tokio::spawn(async move {
                    let mut data = Vec::new();
                    let head_end = loop {
                        if let Some(at) = data.windows(4).position(|part| part == b"\r\n\r\n") {
                            break at + 4;
                        }
                        if stream.read_buf(&mut data).await.unwrap_or(0) == 0 {
                            return;
                        }
                    };
                    let head = String::from_utf8_lossy(&data[..head_end]).into_owned();
                    let length = head
                        .lines()
                        .find_map(|line| {
                            line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned)
                        })
                        .and_then(|value| value.parse::<usize>().ok())
                        .unwrap_or(0);
                    while data.len() < head_end + length {
                        if stream.read_buf(&mut data).await.unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    counter.fetch_add(1, Ordering::SeqCst);
                    let answer = reply(Seen { head, body: data[head_end..].to_vec() }).await;
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { port, hits, task }
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host())
    }

    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len())
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) fn json(body: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", body.as_bytes())
}
