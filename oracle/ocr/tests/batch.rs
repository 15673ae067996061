//! Several decided outcomes in one report. Spec: agreement A36 to A39.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use alloy_primitives::{Address, B256, keccak256};
use oracle_ocr::{
    Body, Earlier, Effect, Input, MAX_BATCH, Message, Misbehavior, Observation, OracleIndex, Outcome,
    ReadyBatch, RequestEvent, RequestKey, Timer, TimerKind, Verifier as _, layout,
    message::{BatchEntry, BatchSignature},
    report,
};

mod by_hand;
use by_hand::{Checks, Node, input, keys, messages, names, node, records, roster};

fn event(number: u8) -> RequestEvent {
    RequestEvent { request: B256::repeat_byte(number), ..by_hand::event() }
}

fn key(number: u8) -> RequestKey {
    event(number).key()
}

fn index(index: u8) -> OracleIndex {
    OracleIndex::new(index)
}

/// Takes what `from` says to all others, until nobody says anything more.
fn spread(nodes: &mut [Node], now: u64, said: Vec<(u8, Effect)>) {
    let mut left = said;
    while let Some((from, effect)) = left.pop() {
        let to: Vec<u8> = match &effect {
            Effect::Broadcast(_) => (0..4).filter(|to| *to != from).collect(),
            Effect::Send { to, .. } => vec![to.get()],
            _ => continue,
        };
        let message = messages(&[effect]).remove(0);
        for to in to {
            let effects = nodes[usize::from(to)].step(now, input(&message));
            left.extend(effects.into_iter().map(|effect| (to, effect)));
        }
    }
}

/// Four members with reports of requests 1 to `count`.
fn decided(count: u8) -> Vec<Node> {
    let mut nodes: Vec<Node> = (0..4).map(node).collect();
    for number in 1..=count {
        for node in &mut nodes {
            node.step(0, Input::Request(event(number)));
        }
        for at in 0..4 {
            let observation = Observation::result(vec![number; 4], B256::ZERO);
            let effects = nodes[usize::from(at)].step(1, Input::Observed { key: key(number), observation });
            spread(&mut nodes, 1, effects.into_iter().map(|effect| (at, effect)).collect());
        }
        assert!(nodes.iter().all(|node| node.view(&key(number)).unwrap().report.is_some()));
    }
    nodes
}

fn ask(nodes: &mut [Node], numbers: &[u8]) -> Vec<Effect> {
    nodes[0].step(10, Input::Batch(numbers.iter().map(|number| key(*number)).collect()))
}

fn batch_message(sender: u8, entries: Vec<BatchEntry>) -> Message {
    let config_digest = roster(4).config_digest();
    Message { config_digest, key: entries[0].key, sender: index(sender), body: Body::Batch(entries) }
}

fn entry(number: u8) -> BatchEntry {
    let outcome = layout::outcome(&Outcome::Result(vec![number; 4]));
    BatchEntry { key: key(number), outcome }
}

fn answers(effects: &[Effect]) -> Vec<Option<ReadyBatch>> {
    let answer = |effect: &Effect| match effect {
        Effect::Batched { batch, .. } => Some(batch.as_deref().cloned()),
        _ => None,
    };
    effects.iter().filter_map(answer).collect()
}

fn blamed(effects: &[Effect]) -> Vec<Misbehavior> {
    let blame = |effect: &Effect| match effect {
        Effect::Blame { misbehavior, .. } => Some(misbehavior.clone()),
        _ => None,
    };
    effects.iter().filter_map(blame).collect()
}

