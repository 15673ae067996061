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
//! | one run: start, converse, judge, record | `session` |
//! | what is answered and recorded during a run | `talk` |
//! | whose time a run spends, the script's or the machine's | `own_time` |
//! | recordings and their file | `transcript` |
//! | which addresses a script may reach | `broker::address`, `broker::guard`, `broker::resolver` |
//! | an HTTP exchange and its limits | `broker` |
//! | which modules a script may import | `broker::modules` |
//! | what a request names by URL | `broker::fetch` |
//! | what an operator can set | `config`, `policy`, `lookup`; the form of it in a file: `section` |
//! | what a run leaves | `outcome`, `report`; what identifies it: `record` |
//!
//! Every limit of a run ([`Limits`]) is enforced outside of the child or by the kernel, but for the heap, which the
//! engine bounds within the process's walls. What else the child holds to spares the runner what it would refuse.
//!
//! | limit | enforced in `oracle/…` | on |
//! | --- | --- | --- |
//! | `response_bytes` | `runner/src/session/judge.rs` | the answer |
//! | `response_bytes` | `sandbox/src/engine.rs` | a returned value, in the child |
//! | `response_bytes` | `sandbox/src/child.rs` | a thrown text, in the child |
//! | `execution_ms` | `runner/src/session/mod.rs` | the script's own time |
//! | `execution_ms` | `runner/src/session/judge.rs` | a death after all of it was computed |
//! | `execution_ms` | `runner/src/broker/modules.rs` | the download of a module |
//! | `execution_ms` | `sandbox/src/walls.rs` | processor time, in the child |
//! | `execution_ms` | `sandbox/src/event_loop.rs` | the script's own clock, in the child |
//! | `execution_ms` | `sandbox/src/ops.rs` | the delay of a timer, in the child |
//! | `execution_ms` | `src/executor/mod.rs` | nothing: what is told about a run under way |
//! | `memory_bytes` | `sandbox/src/engine.rs` | the heap |
//! | `memory_bytes` | `sandbox/src/walls.rs` | the address space of the process |
//! | `memory_bytes` | `runner/src/cgroup.rs` | all processes together |
//! | `memory_bytes` | `runner/src/lib.rs` | one size for all runs of a runner |
//! | `request_bytes` | `src/executor/admission.rs` | before the run |
//! | `http_queries` | `runner/src/broker/mod.rs` | 429 |
//! | `http_query_ms` | `runner/src/broker/mod.rs` | 400 |
//! | `http_url_chars` | `runner/src/broker/mod.rs` | 414 |
//! | `http_url_chars` | `sandbox/src/ops.rs` | cut, in the child |
//! | `http_request_bytes` | `runner/src/broker/mod.rs` | 413 |
//! | `http_request_bytes` | `sandbox/src/ops.rs` | cut, in the child |
//! | `http_response_bytes` | `runner/src/broker/mod.rs` | 413 |
//! | `import_modules` | `runner/src/broker/modules.rs` | the import is denied |
//! | `import_module_bytes` | `runner/src/broker/modules.rs` | the import is denied |
//! | `console_bytes` | `runner/src/talk/console.rs` | lines are dropped |
//! | `console_bytes` | `sandbox/src/host.rs` | lines are dropped, in the child |
//! | `console_line_bytes` | `runner/src/talk/console.rs` | lines are cut |
//! | `console_line_bytes` | `sandbox/src/ops.rs` | lines are cut, in the child |

mod broker;
mod cgroup;
mod config;
mod error;
mod lookup;
mod outcome;
mod own_time;
mod policy;
mod record;
mod report;
mod section;
mod session;
mod talk;
mod transcript;
mod zygote;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

#[doc(hidden)]
pub use broker::http_policy;
pub use broker::{Fetcher, MAX_URL_CHARS, MAX_URLS};
pub use cgroup::CgroupConfig;
pub use config::RunnerConfig;
pub use error::RunnerError;
use functions_types::limits::{Limits, Mode, RunOptions};
pub use lookup::{Lookup, LookupAnswer, Resolver};
use oracle_frames::Start;
pub use oracle_frames::{Diagnostic, ModuleKind, ModuleOutcome, Position};
pub use outcome::RunOutcome;
pub use policy::{HttpPolicy, ImportPolicy};
pub use record::RunMetadata;
pub use report::{HttpExchange, ModuleLoad, RunReport};
pub use section::{HttpSection, ImportSection, RunnerSection, SectionError, is_endpoint};
use tokio::sync::Semaphore;
pub use transcript::{
    RecordedExchange, RecordedModule, RecordedResponse, TRANSCRIPT_MAX, Transcript, TranscriptError,
};

use crate::broker::Broker;
use crate::cgroup::{Bounds, Cgroup};
use crate::talk::Source;
use crate::zygote::{Facts, Zygote};

