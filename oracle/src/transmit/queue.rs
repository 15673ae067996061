//! The reports of this node that could be sent now, or soon: they wait for the right to send, or for each other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use alloy::primitives::B256;
use oracle_ocr::MAX_BATCH;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::report::{ReportJob, Told};

/// What waits, each under the number of its coming.
#[derive(Debug, Default)]
struct State {
    last: u64,
    /// Reports that wait for the right to send.
    waiters: BTreeMap<u64, Waiter>,
    /// When the turn of others comes.
    due: BTreeMap<u64, Instant>,
}

/// Reports that wait for the right to send, or for their turn, in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// One more waits.
    entered: Notify,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Waiter {
    pub(super) job: Arc<ReportJob>,
    pub(super) told: watch::Receiver<Told>,
}

/// As long as it lives, a report waits.
pub(super) struct Place {
    queue: Arc<Queue>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.waiters.remove(&self.number);
        state.due.remove(&self.number);
    }
}

impl Queue {
    pub(super) fn enter(self: &Arc<Self>, job: Arc<ReportJob>, told: watch::Receiver<Told>) -> Place {
        let (mut state, place) = self.place();
        state.waiters.insert(place.number, Waiter { job, told });
        drop(state);
        self.entered.notify_waiters();
        place
    }

    /// The turn of a report will come at `due`.
    pub(super) fn expect(self: &Arc<Self>, due: Instant) -> Place {
        let (mut state, place) = self.place();
        state.due.insert(place.number, due);
        drop(state);
        place
    }

    /// How many wait, or will by then.
    pub(super) fn soon(&self, until: Instant) -> usize {
        let state = self.lock();
        state.waiters.len() + state.due.values().filter(|due| **due <= until).count()
    }

    /// These are sent: they wait no more.
    pub(super) fn leave(&self, ids: &[(B256, u64)]) {
        self.lock().waiters.retain(|_, waiter| ids.iter().all(|(id, _)| *id != waiter.job.request_id));
    }

    /// Waits until `more` have come beside those that wait, or as many wait as go together.
    pub(super) async fn joined_by(&self, more: usize) {
        let wanted = self.len().saturating_add(more).min(MAX_BATCH);
        loop {
            let entered = self.entered.notified();
            if self.len() >= wanted {
                return;
            }
            entered.await;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().waiters.len()
    }

    pub(super) fn waiters(&self) -> Vec<Waiter> {
        self.lock().waiters.values().cloned().collect()
    }

    /// The next place, and what is to be entered at it.
    fn place(self: &Arc<Self>) -> (MutexGuard<'_, State>, Place) {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        (state, Place { queue: self.clone(), number })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn soon_counts_those_whose_turn_comes_in_time_while_they_wait_for_it() {
        let queue = Arc::new(Queue::default());
        let now = Instant::now();
        let turns: Vec<Place> = (1..=4).map(|s| queue.expect(now + Duration::from_secs(s))).collect();
        let soon = |seconds| queue.soon(now + Duration::from_secs(seconds));
        assert_eq!([0, 1, 3, 9].map(soon), [0, 1, 3, 4]);
        drop(turns);
        assert_eq!((soon(9), queue.len()), (0, 0));
    }

    #[tokio::test]
    async fn a_report_waits_for_as_many_as_are_coming_and_for_no_more_than_go_together() {
        let queue = Arc::new(Queue::default());
        let come = |number: u8| {
            let (told, watched) = watch::channel(Told::default());
            drop(told);
            queue.enter(
                Arc::new(ReportJob { request_id: B256::repeat_byte(number), ..ReportJob::default() }),
                watched,
            )
        };
        let mut places = vec![come(1)];
        let waits = queue.joined_by(2);
        tokio::pin!(waits);
        for number in [2, 3] {
            assert!(futures::poll!(&mut waits).is_pending());
            places.push(come(number));
        }
        assert!(futures::poll!(&mut waits).is_ready());
        let waits = queue.joined_by(usize::MAX);
        tokio::pin!(waits);
        for number in 4..=10 {
            assert!(futures::poll!(&mut waits).is_pending());
            places.push(come(number));
        }
        assert!(futures::poll!(&mut waits).is_ready());
    }
}
