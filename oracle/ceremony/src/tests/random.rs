//! Whatever some do: only they are named, and who has an outcome has the same.

use crate::Terms;

use super::{
    actors::Anything,
    don_key,
    net::{Net, Numbers, publics},
    resharing, threshold,
};

/// What is said in another attempt.
fn old() -> Vec<Vec<u8>> {
    let mut net = Net::of(&Terms::threshold_key([9; 32], 5, &publics(4), 3).unwrap(), 1);
    net.settle();
    net.said()
}

#[test]
fn no_honest_member_is_ever_named() {
    let (old_key, old) = (resharing::old(4, 3), old());
    let (mut failed, mut finished) = (0, 0);
    for seed in 0..150 {
        let mut numbers = Numbers(seed);
        let mut net = match seed % 3 {
            0 => Net::of(&threshold::terms(4, 3), seed),
            1 => Net::of(&don_key::terms(4), seed),
            _ => resharing::net(&old_key, seed),
        };
        let participants = net.terms.participants().len();
        for _ in 0..=numbers.below(3) {
            let place = u8::try_from(numbers.below(participants)).unwrap();
            net = net.with(place, Anything { old: old.clone(), honesty: 8 + numbers.below(8) });
        }
        let net = net.run();
        let mut transcripts = Vec::new();
        for place in net.honest() {
            let node = &net.nodes[usize::from(place)];
            match (node.outcome(), node.failure()) {
                (Some(outcome), _) => transcripts.push(outcome.transcript),
                (None, Some(culprits)) => {
                    failed += 1;
                    assert!(!culprits.is_empty(), "seed {seed}: {place} failed and names nobody");
                    for culprit in culprits {
                        assert!(
                            net.actors.contains_key(&culprit.place),
                            "seed {seed}: {place} says: {culprit}"
                        );
                    }
                }
                (None, None) => panic!("seed {seed}: {place} goes on after the time was up"),
            }
        }
        finished += transcripts.len();
        assert!(transcripts.windows(2).all(|two| two[0] == two[1]), "seed {seed}: two outcomes");
    }
    assert!(failed > 50 && finished > 50, "{failed} failed, {finished} finished: try other odds");
}
