//! What one peer can make a node do: work, log lines, messages and memory, whatever it sends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code, missing_docs)]
#![expect(clippy::disallowed_macros, reason = "the figures are what the test shows")]

mod by_hand;

use std::{cell::Cell, rc::Rc};

use alloy_primitives::{Address, B256};
use by_hand::{Checks, Keys, keys, roster};
use functions_types::limits::Limits;
use oracle_ocr::{
    Attested, Body, Choice, Effect, Input, Message, Misbehavior, Observation, Oracle, OracleIndex, Outcome,
    Protocol, ReportSignature, RequestEvent, RequestKey, Roster, SignedObservation, Signer as _, TimerKind,
    Verifier, layout,
    message::{Prepare, Proposal, Status, StatusClaim},
};

const N: u8 = 31;
const EVIL: OracleIndex = OracleIndex::new(3);
/// Units of work: an Ed25519 check is one, a report signature three.
const WORK_BURST: u64 = 4_000;
const WORK_PER_SECOND: u64 = 4_000;
/// The dearest message: a proposal's STATUS, observations and the leader's signature, or a quorum of certificate votes.
const DEAREST: u64 = 3 * N as u64 + 3;
/// Bad messages that are looked at: so many at once, then one a second.
const FAULTS_BURST: u64 = 8;

/// Counts the work.
struct Counting(Rc<Cell<u64>>);

impl Verifier for Counting {
    fn verify_offchain(&self, oracle: &Oracle, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.0.set(self.0.get() + 1);
        Checks::Fast.verify_offchain(oracle, bytes, signature)
    }

    fn verify_report(&self, oracle: &Oracle, hash: &B256, signature: &ReportSignature) -> bool {
        self.0.set(self.0.get() + 3);
        Checks::Fast.verify_report(oracle, hash, signature)
    }
}

type Node = Protocol<Keys, Counting>;

fn event(number: u32) -> RequestEvent {
    let mut commitment = vec![7; 352];
    commitment[..4].copy_from_slice(&number.to_be_bytes());
    let request = alloy_primitives::keccak256(&commitment);
    RequestEvent {
        request,
        coordinator: Address::repeat_byte(8),
        commitment,
        aggregation: None,
        event_seconds: 1_000,
        seen_at: 0,
    }
}

fn node(n: u8, requests: u32) -> (Node, Rc<Cell<u64>>) {
    let work = Rc::new(Cell::new(0));
    let keys = keys(0);
    let mut node = Protocol::with_verifier(roster(n), OracleIndex::new(0), keys, Counting(Rc::clone(&work)));
    for number in 0..requests {
        node.step(0, Input::Request(event(number)));
    }
    (node, work)
}

fn domain(key: RequestKey) -> layout::Domain {
    layout::Domain { config_digest: B256::repeat_byte(1), key }
}

fn message(key: RequestKey, body: Body) -> Message {
    Message { config_digest: B256::repeat_byte(1), key, sender: EVIL, body }
}

/// What an oracle observes; `is_good` is about its signature.
fn observed(key: RequestKey, author: u8, value: u32, bytes: usize, is_good: bool) -> SignedObservation {
    let mut content = vec![author; bytes.max(4)];
    content[..4].copy_from_slice(&value.to_be_bytes());
    let sender = OracleIndex::new(author);
    let observation = Observation::result(content, B256::ZERO);
    let signed = layout::observation(&domain(key), sender, &observation);
    let signature = if is_good { keys(author).sign_offchain(&signed) } else { [author; 64] };
    SignedObservation { sender, observation, signature }
}

/// A STATUS that is good but for the signatures of what it brings.
fn status(key: RequestKey, author: u8, attempt: u32, observations: Vec<SignedObservation>) -> Status {
    let held = observations.iter().map(|signed| (signed.sender, signed.digest())).collect();
    let sender = OracleIndex::new(author);
    let mut claim = StatusClaim { sender, attempt, lock: None, held, signature: [0; 64] };
    claim.signature = keys(author).sign_offchain(&layout::status(&domain(key), &claim));
    Status { claim, certificate: None, observations }
}

fn bad_status(key: RequestKey, attempt: u32) -> Body {
    let observations = (0..N).map(|author| observed(key, author, attempt, 4, false)).collect();
    Body::Status(Box::new(status(key, 3, attempt, observations)))
}

