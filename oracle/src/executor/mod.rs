//! Turns a request into this node's observation: admission, then the script in the sandbox.
//!
//! A user's mistake is an observation like any other and goes on chain; a failure of this node is none: the caller
//! tries again while the request can be answered in time.

mod admission;
mod recordings;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use alloy::primitives::B256;
use eyre::{WrapErr as _, bail};
use functions_types::{
    FunctionsRequest,
    limits::{Limits, RunOptions},
};
use oracle_ocr::Observation;
use oracle_runner::{RunOutcome, RunRequest, Runner, RunnerError};

pub use admission::{CODE_LOCATION_TEXT, SECRETS_TEXT, admit};
pub use recordings::Recordings;

use crate::{
    chain::SeenRequest,
    secrets::Standing,
    vault::{Vault, Wanted},
};

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

/// Why a request was not run: a fault of this node, which says nothing about the request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotRun {
    /// The runner's.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// Its secrets are not open yet.
    #[error("{0}")]
    Secrets(&'static str),
}

/// Runs requests under one configuration's limits.
#[derive(Clone)]
pub struct Executor {
    runner: Arc<Runner>,
    limits: Limits,
    options: RunOptions,
    recordings: Recordings,
    slots: usize,
    vault: Option<Vault>,
    secrets_keys: Standing,
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
        Self { runner, limits, options, recordings, slots, vault: None, secrets_keys: Standing::Unset }
    }

    /// With secrets, as far as this node has keys for them.
    #[must_use]
    pub fn with_vault(self, vault: Option<Vault>, secrets_keys: Standing) -> Self {
        Self { vault, secrets_keys, ..self }
    }

    /// The secrets that a request names, where it names any and they can be opened here.
    #[must_use]
    pub fn wanted(&self, seen: &SeenRequest) -> Option<Wanted> {
        self.vault.as_ref()?;
        let request = admit(&seen.data, &self.limits).ok()?;
        Wanted::of(seen, &request).ok().flatten()
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

    /// Executes.
    ///
    /// # Errors
    /// [`NotRun`].
    pub async fn execute(&self, seen: &SeenRequest) -> Result<Execution, NotRun> {
        let request_id = seen.request_id;
        let refused = |text: Vec<u8>| {
            let observation = Observation::user_error(text, B256::ZERO);
            Ok(Execution { observation, wall: Duration::ZERO, cpu: Duration::ZERO })
        };
        let request = match admit(&seen.data, &self.limits) {
            Ok(request) => request,
            Err(text) => return refused(text),
        };
        let secrets = match self.secrets(seen, &request).await? {
            Ok(secrets) => secrets,
            Err(text) => return refused(text.into_bytes()),
        };
        let run = RunRequest {
            request_id: request_id.0,
            source: request.source,
            args: request.args,
            bytes_args: request.bytes_args,
            secrets,
            block_timestamp: seen.block_timestamp,
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
                Err(err.into())
            }
        }
    }

    /// The secrets of a request, or the error bytes that it ends with.
    async fn secrets(
        &self,
        seen: &SeenRequest,
        request: &FunctionsRequest,
    ) -> Result<Result<BTreeMap<String, String>, String>, NotRun> {
        let wanted = match Wanted::of(seen, request) {
            Ok(Some(wanted)) => wanted,
            Ok(None) => return Ok(Ok(BTreeMap::new())),
            Err(text) => return Ok(Err(text.to_owned())),
        };
        match &self.vault {
            Some(vault) => vault.secrets(wanted).await.map_err(NotRun::Secrets),
            None if self.secrets_keys == Standing::Unset => Ok(Err(SECRETS_TEXT.to_owned())),
            // The others have.
            None => Err(NotRun::Secrets("this node has no share of the DON's keys for secrets")),
        }
    }
}

/// The sandbox program: as configured, else beside this program.
///
/// # Errors
/// A message with the remedy when there is no such file.
pub fn sandbox_path(configured: Option<&Path>) -> eyre::Result<PathBuf> {
    let path = match configured {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()
            .wrap_err("this program's place is unknown")?
            .with_file_name("functions-sandbox"),
    };
    if path.is_file() {
        Ok(path)
    } else {
        bail!(
            "runner.sandbox: there is no program at {}; build functions-sandbox or set the key",
            path.display()
        )
    }
}
