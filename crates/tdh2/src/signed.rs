//! Secrets, and the signature that ties them to their owner.
//!
//! `{"message":"…","signature":"0x…"}`: the message is the JSON text of an object of texts, the signature the owner's
//! over that text as a personal message (EIP-191), 65 bytes, `r || s || v`.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use alloy_primitives::{Address, B256, Signature, eip191_hash_message};
use serde::{
    Deserialize, Serialize,
    de::{Deserializer, Error as _, MapAccess, Visitor},
};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{Malformed, json};

/// What is in the object but the message, with room to spare.
const AROUND: usize = 256;
/// Most bytes that a byte of a text has in JSON: `\u0000`.
const ESCAPED: usize = 6;

/// The JSON text of an object whose values are all texts; wiped when dropped.
pub struct Secrets(Zeroizing<String>);

impl Secrets {
    /// Checks a text of at most `limit` bytes.
    ///
    /// # Errors
    /// [`Malformed`], also when a name is there twice.
    pub fn parse(text: &str, limit: usize) -> Result<Self, Malformed> {
        let what = "the secrets";
        Malformed::bound(what, text.len(), limit)?;
        let wanted = "the JSON of an object whose values are texts, each name once";
        serde_json::from_str::<Texts>(text).map_err(|_| Malformed::Not { what, wanted })?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The JSON text, as it was signed.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// What the owner signs: the hash of the text as a personal message.
    pub fn digest(&self) -> B256 {
        eip191_hash_message(self.0.as_bytes())
    }

    /// The secrets with their owner's signature of [`Secrets::digest`], `r || s || v`.
    pub fn signed(&self, signature: &[u8; 65]) -> Zeroizing<String> {
        let signature = format!("0x{}", hex::encode(signature));
        let raw = Raw { message: self.as_json().into(), signature: signature.into() };
        json::write_secret(&raw, AROUND + ESCAPED * self.0.len())
    }
}

/// Why secrets are not taken as their owner's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedError {
    /// They do not decode.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// No account made this signature.
    #[error("the signature of the secrets is of nobody: sign them again")]
    Signature,
    /// Another account signed.
    #[error(
        "the secrets are signed by {signer}, not by {owner}, who owns the subscription: sign them as the owner"
    )]
    Owner {
        /// Whose signature it is.
        signer: Address,
        /// Whose it should be.
        owner: Address,
    },
}

/// Reads secrets of at most `limit` bytes that `owner` signed.
///
/// # Errors
/// [`SignedError`].
pub fn open(json: &[u8], owner: Address, limit: usize) -> Result<Secrets, SignedError> {
    let mut raw: Raw<'_> =
        json::read("the signed secrets", json, limit.saturating_mul(ESCAPED).saturating_add(AROUND))?;
    let text = Zeroizing::new(std::mem::take(&mut raw.message).into_owned());
    let secrets = Secrets::parse(&text, limit)?;
    check(&secrets, &decode(&raw.signature)?, owner)?;
    Ok(secrets)
}

/// Checks that `owner` made the signature, `r || s || v`; v is 0, 1, 27 or 28.
///
/// # Errors
/// [`SignedError::Signature`] or [`SignedError::Owner`].
pub fn check(secrets: &Secrets, signature: &[u8; 65], owner: Address) -> Result<(), SignedError> {
    // Numbers above name a chain as well, in signatures of transactions.
    if !matches!(signature.last(), Some(0 | 1 | 27 | 28)) {
        return Err(SignedError::Signature);
    }
    let signer = Signature::from_raw_array(signature)
        .and_then(|signature| signature.recover_address_from_prehash(&secrets.digest()))
        .map_err(|_| SignedError::Signature)?;
    if signer == owner { Ok(()) } else { Err(SignedError::Owner { signer, owner }) }
}

fn decode(text: &str) -> Result<[u8; 65], Malformed> {
    let mut bytes = [0; 65];
    let digits = text.strip_prefix("0x");
    let decoded = digits.and_then(|digits| hex::decode_to_slice(digits, &mut bytes).ok());
    decoded
        .map(|()| bytes)
        .ok_or(Malformed::Not { what: "signature", wanted: "0x and 130 hexadecimal digits" })
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
}

/// An object whose values are texts; they are looked at and forgotten.
struct Texts;

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Texts {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, mut value)) = map.next_entry::<String, String>()? {
            value.zeroize();
            if !names.insert(name) {
                return Err(A::Error::custom("a name is there twice"));
            }
        }
        Ok(self)
    }
}