/// A report of which all signatures but the last are good.
fn bad_report(roster: &Roster, event: &RequestEvent, value: u32) -> Body {
    let outcome = Outcome::Result(value.to_be_bytes().to_vec());
    let evidence = layout::fast_evidence(&event.request);
    let hash = oracle_ocr::report::signed_hash(roster, event, 0, &outcome, evidence);
    let mut signatures: Vec<_> = roster
        .indexes()
        .take(roster.quorum())
        .map(|signer| (signer, keys(signer.get()).sign_report(&hash)))
        .collect();
    signatures.last_mut().unwrap().1.r = [9; 32];
    Body::Report(Box::new(Attested { attempt: 0, outcome, evidence, signatures }))
}

fn bad_prepare(attempt: u32) -> Body {
    let choice = Choice { outcome: B256::ZERO, evidence: B256::ZERO };
    Body::Prepare(Prepare { attempt, choice, signature: [1; 64] })
}

/// Blames that are about a bad message, not about a message that was not looked at.
fn faults(effects: &[Effect]) -> u64 {
    let is_fault = |effect: &&Effect| matches!(effect, Effect::Blame { misbehavior, .. } if *misbehavior != Misbehavior::Flood);
    effects.iter().filter(is_fault).count() as u64
}

#[test]
fn d1_a_status_full_of_bad_observations_costs_two_checks_and_is_blamed_once() {
    let (mut node, work) = node(N, 1);
    let key = event(0).key();
    let effects = node.step(1, Input::Message { from: EVIL, message: message(key, bad_status(key, 1)) });
    assert_eq!(work.get(), 2, "its own signature and the first bad one");
    let [Effect::Blame { oracle: EVIL, misbehavior: Misbehavior::InvalidStatus(_) }] = &effects[..] else {
        panic!("{effects:?}")
    };
    // What is wrong without a signature costs no check.
    let mut unlisted = status(key, 3, 1, vec![observed(key, 5, 1, 4, true)]);
    unlisted.claim.held.clear();
    for body in [Body::Status(Box::new(unlisted)), bad_report(&roster(7), &event(0), 1)] {
        let effects = node.step(2, Input::Message { from: EVIL, message: message(key, body) });
        assert_eq!((faults(&effects), work.get()), (1, 2));
    }
}

#[test]
fn d1_a_flooding_peer_costs_a_bounded_amount_of_work_whatever_it_sends() {
    const SECONDS: u64 = 2;
    const REQUESTS: u32 = 64;
    type Flood = fn(&Roster, &RequestEvent, u32) -> Body;
    let floods: [(&str, bool, Flood); 6] = [
        ("bad STATUS", true, |_, event, turn| bad_status(event.key(), turn)),
        ("bad REPORT", true, |roster, event, turn| bad_report(roster, event, turn)),
        ("bad PREPARE", true, |_, _, _| bad_prepare(1)),
        ("bad OBS", true, |_, event, turn| Body::Observation(observed(event.key(), 3, turn, 4, false))),
        ("two-faced OBS", true, |_, event, turn| {
            Body::Observation(observed(event.key(), 3, turn, 4, turn % 2 == 0))
        }),
        ("good STATUS of ever higher attempts", false, |_, event, turn| {
            Body::Status(Box::new(status(event.key(), 3, turn, vec![])))
        }),
    ];
    let roster = roster(N);
    for (name, is_bad, flood) in floods {
        let (mut node, work) = node(N, REQUESTS);
        let (mut bad, mut effects_most) = (0, 0);
        for turn in 1..=2_000 * SECONDS {
            let event = event(turn as u32 % REQUESTS);
            let message = message(event.key(), flood(&roster, &event, turn as u32));
            let effects = node.step(turn / 2, Input::Message { from: EVIL, message });
            effects_most = effects_most.max(effects.len());
            bad += faults(&effects);
        }
        println!("{name}: {} units of work, {bad} bad messages looked at in {SECONDS} s", work.get());
        assert!(work.get() <= WORK_BURST + WORK_PER_SECOND * SECONDS + DEAREST, "{name}: {}", work.get());
        assert!(bad <= FAULTS_BURST + SECONDS + 1, "{name}: {bad}");
        assert!(!is_bad || work.get() <= DEAREST * (FAULTS_BURST + SECONDS + 1), "{name}: {}", work.get());
        assert!(effects_most <= 2, "{name}: {effects_most} effects of one message");
    }
}

