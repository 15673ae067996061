//! The timers of a run that have not fired. Every step takes logarithmic time, however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// A timer that has not fired.
struct Timer {
    /// When it is due on the real clock.
    due_at: Instant,
    /// Whether it is a request's time limit, which is meant for the real clock.
    is_limit: bool,
}

/// When a timer is due on the run's clock, in milliseconds, and its handle: the order in which timers fire.
pub(crate) type Key = (u64, u32);

/// All timers of a run.
#[derive(Default)]
pub(crate) struct Timers {
    in_order: BTreeMap<Key, Timer>,
    due_ms: HashMap<u32, u64>,
    limits: BTreeSet<(Instant, u32)>,
    others: BTreeSet<(Instant, u32)>,
    last: u32,
}

impl Timers {
    /// Sets a timer that is due `delay_ms` after `elapsed_ms` on the run's clock; gives its handle, which is not 0.
    pub(crate) fn start(&mut self, elapsed_ms: u64, delay_ms: u64, is_limit: bool) -> u32 {
        self.last = self.last.wrapping_add(1).max(1);
        let id = self.last;
        let due_ms = elapsed_ms.saturating_add(delay_ms);
        let now = Instant::now();
        let due_at = now.checked_add(Duration::from_millis(delay_ms)).unwrap_or(now);
        self.cancel(id);
        self.in_order.insert((due_ms, id), Timer { due_at, is_limit });
        self.due_ms.insert(id, due_ms);
        self.clock(is_limit).insert((due_at, id));
        id
    }

    /// Forgets a timer; one that fired or never was is forgotten already.
    pub(crate) fn cancel(&mut self, id: u32) {
        let Some(due_ms) = self.due_ms.remove(&id) else { return };
        if let Some(timer) = self.in_order.remove(&(due_ms, id)) {
            self.clock(timer.is_limit).remove(&(timer.due_at, id));
        }
    }

    /// The timer that fires next.
    pub(crate) fn first(&self) -> Option<Key> {
        self.in_order.first_key_value().map(|(key, _)| *key)
    }

    /// How long until some timer is due on the real clock, where all but the limits of requests are held up for at
    /// least `held_up`; `None` without timers.
    pub(crate) fn left(&self, held_up: Duration) -> Option<Duration> {
        let left = |clock: &BTreeSet<(Instant, u32)>| {
            clock.first().map(|(due_at, _)| due_at.saturating_duration_since(Instant::now()))
        };
        let limit = left(&self.limits);
        let other = left(&self.others).map(|left| left.max(held_up));
        limit.into_iter().chain(other).min()
    }

    fn clock(&mut self, is_limit: bool) -> &mut BTreeSet<(Instant, u32)> {
        if is_limit { &mut self.limits } else { &mut self.others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_order_of_due_time_and_creation() {
        let mut timers = Timers::default();
        let late = timers.start(0, 20, false);
        let first = timers.start(10, 5, false);
        let second = timers.start(15, 0, true);
        let cancelled = timers.start(0, 1, false);
        timers.cancel(cancelled);
        timers.cancel(cancelled);
        let order = std::iter::from_fn(|| {
            let (_, id) = timers.first()?;
            timers.cancel(id);
            Some(id)
        });
        assert_eq!(order.collect::<Vec<_>>(), [first, second, late]);
        assert_eq!(timers.left(Duration::ZERO), None);
        assert!(timers.due_ms.is_empty() && timers.limits.is_empty() && timers.others.is_empty());
    }

    #[test]
    fn only_limits_of_requests_are_not_held_up() {
        let patience = Duration::from_secs(3600);
        let mut timers = Timers::default();
        timers.start(0, 1_000, false);
        assert_eq!(timers.left(patience), Some(patience));
        timers.start(0, 60_000, true);
        assert!(timers.left(patience).is_some_and(|left| left <= Duration::from_secs(60)));
        assert!(timers.left(Duration::ZERO).is_some_and(|left| left <= Duration::from_secs(1)));
    }
}
