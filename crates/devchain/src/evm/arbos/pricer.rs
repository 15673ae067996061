//! The data fee: what an activation pays for the native code every node must keep.

use alloy::primitives::U256;

use super::{read, write};
use crate::evm::ArbContext;

/// Bytes of demand forgotten each second.
const BYTES_PER_SECOND: u64 = 34_865;
/// Wei per byte without demand.
const MIN_PRICE: u64 = 82_928_201;
/// Bytes of demand by which the price grows e-fold.
const INERTIA: u64 = 21_360_419;
/// Terms of the exponential series.
const TERMS: u64 = 12;
/// Where the clock of an untouched pricer stands, in Unix seconds.
const ARBITRUM_START: u64 = 1_421_388_000;

/// Adds `bytes` to the demand and returns their fee in wei.
///
/// Upstream: `DataPricer.UpdateModel` (Nitro, `arbos/programs/data_pricer.go`).
pub(in crate::evm) fn charge(ctx: &mut ArbContext<'_>, bytes: u32) -> U256 {
    let now = ctx.chain.env.timestamp;
    let demand = u64::try_from(read(ctx, "pricer", b"demand")).unwrap_or(u64::MAX);
    let updated = u64::try_from(read(ctx, "pricer", b"updated")).unwrap_or(u64::MAX).max(ARBITRUM_START);
    let credit = BYTES_PER_SECOND.saturating_mul(now.saturating_sub(updated));
    let demand = demand.saturating_sub(credit).saturating_add(u64::from(bytes)).min(u64::from(u32::MAX));
    write(ctx, "pricer", b"demand", U256::from(demand));
    write(ctx, "pricer", b"updated", U256::from(now));
    fee(demand, bytes)
}

fn fee(demand: u64, bytes: u32) -> U256 {
    U256::from(price(demand)) * U256::from(bytes)
}

/// MIN_PRICE · e^(demand / INERTIA) in wei a byte, by Horner's rule in whole numbers.
fn price(demand: u64) -> u128 {
    // demand < 2^32 bounds the quotient by 202 and the sum by MIN_PRICE · 202^12 / 12!, which fits 128 bits.
    let (base, demand, inertia) = (u128::from(MIN_PRICE), u128::from(demand), u128::from(INERTIA));
    (1..=u128::from(TERMS)).rev().fold(base, |sum, term| base + sum * demand / (inertia * term))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fee_equals_a_measured_activation() {
        // An idle chain activates a program with an estimate of 753 283 bytes.
        assert_eq!(fee(753_283, 753_283), U256::from(64_710_679_694_776u64));
    }

    #[test]
    fn fee_survives_the_largest_demand() {
        assert!(fee(u64::from(u32::MAX), u32::MAX) > U256::from(u64::MAX));
    }
}
