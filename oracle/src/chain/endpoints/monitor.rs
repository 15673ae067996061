//! Endpoints that failed or are not asked are probed, so that a better one is taken up again and one that stands still
//! is noticed.

use std::time::Duration;

use functions_rpc::MAX_ANSWER_BYTES;
use serde_json::{json, value::RawValue};
use tokio::time::{Instant, sleep};

use super::{Rpc, locked};
use crate::chain::{
    header::{BlockRef, Header},
    health::Rank,
};

/// Pause between two looks of the monitor.
const MONITOR_EVERY: Duration = Duration::from_millis(500);
/// An endpoint that has not shown its head for so long is probed when there are others to compare it with.
const PROBE_AFTER: Duration = Duration::from_secs(2);

impl Rpc {
    /// Probes endpoints on trial and, where there are several, those whose head was not seen lately. Never returns.
    pub async fn monitor(&self) {
        futures::future::join_all((0..self.endpoints.len()).map(|index| self.watch_over(index))).await;
    }

    async fn watch_over(&self, index: usize) {
        loop {
            sleep(MONITOR_EVERY).await;
            let Some(endpoint) = self.endpoints.get(index) else { return };
            let now = Instant::now();
            let is_due = {
                let health = locked(&endpoint.health);
                let is_silent = health.head_at.is_none_or(|at| now.duration_since(at) >= PROBE_AFTER);
                match health.rank(now) {
                    Rank::Trial | Rank::Behind => true,
                    Rank::Pausing(_) | Rank::Queued(_) => false,
                    Rank::Good => self.endpoints.len() > 1 && is_silent,
                }
            };
            if is_due {
                self.probe(index).await;
            }
        }
    }

    async fn probe(&self, index: usize) {
        if self.ensure_identity(index).await.is_err() {
            return;
        }
        let read = |raw: &RawValue| Header::read(raw, BlockRef::Tag("latest"), self.check_hashes);
        let params = json!(["latest", false]);
        let method = "eth_getBlockByNumber";
        if let Ok(Some(head)) = self.attempt(index, method, &params, &read, MAX_ANSWER_BYTES, false).await {
            self.note_head(index, &head);
        }
    }
}
