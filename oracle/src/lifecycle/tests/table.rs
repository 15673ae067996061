//! Every state against every happening, compared with the table in the module's documentation.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use alloy::primitives::B256;
use oracle_ocr::{Earlier, OracleIndex};

use super::{
    Bench, CAUGHT_UP, DON_ID, Happening, Known, OURS, REQUEST_BLOCK, RESPONSE_BLOCK, State, TIMED_OUT,
    TIMEOUT_SECONDS, id, key, locked, observation, observed, ready, record, requested, responded, restored,
    seen, stored, submitted, undeliverable,
};
use crate::lifecycle::EXPIRY_GRACE_SECONDS;

const TABLE: &str = include_str!("../transitions.md");

/// A request this node has never met.
const UNKNOWN: &str = "UNKNOWN";
const OPEN: [State; 6] =
    [State::Seen, State::Executing, State::Observed, State::Locked, State::Reported, State::Submitted];
const SETTLED: [State; 3] = [State::Included, State::Undeliverable, State::Orphaned];
const GONE: [State; 3] = [State::Final, State::Refused, State::Expired];

/// What only happens to a request whose script was begun.
const STILL_RUNS: &str = "its script still runs";

/// The happenings of the table, as told to a bench whose request 1 is in some state.
const HAPPENINGS: [&str; 30] = [
    "the event again",
    "the event in another block",
    "the event with another commitment",
    "a response",
    "its result code",
    "a refusal by the router",
    "a timeout on chain",
    "its block leaves the chain",
    "the response's block leaves the chain",
    "the chain has been read",
    "a free slot",
    STILL_RUNS,
    "its run ends",
    "its run fails",
    "the run's input is lost",
    "the own answer is durable",
    "an outcome is locked",
    "silence is decided",
    "a report",
    "its records are read",
    "a transaction is sent",
    "a transaction does not pay",
    "the chain refuses the report",
    "the response is final",
    "timeout and grace are over",
    "it has waited",
    "its observers are named",
    "the node starts",
    "a newer configuration",
    "another route",
];

fn tell(bench: &mut Bench, name: &str, state: Option<State>) -> Vec<&'static str> {
    let key = key(1);
    let learned = |known| Happening::Learned { key, known };
    let event = |bench: &Bench, fee, block| {
        let seen = seen(1, fee, block);
        let records = if state.is_some() { vec![record(super::key_of(&seen))] } else { vec![] };
        let row = bench.rows.get(&id(1)).map(|row| (**row).clone());
        requested(seen, row, records)
    };
    let happening = match name {
        "the event again" => event(bench, 5, REQUEST_BLOCK),
        "the event in another block" => event(bench, 5, REQUEST_BLOCK + 1),
        "the event with another commitment" => event(bench, 6, REQUEST_BLOCK),
        "a response" => responded(OURS),
        "its result code" => Happening::Processed { id: id(1), code: 0 },
        "a refusal by the router" => Happening::NotProcessed { id: id(1), code: 5 },
        "a timeout on chain" => TIMED_OUT,
        "its block leaves the chain" => Happening::Rewound { first: REQUEST_BLOCK },
        "the response's block leaves the chain" => Happening::Rewound { first: RESPONSE_BLOCK },
        "the chain has been read" => CAUGHT_UP,
        "a free slot" | STILL_RUNS => Happening::Turn,
        "its run ends" => Happening::Finished { key, observation: Ok(observation()) },
        "its run fails" => Happening::Finished { key, observation: Err("no memory".to_owned()) },
        "the run's input is lost" => Happening::Unrunnable { key },
        "the own answer is durable" => learned(observed()),
        "an outcome is locked" => learned(locked()),
        "silence is decided" => learned(Known { quarantined: true, ..Known::default() }),
        "a report" => Happening::Reported(Box::new(ready(key))),
        "its records are read" => {
            Happening::Read { key, records: vec![record(key)], earlier: Earlier::default() }
        }
        "a transaction is sent" => match submitted() {
            Happening::Submitted { id, tx_hash, stage, .. } if !bench.lifecycle.holds(&id) => {
                let stored = bench.rows.get(&id).map(|row| Box::new((**row).clone()));
                Happening::Submitted { id, tx_hash, stage, stored }
            }
            held => held,
        },
        "a transaction does not pay" => Happening::Unpaid { id: id(1), code: Some(3) },
        "the chain refuses the report" => undeliverable(),
        "the response is final" => Happening::Finalised { block: RESPONSE_BLOCK },
        "timeout and grace are over" => {
            Happening::Dated { seconds: TIMEOUT_SECONDS + EXPIRY_GRACE_SECONDS + 1 }
        }
        "it has waited" => {
            bench.now += 60_000;
            Happening::Explain
        }
        "its observers are named" => Happening::Heard { key, authors: vec![OracleIndex::new(0)] },
        "the node starts" => {
            let rows = std::mem::take(&mut bench.rows);
            *bench = Bench::new();
            bench.rows = rows;
            // What the journal gives at a start.
            let kept = |state| !matches!(state, State::Undeliverable) && !GONE.contains(&state);
            let row = bench.rows.get(&id(1)).filter(|row| kept(row.view.state));
            restored(row.map(|row| stored(row, vec![record(key)])).into_iter().collect(), 0)
        }
        "a newer configuration" => Happening::Configured { count: 4, digest: B256::ZERO },
        "another route" => Happening::Routed { don_id: DON_ID, coordinator: OURS },
        other => panic!("a happening without a meaning: {other}"),
    };
    bench.tell(happening)
}