#[test]
fn d1_the_work_of_one_peer_about_one_request_is_bounded() {
    let (mut node, work) = node(4, 1);
    let key = event(0).key();
    for turn in 1..=20_000 {
        let body = Body::Status(Box::new(status(key, 3, turn, vec![])));
        node.step(u64::from(turn) / 2, Input::Message { from: EVIL, message: message(key, body) });
    }
    // 16 (n + 1) at once, then 8 (n + 1) a second.
    assert!(work.get() <= 80 + 40 * 10 + DEAREST, "{}", work.get());
}

#[test]
fn d1_others_are_heard_while_one_floods() {
    let (mut node, _) = node(4, 1);
    let key = event(0).key();
    let mut reports = 0;
    let mut hear = |node: &mut Node, author: u8, body: Body| {
        for turn in 0..2_000 {
            node.step(1, Input::Message { from: EVIL, message: message(key, bad_status(key, turn + 1)) });
        }
        let from = OracleIndex::new(author);
        let sent = Message { sender: from, ..message(key, body) };
        let effects = node.step(2, Input::Message { from, message: sent });
        reports += effects.iter().filter(|effect| matches!(effect, Effect::Report(_))).count();
    };
    let observation = Observation::result(5_u32.to_be_bytes().to_vec(), B256::ZERO);
    let effects = node.step(1, Input::Observed { key, observation });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Broadcast(_))));
    for author in [1, 2] {
        let mut signed = observed(key, author, 5, 4, true);
        signed.observation.answer = oracle_ocr::Answer::Result(5_u32.to_be_bytes().to_vec());
        let bytes = layout::observation(&domain(key), signed.sender, &signed.observation);
        signed.signature = keys(author).sign_offchain(&bytes);
        hear(&mut node, author, Body::Observation(signed));
    }
    let outcome = Outcome::Result(5_u32.to_be_bytes().to_vec());
    let evidence = layout::fast_evidence(&key.request);
    let hash = oracle_ocr::report::signed_hash(&roster(4), &event(0), 0, &outcome, evidence);
    for author in [1, 2] {
        let choice = Choice { outcome: layout::outcome(&outcome), evidence };
        let signature = keys(author).sign_report(&hash);
        hear(&mut node, author, Body::Attest(oracle_ocr::message::Attest { attempt: 0, choice, signature }));
    }
    assert_eq!(reports, 1);
}

fn bytes_to(effects: &[Effect]) -> u64 {
    let bytes = |effect: &Effect| match effect {
        Effect::Send { to: EVIL, message } => message.encode().len() as u64,
        _ => 0,
    };
    effects.iter().map(bytes).sum()
}

#[test]
fn d3_a_peer_that_connects_again_and_again_is_told_a_bounded_amount() {
    const REQUESTS: u32 = 3_000;
    let (mut node, _) = node(4, REQUESTS);
    let mut most = 0;
    for number in 0..REQUESTS {
        let observation = Observation::result(vec![5; 500], B256::ZERO);
        let effects = node.step(1, Input::Observed { key: event(number).key(), observation });
        most = most.max(
            effects
                .iter()
                .map(|effect| match effect {
                    Effect::Broadcast(message) => message.encode().len() as u64,
                    _ => 0,
                })
                .sum(),
        );
    }
    let (mut told, mut timers) = (0, Vec::new());
    for turn in 0..1_000_u64 {
        let effects = node.step(turn, Input::Connected(EVIL));
        told += bytes_to(&effects);
        timers.extend(effects.iter().filter_map(|effect| match effect {
            Effect::SetTimer { timer, at } => Some((*at, *timer)),
            _ => None,
        }));
    }
    timers.sort();
    println!("{told} bytes at once, {} requests later", timers.len());
    assert!(told <= (1 << 20) + (1 << 18) + most, "{told}");
    assert!(timers.len() <= REQUESTS as usize * 2, "each request is owed once: {}", timers.len());
    // The rest follows at the rate that is allowed, and nothing is left out.
    let mut repeated = 0;
    for (at, timer) in timers {
        assert!(matches!(timer.kind, TimerKind::Again(EVIL)));
        let effects = node.step(at, Input::Timer(timer));
        repeated += 1;
        told += bytes_to(&effects);
        assert!(told <= (1 << 20) + (1 << 18) * (at / 1_000 + 2) + most, "{told} bytes after {at} ms");
    }
    assert!(repeated > 0);
    assert!(told >= u64::from(REQUESTS) * 500, "{told} bytes are not everything");
}

