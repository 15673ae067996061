//! Faults of this node while running a script. None of them ever goes on chain.

use std::time::Duration;

/// Why a script could not be run here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// The sandbox does not start, died, or speaks another protocol. Retry; if it stays, the
    /// operator must look.
    #[error("the sandbox is down: {0}")]
    AdapterDown(String),
    /// Every slot is taken and the queue is full. Retry later.
    #[error("too many scripts are waiting to run")]
    Overloaded,
    /// The machine gave the script so little time that its time limit says nothing about it. Retry later; if it stays,
    /// the operator must run fewer scripts at once or less beside the node.
    #[error(
        "the machine is too busy: in {} ms it let the script have {} ms of its {} ms",
        wall.as_millis(), own.as_millis(), limit.as_millis()
    )]
    Starved {
        /// How long the run lasted.
        wall: Duration,
        /// What of it was the script's own.
        own: Duration,
        /// What would have been the script's to use.
        limit: Duration,
    },
    /// The request cannot be run under this node's configuration.
    #[error("the request is refused: {0}")]
    Refused(String),
    /// A replayed script asked for something else than when it was recorded: the script, its inputs
    /// or its secrets differ, or it is not deterministic.
    #[error("replay: request {exchange} (from 0) is {asked}, the recording has {recorded}")]
    Diverged {
        /// Number of the exchange or import, from 0.
        exchange: usize,
        /// What the script asked for.
        asked: String,
        /// What the recording has in its place.
        recorded: String,
    },
    /// A setting is unusable. The operator must change it.
    #[error("runner configuration: {0}")]
    Config(String),
    /// A required wall is missing. The operator must allow what it needs, or accept the weakness.
    #[error("the sandbox is too weak on this machine ({0}); set allow_weak_sandbox to accept that")]
    WeakSandbox(String),
}

impl RunnerError {
    /// The failure code an oracle reports to its peers for this fault: 1 the adapter is down,
    /// 5 overload, 7 refused.
    #[must_use]
    pub const fn failure_code(&self) -> u8 {
        match self {
            Self::AdapterDown(_) | Self::Config(_) | Self::WeakSandbox(_) => 1,
            Self::Overloaded | Self::Starved { .. } => 5,
            Self::Refused(_) | Self::Diverged { .. } => 7,
        }
    }

    /// Whether the same request may succeed here later without anybody's doing.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::AdapterDown(_) | Self::Overloaded | Self::Starved { .. })
    }
}
