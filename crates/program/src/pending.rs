//! What a host function still has to do when the chain has answered.

use alloy_primitives::{Address, B256};

/// What to do with the chain's answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pending {
    /// `storage_load_bytes32`: the part of the price that is known already, and where the value goes.
    Load { key: B256, cost: u64, dst: u32 },
    /// `storage_flush_cache`
    Flush,
    /// `transient_load_bytes32`
    LoadTransient { dst: u32 },
    /// `transient_store_bytes32` and `emit_log`
    Nothing,
    /// The three calls.
    Call { len_dst: u32 },
    /// The two creations.
    Create { address_dst: u32, len_dst: u32 },
    /// `account_balance`
    Balance { dst: u32 },
    /// `account_code`
    Code { address: Address, offset: u32, size: u32, dst: u32 },
    /// `account_code_size`
    CodeSize { address: Address },
    /// `account_codehash`
    Hash { dst: u32 },
}