#[test]
fn d3_a_peer_that_asks_again_and_again_for_the_report_is_told_a_bounded_amount() {
    let (mut node, _) = node(4, 1);
    let (key, roster) = (event(0).key(), roster(4));
    let Body::Report(mut report) = bad_report(&roster, &event(0), 5) else { unreachable!() };
    let hash = oracle_ocr::report::signed_hash(&roster, &event(0), 0, &report.outcome, report.evidence);
    report.signatures.last_mut().unwrap().1 = keys(2).sign_report(&hash);
    let effects = node.step(1, Input::Message { from: EVIL, message: message(key, Body::Report(report)) });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Report(_))), "{effects:?}");
    let late = Body::Observation(observed(key, 3, 9, 4, true));
    let mut told = 0;
    for turn in 0..20_000_u64 {
        let input = Input::Message { from: EVIL, message: message(key, late.clone()) };
        told += bytes_to(&node.step(10_000 + turn / 2, input));
    }
    println!("{told} bytes of reports in 10 s");
    assert!(told > 0 && told <= (1 << 20) + (1 << 18) * 10 + 1_024, "{told}");
}

#[test]
fn d4_what_is_kept_of_one_peer_is_bounded_in_bytes() {
    const PER_REQUEST: usize = 64 << 10;
    let (mut node, _) = node(N, 2);
    let key = event(0).key();
    let roster = roster(N);
    let longest = Limits::DEFAULT.response_bytes;
    let hear = |node: &mut Node, now: u64, author: u8, body: Body| {
        let from = OracleIndex::new(author);
        node.step(now, Input::Message { from, message: Message { sender: from, ..message(key, body) } });
    };
    let observations: Vec<_> = (1..N).map(|author| observed(key, author, 1, longest, true)).collect();
    // Every member says the most it can, in many attempts.
    for attempt in 1..=40_u32 {
        let now = u64::from(attempt) * 10_000;
        for author in 1..N {
            let full = status(key, author, attempt, observations.clone());
            hear(&mut node, now, author, Body::Status(Box::new(full)));
            let choice = Choice { outcome: B256::ZERO, evidence: B256::ZERO };
            let sender = OracleIndex::new(author);
            let signed = layout::prepare(&domain(key), sender, attempt, &choice);
            let signature = keys(author).sign_offchain(&signed);
            hear(&mut node, now, author, Body::Prepare(Prepare { attempt, choice, signature }));
            let signature = ReportSignature { r: [1; 32], s: [1; 32], v: 0 };
            let attest = oracle_ocr::message::Attest { attempt, choice, signature };
            hear(&mut node, now, author, Body::Attest(attest));
        }
        let leader = roster.order(&key.request).leader(attempt).get();
        if leader != 0 {
            let claims = (1..=21)
                .map(|author| status(key, author, attempt, observations.clone()).claim)
                .collect::<Vec<_>>();
            let rule = oracle_ocr::outcome::Rule::of(&roster, None);
            let evidence = layout::evidence_root(&domain(key), &rule, &observations);
            let answers: Vec<_> = observations.iter().map(|signed| &signed.observation.answer).collect();
            let outcome = oracle_ocr::outcome::decide(&rule, &answers, &evidence).unwrap();
            let observations = observations.clone();
            let mut proposal = Proposal {
                attempt,
                outcome,
                evidence,
                observations,
                claims,
                certificate: None,
                signature: [0; 64],
            };
            let sender = OracleIndex::new(leader);
            let bytes = layout::proposal(
                &domain(key),
                sender,
                attempt,
                &proposal.choice(),
                &proposal.observations,
                &proposal.claims,
            );
            proposal.signature = keys(leader).sign_offchain(&bytes);
            hear(&mut node, now, leader, Body::Propose(Box::new(proposal)));
        }
        for author in 1..N {
            let held = node.held_bytes(OracleIndex::new(author));
            assert!(held <= PER_REQUEST, "attempt {attempt}: {held} bytes of oracle {author}");
        }
    }
    let most = (1..N).map(|author| node.held_bytes(OracleIndex::new(author))).max().unwrap();
    println!("at most {most} bytes of one peer about one request");
    assert!(most > 20_000, "the proposal is among it: {most}");
    // What is kept about requests not seen yet is bounded for all of them together.
    for number in 10..20_000 {
        let key = event(number).key();
        node.step(
            500_000,
            Input::Message {
                from: EVIL,
                message: message(key, Body::Observation(observed(key, 3, 1, longest, true))),
            },
        );
    }
    let held = node.held_bytes(EVIL);
    assert!(held <= (1 << 20) + PER_REQUEST && held > 1 << 19, "{held}");
}
