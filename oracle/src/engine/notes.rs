//! What the core notes, as counters and lines of the log.

use oracle_ocr::OracleIndex;

use super::Engine;
use crate::{admin::Kind, clock::now_ms, lifecycle::Note};

impl Engine {
    pub(super) fn count_and_log(&mut self, note: &Note) {
        let metrics = &self.parts.metrics;
        match note {
            Note::Resumed { stored, open } => tracing::info!(stored, open, "resuming from the journal"),
            Note::Seen { id, block, subscription } => {
                metrics.requests_seen.inc();
                tracing::info!(request_id = %id, block, subscription, "request seen");
            }
            Note::Refused { id, reason } => tracing::warn!(request_id = %id, %reason, "request refused"),
            Note::SeenAgain { id, same } => {
                tracing::info!(request_id = %id, same, "the request is in the chain again");
            }
            Note::Entered(state) => {
                metrics.states.get_or_create(&Kind::of(state.name())).inc();
            }
            Note::Responded { id, tx_hash, by_us } => {
                tracing::info!(request_id = %id, tx = %tx_hash, by_us, "response is on chain");
            }
            Note::Ended { id, state } => tracing::info!(request_id = %id, %state, "request ended"),
            Note::Observed { id, kind } => {
                metrics.observations.get_or_create(&Kind::of(kind)).inc();
                tracing::info!(request_id = %id, kind, "observed");
            }
            Note::Reported { id, outcome, stage, attempt, after_ms } => {
                metrics.report_seconds.observe(*after_ms as f64 / 1_000.0);
                tracing::info!(request_id = %id, outcome, stage, attempt, "report complete");
            }
            Note::RunFailed => {
                metrics.failed_runs.inc();
            }
            Note::Rewound { first } => {
                metrics.reorganisations.inc();
                tracing::warn!(first_block = first, "blocks left the chain; reading again");
            }
            Note::Reconfigured { digest } => {
                tracing::info!(%digest, "the coordinator has a new configuration");
            }
            Note::Rerouted { coordinator, open } => {
                tracing::info!(%coordinator, open, "the route leads to another coordinator");
            }
            Note::Blamed { oracle, misbehavior } => {
                self.complain(*oracle, misbehavior.kind(), misbehavior);
            }
        }
    }

    /// Counts a message of a peer that cannot be used; now and then says so.
    pub(super) fn complain(
        &mut self,
        oracle: OracleIndex,
        kind: &'static str,
        problem: &dyn std::fmt::Display,
    ) {
        self.count_message("refused");
        if let Some(unsaid) = self.complaints.take(now_ms(), oracle, kind) {
            tracing::warn!(oracle = oracle.get(), %problem, unsaid, "a peer's message was refused");
        }
    }
}
