//! When it is this node's turn to send: pure rules over what the chain showed.
//!
//! Node `i` of a request's order waits `i` stages for those before it. A node that works through a backlog is not a
//! dead one: while the chain shows that an earlier node delivers reports that were complete before this one, the wait
//! begins anew with each of them. A node that skips this report shows no such progress.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use alloy::primitives::Address;
use tokio::time::Instant;

/// Deliveries remembered of each transmitter.
const REMEMBERED: usize = 256;
/// Stages after which the wait ends whatever the others do.
const MOST_STAGES: u32 = 30;

#[derive(Clone, Copy, Debug)]
struct Delivery {
    /// When this node had the report, in unix milliseconds.
    reported_ms: u64,
    /// When the chain showed it.
    at: Instant,
}

/// What transmitters delivered lately.
#[derive(Debug, Default)]
pub struct Progress {
    deliveries: HashMap<Address, VecDeque<Delivery>>,
}

impl Progress {
    /// The chain shows a response that `transmitter` sent, to a request whose report was here at `reported_ms`.
    pub fn note(&mut self, transmitter: Address, reported_ms: u64, at: Instant) {
        let known = self.deliveries.entry(transmitter).or_default();
        known.push_front(Delivery { reported_ms, at });
        known.truncate(REMEMBERED);
    }

    /// When one of `transmitters` last delivered a report that was here by `until_ms`.
    pub fn last(&self, transmitters: &[Address], until_ms: u64) -> Option<Instant> {
        let known = transmitters.iter().filter_map(|transmitter| self.deliveries.get(transmitter));
        known.flatten().filter(|delivery| delivery.reported_ms <= until_ms).map(|delivery| delivery.at).max()
    }
}

/// When the node at `stage` may send a report that was complete at `complete`.
pub(super) fn due(stage: u64, delta: Duration, complete: Instant, progress: Option<Instant>) -> Instant {
    let stages = u32::try_from(stage).unwrap_or(MOST_STAGES).min(MOST_STAGES);
    let own = complete + delta * stages;
    let last = complete + delta * MOST_STAGES;
    progress.map_or(own, |at| own.max((at + delta).min(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELTA: Duration = Duration::from_secs(2);

    fn transmitter(byte: u8) -> Address {
        Address::repeat_byte(byte)
    }

    #[test]
    fn due_waits_a_stage_for_each_node_before() {
        let complete = Instant::now();
        for (stage, seconds) in [(0, 0), (1, 2), (3, 6), (1_000, 60), (u64::MAX, 60)] {
            assert_eq!(due(stage, DELTA, complete, None), complete + Duration::from_secs(seconds));
        }
    }

    #[test]
    fn due_begins_anew_with_progress_and_ends_all_the_same() {
        let complete = Instant::now();
        let after = |seconds| complete + Duration::from_secs(seconds);
        assert_eq!(due(1, DELTA, complete, Some(after(5))), after(7));
        assert_eq!(due(3, DELTA, complete, Some(after(1))), after(6), "its own stage is no sooner");
        assert_eq!(due(1, DELTA, complete, Some(after(500))), after(60));
    }

    #[test]
    fn last_counts_only_reports_that_came_before() {
        let now = Instant::now();
        let mut progress = Progress::default();
        progress.note(transmitter(1), 1_000, now);
        progress.note(transmitter(1), 9_000, now + DELTA);
        progress.note(transmitter(2), 2_000, now + DELTA * 2);
        assert_eq!(progress.last(&[transmitter(1)], 999), None);
        assert_eq!(
            progress.last(&[transmitter(1)], 5_000),
            Some(now),
            "whoever skips a report makes no progress"
        );
        assert_eq!(progress.last(&[transmitter(1)], 9_000), Some(now + DELTA));
        assert_eq!(progress.last(&[transmitter(1), transmitter(2)], 5_000), Some(now + DELTA * 2));
        assert_eq!(progress.last(&[transmitter(3)], 5_000), None);
        for _ in 0..1_000 {
            progress.note(transmitter(1), 0, now);
        }
        assert_eq!(progress.deliveries[&transmitter(1)].len(), REMEMBERED);
    }
}
