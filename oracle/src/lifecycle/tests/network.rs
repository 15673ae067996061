//! Four cores and a wire, without a process: lifecycle and protocol together.

use std::collections::{BTreeMap, VecDeque};

use alloy::primitives::{Address, B256, keccak256};
use functions_offchain_config::{Member, Method, OffchainConfig, Timing};
use functions_types::limits::{Limits, RunOptions};
use oracle_ocr::{
    Earlier, Message, Oracle, OracleIndex, Protocol, Record, RecordId, ReportSignature, RequestKey, Roster,
    Signer, Slot, Verifier,
};

use super::{
    super::{Core, Rules},
    CAUGHT_UP, Happening, Known, Order, REQUEST_BLOCK, RESPONSE_BLOCK, RequestRow, Requested, State, Stored,
    THEIRS, at, id, key, observation, requested, rules, seen, stored,
};

const MEMBERS: u8 = 4;

/// Signatures that nobody forges, because nobody here tries.
#[derive(Clone, Copy)]
struct Honest(u8);

fn signer(index: u8) -> Address {
    Address::repeat_byte(0xa0 + index)
}

fn offchain(index: u8) -> [u8; 32] {
    [0xb0 + index; 32]
}

impl Signer for Honest {
    fn sign_offchain(&self, bytes: &[u8]) -> [u8; 64] {
        let half = keccak256([&offchain(self.0), bytes].concat()).0;
        [half, half].concat().try_into().expect("twice 32")
    }

    fn sign_report(&self, hash: &B256) -> ReportSignature {
        let r = keccak256([signer(self.0).as_slice(), hash.as_slice()].concat()).0;
        ReportSignature { r, s: r, v: 0 }
    }
}

impl Verifier for Honest {
    fn verify_offchain(&self, oracle: &Oracle, bytes: &[u8], signature: &[u8; 64]) -> bool {
        (0..MEMBERS).any(|index| {
            offchain(index) == oracle.offchain_public_key && Self(index).sign_offchain(bytes) == *signature
        })
    }

    fn verify_report(&self, oracle: &Oracle, hash: &B256, signature: &ReportSignature) -> bool {
        (0..MEMBERS)
            .any(|index| signer(index) == oracle.signer && Self(index).sign_report(hash) == *signature)
    }
}

fn core(index: u8) -> Core<Honest, Honest> {
    core_under(1, index)
}

fn core_under(digest: u8, index: u8) -> Core<Honest, Honest> {
    let member =
        |index| Member { peer_id: String::new(), addresses: vec![], offchain_public_key: offchain(index) };
    let config = OffchainConfig {
        members: (0..MEMBERS).map(member).collect(),
        timing: Timing::default(),
        limits: Limits::DEFAULT,
        options: RunOptions::default(),
        method: Method::Mode,
        allow_unbound_secrets: false,
    };
    let signers: Vec<Address> = (0..MEMBERS).map(signer).collect();
    let roster = Roster::new(B256::repeat_byte(digest), 1, &signers, &signers, &config).expect("a roster");
    let protocol = Protocol::with_verifier(roster, OracleIndex::new(index), Honest(index), Honest(index));
    Core::new(Rules { transmitter: signer(index), ..rules() }, protocol)
}

/// One member: its core, and its journal.
struct Place {
    core: Core<Honest, Honest>,
    /// By configuration.
    records: BTreeMap<(u8, RecordId), Record>,
    rows: BTreeMap<B256, RequestRow>,
    /// Deliveries ordered.
    deliveries: Vec<RequestKey>,
    runs: usize,
}

/// The wire.
struct Net {
    places: Vec<Place>,
    wire: VecDeque<(u8, u8, Message)>,
    now: u64,
    /// The configuration in force.
    digest: u8,
}

impl Net {
    fn new() -> Self {
        let place = |index| Place {
            core: core(index),
            records: BTreeMap::new(),
            rows: BTreeMap::new(),
            deliveries: vec![],
            runs: 0,
        };
        Self { places: (0..MEMBERS).map(place).collect(), wire: VecDeque::new(), now: 1_000, digest: 1 }
    }

    fn tell(&mut self, index: u8, happening: Happening) {
        let now = self.now;
        self.places[usize::from(index)].core.on(now, happening);
        self.work(index);
    }

    fn request(&mut self, index: u8, block: u64) {
        let (records, earlier) = (self.records_of(index, key(1)), self.earlier(index, key(1)));
        let row = self.places[usize::from(index)].rows.get(&id(1)).cloned();
        let requested = Requested { seen: seen(1, 5, block), row, records, earlier };
        self.tell(index, Happening::Requested(Box::new(requested)));
        self.tell(index, CAUGHT_UP);
    }

