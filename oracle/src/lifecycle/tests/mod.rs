//! The rules without a process.

mod chain;
mod configuration;
mod network;
mod random;
mod requests;
mod runs;
mod table;
mod unsaid;

use std::sync::Arc;

use alloy::primitives::{Address, B256, Bytes, keccak256};
use functions_report::ReportContext;
use functions_types::{Commitment, Juels, RequestId, SubscriptionId};
use oracle_ocr::{
    Answer, Attested, Earlier, Input, Observation, OracleIndex, Outcome, ReadyReport, Record, RecordId,
    RequestKey, Slot,
};

use super::{
    Action, EXPIRY_GRACE_SECONDS, Happening, Known, Lifecycle, Note, Order, RequestRow, Requested, Rules,
    State, Stored,
};
use crate::chain::{Position, SeenRequest};

pub(super) const COORDINATOR: Address = Address::repeat_byte(0xc0);
pub(super) const OURS: Address = Address::repeat_byte(0x11);
pub(super) const THEIRS: Address = Address::repeat_byte(0x22);
pub(super) const DON_ID: B256 = B256::repeat_byte(0xd0);
/// Time of every block with a request, and the timeout of every request.
pub(super) const BLOCK_SECONDS: u64 = 1_700_000_000;
pub(super) const TIMEOUT_SECONDS: u64 = BLOCK_SECONDS + 300;
/// Where requests and responses lie, unless a test says otherwise.
pub(super) const REQUEST_BLOCK: u64 = 10;
pub(super) const RESPONSE_BLOCK: u64 = 12;
/// The newest block, and the one of the configuration.
pub(super) const HEAD: u64 = 1_000;
pub(super) const KNOWN_BLOCK: u64 = 5;

/// The chain has been read, up to some block above all others.
pub(super) const CAUGHT_UP: Happening = Happening::CaughtUp { height: HEAD, seconds: BLOCK_SECONDS };
/// The router gave request 1 up.
pub(super) const TIMED_OUT: Happening =
    Happening::TimedOut { id: B256::repeat_byte(1), block: RESPONSE_BLOCK };

pub(super) fn rules() -> Rules {
    Rules {
        slots: 1,
        max_waiting: 100,
        transmitter: OURS,
        coordinator: COORDINATOR,
        don_id: DON_ID,
        config_count: 3,
        known_block: KNOWN_BLOCK,
        members: (0..4).map(OracleIndex::new).collect(),
        quorum: 3,
        run_limit_ms: 30_000,
    }
}

/// The event of request `id`; another `fee` makes another commitment.
pub(super) fn seen(id: u8, fee: u64, block: u64) -> SeenRequest {
    let commitment = Commitment {
        request_id: RequestId(B256::repeat_byte(id)),
        coordinator: COORDINATOR,
        estimated_total_cost_juels: Juels::from_uint96(1_000),
        client: Address::repeat_byte(0xc1),
        subscription_id: SubscriptionId(1),
        callback_gas_limit: 100_000,
        admin_fee: Juels::ZERO,
        don_fee: Juels::from_uint96(fee.into()),
        gas_overhead_before_callback: 1,
        gas_overhead_after_callback: 2,
        timeout_timestamp: u32::try_from(TIMEOUT_SECONDS).expect("a timestamp"),
    };
    SeenRequest {
        request_id: B256::repeat_byte(id),
        commitment_hash: commitment.hash(),
        commitment,
        requesting_contract: Address::repeat_byte(0xc1),
        request_initiator: Address::repeat_byte(9),
        subscription_id: 1,
        subscription_owner: Address::repeat_byte(8),
        data: Bytes::from_static(b"data"),
        data_version: 1,
        flags: B256::ZERO,
        at: at(block),
        block_timestamp: BLOCK_SECONDS,
        log_json: "the event".to_owned(),
    }
}

pub(super) fn at(block: u64) -> Position {
    Position {
        block_number: block,
        block_hash: keccak256(block.to_be_bytes()),
        tx_hash: B256::repeat_byte(0x77),
    }
}

