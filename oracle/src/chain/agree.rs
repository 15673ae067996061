//! When what endpoints say counts: `k` of them have said the same. Pure.
//!
//! An answer is a set of things, each in a slot of which the chain has one: a log at its place in a block, a header at
//! its height. Of every thing that anybody showed
//!
//! | it was shown by | not shown by | it is |
//! | --- | --- | --- |
//! | `k` or more | any number | agreed |
//! | fewer | `k` or more | refuted |
//! | fewer | fewer | open: more must be asked, or nothing is known |
//!
//! Nothing is agreed as long as anything is open, so what one endpoint makes up, changes or leaves out is never acted
//! on, and fewer than `k` that lie together cannot have their way. Two things agreed in one slot mean that `k` lie:
//! then nothing is known either.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

/// One endpoint's answer: its place in the configuration, and what it showed.
pub type Opinion<T> = (usize, T);

/// What the endpoints agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed<T> {
    /// The things, in no order.
    pub things: Vec<T>,
    /// Endpoints that showed something refuted, ascending.
    pub refuted: Vec<usize>,
}

/// What `k` of the answers agree on; `None` as long as anything is open.
pub fn judge<T: Clone + Eq + Hash, S: Eq + Hash>(
    k: usize,
    answers: &[Opinion<Vec<T>>],
    slot: impl Fn(&T) -> S,
) -> Option<Agreed<T>> {
    if answers.len() < k {
        return None;
    }
    let mut shown_by: HashMap<&T, Vec<usize>> = HashMap::new();
    for (endpoint, things) in answers {
        for thing in things.iter().collect::<HashSet<_>>() {
            shown_by.entry(thing).or_default().push(*endpoint);
        }
    }
    let mut agreed = Agreed { things: Vec::new(), refuted: Vec::new() };
    let mut slots = HashSet::new();
    for (thing, by) in shown_by {
        if by.len() >= k {
            if !slots.insert(slot(thing)) {
                return None;
            }
            agreed.things.push(thing.clone());
        } else if answers.len() - by.len() >= k {
            agreed.refuted.extend(by);
        } else {
            return None;
        }
    }
    agreed.refuted.sort_unstable();
    agreed.refuted.dedup();
    Some(agreed)
}

/// The highest amount, such as a block's height, that `k` of the answers reach; the inner `None` when `k` know of none.
pub fn reached<T: Ord + Copy>(k: usize, answers: &[Opinion<Option<T>>]) -> Option<Option<T>> {
    let mut heights: Vec<T> = answers.iter().filter_map(|(_, height)| *height).collect();
    heights.sort_unstable_by(|one, other| other.cmp(one));
    match k.checked_sub(1).and_then(|last| heights.get(last)) {
        Some(height) => Some(Some(*height)),
        None => (answers.len() - heights.len() >= k).then_some(None),
    }
}

/// What `k` of the answers say alike.
pub fn alike<T: Eq + Copy>(k: usize, answers: &[Opinion<T>]) -> Option<T> {
    let count = |wanted: &T| answers.iter().filter(|(_, said)| said == wanted).count();
    answers.iter().map(|(_, said)| said).find(|said| count(said) >= k).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Things are a slot and what is in it.
    type Thing = (u8, char);

    fn said(k: usize, answers: &[&[Thing]]) -> Option<Agreed<Thing>> {
        let answers: Vec<_> =
            answers.iter().enumerate().map(|(index, things)| (index, things.to_vec())).collect();
        let mut agreed = judge(k, &answers, |(slot, _)| *slot)?;
        agreed.things.sort_unstable();
        Some(agreed)
    }

    #[test]
    fn judge_takes_what_k_say_and_nothing_while_anything_is_open() {
        let (truth, forged, more): (&[_], &[_], &[_]) = (&[(1, 'a')], &[(1, 'x')], &[(1, 'a'), (2, 'x')]);
        let agreed = |things: &[(u8, char)], refuted: &[usize]| {
            Some(Agreed { things: things.to_vec(), refuted: refuted.to_vec() })
        };
        for (case, k, answers, expected) in [
            ("one is enough where one is asked for", 1, &[forged][..], agreed(forged, &[])),
            ("one is too few", 2, &[truth], None),
            ("two say the same", 2, &[truth, truth], agreed(truth, &[])),
            ("nothing is there, say two", 2, &[&[], &[]], agreed(&[], &[])),
            ("a changed log", 2, &[forged, truth], None),
            ("a changed log, shown up", 2, &[forged, truth, truth], agreed(truth, &[0])),
            ("an invented log", 2, &[more, truth], None),
            ("an invented log, shown up", 2, &[truth, more, truth], agreed(truth, &[1])),
            ("a log left out", 2, &[truth, &[]], None),
            ("a log left out, shown up", 2, &[truth, &[], truth], agreed(truth, &[])),
            ("three different answers", 2, &[truth, forged, more], agreed(truth, &[1, 2])),
            ("two that lie together are k", 2, &[forged, truth, forged, truth], None),
            ("two of three liars are fewer than k", 3, &[forged, forged, truth], None),
            ("three outvote them", 3, &[forged, forged, truth, truth, truth], agreed(truth, &[0, 1])),
            ("an answer that repeats itself is one", 2, &[&[(1, 'x'), (1, 'x')], &[]], None),
        ] {
            assert_eq!(said(k, answers), expected, "{case}");
        }
    }

    #[test]
    fn fewer_than_k_liars_never_have_their_way_whoever_is_asked_first() {
        // Every order in which three of five endpoints tell the truth and two anything, with k = 3.
        for liars in (0..32u32).filter(|liars| liars.count_ones() == 2) {
            for lies in
                [[&[][..], &[]], [&[(1, 'x')], &[(1, 'x')]], [&[(2, 'x')], &[]], [&[(1, 'x')], &[(1, 'y')]]]
            {
                let mut lies = lies.into_iter();
                let answers: Vec<&[(u8, char)]> = (0..5)
                    .map(
                        |index| if liars >> index & 1 == 1 { lies.next().expect("two") } else { &[(1, 'a')] },
                    )
                    .collect();
                for asked in 0..=5 {
                    if let Some(Agreed { things, .. }) = said(3, &answers[..asked]) {
                        assert_eq!(things, [(1, 'a')], "{answers:?} after {asked}");
                    }
                }
                assert!(said(3, &answers).is_some(), "{answers:?}");
            }
        }
    }

    #[test]
    fn alike_is_what_k_endpoints_say() {
        let said = |k, all: &[u64]| alike(k, &all.iter().copied().enumerate().collect::<Vec<_>>());
        assert_eq!(said(2, &[0, 17]), None);
        assert_eq!(said(2, &[0, 17, 17]), Some(17));
        assert_eq!(said(1, &[5]), Some(5));
        assert_eq!(said(3, &[1, 1]), None);
    }

    #[test]
    fn reached_is_what_k_endpoints_reach() {
        let at =
            |k, heights: &[Option<u64>]| reached(k, &heights.iter().copied().enumerate().collect::<Vec<_>>());
        assert_eq!(at(2, &[Some(900)]), None, "one alone");
        assert_eq!(at(2, &[Some(900), Some(7)]), Some(Some(7)));
        assert_eq!(at(2, &[Some(900), Some(7), Some(8)]), Some(Some(8)));
        assert_eq!(at(2, &[None, Some(7)]), None);
        assert_eq!(at(2, &[None, Some(7), None]), Some(None));
        assert_eq!(at(1, &[None]), Some(None));
    }
}
