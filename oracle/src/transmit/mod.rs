//! Delivers signed reports: stages, the gate, gas, nonces, retries, duplicate suppression.
//!
//! Every node holds the same report; the request's order says who sends first. Node `i` of the order waits `i` stages,
//! longer while those before it work through a backlog, and sends only if the chain still needs the report, so that
//! normally exactly one transaction is paid. That a request is answered at most once is the contract's doing; this
//! module only saves money.
//!
//! Reports that wait for this node at one moment go together, if enough members sign them again as one (`batch`,
//! `gathering`): the transaction is the first one's, and the others wait for what it does (`carried`).
//!
//! What is decided is decided without I/O: the steps of a report in `delivery`, the rules they follow in `stage`,
//! `batch`, `gate`, `gas`, `price` and `mined`. `job` drives a delivery with `sender`, `look`, `fees` and `funds`.
//!
//! A transaction's signed bytes are in the journal before they leave the node. After a restart they are resumed under
//! the same nonce, never made anew beside themselves. It stays open until its block is final: a job goes earlier, and
//! `leftovers` sees to what it leaves.

pub mod batch;
mod carried;
pub mod delivery;
mod fees;
mod funds;
mod gas;
mod gate;
mod gathering;
mod job;
mod leftovers;
mod look;
mod mined;
mod price;
mod queue;
mod report;
mod sender;
mod shared;
mod simulate;
mod stage;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use alloy::{
    network::EthereumWallet,
    primitives::{Address, B256},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::Instant,
};

pub use funds::Funds;
pub use gate::{Simulated, is_confirmed};
pub use mined::{Deed, Mined};
pub use price::{Market, Price};
pub use report::{ReportJob, TransmitNote};
pub use sender::SendError;
pub use stage::Progress;

use oracle_ocr::ReadyBatch;

use crate::{chain::Rpc, journal::Journal};

/// What transmission needs to know.
#[derive(Clone, Debug)]
pub struct TransmitConfig {
    /// The chain id signed into every transaction.
    pub chain_id: u64,
    /// The router.
    pub router: Address,
    /// The coordinator of this DON.
    pub coordinator: Address,
    /// Time between two stages.
    pub delta_stage: Duration,
    /// Pause between two looks at the chain.
    pub poll_interval: Duration,
    /// Confirmations of the request before anything is sent.
    pub confirmations: u64,
    /// Most that is offered per gas, in wei.
    pub max_gas_price_wei: u128,
}

/// Owns one task per report that is not settled.
pub struct Transmitter {
    shared: Arc<shared::Shared>,
    jobs: HashMap<B256, Job>,
    /// Tends the transactions without a job.
    leftovers: JoinHandle<()>,
}

struct Job {
    told: watch::Sender<report::Told>,
    task: JoinHandle<()>,
}

impl Transmitter {
    /// A transmitter without jobs, and the stream of what becomes of them.
    #[must_use]
    pub fn new(
        rpc: Arc<Rpc>,
        journal: Journal,
        wallet: EthereumWallet,
        funds: Arc<Funds>,
        config: TransmitConfig,
    ) -> (Self, mpsc::UnboundedReceiver<TransmitNote>) {
        let (notes, stream) = mpsc::unbounded_channel();
        let sender = sender::Sender::new(rpc.clone(), journal.clone(), wallet, config.chain_id);
        let shared = shared::Shared {
            rpc,
            journal,
            sender,
            funds,
            config,
            notes,
            progress: Mutex::default(),
            final_block: AtomicU64::new(0),
            chain_seconds: AtomicU64::new(0),
            jobs: Mutex::default(),
            queue: Arc::default(),
            pause: Mutex::default(),
            asked: Mutex::default(),
            carried: carried::Carried::default(),
        };
        let shared = Arc::new(shared);
        let leftovers = tokio::spawn(leftovers::watch(shared.clone()));
        (Self { shared, jobs: HashMap::new(), leftovers }, stream)
    }

    /// Starts or resumes a report's way to the chain. A job that runs already is kept, and learns in which block its
    /// request lies now.
    pub fn start(&mut self, job: ReportJob) {
        self.jobs.retain(|_, job| !job.task.is_finished());
        let request_block = job.request_block;
        if let Some(known) = self.jobs.get(&job.request_id) {
            known.told.send_modify(|told| told.request_block = request_block);
            return;
        }
        let (told, view) = watch::channel(report::Told { answered: false, request_block });
        let request_id = job.request_id;
        let task = tokio::spawn(job::run(self.shared.clone(), Arc::new(job), view));
        self.jobs.insert(request_id, Job { told, task });
    }

    /// Tells the job of a request that the chain shows a response, ours or another's.
    pub fn answered(&mut self, request_id: B256) {
        if let Some(job) = self.jobs.get(&request_id) {
            job.told.send_modify(|told| told.answered = true);
        }
    }

    /// The answer to [`TransmitNote::Gather`]: the report of all, or none.
    pub fn batched(&self, first: B256, batch: Option<ReadyBatch>) {
        let asked = self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&first);
        if let Some(asked) = asked {
            // A job that ended meanwhile needs none.
            let _ = asked.send(batch);
        }
    }

    /// Blocks up to `final_block` are final, and the newest is of this time, in unix seconds.
    pub fn saw(&self, final_block: u64, seconds: u64) {
        self.shared.final_block.fetch_max(final_block, Ordering::Relaxed);
        self.shared.chain_seconds.store(seconds, Ordering::Relaxed);
    }

    /// The chain shows a response by `transmitter` to a request whose report was here at `reported_ms` (unix).
    pub fn progressed(&mut self, transmitter: Address, reported_ms: u64) {
        let mut progress = self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.note(transmitter, reported_ms, Instant::now());
    }

    /// Ends the job of a request that left the chain or ran out of time; a transaction already sent is left alone.
    pub fn cancel(&mut self, request_id: B256) {
        if let Some(job) = self.jobs.remove(&request_id) {
            job.task.abort();
        }
    }

    /// Jobs that are not finished.
    #[must_use]
    pub fn running(&self) -> usize {
        self.jobs.values().filter(|job| !job.task.is_finished()).count()
    }

    /// Ends all jobs; the journal lets the next start resume them.
    pub fn shutdown(&mut self) {
        self.leftovers.abort();
        for (_, job) in self.jobs.drain() {
            job.task.abort();
        }
    }
}
