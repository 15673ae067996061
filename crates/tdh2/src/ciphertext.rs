//! Ciphertexts: made by whoever has a secret, verified by every node before anything else.

use std::{borrow::Cow, fmt, sync::Arc};

use aes_gcm::{Aes256Gcm, KeyInit as _, aead::Aead as _};
use p256::{
    NonZeroScalar, ProjectivePoint, Scalar,
    elliptic_curve::{ops::MulByGenerator as _, rand_core::CryptoRngCore},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    Label, Malformed, PublicKey,
    curve::{self, BASE, GROUP, Table},
    json,
};

/// Bytes that AES-GCM adds.
const TAG: usize = 16;

/// Bytes that a threshold of members can open together.
///
/// JSON: `{"TDH2Ctxt":…,"SymCtxt":…,"Nonce":…}`, each in base64. `SymCtxt` is AES-256-GCM with its 16-byte tag,
/// `Nonce` has 12 bytes, `TDH2Ctxt` is `{"Group":"P256","C":…,"Label":…,"U":…,"U_bar":…,"E":…,"F":…}`: 32 bytes, 32
/// bytes, two points, two scalars.
#[derive(Clone, PartialEq, Eq)]
pub struct Ciphertext {
    /// The key of `sealed`, under a pad.
    pub(crate) padded: [u8; 32],
    label: Label,
    pub(crate) u: ProjectivePoint,
    u_bar: ProjectivePoint,
    pub(crate) e: Scalar,
    f: Scalar,
    pub(crate) sealed: Vec<u8>,
    pub(crate) nonce: [u8; 12],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCiphertext<'a> {
    #[serde(rename = "TDH2Ctxt", borrow)]
    threshold: Cow<'a, str>,
    #[serde(rename = "SymCtxt", borrow)]
    sealed: Cow<'a, str>,
    #[serde(rename = "Nonce", borrow)]
    nonce: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreshold<'a> {
    #[serde(rename = "Group", borrow)]
    group: Cow<'a, str>,
    #[serde(rename = "C", borrow)]
    padded: Cow<'a, str>,
    #[serde(rename = "Label", borrow)]
    label: Cow<'a, str>,
    #[serde(rename = "U", borrow)]
    u: Cow<'a, str>,
    #[serde(rename = "U_bar", borrow)]
    u_bar: Cow<'a, str>,
    #[serde(rename = "E", borrow)]
    e: Cow<'a, str>,
    #[serde(rename = "F", borrow)]
    f: Cow<'a, str>,
}

impl Ciphertext {
    /// Encrypts `plaintext` to a threshold of the key's members, for requests with this `label`.
    pub fn encrypt(
        key: &PublicKey,
        plaintext: &[u8],
        label: Label,
        mut random: &mut impl CryptoRngCore,
    ) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        let mut nonce = [0; 12];
        random.fill_bytes(secret.as_mut_slice());
        random.fill_bytes(&mut nonce);
        let sealed = Aes256Gcm::new((&*secret).into())
            .encrypt(&nonce.into(), plaintext)
            .expect("AES-GCM takes 64 GiB");

