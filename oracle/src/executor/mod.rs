//! Turns a request into this node's observation: admission, then the script in the sandbox.
//!
//! A user's mistake is an observation like any other and goes on chain; a failure of this node is none: the caller
//! tries again while the request can be answered in time.

mod admission;
mod code;
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
use oracle_vault::{Key, Kind};
use tokio::time::timeout;

pub use admission::{SECRETS_TEXT, admit};
use code::Code;
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
    /// Its code is not here yet.
    #[error("{0}")]
    Code(&'static str),
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
        let mut request = match admit(&seen.data, &self.limits) {
            Ok(request) => request,
            Err(text) => return refused(text),
        };
        let source = match self.code(seen, &mut request).await? {
            Ok(source) => source,
            Err(text) => return refused(text.as_bytes().to_vec()),
        };
        let secrets = match self.secrets(seen, &request).await? {
            Ok(secrets) => secrets,
            Err(text) => return refused(text.into_bytes()),
        };
        let has_secrets = !secrets.is_empty();
        let run = RunRequest {
            request_id: request_id.0,
            source,
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
                // What a script makes of a secret stands in URLs and answers, in forms that nobody foresees.
                if !has_secrets {
                    self.recordings.keep(request_id, report.transcript);
                }
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

    /// The code of a request, or the error bytes that it ends with.
    async fn code(
        &self,
        seen: &SeenRequest,
        request: &mut FunctionsRequest,
    ) -> Result<Result<String, &'static str>, NotRun> {
        let found = match Code::of(request) {
            Ok(None) => return Ok(Ok(std::mem::take(&mut request.source))),
            Ok(Some(Code::Remote(sites))) => {
                let limit = Duration::from_millis(self.limits.execution_ms);
                let fetched = timeout(limit, code::fetch(&self.runner.fetcher(), sites)).await;
                fetched.ok().flatten().ok_or(code::FETCH_TEXT)
            }
            Ok(Some(Code::Hosted { slot, version })) => match &self.vault {
                Some(vault) => {
                    let key = Key { kind: Kind::Code, owner: seen.subscription_owner, slot, version };
                    let block_ms = seen.block_timestamp.saturating_mul(1_000);
                    let row = vault.row(key, block_ms).await.map_err(NotRun::Code)?;
                    row.and_then(|row| code::text(&row.payload)).ok_or(code::NOT_FOUND_TEXT)
                }
                None if self.secrets_keys == Standing::Unset => Err(code::HOSTED_TEXT),
                None => {
                    return Err(NotRun::Code("this node has no share of the DON's keys, and hosts nothing"));
                }
            },
            Err(text) => Err(text),
        };
        Ok(found.and_then(code::checked))
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
