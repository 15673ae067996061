//! Who cheats is named by all honest members, for what it did.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::{
    Effect, Input, Reason, Signer as _, Terms,
    message::{Announcement, Deal, Message, Proof, echo_text},
};

use super::{
    actors::{Announces, actor, signed_announcement, signed_deal},
    don_key,
    net::{Net, publics},
    resharing, threshold,
};

/// A ceremony of each kind, of which the participant at place 1 deals and the one at place 2 receives.
fn each() -> Vec<Net> {
    let old = resharing::old(4, 3);
    vec![Net::of(&threshold::terms(4, 3), 3), Net::of(&don_key::terms(4), 3), resharing::net(&old, 3)]
}

fn all_name(net: &Net, culprit: u8, reason: Reason) {
    for place in net.honest() {
        assert_eq!(net.named(place), BTreeSet::from([(culprit, reason)]), "named by {place}");
    }
}

/// The body that `place` would announce with another seed.
fn another_body(net: &Net, place: u8, seed: u64) -> Vec<u8> {
    let body = |effect: &Effect| match effect {
        Effect::Send { bytes, .. } => match Message::decode(bytes) {
            Some(Message::Announce(one)) => Some(one.body),
            _ => None,
        },
        _ => None,
    };
    let other = match &net.terms.task {
        crate::terms::Task::Reshare(_) => resharing::net(&resharing::old(4, 3), seed),
        _ => Net::of(&net.terms, seed),
    };
    other.nodes[usize::from(place)].said().iter().find_map(body).unwrap()
}

#[test]
fn who_announces_two_things_is_named() {
    for net in each() {
        let body = another_body(&net, 1, 4);
        let net = net.with(1, Announces { body, to: |to| to == 2 }).run();
        all_name(&net, 1, Reason::Equivocation);
    }
}

#[test]
fn who_announces_what_is_not_valid_is_named() {
    for net in each() {
        let mut body = another_body(&net, 1, 3);
        body.pop();
        let net = net.with(1, Announces { body, to: |_| true }).run();
        all_name(&net, 1, Reason::Announcement);
    }
}

#[test]
fn who_does_not_know_what_it_announces_is_named() {
    let net = Net::of(&threshold::terms(4, 3), 3);
    // Its own commitment with the proof of another, and the announcement of another member.
    let (mut mixed, other) = (another_body(&net, 1, 3), another_body(&net, 1, 4));
    let at = mixed.len() - 65;
    mixed[at..].copy_from_slice(&other[at..]);
    for body in [mixed, another_body(&net, 2, 3)] {
        let net = Net::of(&threshold::terms(4, 3), 3).with(1, Announces { body, to: |_| true }).run();
        all_name(&net, 1, Reason::Announcement);
    }
}

#[test]
fn an_old_member_that_deals_another_key_is_named() {
    let old = resharing::old(4, 3);
    // The commitment of the member at place 0: valid, but to its own part of the key.
    let body = another_body(&resharing::net(&old, 3), 0, 3);
    let net = resharing::net(&old, 3).with(1, Announces { body, to: |_| true }).run();
    all_name(&net, 1, Reason::Announcement);
}

#[test]
fn who_deals_what_it_did_not_announce_is_named() {
    for net in each() {
        let wrong = |terms: &Terms, key: &_, _, to, message| {
            Some(match message {
                Message::Deal(deal) if to == 2 => {
                    let mut body = Zeroizing::new(deal.body.to_vec());
                    body[31] ^= 1;
                    Message::Deal(signed_deal(terms, key, Deal { body, ..deal }))
                }
                other => other,
            })
        };
        let net = net.with(1, actor(wrong)).run();
        all_name(&net, 1, Reason::Deal);
    }
}

#[test]
fn who_vouches_for_other_announcements_is_named() {
    for net in each() {
        let wrong = |terms: &Terms, key: &super::net::Key, me, _, message| {
            let hash = [7; 32];
            Some(match message {
                Message::Echo { .. } => {
                    Message::Echo { hash, signature: key.sign(&echo_text(terms.session(), me, &hash)) }
                }
                // Its certificate shows its true echo.
                Message::Certificate { .. } => return None,
                other => other,
            })
        };
        let net = net.with(1, actor(wrong)).run();
        all_name(&net, 1, Reason::Echo);
    }
}

#[test]
fn who_is_silent_is_named_at_every_step() {
    fn is(message: &Message, step: u8) -> bool {
        match message {
            // Who does not announce does not say later what it would have.
            Message::Announce(_) | Message::Exchange(_) => step == 0,
            Message::Echo { .. } | Message::Certificate { .. } => step == 1,
            Message::Deal(_) => step == 2,
            _ => false,
        }
    }
    for step in 0..3 {
        for net in each() {
            let silent = move |_: &Terms, _: &_, _, _, message| (!is(&message, step)).then_some(message);
            let net = net.with(1, actor(silent)).run();
            let receives = |place: u8| net.terms.at(place).unwrap().receives.is_some();
            for place in net.honest().into_iter().filter(|place| step < 2 || receives(*place)) {
                assert_eq!(
                    net.named(place),
                    BTreeSet::from([(1, Reason::Silent)]),
                    "by {place}, step {step}"
                );
            }
        }
    }
}

#[test]
fn who_is_silent_to_one_member_deceives_nobody_until_it_deals() {
    for net in each() {
        let silent = |_: &Terms, _: &_, _, to, message| {
            (to != 2 || matches!(message, Message::Deal(_))).then_some(message)
        };
        let net = net.with(1, actor(silent)).run();
        for place in net.honest() {
            assert_eq!(net.outcome(place).transcript, net.outcome(2).transcript);
        }
    }
    for net in each() {
        let silent = |_: &Terms, _: &_, _, to, message| {
            (to != 2 || !matches!(message, Message::Deal(_))).then_some(message)
        };
        let net = net.with(1, actor(silent)).run();
        assert_eq!(net.named(2), BTreeSet::from([(1, Reason::Silent)]));
    }
}

#[test]
fn who_repeats_an_earlier_attempt_says_nothing() {
    let earlier = Terms::threshold_key([9; 32], 1, &publics(4), 3).unwrap();
    let mut earlier = Net::of(&earlier, 3);
    earlier.settle();
    let mut old: Vec<_> = earlier.nodes[1].said().to_vec();
    let replay = move |_: &Terms, _: &_, _, _, _| match old.pop()? {
        Effect::Send { bytes, .. } => Message::decode(&bytes),
        _ => None,
    };
    let net = Net::of(&threshold::terms(4, 3), 3).with(1, actor(replay)).run();
    all_name(&net, 1, Reason::Silent);
}

#[test]
fn a_proof_that_comes_late_takes_the_outcome_back() {
    let mut net = Net::of(&threshold::terms(3, 2), 3);
    net.settle();
    assert!(net.nodes[0].outcome().is_some());
    let one = |byte| -> Announcement { signed_announcement(&net.terms, &net.key(1), 1, vec![byte]) };
    let proof = Message::Accuse(Proof::Equivocation(one(1), one(2))).encode();
    let effects = net.nodes[0].step(Input::Message { from: 2, bytes: &proof });
    assert!(matches!(effects.last(), Some(Effect::Failed(culprits)) if culprits[0].place == 1));
    assert!(net.nodes[0].outcome().is_none());
    assert_eq!(net.named(0), BTreeSet::from([(1, Reason::Equivocation)]));
    assert!(net.nodes[0].step(Input::Expire).is_empty(), "it is over");
}
