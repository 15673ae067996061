//! The protocol's timers: set, replaced, and given back when due.

use std::collections::{BTreeSet, HashMap};

use oracle_ocr::Timer;

/// Timers by due time, in unix milliseconds.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeSet<(u64, Timer)>,
    at: HashMap<Timer, u64>,
}

impl Timers {
    /// Sets a timer, replacing its earlier time.
    pub(super) fn set(&mut self, timer: Timer, at: u64) {
        if let Some(before) = self.at.insert(timer, at) {
            self.due.remove(&(before, timer));
        }
        self.due.insert((at, timer));
    }

    /// When the first timer is due.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes one timer that is due.
    pub(super) fn take_due(&mut self, now: u64) -> Option<Timer> {
        let (at, timer) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        self.at.remove(&timer);
        Some(timer)
    }

    /// Forgets a request's timers.
    pub(super) fn forget(&mut self, key: &oracle_ocr::RequestKey) {
        self.due.retain(|(_, timer)| timer.key != *key);
        self.at.retain(|timer, _| timer.key != *key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;
    use oracle_ocr::{RequestKey, TimerKind};

    fn timer(kind: TimerKind) -> Timer {
        Timer { key: RequestKey { request: B256::ZERO, commitment: B256::ZERO }, kind }
    }

    #[test]
    fn timers_come_in_order_and_a_new_time_replaces_the_old() {
        let mut timers = Timers::default();
        timers.set(timer(TimerKind::Repeat), 50);
        timers.set(timer(TimerKind::Grace), 10);
        timers.set(timer(TimerKind::Repeat), 5);
        assert_eq!(timers.next_at(), Some(5));
        assert_eq!(timers.take_due(4), None);
        assert_eq!(timers.take_due(20), Some(timer(TimerKind::Repeat)));
        assert_eq!(timers.take_due(20), Some(timer(TimerKind::Grace)));
        assert_eq!(timers.take_due(u64::MAX), None);
    }

    #[test]
    fn forget_removes_a_requests_timers() {
        let mut timers = Timers::default();
        timers.set(timer(TimerKind::Repeat), 50);
        timers.forget(&timer(TimerKind::Grace).key);
        assert_eq!(timers.next_at(), None);
    }
}
