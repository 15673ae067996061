//! The node's middle: feeds the agreement protocol with what happened and carries out what it asks for.
//!
//! One task owns everything here, so that a request's history has one order. Inputs come from five sides: the chain,
//! peers, finished executions, transmissions, and timers. The protocol answers each with effects; those of all inputs
//! that wait are gathered and share one commit, and only then are their messages and reports let go.
//!
//! After a start everything unfinished is taken up again: records go back into the protocol, which repeats what it said
//! last; requests without an observation are executed; stored transactions are resumed.

mod don;
mod effects;
mod events;
mod requests;
mod restore;
mod runs;
mod schedule;
mod timers;

use std::{collections::HashSet, sync::Arc, time::Duration};

use alloy::primitives::{Address, B256};
use oracle_ocr::{Curves, Effect, Input, Message};
use oracle_runner::RunnerError;
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

pub use don::{Don, DonError, Identity};

use self::{requests::Requests, schedule::Schedule, timers::Timers};
use crate::{
    admin::{Metrics, NodeStatus},
    chain::Batch,
    clock::now_ms,
    executor::{Execution, Executor},
    journal::{Journal, JournalError},
    peers::{PeerEvent, Peers},
    signer::NodeSigner,
    transmit::{TransmitNote, Transmitter},
};

/// The protocol with real keys and curves.
pub(crate) type Protocol = oracle_ocr::Protocol<NodeSigner, Curves>;

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

/// A finished execution.
pub(crate) struct Finished {
    pub(crate) request_id: B256,
    pub(crate) execution: Result<Execution, RunnerError>,
}

/// Inputs whose effects share one commit, at most.
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
    /// Requests that may wait for their run; more are refused.
    pub max_waiting: usize,
    /// Durable state.
    pub journal: Journal,
    /// Milliseconds a finished request stays in the journal.
    pub keep_ms: u64,
    /// Runs scripts.
    pub executor: Executor,
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
    protocol: Protocol,
    requests: Requests,
    timers: Timers,
    timers_fired_ms: u64,
    /// What the protocol asked for since the last flush.
    effects: Vec<Effect>,
    schedule: Schedule,
    running: HashSet<B256>,
    /// Timestamp of the newest block read.
    chain_seconds: u64,
    next_explanation_ms: u64,
    finished: mpsc::UnboundedSender<Finished>,
    /// Requests waiting for the cursor to catch up before they are started.
    to_start: Vec<B256>,
    caught_up: bool,
    /// First block to read after a restart, to be stored with what was read before it.
    cursor: Option<u64>,
    stored_cursor: Option<u64>,
    next_cursor_ms: u64,
    next_prune_ms: u64,
    reconfigured: bool,
}

impl Engine {
    /// Runs until asked to stop or until the configuration changes.
    ///
    /// # Errors
    /// [`EngineError`]: the node must not go on.
    pub async fn run(parts: Parts, mut streams: Streams) -> Result<Stop, EngineError> {
        let (finished, mut executions) = mpsc::unbounded_channel();
        let left = restore::read(&parts.journal, &parts.don, parts.router).await?;
        let mut protocol =
            Protocol::restore(parts.don.roster.clone(), parts.don.me, parts.signer.clone(), left.records)?;
        protocol.set_quarantine(parts.silent_before);
        let mut engine = Self {
            protocol,
            requests: Requests::default(),
            parts,
            timers: Timers::default(),
            timers_fired_ms: 0,
            effects: Vec::new(),
            schedule: Schedule::default(),
            running: HashSet::new(),
            chain_seconds: 0,
            next_explanation_ms: 0,
            finished,
            to_start: Vec::new(),
            caught_up: false,
            cursor: None,
            stored_cursor: None,
            next_cursor_ms: 0,
            next_prune_ms: 0,
            reconfigured: false,
        };
        engine.restore(left.requests);
        loop {
            engine.flush().await?;
            engine.run_scripts().await?;
            let pause = engine.pause();
            tokio::select! {
                _ = streams.stop.wait_for(|stop| *stop) => break,
                batch = streams.batches.recv() => {
                    engine.on_batch(batch.ok_or(EngineError::PartEnded("chain watcher"))?).await?;
                }
                event = engine.parts.peers.next() => {
                    engine.on_peer(event.ok_or(EngineError::PartEnded("peer network"))?);
                }
                Some(done) = executions.recv() => engine.on_finished(done),
                Some(note) = streams.notes.recv() => engine.on_note(note).await?,
                () = sleep(pause) => {}
            }
            let is_quiet = engine.take_waiting(&mut executions);
            engine.fire_timers(is_quiet);
            if engine.reconfigured {
                engine.flush().await?;
                engine.wind_down();
                return Ok(Stop::Reconfigured);
            }
        }
        engine.wind_down();
        Ok(Stop::Asked)
    }

