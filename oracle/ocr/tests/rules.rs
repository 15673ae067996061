//! Single rules of the protocol, without a network: four oracles, messages passed by hand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod by_hand;

use alloy_primitives::{Address, B256};
use by_hand::{
    Node, REPEAT, attest_of, config, event, finished, input, key, last_call, messages, names, node,
    observation_of, observed, records, roster, status_of,
};
use oracle_ocr::{
    Answer, Body, Effect, FailureCode, Input, Message, Misbehavior, Observation, OracleIndex, Outcome,
    RequestEvent, Roster, RosterError, Slot, Timer, TimerKind,
};

#[test]
fn report_has_a_quorum_of_the_lowest_signers_and_comes_after_its_record() {
    let (_, effects) = finished();
    assert_eq!(names(&effects), ["attest", "report"]);
    let place = |what: fn(&Effect) -> bool| effects.iter().position(what).unwrap();
    let stored = place(|effect| matches!(effect, Effect::Persist(record) if record.id.slot == Slot::Report));
    let sent =
        place(|effect| matches!(effect, Effect::Broadcast(message) if message.body.name() == "report"));
    let ready = place(|effect| matches!(effect, Effect::Report(_)));
    assert!(stored < sent && stored < ready);
    let Effect::Report(report) = &effects[ready] else { unreachable!() };
    assert_eq!(report.attested.outcome, Outcome::Result(vec![5; 4]));
    let signers: Vec<u8> = report.attested.signatures.iter().map(|(signer, _)| signer.get()).collect();
    assert_eq!(signers, [0, 1, 3]);
    // 4 + 3·32 + 7·32 + report + 64 a signature.
    assert_eq!(report.calldata().len(), 324 + report.report.len() + 3 * 64);
}

#[test]
fn second_observation_is_ignored_and_a_long_one_becomes_a_failure() {
    let mut node = node(0);
    node.step(0, Input::Request(event()));
    assert!(node.step(0, Input::Request(event())).is_empty());
    let long = Observation::result(vec![0; 513], B256::ZERO);
    let effects = node.step(1, Input::Observed { key: key(), observation: long });
    let [Message { body: Body::Observation(signed), .. }] = &messages(&effects)[..] else {
        panic!("one message")
    };
    assert_eq!(signed.observation.answer, Answer::NodeFailure(FailureCode::Refused));
    assert!(node.step(2, observed(1)).is_empty());
    assert_eq!(node.unobserved().count(), 0);
}

#[test]
fn last_call_counts_from_the_chains_timeout() {
    let at = |event_seconds, timeout: u32| {
        let mut commitment = vec![0; 352];
        commitment[348..].copy_from_slice(&timeout.to_be_bytes());
        RequestEvent { event_seconds, commitment, ..event() }.last_call_seconds()
    };
    assert_eq!(at(1_000, 1_300), 1_270);
    assert_eq!(at(1_000, 1_050), 1_045);
    assert_eq!(at(1_000, 100_000), 99_970);
    assert_eq!(at(1_000, 1_000), 1_000);
    assert_eq!(at(2_000, 1_000), 1_000, "an event after its timeout");
    assert_eq!(RequestEvent { commitment: vec![], ..event() }.timeout_seconds(), u64::MAX);
}

#[test]
fn only_the_last_call_makes_a_node_say_that_it_failed() {
    let mut node = node(0);
    node.step(0, Input::Request(event()));
    let timer = Timer { key: key(), kind: REPEAT };
    let early = node.step(100, Input::Timer(timer));
    assert!(matches!(early[..], [Effect::SetTimer { at: 35_000, .. }]));
    // The chain is late already, but this node has just met the request.
    let timeout = event().timeout_seconds();
    assert!(node.step(200, Input::ChainTime(timeout)).is_empty());
    let repeated = node.step(35_000, Input::Timer(timer));
    assert!(matches!(repeated[..], [Effect::SetTimer { at: 70_000, .. }]), "nothing to say: {repeated:?}");
    assert!(node.step(35_001, Input::ChainTime(event().last_call_seconds() - 1)).is_empty());

    let effects = node.step(35_002, Input::ChainTime(event().last_call_seconds()));
    assert_eq!(names(&effects)[0], "observation");
    assert_eq!(node.view(&key()).unwrap().attempt, 1);
    assert_eq!(
        node.view(&key()).unwrap().own.unwrap().observation.answer,
        Answer::NodeFailure(FailureCode::Deadline)
    );
    assert!(node.step(35_003, Input::ChainTime(timeout)).is_empty(), "once");
}

#[test]
fn what_was_said_is_repeated_until_there_is_a_report() {
    let mut node = node(0);
    node.step(0, Input::Request(event()));
    node.step(1, observed(5));
    let timer = Timer { key: key(), kind: REPEAT };
    assert_eq!(names(&node.step(35_000, Input::Timer(timer))), ["observation"]);
    assert_eq!(names(&node.step(70_000, Input::Timer(timer))), ["observation"]);
    let (mut node, _) = finished();
    assert!(node.step(35_000, Input::Timer(timer)).is_empty());
}

