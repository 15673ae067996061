//! Money: juels, in checked 96-bit arithmetic.

/// An amount of LINK in juels (1 LINK = 10^18 juels), at most [`Juels::MAX`] (`uint96`). An ABI's `uint72` is one that
/// its codec bounds further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
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

    /// The amount in a field of at most 96 bits, for the codecs that have checked or cut its width.
    pub const fn from_uint96(juels: u128) -> Self {
        debug_assert!(juels <= Self::MAX.0);
        Self(juels)
    }

    /// The low 96 bits of a number, as Solidity's `uint96(…)` casts it.
    pub const fn cut(juels: u128) -> Self {
        Self(juels & Self::MAX.0)
    }

    /// The amount as a number of juels.
    pub const fn get(self) -> u128 {
        self.0
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Sum at 96 bits.
    #[inline(always)]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0 + other.0) // two 96-bit numbers cannot overflow 128 bits
    }

    /// Difference, or `None` when `other` is larger.
    #[inline(always)]
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

/// What one gas costs in juels (`uint96`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct JuelsPerGas(pub Juels);

impl JuelsPerGas {
    /// The cost of some gas at 96 bits.
    pub const fn checked_mul(self, gas: u64) -> Option<Juels> {
        self.0.checked_mul(gas)
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
        assert_eq!(JuelsPerGas(Juels(2)).checked_mul(3), Some(Juels(6)));
        assert_eq!(JuelsPerGas(Juels::MAX).checked_mul(2), None);
    }

    #[test]
    fn cut_keeps_the_low_96_bits() {
        assert_eq!(Juels::cut(u128::MAX), Juels::MAX);
        assert_eq!(Juels::cut(1 << 96 | 7), Juels(7));
        assert_eq!(Juels::cut(7), Juels::from_uint96(7));
    }
}
