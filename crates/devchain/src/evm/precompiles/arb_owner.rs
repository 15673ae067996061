//! ArbOwner (0x70): what only owners may change. ArbOwnerPublic (0x6B): what all may read. ArbDebug (0xFF): how to become owner.

use alloy::{primitives::Bytes, sol_types::SolCall};

use super::call::{Answer, Call, Fail, Purity};
use crate::evm::{
    NETWORK_FEE_ACCOUNT,
    arbos::{
        self,
        set::{CACHE_MANAGERS, OWNERS},
    },
};

/// Ink prices are 24 bits wide.
const MAX_INK_PRICE: u32 = 1 << 24;

alloy::sol! {
    interface ArbOwner {
        function addChainOwner(address newOwner) external;
        function removeChainOwner(address ownerToRemove) external;
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function setL1PricePerUnit(uint256 pricePerUnit) external;
        function setInkPrice(uint32 price) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;
        function setMaxStylusContractFragments(uint8 maxFragments) external;
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
    }

    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function getMaxStylusContractFragments() external view returns (uint8);
        function getNativeTokenManagementFrom() external view returns (uint64);
    }

    interface ArbDebug {
        function becomeChainOwner() external;
    }
}

/// Gas is refunded: the owner pays nothing for what the chain's upkeep needs.
pub(super) fn arb_owner(call: &mut Call<'_, '_>) -> Answer {
    use ArbOwner::ArbOwnerCalls as C;
    let given = call.gas_left();
    if !call.is_owner() {
        return Err(Fail::Refused);
    }
    let method = call.decode(|call: &C| match call {
        C::isChainOwner(_)
        | C::getAllChainOwners(_)
        | C::getNetworkFeeAccount(_)
        | C::getInfraFeeAccount(_) => Purity::View,
        _ => Purity::Write,
    })?;
    let ctx = &mut *call.ctx;
    let mut output = Vec::new();
    match method {
        C::addChainOwner(args) => OWNERS.insert(ctx, args.newOwner),
        C::removeChainOwner(args) => OWNERS.remove(ctx, args.ownerToRemove),
        C::isChainOwner(args) => {
            output = ArbOwner::isChainOwnerCall::abi_encode_returns(&OWNERS.contains(ctx, args.addr));
        }
        C::getAllChainOwners(_) => {
            output = ArbOwner::getAllChainOwnersCall::abi_encode_returns(&OWNERS.members(ctx));
        }
        C::setL1PricePerUnit(args) => {
            let price = u128::try_from(args.pricePerUnit).map_err(|_| Fail::Refused)?;
            arbos::set_l1_price(ctx, price);
        }
        C::setInkPrice(args) if args.price == 0 || args.price >= MAX_INK_PRICE => return Err(Fail::Refused),
        C::setInkPrice(args) => arbos::set_ink_price(ctx, args.price),
        C::addWasmCacheManager(args) => CACHE_MANAGERS.insert(ctx, args.manager),
        C::removeWasmCacheManager(args) => CACHE_MANAGERS.remove(ctx, args.manager),
        C::setMaxStylusContractFragments(_) if !arbos::has_fragments(ctx) => return Err(Fail::Refused),
        C::setMaxStylusContractFragments(args) => arbos::set_max_fragments(ctx, args.maxFragments),
        C::getNetworkFeeAccount(_) | C::getInfraFeeAccount(_) => {
            output = ArbOwner::getNetworkFeeAccountCall::abi_encode_returns(&NETWORK_FEE_ACCOUNT);
        }
    }
    call.refund_to(given);
    Ok(output.into())
}

pub(super) fn arb_owner_public(call: &mut Call<'_, '_>) -> Answer {
    use ArbOwnerPublic::ArbOwnerPublicCalls as C;
    let method = call.decode(|_: &C| Purity::View)?;
    call.burn_read()?;
    let ctx = &mut *call.ctx;
    let output = match method {
        C::isChainOwner(args) => {
            ArbOwnerPublic::isChainOwnerCall::abi_encode_returns(&OWNERS.contains(ctx, args.addr))
        }
        C::getAllChainOwners(_) => {
            ArbOwnerPublic::getAllChainOwnersCall::abi_encode_returns(&OWNERS.members(ctx))
        }
        C::getNetworkFeeAccount(_) | C::getInfraFeeAccount(_) => {
            ArbOwnerPublic::getNetworkFeeAccountCall::abi_encode_returns(&NETWORK_FEE_ACCOUNT)
        }
        C::getBrotliCompressionLevel(_) => {
            ArbOwnerPublic::getBrotliCompressionLevelCall::abi_encode_returns(&1)
        }
        C::getScheduledUpgrade(_) => {
            ArbOwnerPublic::getScheduledUpgradeCall::abi_encode_returns(&(0u64, 0u64).into())
        }
        C::getMaxStylusContractFragments(_) => {
            if !arbos::has_fragments(ctx) {
                return Err(Fail::Refused);
            }
            let count = arbos::max_fragments(ctx);
            ArbOwnerPublic::getMaxStylusContractFragmentsCall::abi_encode_returns(&count)
        }
        C::getNativeTokenManagementFrom(_) => {
            ArbOwnerPublic::getNativeTokenManagementFromCall::abi_encode_returns(&0)
        }
    };
    call.returns(output)
}

pub(super) fn arb_debug(call: &mut Call<'_, '_>) -> Answer {
    use ArbDebug::ArbDebugCalls as C;
    let C::becomeChainOwner(_) = call.decode(|_: &C| Purity::Write)?;
    call.burn_write(false)?;
    let caller = call.caller;
    OWNERS.insert(call.ctx, caller);
    Ok(Bytes::new())
}