#[test]
fn attempts_wait_while_there_is_nothing_to_propose() {
    let mut node = node(0);
    node.step(0, Input::Request(event()));
    last_call(&mut node, 40_000);
    assert_eq!(node.view(&key()).unwrap().attempt, 1);
    let timer = Timer { key: key(), kind: TimerKind::Attempt(1) };
    let effects = node.step(50_000, Input::Timer(timer));
    assert!(matches!(effects[..], [Effect::SetTimer { .. }]), "no attempt without answers: {effects:?}");
    for other in 1..3 {
        node.step(50_001, input(&observation_of(other, 5)));
    }
    node.step(70_000, Input::Timer(timer));
    assert_eq!(node.view(&key()).unwrap().attempt, 2, "two answers and a failure have an outcome");
}

/// With `f` members silent a node that is one attempt ahead would stay there: nobody pulls it back, and one alone does
/// not pull the others.
#[test]
fn attempts_wait_for_those_behind() {
    let mut node = node(0);
    node.step(0, Input::Request(event()));
    node.step(1, observed(5));
    for (other, value) in [(1, 6), (2, 7), (3, 8)] {
        node.step(2, input(&observation_of(other, value)));
    }
    let end = |attempt| Input::Timer(Timer { key: key(), kind: TimerKind::Attempt(attempt) });
    let attempt = |node: &Node| node.view(&key()).unwrap().attempt;
    assert_eq!(attempt(&node), 1);
    node.step(1_000, end(1));
    assert_eq!(attempt(&node), 2, "nobody hears of the first attempt");
    node.step(20_000, end(2));
    assert_eq!(attempt(&node), 2, "nobody is known to be as far");
    node.step(20_001, input(&status_of(1, 2)));
    node.step(40_000, end(2));
    assert_eq!(attempt(&node), 2, "one other is");
    // Whoever came last has only begun: leaving now would mean never to meet.
    node.step(40_900, input(&status_of(2, 3)));
    node.step(41_100, end(2));
    assert_eq!(attempt(&node), 2, "two others are, for whom the attempt is young");
    node.step(60_000, end(2));
    assert_eq!(attempt(&node), 3, "they had a whole attempt together");
}

#[test]
fn l6_a_late_observation_is_answered_with_the_report() {
    let (mut node, _) = finished();
    assert!(node.step(4, input(&observation_of(3, 5))).len() <= 1);
    let repeated = observation_of(2, 5);
    assert_eq!(names(&node.step(5, input(&repeated))), ["report"], "whoever repeats does not have it");
    let late = observation_of(2, 9);
    assert_eq!(names(&node.step(6, input(&late))), ["report"]);
}

#[test]
fn quarantine_survives_a_second_restart() {
    let mut first = node(1);
    first.set_quarantine(1_001);
    let kept = records(&first.step(0, Input::Request(event())));
    assert!(first.view(&key()).unwrap().quarantined);
    assert!(first.step(1, observed(5)).is_empty());
    drop(first);
    let mut second = self::node(1).load(kept).unwrap();
    second.set_quarantine(1_001);
    let mut said = second.resume(100);
    said.extend(second.step(101, observed(6)));
    said.extend(last_call(&mut second, 40_000));
    assert_eq!(names(&said), [] as [&str; 0], "it must stay silent");
}

#[test]
fn messages_before_the_event_are_kept() {
    let mut node = node(0);
    for other in 1..4 {
        assert!(node.step(0, input(&observation_of(other, 5))).is_empty());
    }
    let effects = node.step(10, Input::Request(event()));
    assert_eq!(names(&effects), ["attest"], "a lock does not need the own observation");
}

#[test]
fn equivocation_is_reported_once_with_both_copies() {
    let mut node = node(0);
    node.step(0, Input::Request(event()));
    node.step(1, input(&observation_of(1, 5)));
    let effects = node.step(2, input(&observation_of(1, 6)));
    let [Effect::Blame { oracle, misbehavior: Misbehavior::ConflictingObservation(pair) }] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((oracle.get(), &pair.0.observation.answer), (1, &Answer::Result(vec![5; 4])));
    assert!(node.step(3, input(&observation_of(1, 7))).is_empty());
}

#[test]
fn forged_and_foreign_messages_do_nothing() {
    let mut node = node(0);
    node.step(0, Input::Request(event()));
    let good = observation_of(1, 5);
    let from = OracleIndex::new(2);
    let blame = node.step(1, Input::Message { from, message: good.clone() });
    assert!(matches!(&blame[..], [Effect::Blame { misbehavior: Misbehavior::Impersonation(_), .. }]));
    let mut forged = good.clone();
    if let Body::Observation(signed) = &mut forged.body {
        signed.observation.answer = Answer::Result(vec![6]);
    }
    let blame = node.step(1, input(&forged));
    assert!(matches!(&blame[..], [Effect::Blame { misbehavior: Misbehavior::BadSignature(_), .. }]));
    let foreign = Message { config_digest: B256::ZERO, ..good };
    assert!(node.step(1, input(&foreign)).is_empty());
    assert_eq!(node.view(&key()).unwrap().observations.len(), 0);
}

