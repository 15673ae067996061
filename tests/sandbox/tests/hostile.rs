//! Every script of `hostile/` ends as it must, leaves the node as it was, and the next request is served.

#[path = "../../../oracle/runner/tests/common/mod.rs"]
mod common;

use std::path::Path;

use common::{answer, config, request, text};
use functions_types::limits::Limits;
use oracle_runner::{RunReport, Runner, RunnerConfig};
use sandbox_tests::server::{Attacks, Server, Step};
use sandbox_tests::{Case, Footprint};

/// Heap of the scripts here: small, so that filling it is quick.
const HEAP: u64 = 32 << 20;
/// How much this process may have grown after all attacks: less than one attack's heap.
const GROWTH_MAX: u64 = 24 << 20;
/// Runs after which descriptors and processes must be what they were; the node closes some of them after the report.
const SETTLING_RUNS: usize = 200;

/// The server that the scripts are given as `args[0]`.
async fn server() -> Server {
    let page = |body: &[u8]| vec![Step::Send(answer("200 OK", "", body))];
    let module = |kind: &str, body: &str| {
        vec![Step::Send(answer("200 OK", &format!("content-type: {kind}\r\n"), body.as_bytes()))]
    };
    Server::start(|_| {
        Attacks::from([
            ("/".into(), page(br#"{"value":7}"#)),
            ("/two-mebibytes".into(), page(&vec![b'x'; 2 << 20])),
            ("/deep-json".into(), page("[".repeat(1 << 20).as_bytes())),
            ("/never".into(), vec![Step::Stall]),
            ("/waits.js".into(), module("text/javascript", "await null; export default 7")),
            ("/data.json".into(), module("application/json", r#"{"value":1}"#)),
        ])
    })
    .await
}

/// Whether the report itself stays within the bounds of what a node keeps.
fn is_bounded(report: &RunReport, limits: &Limits) -> bool {
    report.console.iter().all(|line| line.len() <= limits.console_line_bytes)
        && report.console.iter().map(|line| line.len() + 1).sum::<usize>() <= limits.console_bytes
        && report.diagnostic.message.len() <= 4096
        && report.http.iter().map(|exchange| exchange.response_bytes).max().unwrap_or(0)
            <= limits.http_response_bytes
}

async fn attack(runner: &Runner, case: &Case, server: &Server) -> Result<(), String> {
    let mut request = request(&case.source);
    request.args = vec![format!("http://{}", server.host())];
    request.limits = case.limits.clone();
    let report = runner.run(request).await.map_err(|error| format!("a fault of the node: {error}"))?;
    if !case.expected.iter().any(|end| end.matches(&report.outcome)) {
        let ending = (report.ending, &report.diagnostic.message);
        return Err(format!("ended with {:?} {ending:?}, not {:?}", text(&report), case.expected));
    }
    // Some of the expected texts stand for a process that died as well.
    if report.diagnostic.message.starts_with("the process died") {
        return Err(report.diagnostic.message);
    }
    if !is_bounded(&report, &case.limits) {
        return Err("the report is not bounded".into());
    }
    Ok(())
}

/// Serves ordinary requests until nothing of the attack is left; the first must be served already.
async fn recover(runner: &Runner, before: &Footprint) -> Result<Footprint, String> {
    let mut now = *before;
    for _ in 0..SETTLING_RUNS {
        let mut next = request("return Functions.encodeString('alive')");
        next.limits.memory_bytes = HEAP;
        let report = runner.run(next).await.map_err(|error| format!("the next request fails: {error}"))?;
        if text(&report) != "alive" {
            return Err(format!("the next request ended with {:?}", text(&report)));
        }
        now = Footprint::measure().map_err(|error| error.to_string())?;
        if now.holds_no_more_than(before) {
            return Ok(now);
        }
    }
    Err(format!("left behind: {now:?}, before {before:?}"))
}

#[tokio::test]
async fn every_attack_ends_as_it_must_and_leaves_the_node_unharmed() {
    let limits = Limits { memory_bytes: HEAP, execution_ms: 20_000, ..Limits::DEFAULT };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile");
    let mut cases = Case::read_all(&folder, &limits).unwrap();
    assert!(cases.len() >= 120, "only {} attacks in {}", cases.len(), folder.display());
    if let Ok(part) = std::env::var("HOSTILE") {
        cases.retain(|case| case.name.contains(&part));
    }
    let server = server().await;
    let allow_http = vec![server.host()];
    let runner =
        Runner::start(RunnerConfig { allow_http, memory_bytes: HEAP, ..config() }).await.expect("it starts");
    let mut before = Footprint::measure().unwrap();
    before = recover(&runner, &before).await.unwrap();

    let mut failures = Vec::new();
    for case in &cases {
        let mut note = |why: String| failures.push(format!("{}: {why}", case.name));
        if let Err(why) = attack(&runner, case, &server).await {
            note(why);
        }
        if let Err(why) = recover(&runner, &before).await {
            note(why);
        }
    }
    let after = Footprint::measure().unwrap();
    runner.shutdown().await;
    assert!(failures.is_empty(), "{} of {} attacks:\n{}", failures.len(), cases.len(), failures.join("\n"));
    let growth = after.resident_bytes.saturating_sub(before.resident_bytes);
    assert!(growth <= GROWTH_MAX, "the node grew by {growth} bytes");
}
