//! What happens next, by a seed.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// Draws what happens.
pub struct Dice {
    draws: ChaCha8Rng,
    rounds: usize,
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

impl Dice {
    /// Those of `CHAOS_SEED`, or new ones; `rounds` unless `CHAOS_ROUNDS` says otherwise.
    ///
    /// # Panics
    /// When a variable is no number.
    pub fn of(test: &str, rounds: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let seed = number("CHAOS_SEED").unwrap_or(now.as_secs());
        let rounds =
            number("CHAOS_ROUNDS").map_or(rounds, |rounds| usize::try_from(rounds).expect("it fits"));
        println!("{test}: CHAOS_SEED={seed} CHAOS_ROUNDS={rounds}");
        Self { draws: ChaCha8Rng::seed_from_u64(seed), rounds }
    }

    /// How often there is mischief.
    pub const fn rounds(&self) -> usize {
        self.rounds
    }

    /// One of `0..count`.
    pub fn below(&mut self, count: usize) -> usize {
        let drawn = self.draws.next_u64() % u64::try_from(count).expect("it fits");
        usize::try_from(drawn).expect("below a count")
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// `count` different ones of `0..all`.
    pub fn some_of(&mut self, all: usize, count: usize) -> Vec<usize> {
        let mut drawn = BTreeSet::new();
        while drawn.len() < count.min(all) {
            drawn.insert(self.below(all));
        }
        drawn.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = || {
            let mut dice = Dice { draws: ChaCha8Rng::seed_from_u64(7), rounds: 1 };
            (dice.some_of(13, 4), dice.one_of(&["a", "b", "c"]), dice.below(5))
        };
        assert_eq!(draw(), draw());
        assert_eq!(draw().0.len(), 4);
    }
}
