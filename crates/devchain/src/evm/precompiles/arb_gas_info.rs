//! ArbGasInfo (0x6C): prices. ArbAggregator (0x6D): who posts calldata.

use alloy::{
    primitives::{I256, U256},
    sol_types::SolCall,
};

use super::call::{Answer, Call, Fail, Purity};
use crate::evm::{
    BASE_FEE, COINBASE, NETWORK_FEE_ACCOUNT, POSTER_FEE_ACCOUNT, TX_COMPUTE_GAS,
    arbos::{self, Store, set::OWNERS},
};

/// Calldata units of a byte, and of a whole simple transaction.
const UNITS_PER_BYTE: u64 = 16;
const UNITS_PER_TX: u64 = 140 * UNITS_PER_BYTE;
const STORAGE_GAS: u64 = 20_000;
const SPEED_LIMIT: u64 = 7_000_000;
const MAX_BLOCK_GAS: u64 = 32_000_000;
/// Seconds of full load that are forgiven, and the time in which a greater load moves the price e-fold.
const BACKLOG_TOLERANCE: u64 = 10;
const PRICING_INERTIA: u64 = 102;
/// Parameters of the price of calldata as a fresh chain has them.
const L1_INERTIA: u64 = 10;
const L1_REWARD_RATE: u64 = 10;
const L1_EQUILIBRATION_UNITS: u64 = 160_000_000;
const PER_BATCH_GAS: i64 = 210_000;

alloy::sol! {
    interface ArbGasInfo {
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInArbGas() external view returns (uint256, uint256, uint256);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256, uint256, uint256);
        function getGasAccountingParams() external view returns (uint256, uint256, uint256);
        function getMaxTxGasLimit() external view returns (uint256);
        function getMaxBlockGasLimit() external view returns (uint64);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1BaseFeeEstimateInertia() external view returns (uint64);
        function getL1RewardRate() external view returns (uint64);
        function getL1RewardRecipient() external view returns (address);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getPricingInertia() external view returns (uint64);
        function getGasBacklogTolerance() external view returns (uint64);
        function getL1PricingSurplus() external view returns (int256);
        function getPerBatchGasCharge() external view returns (int64);
        function getAmortizedCostCapBips() external view returns (uint64);
        function getL1FeesAvailable() external view returns (uint256);
        function getL1PricingEquilibrationUnits() external view returns (uint256);
        function getLastL1PricingUpdateTime() external view returns (uint64);
        function getL1PricingFundsDueForRewards() external view returns (uint256);
        function getLastL1PricingSurplus() external view returns (int256);
        function getGasPricingConstraints() external view returns (uint64[3][] memory);
    }

    interface ArbAggregator {
        function getPreferredAggregator(address account) external view returns (address, bool);
        function getDefaultAggregator() external view returns (address);
        function getBatchPosters() external view returns (address[] memory);
        function addBatchPoster(address newBatchPoster) external;
        function getFeeCollector(address batchPoster) external view returns (address);
        function getTxBaseFee(address aggregator) external view returns (uint256);
        function setTxBaseFee(address aggregator, uint256 feeInL1Gas) external;
    }
}