    fn records_of(&self, index: u8, key: RequestKey) -> Vec<Record> {
        let all = self.places[usize::from(index)].records.iter();
        let ours = all.filter(|((digest, id), _)| *digest == self.digest && id.key == key);
        ours.map(|(_, record)| record.clone()).collect()
    }

    fn earlier(&self, index: u8, key: RequestKey) -> Earlier {
        let all = self.places[usize::from(index)].records.iter();
        let others = all.filter(|((digest, id), _)| *digest != self.digest && id.key == key);
        let others: Vec<Record> = others.map(|(_, record)| record.clone()).collect();
        Earlier::read(&others).expect("readable")
    }

    /// Does what is asked for: stores first, then sends, runs, delivers.
    fn work(&mut self, index: u8) {
        let (now, digest) = (self.now, self.digest);
        let place = &mut self.places[usize::from(index)];
        let work = place.core.take_work(now);
        assert!(work.unreadable.is_none() && !work.is_over);
        place.records.extend(work.records.into_iter().map(|record| ((digest, record.id), record)));
        place.rows.extend(work.rows);
        for (to, message) in work.messages {
            let receivers = (0..MEMBERS).filter(|other| *other != index);
            let receivers = receivers.filter(|other| to.is_none_or(|to| to.get() == *other));
            self.wire.extend(receivers.map(|to| (index, to, message.clone())));
        }
        for order in work.orders {
            match order {
                Order::Run(key) => {
                    self.places[usize::from(index)].runs += 1;
                    self.tell(index, Happening::Finished { key, observation: Ok(observation()) });
                }
                Order::Read(key) => {
                    let (records, earlier) = (self.records_of(index, key), self.earlier(index, key));
                    self.tell(index, Happening::Read { key, records, earlier });
                }
                Order::Transmit(report) => {
                    self.places[usize::from(index)].deliveries.push(report.ready.key);
                }
                Order::EndRun(_)
                | Order::Batched { .. }
                | Order::Answered(_)
                | Order::Cancel(_)
                | Order::Progressed { .. } => {}
            }
        }
    }

    /// Everything said arrives.
    fn arrive(&mut self) {
        while let Some((from, to, message)) = self.wire.pop_front() {
            let now = self.now;
            self.places[usize::from(to)].core.hear(now, OracleIndex::new(from), message);
            self.work(to);
        }
    }

    fn restart(&mut self, index: u8) {
        let rows = self.places[usize::from(index)].rows.clone();
        self.places[usize::from(index)].core = core_under(self.digest, index);
        let start = rows.values().map(|row| {
            let records = if row.view.state.is_settled() { vec![] } else { self.records_of(index, key(1)) };
            Stored { earlier: self.earlier(index, key(1)), ..stored(row, records) }
        });
        let start = start.collect();
        self.tell(index, Happening::Restored { stored: start, first_block: RESPONSE_BLOCK + 1 });
        self.tell(index, CAUGHT_UP);
        for other in (0..MEMBERS).filter(|other| *other != index) {
            let now = self.now;
            self.places[usize::from(other)].core.connected(now, OracleIndex::new(index));
            self.work(other);
        }
    }

    fn state(&self, index: u8) -> State {
        self.places[usize::from(index)].rows[&id(1)].view.state
    }
}

#[test]
fn four_cores_agree_and_each_orders_one_delivery() {
    let mut net = Net::new();
    for index in 0..MEMBERS {
        net.request(index, REQUEST_BLOCK);
    }
    net.arrive();
    for index in 0..MEMBERS {
        assert_eq!(net.state(index), State::Reported);
        assert_eq!(net.places[usize::from(index)].deliveries, [key(1)]);
        net.tell(index, Happening::Responded { id: id(1), transmitter: signer(0), at: at(RESPONSE_BLOCK) });
        net.tell(index, Happening::Finalised { block: RESPONSE_BLOCK });
        assert_eq!(net.state(index), State::Final);
        assert!(net.places[usize::from(index)].core.lifecycle().is_empty());
        assert_eq!(net.places[usize::from(index)].core.next_at(), None, "no timer is left");
    }
}

#[test]
fn core_that_starts_again_observes_once_and_its_peers_finish_with_it() {
    let mut net = Net::new();
    net.request(0, REQUEST_BLOCK);
    net.request(1, REQUEST_BLOCK);
    net.arrive();
    assert_eq!(net.state(1), State::Observed);
    net.restart(1);
    net.request(2, REQUEST_BLOCK);
    net.arrive();
    assert_eq!(
        (net.state(0), net.state(1), net.state(2)),
        (State::Reported, State::Reported, State::Reported)
    );
    assert_eq!(net.places[1].runs, 1);
}

