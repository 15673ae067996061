//! ArbGasInfo (0x6C): prices. ArbAggregator (0x6D): who posts calldata.

use alloy::{primitives::U256, sol_types::SolCall};

use super::call::{Answer, Call, Purity};
use crate::evm::{COINBASE, arbos};

/// Calldata units of a byte, and of a whole simple transaction.
const UNITS_PER_BYTE: u64 = 16;
const UNITS_PER_TX: u64 = 140 * UNITS_PER_BYTE;
const STORAGE_GAS: u64 = 20_000;
const SPEED_LIMIT: u64 = 7_000_000;
const MAX_TX_GAS: u64 = 32_000_000;
/// Wei per gas below which the base fee never falls.
const MINIMUM_GAS_PRICE: u64 = crate::chain::BASE_FEE;

alloy::sol! {
    interface ArbGasInfo {
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInArbGas() external view returns (uint256, uint256, uint256);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256, uint256, uint256);
        function getGasAccountingParams() external view returns (uint256, uint256, uint256);
        function getMaxTxGasLimit() external view returns (uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getL1PricingSurplus() external view returns (int256);
    }

    interface ArbAggregator {
        function getPreferredAggregator(address account) external view returns (address, bool);
        function getDefaultAggregator() external view returns (address);
        function getBatchPosters() external view returns (address[] memory);
    }
}

pub(super) fn arb_gas_info(call: &mut Call<'_, '_>) -> Answer {
    use ArbGasInfo::ArbGasInfoCalls as C;
    let method = call.decode(|_: &C| Purity::View)?;
    call.burn_read()?;
    let unit = U256::from(arbos::l1_price(call.ctx));
    let base_fee = U256::from(call.ctx.chain.env.base_fee);
    let word = |value: U256| ArbGasInfo::getMaxTxGasLimitCall::abi_encode_returns(&value);
    let output = match method {
        C::getPricesInWei(_) | C::getPricesInWeiWithAggregator(_) => {
            let base = base_fee.min(U256::from(MINIMUM_GAS_PRICE));
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
            let in_gas = |wei: U256| if base_fee.is_zero() { U256::ZERO } else { wei / base_fee };
            ArbGasInfo::getPricesInArbGasCall::abi_encode_returns(
                &(
                    in_gas(unit.saturating_mul(U256::from(UNITS_PER_TX))),
                    in_gas(unit.saturating_mul(U256::from(UNITS_PER_BYTE))),
                    U256::from(STORAGE_GAS),
                )
                    .into(),
            )
        }
        C::getGasAccountingParams(_) => ArbGasInfo::getGasAccountingParamsCall::abi_encode_returns(
            &(U256::from(SPEED_LIMIT), U256::from(MAX_TX_GAS), U256::from(MAX_TX_GAS)).into(),
        ),
        C::getMaxTxGasLimit(_) => word(U256::from(MAX_TX_GAS)),
        C::getMinimumGasPrice(_) => word(U256::from(MINIMUM_GAS_PRICE)),
        C::getL1BaseFeeEstimate(_) | C::getL1GasPriceEstimate(_) => word(unit),
        C::getCurrentTxL1GasFees(_) => word(call.ctx.chain.poster_fee),
        C::getGasBacklog(_) | C::getL1PricingSurplus(_) => word(U256::ZERO),
    };
    call.returns(output)
}

pub(super) fn arb_aggregator(call: &mut Call<'_, '_>) -> Answer {
    use ArbAggregator::ArbAggregatorCalls as C;
    let output = match call.decode(|_: &C| Purity::View)? {
        C::getPreferredAggregator(_) => {
            ArbAggregator::getPreferredAggregatorCall::abi_encode_returns(&(COINBASE, true).into())
        }
        C::getDefaultAggregator(_) => ArbAggregator::getDefaultAggregatorCall::abi_encode_returns(&COINBASE),
        C::getBatchPosters(_) => ArbAggregator::getBatchPostersCall::abi_encode_returns(&vec![COINBASE]),
    };
    call.returns(output)
}
