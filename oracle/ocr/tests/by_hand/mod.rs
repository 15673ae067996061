//! Four oracles without a network: messages are passed by hand.
#![allow(dead_code, reason = "each test program uses a part of it")]

use alloy_primitives::{Address, B256};
use functions_offchain_config::{Member, Method, OffchainConfig, Timing};
use functions_types::limits::Limits;
use oracle_ocr::{
    Body, Effect, Input, Message, Observation, OracleIndex, Protocol, Record, RequestEvent, RequestKey,
    Roster, Signer as _, Timer, TimerKind, layout,
    message::{Status, StatusClaim},
};
pub(crate) use test_signing::{Checks, Keys};

pub(crate) type Node = Protocol<Keys, Checks>;

/// The stand-in keys of one oracle.
pub(crate) fn keys(index: u8) -> Keys {
    Keys::of(index.into(), false)
}

pub(crate) fn config(n: u8) -> OffchainConfig {
    let member = |index: u8| Member {
        peer_id: String::new(),
        addresses: vec![],
        offchain_public_key: keys(index).offchain(),
    };
    OffchainConfig {
        members: (0..n).map(member).collect(),
        timing: Timing::default(),
        limits: Limits::DEFAULT,
        options: functions_types::limits::RunOptions::default(),
        method: Method::Mode,
        allow_unbound_secrets: false,
    }
}

pub(crate) fn roster(n: u8) -> Roster {
    roster_under(1, n)
}

pub(crate) fn roster_under(digest: u8, n: u8) -> Roster {
    let signers: Vec<Address> = (0..n).map(|index| keys(index).signer()).collect();
    Roster::new(B256::repeat_byte(digest), (n - 1) / 3, &signers, &signers, &config(n)).unwrap()
}

pub(crate) fn node(index: u8) -> Node {
    node_under(1, index)
}

pub(crate) fn node_under(digest: u8, index: u8) -> Node {
    let (roster, keys) = (roster_under(digest, 4), keys(index));
    Protocol::with_verifier(roster, OracleIndex::new(index), keys, Checks::Fast)
}

pub(crate) fn event() -> RequestEvent {
    RequestEvent {
        request: B256::repeat_byte(9),
        coordinator: Address::repeat_byte(8),
        commitment: vec![7; 352],
        aggregation: None,
        event_seconds: 1_000,
        seen_at: 0,
    }
}

pub(crate) fn key() -> RequestKey {
    event().key()
}

pub(crate) fn observed(value: u8) -> Input {
    Input::Observed { key: key(), observation: Observation::result(vec![value; 4], B256::ZERO) }
}

pub(crate) fn messages(effects: &[Effect]) -> Vec<Message> {
    let message = |effect: &Effect| match effect {
        Effect::Broadcast(message) | Effect::Send { message, .. } => Some(message.clone()),
        _ => None,
    };
    effects.iter().filter_map(message).collect()
}

pub(crate) fn names(effects: &[Effect]) -> Vec<&'static str> {
    messages(effects).iter().map(|message| message.body.name()).collect()
}

pub(crate) fn records(effects: &[Effect]) -> Vec<Record> {
    let record = |effect: &Effect| match effect {
        Effect::Persist(record) => Some(record.clone()),
        _ => None,
    };
    effects.iter().filter_map(record).collect()
}

pub(crate) fn input(message: &Message) -> Input {
    Input::Message { from: message.sender, message: message.clone() }
}

/// The observation of an oracle, as it broadcasts it.
pub(crate) fn observation_of(index: u8, value: u8) -> Message {
    observation_under(1, index, value)
}

pub(crate) fn observation_under(digest: u8, index: u8, value: u8) -> Message {
    let mut node = node_under(digest, index);
    node.step(0, Input::Request(event()));
    messages(&node.step(1, observed(value))).remove(0)
}

/// What oracle `index` says to all when it enters an attempt.
pub(crate) fn status_of(index: u8, attempt: u32) -> Message {
    let (sender, config_digest) = (OracleIndex::new(index), roster(4).config_digest());
    let mut claim = StatusClaim { sender, attempt, lock: None, held: vec![], signature: [0; 64] };
    let domain = layout::Domain { config_digest, key: key() };
    claim.signature = keys(index).sign_offchain(&layout::status(&domain, &claim));
    let body = Body::Status(Box::new(Status { claim, certificate: None, observations: vec![] }));
    Message { config_digest, key: key(), sender, body }
}

/// Oracle `index` with a lock on the value, and its signature.
pub(crate) fn attest_of(index: u8, value: u8) -> Message {
    let mut node = node(index);
    node.step(0, Input::Request(event()));
    let mut effects = node.step(1, observed(value));
    for other in (0..4).filter(|other| *other != index) {
        effects.extend(node.step(2, input(&observation_of(other, value))));
    }
    messages(&effects).into_iter().find(|message| matches!(message.body, Body::Attest(_))).unwrap()
}

/// Oracle 0 with a report, and the effects of getting it.
pub(crate) fn finished() -> (Node, Vec<Effect>) {
    let mut node = node(0);
    node.step(0, Input::Request(event()));
    node.step(1, observed(5));
    let mut effects = Vec::new();
    for other in 1..4 {
        effects.extend(node.step(2, input(&observation_of(other, 5))));
    }
    for other in [3, 1] {
        effects.extend(node.step(3, input(&attest_of(other, 5))));
    }
    (node, effects)
}

pub(crate) const REPEAT: TimerKind = TimerKind::Repeat;

/// Brings a node to the last call of the request it has.
pub(crate) fn last_call(node: &mut Node, now: u64) -> Vec<Effect> {
    node.step(now, Input::Timer(Timer { key: key(), kind: REPEAT }));
    node.step(now, Input::ChainTime(event().timeout_seconds()))
}