#[test]
fn core_does_not_observe_again_when_its_request_left_the_chain_while_it_was_down() {
    let mut net = Net::new();
    net.request(0, REQUEST_BLOCK);
    assert_eq!(net.state(0), State::Observed);
    net.tell(0, Happening::Rewound { first: REQUEST_BLOCK });
    net.restart(0);
    let before = net.records_of(0, key(1));
    net.request(0, REQUEST_BLOCK + 3);
    assert_eq!((net.state(0), net.places[0].runs), (State::Observed, 1));
    assert_eq!(net.records_of(0, key(1)), before, "nothing new was signed");
}

#[test]
fn core_delivers_from_its_records_when_the_response_leaves_the_chain_after_a_start() {
    let mut net = Net::new();
    (0..3).for_each(|index| net.request(index, REQUEST_BLOCK));
    net.arrive();
    net.tell(0, Happening::Responded { id: id(1), transmitter: THEIRS, at: at(RESPONSE_BLOCK) });
    net.restart(0);
    assert_eq!((net.state(0), net.places[0].deliveries.len()), (State::Included, 1));
    net.tell(0, Happening::Rewound { first: RESPONSE_BLOCK });
    assert_eq!((net.state(0), net.places[0].deliveries.len()), (State::Reported, 2));
}

#[test]
fn s3_requests_in_flight_survive_a_change_of_configuration_and_no_script_runs_again() {
    let mut net = Net::new();
    // Given a request on which two are locked and one is not,
    (0..2).for_each(|index| net.request(index, REQUEST_BLOCK));
    net.arrive();
    net.request(2, REQUEST_BLOCK);
    net.wire.truncate(1);
    net.arrive();
    assert_eq!((net.state(0), net.state(1), net.state(2)), (State::Locked, State::Observed, State::Locked));
    // when all go over to the next configuration, then they agree under it on what they had,
    net.digest = 2;
    (0..3).for_each(|index| net.restart(index));
    net.arrive();
    for index in 0..3 {
        assert_eq!((net.state(index), net.places[usize::from(index)].runs), (State::Reported, 1));
    }
    // and the way back to the same members is no different.
    net.digest = 3;
    (0..MEMBERS).for_each(|index| net.restart(index));
    net.request(3, REQUEST_BLOCK);
    net.arrive();
    for index in 0..4 {
        let place = &net.places[usize::from(index)];
        assert_eq!((net.state(index), place.runs), (State::Reported, 1));
        let signed = |(digest, id): &(u8, RecordId)| (*digest == 3).then_some(id.slot);
        let slots: Vec<Slot> = place.records.keys().filter_map(signed).collect();
        assert!(slots.contains(&Slot::Attest) && slots.contains(&Slot::Observation), "{slots:?}");
        assert_eq!(slots.contains(&Slot::Bound), index < 3, "{slots:?}");
    }
}

#[test]
fn unreadable_records_stop_the_core() {
    let mut core = core(0);
    let mut broken = super::record(key(1));
    broken.body = vec![0xff];
    core.on(1, requested(seen(1, 5, REQUEST_BLOCK), None, vec![broken]));
    assert!(core.take_work(1).unreadable.is_some());
}

#[test]
fn rows_of_one_request_are_stored_once_with_their_event() {
    let mut core = core(0);
    core.on(1, requested(seen(1, 5, REQUEST_BLOCK), None, vec![]));
    core.on(1, CAUGHT_UP);
    core.on(1, Happening::Turn);
    let work = core.take_work(1);
    let row = work.rows.get(&id(1)).expect("a row");
    assert_eq!((work.rows.len(), row.event.as_str()), (1, "the event"));
    assert_eq!(row.view.state, State::Executing, "the newest");
    assert!(work.is_durable() && !core.take_work(1).is_durable());
    assert_eq!(Known::default().own, None);
}

/// Happenings are gathered before their work is done. Who reads the journal in between makes durable first what was
/// decided: otherwise a response on chain would be forgotten for what was stored before it.
#[test]
fn s2_what_is_decided_and_not_yet_stored_is_given_before_its_work() {
    let mut net = Net::new();
    let core = &mut net.places[0].core;
    let requested =
        Requested { seen: seen(1, 5, 1), row: None, records: vec![], earlier: Earlier::default() };
    core.on(net.now, Happening::Requested(Box::new(requested)));
    core.on(net.now, CAUGHT_UP);
    assert!(core.has_unstored(&id(1)) && !core.has_unstored(&id(2)));
    core.take_work(net.now);
    assert!(!core.has_unstored(&id(1)));

    core.on(net.now, Happening::Finished { key: key(1), observation: Ok(observation()) });
    core.on(net.now, Happening::TimedOut { id: id(1), block: 9 });
    assert!(core.has_unstored(&id(1)));
    let (records, rows) = core.take_unstored();
    assert!(records.iter().any(|record| record.id.key == key(1)), "its observation");
    assert_eq!(rows[&id(1)].view.state, State::Expired);
    assert!(!core.has_unstored(&id(1)));
    let work = core.take_work(net.now);
    assert!(work.records.is_empty() && work.rows.is_empty());
}
