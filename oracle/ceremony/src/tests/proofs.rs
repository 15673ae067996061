//! What proves nothing names nobody.

use zeroize::Zeroizing;

use crate::{
    Ceremony, Effect, Input,
    message::{Announcement, Deal, Message, Proof},
    p256_codec,
};

use super::{
    actors::{signed_announcement, signed_deal},
    net::{Key, Net, Node},
    threshold,
};

fn said(node: &Node) -> impl Iterator<Item = Message> + '_ {
    node.said().iter().filter_map(|effect| match effect {
        Effect::Send { bytes, .. } => Message::decode(bytes),
        _ => None,
    })
}

fn announced(node: &Node) -> Announcement {
    let own = |message| if let Message::Announce(one) = message { Some(one) } else { None };
    said(node).find_map(own).unwrap()
}

fn dealt(node: &Node, to: u8) -> Deal {
    let deal = |message| match message {
        Message::Deal(deal) => Some(deal).filter(|deal| deal.to == to),
        _ => None,
    };
    said(node).find_map(deal).unwrap()
}

#[test]
fn a_proof_that_is_not_signed_or_shows_nothing_wrong_names_nobody() {
    let mut net = Net::of(&threshold::terms(3, 2), 1);
    net.settle();
    let (terms, forger) = (net.terms.clone(), Key::of(2));
    let (one, other) = (announced(&net.nodes[1]), announced(&net.nodes[2]));
    let forged = || signed_announcement(&terms, &forger, 1, vec![1]);
    let deal = dealt(&net.nodes[1], 2);
    let wrong = || Deal { body: Zeroizing::new(vec![1; 32]), ..deal.clone() };
    let (own, key) = (announced(&net.nodes[0]), Key::of(1));
    let proofs = [
        Proof::Equivocation(one.clone(), one.clone()),
        Proof::Equivocation(one.clone(), other),
        Proof::Equivocation(one.clone(), forged()),
        Proof::Equivocation(forged(), one.clone()),
        Proof::Equivocation(own.clone(), signed_announcement(&terms, &forger, 0, vec![1])),
        Proof::Announcement(one.clone()),
        Proof::Announcement(forged()),
        Proof::Deal(deal.clone()),
        Proof::Deal(wrong()),
        Proof::Deal(signed_deal(&terms, &forger, wrong())),
        // Signed, but with announcements that nobody here knows.
        Proof::Deal(signed_deal(&terms, &key, Deal { hash: [1; 32], ..wrong() })),
    ];
    let state = net.nodes[0].state();
    let hear = |state: &[u8], proof: Proof| {
        let mut node = Ceremony::restore(terms.clone(), Key::of(0), None, state).ok().unwrap();
        let bytes = Message::Accuse(proof).encode();
        node.step(Input::Message { from: 2, bytes: &bytes });
        node.failure().map(|culprits| culprits.to_vec())
    };
    for (number, proof) in proofs.into_iter().enumerate() {
        assert_eq!(hear(&state, proof), None, "proof {number}");
    }
    // Who has not heard what was announced cannot tell that a right deal is right.
    let fresh = Net::of(&threshold::terms(3, 2), 1).nodes[0].state();
    assert_eq!(hear(&fresh, Proof::Deal(deal.clone())), None);
    assert!(hear(&state, Proof::Deal(signed_deal(&terms, &key, wrong()))).is_some(), "a true one");
}

#[test]
fn a_point_has_one_form() {
    let bytes = p256_codec::encode_point(&crate::g_bar(&[0; 32], 0));
    assert!(p256_codec::point(&bytes).is_some());
    for tag in (0..=255).filter(|tag| ![2, 3].contains(tag)) {
        let other = [&[tag], &bytes[1..]].concat();
        assert!(p256_codec::point(&other).is_none(), "tag {tag}");
    }
    assert!(p256_codec::point(&[0]).is_none() && p256_codec::point(&[]).is_none());
}