pub(super) fn id(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

pub(super) fn key_of(seen: &SeenRequest) -> RequestKey {
    RequestKey { request: seen.request_id, commitment: seen.commitment_hash }
}

pub(super) fn key(id: u8) -> RequestKey {
    key_of(&seen(id, 5, REQUEST_BLOCK))
}

pub(super) fn record(key: RequestKey) -> Record {
    Record { id: RecordId { key, slot: Slot::Event, attempt: 0 }, body: vec![1] }
}

pub(super) fn answer() -> Answer {
    Answer::Result(vec![42])
}

pub(super) fn observed() -> Known {
    Known { own: Some(answer()), ..Known::default() }
}

pub(super) fn locked() -> Known {
    Known { locked: true, ..observed() }
}

pub(super) fn ready(key: RequestKey) -> ReadyReport {
    let signature = oracle_ocr::ReportSignature { r: [1; 32], s: [2; 32], v: 0 };
    let context =
        ReportContext { config_digest: B256::repeat_byte(1), epoch: 0, round: 0, extra_hash: B256::ZERO };
    ReadyReport {
        coming: 0,
        key,
        attested: Attested {
            attempt: 0,
            outcome: Outcome::Result(vec![42]),
            evidence: B256::ZERO,
            signatures: (0..3).map(|index| (OracleIndex::new(index), signature)).collect(),
        },
        report: vec![7],
        context,
        hash: B256::repeat_byte(0x88),
        stage: 1,
    }
}

/// A lifecycle under test: what it was told lies `now`, and its rows are kept as the journal would.
pub(super) struct Bench {
    pub(super) lifecycle: Lifecycle,
    pub(super) now: u64,
    pub(super) rows: std::collections::BTreeMap<B256, Arc<RequestRow>>,
    pub(super) actions: Vec<Action>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(rules())
    }

    pub(super) fn with(rules: Rules) -> Self {
        Self {
            lifecycle: Lifecycle::new(rules),
            now: 1_000,
            rows: std::collections::BTreeMap::new(),
            actions: Vec::new(),
        }
    }

    /// That has read the chain.
    pub(super) fn caught_up() -> Self {
        let mut bench = Self::new();
        bench.tell(CAUGHT_UP);
        bench
    }

    /// Tells a happening; what it asked for, in words.
    pub(super) fn tell(&mut self, happening: Happening) -> Vec<&'static str> {
        self.actions = self.lifecycle.on(self.now, happening);
        for action in &self.actions {
            if let Action::Store(row) = action {
                let mut row = (**row).clone();
                if row.event.is_empty() {
                    let earlier = self.rows.get(&row.view.request_id);
                    row.event = earlier.map(|row| row.event.clone()).unwrap_or_default();
                }
                self.rows.insert(row.view.request_id, Arc::new(row));
            }
        }
        self.actions.iter().filter_map(word).collect()
    }

    pub(super) fn tell_all(&mut self, happenings: impl IntoIterator<Item = Happening>) {
        for happening in happenings {
            self.tell(happening);
        }
    }

    pub(super) fn request(&mut self, seen: SeenRequest) -> Vec<&'static str> {
        self.request_with(seen, vec![])
    }

    /// The event, with the row as stored and these records.
    pub(super) fn request_with(&mut self, seen: SeenRequest, records: Vec<Record>) -> Vec<&'static str> {
        let row = self.rows.get(&seen.request_id).map(|row| (**row).clone());
        self.tell(requested(seen, row, records))
    }

    /// The stored row.
    pub(super) fn row(&self, byte: u8) -> &RequestRow {
        self.rows.get(&id(byte)).expect("a stored row")
    }

    pub(super) fn state(&self, byte: u8) -> State {
        self.row(byte).view.state
    }

    pub(super) fn reason(&self, byte: u8) -> &str {
        self.row(byte).view.reason.as_deref().unwrap_or_default()
    }

    pub(super) fn notes(&self) -> Vec<&Note> {
        self.actions
            .iter()
            .filter_map(|action| match action {
                Action::Note(note) => Some(note),
                _ => None,
            })
            .collect()
    }

    /// Request 1 in this state, by the way that leads there when nothing goes wrong.
    pub(super) fn in_state(state: State) -> Self {
        Self::on_the_way_to(state, |_| true)
    }

    /// The same, with its script still running.
    pub(super) fn running_in(state: State) -> Self {
        Self::on_the_way_to(state, |step| !matches!(step, Happening::Finished { .. }))
    }

    fn on_the_way_to(state: State, happens: impl Fn(&Happening) -> bool) -> Self {
        let mut bench = Self::caught_up();
        let key = key(1);
        let learned = |known| Happening::Learned { key, known };
        let steps: Vec<Happening> = vec![
            CAUGHT_UP,
            learned(Known::default()),
            Happening::Turn,
            Happening::Finished { key, observation: Ok(observation()) },
            learned(observed()),
            learned(locked()),
            Happening::Reported(Box::new(ready(key))),
            learned(Known { reported: true, ..locked() }),
            submitted(),
            responded(OURS),
        ];
        let (count, last) = match state {
            State::Seen => (2, None),
            State::Executing => (3, None),
            State::Observed => (5, None),
            State::Locked => (6, None),
            State::Reported => (8, None),
            State::Submitted => (9, None),
            State::Included => (10, None),
            State::Final => (10, Some(Happening::Finalised { block: RESPONSE_BLOCK })),
            State::Expired => {
                (6, Some(Happening::Dated { seconds: TIMEOUT_SECONDS + EXPIRY_GRACE_SECONDS + 1 }))
            }
            State::Undeliverable => (8, Some(undeliverable())),
            State::Orphaned => (5, Some(Happening::Rewound { first: REQUEST_BLOCK })),
            State::Refused => {
                bench = Self::with(Rules { max_waiting: 0, ..rules() });
                (1, None)
            }
        };
        bench.request(seen(1, 5, REQUEST_BLOCK));
        bench.tell_all(steps.into_iter().take(count).filter(happens).chain(last));
        assert_eq!(bench.state(1), state, "the way to it");
        bench
    }
}

