//! What the core notes, as counters and lines of the log.

use super::Engine;
use crate::{admin::Kind, lifecycle::Note};

impl Engine {
    pub(super) fn count_and_log(&self, note: &Note) {
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
            Note::Rerouted { coordinator } => {
                tracing::info!(%coordinator, "the route leads to another coordinator");
            }
            Note::Blamed { oracle, misbehavior } => {
                self.count_message("refused");
                tracing::warn!(%oracle, %misbehavior, "a peer's message was refused");
            }
        }
    }
}
