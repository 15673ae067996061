//! Pure rules: reservation, cost, fee split, timeouts.
//!
//! The contracts, the CLI's estimate and the property tests run this one code. Every function has the widths, the
//! rounding and the overflow behaviour of the reference: an arithmetic failure is a typed [`RuleError`], which a
//! contract turns into the reference's revert data.
//!
//! | module | rules |
//! | --- | --- |
//! | [`juels`] | wei and US cents to juels |
//! | [`estimate`] | the reservation of a request |
//! | [`fulfillment`] | what a fulfillment costs, gas checks around the callback, settlement |
//! | [`split`] | the fee pool |
//! | [`time`] | when a request can be timed out |
//!
//! Amounts of LINK are [`Juels`], prices of gas in them [`JuelsPerGas`](functions_types::JuelsPerGas); anything that
//! multiplies wei is `U256`. Division of 256
//! bits is behind [`Division`], because in WASM it is 8 KB of code while the host divides for 4 gas.
//!
//! Upstream: `FunctionsBilling` (Coordinator 1.3.0), `FunctionsRouter` and `FunctionsSubscriptions` (Router 1.0.0).
#![cfg_attr(not(test), no_std)]

pub mod estimate;
pub mod fulfillment;
pub mod juels;
pub mod split;
pub mod time;

use alloy_primitives::U256;
use functions_types::Juels;

pub use estimate::Estimate;
pub use fulfillment::{FulfillmentCost, Settlement};

/// Arithmetic the reference answers with a revert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleError {
    /// A result does not fit its type: `Panic(0x11)`.
    Overflow,
    /// A price is zero: `Panic(0x12)`.
    DivisionByZero,
    /// `SafeCast: value doesn't fit in 72 bits`.
    Above72Bits,
    /// `SafeCast: value doesn't fit in 96 bits`.
    Above96Bits,
}

impl core::fmt::Display for RuleError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Overflow => "arithmetic overflow",
            Self::DivisionByZero => "division by zero",
            Self::Above72Bits => "value does not fit in 72 bits",
            Self::Above96Bits => "value does not fit in 96 bits",
        })
    }
}

impl core::error::Error for RuleError {}

/// How 256-bit numbers are divided.
pub trait Division {
    /// `numerator / denominator`, rounded down; the denominator is not zero.
    fn div(numerator: U256, denominator: U256) -> U256;
}

/// Division in software, for programs on a host.
#[derive(Clone, Copy, Debug)]
pub struct Software;

impl Division for Software {
    fn div(numerator: U256, denominator: U256) -> U256 {
        numerator / denominator
    }
}

/// `gas` if it has at most `bits` bits, else an overflow.
pub(crate) const fn fit(gas: u64, bits: u32) -> Result<u64, RuleError> {
    if gas >> bits == 0 { Ok(gas) } else { Err(RuleError::Overflow) }
}

/// Sum of amounts.
pub(crate) fn sum(a: Juels, b: Juels) -> Result<Juels, RuleError> {
    a.checked_add(b).ok_or(RuleError::Overflow)
}

pub(crate) fn add256(a: U256, b: U256) -> Result<U256, RuleError> {
    a.checked_add(b).ok_or(RuleError::Overflow)
}

/// Product of which one factor has 64 bits, as one always has here: a sixth of the code of a full product.
#[inline(never)]
pub(crate) fn mul256(a: U256, b: u64) -> Result<U256, RuleError> {
    let mut limbs = a.into_limbs();
    let mut carry = 0_u128;
    for limb in &mut limbs {
        // at most (2^64 - 1)^2 + 2^64 - 1, which has 128 bits
        let product = u128::from(*limb) * u128::from(b) + carry;
        *limb = product as u64;
        carry = product >> 64;
    }
    if carry == 0 { Ok(U256::from_limbs(limbs)) } else { Err(RuleError::Overflow) }
}
