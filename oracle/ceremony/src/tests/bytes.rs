//! Bytes from outside never do harm.

use functions_tdh2::rand_core::RngCore as _;

use zeroize::Zeroizing;

use crate::{
    Ceremony, Effect, Input, MAX_MESSAGE_BYTES,
    message::{Deal, Message},
};

use super::{
    actors::{actor, signed_deal},
    net::{Net, Numbers},
    threshold,
};

fn messages() -> Vec<Vec<u8>> {
    let mut net = Net::of(&threshold::terms(3, 2), 1);
    net.settle();
    net.said()
}

#[test]
fn a_message_is_what_it_is_and_nothing_more() {
    for bytes in messages() {
        assert_eq!(*Message::decode(&bytes).unwrap().encode(), bytes);
        for length in 0..bytes.len() {
            assert!(Message::decode(&bytes[..length]).is_none(), "cut to {length}");
        }
        assert!(Message::decode(&[bytes.as_slice(), &[0]].concat()).is_none());
    }
    assert!(Message::decode(&vec![2; MAX_MESSAGE_BYTES + 1]).is_none());
}

#[test]
fn random_bytes_are_ignored() {
    let seed = 11;
    let mut numbers = Numbers(seed);
    let messages = messages();
    let mut net = Net::of(&threshold::terms(3, 2), 2);
    let state = net.nodes[0].state();
    for round in 0..5_000 {
        let mut bytes = if round % 2 == 0 {
            messages[numbers.below(messages.len())].clone()
        } else {
            let mut bytes = vec![0; numbers.below(400)];
            numbers.fill_bytes(&mut bytes);
            bytes
        };
        if let Some(first) = bytes.first_mut().filter(|_| round % 2 == 1) {
            *first %= 10;
        }
        // One bit at least differs from what somebody signed; the kind and the place are left.
        if bytes.len() > 40 {
            let at = 2 + numbers.below(bytes.len() - 2);
            bytes[at] ^= 1 << numbers.below(8);
        }
        let from = u8::try_from(numbers.below(5)).unwrap();
        let effects = net.nodes[0].step(Input::Message { from, bytes: &bytes });
        let named = effects.iter().any(|effect| matches!(effect, Effect::Failed(_) | Effect::Finished));
        assert!(!named, "seed {seed}, round {round}");
        let _ = Ceremony::restore(net.terms.clone(), net.key(0), None, &bytes);
        let mut damaged = state.to_vec();
        damaged.extend(&bytes);
        let _ = Ceremony::restore(net.terms.clone(), net.key(0), None, &damaged);
    }
}

#[test]
fn what_is_repeated_is_not_stored_again() {
    let mut net = Net::of(&threshold::terms(4, 3), 1);
    net.settle();
    let (old, key) = (net.nodes[0].state().len(), net.key(1));
    for from in 1..4 {
        for effect in net.nodes[usize::from(from)].said().to_vec() {
            let Effect::Send { to: 0, bytes } = effect else { continue };
            assert!(net.nodes[0].step(Input::Message { from, bytes: &bytes }).is_empty());
        }
    }
    assert_eq!(net.nodes[0].state().len(), old);

    // Nor are deals of other announcements, of which somebody may sign any number.
    let mut net = Net::of(&threshold::terms(4, 3), 1)
        .with(1, actor(|_, _, _, _, message| (!matches!(message, Message::Deal(_))).then_some(message)));
    net.settle();
    let old = net.nodes[0].state().len();
    for byte in 0..10 {
        let (hash, body) = ([byte; 32], Zeroizing::new(vec![1; 32]));
        let deal = Deal { from: 1, to: 0, hash, signature: [0; 64], body };
        let bytes = Message::Deal(signed_deal(&net.terms, &key, deal)).encode();
        assert!(net.nodes[0].step(Input::Message { from: 1, bytes: &bytes }).is_empty());
    }
    assert_eq!(net.nodes[0].state().len(), old);
}
