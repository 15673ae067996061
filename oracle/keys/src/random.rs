//! What is random comes from the system.

use functions_tdh2::rand_core::{CryptoRng, Error, RngCore, impls};

/// The system's random bytes.
pub(crate) struct System;

impl RngCore for System {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        getrandom::fill(to).expect("a system that gave random bytes for keys gives more");
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(to);
        Ok(())
    }
}

impl CryptoRng for System {}
