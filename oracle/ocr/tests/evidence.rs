//! What a node's records prove to whoever has the configuration, and what they do not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod by_hand;

use std::collections::{BTreeMap, VecDeque};

use alloy_primitives::{B256, B512, Bytes};
use by_hand::{Checks, event, key, node, observation_of, roster};
use oracle_ocr::{
    Attested, Body, Effect, Input, Message, Observation, OracleIndex, Outcome, Record, RecordId, Timer,
    evidence::{Evidence, Flaw, Kind, MAX_EVIDENCE_BYTES, Said},
};

const MEMBERS: u8 = 4;

/// Four oracles that hear each other, until all have a report: the report, and each one's records.
fn agreed(answers: [u8; 4]) -> (Attested, Vec<Vec<Record>>) {
    let mut nodes: Vec<_> = (0..MEMBERS).map(node).collect();
    let mut records: Vec<BTreeMap<RecordId, Record>> = vec![BTreeMap::new(); nodes.len()];
    let mut timers: BTreeMap<(u64, u8), Vec<Timer>> = BTreeMap::new();
    let mut wire: VecDeque<(u8, Input)> = VecDeque::new();
    for index in 0..MEMBERS {
        let observation = Observation::result(vec![answers[usize::from(index)]; 4], B256::repeat_byte(index));
        wire.push_back((index, Input::Request(event())));
        wire.push_back((index, Input::Observed { key: key(), observation }));
    }
    let mut now = 0;
    let mut reports = BTreeMap::new();
    while reports.len() < nodes.len() {
        let (to, input) = match wire.pop_front() {
            Some(next) => next,
            None => {
                let ((at, of), due) = timers.pop_first().unwrap();
                now = at;
                wire.extend(due.into_iter().map(|timer| (of, Input::Timer(timer))));
                continue;
            }
        };
        let mut said: Vec<(Option<OracleIndex>, Message)> = Vec::new();
        for effect in nodes[usize::from(to)].step(now, input) {
            match effect {
                Effect::Persist(record) => {
                    records[usize::from(to)].insert(record.id, record);
                }
                Effect::Send { to, message } => said.push((Some(to), message)),
                Effect::Broadcast(message) => said.push((None, message)),
                Effect::SetTimer { timer, at } => timers.entry((at, to)).or_default().push(timer),
                Effect::Report(ready) => {
                    reports.insert(to, ready.attested);
                }
                Effect::Batched { .. } => {}
                Effect::Blame { oracle, misbehavior } => panic!("{oracle} is blamed: {misbehavior}"),
            }
        }
        for (only, message) in said {
            let others = (0..MEMBERS).filter(|other| *other != to);
            let hear = |other| (other, by_hand::input(&message));
            wire.extend(others.filter(|other| only.is_none_or(|only| only.get() == *other)).map(hear));
        }
    }
    let records = records.into_iter().map(|all| all.into_values().collect()).collect();
    (reports.pop_first().unwrap().1, records)
}

fn read(records: &[Record]) -> Evidence {
    Evidence::read(roster(4).config_digest(), records).unwrap().unwrap()
}

fn verify(evidence: &Evidence, report: &Attested) -> Result<(), Flaw> {
    evidence.verify(&roster(4), report, &Checks::Fast)
}

fn authors(said: &[Said]) -> Vec<u8> {
    said.iter().map(|one| one.oracle).collect()
}

#[test]
fn equal_answers_prove_the_outcome_by_themselves() {
    let (report, records) = agreed([5, 5, 5, 9]);
    assert_eq!(report.outcome, Outcome::Result(vec![5; 4]));
    for (index, records) in records.iter().enumerate() {
        let evidence = read(records);
        assert_eq!(verify(&evidence, &report), Ok(()), "node {index}");
        assert_eq!(authors(&evidence.basis), [0, 1, 2]);
        assert_eq!(evidence.key(), key());
    }
    let loner = read(&records[3]);
    assert_eq!(authors(&loner.others), [3], "its own answer, which was another");
    assert_eq!((loner.others[0].kind, &loner.others[0].data), (Kind::Result, &Bytes::from(vec![9; 4])));
}

#[test]
fn answers_that_differ_are_the_extra_hash_and_lead_to_what_is_on_chain() {
    let (report, records) = agreed([1, 2, 3, 4]);
    let Outcome::Error(text) = &report.outcome else { panic!("{report:?}") };
    assert!(text.starts_with(b"DON_DIVERGED n=4 f=1 obs=4 ok=4"), "{}", String::from_utf8_lossy(text));
    for records in &records {
        let evidence = read(records);
        assert_eq!(verify(&evidence, &report), Ok(()));
        let said: Vec<_> = evidence.basis.iter().map(|one| (one.oracle, one.data[0])).collect();
        assert_eq!(said, [(0, 1), (1, 2), (2, 3), (3, 4)]);
        let json = serde_json::to_string(&evidence).unwrap();
        assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), evidence);
    }
}

