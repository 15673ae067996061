//! Money: juels, in checked 96-bit arithmetic.

/// An amount of LINK in juels (1 LINK = 10^18 juels), at most [`Juels::MAX`] (`uint96`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Juels(u128);

impl Juels {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// 2^96 - 1.
    pub const MAX: Self = Self((1 << 96) - 1);
    /// Juels in one LINK.
    pub const PER_LINK: u128 = 1_000_000_000_000_000_000;

    /// The amount, or `None` above 96 bits.
    pub const fn new(juels: u128) -> Option<Self> {
        if juels > Self::MAX.0 { None } else { Some(Self(juels)) }
    }

    /// The amount as a number of juels.
    pub const fn get(self) -> u128 {
        self.0
    }

    /// Sum at 96 bits.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0 + other.0) // two 96-bit numbers cannot overflow 128 bits
    }

    /// Difference, or `None` when `other` is larger.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(juels) => Some(Self(juels)),
            None => None,
        }
    }

    /// Product with a plain number at 96 bits.
    pub const fn checked_mul(self, factor: u64) -> Option<Self> {
        match self.0.checked_mul(factor as u128) {
            Some(juels) => Self::new(juels),
            None => None,
        }
    }
}

/// Decimal juels.
impl core::fmt::Display for Juels {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_fails_when_96_bits_are_exceeded() {
        assert_eq!(Juels::MAX.checked_add(Juels(1)), None);
        assert_eq!(Juels::ZERO.checked_sub(Juels(1)), None);
        assert_eq!(Juels::MAX.checked_mul(2), None);
        assert_eq!(Juels::MAX.checked_mul(u64::MAX), None);
        assert_eq!(Juels::new(1 << 96), None);
        assert_eq!(Juels(2).checked_mul(3), Some(Juels(6)));
    }
}
