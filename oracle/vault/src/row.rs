//! Rows: what an owner stored in a slot, with the owner's signature.

use alloy_primitives::{Address, Signature, eip191_hash_message};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use crate::codec::{Reader, put};

/// Milliseconds after its expiration for which a row still serves requests: it is the block's time that counts, and an
/// owner's clock may differ from the chain's.
pub const EXPIRY_GRACE_MS: u64 = 5_000;

/// When a row that expires then serves requests for the last time.
pub(crate) const fn serves_until(expiration_ms: u64) -> u64 {
    expiration_ms.saturating_add(EXPIRY_GRACE_MS)
}

/// What a row holds. The numbers never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Secrets, encrypted to a threshold of the members.
    Secrets = 0,
    /// The source of requests, readable by everybody.
    Code = 1,
}

impl Kind {
    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Secrets),
            1 => Some(Self::Code),
            _ => None,
        }
    }
}

/// What a row is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What it holds.
    pub kind: Kind,
    /// The owner of the subscriptions whose requests may use it.
    pub owner: Address,
    /// The owner's slot.
    pub slot: u32,
    /// The version.
    pub version: u64,
}

impl Key {
    /// Bytes of a key.
    pub(crate) const BYTES: usize = 1 + 20 + 4 + 8;

    /// `kind (1) || owner (20) || slot (4) || version (8)`.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        to.push(self.kind as u8);
        to.extend(self.owner);
        to.extend(self.slot.to_be_bytes());
        to.extend(self.version.to_be_bytes());
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            kind: Kind::from_byte(from.byte()?)?,
            owner: from.array::<20>()?.into(),
            slot: from.u32()?,
            version: from.u64()?,
        })
    }
}

/// What an owner stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it is.
    pub key: Key,
    /// When it expires, in unix milliseconds.
    pub expiration_ms: u64,
    /// The encrypted secrets, or the code.
    pub payload: Vec<u8>,
    /// The owner's, `r || s || v`, over [`Row::text`] as a personal message (EIP-191).
    pub signature: [u8; 65],
}

/// A row as members compare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub key: Key,
    /// Its [`Row::id`].
    pub id: [u8; 32],
}

/// The row's signature is not its owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wrong signature")]
pub struct WrongSignature;

impl Row {
    /// What the owner signs, without white space, address and payload in base64. For secrets it is the toolkit's:
    /// `{"address":"…","slotid":N,"payload":"…","version":N,"expiration":N}`.
    /// For code it begins with `{"kind":"code",`, so that neither can be taken for the other.
    pub fn text(&self) -> String {
        let kind = match self.key.kind {
            Kind::Secrets => "",
            Kind::Code => r#""kind":"code","#,
        };
        format!(
            r#"{{{kind}"address":"{}","slotid":{},"payload":"{}","version":{},"expiration":{}}}"#,
            STANDARD.encode(self.key.owner),
            self.key.slot,
            STANDARD.encode(&self.payload),
            self.key.version,
            self.expiration_ms,
        )
    }

    /// Checks that the owner signed the row; v is 0, 1, 27 or 28.
    ///
    /// # Errors
    /// [`WrongSignature`].
    pub fn check(&self) -> Result<(), WrongSignature> {
        if !matches!(self.signature.last(), Some(0 | 1 | 27 | 28)) {
            return Err(WrongSignature);
        }
        let digest = eip191_hash_message(self.text());
        let signer = Signature::from_raw_array(&self.signature)
            .and_then(|signature| signature.recover_address_from_prehash(&digest));
        if signer.is_ok_and(|signer| signer == self.key.owner) { Ok(()) } else { Err(WrongSignature) }
    }

    /// Whether a request of a block of `block_ms` (unix milliseconds) may use it.
    pub const fn is_live(&self, block_ms: u64) -> bool {
        block_ms <= serves_until(self.expiration_ms)
    }

    /// A hash of all that the owner signed: the same for every valid signature of it.
    pub fn id(&self) -> [u8; 32] {
        let mut key = Vec::with_capacity(Key::BYTES);
        self.key.write(&mut key);
        Sha256::new_with_prefix("osa/vault/row/1")
            .chain_update(key)
            .chain_update(self.expiration_ms.to_be_bytes())
            .chain_update(Sha256::digest(&self.payload))
            .finalize()
            .into()
    }

    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        self.key.write(to);
        to.extend(self.expiration_ms.to_be_bytes());
        to.extend(self.signature);
        put(to, &self.payload);
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            key: Key::read(from)?,
            expiration_ms: from.u64()?,
            signature: from.array()?,
            payload: from.bytes()?.to_vec(),
        })
    }
}
