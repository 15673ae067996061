//! The two signature schemes behind two small traits, so that keys stay in their own crate.

use alloy_primitives::B256;
use ed25519_dalek::{Signature, VerifyingKey};
use functions_report::{quorum::Recover, software::Software};

use crate::{Oracle, ReportSignature};

/// Signs for this node. Implementations are deterministic (Ed25519, RFC 6979) and hold the keys.
pub trait Signer {
    /// Ed25519 signature with the off-chain key.
    fn sign_offchain(&self, bytes: &[u8]) -> [u8; 64];
    /// secp256k1 signature with the on-chain signer key over a report hash, `v` 0 or 1, low s.
    fn sign_report(&self, hash: &B256) -> ReportSignature;
}

impl<T: Signer + ?Sized> Signer for std::sync::Arc<T> {
    fn sign_offchain(&self, bytes: &[u8]) -> [u8; 64] {
        (**self).sign_offchain(bytes)
    }

    fn sign_report(&self, hash: &B256) -> ReportSignature {
        (**self).sign_report(hash)
    }
}

/// Checks signatures of others.
pub trait Verifier {
    /// Whether `signature` is of `oracle`'s off-chain key over `bytes`.
    fn verify_offchain(&self, oracle: &Oracle, bytes: &[u8], signature: &[u8; 64]) -> bool;
    /// Whether `signature` over `hash` recovers to `oracle`'s signer address.
    fn verify_report(&self, oracle: &Oracle, hash: &B256, signature: &ReportSignature) -> bool;
}

/// The real curves: strict Ed25519 and secp256k1 recovery as the chain does it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Curves;

impl Verifier for Curves {
    fn verify_offchain(&self, oracle: &Oracle, bytes: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&oracle.offchain_public_key)
            .is_ok_and(|key| key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok())
    }

    fn verify_report(&self, oracle: &Oracle, hash: &B256, signature: &ReportSignature) -> bool {
        let Some(v) = signature.v.checked_add(27) else {
            return false;
        };
        Software.recover(hash, v, &signature.r, &signature.s) == Some(oracle.signer)
    }
}
