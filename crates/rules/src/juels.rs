//! Conversions to juels. A price feed gives wei, or US dollars with decimals, per LINK.

use alloy_primitives::U256;
use functions_types::Juels;

use crate::{Division, RuleError, mul256};

/// Juels in one LINK.
const JUELS_PER_LINK: u64 = Juels::PER_LINK as u64;

/// `1e18 * wei / wei_per_link`, rounded down.
///
/// # Errors
/// [`RuleError::Overflow`] above 256 bits on the way, [`RuleError::DivisionByZero`], [`RuleError::Above96Bits`].
#[inline(never)]
pub fn from_wei_down<D: Division>(wei: U256, wei_per_link: U256) -> Result<Juels, RuleError> {
    divide::<D>(mul256(wei, JUELS_PER_LINK)?, wei_per_link)
}

/// A fee in US cents: `floor(floor(cents * 10^(18 + decimals) / usd_per_link) / 100)`, in 72 bits.
///
/// `usd_per_link` has `decimals` decimals. The exponent is computed in 8 bits, as upstream does.
///
/// # Errors
/// [`RuleError::Overflow`], [`RuleError::DivisionByZero`], [`RuleError::Above96Bits`] for the inner quotient,
/// [`RuleError::Above72Bits`] for the outer.
pub fn from_cents_down<D: Division>(
    cents: u16,
    usd_per_link: U256,
    decimals: u8,
) -> Result<Juels, RuleError> {
    let exponent = decimals.checked_add(18).ok_or(RuleError::Overflow)?;
    if exponent > 77 {
        return Err(RuleError::Overflow); // 10^78 has more than 256 bits
    }
    let mut amount = U256::from(cents);
    let mut rest = exponent;
    while rest > 0 {
        let step = if rest < 19 { rest } else { 19 };
        amount = mul256(amount, 10_u64.pow(step.into()))?; // at most 10^19, which has 64 bits
        rest -= step;
    }
    let juels = divide::<D>(amount, usd_per_link)?;
    let fee = low(D::div(U256::from(juels.get()), U256::from(100_u64)));
    if fee >> 72 == 0 { Ok(Juels::from_uint96(fee)) } else { Err(RuleError::Above72Bits) }
}

fn divide<D: Division>(numerator: U256, denominator: U256) -> Result<Juels, RuleError> {
    if denominator.is_zero() {
        return Err(RuleError::DivisionByZero);
    }
    let quotient = D::div(numerator, denominator);
    let [_, _, third, fourth] = quotient.into_limbs();
    if third != 0 || fourth != 0 {
        return Err(RuleError::Above96Bits);
    }
    Juels::new(low(quotient)).ok_or(RuleError::Above96Bits)
}

/// The low 128 bits.
fn low(value: U256) -> u128 {
    let [first, second, ..] = value.into_limbs();
    u128::from(second) << 64 | u128::from(first)
}
