//! Signer recovery with k256, for nodes and tools.

use alloy_primitives::{Address, B256};
use functions_types::word::WORD;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

use crate::quorum::Recover;

/// Recovers signers as the chain's precompile does, high-s signatures included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Software;

impl Recover for Software {
    fn recover(&self, hash: &B256, v: u8, r: &[u8; WORD], s: &[u8; WORD]) -> Option<Address> {
        let mut id = RecoveryId::from_byte(v.checked_sub(27).filter(|id| *id < 2)?)?;
        let mut signature = Signature::from_scalars(*r, *s).ok()?;
        if let Some(low) = signature.normalize_s() {
            signature = low;
            id = RecoveryId::from_byte(id.to_byte() ^ 1)?;
        }
        let key = VerifyingKey::recover_from_prehash(hash.as_slice(), &signature, id).ok()?;
        let point = key.to_encoded_point(false);
        Some(Address::from_raw_public_key(point.as_bytes().get(1..)?))
    }
}
