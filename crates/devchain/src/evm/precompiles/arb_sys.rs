//! ArbSys (0x64): the chain about itself. ArbInfo (0x65): accounts. ArbStatistics (0x6F): what once was counted.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};

use super::{
    call::{Answer, Call, Fail, Purity},
    is_top_level,
};
use crate::evm::arbos::{self, Store};

/// Added to the ArbOS version by arbOSVersion().
const NITRO_VERSION_OFFSET: u64 = 55;
const BALANCE_GAS: u64 = 700;
const CODE_GAS: u64 = 2_100;
const COPY_WORD: u64 = 3;

alloy::sol! {
    interface ArbSys {
        error InvalidBlockNumber(uint256 requested, uint256 current);
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 blockNumber) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        function wasMyCallersAddressAliased() external view returns (bool);
        function myCallersAddressWithoutAliasing() external view returns (address);
    }

    interface ArbStatistics {
        function getStats() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    }

    interface ArbInfo {
        function getBalance(address account) external view returns (uint256);
        function getCode(address account) external view returns (bytes memory);
    }
}

pub(super) fn arb_sys(call: &mut Call<'_, '_>) -> Answer {
    use ArbSys::ArbSysCalls as C;
    let method = call.decode(|call: &C| match call {
        C::mapL1SenderContractAddressToL2Alias(_) => Purity::Pure,
        _ => Purity::View,
    })?;
    let env = &call.ctx.chain.env;
    let word = |value: u64| ArbSys::arbBlockNumberCall::abi_encode_returns(&U256::from(value));
    let output = match method {
        C::arbBlockNumber(_) => word(env.l2_number),
        C::arbBlockHash(args) => {
            let hash = block_hash(env.l2_number, &env.recent_hashes, args.blockNumber)?;
            ArbSys::arbBlockHashCall::abi_encode_returns(&hash)
        }
        C::arbChainID(_) => word(env.chain_id),
        C::arbOSVersion(_) => word(env.arbos_version + NITRO_VERSION_OFFSET),
        C::getStorageGasAvailable(_) => word(0),
        C::isTopLevelCall(_) => ArbSys::isTopLevelCallCall::abi_encode_returns(&is_top_level(call.ctx)),
        C::mapL1SenderContractAddressToL2Alias(args) => {
            ArbSys::mapL1SenderContractAddressToL2AliasCall::abi_encode_returns(&alias(args.sender))
        }
        C::wasMyCallersAddressAliased(_) => {
            ArbSys::wasMyCallersAddressAliasedCall::abi_encode_returns(&false)
        }
        C::myCallersAddressWithoutAliasing(_) => {
            // The caller's caller; nobody when the transaction itself calls. No sender is an alias here.
            let caller = call.ctx.chain.callers_caller.unwrap_or_default();
            ArbSys::myCallersAddressWithoutAliasingCall::abi_encode_returns(&caller)
        }
    };
    call.returns(output)
}

/// One of the 256 hashes before `current`; `hashes` holds them oldest first.
fn block_hash(current: u64, hashes: &[B256], requested: U256) -> Result<B256, Fail> {
    let found = u64::try_from(requested).ok().and_then(|number| {
        let back = usize::try_from(current.checked_sub(number)?).ok()?;
        if back == 0 { None } else { hashes.len().checked_sub(back).and_then(|index| hashes.get(index)) }
    });
    found
        .copied()
        .ok_or_else(|| Fail::error(&ArbSys::InvalidBlockNumber { requested, current: U256::from(current) }))
}

/// The address under which a contract of the parent chain acts here.
fn alias(l1: Address) -> Address {
    let offset = U256::from_be_bytes(
        alloy::primitives::address!("1111000000000000000000000000000000001111").into_word().0,
    );
    let sum = U256::from_be_bytes(l1.into_word().0).wrapping_add(offset);
    Address::from_slice(&sum.to_be_bytes::<32>()[12..])
}

pub(super) fn arb_info(call: &mut Call<'_, '_>) -> Answer {
    use ArbInfo::ArbInfoCalls as C;
    let output = match call.decode(|_: &C| Purity::View)? {
        C::getBalance(args) => {
            call.burn(BALANCE_GAS)?;
            ArbInfo::getBalanceCall::abi_encode_returns(&arbos::account(call.ctx, args.account).balance)
        }
        C::getCode(args) => {
            call.burn(CODE_GAS)?;
            let code = arbos::code(call.ctx, args.account);
            call.burn(COPY_WORD * code.len().div_ceil(32) as u64)?;
            ArbInfo::getCodeCall::abi_encode_returns(&code)
        }
    };
    call.returns(output)
}

pub(super) fn arb_statistics(call: &mut Call<'_, '_>) -> Answer {
    use ArbStatistics::ArbStatisticsCalls as C;
    let C::getStats(_) = call.decode(|_: &C| Purity::View)?;
    let number = U256::from(call.ctx.chain.env.l2_number);
    let zero = U256::ZERO;
    let output =
        ArbStatistics::getStatsCall::abi_encode_returns(&(number, zero, zero, zero, zero, zero).into());
    call.returns(output)
}
