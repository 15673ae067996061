//! The only source of chance: one seed, one run.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// Seeded numbers.
#[derive(Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The numbers of a seed, apart from those of other purposes.
    #[must_use]
    pub fn new(seed: u64, purpose: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(purpose);
        Self(rng)
    }

    /// Below `most`; 0 when that is 0.
    pub fn below(&mut self, most: u64) -> u64 {
        self.0.next_u64() % most.max(1)
    }

    /// From `least` to `most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of them.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let place = usize::try_from(self.below(of.len() as u64)).expect("a place in memory");
        of[place].clone()
    }

    /// So many different numbers below `most`, ascending.
    pub fn some(&mut self, count: usize, most: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..most).collect();
        while all.len() > count {
            let place = usize::try_from(self.below(all.len() as u64)).expect("a place in memory");
            all.remove(place);
        }
        all
    }
}
