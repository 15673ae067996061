//! Dice that a seed repeats, dealt keys, and the vectors.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use functions_tdh2::{
    Ciphertext, Label, PrivateShare, PublicKey, ValidShare, Verified,
    deal::deal,
    rand_core::{CryptoRng, Error, RngCore, impls},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use serde_json::Value;

/// ChaCha20 by a seed, as the dice the curves ask for.
pub struct Dice(ChaCha20Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }
}

impl RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Dice {}

/// Dice that show these bytes, and nothing after them.
pub struct Loaded(pub Vec<u8>);

impl RngCore for Loaded {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.drain(..bytes.len()).collect::<Vec<_>>());
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Loaded {}

/// An oracle set's keys.
pub struct Set {
    pub key: Arc<PublicKey>,
    pub privates: Vec<PrivateShare>,
}

impl Set {
    pub fn deal(members: usize, threshold: usize, dice: &mut Dice) -> Self {
        let (key, privates) = deal(members, threshold, dice).unwrap();
        Self { key: Arc::new(key), privates }
    }

    pub fn seal(&self, plaintext: &[u8], label: Label, dice: &mut Dice) -> Verified {
        let ciphertext = Ciphertext::encrypt(&self.key, plaintext, label, dice);
        ciphertext.verify(&self.key, &[label]).unwrap()
    }

    /// Every member's checked share.
    pub fn shares(&self, of: &Verified, dice: &mut Dice) -> Vec<ValidShare> {
        let share = |private: &PrivateShare| of.check(private.index(), &of.share(private, dice)).unwrap();
        self.privates.iter().map(share).collect()
    }
}

pub fn vectors(name: &str) -> Value {
    let text = match name {
        "dealt" => include_str!("../fixtures/tdh2-p256-2of4.json"),
        "simulated" => include_str!("../fixtures/tdh2-toolkit-simulated-keys.json"),
        "ecies" => include_str!("../fixtures/ecies-don-key.json"),
        "end to end" => include_str!("../fixtures/secrets-end-to-end.json"),
        _ => panic!("no vectors are called {name}"),
    };
    serde_json::from_str(text).unwrap()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

pub fn bytes(value: &Value) -> Vec<u8> {
    let text = text(value);
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

pub fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}
