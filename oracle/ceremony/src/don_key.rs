//! A new DON key: the sum of the members' scalars. An announcement is a hash of a scalar's public point, 32 bytes; what
//! is dealt is the scalar, 32 bytes, big endian, to everybody the same, for the hash fits no other.

use functions_tdh2::ecies::DonPrivateKey;
use k256::{
    NonZeroScalar, PublicKey, Scalar,
    elliptic_curve::{PrimeField as _, sec1::ToEncodedPoint as _},
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    Keys, Terms,
    dice::Dice,
    scheme::{Bodies, Scheme},
};

pub(crate) struct DonKey {
    session: [u8; 32],
    me: u8,
    secret: Zeroizing<NonZeroScalar>,
}

impl DonKey {
    pub(crate) fn new(terms: &Terms, me: u8, mut dice: Dice) -> Self {
        Self { session: terms.session, me, secret: Zeroizing::new(NonZeroScalar::random(&mut dice)) }
    }

    /// `SHA-256("osa/ceremony/don-key/1" || session || place || point (33 bytes))`.
    fn commitment(&self, place: u8, scalar: &NonZeroScalar) -> [u8; 32] {
        let point = PublicKey::from_secret_scalar(scalar).to_encoded_point(true);
        Sha256::new_with_prefix("osa/ceremony/don-key/1")
            .chain_update(self.session)
            .chain_update([place])
            .chain_update(point.as_bytes())
            .finalize()
            .into()
    }
}

impl Scheme for DonKey {
    fn announcement(&self) -> Vec<u8> {
        self.commitment(self.me, &self.secret).to_vec()
    }

    fn is_announcement(&self, _: u8, body: &[u8]) -> bool {
        body.len() == 32
    }

    fn deals(&self, announced: &Bodies) -> Bodies {
        let secret = || Zeroizing::new(Zeroizing::new(self.secret.to_repr()).to_vec());
        announced.keys().filter(|place| **place != self.me).map(|place| (*place, secret())).collect()
    }

    fn is_deal(&self, from: u8, _: u8, announced: &[u8], body: &[u8]) -> bool {
        scalar(body).is_some_and(|scalar| self.commitment(from, &scalar) == announced)
    }

    fn keys(&self, _: &Bodies, deals: &Bodies) -> Option<Keys> {
        let mut sum: Zeroizing<Scalar> = Zeroizing::new(**self.secret);
        for body in deals.values() {
            *sum += **scalar(body)?;
        }
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(sum.to_repr().into());
        DonPrivateKey::decode(&bytes).ok().map(Keys::Don)
    }
}

fn scalar(bytes: &[u8]) -> Option<Zeroizing<NonZeroScalar>> {
    let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes).ok()?);
    Option::from(NonZeroScalar::from_repr((*bytes).into())).map(Zeroizing::new)
}