#[test]
fn a36_a_quorum_signs_what_is_decided_as_one_report_that_the_coordinator_takes() {
    let mut nodes = decided(3);
    let asked = ask(&mut nodes, &[2, 1, 3]);
    assert_eq!(names(&asked), ["batch"]);
    assert_eq!(records(&asked), [], "what is decided is signed without a record");
    let question = messages(&asked).remove(0);
    assert_eq!(Message::decode(&question.encode()), Ok(question.clone()));
    let mut signed = Vec::new();
    for node in &mut nodes[1..4] {
        let effects = node.step(11, input(&question));
        assert_eq!(names(&effects), ["batch signature"]);
        let answer = messages(&effects).remove(0);
        assert_eq!(Message::decode(&answer.encode()), Ok(answer.clone()));
        signed.push(answer);
    }
    assert_eq!(answers(&nodes[0].step(12, input(&signed[2]))), []);
    let [Some(batch)] = &answers(&nodes[0].step(12, input(&signed[0])))[..] else { panic!("a report") };
    assert!(nodes[0].step(12, input(&signed[1])).is_empty(), "a quorum is enough");
    let timer = Timer { key: key(2), kind: TimerKind::Batch };
    assert!(nodes[0].step(9_000, Input::Timer(timer)).is_empty(), "it has been answered");

    assert_eq!(batch.keys, [key(2), key(1), key(3)]);
    let decided = [2, 1, 3].map(|number| (B256::repeat_byte(number), Outcome::Result(vec![number; 4])));
    assert_eq!(report::decided_in(&batch.report), decided);
    let signers: Vec<u8> = batch.signatures.iter().map(|(signer, _)| signer.get()).collect();
    assert_eq!(signers, [0, 1, 3]);
    assert_eq!(batch.context.signed_hash(&batch.report), batch.hash);
    for (signer, signature) in &batch.signatures {
        let roster = roster(4);
        assert!(Checks::Fast.verify_report(roster.oracle(*signer).unwrap(), &batch.hash, signature));
    }
    let ids: Vec<u8> = [2, 1, 3].into_iter().flat_map(|number| [number; 32]).collect();
    let extra = keccak256([b"osa/batch/1".as_slice(), &[3], &ids].concat());
    assert_eq!(
        batch.context,
        layout::batch_context(roster(4).config_digest(), &[2, 1, 3].map(B256::repeat_byte))
    );
    assert_eq!((batch.context.extra_hash, batch.context.epoch, batch.context.round), (extra, 0, 1));
}

#[test]
fn a36_nobody_signs_together_what_is_not_decided_here_with_the_same_outcome() {
    let question = |entries: Vec<BatchEntry>| input(&batch_message(0, entries));
    let fresh = || decided(2).remove(1);
    assert_eq!(names(&fresh().step(10, question(vec![entry(1), entry(2)]))), ["batch signature"]);
    let other = BatchEntry { outcome: B256::repeat_byte(9), ..entry(2) };
    assert!(fresh().step(10, question(vec![entry(1), other])).is_empty());
    assert!(fresh().step(10, question(vec![entry(1), entry(3)])).is_empty(), "an unknown request");
    let mut node = fresh();
    node.step(9, Input::Settled(key(2)));
    assert!(node.step(10, question(vec![entry(1), entry(2)])).is_empty(), "it is answered");
    let mut node = fresh();
    node.step(9, Input::Request(event(3)));
    assert!(node.step(10, question(vec![entry(1), entry(3)])).is_empty(), "it has no report");
    let elsewhere = RequestEvent { coordinator: Address::ZERO, ..event(4) };
    let mut nodes = decided(1);
    nodes.iter_mut().for_each(|node| drop(node.step(0, Input::Request(elsewhere.clone()))));
    for at in 0..4 {
        let observation = Observation::result(vec![4; 4], B256::ZERO);
        let effects = nodes[at].step(1, Input::Observed { key: elsewhere.key(), observation });
        spread(&mut nodes, 1, effects.into_iter().map(|effect| (at as u8, effect)).collect());
    }
    assert!(nodes[1].view(&elsewhere.key()).unwrap().report.is_some());
    assert!(nodes[1].step(10, question(vec![entry(1), entry(4)])).is_empty(), "another coordinator");
}

