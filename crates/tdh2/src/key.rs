//! The threshold key: what everybody knows, and a member's share of what nobody does.

use std::{borrow::Cow, fmt};

use functions_types::members::MAX_MEMBERS;
use p256::{
    ProjectivePoint, Scalar,
    elliptic_curve::{Group as _, PrimeField as _, ops::MulByGenerator as _},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Malformed,
    curve::{self, GROUP, Table},
    json,
};

/// Most bytes of a public key's JSON; that of 31 members has about three thousand.
const MAX_KEY_BYTES: usize = 4_096;
/// Most bytes of a private share's JSON.
const MAX_SHARE_BYTES: usize = 256;

/// The public threshold key of an oracle set.
///
/// JSON: `{"Group":"P256","G_bar":…,"H":…,"HArray":[…]}`, points in base64 of `04 || x || y`; `HArray[i]` is of the
/// member with index `i`.
#[derive(Clone)]
pub struct PublicKey {
    /// The second generator; nobody may know its logarithm.
    pub(crate) g_bar: Table,
    pub(crate) h: ProjectivePoint,
    pub(crate) members: Vec<Table>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey<'a> {
    #[serde(rename = "Group", borrow)]
    group: Cow<'a, str>,
    #[serde(rename = "G_bar", borrow)]
    g_bar: Cow<'a, str>,
    #[serde(rename = "H", borrow)]
    h: Cow<'a, str>,
    #[serde(rename = "HArray", borrow)]
    members: Vec<Cow<'a, str>>,
}

impl PublicKey {
    pub(crate) fn new(g_bar: &ProjectivePoint, h: ProjectivePoint, members: &[ProjectivePoint]) -> Self {
        Self { g_bar: Table::new(g_bar), h, members: members.iter().map(Table::new).collect() }
    }

    /// Reads the JSON that the Coordinator stores.
    ///
    /// # Errors
    /// [`Malformed`], also when there is no member or there are more than 31.
    pub fn decode(json: &[u8]) -> Result<Self, Malformed> {
        let raw: RawKey<'_> = json::read("the threshold key", json, MAX_KEY_BYTES)?;
        curve::group(&raw.group)?;
        if raw.members.is_empty() || raw.members.len() > MAX_MEMBERS {
            return Err(Malformed::Not { what: "HArray", wanted: "a list of 1 to 31 points" });
        }
        let members = raw.members.iter().map(|text| curve::point("HArray", text));
        let members = members.collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(&curve::point("G_bar", &raw.g_bar)?, curve::point("H", &raw.h)?, &members))
    }

    /// The JSON that [`PublicKey::decode`] reads.
    pub fn encode(&self) -> String {
        json::write(&RawKey {
            group: GROUP.into(),
            g_bar: curve::point_text(self.g_bar.point()).into(),
            h: curve::point_text(&self.h).into(),
            members: self.members.iter().map(|member| curve::point_text(member.point()).into()).collect(),
        })
    }

    /// A key of its second generator, its point and the members' points, by index.
    ///
    /// `None` without members, with more than 31, or when a point is the identity, which has no encoding.
    pub fn from_points(
        g_bar: &ProjectivePoint,
        h: &ProjectivePoint,
        members: &[ProjectivePoint],
    ) -> Option<Self> {
        let is_identity = |point: &ProjectivePoint| bool::from(point.is_identity());
        let is_one = !is_identity(g_bar) && !is_identity(h) && !members.iter().any(is_identity);
        let counts = !members.is_empty() && members.len() <= MAX_MEMBERS;
        (is_one && counts).then(|| Self::new(g_bar, *h, members))
    }

    /// The second generator.
    pub fn g_bar(&self) -> &ProjectivePoint {
        self.g_bar.point()
    }

    /// What is encrypted to.
    pub const fn h(&self) -> &ProjectivePoint {
        &self.h
    }

    /// The point of the member with this index.
    pub fn member(&self, index: u8) -> Option<&ProjectivePoint> {
        self.members.get(usize::from(index)).map(Table::point)
    }

    /// How many members have a share.
    pub const fn members(&self) -> usize {
        self.members.len()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.encode() == other.encode()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.encode())
    }
}

