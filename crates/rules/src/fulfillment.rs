//! What one fulfillment costs, and the gas checks around its callback.

use alloy_primitives::U256;
use functions_types::{Juels, JuelsPerGas};

use crate::{Division, RuleError, add256, fit, juels, mul256, sum};

/// The part of a fulfillment's price the Coordinator fixes before the callback runs.
///
/// Upstream: `FunctionsBilling._fulfillAndBill` (Coordinator 1.3.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FulfillmentCost {
    /// Price of one gas.
    pub juels_per_gas: JuelsPerGas,
    /// Reimbursement of the overhead gas and the L1 share; goes to the transmitter.
    pub gas_overhead: Juels,
    /// The reimbursement and both fees.
    pub without_callback: Juels,
}

impl FulfillmentCost {
    /// The cost of a fulfillment of a request with this [`overhead_gas`] and these fees (72 bits each).
    ///
    /// ```text
    /// gas_overhead     = floor(1e18 * (overhead_gas * gas_price + l1_share) / wei_per_link)
    /// juels_per_gas    = floor(1e18 * gas_price / wei_per_link)
    /// without_callback = gas_overhead + don_fee + operation_fee
    /// ```
    ///
    /// # Errors
    /// [`RuleError::Overflow`], [`RuleError::DivisionByZero`], [`RuleError::Above96Bits`].
    pub fn new<D: Division>(
        gas_price_wei: U256,
        l1_share_wei: U256,
        wei_per_link: U256,
        overhead_gas: u64,
        don_fee: Juels,
        operation_fee: Juels,
    ) -> Result<Self, RuleError> {
        let wei = mul256(gas_price_wei, overhead_gas)?;
        let gas_overhead = juels::from_wei_down::<D>(add256(wei, l1_share_wei)?, wei_per_link)?;
        let juels_per_gas = JuelsPerGas(juels::from_wei_down::<D>(gas_price_wei, wei_per_link)?);
        let without_callback = sum(sum(gas_overhead, don_fee)?, operation_fee)?;
        Ok(Self { juels_per_gas, gas_overhead, without_callback })
    }
}

/// Gas billed around a callback: the overheads before and after it (40 bits each), summed in 40 bits.
///
/// # Errors
/// [`RuleError::Overflow`].
pub fn overhead_gas(before: u64, after: u64) -> Result<u64, RuleError> {
    fit(before.checked_add(after).ok_or(RuleError::Overflow)?, 40)
}

/// Gas billed to one of the `entries` of a report for what surrounds its callback, when they share a part of it:
///
/// ```text
/// shared = min(shared_gas, overhead_gas)
/// billed = overhead_gas - shared + ceil(shared / entries)
/// ```
///
/// It is rounded up, so that all entries together pay the shared part at least once: the transmitter has paid it. It is
/// never above `overhead_gas`, which is what a request reserves, and nothing is shared where `shared_gas` is zero or
/// the report has one entry.
pub fn shared_overhead_gas(overhead_gas: u64, shared_gas: u32, entries: u8) -> u64 {
    let shared = overhead_gas.min(shared_gas.into());
    overhead_gas - shared + shared.div_ceil(entries.max(1).into())
}

/// Bytes a transaction has beside its calldata: signature, fees, addresses.
const TRANSACTION_PADDING: u64 = 140;

/// The L1 fee in wei of a transaction with this much calldata, if it is posted uncompressed.
///
/// # Errors
/// [`RuleError::Overflow`].
///
/// Upstream: `ChainSpecificUtil._getL1FeeUpperLimit` (Coordinator 1.3.1).
pub fn l1_fee_upper_limit(wei_per_byte: U256, calldata_bytes: u32) -> Result<U256, RuleError> {
    mul256(wei_per_byte, u64::from(calldata_bytes) + TRANSACTION_PADDING)
}

/// One entry's share of the transaction's L1 fee, rounded down; `entries` is not zero.
pub fn l1_share_down<D: Division>(l1_fee_wei: U256, entries: u8) -> U256 {
    D::div(l1_fee_wei, U256::from(entries))
}

/// Gas the Router wants before it looks further: `callback_gas_limit + overhead_after` in 40 bits.
///
/// # Errors
/// [`RuleError::Overflow`].
pub fn gas_needed(callback_gas_limit: u32, gas_overhead_after_callback: u64) -> Result<u64, RuleError> {
    overhead_gas(callback_gas_limit.into(), gas_overhead_after_callback)
}

/// The most a fulfillment can cost: the callback burning its whole limit.
///
/// # Errors
/// [`RuleError::Overflow`].
pub fn worst_case(
    admin_fee: Juels,
    cost_without_callback: Juels,
    juels_per_gas: JuelsPerGas,
    callback_gas_limit: u32,
) -> Result<Juels, RuleError> {
    let callback = juels_per_gas.checked_mul(callback_gas_limit.into()).ok_or(RuleError::Overflow)?;
    sum(sum(admin_fee, cost_without_callback)?, callback)
}

/// Whether a call can be given `wanted` gas: after setting `exact_check` gas aside, 63/64 of the rest exceed it.
///
/// Upstream: `FunctionsRouter._callback` (the check against EIP-150).
pub const fn can_forward(gas_left: u64, exact_check: u16, wanted: u32) -> bool {
    let Some(gas) = gas_left.checked_sub(exact_check as u64) else { return false };
    gas - gas / 64 > wanted as u64
}

/// What changes hands once the callback has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// `juels_per_gas * gas_used`.
    pub callback_cost: Juels,
    /// Credited to the Coordinator: cost without callback and callback cost.
    pub coordinator_credit: Juels,
    /// Charged to the subscription: the Coordinator's credit and the Router's admin fee.
    pub total_cost: Juels,
}

impl Settlement {
    /// The settlement of a callback that used `gas_used` gas.
    ///
    /// # Errors
    /// [`RuleError::Overflow`].
    pub fn new(
        admin_fee: Juels,
        cost_without_callback: Juels,
        juels_per_gas: JuelsPerGas,
        gas_used: u64,
    ) -> Result<Self, RuleError> {
        let callback_cost = juels_per_gas.checked_mul(gas_used).ok_or(RuleError::Overflow)?;
        let coordinator_credit = sum(cost_without_callback, callback_cost)?;
        Ok(Self { callback_cost, coordinator_credit, total_cost: sum(coordinator_credit, admin_fee)? })
    }

    /// The subscription's (balance, blocked balance) afterwards, or `None` (`InsufficientBalance`) when the balance
    /// does not cover the cost or less is blocked than was reserved.
    pub const fn apply(
        &self,
        balance: Juels,
        blocked_balance: Juels,
        reserved: Juels,
    ) -> Option<(Juels, Juels)> {
        match (balance.checked_sub(self.total_cost), blocked_balance.checked_sub(reserved)) {
            (Some(balance), Some(blocked)) => Some((balance, blocked)),
            _ => None,
        }
    }
}
