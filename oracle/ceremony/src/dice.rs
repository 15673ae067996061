//! Randomness from a seed: whoever restores a ceremony rolls the same.

use frost_p256::rand_core::{CryptoRng, Error, RngCore, impls};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// `SHA-256("osa/ceremony/dice/1" || session || seed || counter (8 bytes, big endian))`, block after block.
pub(crate) struct Dice {
    seed: Zeroizing<Vec<u8>>,
    counter: u64,
    block: Zeroizing<[u8; 32]>,
    used: usize,
}

impl Dice {
    pub(crate) fn new(session: &[u8; 32], seed: &[u8; 32]) -> Self {
        let seed = Zeroizing::new([b"osa/ceremony/dice/1".as_slice(), session, seed].concat());
        Self { seed, counter: 0, block: Zeroizing::default(), used: 32 }
    }
}

impl RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        for byte in to {
            if self.used == 32 {
                let hash = Sha256::new_with_prefix(&*self.seed).chain_update(self.counter.to_be_bytes());
                *self.block = hash.finalize().into();
                self.counter += 1;
                self.used = 0;
            }
            *byte = self.block.get(self.used).copied().unwrap_or_default();
            self.used += 1;
        }
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(to);
        Ok(())
    }
}

impl CryptoRng for Dice {}
