//! What a node said, and how it is held to it: by its own records under another configuration, by its peers when the
//! records are lost or another node has its key.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod by_hand;

use alloy_primitives::B256;
use by_hand::{
    Node, REPEAT, event, input, key, last_call, messages, names, node, node_under, observation_of,
    observation_under, observed, records,
};
use oracle_ocr::{
    Body, Earlier, Effect, Input, Message, Misbehavior, Observation, OracleIndex, Outcome, Record, Slot,
    Timer, TimerKind,
};

/// Oracle 0 under the next configuration, with what it said under the one before.
fn under_the_next(records: &[Record]) -> (Node, Vec<Effect>) {
    let mut node = node_under(2, 0);
    let mut effects = node.step(10, Input::Request(event()));
    let said = Box::new(Earlier::read(records).unwrap());
    effects.extend(node.step(10, Input::Earlier { key: key(), said }));
    (node, effects)
}

#[test]
fn s3_the_answer_is_signed_again_under_the_next_configuration_and_the_script_not_asked() {
    let mut before = node(0);
    let mut kept = records(&before.step(0, Input::Request(event())));
    kept.extend(records(&before.step(1, observed(5))));
    let (mut node, effects) = under_the_next(&kept);
    assert_eq!(messages(&effects), [observation_under(2, 0, 5)]);
    assert_eq!(node.unobserved().count(), 0);
    assert!(node.step(11, observed(6)).is_empty(), "the first answer stands");
    // A failure is no answer of the script, which may be run now.
    let mut before = self::node(0);
    let mut kept = records(&before.step(0, Input::Request(event())));
    kept.extend(records(&last_call(&mut before, 40_000)));
    let (mut node, effects) = under_the_next(&kept);
    assert_eq!(names(&effects), [] as [&str; 0]);
    assert_eq!(names(&node.step(11, observed(6))), ["observation"]);
}

#[test]
fn s3_what_was_signed_under_an_earlier_configuration_is_the_only_outcome_signed_later() {
    // Given a lock under the configuration before, without an answer of its own,
    let mut before = node(0);
    let mut kept = records(&before.step(0, Input::Request(event())));
    for other in 1..4 {
        kept.extend(records(&before.step(1, input(&observation_of(other, 5)))));
    }
    assert!(kept.iter().any(|record| record.id.slot == Slot::Attest));
    // when a quorum of the next one has another answer, then the node signs nothing, by the fast path or the slow one,
    let (mut node, effects) = under_the_next(&kept);
    let mut stored = records(&effects);
    let mut said = effects;
    for other in 1..4 {
        said.extend(node.step(11, input(&observation_under(2, other, 6))));
    }
    said.extend(node.step(20_000, Input::Timer(Timer { key: key(), kind: TimerKind::Grace })));
    assert!(node.view(&key()).unwrap().attempt > 0, "it goes on");
    assert!(!names(&said).contains(&"attest") && node.view(&key()).unwrap().locked.is_none(), "{said:?}");
    // after a restart neither, and in a third configuration neither;
    let mut again = node_under(2, 0).load(stored.clone()).unwrap();
    again.resume(30_000);
    let mut said = Vec::new();
    for other in 1..4 {
        said.extend(again.step(30_001, input(&observation_under(2, other, 6))));
    }
    assert!(!names(&said).contains(&"attest"));
    stored.extend(kept);
    assert_eq!(Earlier::read(&stored).unwrap().bound, Some(Outcome::Result(vec![5; 4])));
    // and it signs what it signed.
    let (mut node, _) = under_the_next(&stored);
    let effects = (1..4).map(|other| node.step(11, input(&observation_under(2, other, 5))));
    assert!(names(&effects.collect::<Vec<_>>().concat()).contains(&"attest"));
}

#[test]
fn s3_a_silence_goes_on_under_the_next_configuration() {
    let mut before = node(0);
    before.set_quarantine(1_001);
    let kept = records(&before.step(0, Input::Request(event())));
    let (mut node, _) = under_the_next(&kept);
    assert!(node.step(11, observed(6)).is_empty() && node.view(&key()).unwrap().quarantined);
}