#[test]
fn a36_who_is_bound_or_silent_signs_nothing_together_either() {
    let mut nodes = decided(2);
    let said = Earlier { bound: Some(Outcome::Result(vec![7])), ..Earlier::default() };
    nodes[1].step(9, Input::Earlier { key: key(2), said: Box::new(said) });
    let said = Earlier { quarantined: true, ..Earlier::default() };
    nodes[2].step(9, Input::Earlier { key: key(2), said: Box::new(said) });
    let question = messages(&ask(&mut nodes, &[1, 2])).remove(0);
    assert!(nodes[1].step(10, input(&question)).is_empty());
    assert!(nodes[2].step(10, input(&question)).is_empty());
    assert_eq!(names(&nodes[3].step(10, input(&question))), ["batch signature"]);
    let asked = nodes[1].step(10, Input::Batch(vec![key(1), key(2)]));
    assert_eq!((names(&asked), answers(&asked)), (vec![], vec![None]));
}

#[test]
fn a34_what_was_signed_together_is_taken_along_without_a_lock_of_its_own() {
    // Node 1 hears the report of others before it has a quorum of observations.
    let mut nodes = decided(2);
    let reports: Vec<Message> = [1, 2]
        .map(|number| {
            let attested = nodes[0].view(&key(number)).unwrap().report.unwrap();
            let body = Body::Report(Box::new(attested));
            Message { config_digest: roster(4).config_digest(), key: key(number), sender: index(0), body }
        })
        .into();
    let mut late = node(1);
    let mut kept = Vec::new();
    for (number, report) in [1, 2].into_iter().zip(&reports) {
        kept.push(late.step(0, Input::Request(event(number))));
        kept.push(late.step(1, input(report)));
    }
    let question = messages(&ask(&mut nodes, &[1, 2])).remove(0);
    assert_eq!(names(&late.step(10, input(&question))), ["batch signature"]);
    assert_eq!(late.view(&key(1)).unwrap().locked, None);
    let of_first: Vec<_> =
        kept.iter().flat_map(|effects| records(effects)).filter(|record| record.id.key == key(1)).collect();
    assert_eq!(Earlier::read(&of_first).unwrap().bound, Some(Outcome::Result(vec![1; 4])));
}

#[test]
fn a38_a_report_that_comes_a_little_later_is_waited_for() {
    let mut nodes = decided(2);
    let attested = nodes[0].view(&key(2)).unwrap().report.unwrap();
    let mut late = node(1);
    for number in [1, 2] {
        late.step(0, Input::Request(event(number)));
    }
    let tell = |number: u8, attested| {
        let body = Body::Report(Box::new(attested));
        input(&Message { config_digest: roster(4).config_digest(), key: key(number), sender: index(0), body })
    };
    late.step(1, tell(1, nodes[0].view(&key(1)).unwrap().report.unwrap()));
    let question = messages(&ask(&mut nodes, &[1, 2])).remove(0);
    assert!(late.step(10, input(&question)).is_empty());
    assert!(late.held_bytes(index(0)) > 0);
    assert_eq!(names(&late.clone().step(500, tell(2, attested.clone()))), ["batch signature"]);
    assert_eq!(names(&late.step(1_010, tell(2, attested))), [] as [&str; 0], "nobody waits so long");
}

