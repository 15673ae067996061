//! What becomes of a request: every rule between its event and its end, and nothing else.
//!
//! A pure state machine. [`Lifecycle::on`] takes the time and a [`Happening`] and returns [`Action`]s; it never waits,
//! reads a clock or touches a disk, a channel, a log or a counter. [`Core`] joins it with the agreement protocol and
//! its timers, and gathers what both ask for as [`Work`]: what must be stored, and what may be done only when it is.
//! `crate::engine` is the shell that tells a core what happens and does the work.
//!
//! Memory holds the requests that are not final. A settled request (see [`State::is_settled`]) needs no work, but stays
//! in memory as long as the chain may change its mind: after it is final or expired, only its row in the journal is
//! left. What the journal says about blocks that are not final counts only when the chain, read again after a start,
//! still says so.
//!
//! # One door
//!
//! A request is opened in one place, with what the journal holds about it: its row, and the protocol's records of its
//! id and commitment. So a node never observes twice or forgets a lock, however often the request left the chain,
//! whatever its commitment was in between, and whoever restarted. When the chain takes a response back that leaves this
//! node without a report, the request goes through the same door again.
//!
//! Under another configuration a request is opened anew, with what the node said about it under earlier ones: its
//! answer is signed again, its script does not run again, and no other outcome is signed than before.
//!
//! # Transitions
#![doc = include_str!("transitions.md")]

mod action;
mod active;
mod agreement;
mod chain;
mod core;
mod delivery;
mod happening;
mod requests;
mod row;
mod runs;
mod schedule;
mod state;
#[cfg(test)]
mod tests;
mod timers;
mod waiting;

use std::collections::HashMap;

use alloy::primitives::{Address, B256};
use oracle_ocr::{Input, OracleIndex, RequestKey};

pub use self::{
    action::{Action, Note, Order, Report, outcome_parts},
    core::{Core, Work},
    happening::{Happening, Known, Requested, Stored},
    row::{ObservationView, OutcomeView, RequestRow, RequestView, TimesMs, TransmissionView},
    state::State,
};
use self::{requests::Requests, schedule::Schedule};

/// Longest time that the requests of a coordinator are worked on when the route has left it, in milliseconds: those of
/// the next one wait meanwhile.
pub const LEAVE_WITHIN_MS: u64 = 60_000;
/// Seconds after its timeout at which a request nobody timed out is given up.
pub const EXPIRY_GRACE_SECONDS: u64 = 600;

/// What the rules depend on beside what happens.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Scripts that run at once.
    pub slots: usize,
    /// Requests that may wait for their run; more are refused, and a subscription's beyond the room left for others.
    pub max_waiting: usize,
    /// The account this node sends from.
    pub transmitter: Address,
    /// The coordinator served.
    pub coordinator: Address,
    /// The DON's name in the router's routes.
    pub don_id: B256,
    /// How many configurations the coordinator has had, the one in force included.
    pub config_count: u64,
    /// Block of that configuration: the chain has not been read before it has been read so far.
    pub known_block: u64,
    /// Members of the DON.
    pub members: Vec<OracleIndex>,
    /// Observations that agreement needs.
    pub quorum: usize,
    /// Milliseconds a script may run.
    pub run_limit_ms: u64,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Lifecycle {
    rules: Rules,
    requests: Requests,
    schedule: Schedule,
    /// Scripts that run, and whose subscription pays.
    running: HashMap<RequestKey, u64>,
    /// Requests that are given to the protocol when the chain has been read.
    to_start: Vec<B256>,
    caught_up: bool,
    /// Where the newest route leads, unless it is the coordinator served.
    routed_to: Option<Address>,
    /// When this coordinator is left, in unix milliseconds, whatever requests it still has.
    leaves_at: Option<u64>,
    /// Time of the newest block when everything had been read.
    chain_seconds: u64,
    next_explanation_ms: u64,
    out: Vec<Action>,
}

