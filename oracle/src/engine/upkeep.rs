//! What goes on beside requests: the cursor, old rows, the node's account of itself.

use super::{Engine, EngineError};
use crate::clock::now_ms;

/// Milliseconds between two writes of the cursor on a chain without events of ours.
const CURSOR_EVERY_MS: u64 = 2_000;
/// Milliseconds between two removals of old requests from the journal.
const PRUNE_EVERY_MS: u64 = 3_600_000;
/// Old requests removed at one look at the chain, so that none waits for it.
const PRUNE_STEP: u32 = 50;

/// When what is done now and then is due.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    /// First block to read after a restart, to be stored with what was read before it.
    cursor: Option<u64>,
    stored_cursor: Option<u64>,
    next_cursor_ms: u64,
    next_prune_ms: u64,
    /// Until when new requests are left to the peers, by this node's clock; known once the chain's time is.
    silent_until_ms: Option<u64>,
}

impl Upkeep {
    /// The chain was read: `next` is the first block to read after a restart. True when that is to be stored.
    pub(super) fn note_cursor(&mut self, now: u64, next: u64, had_events: bool) -> bool {
        let is_due = had_events || now >= self.next_cursor_ms;
        if is_due && self.stored_cursor != Some(next) {
            self.next_cursor_ms = now.saturating_add(CURSOR_EVERY_MS);
            self.cursor = Some(next);
            self.stored_cursor = Some(next);
        }
        self.cursor.is_some()
    }

    /// The chain's time is `seconds`, and nothing is said about requests before `silent_before`.
    pub(super) fn note_time(&mut self, now: u64, seconds: u64, silent_before: u64) {
        let until = now.saturating_add(silent_before.saturating_sub(seconds).saturating_mul(1_000));
        self.silent_until_ms = Some(self.silent_until_ms.map_or(until, |known| known.min(until)));
    }

    /// Why a request made now would be left to the peers.
    fn silence(&self, now: u64, silent_before: u64) -> Option<String> {
        let left_ms = self.silent_until_ms?.checked_sub(now).filter(|left| *left > 0)?;
        Some(format!(
            "silent for {} s more: the journal is younger than the keys, and requests before {silent_before} (unix seconds) are left to the peers",
            left_ms.div_ceil(1_000)
        ))
    }

    /// The cursor to store, once.
    pub(super) fn take_cursor(&mut self) -> Option<u64> {
        self.cursor.take()
    }
}

impl Engine {
    /// Removes some old requests from the journal.
    pub(super) async fn prune(&mut self) -> Result<(), EngineError> {
        let now = now_ms();
        if now < self.upkeep.next_prune_ms {
            return Ok(());
        }
        let before_ms = now.saturating_sub(self.parts.keep_ms);
        let removed = self.parts.journal.prune(before_ms, PRUNE_STEP).await?;
        // What is left goes with the next looks at the chain.
        let pause = if removed < u64::from(PRUNE_STEP) { PRUNE_EVERY_MS } else { 0 };
        self.upkeep.next_prune_ms = now + pause;
        if removed > 0 {
            tracing::debug!(removed, "old requests removed from the journal");
        }
        Ok(())
    }

    pub(super) fn report_status(&self, head: Option<u64>) {
        let connected = self.parts.peers.connected();
        self.parts.metrics.peers_connected.set(i64::try_from(connected).unwrap_or(i64::MAX));
        let needed = self.parts.don.peers_needed();
        let waiting_for = if !self.core.lifecycle().is_caught_up() {
            Some("reading the chain".to_owned())
        } else if connected < needed {
            Some(format!("{connected} of at least {needed} peers connected"))
        } else {
            self.upkeep.silence(now_ms(), self.parts.silent_before)
        };
        self.parts.status.send_modify(|status| {
            status.peers_connected = connected;
            status.head = head.unwrap_or(status.head);
            status.set_stage(waiting_for);
        });
    }

    pub(super) fn show_runs(&self) {
        let (running, waiting) = self.core.lifecycle().runs();
        let metrics = &self.parts.metrics;
        metrics.scripts_running.set(i64::try_from(running).unwrap_or(i64::MAX));
        metrics.scripts_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_lasts_until_the_chains_time_or_as_long_by_the_clock() {
        let mut upkeep = Upkeep::default();
        assert_eq!(upkeep.silence(5_000, 130), None, "the chain was not read yet");
        upkeep.note_time(5_000, 100, 130);
        assert!(upkeep.silence(5_000, 130).is_some_and(|words| words.contains("for 30 s more")));
        // A chain without blocks.
        upkeep.note_time(25_000, 100, 130);
        assert!(upkeep.silence(34_999, 130).is_some() && upkeep.silence(35_000, 130).is_none());
        upkeep.note_time(26_000, 131, 130);
        assert_eq!(upkeep.silence(26_000, 130), None);
    }
}
