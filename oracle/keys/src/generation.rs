//! One generation of the keys that secrets are encrypted to: a share of the threshold key, and the DON key.

use alloy::primitives::B256;
use functions_tdh2::{
    PrivateShare, PublicKey,
    ecies::{DonPrivateKey, DonPublicKey},
};
use zeroize::Zeroizing;

/// Highest number of a try under one configuration.
pub const MAX_ATTEMPT: u32 = 31;

/// The public part of one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsKeys {
    /// Digest of the configuration that the keys were made for.
    pub digest: B256,
    /// Which try under this configuration it was.
    pub attempt: u32,
    /// Members that open a ciphertext together.
    pub needed: u8,
    /// This member's index in that configuration.
    pub index: u8,
    /// What secrets are encrypted to in the outer layer.
    pub threshold: PublicKey,
    /// What they are encrypted to in the inner one.
    pub don: DonPublicKey,
    /// A hash of all that was said in public when they were made: the same for all members.
    pub transcript: B256,
}

impl SecretsKeys {
    /// Whether a threshold key was made by the members of a configuration; what a dealer made is nobody's.
    pub fn is_made_for(key: &PublicKey, digest: &B256) -> bool {
        (0..=MAX_ATTEMPT).any(|attempt| *key.g_bar() == oracle_ceremony::g_bar(digest, attempt))
    }
}

pub(crate) struct Generation {
    pub(crate) public: SecretsKeys,
    pub(crate) share: PrivateShare,
    pub(crate) don: DonPrivateKey,
}

impl Generation {
    /// `None` unless the private parts are those of the public ones.
    pub(crate) fn new(public: SecretsKeys, share: &[u8; 32], don: &[u8; 32]) -> Option<Self> {
        let share = PrivateShare::from_bytes(public.index, share)?;
        let don = DonPrivateKey::decode(don).ok()?;
        let fits = share.belongs_to(&public.threshold) && don.public() == public.don;
        fits.then_some(Self { public, share, don })
    }

    /// The share and the DON key.
    pub(crate) fn secrets(&self) -> [Zeroizing<[u8; 32]>; 2] {
        [self.share.to_bytes(), self.don.to_bytes()]
    }
}