impl Lifecycle {
    /// Without any request.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            requests: Requests::default(),
            schedule: Schedule::default(),
            running: HashMap::new(),
            to_start: Vec::new(),
            caught_up: false,
            routed_to: None,
            leaves_at: None,
            chain_seconds: 0,
            next_explanation_ms: 0,
            out: Vec::new(),
        }
    }

    /// Takes one happening at a time `now` (unix milliseconds) and returns what to do, in order.
    pub fn on(&mut self, now: u64, happening: Happening) -> Vec<Action> {
        match happening {
            Happening::Restored { stored, first_block } => self.restored(stored, first_block),
            Happening::Requested(requested) => self.requested(now, *requested),
            Happening::Responded { id, transmitter, at } => self.responded(now, id, transmitter, at),
            Happening::Processed { id, code } => self.processed(id, code),
            Happening::NotProcessed { .. } => {}
            Happening::TimedOut { id, block } => self.timed_out(id, block),
            Happening::Configured { count, digest } => self.configured(count, digest),
            Happening::Routed { don_id, coordinator } => self.routed(now, don_id, coordinator),
            Happening::Rewound { first } => self.rewound(first),
            Happening::Finalised { block } => self.finalised(block),
            Happening::Dated { seconds } => self.dated(seconds),
            Happening::CaughtUp { height, seconds } => self.caught_up(now, height, seconds),
            Happening::Explain => self.explain(now),
            Happening::Turn => {
                self.end_needless_runs();
                self.fill_slots(now);
                self.leave(now);
            }
            Happening::Finished { key, observation } => self.finished(now, key, observation),
            Happening::Unrunnable { key } => self.unrunnable(key),
            Happening::Learned { key, known } => self.learned(now, key, known),
            Happening::Heard { key, authors } => self.heard(key, &authors),
            Happening::Reported(ready) => self.reported(now, *ready),
            Happening::Read { key, records, earlier } => self.read(key, records, earlier),
            Happening::Submitted { id, tx_hash, stage, stored } => {
                self.submitted(now, id, tx_hash, stage, stored);
            }
            Happening::Unpaid { id, code } => self.unpaid(id, code),
            Happening::Undeliverable { id, reason } => self.undeliverable(id, &reason),
        }
        let mut actions = self.requests.take_changes();
        actions.append(&mut self.out);
        actions
    }

    /// Whether the chain has been read up to its head since the start.
    #[must_use]
    pub const fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    /// Requests in memory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether a request waits for its answer.
    #[must_use]
    pub fn awaits(&self, key: &RequestKey) -> bool {
        self.requests.get(&key.request).is_some_and(|one| one.key() == *key && !one.state().is_settled())
    }

    /// Requests that still need work.
    #[must_use]
    pub fn open(&self) -> usize {
        self.requests.open()
    }

    /// Whether no request is in memory.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the request is in memory.
    #[must_use]
    pub fn holds(&self, id: &B256) -> bool {
        self.requests.get(id).is_some()
    }

    /// Scripts that run, and requests that wait for their run.
    #[must_use]
    pub fn runs(&self) -> (usize, usize) {
        (self.running.len(), self.schedule.len().saturating_sub(self.running.len()))
    }

    /// When something is due without anything else happening, in unix milliseconds: then it is [`Happening::Turn`].
    #[must_use]
    pub fn next_at(&self) -> Option<u64> {
        self.schedule.next_at().into_iter().chain(self.leaves_at).min()
    }

    fn note(&mut self, note: Note) {
        self.out.push(Action::Note(note));
    }

    fn order(&mut self, order: Order) {
        self.out.push(Action::Order(order));
    }

    fn agree(&mut self, input: Input) {
        self.out.push(Action::Agree(input));
    }

    /// The request needs no more work: stored, and when nothing can bring it back, forgotten in memory.
    fn end(&mut self, id: B256, state: State, reason: Option<&str>) {
        self.rest(id, state, reason);
        if matches!(state, State::Final | State::Expired) {
            self.forget(id);
        }
    }

    /// The request needs no work unless the chain takes something back.
    fn rest(&mut self, id: B256, state: State, reason: Option<&str>) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.end(state, reason);
        request.rests = true;
        let key = request.key();
        self.requests.touch(id);
        self.note(Note::Entered(state));
        self.note(Note::Ended { id, state });
        self.order(Order::Answered(id));
        self.schedule.remove(&id);
        self.agree(Input::Settled(key));
    }

    /// Nothing is kept in memory about the request.
    fn forget(&mut self, id: B256) {
        if let Some(request) = self.requests.remove(&id) {
            self.schedule.remove(&id);
            self.agree(Input::Forget(request.key()));
        }
    }
}
