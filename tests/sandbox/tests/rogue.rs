//! A sandbox process under foreign control gets nothing but the end of its own run.

#[path = "../../../oracle/runner/tests/common/mod.rs"]
mod common;

use std::path::Path;

use common::{answer, request, text};
use functions_types::limits::Limits;
use oracle_runner::{RunReport, Runner, RunnerConfig, RunnerError};
use sandbox_tests::server::{Attacks, Server, Step};
use sandbox_tests::{ALONE, Footprint};

const ROGUE: &str = env!("CARGO_BIN_EXE_rogue-sandbox");
/// The end of a process that broke the protocol or died.
const BROKEN: &str = "error: syntax error, RAM exceeded, or other error";
const TIME_OUT: &str = "error: script runtime exceeded";
/// How much memory all breaches together may take the first time, in bytes: one run's five largest responses, in the
/// broker, in frames, and in the server of this very process.
const PEAK_MAX: u64 = 64 << 20;
/// How much more they may take the second time, in bytes: the allocator's whims. What is taken and kept shows here.
const GROWTH_MAX: u64 = 16 << 20;

/// What a sandbox process may do, and how its run ends.
const BREACHES: &[(&str, &str)] = &[
    ("wrong-version", BROKEN),
    ("unknown-kind", BROKEN),
    ("runners-kind", BROKEN),
    ("oversize", BROKEN),
    ("noise", BROKEN),
    ("half-a-header", BROKEN),
    ("half-a-payload", BROKEN),
    ("trailing-bytes", BROKEN),
    ("missing-bytes", BROKEN),
    ("unknown-verdict", BROKEN),
    ("lying-length", BROKEN),
    ("console-not-utf8", BROKEN),
    ("error-not-utf8", BROKEN),
    ("close", BROKEN),
    ("abort", BROKEN),
    ("silence", TIME_OUT),
    ("half-a-payload-and-silence", TIME_OUT),
    ("second-verdict", "\u{1}"),
    ("verdict-and-flood", "\u{1}"),
    ("verdict-and-silence", "\u{1}"),
    ("one-byte-at-a-time", "\u{1}"),
    ("long-result", "error: response >512 bytes"),
    ("console-flood", TIME_OUT),
    ("empty-lines", TIME_OUT),
    ("abort-flood", TIME_OUT),
    ("request-flood", BROKEN),
    ("unread-responses", TIME_OUT),
    ("beyond-the-count", "\u{f}"),
    ("first-id-not-zero", BROKEN),
    ("id-twice", BROKEN),
    ("abort-of-nothing", "\u{1}"),
    ("long-url", "414"),
    ("long-body", "413"),
    ("private-address", "400"),
    ("no-scheme", "400"),
    ("smuggled-header", "400"),
    ("smuggled-name", "400"),
    ("smuggled-method", "400"),
    ("many-headers", "400"),
];

async fn server() -> Server {
    let page = |body: &[u8]| vec![Step::Send(answer("200 OK", "", body))];
    Server::start(|_| {
        Attacks::from([("/".into(), page(b"{}")), ("/two-mebibytes".into(), page(&vec![b'x'; 2 << 20]))])
    })
    .await
}

async fn rogue_for(server: &Server) -> Runner {
    let config = RunnerConfig { allow_http: vec![server.host()], ..RunnerConfig::new(ROGUE) };
    Runner::start(config).await.expect("the rogue passes for a sandbox")
}

async fn misbehave(runner: &Runner, server: &Server, how: &str) -> RunReport {
    let mut request = request(how);
    request.args = vec![format!("http://{}", server.host())];
    // What never ends by itself is given a short time; the rest has time enough on a busy machine.
    let endless = ["silence", "flood", "lines", "unread"].iter().any(|part| how.contains(part));
    request.limits.execution_ms = if endless && !how.starts_with("verdict") { 300 } else { 20_000 };
    runner.run(request).await.unwrap_or_else(|error| panic!("{how}: a fault of the node: {error}"))
}

