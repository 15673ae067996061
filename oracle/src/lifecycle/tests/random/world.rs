//! What surrounds the lifecycle, as simple as its promises allow.

mod chain;

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::B256;
use oracle_ocr::{Earlier, Input, Record, RequestKey};

use super::super::{
    Action, BLOCK_SECONDS, Bench, CAUGHT_UP, Happening, Known, Order, RequestRow, Rules, State,
    TIMEOUT_SECONDS, answer, id, key_of, observation, ready, record, rules, seen, table,
};
use super::counts::Counts;
use crate::lifecycle::{EXPIRY_GRACE_SECONDS, Stored};

const IDS: u8 = 12;
const SLOTS: usize = 2;

/// Something in a block.
#[derive(Clone, Debug)]
enum Entry {
    Request { id: u8, fee: u64 },
    Response { id: u8, fee: u64, ours: bool },
    Timeout { id: u8, fee: u64 },
}

/// What the protocol knows of a request; `own` and the rest are durable at once.
#[derive(Clone, Debug, Default)]
struct Facts {
    known: Known,
    rests: bool,
}

/// A delivery under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    Waits,
    Sent,
    Ended,
}

pub(super) struct World {
    dice: u64,
    bench: Bench,
    chain: Vec<(u64, Entry)>,
    head: u64,
    last_final: u64,
    /// In the protocol's memory.
    memory: BTreeMap<RequestKey, Facts>,
    /// In the journal.
    records: BTreeMap<RequestKey, Known>,
    running: BTreeSet<RequestKey>,
    deliveries: BTreeMap<u8, (RequestKey, Delivery)>,
    /// Transactions of ours that wait for a block, and the fees of the commitments they carry.
    pool: BTreeMap<u8, u64>,
    steps: BTreeSet<(String, String)>,
    states: BTreeMap<B256, State>,
    broken: Option<String>,
    pub(super) counts: Counts,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = Self {
            dice: seed,
            bench: Bench::with(Rules { slots: SLOTS, ..rules() }),
            chain: Vec::new(),
            head: 10,
            last_final: 9,
            memory: BTreeMap::new(),
            records: BTreeMap::new(),
            running: BTreeSet::new(),
            deliveries: BTreeMap::new(),
            pool: BTreeMap::new(),
            steps: table::steps(),
            states: BTreeMap::new(),
            broken: None,
            counts: Counts::default(),
        };
        world.tell(CAUGHT_UP);
        world
    }

    /// SplitMix64.
    fn roll(&mut self, below: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let len = u64::try_from(from.len()).ok().filter(|len| *len > 0)?;
        from.get(usize::try_from(self.roll(len)).ok()?).cloned()
    }

    /// One thing that happens; its name.
    pub(super) fn step(&mut self) -> String {
        self.bench.now += self.roll(400);
        match self.roll(20) {
            0..=2 => self.new_request(),
            3 => self.response_of_another(),
            4..=5 => self.deliver(),
            6..=7 => self.mine(),
            8 => self.reorganise(),
            9 => self.finalise(),
            10..=12 => self.run_ends(),
            13..=16 => self.agree_further(),
            17 if self.roll(4) == 0 => self.restart(),
            18 => self.quiet("explain", Happening::Explain),
            _ => {
                let caught_up = self.caught_up();
                self.quiet("caught up", caught_up)
            }
        }
    }

    fn caught_up(&self) -> Happening {
        Happening::CaughtUp { height: self.head, seconds: BLOCK_SECONDS }
    }

    fn read_all(&mut self) {
        let caught_up = self.caught_up();
        self.tell(caught_up);
    }

    fn quiet(&mut self, name: &str, happening: Happening) -> String {
        self.tell(happening);
        self.tell(Happening::Turn);
        name.to_owned()
    }

    /// Everything expires, but what is answered.
    pub(super) fn end(&mut self) {
        self.read_all();
        let before = self.bench.lifecycle.len();
        self.tell(Happening::Dated { seconds: TIMEOUT_SECONDS + EXPIRY_GRACE_SECONDS + 1 });
        self.counts.expired += (before - self.bench.lifecycle.len()) as u64;
        let has_ended = |state| matches!(state, State::Included | State::Expired);
        let left = self.bench.lifecycle.requests.ids_where(|request| !has_ended(request.state()));
        self.claim(left.is_empty(), || format!("{left:?} stay for ever"));
        // What has ended is not open on the chain's side either.
        self.chain.clear();
    }

    fn records_of(&self, key: RequestKey) -> Vec<Record> {
        self.records.get(&key).map(|_| record(key)).into_iter().collect()
    }

    /// A delivery whose turn has come looks at the chain, and sends.
    fn deliver(&mut self) -> String {
        let due: Vec<u8> = self
            .deliveries
            .iter()
            .filter(|(_, (_, delivery))| *delivery == Delivery::Waits)
            .map(|(byte, _)| *byte)
            .collect();
        let Some(byte) = self.pick(&due) else { return "nothing to deliver".to_owned() };
        let answered = self.answered(byte);
        let Some((key, delivery)) = self.deliveries.get_mut(&byte) else { return String::new() };
        let key = *key;
        if answered {
            *delivery = Delivery::Ended;
            return format!("delivery of {byte} is not needed");
        }
        *delivery = Delivery::Sent;
        let fee = [5, 6].into_iter().find(|fee| key_of(&seen(byte, *fee, 0)) == key).unwrap_or_default();
        let twice = self.pool.insert(byte, fee).is_some();
        self.claim(!twice, || format!("two transactions of {byte} under way"));
        self.counts.delivered += 1;
        let (tx_hash, stage) = (B256::repeat_byte(0x77), 1);
        self.tell(Happening::Submitted { id: id(byte), tx_hash, stage, stored: None });
        format!("transaction of {byte}")
    }

    fn run_ends(&mut self) -> String {
        let running: Vec<RequestKey> = self.running.iter().copied().collect();
        let Some(key) = self.pick(&running) else { return "nothing runs".to_owned() };
        self.running.remove(&key);
        let observation = if self.roll(3) == 0 { Err("no memory".to_owned()) } else { Ok(observation()) };
        let name = format!("run of {} ends: {}", key.request[0], observation.is_ok());
        self.tell(Happening::Finished { key, observation });
        self.tell(Happening::Turn);
        name
    }

    /// Peers bring a request on.
    fn agree_further(&mut self) -> String {
        // A protocol that rests still takes the report of a peer.
        let works = |facts: &Facts| !facts.known.reported && !facts.known.quarantined;
        let open: Vec<RequestKey> =
            self.memory.iter().filter(|(_, facts)| works(facts)).map(|(key, _)| *key).collect();
        let Some(key) = self.pick(&open) else { return "nothing to agree on".to_owned() };
        let Some(facts) = self.memory.get_mut(&key) else { return String::new() };
        if facts.known.locked || facts.rests {
            facts.known.reported = true;
        } else {
            facts.known.locked = true;
        }
        let known = facts.known.clone();
        self.records.insert(key, known.clone());
        if known.reported {
            self.tell(Happening::Reported(Box::new(ready(key))));
        }
        self.tell(Happening::Learned { key, known });
        format!("{} is agreed further", key.request[0])
    }

    /// The process dies and comes back: it has its journal and reads what is not final again.
    fn restart(&mut self) -> String {
        self.counts.restarts += 1;
        let rows = std::mem::take(&mut self.bench.rows);
        let now = self.bench.now;
        self.bench = Bench::with(Rules { slots: SLOTS, ..rules() });
        (self.bench.rows, self.bench.now) = (rows, now);
        self.memory.clear();
        self.running.clear();
        self.deliveries.clear();
        if self.head > self.last_final && self.roll(2) == 0 {
            self.move_unseen();
        }
        let ended = |row: &RequestRow| match row.view.state {
            State::Final | State::Refused | State::Undeliverable => true,
            State::Expired => row.view.timed_out_block.is_none(),
            _ => false,
        };
        let mut stored = Vec::new();
        for row in self.bench.rows.values().filter(|row| !ended(row)) {
            let byte = row.view.request_id[0];
            let seen = [5, 6]
                .map(|fee| seen(byte, fee, row.block_number))
                .into_iter()
                .find(|seen| seen.commitment_hash == row.commitment_hash);
            let Some(seen) = seen else { continue };
            let records = if row.view.state.is_settled() { vec![] } else { self.records_of(key_of(&seen)) };
            stored.push(Stored { seen, row: (**row).clone(), records, earlier: Earlier::default() });
        }
        self.tell(Happening::Restored { stored, first_block: self.last_final + 1 });
        for (block, entry) in self.chain.clone() {
            if block > self.last_final {
                self.read(block, &entry);
            }
        }
        self.read_all();
        self.tell(Happening::Turn);
        "restart".to_owned()
    }

    fn tell(&mut self, happening: Happening) {
        self.bench.tell(happening);
        let actions = std::mem::take(&mut self.bench.actions);
        for action in actions {
            self.obey(action);
        }
    }

    fn obey(&mut self, action: Action) {
        match action {
            Action::Store(row) => self.stored(row.view.request_id, row.view.state),
            Action::Agree(Input::Request(event)) => {
                let key = event.key();
                let new = self.records.insert(key, Known::default()).is_none();
                self.claim(new, || format!("{} is opened without its records", key.request[0]));
                self.counts.opened += 1;
                let known = Known { quarantined: self.roll(12) == 0, ..Known::default() };
                self.learn(key, known);
            }
            Action::Agree(Input::Observed { key, .. }) => {
                let active =
                    self.memory.get(&key).filter(|facts| !facts.rests && !facts.known.needs_no_run());
                let Some(known) = active.map(|facts| facts.known.clone()) else { return };
                let stored = self.records.get(&key).is_some_and(|known| known.own.is_some());
                self.claim(!stored, || format!("{} is observed twice", key.request[0]));
                self.learn(key, Known { own: Some(answer()), ..known });
            }
            Action::Agree(Input::Settled(key)) => {
                if let Some(facts) = self.memory.get_mut(&key) {
                    facts.rests = true;
                }
            }
            Action::Agree(Input::Forget(key)) => {
                self.memory.remove(&key);
            }
            Action::Recall(records, _) => {
                self.counts.recalled += 1;
                for record in records {
                    let key = record.id.key;
                    let known = self.records.get(&key).cloned().unwrap_or_default();
                    if known.reported {
                        self.tell(Happening::Reported(Box::new(ready(key))));
                    }
                    self.learn(key, known);
                }
            }
            Action::Ask(key) => self.tell(Happening::Heard { key, authors: vec![] }),
            Action::Order(order) => self.order(order),
            Action::Agree(_) | Action::Note(_) | Action::Stop => {}
        }
    }

    fn learn(&mut self, key: RequestKey, known: Known) {
        self.records.insert(key, known.clone());
        self.memory.insert(key, Facts { known: known.clone(), rests: false });
        self.tell(Happening::Learned { key, known });
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Run(key) => {
                self.counts.runs += 1;
                let new = self.running.insert(key);
                self.claim(new, || format!("{} runs twice", key.request[0]));
                let count = self.running.len();
                self.claim(count <= SLOTS, || format!("{count} runs in {SLOTS} slots"));
            }
            Order::EndRun(key) => {
                self.counts.ended_runs += 1;
                let ran = self.running.remove(&key);
                self.claim(ran, || format!("a run of {} is ended that is not there", key.request[0]));
                let request = self.bench.lifecycle.requests.keyed_mut(&key);
                let is_open = request.is_some_and(|request| !request.state().is_settled());
                self.claim(!is_open, || format!("the run of {} is ended, which is open", key.request[0]));
            }
            Order::Read(key) => {
                let records = self.records_of(key);
                self.tell(Happening::Read { key, records, earlier: Earlier::default() });
            }
            Order::Transmit(report) => {
                let key = report.ready.key;
                let byte = key.request[0];
                let answered = self.answered(byte);
                self.claim(!answered, || format!("{byte} is delivered although the chain shows a response"));
                // A transaction that is under way is watched, not sent again; a delivery under way is kept.
                let begun = if self.pool.contains_key(&byte) { Delivery::Sent } else { Delivery::Waits };
                let place = self.deliveries.entry(byte).or_insert((key, begun));
                if place.1 == Delivery::Ended {
                    *place = (key, begun);
                }
                let same = place.0 == key;
                self.claim(same, || format!("{byte} is delivered for a commitment that was replaced"));
            }
            Order::Cancel(id) => {
                self.deliveries.remove(&id[0]);
            }
            Order::Answered(id) => {
                if let Some((_, delivery @ Delivery::Waits)) = self.deliveries.get_mut(&id[0]) {
                    *delivery = Delivery::Ended;
                }
            }
            Order::Batched { .. } | Order::Progressed { .. } => {}
        }
    }

    fn stored(&mut self, id: B256, state: State) {
        let before = self.states.insert(id, state).map_or("UNKNOWN", State::name);
        let step = (before.to_owned(), state.name().to_owned());
        let known = self.steps.contains(&step);
        self.claim(known, || format!("{step:?} is no step of the table"));
    }

    fn claim(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.broken.get_or_insert_with(otherwise);
        }
    }

    /// The first promise that does not hold.
    pub(super) fn broken(&self) -> Option<String> {
        self.broken.clone().or_else(|| self.lost())
    }

    fn lost(&self) -> Option<String> {
        let lifecycle = &self.bench.lifecycle;
        for byte in self.open_on_chain() {
            let state = self.states.get(&id(byte)).copied();
            let Some(request) = lifecycle.requests.get(&id(byte)) else {
                return Some(format!("{byte} is open on chain, and not in memory: {state:?}"));
            };
            if request.state().is_settled() {
                return Some(format!("{byte} is open on chain, and settled: {state:?}"));
            }
        }
        let open = lifecycle.requests.ids_where(|request| !request.state().is_settled());
        open.into_iter().find_map(|id| {
            let request = lifecycle.requests.get(&id)?;
            let key = request.key();
            let starts = lifecycle.to_start.contains(&id);
            let runs = self.running.contains(&key) || (request.needs_run() && lifecycle.schedule.holds(&id));
            let facts = self.memory.get(&key).filter(|facts| !facts.rests);
            let with_peers = facts.is_some_and(|facts| !facts.known.reported && facts.known.needs_no_run());
            let delivery = self.deliveries.get(&id[0]).filter(|(of, _)| *of == key);
            let delivered = delivery.is_some_and(|(_, delivery)| *delivery != Delivery::Ended);
            let lives = starts || runs || with_peers || delivered;
            (!lives).then(|| {
                format!("{} is lost in {}: {request:?}, {facts:?}, {delivery:?}", id[0], request.state())
            })
        })
    }
}
