//! What an operator decides about running scripts.

use std::path::PathBuf;

use functions_types::limits::Limits;

use crate::RunnerError;
use crate::cgroup::CgroupConfig;
use crate::lookup::Resolver;
use crate::policy::{HttpPolicy, ImportPolicy};

/// Settings of a [`crate::Runner`].
#[derive(Clone, Debug)]
pub struct RunnerConfig {
    /// The program `functions-sandbox`.
    pub sandbox: PathBuf,
    /// Scripts that run at the same time; 1 to 256.
    pub max_concurrent: usize,
    /// Runs that may wait for a free slot before others are refused as overload; each holds its request in memory.
    pub max_waiting: usize,
    /// `HOST:PORT` pairs a script may reach although the address policy refuses them. For
    /// development; the runner warns when it is not empty.
    pub allow_http: Vec<String>,
    /// `HOST:PORT` pairs no script may ever reach: this node's own RPC, admin and metrics.
    pub refuse_http: Vec<String>,
    /// Which HTTP queries are performed.
    pub http: HttpPolicy,
    /// Which modules scripts may import.
    pub imports: ImportPolicy,
    /// Who looks names up.
    pub resolver: Resolver,
    /// Children forked in advance, each for one run; 0 to 64. None saves memory, a few save a
    /// millisecond a run.
    pub pool: usize,
    /// Resource limits for all sandbox processes together.
    pub cgroup: Option<CgroupConfig>,
    /// Heap of a script, in bytes; fixed when the sandbox boots. At least 16 MiB.
    pub memory_bytes: u64,
    /// Go on although a required wall is missing.
    pub allow_weak_sandbox: bool,
    /// Forks after which the fork server is replaced by a fresh one.
    pub forks_per_zygote: u64,
}

impl RunnerConfig {
    /// Default settings for the sandbox program at `sandbox`.
    #[must_use]
    pub fn new(sandbox: impl Into<PathBuf>) -> Self {
        Self {
            sandbox: sandbox.into(),
            max_concurrent: 4,
            max_waiting: 20_000,
            allow_http: Vec::new(),
            refuse_http: Vec::new(),
            http: HttpPolicy::default(),
            imports: ImportPolicy::default(),
            resolver: Resolver::default(),
            pool: 0,
            cgroup: None,
            memory_bytes: Limits::DEFAULT.memory_bytes,
            allow_weak_sandbox: false,
            forks_per_zygote: 5_000,
        }
    }

    pub(crate) fn check(&self) -> Result<(), RunnerError> {
        let refuse = |why: String| Err(RunnerError::Config(why));
        if !self.sandbox.is_file() {
            return refuse(format!("no sandbox program at {}", self.sandbox.display()));
        }
        if !(1..=256).contains(&self.max_concurrent) {
            return refuse(format!("max_concurrent is {}, allowed are 1 to 256", self.max_concurrent));
        }
        if self.pool > 64 {
            return refuse(format!("pool is {}, allowed are 0 to 64", self.pool));
        }
        if self.forks_per_zygote == 0 {
            return refuse("forks_per_zygote is 0, at least 1 is needed".into());
        }
        if let Some(mirror) = &self.imports.mirror {
            let usable = url::Url::parse(mirror)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
            if !usable {
                return refuse(format!(
                    "imports.mirror {mirror:?} is no URL; write for example https://esm.example"
                ));
            }
        }
        if self.memory_bytes < 16 << 20 {
            return refuse(format!("memory_bytes is {}, at least 16 MiB are needed", self.memory_bytes));
        }
        Ok(())
    }
}
