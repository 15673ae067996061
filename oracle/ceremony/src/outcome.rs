//! What a ceremony ends with.

use functions_tdh2::{PrivateShare, PublicKey, ecies::DonPrivateKey};

/// The keys of a ceremony that went well. It has no `Debug`: it is secret.
pub struct Outcome {
    /// A hash of the terms, the announcements and the public key: the same for all members.
    pub transcript: [u8; 32],
    /// The keys.
    pub keys: Keys,
}

/// Keys that came out.
pub enum Keys {
    /// A threshold key.
    Threshold {
        /// What is published.
        public: Box<PublicKey>,
        /// This member's share; none for old members that are no new ones.
        share: Option<PrivateShare>,
    },
    /// The DON key, which every member has.
    Don(DonPrivateKey),
}

impl Keys {
    /// What is published of them: the JSON of a threshold key, or the DON key's 64 bytes.
    pub fn public(&self) -> Vec<u8> {
        match self {
            Self::Threshold { public, .. } => public.encode().into_bytes(),
            Self::Don(key) => key.public().encode().to_vec(),
        }
    }
}
