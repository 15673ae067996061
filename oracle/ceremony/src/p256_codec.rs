//! P-256 in announcements and deals: points compressed, 33 bytes, never the identity; scalars of 32 bytes, big endian.

use p256::{
    EncodedPoint, ProjectivePoint, Scalar,
    elliptic_curve::{
        PrimeField as _,
        sec1::{FromEncodedPoint as _, ToEncodedPoint as _},
    },
};
use zeroize::Zeroizing;

/// Bytes of a point.
pub(crate) const POINT: usize = 33;

pub(crate) fn encode_point(point: &ProjectivePoint) -> Vec<u8> {
    point.to_affine().to_encoded_point(true).as_bytes().to_vec()
}

pub(crate) fn point(bytes: &[u8]) -> Option<ProjectivePoint> {
    if bytes.len() != POINT || !matches!(bytes.first(), Some(2 | 3)) {
        return None;
    }
    ProjectivePoint::from_encoded_point(&EncodedPoint::from_bytes(bytes).ok()?).into()
}

/// Exactly `count` points.
pub(crate) fn points(bytes: &[u8], count: usize) -> Option<Vec<ProjectivePoint>> {
    if bytes.len() != POINT * count {
        return None;
    }
    bytes.chunks(POINT).map(point).collect()
}

pub(crate) fn encode_scalar(scalar: &Scalar) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Zeroizing::new(scalar.to_repr()).to_vec())
}

pub(crate) fn scalar(bytes: &[u8]) -> Option<Zeroizing<Scalar>> {
    let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes).ok()?);
    Option::from(Scalar::from_repr((*bytes).into())).map(Zeroizing::new)
}
