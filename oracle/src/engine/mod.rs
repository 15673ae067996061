//! The node's one task: tells the pure core what happens and does the work it asks for.
//!
//! Everything goes through this task, so that a request's history has one order. It is told by five sides: the chain,
//! peers, finished runs, transmissions, and timers. The work of all that waits is gathered and shares one commit (see
//! `ledger`), and only then are messages sent, scripts started and reports handed on.
//!
//! What becomes of a request is decided in [`crate::lifecycle`]; nothing is decided here.

mod complaints;
mod fresh;
mod happenings;
mod ledger;
mod notes;
mod runs;
mod upkeep;
mod work;

use std::{sync::Arc, time::Duration};

use alloy::primitives::{Address, B256};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use self::{complaints::Complaints, fresh::Fresh, ledger::Ledger, runs::Runs, upkeep::Upkeep};
use crate::{
    admin::{Metrics, NodeStatus},
    chain::Batch,
    clock::now_ms,
    don::Don,
    executor::Executor,
    journal::{Journal, JournalError},
    lifecycle::{Core, Rules},
    peers::Peers,
    signer::{NodeSigner, NodeVerifier},
    transmit::{TransmitNote, Transmitter},
    vault::Vault,
};

/// The protocol with real keys and curves.
type Protocol = oracle_ocr::Protocol<NodeSigner, NodeVerifier>;

/// Why the engine stopped.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// It was asked to.
    Asked,
    /// The coordinator has another configuration.
    Reconfigured,
}