pub(super) fn observation() -> Observation {
    Observation::result(vec![42], B256::ZERO)
}

pub(super) fn submitted() -> Happening {
    Happening::Submitted { id: id(1), tx_hash: B256::repeat_byte(0x77), stage: 1, stored: None }
}

pub(super) fn responded(transmitter: Address) -> Happening {
    Happening::Responded { id: id(1), transmitter, at: at(RESPONSE_BLOCK) }
}

pub(super) fn undeliverable() -> Happening {
    Happening::Undeliverable { id: id(1), reason: "code 5".to_owned() }
}

/// The word of the transition table for an action; notes have none.
fn word(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::Store(_) => "store",
        Action::Agree(Input::Request(_)) => "open",
        Action::Agree(Input::Earlier { .. }) => "take along",
        Action::Agree(Input::Observed { .. }) => "observe",
        Action::Agree(Input::Settled(_)) => "rest",
        Action::Agree(Input::Forget(_)) => "forget",
        Action::Agree(Input::ChainTime(_)) => "time",
        Action::Agree(other) => panic!("the lifecycle gave the protocol {other:?}"),
        Action::Recall(..) => "recall",
        Action::Ask(_) => "ask",
        Action::Order(Order::Run(_)) => "run",
        Action::Order(Order::EndRun(_)) => "end its run",
        Action::Order(Order::Read(_)) => "read",
        Action::Order(Order::Transmit(_)) => "transmit",
        Action::Order(Order::Batched { .. }) => panic!("the lifecycle answered in the protocol's place"),
        Action::Order(Order::Answered(_)) => "answered",
        Action::Order(Order::Cancel(_)) => "cancel",
        Action::Order(Order::Progressed { .. }) => "progressed",
        Action::Stop => "stop",
        Action::Note(_) => return None,
    })
}

/// An event, with what the journal holds of its request.
pub(super) fn requested(seen: SeenRequest, row: Option<RequestRow>, records: Vec<Record>) -> Happening {
    Happening::Requested(Box::new(Requested { seen, row, records, earlier: Earlier::default() }))
}

/// A stored request as a start finds it.
pub(super) fn stored(row: &RequestRow, records: Vec<Record>) -> Stored {
    let seen = seen(1, 5, row.block_number);
    Stored { seen, row: row.clone(), records, earlier: Earlier::default() }
}

/// A start finds these; blocks from `first_block` on are read again.
pub(super) fn restored(stored: Vec<Stored>, first_block: u64) -> Happening {
    Happening::Restored { stored, first_block }
}
