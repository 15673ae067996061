//! Which request's script runs next: pure, and nearly equal on every node, so that answers are close in time.
//!
//! Subscriptions take turns; within one the request that times out first on chain is first. A request that cannot be
//! answered in time any more waits until no other does. A run that failed on this node rests for a while and then waits
//! again: the user pays for an answer, never for our trouble.

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

use alloy::primitives::B256;

/// First rest after a failed run, in milliseconds; it doubles with every failure.
const FIRST_REST_MS: u64 = 250;
/// Longest rest.
const LONGEST_REST_MS: u64 = 10_000;

/// A request that waits for its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Who pays.
    pub(super) subscription: u64,
    /// When its answer must be on its way, in unix seconds of the chain.
    pub(super) last_call_seconds: u64,
}

#[derive(Debug, Default)]
struct Lane {
    /// When it was last served; the lowest is next.
    turn: u64,
    waiting: BTreeSet<(u64, B256)>,
}

/// Requests that wait for a run or rest after a failed one.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    entries: HashMap<B256, (Waiting, u32)>,
    lanes: BTreeMap<u64, Lane>,
    resting: BTreeSet<(u64, B256)>,
    turn: u64,
}

impl Schedule {
    /// Adds a request; one that is here already stays as it is.
    pub(super) fn push(&mut self, id: B256, request: Waiting) {
        if let Entry::Vacant(place) = self.entries.entry(id) {
            place.insert((request, 0));
            self.queue(id, request);
        }
    }

    /// Takes the request to run now, of no subscription that is `served`. It stays known until [`Schedule::remove`].
    pub(super) fn next(&mut self, now_ms: u64, chain_seconds: u64, served: &BTreeSet<u64>) -> Option<B256> {
        while let Some(&(at, id)) = self.resting.first().filter(|(at, _)| *at <= now_ms) {
            self.resting.remove(&(at, id));
            if let Some(&(request, _)) = self.entries.get(&id) {
                self.queue(id, request);
            }
        }
        let in_time =
            |lane: &Lane| lane.waiting.range((chain_seconds.saturating_add(1), B256::ZERO)..).next().copied();
        let late = |lane: &Lane| lane.waiting.first().copied();
        let (subscription, first) = self.pick(served, in_time).or_else(|| self.pick(served, late))?;
        self.turn += 1;
        let turn = self.turn;
        if let Some(lane) = self.lanes.get_mut(&subscription) {
            lane.turn = turn;
            lane.waiting.remove(&first);
            if lane.waiting.is_empty() {
                self.lanes.remove(&subscription);
            }
        }
        Some(first.1)
    }

    fn pick(
        &self,
        served: &BTreeSet<u64>,
        of: impl Fn(&Lane) -> Option<(u64, B256)>,
    ) -> Option<(u64, (u64, B256))> {
        let lanes = self.lanes.iter().filter(|(id, _)| !served.contains(id));
        let firsts = lanes.filter_map(|(id, lane)| Some((lane.turn, of(lane)?, *id)));
        firsts.min().map(|(_, first, subscription)| (subscription, first))
    }

    /// The run came to nothing: the request waits again after a rest. How often it has failed.
    pub(super) fn rest(&mut self, id: B256, now_ms: u64) -> u32 {
        let Some((_, failures)) = self.entries.get_mut(&id) else { return 0 };
        *failures = failures.saturating_add(1);
        let rest = FIRST_REST_MS.saturating_mul(1 << (*failures - 1).min(16)).min(LONGEST_REST_MS);
        self.resting.insert((now_ms.saturating_add(rest), id));
        *failures
    }

    /// Forgets a request that needs no run.
    pub(super) fn remove(&mut self, id: &B256) {
        let Some((request, _)) = self.entries.remove(id) else { return };
        self.resting.retain(|(_, other)| other != id);
        if let Some(lane) = self.lanes.get_mut(&request.subscription) {
            lane.waiting.remove(&(request.last_call_seconds, *id));
            if lane.waiting.is_empty() {
                self.lanes.remove(&request.subscription);
            }
        }
    }

