//! The fee pool of the oracles.

/// What each of `oracles` oracles gets of a pool of at most 96 bits, rounded down; the rest stays in the pool.
/// Nobody gets anything when there are no oracles.
///
/// Upstream: `FunctionsBilling._disperseFeePool` (Coordinator 1.3.0).
pub const fn share_down(pool: u128, oracles: u8) -> u128 {
    if oracles == 0 {
        return 0;
    }
    // Long division by 32-bit limbs: a 128-bit division would cost a contract a library routine.
    let divisor = oracles as u64;
    let (mut quotient, mut remainder, mut shift) = (0_u128, 0_u64, 128);
    while shift > 0 {
        shift -= 32;
        let part = remainder << 32 | (pool >> shift) as u32 as u64;
        quotient = quotient << 32 | (part / divisor) as u128;
        remainder = part % divisor;
    }
    quotient
}
