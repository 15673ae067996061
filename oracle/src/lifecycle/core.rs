//! The node without its process: lifecycle, protocol and timers, told what happens, asking for work.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alloy::primitives::B256;
use oracle_ocr::{
    Curves, Earlier, Effect, Input, Message, OracleIndex, Protocol, Record, RecordError, RequestKey, Signer,
    Verifier,
};

use super::{Action, Happening, Known, Lifecycle, Note, Order, RequestRow, Rules, timers::Timers};

/// One member of the DON, as a function of what it is told. See the module's documentation.
pub struct Core<S, V = Curves> {
    lifecycle: Lifecycle,
    protocol: Protocol<S, V>,
    timers: Timers,
    work: Work,
}

/// What a core asks for. Records are made durable before messages and orders, rows before runs; other rows soon: after
/// a crash the chain and the records say again what they say.
#[derive(Debug, Default)]
pub struct Work {
    /// Records of the protocol, each replacing the one with the same id.
    pub records: Vec<Record>,
    /// Rows of requests by id.
    pub rows: BTreeMap<B256, RequestRow>,
    /// Messages, to one oracle or to all others.
    pub messages: Vec<(Option<OracleIndex>, Message)>,
    /// What is done outside the node's memory.
    pub orders: Vec<Order>,
    /// For logs and counters.
    pub notes: Vec<Note>,
    /// The configuration in force has been replaced.
    pub is_over: bool,
    /// Records that cannot be read: the node must not go on, because it would forget what it said.
    pub unreadable: Option<RecordError>,
}

impl<S: Signer, V: Verifier> Core<S, V> {
    /// Without any request; `protocol` has no history.
    pub fn new(rules: Rules, protocol: Protocol<S, V>) -> Self {
        Self { lifecycle: Lifecycle::new(rules), protocol, timers: Timers::default(), work: Work::default() }
    }

    /// Requests, and the rules about them.
    pub const fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// Takes one happening at a time `now` (unix milliseconds).
    pub fn on(&mut self, now: u64, happening: Happening) {
        let actions = self.lifecycle.on(now, happening);
        self.carry_out(now, actions);
    }

    /// A decoded message arrived from the peer that is oracle `from`.
    pub fn hear(&mut self, now: u64, from: OracleIndex, message: Message) {
        self.step(now, Input::Message { from, message });
    }

    /// A connection to the oracle was established.
    pub fn connected(&mut self, now: u64, oracle: OracleIndex) {
        self.step(now, Input::Connected(oracle));
    }

    /// A message to the oracle and its answer took so long on the wire.
    pub fn round_trip(&mut self, now: u64, oracle: OracleIndex, millis: u64) {
        self.step(now, Input::RoundTrip { oracle, millis });
    }

    /// The transmitter would send the reports of these requests as one: [`Order::Batched`] answers.
    pub fn gather(&mut self, now: u64, keys: Vec<RequestKey>) {
        self.step(now, Input::Batch(keys));
    }

    /// Fires the timers that are due.
    pub fn tick(&mut self, now: u64) {
        while let Some(timer) = self.timers.take_due(now) {
            self.step(now, Input::Timer(timer));
        }
    }

    /// When something is due without anything happening, in unix milliseconds.
    pub fn next_at(&self) -> Option<u64> {
        self.timers.next_at().into_iter().chain(self.lifecycle.next_at()).min()
    }

    /// Fills free slots, then gives everything asked for since the last call.
    pub fn take_work(&mut self, now: u64) -> Work {
        self.on(now, Happening::Turn);
        std::mem::take(&mut self.work)
    }

    /// Whether records or a row of request `id` wait to be taken with the other work, so that what is stored of it is
    /// older than what is known.
    pub fn has_unstored(&self, id: &B256) -> bool {
        self.work.rows.contains_key(id) || self.work.records.iter().any(|record| record.id.key.request == *id)
    }

    /// All records and rows that wait, to be made durable before the work that they were asked for with.
    pub fn take_unstored(&mut self) -> (Vec<Record>, BTreeMap<B256, RequestRow>) {
        (std::mem::take(&mut self.work.records), std::mem::take(&mut self.work.rows))
    }

    fn step(&mut self, now: u64, input: Input) {
        let actions = self.agree(now, input);
        self.carry_out(now, actions);
    }

    fn carry_out(&mut self, now: u64, actions: Vec<Action>) {
        let mut left = VecDeque::from(actions);
        while let Some(action) = left.pop_front() {
            match action {
                Action::Store(row) => self.work.store(*row),
                Action::Agree(input) => left.extend(self.agree(now, input)),
                Action::Recall(records, earlier) => left.extend(self.recall(now, records, *earlier)),
                Action::Ask(key) => {
                    let observations = self.protocol.view(&key).map(|view| view.observations);
                    let authors = observations.into_iter().flatten().map(|signed| signed.sender).collect();
                    left.extend(self.lifecycle.on(now, Happening::Heard { key, authors }));
                }
                Action::Order(order) => self.work.orders.push(order),
                Action::Note(note) => self.work.notes.push(note),
                Action::Stop => self.work.is_over = true,
            }
        }
    }

    fn agree(&mut self, now: u64, input: Input) -> Vec<Action> {
        if let Input::Forget(key) = &input {
            self.timers.forget(key);
        }
        let effects = self.protocol.step(now, input);
        self.take_effects(now, effects, BTreeSet::new())
    }

    fn recall(&mut self, now: u64, records: Vec<Record>, earlier: Earlier) -> Vec<Action> {
        let keys: BTreeSet<RequestKey> = records.iter().map(|record| record.id.key).collect();
        match self.protocol.recall(now, records, &earlier) {
            Ok(effects) => self.take_effects(now, effects, keys),
            Err(err) => {
                self.work.unreadable.get_or_insert(err);
                Vec::new()
            }
        }
    }

    /// Sorts effects into work and happenings; `touched` are requests about which the protocol knows more.
    fn take_effects(
        &mut self,
        now: u64,
        effects: Vec<Effect>,
        mut touched: BTreeSet<RequestKey>,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        for effect in effects {
            match effect {
                Effect::Persist(record) => {
                    touched.insert(record.id.key);
                    self.work.records.push(record);
                }
                Effect::Send { to, message } => self.work.messages.push((Some(to), message)),
                Effect::Broadcast(message) => self.work.messages.push((None, message)),
                Effect::SetTimer { timer, at } => self.timers.set(timer, at),
                Effect::Report(ready) => {
                    actions.extend(self.lifecycle.on(now, Happening::Reported(ready)));
                }
                Effect::Batched { first, batch } => {
                    self.work.orders.push(Order::Batched { first: first.request, batch });
                }
                Effect::Blame { oracle, misbehavior } => {
                    self.work.notes.push(Note::Blamed { oracle, misbehavior });
                }
            }
        }
        for key in touched {
            if let Some(known) = self.protocol.view(&key).map(Known::from) {
                actions.extend(self.lifecycle.on(now, Happening::Learned { key, known }));
            }
        }
        actions
    }
}

impl Work {
    /// Whether anything must be made durable.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        !self.records.is_empty() || !self.rows.is_empty()
    }

    fn store(&mut self, row: RequestRow) {
        row.put_in(&mut self.rows);
    }
}
