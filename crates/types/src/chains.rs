//! Chains on which the Coordinator bills the fee for posting calldata to the parent chain.

/// Whether the Coordinator bills the L1 fee on the chain with this id: Arbitrum One and its two test networks.
///
/// Everywhere else it is the oracles' expense, also where the chain itself charges it.
///
/// Upstream: `ChainSpecificUtil` (Coordinator 1.3.0).
#[inline(always)]
#[must_use]
pub const fn bills_l1_fee(chain_id: u64) -> bool {
    matches!(chain_id, 42_161 | 421_613 | 421_614)
}
