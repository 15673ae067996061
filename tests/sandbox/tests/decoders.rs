//! What `./scripts/fuzz` checks for hours, here over its corpus and a bounded number of changes to it.

#[path = "../../../fuzz/checks/cbor_request.rs"]
mod cbor_request;
#[path = "../../../fuzz/checks/frames.rs"]
mod frames;
#[path = "../../../fuzz/checks/gateway.rs"]
mod gateway;
#[path = "../../../fuzz/checks/http_policy.rs"]
mod http_policy;
#[path = "../../../fuzz/checks/messages.rs"]
mod messages;
#[path = "../../../fuzz/checks/secrets.rs"]
mod secrets;

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

/// The inputs kept for a target, in order of name; a crash once found is among them.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no corpus");
    paths.iter().map(|path| std::fs::read(path).expect("a readable file")).collect()
}

/// A small change to an input.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Cut(Index),
    Repeat(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let edge = prop_oneof![Just(0_u8), Just(1), Just(0x7f), Just(0x80), Just(0xff), any::<u8>()];
    prop_oneof![
        (any::<Index>(), edge).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, new)| Change::Insert(at, new)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Repeat(from, to)),
    ]
}

fn apply(input: &mut Vec<u8>, change: &Change) {
    let len = input.len();
    match change {
        Change::Set(at, byte) if len > 0 => input[at.index(len)] = *byte,
        Change::Set(..) => {}
        Change::Insert(at, new) => {
            let at = at.index(len + 1);
            input.splice(at..at, new.iter().copied());
        }
        Change::Cut(at) => input.truncate(at.index(len + 1)),
        Change::Repeat(from, to) => {
            let (from, to) = (from.index(len + 1), to.index(len + 1));
            let part = input[from.min(to)..from.max(to)].to_vec();
            input.extend(part);
        }
    }
}

/// Checks a target's corpus and changes to it; proptest prints the input that fails, made small.
fn bombard(target: &str, check: fn(&[u8])) {
    let corpus = corpus(target);
    corpus.iter().for_each(|input| check(input));
    let inputs = (any::<Index>(), prop::collection::vec(change(), 1..12)).prop_map(move |(seed, changes)| {
        let mut input = corpus[seed.index(corpus.len())].clone();
        changes.iter().for_each(|change| apply(&mut input, change));
        input
    });
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    let ran = proptest::test_runner::TestRunner::new(config).run(&inputs, |input| {
        check(&input);
        Ok(())
    });
    if let Err(failure) = ran {
        panic!("{target}: {failure}");
    }
}

#[test]
fn frames_survive_changes() {
    bombard("frames", frames::check);
}

#[test]
fn requests_survive_changes() {
    bombard("cbor_request", cbor_request::check);
}

#[test]
fn messages_survive_changes() {
    bombard("messages", messages::check);
}

#[test]
fn the_http_policy_survives_changes() {
    bombard("http_policy", http_policy::check);
}

#[test]
fn calls_to_the_gateway_survive_changes() {
    bombard("gateway", gateway::check);
}

#[test]
fn secrets_survive_changes() {
    bombard("secrets", secrets::check);
}
