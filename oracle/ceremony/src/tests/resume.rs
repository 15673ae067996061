//! A member that is killed at any step goes on, and says nothing else.

use crate::{Ceremony, Effect, RestoreError, Terms};

use super::{
    don_key,
    net::{Key, Net, publics},
    resharing, threshold,
};

fn text(effects: &[Effect]) -> Vec<String> {
    let text = |effect: &Effect| match effect {
        Effect::Send { to, bytes } => format!("{to} {:?}", bytes.as_slice()),
        Effect::Finished => "finished".to_owned(),
        Effect::Failed(culprits) => format!("failed {culprits:?}"),
    };
    effects.iter().map(text).collect()
}

/// Kills whoever heard something: before it says what follows, or after; it says everything again.
fn run_with_kills(mut net: Net, shares: impl Fn(u8) -> Option<functions_tdh2::PrivateShare>) -> Net {
    let mut steps = 0;
    net.settle_with(|net, place, effects| {
        let before = &net.nodes[usize::from(place)];
        let (state, said) = (before.state(), text(before.said()));
        let share = shares(place);
        let again = Ceremony::restore(net.terms.clone(), net.key(place), share.as_ref(), &state);
        let again = again.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(text(again.said()), said, "step {steps}");
        assert_eq!(*again.state(), *state);
        // Every few steps all is said again, as a peer that was away would need it.
        let all = if steps % 7 == 0 && !effects.is_empty() { again.said().to_vec() } else { effects };
        net.nodes[usize::from(place)] = again;
        net.carry_out(place, all);
        steps += 1;
    });
    assert!(steps > 10);
    net
}

#[test]
fn a_member_killed_at_any_step_ends_as_if_it_had_lived() {
    for terms in [threshold::terms(4, 3), don_key::terms(4)] {
        let undisturbed = Net::of(&terms, 6).run();
        let killed = run_with_kills(Net::of(&terms, 6), |_| None);
        for place in terms.places() {
            assert_eq!(killed.outcome(place).transcript, undisturbed.outcome(place).transcript);
            assert_eq!(killed.outcome(place).keys.public(), undisturbed.outcome(0).keys.public());
        }
    }
    let old = resharing::old(4, 3);
    let undisturbed = resharing::net(&old, 6).run();
    let share = |place: u8| {
        let share = old.1.get(usize::from(place)).filter(|_| place < 3)?;
        functions_tdh2::PrivateShare::decode(share.encode().as_bytes()).ok()
    };
    let killed = run_with_kills(resharing::net(&old, 6), share);
    assert_eq!(killed.threshold_key().0, undisturbed.threshold_key().0);
}

#[test]
fn a_failure_is_remembered() {
    let silent = |_: &Terms, _: &Key, _, _, _| None;
    let net = Net::of(&threshold::terms(3, 2), 1).with(1, super::actors::actor(silent)).run();
    let node = &net.nodes[0];
    let again = Ceremony::restore(net.terms.clone(), net.key(0), None, &node.state()).ok().unwrap();
    assert_eq!(again.failure(), node.failure());
    assert_eq!(again.failure().unwrap().len(), 1);
}

#[test]
fn a_state_of_another_ceremony_and_a_damaged_one_are_refused() {
    let mut net = Net::of(&threshold::terms(3, 2), 1);
    net.settle();
    let state = net.nodes[0].state();
    let restore = |terms: Terms, state: &[u8]| Ceremony::restore(terms, net.key(0), None, state).err();
    assert_eq!(restore(net.terms.clone(), &state), None);
    let another = Terms::threshold_key([9; 32], 1, &publics(3), 2).unwrap();
    assert_eq!(restore(another, &state), Some(RestoreError::Session));
    assert_eq!(restore(net.terms.clone(), &state[..state.len() - 1]), Some(RestoreError::Malformed));
    assert_eq!(restore(net.terms.clone(), &[]), Some(RestoreError::Malformed));
    let long = vec![1; crate::MAX_STATE_BYTES + 1];
    assert_eq!(restore(net.terms.clone(), &long), Some(RestoreError::Malformed));
}