#[test]
fn s1_a_node_that_hears_its_own_forgotten_words_falls_silent_about_the_request() {
    // Given a peer that remembers what oracle 1 observed,
    let mut peer = node(0);
    peer.step(0, Input::Request(event()));
    let first = observation_of(1, 5);
    peer.step(1, input(&first));
    // when oracle 1 is back without its records and connects, then the peer tells it,
    let told = messages(&peer.step(2, Input::Connected(OracleIndex::new(1))));
    let [Message { body: Body::Observation(signed), sender, .. }] = &told[..] else { panic!("{told:?}") };
    assert_eq!((signed.sender.get(), sender.get()), (1, 0));
    // and it says nothing about the request, whether it hears that before the event, before its answer or after it,
    for moment in 0..3 {
        let mut node = self::node(1);
        let mut said = Vec::new();
        let mut kept = Vec::new();
        for step in 0..3 {
            if step == moment {
                said.clear();
                said.extend(node.step(5, input(&told[0])));
            }
            match step {
                0 => said.extend(node.step(5, Input::Request(event()))),
                1 => said.extend(node.step(6, observed(6))),
                _ => said.extend(last_call(&mut node, 40_000)),
            }
            kept.extend(records(&said));
        }
        assert_eq!(names(&said), [] as [&str; 0], "told at moment {moment}");
        let view = node.view(&key()).unwrap();
        assert!(view.quarantined && view.own.is_none(), "told at moment {moment}");
        // not even after another restart.
        let mut again = self::node(1).load(kept).unwrap();
        assert_eq!(names(&again.resume(50_000)), [] as [&str; 0]);
    }
    // Words of its own that it remembers change nothing.
    let mut node = self::node(1);
    node.step(0, Input::Request(event()));
    node.step(1, observed(5));
    assert!(node.step(2, input(&told[0])).is_empty() && !node.view(&key()).unwrap().quarantined);
    // Nobody can silence it with words that it has not signed.
    let mut forged = told[0].clone();
    if let Body::Observation(signed) = &mut forged.body {
        signed.observation = Observation::result(vec![6; 4], B256::ZERO);
    }
    let effects = node.step(3, input(&forged));
    assert!(matches!(effects[..], [Effect::Blame { misbehavior: Misbehavior::BadSignature(_), .. }]));
    assert!(!node.view(&key()).unwrap().quarantined);
}

#[test]
fn s4_of_two_nodes_with_one_key_at_most_one_observation_counts_and_both_fall_silent() {
    // Given peers that hear two answers under one key, in different order,
    let (first, second) = (observation_of(1, 5), observation_of(1, 6));
    for (heard, late) in [(&first, &second), (&second, &first)] {
        let mut peer = node(0);
        peer.step(0, Input::Request(event()));
        peer.step(1, input(heard));
        let effects = peer.step(2, input(late));
        // then each counts one and reports the other,
        let Effect::Blame { oracle, misbehavior: Misbehavior::ConflictingObservation(_) } = &effects[0]
        else {
            panic!("{effects:?}")
        };
        assert_eq!((oracle.get(), peer.view(&key()).unwrap().observations.len()), (1, 1));
        // and tells it to either of them when it connects: who said the other falls silent.
        let told = messages(&peer.step(3, Input::Connected(OracleIndex::new(1))));
        let mut twin = node(1);
        twin.step(0, Input::Request(event()));
        twin.step(1, observed(if std::ptr::eq(heard, &first) { 6 } else { 5 }));
        let effects = twin.step(4, input(&told[0]));
        let reports = effects.iter().filter(|effect| matches!(effect, Effect::Blame { .. })).count();
        assert_eq!((names(&effects).len(), reports), (0, 1), "{effects:?}");
        let again = twin.step(35_001, Input::Timer(Timer { key: key(), kind: REPEAT }));
        assert!(again.is_empty() && twin.view(&key()).unwrap().quarantined, "{again:?}");
    }
}
