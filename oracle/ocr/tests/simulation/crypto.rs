//! Signatures: the real curves, or a fast stand-in that nobody in the simulation forges.

use alloy_primitives::{Address, B256, keccak256};
use ed25519_dalek::Signer as _;
use oracle_ocr::{Curves, Oracle, ReportSignature, Signer, Verifier};

/// Both keys of one oracle.
#[derive(Clone)]
pub(crate) enum Keys {
    Fast([u8; 32]),
    Real(Box<(k256::ecdsa::SigningKey, ed25519_dalek::SigningKey)>),
}

#[derive(Clone, Copy)]
pub(crate) enum Checks {
    Fast,
    Real(Curves),
}

impl Keys {
    pub(crate) fn new(index: u8, real: bool) -> Self {
        let seed = keccak256([b'k', index]).0;
        if !real {
            return Self::Fast(seed);
        }
        let signer = k256::ecdsa::SigningKey::from_slice(&seed).unwrap();
        Self::Real(Box::new((signer, ed25519_dalek::SigningKey::from_bytes(&seed))))
    }

    pub(crate) fn signer(&self) -> Address {
        match self {
            Self::Fast(seed) => Address::from_slice(&seed[..20]),
            Self::Real(keys) => Address::from_private_key(&keys.0),
        }
    }

    pub(crate) fn offchain(&self) -> [u8; 32] {
        match self {
            Self::Fast(seed) => *seed,
            Self::Real(keys) => keys.1.verifying_key().to_bytes(),
        }
    }
}

fn fast_offchain(key: &[u8; 32], bytes: &[u8]) -> [u8; 64] {
    let half = keccak256([key.as_slice(), bytes].concat()).0;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&half);
    signature[32..].copy_from_slice(&half);
    signature
}

fn fast_report(signer: &Address, hash: &B256) -> ReportSignature {
    let r = keccak256([signer.as_slice(), hash.as_slice()].concat()).0;
    ReportSignature { r, s: r, v: r[0] & 1 }
}

impl Signer for Keys {
    fn sign_offchain(&self, bytes: &[u8]) -> [u8; 64] {
        match self {
            Self::Fast(seed) => fast_offchain(seed, bytes),
            Self::Real(keys) => keys.1.sign(bytes).to_bytes(),
        }
    }

    fn sign_report(&self, hash: &B256) -> ReportSignature {
        match self {
            Self::Fast(_) => fast_report(&self.signer(), hash),
            Self::Real(keys) => {
                let (signature, id) = keys.0.sign_prehash_recoverable(hash.as_slice()).unwrap();
                let (r, s) = signature.split_bytes();
                ReportSignature { r: r.into(), s: s.into(), v: id.to_byte() }
            }
        }
    }
}

impl Verifier for Checks {
    fn verify_offchain(&self, oracle: &Oracle, bytes: &[u8], signature: &[u8; 64]) -> bool {
        match self {
            Self::Fast => fast_offchain(&oracle.offchain_public_key, bytes) == *signature,
            Self::Real(curves) => curves.verify_offchain(oracle, bytes, signature),
        }
    }

    fn verify_report(&self, oracle: &Oracle, hash: &B256, signature: &ReportSignature) -> bool {
        match self {
            Self::Fast => fast_report(&oracle.signer, hash) == *signature,
            Self::Real(curves) => curves.verify_report(oracle, hash, signature),
        }
    }
}
