//! Signer recovery with k256, for nodes, tools and the local chain.

use alloy_primitives::{Address, B256};
use functions_types::word::WORD;
use k256::{
    AffinePoint, ProjectivePoint, Scalar, U256,
    ecdsa::Signature,
    elliptic_curve::{
        Group, PrimeField,
        ops::{Invert, LinearCombination, Reduce},
        point::DecompressPoint,
        sec1::ToEncodedPoint,
    },
};

use crate::quorum::Recover;

/// Recovers signers as the chain's precompile does, high-s signatures included.
///
/// The key is `(s·R − z·G) / r`, where R is the curve's point at `x = r` with the parity that `v` tells. The signature
/// holds for it by construction, so it is not checked again, which would cost as much as the recovery.
#[derive(Clone, Copy, Debug, Default)]
pub struct Software;

impl Recover for Software {
    fn recover(&self, hash: &B256, v: u8, r: &[u8; WORD], s: &[u8; WORD]) -> Option<Address> {
        let odd = v.checked_sub(27).filter(|odd| *odd < 2)?;
        let (r, s) = Signature::from_scalars(*r, *s).ok()?.split_scalars();
        let point: Option<AffinePoint> = AffinePoint::decompress(&r.to_repr(), odd.into()).into();
        let z = <Scalar as Reduce<U256>>::reduce_bytes(&hash.0.into());
        let inverse = *r.invert();
        let (of_g, of_r) = (-(inverse * z), inverse * *s);
        let key = ProjectivePoint::lincomb(&ProjectivePoint::GENERATOR, &of_g, &point?.into(), &of_r);
        if key.is_identity().into() {
            return None;
        }
        let key = key.to_affine().to_encoded_point(false);
        Some(Address::from_raw_public_key(key.as_bytes().get(1..)?))
    }
}

#[cfg(test)]
mod tests {
    use k256::ecdsa::{RecoveryId, SigningKey, VerifyingKey};
    use proptest::prelude::*;

    use super::*;

    /// The recovery that checks what it has found; it takes low-s signatures only.
    fn checked(hash: &B256, v: u8, r: &[u8; WORD], s: &[u8; WORD]) -> Option<Address> {
        let mut id = RecoveryId::from_byte(v.checked_sub(27).filter(|id| *id < 2)?)?;
        let mut signature = Signature::from_scalars(*r, *s).ok()?;
        if let Some(low) = signature.normalize_s() {
            signature = low;
            id = RecoveryId::from_byte(id.to_byte() ^ 1)?;
        }
        let key = VerifyingKey::recover_from_prehash(hash.as_slice(), &signature, id).ok()?;
        Some(Address::from_public_key(&key))
    }

    /// Bytes of any kind, those among them that are no scalar of the curve or a small one.
    fn word() -> impl Strategy<Value = [u8; WORD]> {
        let small = any::<u8>().prop_map(|last| B256::with_last_byte(last).0);
        prop_oneof![8 => any::<[u8; WORD]>(), 1 => small, 1 => Just([0xFF; WORD])]
    }

    proptest! {
        #[test]
        fn any_bytes_recover_to_what_the_checked_recovery_finds(
            hash in word(), v in 25..31u8, r in word(), s in word(),
        ) {
            prop_assert_eq!(Software.recover(&hash.into(), v, &r, &s), checked(&hash.into(), v, &r, &s));
        }

        #[test]
        fn a_signature_recovers_to_its_signer(key in word(), hash in word()) {
            let Ok(key) = SigningKey::from_slice(&key) else { return Ok(()) };
            let (signature, id) = key.sign_prehash_recoverable(&hash).unwrap();
            let (r, s) = (signature.r().to_bytes().into(), signature.s().to_bytes().into());
            let signer = Some(Address::from_public_key(key.verifying_key()));
            prop_assert_eq!(Software.recover(&hash.into(), 27 + id.to_byte(), &r, &s), signer);
            let high = (-*signature.s()).to_bytes().into();
            prop_assert_eq!(Software.recover(&hash.into(), 27 + (id.to_byte() ^ 1), &r, &high), signer);
        }
    }

    #[test]
    fn a_signature_of_the_point_at_infinity_has_no_signer() {
        // R = G, and s·R = z·G.
        let r: [u8; WORD] = k256::AffinePoint::GENERATOR.to_encoded_point(true).x().copied().unwrap().into();
        let number = B256::with_last_byte(5);
        assert_eq!(checked(&number, 27, &r, &number.0), None);
        assert_eq!(Software.recover(&number, 27, &r, &number.0), None);
        assert!(Software.recover(&number, 28, &r, &number.0).is_some(), "the other point of the two");
    }
}
