//! The reports of this node that could be sent now, or soon: they wait for the right to send, or for each other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use alloy::primitives::B256;
use oracle_ocr::MAX_BATCH;
use tokio::sync::{Notify, watch};

use super::report::{ReportJob, Told};

/// Reports that wait for the right to send, in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiters: Mutex<(u64, BTreeMap<u64, Waiter>)>,
    /// As many wait as go together.
    full: Notify,
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
        self.queue.lock().1.remove(&self.number);
    }
}

impl Queue {
    pub(super) fn enter(self: &Arc<Self>, job: Arc<ReportJob>, told: watch::Receiver<Told>) -> Place {
        let mut queue = self.lock();
        queue.0 += 1;
        let number = queue.0;
        queue.1.insert(number, Waiter { job, told });
        if queue.1.len() >= MAX_BATCH {
            self.full.notify_waiters();
        }
        Place { queue: self.clone(), number }
    }

    /// These are sent: they wait no more.
    pub(super) fn leave(&self, ids: &[(B256, u64)]) {
        let mut queue = self.lock();
        queue.1.retain(|_, waiter| ids.iter().all(|(id, _)| *id != waiter.job.request_id));
    }

    /// Waits until as many wait as go together.
    pub(super) async fn full(&self) {
        let full = self.full.notified();
        if self.len() < MAX_BATCH {
            full.await;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().1.len()
    }

    pub(super) fn waiters(&self) -> Vec<Waiter> {
        self.lock().1.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Waiter>)> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
