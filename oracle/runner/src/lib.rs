//! Runs scripts: starts and kills sandbox processes, applies limits, brokers their HTTP.
//!
//! A [`Runner`] owns one fork server (the program `functions-sandbox`). For every run it passes a
//! fresh socket to it, gets back a child with a pidfd, sends the script, performs the HTTP
//! exchanges the script asks for, and ends the child at the deadline with SIGKILL. The child is
//! hostile by assumption: everything it says is bounded and checked again here.
//!
//! It never sees a key, and what it returns separates two things that must not be confused: a
//! script's outcome (goes on chain, [`RunOutcome`]) and a fault of this node ([`RunnerError`],
//! never goes on chain).
//!
//! | to read about | look in |
//! | --- | --- |
//! | the fork server's life: start, restart, death | `zygote` |
//! | one run: deadline, frames, verdict | `session` |
//! | which addresses a script may reach | `broker::address`, `broker::guard` |
//! | an HTTP exchange and its limits | `broker` |
//! | what identifies a run in the records | `record` |

mod broker;
mod config;
mod error;
mod record;
mod session;
mod zygote;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub use config::RunnerConfig;
pub use error::RunnerError;
use functions_types::limits::Limits;
pub use record::HttpExchange;
use tokio::sync::Semaphore;

use crate::broker::Broker;
use crate::zygote::{Facts, Zygote};

/// One script to run.
#[derive(Clone)]
pub struct RunRequest {
    /// Id of the on-chain request; seeds the script's random numbers.
    pub request_id: [u8; 32],
    /// Body of the script.
    pub source: String,
    /// `args` of the request.
    pub args: Vec<String>,
    /// `bytesArgs` of the request.
    pub bytes_args: Vec<Vec<u8>>,
    /// Decrypted secrets, by name.
    pub secrets: BTreeMap<String, String>,
    /// Timestamp of the request's block, in seconds: where the script's clock starts.
    pub block_timestamp: u64,
    /// What the run is held to. `memory_bytes` must equal the runner's.
    pub limits: Limits,
}

/// How a script ended, in bytes as they go on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// What the script returned.
    Result(Vec<u8>),
    /// UTF-8 text of what went wrong in the script.
    UserError(Vec<u8>),
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// Result or error of the script.
    pub outcome: RunOutcome,
    /// How the run ended, in one fixed word, for logs and metrics.
    pub ending: &'static str,
    /// The engine's own words about an error, for the operator only.
    pub detail: String,
    /// Console lines, in order. They may hold secrets: never forward them to other nodes.
    pub console: Vec<String>,
    /// Console lines dropped because of the limits.
    pub console_dropped: usize,
    /// HTTP exchanges, in the order the script asked for them.
    pub http: Vec<HttpExchange>,
    /// Time from hand-over to verdict.
    pub wall: Duration,
    /// Processor time of the sandbox process.
    pub cpu: Duration,
    /// Largest resident set of the sandbox process, in bytes.
    pub peak_rss_bytes: u64,
    /// Keccak-256 over runtime version, source hash, limits and HTTP transcript.
    pub metadata_hash: [u8; 32],
}

/// Runs scripts, several at a time, one process each.
pub struct Runner {
    zygote: Zygote,
    broker: Arc<Broker>,
    config: RunnerConfig,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    facts: Facts,
}

impl Runner {
    /// Starts the fork server, waits for its self-test and runs a script to prove the path.
    ///
    /// # Errors
    /// [`RunnerError::Config`] for an unusable setting, [`RunnerError::WeakSandbox`] where a
    /// required wall is missing and the operator did not accept that, and
    /// [`RunnerError::AdapterDown`] where the sandbox does not start or answers wrongly.
    pub async fn start(config: RunnerConfig) -> Result<Self, RunnerError> {
        config.check()?;
        let broker = Arc::new(Broker::new(&config)?);
        let (zygote, facts) = Zygote::start(&config).await?;
        if !facts.strong && !config.allow_weak_sandbox {
            return Err(RunnerError::WeakSandbox(facts.layers));
        }
        if !config.allow_http.is_empty() {
            tracing::warn!(allow_http = ?config.allow_http, "scripts may reach private addresses");
        }
        let permits = Arc::new(Semaphore::new(config.max_concurrent));
        let waiting = AtomicUsize::new(0);
        let runner = Self { zygote, broker, config, permits, waiting, facts };
        runner.prove().await?;
        tracing::info!(sandbox = %runner.status(), "script runner ready");
        Ok(runner)
    }

    /// Which walls stand around a script, in one line, as the sandbox's self-test found them.
    #[must_use]
    pub fn status(&self) -> String {
        format!("sandbox: {} ({})", self.facts.layers, self.facts.runtime)
    }

    /// Runs one script to its end.
    ///
    /// # Errors
    /// Only faults of this node; whatever the script does is in the report's outcome.
    pub async fn run(&self, request: RunRequest) -> Result<RunReport, RunnerError> {
        if request.limits.memory_bytes != self.config.memory_bytes {
            return Err(RunnerError::Refused(format!(
                "a heap of {} bytes was asked for, this runner's sandbox has {}",
                request.limits.memory_bytes, self.config.memory_bytes
            )));
        }
        let _permit = self.permit().await?;
        session::run(&self.zygote, &self.broker, &self.facts, request).await
    }

    /// Ends the fork server and with it every run.
    pub async fn shutdown(self) {
        self.zygote.stop().await;
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, RunnerError> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Ok(permit);
        }
        let _place = Place::take(&self.waiting, self.config.max_waiting)?;
        self.permits.acquire().await.map_err(|_| RunnerError::AdapterDown("the runner ended".into()))
    }

    async fn prove(&self) -> Result<(), RunnerError> {
        let limits = Limits { memory_bytes: self.config.memory_bytes, ..Limits::DEFAULT };
        let report = self
            .run(RunRequest {
                request_id: [0; 32],
                source: "return Functions.encodeUint256(BigInt(args[0]) << 8n)".into(),
                args: vec!["1".into()],
                bytes_args: vec![],
                secrets: BTreeMap::new(),
                block_timestamp: 0,
                limits,
            })
            .await?;
        let mut expected = vec![0; 32];
        expected[30] = 1;
        if report.outcome == RunOutcome::Result(expected) {
            return Ok(());
        }
        Err(RunnerError::AdapterDown(format!(
            "the test script ended as {}: {}",
            report.ending, report.detail
        )))
    }
}

/// A place in the queue for a free slot, given back on drop.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, max: usize) -> Result<Self, RunnerError> {
        if waiting.fetch_add(1, Ordering::AcqRel) >= max {
            waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(RunnerError::Overloaded);
        }
        Ok(Self(waiting))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
