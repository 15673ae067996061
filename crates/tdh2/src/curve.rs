//! P-256: strict codecs of points and scalars, the scheme's hashes, and sums of multiples of public points.

use std::sync::LazyLock;

use functions_types::members::MAX_MEMBERS;
use p256::{
    EncodedPoint, ProjectivePoint, Scalar, U256,
    elliptic_curve::{
        Group as _, PrimeField as _,
        ops::Reduce,
        sec1::{FromEncodedPoint as _, ToEncodedPoint as _},
    },
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{Malformed, json};

/// The group's name in every encoding.
pub(crate) const GROUP: &str = "P256";
/// Bytes of a point: 04, x, y.
const POINT: usize = 65;

/// Checks the group's name.
pub(crate) fn group(name: &str) -> Result<(), Malformed> {
    if name == GROUP { Ok(()) } else { Err(Malformed::Not { what: "Group", wanted: GROUP }) }
}

/// A member's index, from zero.
pub(crate) fn index(index: u8) -> Result<u8, Malformed> {
    if usize::from(index) < MAX_MEMBERS {
        Ok(index)
    } else {
        Err(Malformed::Not { what: "Index", wanted: "a member's index, 0 to 30" })
    }
}

/// A point from base64 of `04 || x || y`: on the curve, so not the identity, which has no such form. Of 65 bytes
/// nothing else is a point.
pub(crate) fn point(what: &'static str, text: &str) -> Result<ProjectivePoint, Malformed> {
    let wanted = "a point: base64 of 65 bytes, 04 x y, on P-256";
    let malformed = || Malformed::Not { what, wanted };
    let bytes = json::array::<POINT>(what, text, wanted)?;
    let encoded = EncodedPoint::from_bytes(bytes.as_slice()).map_err(|_| malformed())?;
    Option::from(ProjectivePoint::from_encoded_point(&encoded)).ok_or_else(malformed)
}

/// A scalar from base64 of 32 bytes, big endian, below the group's order.
pub(crate) fn scalar(what: &'static str, text: &str) -> Result<Zeroizing<Scalar>, Malformed> {
    let wanted = "a scalar: base64 of 32 bytes, big endian, below the order of P-256";
    let bytes = json::array::<32>(what, text, wanted)?;
    let scalar: Option<Scalar> = Scalar::from_repr((*bytes).into()).into();
    scalar.map(Zeroizing::new).ok_or(Malformed::Not { what, wanted })
}

/// Base64 of a point.
pub(crate) fn point_text(point: &ProjectivePoint) -> String {
    json::base64(encode(point).as_slice())
}

/// Base64 of a scalar.
pub(crate) fn scalar_text(scalar: &Scalar) -> String {
    json::base64(&scalar.to_repr())
}

/// `04 || x || y`; zeros for the identity, as upstream's library has it.
fn encode(point: &ProjectivePoint) -> Zeroizing<[u8; POINT]> {
    let encoded = point.to_affine().to_encoded_point(false);
    Zeroizing::new(encoded.as_bytes().try_into().unwrap_or([0; POINT]))
}

/// The pad over a ciphertext's key: the first hash of the scheme.
pub(crate) fn pad(point: &ProjectivePoint) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(cat(Sha256::new_with_prefix("tdh2hash1"), &[*point]).finalize().into())
}

/// The challenge of a ciphertext's proof: the second hash, over the padded key, the label and u, w, u_bar, w_bar.
pub(crate) fn ciphertext_challenge(
    padded: &[u8; 32],
    label: &[u8; 32],
    points: &[ProjectivePoint; 4],
) -> Scalar {
    reduce(cat(Sha256::new_with_prefix("tdh2hash2").chain_update(padded).chain_update(label), points))
}

/// The challenge of a share's proof: the fourth hash, over u_i, s·u, s·g.
pub(crate) fn share_challenge(points: &[ProjectivePoint; 3]) -> Scalar {
    reduce(cat(Sha256::new_with_prefix("tdh2hash4"), points))
}

