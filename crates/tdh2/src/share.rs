//! Decryption shares: what a member gives towards opening one ciphertext, with the proof that it is right.

use std::{borrow::Cow, fmt};

use p256::{
    NonZeroScalar, ProjectivePoint, Scalar,
    elliptic_curve::{ops::MulByGenerator as _, rand_core::CryptoRngCore},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Malformed, PrivateShare, Verified,
    curve::{self, BASE, GROUP, Table},
    json,
};

/// Most bytes of a share's JSON.
const MAX_BYTES: usize = 512;

/// A member's share towards opening a ciphertext; to be checked by whoever gets it.
///
/// JSON: `{"Group":"P256","Index":i,"U_i":…,"E_i":…,"F_i":…}`, a point and two scalars in base64.
#[derive(Clone, PartialEq, Eq)]
pub struct DecryptionShare {
    index: u8,
    u_i: ProjectivePoint,
    e_i: Scalar,
    f_i: Scalar,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShare<'a> {
    #[serde(rename = "Group", borrow)]
    group: Cow<'a, str>,
    #[serde(rename = "Index")]
    index: u8,
    #[serde(rename = "U_i", borrow)]
    u_i: Cow<'a, str>,
    #[serde(rename = "E_i", borrow)]
    e_i: Cow<'a, str>,
    #[serde(rename = "F_i", borrow)]
    f_i: Cow<'a, str>,
}

impl DecryptionShare {
    /// Reads at most 512 bytes of JSON. It says nothing yet about the proof.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(json: &[u8]) -> Result<Self, Malformed> {
        let raw: RawShare<'_> = json::read("the decryption share", json, MAX_BYTES)?;
        curve::group(&raw.group)?;
        Ok(Self {
            index: curve::index(raw.index)?,
            u_i: curve::point("U_i", &raw.u_i)?,
            e_i: *curve::scalar("E_i", &raw.e_i)?,
            f_i: *curve::scalar("F_i", &raw.f_i)?,
        })
    }

    /// The JSON that [`DecryptionShare::decode`] reads.
    pub fn encode(&self) -> String {
        json::write(&RawShare {
            group: GROUP.into(),
            index: self.index,
            u_i: curve::point_text(&self.u_i).into(),
            e_i: curve::scalar_text(&self.e_i).into(),
            f_i: curve::scalar_text(&self.f_i).into(),
        })
    }

    /// The index of the member whose share it claims to be.
    pub const fn index(&self) -> u8 {
        self.index
    }
}

/// Whose it is, and no more: enough shares are as good as the plaintext.
impl fmt::Debug for DecryptionShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "share of member {}", self.index)
    }
}

/// Why a share does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidShare {
    /// It is not of the member that sent it.
    #[error("member {sender} sent a decryption share of member {index}")]
    Index {
        /// Who sent it.
        sender: u8,
        /// Whose it claims to be.
        index: u8,
    },
    /// The key has no such member.
    #[error("the threshold key has no member {0}")]
    Member(u8),
    /// It is for another ciphertext, or wrong.
    #[error("the decryption share of member {0} is not for this ciphertext")]
    Proof(u8),
}

/// A share that was checked against one ciphertext; it opens no other.
#[derive(Clone, PartialEq, Eq)]
pub struct ValidShare {
    pub(crate) index: u8,
    pub(crate) u_i: ProjectivePoint,
    /// The challenge of the ciphertext's proof, a hash of all that a share depends on.
    pub(crate) of: Scalar,
}

impl ValidShare {
    /// The member's index.
    pub const fn index(&self) -> u8 {
        self.index
    }
}

impl fmt::Debug for ValidShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "valid share of member {}", self.index)
    }
}

impl Verified {
    /// The share of the member who has `private`.
    pub fn share(&self, private: &PrivateShare, random: &mut impl CryptoRngCore) -> DecryptionShare {
        let s = Zeroizing::new(NonZeroScalar::random(random));
        let u = self.ciphertext.u;
        let u_i = u * *private.value;
        let e_i = curve::share_challenge(&[u_i, u * **s, ProjectivePoint::mul_by_generator(&s)]);
        DecryptionShare { index: private.index, u_i, e_i, f_i: **s + *private.value * e_i }
    }

    /// Checks a share that the member with index `sender` sent.
    ///
    /// # Errors
    /// [`InvalidShare`]: the sender is at fault.
    pub fn check(&self, sender: u8, share: &DecryptionShare) -> Result<ValidShare, InvalidShare> {
        let DecryptionShare { index, u_i, e_i, f_i } = *share;
        if index != sender {
            return Err(InvalidShare::Index { sender, index });
        }
        let member = self.key.members.get(usize::from(index)).ok_or(InvalidShare::Member(index))?;
        let u_hat = curve::public_sum(&[(&self.u, f_i), (&Table::new(&u_i), -e_i)]);
        let h_hat = curve::public_sum(&[(&BASE, f_i), (member, -e_i)]);
        if curve::share_challenge(&[u_i, u_hat, h_hat]) != e_i {
            return Err(InvalidShare::Proof(index));
        }
        Ok(ValidShare { index, u_i, of: self.ciphertext.e })
    }
}
