//! The rules, on rows with real signatures and ciphertexts with real keys.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod index;
mod opening;
mod rows;
mod wire;

use alloy_primitives::{Address, eip191_hash_message};
use k256::ecdsa::SigningKey;

use crate::{Key, Kind, Row};

/// An owner with a key of its own.
pub(crate) struct Owner(SigningKey);

impl Owner {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).expect("a key"))
    }

    pub(crate) fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }

    pub(crate) fn row(&self, kind: Kind, slot: u32, version: u64, expiration_ms: u64, payload: &[u8]) -> Row {
        let key = Key { kind, owner: self.address(), slot, version };
        self.sign(Row { key, expiration_ms, payload: payload.to_vec(), signature: [0; 65] })
    }

    pub(crate) fn sign(&self, mut row: Row) -> Row {
        let digest = eip191_hash_message(row.text());
        let (signature, id) = self.0.sign_prehash_recoverable(digest.as_slice()).expect("a signature");
        row.signature[..64].copy_from_slice(&signature.to_bytes());
        row.signature[64] = 27 + id.to_byte();
        row
    }
}