fn cat(hash: Sha256, points: &[ProjectivePoint]) -> Sha256 {
    points.iter().fold(hash.chain_update(GROUP), |hash, point| {
        let mut text = Zeroizing::new([0; 2 * POINT]);
        hex::encode_to_slice(encode(point).as_slice(), text.as_mut_slice()).expect("two digits a byte");
        hash.chain_update(",").chain_update(text.as_slice())
    })
}

fn reduce(hash: Sha256) -> Scalar {
    let bytes: [u8; 32] = hash.finalize().into();
    <Scalar as Reduce<U256>>::reduce_bytes(&bytes.into())
}

/// Multiples of a public point, made once for many sums.
#[derive(Clone)]
pub(crate) struct Table([ProjectivePoint; 15]);

/// Of the base point.
pub(crate) static BASE: LazyLock<Table> = LazyLock::new(|| Table::new(&ProjectivePoint::GENERATOR));

impl Table {
    pub(crate) fn new(point: &ProjectivePoint) -> Self {
        let mut multiple = ProjectivePoint::IDENTITY;
        Self(std::array::from_fn(|_| {
            multiple += point;
            multiple
        }))
    }

    pub(crate) fn point(&self) -> &ProjectivePoint {
        let [point, ..] = &self.0;
        point
    }
}

/// The sum of multiples of points. Its time depends on the scalars: for public ones only.
///
/// All terms share the doublings (Straus), four bits a step.
pub(crate) fn public_sum(terms: &[(&Table, Scalar)]) -> ProjectivePoint {
    let scalars: Vec<[u8; 32]> = terms.iter().map(|(_, scalar)| scalar.to_repr().into()).collect();
    let mut sum = ProjectivePoint::IDENTITY;
    for nibble in 0..64 {
        for _ in 0..4 {
            sum = sum.double();
        }
        for ((table, _), scalar) in terms.iter().zip(&scalars) {
            let byte = scalar.get(nibble / 2).copied().unwrap_or_default();
            let digit = if nibble % 2 == 0 { byte >> 4 } else { byte & 15 };
            if let Some(multiple) = usize::from(digit).checked_sub(1).and_then(|at| table.0.get(at)) {
                sum += multiple;
            }
        }
    }
    sum
}

/// What a share at place `at` counts in the sum at zero of a polynomial with points at all of `places`, which are
/// distinct. A place is a member's index and one.
pub fn coefficient(at: u8, places: &[u8]) -> Scalar {
    let of = |index: u8| Scalar::from(u64::from(index) + 1);
    let (mut above, mut below) = (Scalar::ONE, Scalar::ONE);
    for other in places.iter().filter(|other| **other != at) {
        above *= of(*other);
        below *= of(*other) - of(at);
    }
    above * below.invert().unwrap_or(Scalar::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_sum_is_the_library_s() {
        let g = ProjectivePoint::GENERATOR;
        let most = -Scalar::ONE;
        let odd = reduce(Sha256::new_with_prefix("odd"));
        let other = g * reduce(Sha256::new_with_prefix("other"));
        let table = Table::new(&other);
        assert_eq!(table.point(), &other);
        for (a, b) in
            [(Scalar::ZERO, Scalar::ZERO), (Scalar::ONE, most), (most, odd), (odd, odd), (odd, -odd)]
        {
            assert_eq!(public_sum(&[(&BASE, a), (&table, b)]), g * a + other * b);
            assert_eq!(public_sum(&[(&table, a), (&table, b)]), other * (a + b));
        }
        assert_eq!(public_sum(&[]), ProjectivePoint::IDENTITY);
    }

    #[test]
    fn the_identity_is_encoded_as_zeros_and_not_read() {
        assert_eq!(*encode(&ProjectivePoint::IDENTITY), [0; 65]);
        assert!(point("U", &json::base64(&[0; 65])).is_err());
        assert!(point("U", &json::base64(&[0])).is_err());
    }

    #[test]
    fn coefficients_sum_a_polynomial_at_zero() {
        let p = |x: u64| Scalar::from(7 + 3 * x + 5 * x * x);
        for places in [[0, 1, 2], [4, 30, 9]] {
            let sum: Scalar = places.iter().map(|at| coefficient(*at, &places) * p(u64::from(*at) + 1)).sum();
            assert_eq!(sum, Scalar::from(7_u64));
        }
    }
}