        let r = Zeroizing::new(NonZeroScalar::random(&mut random));
        let s = Zeroizing::new(NonZeroScalar::random(&mut random));
        let padded = xor(&secret, &curve::pad(&(key.h * **r)));
        let (u, w) = (ProjectivePoint::mul_by_generator(&r), ProjectivePoint::mul_by_generator(&s));
        let g_bar = *key.g_bar.point();
        let (u_bar, w_bar) = (g_bar * **r, g_bar * **s);
        let e = curve::ciphertext_challenge(&padded, &label.0, &[u, w, u_bar, w_bar]);
        Self { padded: *padded, label, u, u_bar, e, f: **s + **r * e, sealed, nonce }
    }

    /// Reads at most `limit` bytes of JSON. It says nothing yet about the proof.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(json: &[u8], limit: usize) -> Result<Self, Malformed> {
        let outer: RawCiphertext<'_> = json::read("the ciphertext", json, limit)?;
        let inner = json::bytes("TDH2Ctxt", &outer.threshold)?;
        let raw: RawThreshold<'_> = json::read("TDH2Ctxt", &inner, limit)?;
        curve::group(&raw.group)?;
        let sealed = std::mem::take(&mut *json::bytes("SymCtxt", &outer.sealed)?);
        if sealed.len() < TAG {
            return Err(Malformed::Not { what: "SymCtxt", wanted: "at least 16 bytes" });
        }
        Ok(Self {
            padded: *json::array("C", &raw.padded, "base64 of 32 bytes")?,
            label: Label(*json::array("Label", &raw.label, "base64 of 32 bytes")?),
            u: curve::point("U", &raw.u)?,
            u_bar: curve::point("U_bar", &raw.u_bar)?,
            e: *curve::scalar("E", &raw.e)?,
            f: *curve::scalar("F", &raw.f)?,
            sealed,
            nonce: *json::array("Nonce", &outer.nonce, "base64 of 12 bytes")?,
        })
    }

    /// The JSON that [`Ciphertext::decode`] reads.
    pub fn encode(&self) -> String {
        json::write(&RawCiphertext {
            threshold: json::base64(self.threshold_json().as_bytes()).into(),
            sealed: json::base64(&self.sealed).into(),
            nonce: json::base64(&self.nonce).into(),
        })
    }

    fn threshold_json(&self) -> String {
        json::write(&RawThreshold {
            group: GROUP.into(),
            padded: json::base64(&self.padded).into(),
            label: json::base64(&self.label.0).into(),
            u: curve::point_text(&self.u).into(),
            u_bar: curve::point_text(&self.u_bar).into(),
            e: curve::scalar_text(&self.e).into(),
            f: curve::scalar_text(&self.f).into(),
        })
    }

    /// Whom it claims to belong to; only [`Ciphertext::verify`] tells whether that is true.
    pub const fn label(&self) -> Label {
        self.label
    }

    /// SHA-256 of `TDH2Ctxt`, written as this crate writes it: the same for whatever stands around it.
    pub fn threshold_digest(&self) -> [u8; 32] {
        Sha256::digest(self.threshold_json()).into()
    }

    /// Checks that the label is among those `accepted` and that whoever made the ciphertext knew what is in it.
    ///
    /// The proof does not cover `SymCtxt` and `Nonce`: changes to them are found when it is opened.
    ///
    /// # Errors
    /// [`Unverified`].
    pub fn verify(self, key: &Arc<PublicKey>, accepted: &[Label]) -> Result<Verified, Unverified> {
        if !accepted.contains(&self.label) {
            return Err(Unverified::Label);
        }
        let (u, u_bar) = (Table::new(&self.u), Table::new(&self.u_bar));
        let w = curve::public_sum(&[(&BASE, self.f), (&u, -self.e)]);
        let w_bar = curve::public_sum(&[(&key.g_bar, self.f), (&u_bar, -self.e)]);
        let e = curve::ciphertext_challenge(&self.padded, &self.label.0, &[self.u, w, self.u_bar, w_bar]);
        if e != self.e {
            return Err(Unverified::Proof);
        }
        Ok(Verified { key: key.clone(), ciphertext: self, u })
    }
}

impl fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encode())
    }
}

/// Why nobody gives a share for a ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unverified {
    /// It belongs to somebody else.
    #[error(
        "the secrets were encrypted for another owner, subscription, Coordinator or chain: encrypt them for this one"
    )]
    Label,
    /// Altered, or made for another key.
    #[error(
        "the proof of the secrets is invalid: they were altered, or encrypted to another key; encrypt them again"
    )]
    Proof,
}

/// A ciphertext whose proof and label were checked.
pub struct Verified {
    pub(crate) key: Arc<PublicKey>,
    pub(crate) ciphertext: Ciphertext,
    pub(crate) u: Table,
}

impl Verified {
    /// The key that it was verified for.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The ciphertext.
    pub const fn ciphertext(&self) -> &Ciphertext {
        &self.ciphertext
    }
}

/// Puts a pad over 32 bytes, or takes it off.
pub(crate) fn xor(bytes: &[u8; 32], pad: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut result = Zeroizing::new(*bytes);
    result.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
    result
}