#[tokio::test]
async fn every_breach_ends_the_run_and_nothing_else() {
    let _alone = ALONE.lock().await;
    let server = server().await;
    let runner = rogue_for(&server).await;
    let calm = async |before: Option<Footprint>, how: &str| {
        let mut now = Footprint::measure().expect("Linux");
        for _ in 0..1_000 {
            let honest = runner.run(request("honest")).await.expect("the next run is served");
            assert_eq!(honest.ending, "bytes");
            now = Footprint::measure().expect("Linux");
            if before.is_none_or(|before| now.holds_no_more_than(&before)) {
                return now;
            }
        }
        panic!("{how}: left behind {now:?}, before {before:?}")
    };
    let before = calm(None, "honest").await;
    let mut peaks = Vec::new();
    for _ in 0..2 {
        for (how, expected) in BREACHES {
            let report = misbehave(&runner, &server, how).await;
            let got = text(&report);
            // A flood may be ended by its deadline or by the bound on requests, whichever comes first.
            let late = *how == "request-flood" && got == TIME_OUT;
            assert!(
                got == *expected || late,
                "{how}: {got:?} ({}; {})",
                report.ending,
                report.diagnostic.message
            );
            assert!(report.console.iter().map(String::len).sum::<usize>() <= Limits::DEFAULT.console_bytes);
            calm(Some(before), how).await;
        }
        peaks.push(Footprint::measure().expect("Linux").resident_bytes);
    }
    let grown = peaks[0].saturating_sub(before.resident_bytes);
    assert!(grown <= PEAK_MAX, "the node grew by {grown} bytes");
    let kept = peaks[1].saturating_sub(peaks[0]);
    assert!(kept <= GROWTH_MAX, "the node grew by {grown} bytes, and by {kept} more when all was repeated");
    runner.shutdown().await;
}

#[tokio::test]
async fn long_texts_are_cut() {
    let _alone = ALONE.lock().await;
    let server = server().await;
    let runner = rogue_for(&server).await;
    let error = misbehave(&runner, &server, "long-error").await;
    assert_eq!(text(&error), format!("error: {}", "e".repeat(Limits::DEFAULT.response_bytes)));
    let detail = misbehave(&runner, &server, "long-detail").await;
    assert!(detail.diagnostic.message.len() <= 4096, "{}", detail.diagnostic.message.len());
    let lines = misbehave(&runner, &server, "console-flood").await;
    assert!(lines.console.iter().all(|line| line.len() <= Limits::DEFAULT.console_line_bytes));
    assert!(lines.console_dropped > 0);
    runner.shutdown().await;
}

#[tokio::test]
async fn a_flood_sends_no_more_than_the_count_allows() {
    let _alone = ALONE.lock().await;
    let server = server().await;
    let runner = rogue_for(&server).await;
    misbehave(&runner, &server, "request-flood").await;
    assert!(server.hits() <= Limits::DEFAULT.http_queries as usize, "{} requests arrived", server.hits());
    runner.shutdown().await;
}

#[tokio::test]
async fn a_flood_does_not_starve_other_runs() {
    let _alone = ALONE.lock().await;
    let server = server().await;
    let runner = rogue_for(&server).await;
    let flood = misbehave(&runner, &server, "empty-lines");
    let other = async {
        let report = runner.run(request("honest")).await.expect("served beside the flood");
        (report.ending, runner.run(request("honest")).await.expect("served again").ending)
    };
    let (flood, other) = tokio::join!(flood, other);
    assert_eq!((text(&flood).as_str(), other), (TIME_OUT, ("bytes", "bytes")));
    runner.shutdown().await;
}

/// The rogue under another name, which is how a test tells it how to start.
async fn start_as(name: &str) -> Result<Runner, RunnerError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::os::unix::fs::symlink(Path::new(ROGUE), &path).expect("a link");
    Runner::start(RunnerConfig::new(path)).await
}

#[tokio::test]
async fn a_fork_server_that_starts_wrongly_is_refused() {
    let _alone = ALONE.lock().await;
    for name in ["old", "noise", "mute", "forgetful"] {
        match start_as(name).await {
            Err(RunnerError::AdapterDown(_)) => {}
            Err(other) => panic!("{name}: {other}"),
            Ok(_) => panic!("{name}: accepted"),
        }
    }
    let mute = start_as("mute").await.err().expect("refused").to_string();
    assert!(mute.contains("these are my last words"), "{mute}");
    assert!(matches!(start_as("weak").await, Err(RunnerError::WeakSandbox(_))));
}

#[tokio::test]
async fn ends_of_processes_that_never_were_are_ignored() {
    let _alone = ALONE.lock().await;
    let runner = start_as("liar").await.expect("it serves");
    let report = runner.run(request("honest")).await.expect("served");
    assert_eq!(report.ending, "bytes");
    runner.shutdown().await;
}
