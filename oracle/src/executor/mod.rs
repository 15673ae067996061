//! Turns a request into this node's observation: admission, then the script in the sandbox.
//!
//! A user's mistake is an observation like any other and goes on chain; a failure of this node is an observation with a
//! code. There is always an observation: silence is never an answer.

mod admission;
mod recordings;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use alloy::primitives::{B256, Bytes};
use functions_types::limits::{Limits, RunOptions};
use oracle_ocr::{FailureCode, Observation};
use oracle_runner::{RunOutcome, RunRequest, Runner};

pub use admission::{CODE_LOCATION_TEXT, EMPTY_SOURCE_TEXT, SECRETS_TEXT, admit};
pub use recordings::Recordings;

/// Requests executing or waiting for a sandbox; more are answered with the overload code.
const MAX_QUEUED: usize = 512;
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
    queued: Arc<AtomicUsize>,
}

impl Executor {
    /// An executor over a started runner.
    #[must_use]
    pub fn new(runner: Arc<Runner>, limits: Limits, options: RunOptions, recordings: Recordings) -> Self {
        Self { runner, limits, options, recordings, queued: Arc::default() }
    }

    /// Executes; always answers. `block_timestamp` is in unix seconds, of the event's block.
    pub async fn execute(&self, request_id: B256, data: Bytes, block_timestamp: u64) -> Execution {
        let still = |observation| Execution { observation, wall: Duration::ZERO, cpu: Duration::ZERO };
        let request = match admit(&data, &self.limits) {
            Ok(request) => request,
            Err(text) => return still(Observation::user_error(text, B256::ZERO)),
        };
        let Some(_place) = Place::take(&self.queued) else {
            tracing::warn!(%request_id, "too many requests are waiting; answered with the overload code");
            return still(Observation::failure(FailureCode::Overload));
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
                Execution { observation, wall: report.wall, cpu: report.cpu }
            }
            Err(err) => {
                tracing::warn!(%request_id, %err, "the request could not be executed here");
                let code = FailureCode::from_byte(err.failure_code()).unwrap_or(FailureCode::AdapterDown);
                still(Observation::failure(code))
            }
        }
    }
}

/// A place in the queue, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(queued: &Arc<AtomicUsize>) -> Option<Self> {
        let taken = queued.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count < MAX_QUEUED).then_some(count + 1)
        });
        taken.ok().map(|_| Self(queued.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_bounded_and_given_back() {
        let queued = Arc::new(AtomicUsize::new(MAX_QUEUED - 1));
        let place = Place::take(&queued).expect("one is left");
        assert!(Place::take(&queued).is_none());
        drop(place);
        assert!(Place::take(&queued).is_some());
    }
}