#[test]
fn a37_who_asks_waits_a_bounded_time() {
    let mut nodes = decided(2);
    let asked = ask(&mut nodes, &[1, 2]);
    let timer = asked.iter().find_map(|effect| match effect {
        Effect::SetTimer { timer, at } => Some((*timer, *at)),
        _ => None,
    });
    let (timer, at) = timer.unwrap();
    assert!(at > 10 && at <= 10 + 600, "{at}");
    assert_eq!(answers(&nodes[0].step(at, Input::Timer(timer))), [None]);
    // What comes then is too late, and nobody's fault.
    let question = messages(&asked).remove(0);
    let late = messages(&nodes[1].step(11, input(&question))).remove(0);
    assert!(nodes[0].step(at + 1, input(&late)).is_empty());
    // A request that is forgotten ends the wait too: its timers are gone.
    ask(&mut nodes, &[1, 2]);
    assert_eq!(answers(&nodes[0].step(20, Input::Forget(key(1)))), [None]);
    assert_eq!(answers(&nodes[0].step(20, Input::Batch(vec![key(2)]))), [None], "one is no batch");
    assert_eq!(answers(&nodes[0].step(20, Input::Batch(vec![key(2), key(9)]))), [None]);
}

#[test]
fn a39_a_bad_signature_is_blamed_and_does_not_count() {
    let mut nodes = decided(2);
    let question = messages(&ask(&mut nodes, &[1, 2])).remove(0);
    let mut bad = messages(&nodes[1].step(11, input(&question))).remove(0);
    let Body::BatchSignature(BatchSignature { hash, mut signature }) = bad.body else { panic!() };
    signature.r[3] ^= 1;
    bad.body = Body::BatchSignature(BatchSignature { hash, signature });
    let effects = nodes[0].step(12, input(&bad));
    assert_eq!(blamed(&effects), [Misbehavior::BadSignature("batch")]);
    // Of another report: about nothing that is asked.
    bad.body = Body::BatchSignature(BatchSignature { hash: B256::ZERO, signature });
    assert!(nodes[0].step(12, input(&bad)).is_empty());
    let good =
        |nodes: &mut [Node], other: usize| messages(&nodes[other].step(13, input(&question))).remove(0);
    let second = good(&mut nodes, 2);
    assert_eq!(answers(&nodes[0].step(13, input(&second))), []);
    assert_eq!(answers(&nodes[0].step(13, input(&second))), [], "said twice");
    let third = good(&mut nodes, 3);
    let [Some(batch)] = &answers(&nodes[0].step(13, input(&third)))[..] else { panic!("a report") };
    assert_eq!(batch.signatures.len(), roster(4).quorum());
}

#[test]
fn a38_a_question_without_form_is_blamed_and_a_long_one_is_no_message() {
    let mut node = decided(3).remove(1);
    let wrong = [
        vec![entry(1)],
        vec![entry(1), entry(1)],
        vec![entry(1), BatchEntry { key: RequestKey { commitment: B256::ZERO, ..key(1) }, ..entry(1) }],
    ];
    for entries in wrong {
        let effects = node.step(10, input(&batch_message(0, entries)));
        assert!(matches!(blamed(&effects)[..], [Misbehavior::InvalidBatch(_)]), "{effects:?}");
    }
    let mut message = batch_message(0, vec![entry(1), entry(2)]);
    message.key = key(2);
    let effects = node.step(10, input(&message));
    assert!(matches!(blamed(&effects)[..], [Misbehavior::InvalidBatch(_)]));
    let many = |count: u8| batch_message(0, (1..=count).map(entry).collect());
    let most = u8::try_from(MAX_BATCH).unwrap();
    assert!(Message::decode(&many(most).encode()).is_ok());
    assert!(Message::decode(&many(most + 1).encode()).is_err());
}

#[test]
fn d1_questions_of_one_peer_cost_a_bounded_number_of_signatures() {
    let mut node = decided(3).remove(1);
    let mut signed = 0;
    for round in 0..2_000_u64 {
        let question = batch_message(0, vec![entry(1), entry(2), entry(3)]);
        // Two seconds, a thousand questions each.
        signed += names(&node.step(10 + round, input(&question))).len();
    }
    // 16 (n + 1) units and 8 (n + 1) a second about the first request, six a question.
    assert!(signed <= (80 + 2 * 40) / 6 + 2, "{signed}");
    assert!(signed >= 10);
    let _ = keys(0);
}