/// Memory of a sandbox process beside the script's heap, in bytes.
const CGROUP_EXTRA_BYTES: u64 = 64 << 20;

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
    /// Error texts, clock and features.
    pub options: RunOptions,
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
        let (cgroup, cgroup_state) = join_cgroup(&config);
        let (zygote, mut facts) = Zygote::start(&config, cgroup).await?;
        facts.layers.push(("cgroup".to_owned(), cgroup_state));
        if !facts.strong && !config.allow_weak_sandbox {
            return Err(RunnerError::WeakSandbox(facts.line()));
        }
        if !config.allow_http.is_empty() {
            tracing::warn!(allow_http = ?config.allow_http, "scripts may reach private addresses");
        }
        if !own_time::is_counted() {
            tracing::warn!(
                "this kernel has no schedstat: scripts are held to the time limit even while the machine is too busy to run them"
            );
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
        format!("sandbox: {} ({})", self.facts.line(), self.facts.runtime)
    }

    /// The same by name: every wall and how it stands.
    #[must_use]
    pub fn layers(&self) -> &[(String, String)] {
        &self.facts.layers
    }

    /// The pinned engine build, which enters every run's metadata.
    #[must_use]
    pub fn runtime_hash(&self) -> [u8; 32] {
        self.facts.runtime_hash
    }

    /// Gets what requests name by URL, as their scripts would.
    #[must_use]
    pub fn fetcher(&self) -> Fetcher {
        Fetcher::new(Arc::clone(&self.broker))
    }

    /// Runs one script to its end.
    ///
    /// # Errors
    /// Only faults of this node; whatever the script does is in the report's outcome.
    pub async fn run(&self, request: RunRequest) -> Result<RunReport, RunnerError> {
        let (seed, clock_ms) = match request.options.mode {
            Mode::Strict => (
                record::seed(&request.request_id, &request.source),
                request.block_timestamp.saturating_mul(1000),
            ),
            Mode::Compat => (real_seed()?, now_ms()),
        };
        let request_id = request.request_id;
        let start = Start {
            source: request.source,
            args: request.args,
            bytes_args: request.bytes_args,
            secrets: request.secrets.into_iter().collect(),
            clock_ms,
            seed,
            options: request.options,
            replay: false,
            limits: request.limits,
        };
        self.perform(start, Source::Live(Arc::clone(&self.broker), request_id)).await
    }

    /// Runs a recorded script again, from its recording and without network. `secrets` are those
    /// of the recorded run; they may be empty where it used none.
    ///
    /// A strict run gives the same bytes; so does one in compat mode unless it looks at the clock.
    /// Compare [`Transcript::runtime_hash`] with [`Self::runtime_hash`]: only the same engine build
    /// is bound to compute the same.
    ///
    /// # Errors
    /// [`RunnerError::Diverged`] where the script asks for something else than when it was
    /// recorded; otherwise as [`Self::run`].
    pub async fn replay(
        &self,
        recording: &Transcript,
        secrets: &BTreeMap<String, String>,
    ) -> Result<RunReport, RunnerError> {
        if let Some(name) = recording.secret_names.iter().find(|name| !secrets.contains_key(*name)) {
            return Err(RunnerError::Refused(format!(
                "the recorded run had a secret named {name:?}; give it again to replay the run"
            )));
        }
        let start = Start {
            source: recording.source.clone(),
            args: recording.args.clone(),
            bytes_args: recording.bytes_args.clone(),
            secrets: secrets.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            clock_ms: recording.clock_ms,
            seed: recording.seed,
            options: recording.options,
            replay: true,
            limits: recording.limits.clone(),
        };
        self.perform(start, Source::Replay(Arc::new(recording.clone()))).await
    }

    async fn perform(&self, start: Start, source: Source) -> Result<RunReport, RunnerError> {
        if start.limits.memory_bytes != self.config.memory_bytes {
            return Err(RunnerError::Refused(format!(
                "a heap of {} bytes was asked for, this runner's sandbox has {}",
                start.limits.memory_bytes, self.config.memory_bytes
            )));
        }
        let _permit = self.permit().await?;
        session::run(&self.zygote, &self.facts, start, source).await
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
                options: RunOptions::default(),
            })
            .await?;
        let mut expected = vec![0; 32];
        expected[30] = 1;
        if report.outcome == RunOutcome::Result(expected) {
            return Ok(());
        }
        Err(RunnerError::AdapterDown(format!(
            "the test script ended as {}: {}",
            report.ending, report.diagnostic.message
        )))
    }
}

/// The control group of this runner's sandbox, and how it stands. One that cannot be had is no
/// reason not to start: the other walls hold each script to its limits.
fn join_cgroup(config: &RunnerConfig) -> (Option<Arc<Cgroup>>, String) {
    let Some(wanted) = &config.cgroup else { return (None, "off(not configured)".to_owned()) };
    // A worn-out sandbox and its successor live side by side for a while.
    let children = (config.max_concurrent + config.pool) as u64 * 2;
    let each = config.memory_bytes.saturating_add(CGROUP_EXTRA_BYTES);
    let bounds = Bounds { memory_bytes: each.saturating_mul(children + 2), processes: children + 8 };
    match Cgroup::create(wanted, bounds) {
        Ok(group) => (Some(Arc::new(group)), "on(cpu,memory,pids)".to_owned()),
        Err(why) => {
            tracing::warn!(%why, "scripts run without a control group");
            (None, format!("off({why})"))
        }
    }
}

/// The real time, in milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "runs take their start time from here")]
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// A seed nobody can predict.
#[expect(clippy::disallowed_methods, reason = "live runs take their seed from here")]
fn real_seed() -> Result<[u8; 32], RunnerError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| RunnerError::AdapterDown(format!("no random numbers: {error}")))?;
    Ok(seed)
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
