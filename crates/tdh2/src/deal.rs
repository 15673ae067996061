//! A dealer, for networks of tests and development: it knows every share, and could open everything alone.

use functions_types::members::MAX_MEMBERS;
use p256::{
    NonZeroScalar, ProjectivePoint, Scalar,
    elliptic_curve::{Field as _, ops::MulByGenerator as _, rand_core::CryptoRngCore},
};
use zeroize::Zeroizing;

use crate::{PrivateShare, PublicKey};

/// Deals a key of which `threshold` of `members` shares are needed; the shares are in the order of indexes.
///
/// `None` unless `1 <= threshold <= members <= 31`.
pub fn deal(
    members: usize,
    threshold: usize,
    mut random: &mut impl CryptoRngCore,
) -> Option<(PublicKey, Vec<PrivateShare>)> {
    if threshold == 0 || threshold > members || members > MAX_MEMBERS {
        return None;
    }
    let polynomial: Zeroizing<Vec<Scalar>> =
        Zeroizing::new((0..threshold).map(|_| Scalar::random(&mut random)).collect());
    let at = |x: u64| polynomial.iter().rev().fold(Scalar::ZERO, |sum, next| sum * Scalar::from(x) + next);
    let g_bar = ProjectivePoint::mul_by_generator(&*NonZeroScalar::random(&mut random));
    let shares: Vec<PrivateShare> = (0..u8::try_from(members).ok()?)
        .map(|index| PrivateShare { index, value: Zeroizing::new(at(u64::from(index) + 1)) })
        .collect();
    let public: Vec<ProjectivePoint> =
        shares.iter().map(|share| ProjectivePoint::mul_by_generator(&share.value)).collect();
    let h = ProjectivePoint::mul_by_generator(&at(0));
    Some((PublicKey::new(&g_bar, h, &public), shares))
}
