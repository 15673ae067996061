//! Runs on the real sandbox, with every wall.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use functions_types::limits::{Limits, RunOptions};
use oracle_runner::{RunOutcome, RunRequest, Runner, RunnerConfig};

use crate::server::Server;
use crate::stats::Failure;

/// What one run gave and took.
pub(crate) struct Run {
    pub(crate) bytes: Vec<u8>,
    pub(crate) wall: Duration,
    /// Of the sandboxed process.
    pub(crate) cpu: Duration,
    pub(crate) peak_rss_bytes: u64,
}

/// A runner with the sandbox of the same build, as many slots as processors, and the way to `server` open.
pub(crate) async fn start(server: &Server) -> Result<Runner, Failure> {
    let path = std::env::current_exe()?;
    let profile = path.ancestors().nth(2).ok_or("no profile folder")?;
    let config = RunnerConfig {
        allow_http: vec![server.host()],
        max_concurrent: std::thread::available_parallelism()?.get(),
        max_waiting: usize::MAX,
        ..RunnerConfig::new(profile.join("functions-sandbox"))
    };
    Ok(Runner::start(config).await?)
}

/// One run of a script of this benchmark.
pub(crate) async fn run(runner: &Runner, name: &str, url: &str) -> Result<Run, Failure> {
    let request = RunRequest {
        request_id: [1; 32],
        source: std::fs::read_to_string(crate::script(name))?,
        args: vec![url.to_owned()],
        bytes_args: vec![],
        secrets: BTreeMap::new(),
        block_timestamp: 1_700_000_000,
        limits: Limits::DEFAULT,
        options: RunOptions::default(),
    };
    let began = Instant::now();
    let report = runner.run(request).await?;
    let wall = began.elapsed();
    let RunOutcome::Result(bytes) = report.outcome else {
        return Err(format!("{name} ended as {}", report.ending).into());
    };
    Ok(Run { bytes, wall, cpu: report.cpu, peak_rss_bytes: report.peak_rss_bytes })
}