/// A member's share of the private key; wiped when dropped.
///
/// JSON: `{"Group":"P256","Index":i,"V":…}`, `V` 32 bytes, big endian, in base64.
pub struct PrivateShare {
    pub(crate) index: u8,
    pub(crate) value: Zeroizing<Scalar>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShare<'a> {
    #[serde(rename = "Group", borrow)]
    group: Cow<'a, str>,
    #[serde(rename = "Index")]
    index: u8,
    #[serde(rename = "V", borrow)]
    value: Cow<'a, str>,
}

impl PrivateShare {
    /// Reads the JSON of a dealer or of a key file.
    ///
    /// # Errors
    /// [`Malformed`], also when the share is zero.
    pub fn decode(json: &[u8]) -> Result<Self, Malformed> {
        let raw: RawShare<'_> = json::read("the private share", json, MAX_SHARE_BYTES)?;
        curve::group(&raw.group)?;
        let value = curve::scalar("V", &raw.value)?;
        if *value == Scalar::ZERO {
            return Err(Malformed::Not { what: "V", wanted: "a share: it is zero" });
        }
        Ok(Self { index: curve::index(raw.index)?, value })
    }

    /// A member's share. `None` when it is zero or the index is above 30.
    pub fn new(index: u8, value: Zeroizing<Scalar>) -> Option<Self> {
        let index = curve::index(index).ok()?;
        (*value != Scalar::ZERO).then_some(Self { index, value })
    }

    /// A member's share of its 32 bytes, big endian. `None` as for [`PrivateShare::new`], and above the curve's order.
    pub fn from_bytes(index: u8, bytes: &[u8; 32]) -> Option<Self> {
        let value: Option<Scalar> = Scalar::from_repr((*bytes).into()).into();
        Self::new(index, Zeroizing::new(value?))
    }

    /// What [`PrivateShare::from_bytes`] reads: for whoever stores it.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.value.to_repr().into())
    }

    /// The secret itself: for whoever shares it anew.
    pub fn value(&self) -> &Scalar {
        &self.value
    }

    /// The JSON that [`PrivateShare::decode`] reads.
    pub fn encode(&self) -> Zeroizing<String> {
        let value = Zeroizing::new(curve::scalar_text(&self.value));
        let raw = RawShare { group: GROUP.into(), index: self.index, value: value.as_str().into() };
        json::write_secret(&raw, MAX_SHARE_BYTES)
    }

    /// The member's index, from zero: its place among the signers on chain.
    pub const fn index(&self) -> u8 {
        self.index
    }

    /// Whether this is the share that `key` has for the member.
    pub fn belongs_to(&self, key: &PublicKey) -> bool {
        let of = key.members.get(usize::from(self.index));
        of.is_some_and(|member| *member.point() == ProjectivePoint::mul_by_generator(&self.value))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_of_its_points_and_a_share_of_its_number() {
        let g = ProjectivePoint::GENERATOR;
        let key = PublicKey::from_points(&(g + g), &g, &[g, g + g]).unwrap();
        assert_eq!(PublicKey::decode(key.encode().as_bytes()).unwrap(), key);
        assert_eq!(
            (key.g_bar(), key.h(), key.member(1), key.member(2)),
            (&(g + g), &g, Some(&(g + g)), None)
        );
        let none = ProjectivePoint::IDENTITY;
        for (g_bar, h, members) in [
            (none, g, vec![g]),
            (g, none, vec![g]),
            (g, g, vec![g, none]),
            (g, g, vec![]),
            (g, g, vec![g; 32]),
        ] {
            assert!(PublicKey::from_points(&g_bar, &h, &members).is_none());
        }

        let share = |index, value: u64| PrivateShare::new(index, Zeroizing::new(Scalar::from(value)));
        assert!(share(1, 2).unwrap().belongs_to(&key));
        assert_eq!(*share(1, 2).unwrap().value(), Scalar::from(2_u64));
        assert!(share(0, 0).is_none() && share(31, 1).is_none());
        let bytes = share(1, 2).unwrap().to_bytes();
        assert!(PrivateShare::from_bytes(1, &bytes).unwrap().belongs_to(&key));
        assert!(PrivateShare::from_bytes(1, &[0; 32]).is_none());
        assert!(PrivateShare::from_bytes(1, &[0xff; 32]).is_none());
    }
}
