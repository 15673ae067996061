//! Runs example scripts as a node does: its runner, its sandbox, its limits.

use std::path::PathBuf;

use functions_types::limits::{Limits, RunOptions};
use oracle_runner::{RunOutcome, RunReport, RunRequest, Runner, RunnerConfig};

use crate::{Example, Server};

/// Block time of every run, in Unix seconds: 14 November 2023, 22:13:20 UTC.
pub const BLOCK_TIME: u64 = 1_700_000_000;

/// The sandbox program built with the same profile as this program.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program() -> PathBuf {
    let own = std::env::current_exe().expect("a program has a path");
    let path =
        own.ancestors().nth(2).expect("tests lie in the profile's deps folder").join("functions-sandbox");
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --profile node -p functions-sandbox` first",
        path.display()
    );
    path
}

/// A runner whose scripts may reach `server`.
///
/// # Panics
/// When the sandbox does not start.
pub async fn runner(server: &Server) -> Runner {
    let config = RunnerConfig { allow_http: vec![server.host()], ..RunnerConfig::new(program()) };
    Runner::start(config).await.expect("the sandbox starts")
}

/// The request of an example's call, under the default limits.
#[must_use]
pub fn request(example: &Example, server: &Server) -> RunRequest {
    RunRequest {
        request_id: [7; 32],
        source: example.source.to_owned(),
        args: example.args(server),
        bytes_args: vec![],
        secrets: example.secrets.clone(),
        block_timestamp: BLOCK_TIME,
        limits: Limits::DEFAULT,
        options: RunOptions::default(),
    }
}

/// Runs a request to its end.
///
/// # Panics
/// On a fault of the runner itself.
pub async fn run(runner: &Runner, request: RunRequest) -> RunReport {
    runner.run(request).await.expect("the runner is fine")
}

/// Error text of a run, or its result in hex with `0x`.
#[must_use]
pub fn text(report: &RunReport) -> String {
    match &report.outcome {
        RunOutcome::Result(bytes) => format!("0x{}", hex::encode(bytes)),
        RunOutcome::UserError(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
