//! The reservation: what a request may cost at most.

use alloy_primitives::U256;
use functions_types::Juels;

use crate::{Division, RuleError, add256, fit, juels, mul256, sum};

/// Everything the estimate of one request depends on.
///
/// ```text
/// price = max(gas_price, minimum)            price += floor(price * over_estimation / 10000)
/// gas   = overhead_before + overhead_after + callback_gas_limit                  (32 bits)
/// total = floor(1e18 * (price * gas + l1_fee) / wei_per_link) + don + admin + operation fee    (96 bits)
/// ```
///
/// Upstream: `FunctionsBilling._calculateCostEstimate` (Coordinator 1.3.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Gas price of the requesting transaction, or the one asked about, in wei.
    pub gas_price_wei: U256,
    /// Floor of the gas price in wei (40 bits).
    pub minimum_gas_price_wei: u64,
    /// Added to the gas price, in 1/10000 of it.
    pub over_estimation_bp: u32,
    /// Gas billed around the callback.
    pub gas_overhead_before_callback: u32,
    /// Gas billed around the callback.
    pub gas_overhead_after_callback: u32,
    /// Gas of the callback.
    pub callback_gas_limit: u32,
    /// L1 fee of the transaction in wei.
    pub l1_fee_wei: U256,
    /// Price of LINK in wei.
    pub wei_per_link: U256,
    /// For the oracles (72 bits).
    pub don_fee: Juels,
    /// For the Router (72 bits).
    pub admin_fee: Juels,
    /// For the Coordinator's owner (72 bits).
    pub operation_fee: Juels,
}

impl Estimate {
    /// The reservation.
    ///
    /// # Errors
    /// [`RuleError::Overflow`], [`RuleError::DivisionByZero`] when LINK has no price, [`RuleError::Above96Bits`].
    pub fn juels<D: Division>(&self) -> Result<Juels, RuleError> {
        let price = self.over_estimated::<D>(self.gas_price())?;
        let wei = add256(mul256(price, self.gas()?)?, self.l1_fee_wei)?;
        self.with_fees::<D>(wei)
    }

    /// The reservation under the rule of Coordinator 1.3.1, where the L1 fee is over-estimated with the rest:
    ///
    /// ```text
    /// wei   = max(gas_price, minimum) * gas + l1_fee     wei += floor(wei * over_estimation / 10000)
    /// total = floor(1e18 * wei / wei_per_link) + don + admin + operation fee                        (96 bits)
    /// ```
    ///
    /// # Errors
    /// As [`Self::juels`].
    ///
    /// Upstream: `FunctionsBilling._calculateCostEstimate` (Coordinator 1.3.1).
    pub fn juels_v1_3_1<D: Division>(&self) -> Result<Juels, RuleError> {
        let wei = add256(mul256(self.gas_price(), self.gas()?)?, self.l1_fee_wei)?;
        self.with_fees::<D>(self.over_estimated::<D>(wei)?)
    }

    #[inline(always)]
    fn gas_price(&self) -> U256 {
        let minimum = U256::from(self.minimum_gas_price_wei);
        if self.gas_price_wei < minimum { minimum } else { self.gas_price_wei }
    }

    #[inline(always)]
    fn over_estimated<D: Division>(&self, amount: U256) -> Result<U256, RuleError> {
        let extra = D::div(mul256(amount, self.over_estimation_bp.into())?, U256::from(10_000_u64));
        add256(amount, extra)
    }

    #[inline(always)]
    fn gas(&self) -> Result<u64, RuleError> {
        let gas = u64::from(self.gas_overhead_before_callback)
            + u64::from(self.gas_overhead_after_callback)
            + u64::from(self.callback_gas_limit); // three 32-bit numbers cannot overflow 64 bits
        fit(gas, 32)
    }

    #[inline(always)]
    fn with_fees<D: Division>(&self, wei: U256) -> Result<Juels, RuleError> {
        let gas_juels = juels::from_wei_down::<D>(wei, self.wei_per_link)?;
        let fees = sum(sum(self.don_fee, self.admin_fee)?, self.operation_fee)?;
        sum(gas_juels, fees)
    }
}
