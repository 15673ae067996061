//! The three layers together: what a client puts on, and what a node takes off once the threshold is open.

use std::{borrow::Cow, sync::Arc};

use alloy_primitives::Address;
use p256::elliptic_curve::rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Ciphertext, Label, Malformed, PublicKey, Secrets, Unverified,
    ecies::{DonPrivateKey, DonPublicKey, Undecryptable},
    json,
    signed::{self, SignedError},
};

/// To whom secrets are sealed.
pub struct Recipient<'a> {
    /// The key of all nodes.
    pub don: &'a DonPublicKey,
    /// The key of a threshold of them.
    pub threshold: &'a Arc<PublicKey>,
    /// Who owns the subscriptions whose requests may use them.
    pub owner: Address,
    /// Which requests may use them.
    pub label: Label,
}

/// Why secrets are not sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The signature is not the owner's.
    #[error(transparent)]
    Signed(#[from] SignedError),
    /// The ciphertext made does not verify.
    #[error("what was encrypted does not verify, so this machine computes wrongly: use another ({0})")]
    Unverified(#[from] Unverified),
}

/// Why the inner layers do not come off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InnerError {
    /// The middle layer does not decode.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is not for this DON.
    #[error(transparent)]
    Undecryptable(#[from] Undecryptable),
    /// It is not the owner's.
    #[error(transparent)]
    Signed(#[from] SignedError),
}

/// The layer in the middle; other names were of single nodes, in old versions.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Middle<'a> {
    #[serde(rename = "0x0", borrow)]
    to_don: Cow<'a, str>,
}

/// Seals secrets that their owner signed ([`Secrets::digest`], `r || s || v`): the JSON text of the encrypted secrets.
///
/// # Errors
/// [`SealError`].
pub fn seal(
    secrets: &Secrets,
    signature: &[u8; 65],
    to: &Recipient<'_>,
    random: &mut impl CryptoRngCore,
) -> Result<String, SealError> {
    signed::check(secrets, signature, to.owner)?;
    let to_don = to.don.encrypt(secrets.signed(signature).as_bytes(), random);
    let middle = json::write(&Middle { to_don: json::base64(&to_don).into() });
    let ciphertext = Ciphertext::encrypt(to.threshold, middle.as_bytes(), to.label, random);
    let verified = ciphertext.verify(to.threshold, &[to.label])?;
    Ok(verified.ciphertext().encode())
}

/// Opens what [`Verified::open`](crate::Verified::open) gave: secrets of at most `limit` bytes that `owner` signed.
///
/// # Errors
/// [`InnerError`].
pub fn open(middle: &[u8], don: &DonPrivateKey, owner: Address, limit: usize) -> Result<Secrets, InnerError> {
    let raw: Middle<'_> = json::read("the secrets to the DON key", middle, middle.len())?;
    let to_don: Zeroizing<Vec<u8>> = json::bytes("0x0", &raw.to_don)?;
    Ok(signed::open(&don.decrypt(&to_don)?, owner, limit)?)
}
