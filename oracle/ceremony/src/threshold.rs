//! A new threshold key: Pedersen's distributed key generation, with proofs that dealers know what they announce.
//!
//! An announcement is a commitment to each of the polynomial's coefficients, points of 33 bytes, and the proof, 65. A
//! deal is a share, 32 bytes. A member's identifier, where its share is the polynomial's value, is its index and one.

use std::collections::BTreeMap;

use frost_p256::{
    Ciphersuite as _, Identifier, P256Sha256, Signature,
    keys::{
        SecretShare, SigningShare, VerifiableSecretSharingCommitment,
        dkg::{self, round1, round2},
    },
};
use functions_tdh2::{PrivateShare, PublicKey};
use p256::{
    NistP256, ProjectivePoint,
    elliptic_curve::{
        VoprfParameters,
        hash2curve::{ExpandMsgXmd, GroupDigest as _},
    },
};
use zeroize::Zeroizing;

use crate::{
    Keys, Terms,
    dice::Dice,
    p256_codec::{self, POINT},
    scheme::{Bodies, Scheme},
};

const PROOF: usize = 65;

/// The second generator of the key that is made for a configuration: the hash of its digest to the curve
/// (`P256_XMD:SHA-256_SSWU_RO_`), whose logarithm nobody knows. Of later attempts, whose number (4 bytes, big endian)
/// follows the digest, it is another: a ciphertext's proof tells which of a configuration's keys it is for.
pub fn g_bar(digest: &[u8; 32], attempt: u32) -> ProjectivePoint {
    // The hash that the curve's crate names is the one that its hash to the curve takes.
    type Expand = ExpandMsgXmd<<NistP256 as VoprfParameters>::Hash>;
    let number = attempt.to_be_bytes();
    let number = if attempt == 0 { &[][..] } else { &number };
    NistP256::hash_from_bytes::<Expand>(&[digest, number], &[b"osa/tdh2/gbar/1"])
        .expect("the tag is not too long")
}

pub(crate) struct Threshold {
    digest: [u8; 32],
    attempt: u32,
    threshold: usize,
    me: u8,
    secret: round1::SecretPackage,
    package: round1::Package,
}

impl Threshold {
    pub(crate) fn new(terms: &Terms, me: u8, dice: Dice) -> Option<Self> {
        let members = u16::try_from(terms.participants.len()).ok()?;
        let (secret, package) =
            dkg::part1(identifier(me)?, members, u16::from(terms.threshold), dice).ok()?;
        let (digest, attempt) = (terms.digest, terms.attempt);
        Some(Self { digest, attempt, threshold: terms.threshold.into(), me, secret, package })
    }

    fn package(&self, body: &[u8]) -> Option<round1::Package> {
        let (commitment, proof) = body.split_last_chunk::<PROOF>()?;
        if commitment.len() != POINT * self.threshold {
            return None;
        }
        p256_codec::points(commitment, self.threshold)?;
        let commitment = VerifiableSecretSharingCommitment::deserialize(commitment.chunks(POINT)).ok()?;
        Some(round1::Package::new(commitment, Signature::deserialize(proof).ok()?))
    }

    fn others(&self, announced: &Bodies) -> Option<BTreeMap<Identifier, round1::Package>> {
        let others = announced.iter().filter(|(place, _)| **place != self.me);
        others.map(|(place, body)| Some((identifier(*place)?, self.package(body)?))).collect()
    }

    fn part2(
        &self,
        announced: &Bodies,
    ) -> Option<(round2::SecretPackage, BTreeMap<Identifier, round2::Package>)> {
        dkg::part2(self.secret.clone(), &self.others(announced)?).ok()
    }
}

impl Scheme for Threshold {
    fn announcement(&self) -> Vec<u8> {
        let commitment = self.package.commitment().serialize().unwrap_or_default();
        let proof = self.package.proof_of_knowledge().serialize().unwrap_or_default();
        [commitment.concat(), proof].concat()
    }

    fn is_announcement(&self, from: u8, body: &[u8]) -> bool {
        let knows = || knows(identifier(from)?, body);
        self.package(body).is_some() && knows().unwrap_or(false)
    }

    fn deals(&self, announced: &Bodies) -> Bodies {
        let Some((_, packages)) = self.part2(announced) else {
            return Bodies::new();
        };
        let of = |place: u8| packages.get(&identifier(place)?);
        let places = announced.keys().filter_map(|place| Some((*place, of(*place)?)));
        places.map(|(place, package)| (place, Zeroizing::new(package.signing_share().serialize()))).collect()
    }

    fn is_deal(&self, _: u8, to: u8, announced: &[u8], body: &[u8]) -> bool {
        let (Some(package), Some(to)) = (self.package(announced), identifier(to)) else {
            return false;
        };
        let share = SigningShare::deserialize(body);
        share.is_ok_and(|share| SecretShare::new(to, share, package.commitment().clone()).verify().is_ok())
    }

    fn keys(&self, announced: &Bodies, deals: &Bodies) -> Option<Keys> {
        let (secret, _) = self.part2(announced)?;
        let share = |(place, body): (&u8, &Zeroizing<Vec<u8>>)| {
            Some((identifier(*place)?, round2::Package::new(SigningShare::deserialize(body).ok()?)))
        };
        let dealt: BTreeMap<_, _> = deals.iter().map(share).collect::<Option<_>>()?;
        let (own, public) = dkg::part3(&secret, &self.others(announced)?, &dealt).ok()?;
        let member = |place: &u8| Some(public.verifying_shares().get(&identifier(*place)?)?.to_element());
        let members = announced.keys().map(member).collect::<Option<Vec<_>>>()?;
        let public = PublicKey::from_points(
            &g_bar(&self.digest, self.attempt),
            &public.verifying_key().to_element(),
            &members,
        )?;
        let value = p256_codec::scalar(&Zeroizing::new(own.signing_share().serialize()))?;
        let share = Some(PrivateShare::new(self.me, value)?);
        Some(Keys::Threshold { public: Box::new(public), share })
    }
}

/// Whether the dealer knows the constant that it announced: `R = z·g - c·A`, with `c` a hash of its identifier, `A`
/// and `R`. The library checks this too, but only of all at once.
fn knows(identifier: Identifier, body: &[u8]) -> Option<bool> {
    let constant = body.get(..POINT)?;
    let proof = body.last_chunk::<PROOF>()?;
    let (r, z) = (proof.get(..POINT)?, p256_codec::scalar(proof.get(POINT..)?)?);
    let text = [identifier.serialize().as_slice(), constant, r].concat();
    let c = P256Sha256::HDKG(&text)?;
    Some(p256_codec::point(r)? == ProjectivePoint::GENERATOR * *z - p256_codec::point(constant)? * c)
}

fn identifier(index: u8) -> Option<Identifier> {
    Identifier::try_from(u16::from(index) + 1).ok()
}