    /// When the next rest ends.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.resting.first().map(|(at, _)| *at)
    }

    /// Requests known, running ones included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the request waits for a run, rests or runs.
    #[cfg(test)]
    pub(super) fn holds(&self, id: &B256) -> bool {
        self.entries.contains_key(id)
    }

    fn queue(&mut self, id: B256, request: Waiting) {
        // A subscription that comes back takes its place behind those that waited.
        let turn = self.turn;
        let lane =
            self.lanes.entry(request.subscription).or_insert_with(|| Lane { turn, waiting: BTreeSet::new() });
        lane.waiting.insert((request.last_call_seconds, id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> B256 {
        B256::repeat_byte(byte)
    }

    fn of(subscription: u64, last_call_seconds: u64) -> Waiting {
        Waiting { subscription, last_call_seconds }
    }

    fn order(schedule: &mut Schedule, chain_seconds: u64) -> Vec<u8> {
        std::iter::from_fn(|| schedule.next(0, chain_seconds, &BTreeSet::new())).map(|id| id[0]).collect()
    }

    #[test]
    fn next_takes_the_earliest_deadline_of_a_subscription() {
        let mut schedule = Schedule::default();
        for (byte, last_call) in [(1, 300), (2, 100), (3, 200), (4, 100)] {
            schedule.push(id(byte), of(7, last_call));
        }
        schedule.push(id(2), of(7, 900));
        assert_eq!(order(&mut schedule, 0), [2, 4, 3, 1]);
    }

    #[test]
    fn next_lets_subscriptions_take_turns() {
        let mut schedule = Schedule::default();
        for byte in 1..=6 {
            schedule.push(id(byte), of(1, 100 + u64::from(byte)));
        }
        assert_eq!(schedule.next(0, 0, &BTreeSet::new()), Some(id(1)));
        assert_eq!(schedule.next(0, 0, &BTreeSet::new()), Some(id(2)));
        // Two subscriptions with one request each come after one more of the first at most.
        schedule.push(id(20), of(2, 500));
        schedule.push(id(30), of(3, 400));
        assert_eq!(order(&mut schedule, 0), [3, 30, 20, 4, 5, 6]);
    }

    #[test]
    fn next_passes_over_subscriptions_that_are_served() {
        let mut schedule = Schedule::default();
        for (byte, subscription) in [(1, 1), (2, 1), (3, 2)] {
            schedule.push(id(byte), of(subscription, 100));
        }
        assert_eq!(schedule.next(0, 0, &BTreeSet::from([1])), Some(id(3)));
        assert_eq!(schedule.next(0, 0, &BTreeSet::from([1])), None);
        assert_eq!(schedule.next(0, 0, &BTreeSet::new()), Some(id(1)));
    }

    #[test]
    fn next_leaves_what_is_too_late_for_last() {
        let mut schedule = Schedule::default();
        for (byte, last_call) in [(1, 100), (2, 150), (3, 151)] {
            schedule.push(id(byte), of(u64::from(byte), last_call));
        }
        assert_eq!(order(&mut schedule, 150), [3, 1, 2]);
    }

    #[test]
    fn failed_runs_are_tried_again_after_growing_rests() {
        let mut schedule = Schedule::default();
        schedule.push(id(1), of(1, 100));
        let mut now = 0;
        let mut rests = Vec::new();
        for failures in 1..=8 {
            assert_eq!(schedule.next(now, 0, &BTreeSet::new()), Some(id(1)));
            assert_eq!(schedule.rest(id(1), now), failures);
            let at = schedule.next_at().expect("it rests");
            assert_eq!(schedule.next(at - 1, 0, &BTreeSet::new()), None);
            rests.push(at - now);
            now = at;
        }
        assert_eq!(rests, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    }

    #[test]
    fn remove_forgets_wherever_the_request_is() {
        let mut schedule = Schedule::default();
        for byte in 1..=3 {
            schedule.push(id(byte), of(1, u64::from(byte)));
        }
        let running = schedule.next(0, 0, &BTreeSet::new()).expect("one");
        schedule.remove(&running);
        assert_eq!(schedule.rest(running, 0), 0, "its end was met while it ran");
        let second = schedule.next(0, 0, &BTreeSet::new()).expect("one");
        schedule.rest(second, 0);
        schedule.remove(&second);
        schedule.remove(&id(3));
        assert_eq!(
            (schedule.len(), schedule.next(u64::MAX, 0, &BTreeSet::new()), schedule.next_at()),
            (0, None, None)
        );
        assert!(schedule.lanes.is_empty());
    }
}