fn states() -> Vec<Option<State>> {
    std::iter::once(None).chain(OPEN.into_iter().chain(SETTLED).chain(GONE).map(Some)).collect()
}

fn name(state: Option<State>) -> &'static str {
    state.map_or(UNKNOWN, State::name)
}

type Cell = (String, String);

/// What the code does: (happening, state) to (state, actions).
fn actual() -> BTreeMap<Cell, Cell> {
    let mut cells = BTreeMap::new();
    for state in states() {
        for happening in HAPPENINGS {
            let mut bench = match state {
                None | Some(State::Seen | State::Refused) if happening == STILL_RUNS => continue,
                None => Bench::caught_up(),
                Some(state) if happening == STILL_RUNS => Bench::running_in(state),
                Some(state) => Bench::in_state(state),
            };
            let asked = tell(&mut bench, happening, state);
            let after = bench.rows.get(&id(1)).map(|row| row.view.state);
            let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(" ") };
            cells.insert((happening.to_owned(), name(state).to_owned()), (name(after).to_owned(), asked));
        }
    }
    cells
}

/// What the documentation says.
fn documented() -> BTreeMap<Cell, Cell> {
    let rows = TABLE
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip_while(|line| !line.starts_with("| happening"));
    let mut cells = BTreeMap::new();
    for row in rows.skip(2) {
        let columns: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [happening, from, to, asked] = columns[..] else { panic!("not a row of the table: {row}") };
        for state in from.split(' ').flat_map(group) {
            let after = if to == "same" { state } else { to };
            let cell = (after.to_owned(), asked.to_owned());
            let twice = cells.insert((happening.to_owned(), state.to_owned()), cell);
            assert!(twice.is_none(), "two rows for {happening} in {state}");
        }
    }
    cells
}

fn group(word: &str) -> Vec<&str> {
    match word {
        "open" => OPEN.map(State::name).to_vec(),
        "settled" => SETTLED.map(State::name).to_vec(),
        "gone" => std::iter::once(UNKNOWN).chain(GONE.map(State::name)).collect(),
        "all" => ["open", "settled", "gone"].into_iter().flat_map(group).collect(),
        state => vec![state],
    }
}

#[test]
fn every_state_meets_every_happening_as_the_table_says() {
    let (actual, documented) = (actual(), documented());
    assert_eq!(actual.len(), 13 * HAPPENINGS.len() - 3, "in three states no script runs");
    let mut wrong = String::new();
    let cells: BTreeSet<_> = actual.keys().chain(documented.keys()).collect();
    for cell in cells {
        if actual.get(cell) != documented.get(cell) {
            let (code, table) = (actual.get(cell), documented.get(cell));
            writeln!(wrong, "{cell:?}: the code {code:?}, the table {table:?}").expect("a string takes it");
        }
    }
    assert!(wrong.is_empty(), "the table and the code differ:\n{wrong}");
}

/// The pairs of states that the tables know, itself included: what random walks are held against.
pub(super) fn steps() -> BTreeSet<(String, String)> {
    let others = [State::Orphaned, State::Expired].into_iter().flat_map(|state| {
        let head = format!("| an {state} request");
        let rows = TABLE.lines().skip_while(move |line| !line.starts_with(&head)).skip(2);
        let becomes =
            rows.map_while(|line| Some(line.strip_prefix("| ")?.split('|').nth(1)?.trim().to_owned()));
        becomes.map(move |to| (state.name().to_owned(), to))
    });
    documented().into_iter().map(|((_, from), (to, _))| (from, to)).chain(others).collect()
}