#[test]
fn whatever_is_changed_is_noticed() {
    let (report, records) = agreed([1, 2, 3, 4]);
    let (fast_report, fast_records) = agreed([5, 5, 5, 5]);
    let good = read(&records[0]);
    let fast = read(&fast_records[0]);
    let changed = |change: fn(&mut Evidence)| {
        let mut evidence = good.clone();
        change(&mut evidence);
        verify(&evidence, &report).unwrap_err()
    };
    assert_eq!(changed(|all| all.basis[1].data = vec![7; 4].into()), Flaw::Signature(1));
    assert_eq!(changed(|all| all.basis[1].metadata_hash = B256::ZERO), Flaw::Signature(1));
    assert_eq!(changed(|all| all.basis[2].signature = B512::ZERO), Flaw::Signature(2));
    assert_eq!(changed(|all| all.basis[3].oracle = 4), Flaw::Signature(4));
    assert_eq!(changed(|all| all.basis.swap(0, 1)), Flaw::Malformed(0));
    assert_eq!(changed(|all| all.basis[0].data = vec![0; 4_097].into()), Flaw::Malformed(0));
    assert_eq!(changed(|all| drop(all.basis.pop())), Flaw::Root);
    assert_eq!(changed(|all| all.aggregation = Some(1)), Flaw::Root);
    assert_eq!(changed(|all| all.aggregation = Some(99)), Flaw::Other("method"));
    assert_eq!(changed(|all| all.basis.clear()), Flaw::NoBasis);
    assert_eq!(changed(|all| all.config_digest = B256::ZERO), Flaw::Other("configuration"));
    assert_eq!(changed(|all| all.commitment = Bytes::new()), Flaw::Report("a bad signature"));
    assert_eq!(changed(|all| all.request_id = B256::ZERO), Flaw::Report("a bad signature"));
    // What a node adds of its own must be signed too.
    assert_eq!(
        changed(|all| all.others.push(Said { signature: B512::ZERO, ..all.basis[0].clone() })),
        Flaw::Signature(0)
    );
    // Fewer equal answers than a quorum, or others, prove nothing on the fast path.
    let mut short = fast.clone();
    short.basis.pop();
    assert_eq!(verify(&short, &fast_report), Err(Flaw::Outcome));
    let mut other = fast.clone();
    other.basis.pop();
    let Body::Observation(signed) = observation_of(3, 6).body else { panic!("an observation") };
    other.basis.push(signed.into());
    assert_eq!(verify(&other, &fast_report), Err(Flaw::Outcome));
    // A report that a quorum did not sign as it is.
    let mut forged = report.clone();
    forged.outcome = Outcome::Result(vec![1; 4]);
    assert_eq!(verify(&good, &forged), Err(Flaw::Report("a bad signature")));
    let mut thin = report.clone();
    thin.signatures.pop();
    assert_eq!(verify(&good, &thin), Err(Flaw::Report("not exactly a quorum of signatures")));
    let mut twice = report.clone();
    twice.signatures[1] = twice.signatures[0];
    assert_eq!(verify(&good, &twice), Err(Flaw::Report("signers that are not ascending")));
}

#[test]
fn who_only_took_a_report_over_proves_nothing_and_who_never_met_the_request_has_nothing() {
    let (report, records) = agreed([5, 5, 5, 5]);
    let mut late = node(3);
    let mut stored = Vec::new();
    let body = Body::Report(Box::new(report.clone()));
    let config_digest = roster(4).config_digest();
    let message = Message { config_digest, key: key(), sender: OracleIndex::new(0), body };
    for input in [Input::Request(event()), by_hand::input(&message)] {
        stored.extend(by_hand::records(&late.step(1, input)));
    }
    let evidence = read(&stored);
    assert_eq!(verify(&evidence, &report), Err(Flaw::NoBasis));
    assert!(Evidence::read(config_digest, &[]).unwrap().is_none());
    let mut damaged = records[0].clone();
    damaged[0].body = vec![0xff];
    assert!(Evidence::read(config_digest, &damaged).is_err());
}

#[test]
fn the_largest_evidence_stays_below_its_bound() {
    let one = |oracle| Said {
        oracle,
        kind: Kind::UserError,
        data: vec![0xff; oracle_ocr::MAX_OBSERVATION_BYTES].into(),
        metadata_hash: B256::repeat_byte(0xff),
        signature: B512::repeat_byte(0xff),
    };
    let all: Vec<Said> = (0..31).map(one).collect();
    let (_, records) = agreed([5, 5, 5, 5]);
    let largest = Evidence { basis: all.clone(), others: all, aggregation: Some(4), ..read(&records[0]) };
    let bytes = serde_json::to_vec(&largest).unwrap().len();
    assert!(bytes < MAX_EVIDENCE_BYTES, "{bytes}");
}
