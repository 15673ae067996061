//! Turns a request into this node's observation: admission, then the script in the sandbox.
//!
//! A user's mistake is an observation like any other and goes on chain; a failure of this node is none: the caller
//! tries again while the request can be answered in time.

mod admission;
mod recordings;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy::primitives::{B256, Bytes};
use functions_types::limits::{Limits, RunOptions};
use oracle_ocr::Observation;
use oracle_runner::{RunOutcome, RunRequest, Runner, RunnerError};

pub use admission::{CODE_LOCATION_TEXT, SECRETS_TEXT, admit};
pub use recordings::Recordings;

/// Console lines of a run written to the log.
const MAX_LOGGED_LINES: usize = 20;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Execution {
    /// The node's observation.
    pub observation: Observation,
    /// Wall time; zero when nothing ran.
    pub wall: Duration,
    /// Processor time; zero when nothing ran.
    pub cpu: Duration,
}

/// Runs requests under one configuration's limits.
#[derive(Clone)]
pub struct Executor {
    runner: Arc<Runner>,
    limits: Limits,
    options: RunOptions,
    recordings: Recordings,
    slots: usize,
}

impl Executor {
    /// An executor over a started runner that runs `slots` scripts at once.
    #[must_use]
    pub fn new(
        runner: Arc<Runner>,
        limits: Limits,
        options: RunOptions,
        recordings: Recordings,
        slots: usize,
    ) -> Self {
        Self { runner, limits, options, recordings, slots }
    }

    /// Scripts that run at once without waiting for each other.
    #[must_use]
    pub const fn slots(&self) -> usize {
        self.slots
    }

    /// Milliseconds a script may run.
    #[must_use]
    pub const fn run_limit_ms(&self) -> u64 {
        self.limits.execution_ms
    }

    /// Executes. `block_timestamp` is in unix seconds, of the event's block.
    ///
    /// # Errors
    /// [`RunnerError`]: a fault of this node, which says nothing about the request.
    pub async fn execute(
        &self,
        request_id: B256,
        data: Bytes,
        block_timestamp: u64,
    ) -> Result<Execution, RunnerError> {
        let still = |observation| Execution { observation, wall: Duration::ZERO, cpu: Duration::ZERO };
        let request = match admit(&data, &self.limits) {
            Ok(request) => request,
            Err(text) => return Ok(still(Observation::user_error(text, B256::ZERO))),
        };
        let run = RunRequest {
            request_id: request_id.0,
            source: request.source,
            args: request.args,
            bytes_args: request.bytes_args,
            secrets: BTreeMap::new(),
            block_timestamp,
            limits: self.limits.clone(),
            options: self.options,
        };
        match self.runner.run(run).await {
            Ok(report) => {
                for line in report.console.iter().take(MAX_LOGGED_LINES) {
                    tracing::debug!(%request_id, %line, "console");
                }
                tracing::info!(
                    %request_id,
                    ending = report.ending,
                    queries = report.http.len(),
                    imports = report.modules.len(),
                    wall_ms = report.wall.as_millis(),
                    cpu_ms = report.cpu.as_millis(),
                    peak_rss_bytes = report.peak_rss_bytes,
                    "script ended"
                );
                self.recordings.keep(request_id, report.transcript);
                let metadata = B256::from(report.metadata_hash);
                let observation = match report.outcome {
                    RunOutcome::Result(bytes) => Observation::result(bytes, metadata),
                    RunOutcome::UserError(bytes) => Observation::user_error(bytes, metadata),
                };
                Ok(Execution { observation, wall: report.wall, cpu: report.cpu })
            }
            Err(err) => {
                tracing::warn!(%request_id, %err, "the request could not be executed here");
                Err(err)
            }
        }
    }
}
