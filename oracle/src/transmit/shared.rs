//! What all jobs of a node share.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use alloy::primitives::B256;
use oracle_ocr::ReadyBatch;
use tokio::sync::{mpsc, oneshot};

use super::{
    TransmitConfig, batch::Pause, carried::Carried, funds::Funds, queue::Queue, report::TransmitNote,
    sender::Sender, stage::Progress,
};
use crate::{chain::Rpc, journal::Journal};

/// What all jobs share.
pub(crate) struct Shared {
    pub rpc: Arc<Rpc>,
    pub journal: Journal,
    pub sender: Sender,
    pub funds: Arc<Funds>,
    pub config: TransmitConfig,
    pub notes: mpsc::UnboundedSender<TransmitNote>,
    pub progress: Mutex<Progress>,
    /// Newest final block.
    pub final_block: AtomicU64,
    /// Unix seconds of the newest block, as far as they are believed.
    pub chain_seconds: AtomicU64,
    /// How many jobs a request has: one that is ending, and one that follows it.
    pub jobs: Mutex<HashMap<B256, u32>>,
    /// Reports that wait for the right to send.
    pub queue: Arc<Queue>,
    /// How long reports go alone because they did not come together.
    pub pause: Mutex<Pause>,
    /// Who waits for the report of several, by the first of them.
    pub asked: Mutex<HashMap<B256, oneshot::Sender<Option<ReadyBatch>>>>,
    /// Which requests open transactions of others carry.
    pub carried: Carried,
}

/// As long as it lives, a job watches the request's newest transaction.
pub(super) struct Watched {
    shared: Arc<Shared>,
    request_id: B256,
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut jobs = self.shared.lock_jobs();
        if let Entry::Occupied(mut count) = jobs.entry(self.request_id) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

impl Shared {
    pub(super) fn final_block(&self) -> u64 {
        self.final_block.load(Ordering::Relaxed)
    }

    /// From now on a job watches the request.
    pub(super) fn watched(self: &Arc<Self>, request_id: B256) -> Watched {
        *self.lock_jobs().entry(request_id).or_default() += 1;
        Watched { shared: self.clone(), request_id }
    }

    pub(super) fn has_job(&self, request_id: B256) -> bool {
        self.lock_jobs().contains_key(&request_id)
    }

    fn lock_jobs(&self) -> MutexGuard<'_, HashMap<B256, u32>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