#[test]
fn finished_node_answers_each_peer_once_an_attempt_and_again_after_a_reconnection() {
    let (mut node, _) = finished();
    // A late peer alone in the slow path.
    let mut late = self::node(2);
    late.step(0, Input::Request(event()));
    let effects = last_call(&mut late, 40_000);
    let status = messages(&effects).into_iter().find(|message| message.body.name() == "status");
    // The leader of attempt 1 may be the late peer itself; then attempt 2 tells everybody.
    let status = status.unwrap_or_else(|| {
        for other in [1, 3] {
            late.step(40_001, input(&observation_of(other, 5)));
        }
        let kind = TimerKind::Attempt(1);
        let effects = late.step(50_000, Input::Timer(Timer { key: key(), kind }));
        messages(&effects).into_iter().find(|message| message.body.name() == "status").unwrap()
    });
    assert_eq!(names(&node.step(4, input(&status))), ["report"]);
    assert!(node.step(5, input(&status)).is_empty());
    let peer = OracleIndex::new(2);
    let again = node.step(6, Input::Connected(peer));
    assert_eq!(names(&again), ["report"]);
    let report = messages(&again).remove(0);
    assert!(late.step(60_000, input(&report)).iter().any(|effect| matches!(effect, Effect::Report(_))));
    assert_eq!(names(&node.step(7, input(&status))), ["report"]);

    node.step(8, Input::Settled(key()));
    assert!(node.step(9, Input::Connected(peer)).is_empty());
    node.step(10, Input::Forget(key()));
    assert_eq!(node.view(&key()), None);
}

#[test]
fn restored_node_says_the_same_again() {
    let mut node = node(0);
    let mut kept = records(&node.step(0, Input::Request(event())));
    let mut said = node.step(1, observed(5));
    for other in 1..3 {
        said.extend(node.step(2, input(&observation_of(other, 5))));
    }
    kept.extend(records(&said));
    let slots: Vec<Slot> = kept.iter().map(|record| record.id.slot).collect();
    assert_eq!(slots, [Slot::Event, Slot::Observation, Slot::Lock, Slot::Attest]);
    drop(node);

    let mut node = self::node(0).load(kept.clone()).unwrap();
    let again = node.resume(100);
    assert_eq!(messages(&again), messages(&said));
    assert!(records(&again).is_empty());
    assert!(node.step(101, observed(6)).is_empty(), "the first observation stands");
    let effects = [3, 1].map(|other| node.step(102, input(&attest_of(other, 5))));
    let report = effects.concat().into_iter().find(|effect| matches!(effect, Effect::Report(_)));
    assert!(report.is_some(), "signatures are enough, whoever's observations were lost");

    kept.remove(0);
    assert!(self::node(0).load(kept).is_err(), "records without their event are refused");
}

#[test]
fn quarantined_node_is_silent_but_takes_the_report() {
    let (_, effects) = finished();
    let report = messages(&effects).pop().unwrap();
    let mut node = node(1);
    node.set_quarantine(1_001);
    node.step(0, Input::Request(event()));
    assert!(node.step(1, observed(5)).is_empty());
    assert!(node.view(&key()).unwrap().quarantined);
    assert_eq!(node.unobserved().count(), 0);
    let effects = node.step(2, input(&report));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Report(_))));
}

#[test]
fn report_with_anything_changed_is_refused() {
    let (_, effects) = finished();
    let report = messages(&effects).pop().unwrap();
    type Change = fn(&mut oracle_ocr::Attested);
    let changes: [Change; 6] = [
        |report| report.outcome = Outcome::Result(vec![6]),
        |report| report.attempt = 1,
        |report| report.evidence = B256::ZERO,
        |report| report.signatures.truncate(2),
        |report| report.signatures.swap(0, 1),
        |report| report.signatures[1] = report.signatures[0],
    ];
    for change in changes {
        let mut node = node(2);
        node.step(0, Input::Request(event()));
        let mut changed = report.clone();
        if let Body::Report(attested) = &mut changed.body {
            change(attested);
        }
        let effects = node.step(1, input(&changed));
        assert!(
            matches!(&effects[..], [Effect::Blame { misbehavior: Misbehavior::InvalidReport(_), .. }]),
            "{effects:?}"
        );
    }
}

#[test]
fn roster_refuses_impossible_configurations() {
    let signers = vec![Address::ZERO; 4];
    let make = |f, signers: &[Address]| Roster::new(B256::ZERO, f, signers, &[Address::ZERO; 4], &config(4));
    assert!(matches!(make(0, &signers), Err(RosterError::Faults { .. })));
    assert!(matches!(make(2, &signers), Err(RosterError::Faults { .. })));
    assert!(matches!(make(1, &signers[..3]), Err(RosterError::Lengths { .. })));
    for (n, f, q) in
        [(4, 1, 3), (5, 1, 4), (6, 1, 4), (7, 2, 5), (10, 3, 7), (13, 4, 9), (16, 5, 11), (31, 10, 21)]
    {
        let roster = roster(n);
        assert_eq!((roster.f(), roster.quorum()), (f, q), "n = {n}");
        assert!(roster.quorum() <= roster.live());
    }
}
