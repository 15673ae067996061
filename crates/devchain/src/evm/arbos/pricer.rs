//! The data fee: what an activation pays for the native code every node must keep.

use alloy::primitives::U256;

use super::{Store, number};

/// Bytes of demand forgotten each second.
const BYTES_PER_SECOND: u32 = 34_865;
/// Wei per byte without demand.
const MIN_PRICE: u64 = 82_928_201;
/// Bytes of demand by which the price grows e-fold.
const INERTIA: u64 = 21_360_419;
/// Summands of the exponential series.
const SUMMANDS: u64 = 12;
/// One, in basis points.
const ONE: u64 = 10_000;
/// Where the clock of an untouched pricer stands, in Unix seconds.
const ARBITRUM_START: u64 = 1_421_388_000;

/// Adds `bytes` to the demand and returns their fee in wei.
///
/// Upstream: `DataPricer.UpdateModel` (Nitro, `arbos/programs/data_pricer.go`).
pub(in crate::evm) fn charge<'d, S: Store<'d>>(store: &mut S, bytes: u32) -> Result<U256, S::Error> {
    let now = store.ctx().chain.env.timestamp;
    let demand = u32::try_from(store.read("pricer", b"demand")?).unwrap_or(u32::MAX);
    let updated = number(store.read("pricer", b"updated")?).max(ARBITRUM_START);
    // Forgetting, smallest price and inertia are stored too, and never change.
    for _ in 0..3 {
        store.burn_read()?;
    }
    let passed = u32::try_from(now.saturating_sub(updated)).unwrap_or(u32::MAX);
    let demand = demand.saturating_sub(BYTES_PER_SECOND.saturating_mul(passed)).saturating_add(bytes);
    store.write("pricer", b"demand", U256::from(demand))?;
    store.write("pricer", b"updated", U256::from(now))?;
    Ok(U256::from(fee(demand, bytes)))
}

fn fee(demand: u32, bytes: u32) -> u64 {
    price(demand).saturating_mul(u64::from(bytes))
}

/// MIN_PRICE · e^(demand / INERTIA) in wei a byte, rounded down; the power is a whole number of basis points.
fn price(demand: u32) -> u64 {
    let multiplier = exponential(ONE * u64::from(demand) / INERTIA);
    MIN_PRICE.saturating_mul(multiplier) / ONE
}

/// e^x by Horner's rule, both in basis points.
fn exponential(x: u64) -> u64 {
    (1..SUMMANDS).rev().fold(ONE + x / SUMMANDS, |sum, term| ONE + sum.saturating_mul(x) / (term * ONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fee_equals_that_of_the_node() {
        // An idle chain activates a program with an estimate of 753 283 bytes: 352 basis points of demand raise the
        // price by 358.
        assert_eq!(exponential(352), 10_358);
        assert_eq!(fee(753_283, 753_283), 82_928_201 * 10_358 / 10_000 * 753_283);
        assert_eq!(fee(0, 1), MIN_PRICE);
    }

    #[test]
    fn fee_survives_the_largest_demand() {
        assert!(price(u32::MAX) > 1_000_000_000_000);
        assert!(fee(u32::MAX, u32::MAX) > u64::MAX / 2);
    }
}
