//! The fee pool of the oracles.

use functions_types::Juels;

/// What each of `oracles` oracles gets of a pool, rounded down, and what stays in the pool: everything when there are
/// no oracles.
///
/// Upstream: `FunctionsBilling._disperseFeePool` (Coordinator 1.3.0).
pub const fn share_down(pool: Juels, oracles: u8) -> (Juels, Juels) {
    if oracles == 0 {
        return (Juels::ZERO, pool);
    }
    // Long division by 32-bit limbs: a 128-bit division would cost a contract a library routine.
    let divisor = oracles as u64;
    let (mut quotient, mut remainder, mut shift) = (0_u128, 0_u64, 128);
    while shift > 0 {
        shift -= 32;
        let part = remainder << 32 | (pool.get() >> shift) as u32 as u64;
        quotient = quotient << 32 | (part / divisor) as u128;
        remainder = part % divisor;
    }
    (Juels::from_uint96(quotient), Juels::from_uint96(remainder as u128))
}
