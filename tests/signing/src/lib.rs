//! Signatures of simulated nodes: a fast stand-in that nobody in a simulation forges, or the real curves.

use std::hash::{DefaultHasher, Hasher};

use alloy_primitives::{Address, B256, keccak256};
use ed25519_dalek::Signer as _;
use oracle_ocr::{Curves, Oracle, ReportSignature, Signer, Verifier};

/// Both keys of one node.
#[derive(Clone)]
pub enum Keys {
    /// Not secret, and cheap.
    Fast([u8; 32]),
    /// As in production.
    Real(Box<(k256::ecdsa::SigningKey, ed25519_dalek::SigningKey)>),
}

/// How signatures are checked.
#[derive(Clone, Copy, Debug)]
pub enum Checks {
    /// Those of [`Keys::Fast`].
    Fast,
    /// Those of [`Keys::Real`].
    Real(Curves),
}

impl Keys {
    /// The keys of node `who`.
    ///
    /// # Panics
    /// Never: every hash met here is a scalar of the curve.
    #[must_use]
    pub fn of(who: usize, real: bool) -> Self {
        let seed = keccak256([b"node".as_slice(), &who.to_be_bytes()].concat()).0;
        if !real {
            return Self::Fast(seed);
        }
        let signer = k256::ecdsa::SigningKey::from_slice(&seed).expect("a scalar");
        Self::Real(Box::new((signer, ed25519_dalek::SigningKey::from_bytes(&seed))))
    }

    /// The address of its report signatures.
    #[must_use]
    pub fn signer(&self) -> Address {
        match self {
            Self::Fast(seed) => Address::from_slice(&seed[..20]),
            Self::Real(keys) => Address::from_private_key(&keys.0),
        }
    }

    /// The public key of its messages.
    #[must_use]
    pub fn offchain(&self) -> [u8; 32] {
        match self {
            Self::Fast(seed) => *seed,
            Self::Real(keys) => keys.1.verifying_key().to_bytes(),
        }
    }
}

/// One word is enough to tell signatures apart.
fn mark(parts: [&[u8]; 2]) -> [u8; 32] {
    let mut hasher = DefaultHasher::new();
    parts.iter().for_each(|part| hasher.write(part));
    let mut mark = [0; 32];
    mark[..8].copy_from_slice(&hasher.finish().to_be_bytes());
    mark
}

fn fast_offchain(key: &[u8; 32], bytes: &[u8]) -> [u8; 64] {
    let half = mark([key, bytes]);
    let mut signature = [7; 64];
    signature[..32].copy_from_slice(&half);
    signature
}

fn fast_report(signer: &Address, hash: &B256) -> ReportSignature {
    let r = mark([signer.as_slice(), hash.as_slice()]);
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
                let (signature, id) =
                    keys.0.sign_prehash_recoverable(hash.as_slice()).expect("a hash of 32 bytes");
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