pub(super) fn arb_gas_info(call: &mut Call<'_, '_>) -> Answer {
    use ArbGasInfo::ArbGasInfoCalls as C;
    let method = call.decode(|_: &C| Purity::View)?;
    let base_fee = U256::from(call.ctx.chain.env.base_fee);
    let word = |value: U256| ArbGasInfo::getMaxTxGasLimitCall::abi_encode_returns(&value);
    let output = match method {
        C::getPricesInWei(_) | C::getPricesInWeiWithAggregator(_) => {
            let unit = U256::from(arbos::l1_price(call)?);
            call.burn_read()?;
            let base = base_fee.min(U256::from(BASE_FEE));
            ArbGasInfo::getPricesInWeiCall::abi_encode_returns(
                &(
                    unit.saturating_mul(U256::from(UNITS_PER_TX)),
                    unit.saturating_mul(U256::from(UNITS_PER_BYTE)),
                    base_fee * U256::from(STORAGE_GAS),
                    base,
                    base_fee - base,
                    base_fee,
                )
                    .into(),
            )
        }
        C::getPricesInArbGas(_) | C::getPricesInArbGasWithAggregator(_) => {
            let unit = U256::from(arbos::l1_price(call)?);
            let in_gas = |wei: U256| wei.checked_div(base_fee).unwrap_or_default();
            ArbGasInfo::getPricesInArbGasCall::abi_encode_returns(
                &(
                    in_gas(unit.saturating_mul(U256::from(UNITS_PER_TX))),
                    in_gas(unit.saturating_mul(U256::from(UNITS_PER_BYTE))),
                    U256::from(STORAGE_GAS),
                )
                    .into(),
            )
        }
        C::getGasAccountingParams(_) => {
            call.burn_read()?;
            call.burn_read()?;
            let block = U256::from(MAX_BLOCK_GAS);
            ArbGasInfo::getGasAccountingParamsCall::abi_encode_returns(
                &(U256::from(SPEED_LIMIT), block, block).into(),
            )
        }
        C::getL1BaseFeeEstimate(_) | C::getL1GasPriceEstimate(_) => word(U256::from(arbos::l1_price(call)?)),
        C::getCurrentTxL1GasFees(_) => word(call.ctx.chain.poster_fee),
        C::getL1FeesAvailable(_) => {
            call.burn_read()?;
            word(arbos::account(call.ctx, POSTER_FEE_ACCOUNT).balance)
        }
        C::getL1PricingSurplus(_) => {
            // What was paid for calldata, less what is due for posting and for rewards: no batch is ever reported here.
            for _ in 0..3 {
                call.burn_read()?;
            }
            let paid = arbos::account(call.ctx, POSTER_FEE_ACCOUNT).balance;
            let surplus = I256::try_from(paid).unwrap_or(I256::MAX);
            ArbGasInfo::getL1PricingSurplusCall::abi_encode_returns(&surplus)
        }
        C::getL1RewardRecipient(_) => {
            call.burn_read()?;
            ArbGasInfo::getL1RewardRecipientCall::abi_encode_returns(&NETWORK_FEE_ACCOUNT)
        }
        C::getPerBatchGasCharge(_) => {
            call.burn_read()?;
            ArbGasInfo::getPerBatchGasChargeCall::abi_encode_returns(&PER_BATCH_GAS)
        }
        C::getGasPricingConstraints(_) => {
            call.burn_read()?;
            ArbGasInfo::getGasPricingConstraintsCall::abi_encode_returns(&Vec::new())
        }
        constant => {
            call.burn_read()?;
            word(U256::from(unchanging(&constant)))
        }
    };
    call.returns(output)
}

/// Parameters that nobody can change on this chain, and what a chain without load and without batches has.
fn unchanging(getter: &ArbGasInfo::ArbGasInfoCalls) -> u64 {
    use ArbGasInfo::ArbGasInfoCalls as C;
    match getter {
        C::getMaxTxGasLimit(_) => TX_COMPUTE_GAS,
        C::getMaxBlockGasLimit(_) => MAX_BLOCK_GAS,
        C::getMinimumGasPrice(_) => BASE_FEE,
        C::getL1BaseFeeEstimateInertia(_) => L1_INERTIA,
        C::getL1RewardRate(_) => L1_REWARD_RATE,
        C::getPricingInertia(_) => PRICING_INERTIA,
        C::getGasBacklogTolerance(_) => BACKLOG_TOLERANCE,
        C::getL1PricingEquilibrationUnits(_) => L1_EQUILIBRATION_UNITS,
        _ => 0,
    }
}

pub(super) fn arb_aggregator(call: &mut Call<'_, '_>) -> Answer {
    use ArbAggregator::ArbAggregatorCalls as C;
    let method = call.decode(|call: &C| match call {
        C::addBatchPoster(_) | C::setTxBaseFee(_) => Purity::Write,
        _ => Purity::View,
    })?;
    let output = match method {
        C::getPreferredAggregator(_) => {
            ArbAggregator::getPreferredAggregatorCall::abi_encode_returns(&(COINBASE, true).into())
        }
        C::getDefaultAggregator(_) => ArbAggregator::getDefaultAggregatorCall::abi_encode_returns(&COINBASE),
        C::getBatchPosters(_) => {
            // The length of the list, and its one entry.
            call.burn_read()?;
            call.burn_read()?;
            ArbAggregator::getBatchPostersCall::abi_encode_returns(&vec![COINBASE])
        }
        C::addBatchPoster(args) => {
            let caller = call.caller;
            if !OWNERS.contains(call, caller)? {
                return Err(Fail::reverted("must be called by chain owner"));
            }
            call.burn_read()?;
            if args.newBatchPoster != COINBASE {
                return Err(Fail::not_supported());
            }
            Vec::new()
        }
        C::getFeeCollector(args) => {
            call.burn_read()?;
            if args.batchPoster != COINBASE {
                return Err(Fail::reverted("tried to open a batch poster that does not exist"));
            }
            call.burn_read()?;
            ArbAggregator::getFeeCollectorCall::abi_encode_returns(&COINBASE)
        }
        C::getTxBaseFee(_) => ArbAggregator::getTxBaseFeeCall::abi_encode_returns(&U256::ZERO),
        C::setTxBaseFee(_) => Vec::new(),
    };
    call.returns(output)
}