    /// Time until the first timer, at most a second.
    fn pause(&self) -> Duration {
        let second = Duration::from_secs(1);
        let next = self.timers.next_at().into_iter().chain(self.schedule.next_at()).min();
        next.map_or(second, |at| Duration::from_millis(at.saturating_sub(now_ms())).min(second))
    }

    /// Takes what peers and scripts have said already; true when nothing more waits.
    fn take_waiting(&mut self, executions: &mut mpsc::UnboundedReceiver<Finished>) -> bool {
        for _ in 0..GROUP {
            let event = self.parts.peers.take_waiting();
            let done = executions.try_recv().ok();
            if event.is_none() && done.is_none() {
                return true;
            }
            event.into_iter().for_each(|event| self.on_peer(event));
            done.into_iter().for_each(|done| self.on_finished(done));
        }
        false
    }

    /// Timers give up on peers, so they come after what peers have said already; but not much later, whatever peers say.
    fn fire_timers(&mut self, is_quiet: bool) {
        let now = now_ms();
        if !is_quiet && now.abs_diff(self.timers_fired_ms) < TIMERS_WAIT_MS {
            return;
        }
        self.timers_fired_ms = now;
        while let Some(timer) = self.timers.take_due(now) {
            self.feed(Input::Timer(timer));
        }
    }

    fn on_peer(&mut self, event: PeerEvent) {
        match event {
            PeerEvent::Message { from, bytes } => match Message::decode(&bytes) {
                Ok(message) => {
                    self.count_message("received");
                    self.feed(Input::Message { from, message });
                }
                Err(err) => {
                    self.count_message("refused");
                    tracing::warn!(oracle = %from, %err, "a peer's message does not decode");
                }
            },
            PeerEvent::Connected(oracle) => {
                tracing::info!(%oracle, "peer connected");
                self.feed(Input::Connected(oracle));
                self.report_status(None);
            }
            PeerEvent::Disconnected(oracle) => {
                tracing::info!(%oracle, "peer disconnected");
                self.report_status(None);
            }
        }
    }

    /// Ends jobs and, by dropping them, connections; everything needed later is in the journal.
    fn wind_down(mut self) {
        self.parts.transmitter.shutdown();
    }

    fn report_status(&self, head: Option<u64>) {
        let connected = self.parts.peers.connected();
        self.parts.metrics.peers_connected.set(i64::try_from(connected).unwrap_or(i64::MAX));
        let needed = self.parts.don.peers_needed();
        let waiting_for = if !self.caught_up {
            Some("reading the chain".to_owned())
        } else if connected < needed {
            Some(format!("{connected} of at least {needed} peers connected"))
        } else {
            None
        };
        self.parts.status.send_modify(|status| {
            status.peers_connected = connected;
            status.head = head.unwrap_or(status.head);
            status.set_stage(waiting_for);
        });
    }

    fn count_message(&self, kind: &str) {
        self.parts.metrics.messages.get_or_create(&crate::admin::Kind::of(kind)).inc();
    }
}