/// What stops a node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Nothing may be said that is not stored.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Stored protocol records cannot be read.
    #[error("the journal's protocol records cannot be used: {0}")]
    Records(#[from] oracle_ocr::RecordError),
    /// A task the engine depends on is gone.
    #[error("the {0} ended unexpectedly")]
    PartEnded(&'static str),
}

/// Inputs whose work shares one commit, at most.
const GROUP: usize = 256;
/// Longest time that timers wait for peers' messages that came before them.
const TIMERS_WAIT_MS: u64 = 250;

/// What the engine is built from.
pub struct Parts {
    /// The configuration in force.
    pub don: Don,
    /// Signs for this node.
    pub signer: NodeSigner,
    /// Requests older than this (unix seconds) may have been spoken about by a run whose records are lost; 0: none.
    pub silent_before: u64,
    /// Block of the configuration: an endpoint behind it has not shown the chain.
    pub known_block: u64,
    /// First block that is read.
    pub first_block: u64,
    /// Requests that may wait for their run; more are refused, and a subscription's beyond the room left for others.
    pub max_waiting: usize,
    /// Durable state.
    pub journal: Journal,
    /// Milliseconds a finished request stays in the journal.
    pub keep_ms: u64,
    /// Runs scripts.
    pub executor: Executor,
    /// What owners stored; none where the DON has no keys for secrets.
    pub vault: Option<Vault>,
    /// Delivers reports.
    pub transmitter: Transmitter,
    /// The transmitter's account.
    pub transmitter_account: Address,
    /// The router.
    pub router: Address,
    /// The DON's name in the router's routes.
    pub don_id: B256,
    /// The peer network.
    pub peers: Peers,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The node's account of itself.
    pub status: watch::Sender<NodeStatus>,
}

/// The streams that drive the engine.
pub struct Streams {
    /// Looks at the chain.
    pub batches: mpsc::Receiver<Batch>,
    /// Fates of transmissions.
    pub notes: mpsc::UnboundedReceiver<TransmitNote>,
    /// Completes when the node shall stop.
    pub stop: watch::Receiver<bool>,
}

/// See the module's documentation.
pub struct Engine {
    parts: Parts,
    core: Core<NodeSigner, NodeVerifier>,
    runs: Runs,
    upkeep: Upkeep,
    ledger: Ledger,
    complaints: Complaints,
    fresh: Fresh,
    timers_fired_ms: u64,
}

impl Engine {
    /// Runs until asked to stop or until the configuration changes.
    ///
    /// # Errors
    /// [`EngineError`]: the node must not go on.
    pub async fn run(parts: Parts, mut streams: Streams) -> Result<Stop, EngineError> {
        let verifier = NodeVerifier::new(parts.metrics.signature_seconds.clone());
        let (roster, signer) = (parts.don.roster.clone(), parts.signer.clone());
        let mut protocol = Protocol::with_verifier(roster, parts.don.me, signer, verifier);
        protocol.set_quarantine(parts.silent_before);
        let core = Core::new(rules(&parts), protocol);
        let mut engine = Self {
            parts,
            core,
            runs: Runs::default(),
            upkeep: Upkeep::default(),
            complaints: Complaints::default(),
            fresh: Fresh::default(),
            ledger: Ledger::default(),
            timers_fired_ms: 0,
        };
        engine.restore().await?;
        loop {
            if engine.do_work().await? {
                engine.parts.transmitter.shutdown();
                return Ok(Stop::Reconfigured);
            }
            let pause = engine.pause();
            tokio::select! {
                _ = streams.stop.wait_for(|stop| *stop) => break,
                batch = streams.batches.recv() => {
                    engine.on_batch(batch.ok_or(EngineError::PartEnded("chain watcher"))?).await?;
                }
                event = engine.parts.peers.next() => {
                    engine.on_peer(event.ok_or(EngineError::PartEnded("peer network"))?);
                }
                done = engine.runs.next() => engine.on_finished(done),
                Some(note) = streams.notes.recv() => engine.on_note(note).await?,
                () = sleep(pause) => {}
            }
            let is_quiet = engine.gather(&mut streams).await?;
            engine.fire_timers(is_quiet);
        }
        engine.store(&[]).await?;
        // Ends jobs and, by dropping them, connections; everything needed later is in the journal.
        engine.parts.transmitter.shutdown();
        Ok(Stop::Asked)
    }

    /// Time until the first timer, at most a second.
    fn pause(&self) -> Duration {
        let second = Duration::from_secs(1);
        let next = self.core.next_at().into_iter().chain(self.ledger.due_at()).min();
        next.map_or(second, |at| Duration::from_millis(at.saturating_sub(now_ms())).min(second))
    }

    /// Takes what has been said already, so that its work shares one commit; true when nothing more waits.
    async fn gather(&mut self, streams: &mut Streams) -> Result<bool, EngineError> {
        let wait = self.ledger.gathers_for(now_ms(), self.core.lifecycle().open());
        if wait > 0 {
            sleep(Duration::from_millis(wait)).await;
        }
        for _ in 0..GROUP {
            let event = self.parts.peers.take_waiting();
            let done = self.runs.take_finished();
            let note = streams.notes.try_recv().ok();
            if event.is_none() && done.is_none() && note.is_none() {
                return Ok(true);
            }
            event.into_iter().for_each(|event| self.on_peer(event));
            done.into_iter().for_each(|done| self.on_finished(done));
            if let Some(note) = note {
                self.on_note(note).await?;
            }
        }
        Ok(false)
    }

    /// Timers give up on peers, so they come after what peers have said already; but not much later, whatever peers
    /// say.
    fn fire_timers(&mut self, is_quiet: bool) {
        let now = now_ms();
        if !is_quiet && now.abs_diff(self.timers_fired_ms) < TIMERS_WAIT_MS {
            return;
        }
        self.timers_fired_ms = now;
        self.core.tick(now);
    }
}

fn rules(parts: &Parts) -> Rules {
    Rules {
        slots: parts.executor.slots(),
        max_waiting: parts.max_waiting,
        transmitter: parts.transmitter_account,
        coordinator: parts.don.coordinator,
        don_id: parts.don_id,
        config_count: parts.don.config_count,
        known_block: parts.known_block,
        members: parts.don.roster.indexes().collect(),
        quorum: parts.don.roster.quorum(),
        run_limit_ms: parts.executor.run_limit_ms(),
    }
}
