//! New shares of an old key. A dealer's polynomial has its old share, weighted by its part in the key, at zero; so the
//! sum of all polynomials has the key there.
//!
//! An announcement is a commitment to each coefficient, points of 33 bytes; the first is known from the old key. A deal
//! is the polynomial's value at the receiver's new index and one, 32 bytes.

use functions_tdh2::{PrivateShare, PublicKey, coefficient};
use p256::{
    ProjectivePoint, Scalar,
    elliptic_curve::{Field as _, ops::MulByGenerator as _},
};
use zeroize::Zeroizing;

use crate::{
    Keys, Participant, Terms,
    dice::Dice,
    p256_codec,
    scheme::{Bodies, Scheme},
};

pub(crate) struct Reshare {
    old: PublicKey,
    threshold: usize,
    me: u8,
    participants: Vec<Participant>,
    /// From the constant up; none for who does not deal.
    polynomial: Zeroizing<Vec<Scalar>>,
}

impl Reshare {
    pub(crate) fn new(
        terms: &Terms,
        old: &PublicKey,
        me: u8,
        share: Option<&PrivateShare>,
        mut dice: Dice,
    ) -> Option<Self> {
        let mut scheme = Self {
            old: old.clone(),
            threshold: terms.threshold.into(),
            me,
            participants: terms.participants.clone(),
            polynomial: Zeroizing::new(Vec::with_capacity(terms.threshold.into())),
        };
        if let Some(index) = terms.at(me)?.deals {
            let share = share.filter(|share| share.index() == index && share.belongs_to(old))?;
            let constant = *share.value() * scheme.weight(index);
            scheme.polynomial.push(constant);
            while scheme.polynomial.len() < scheme.threshold {
                scheme.polynomial.push(Scalar::random(&mut dice));
            }
        }
        Some(scheme)
    }

    fn weight(&self, index: u8) -> Scalar {
        let dealers: Vec<u8> = self.participants.iter().filter_map(|one| one.deals).collect();
        coefficient(index, &dealers)
    }

    fn receives(&self, place: u8) -> Option<u8> {
        self.participants.get(usize::from(place))?.receives
    }

    fn value(&self, index: u8) -> Zeroizing<Scalar> {
        let x = Scalar::from(u64::from(index) + 1);
        Zeroizing::new(self.polynomial.iter().rev().fold(Scalar::ZERO, |sum, next| sum * x + next))
    }
}

impl Scheme for Reshare {
    fn announcement(&self) -> Vec<u8> {
        let commit = |scalar: &Scalar| p256_codec::encode_point(&ProjectivePoint::mul_by_generator(scalar));
        self.polynomial.iter().flat_map(commit).collect()
    }

    fn is_announcement(&self, from: u8, body: &[u8]) -> bool {
        let points = p256_codec::points(body, self.threshold);
        let index = self.participants.get(usize::from(from)).and_then(|one| one.deals);
        let (Some(points), Some(index)) = (points, index) else {
            return false;
        };
        let expected = self.old.member(index).map(|point| *point * self.weight(index));
        points.first().copied() == expected
    }

    fn deals(&self, _: &Bodies) -> Bodies {
        let places = (0..).zip(&self.participants).filter(|(place, _)| *place != self.me);
        let deal = |index: u8| p256_codec::encode_scalar(&self.value(index));
        places.filter_map(|(place, one)| Some((place, deal(one.receives?)))).collect()
    }

    fn is_deal(&self, _: u8, to: u8, announced: &[u8], body: &[u8]) -> bool {
        let points = p256_codec::points(announced, self.threshold);
        let (Some(points), Some(index)) = (points, self.receives(to)) else {
            return false;
        };
        let share = p256_codec::scalar(body);
        share.is_some_and(|share| ProjectivePoint::mul_by_generator(&share) == at(&points, index))
    }

    fn keys(&self, announced: &Bodies, deals: &Bodies) -> Option<Keys> {
        let mut sums = vec![ProjectivePoint::IDENTITY; self.threshold];
        for body in announced.values() {
            let points = p256_codec::points(body, self.threshold)?;
            sums.iter_mut().zip(points).for_each(|(sum, point)| *sum += point);
        }
        let members = self.participants.iter().filter(|one| one.receives.is_some()).count();
        let members: Vec<_> = (0..u8::try_from(members).ok()?).map(|index| at(&sums, index)).collect();
        let public = PublicKey::from_points(self.old.g_bar(), self.old.h(), &members)?;
        let share = match self.receives(self.me) {
            Some(index) => {
                let mut sum = self.value(index);
                for body in deals.values() {
                    *sum += *p256_codec::scalar(body)?;
                }
                Some(PrivateShare::new(index, sum)?)
            }
            None => None,
        };
        Some(Keys::Threshold { public: Box::new(public), share })
    }
}

/// The value at a member's identifier of the polynomial whose coefficients are committed to.
fn at(points: &[ProjectivePoint], index: u8) -> ProjectivePoint {
    let x = Scalar::from(u64::from(index) + 1);
    points.iter().rev().fold(ProjectivePoint::IDENTITY, |sum, next| sum * x + next)
}
