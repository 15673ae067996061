//! ArbOwnerPublic (0x6B): what all may read about ownership and about what owners have set.

use alloy::{primitives::Address, sol_types::SolCall};

use super::call::{Answer, Call, Fail, Purity};
use crate::evm::{
    NETWORK_FEE_ACCOUNT,
    arbos::{
        Store,
        params::Params,
        set::OWNERS,
        version::{self, is_60},
    },
};

/// Brotli level by which calldata is counted.
const BROTLI_LEVEL: u64 = 1;

alloy::sol! {
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function rectifyChainOwner(address ownerToRectify) external;
        function getAllChainOwners() external view returns (address[] memory);
        function getNativeTokenManagementFrom() external view returns (uint64);
        function isNativeTokenOwner(address addr) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function getTransactionFilteringFrom() external view returns (uint64);
        function isTransactionFilterer(address filterer) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[] memory);
        function getFilteredFundsRecipient() external view returns (address);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getParentGasFloorPerToken() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool);
        function getCollectTips() external view returns (bool);
        function getMaxStylusContractFragments() external view returns (uint8);
    }
}

pub(super) fn arb_owner_public(call: &mut Call<'_, '_>) -> Answer {
    use ArbOwnerPublic::ArbOwnerPublicCalls as C;
    let method = call.decode(|call: &C| match call {
        C::rectifyChainOwner(_) => Purity::Write,
        _ => Purity::View,
    })?;
    let since_60 = matches!(
        method,
        C::getTransactionFilteringFrom(_)
            | C::isTransactionFilterer(_)
            | C::getAllTransactionFilterers(_)
            | C::getFilteredFundsRecipient(_)
            | C::getCollectTips(_)
            | C::getMaxStylusContractFragments(_)
    );
    if since_60 && !is_60(call.arbos_version()) {
        return Err(Fail::refused("no such method before ArbOS 60"));
    }
    let output = match method {
        C::isChainOwner(args) => {
            ArbOwnerPublic::isChainOwnerCall::abi_encode_returns(&OWNERS.contains(call, args.addr)?)
        }
        C::getAllChainOwners(_) => {
            ArbOwnerPublic::getAllChainOwnersCall::abi_encode_returns(&OWNERS.members(call)?)
        }
        C::rectifyChainOwner(args) => return rectify(call, args.ownerToRectify),
        C::getScheduledUpgrade(_) => {
            let upgrade = version::scheduled(call)?;
            ArbOwnerPublic::getScheduledUpgradeCall::abi_encode_returns(&upgrade.into())
        }
        C::getMaxStylusContractFragments(_) => {
            let count = Params::load(call)?.max_fragments;
            ArbOwnerPublic::getMaxStylusContractFragmentsCall::abi_encode_returns(&count)
        }
        constant => {
            call.burn_read()?;
            unchanging(&constant)
        }
    };
    call.returns(output)
}

/// What nobody can change on this chain: nobody mints, filters, or collects tips.
fn unchanging(getter: &ArbOwnerPublic::ArbOwnerPublicCalls) -> Vec<u8> {
    use ArbOwnerPublic::ArbOwnerPublicCalls as C;
    match getter {
        C::getNetworkFeeAccount(_) | C::getInfraFeeAccount(_) => {
            ArbOwnerPublic::getNetworkFeeAccountCall::abi_encode_returns(&NETWORK_FEE_ACCOUNT)
        }
        C::getFilteredFundsRecipient(_) => {
            ArbOwnerPublic::getFilteredFundsRecipientCall::abi_encode_returns(&Address::ZERO)
        }
        C::getAllNativeTokenOwners(_) | C::getAllTransactionFilterers(_) => {
            ArbOwnerPublic::getAllNativeTokenOwnersCall::abi_encode_returns(&Vec::new())
        }
        C::getBrotliCompressionLevel(_) => {
            ArbOwnerPublic::getBrotliCompressionLevelCall::abi_encode_returns(&BROTLI_LEVEL)
        }
        // Times, floors and switches: never, none, off.
        _ => ArbOwnerPublic::getNativeTokenManagementFromCall::abi_encode_returns(&0),
    }
}

/// Mends an owner whose entry is broken. Entries are never broken here, so it always ends as it does for whole ones.
fn rectify(call: &mut Call<'_, '_>, owner: Address) -> Answer {
    if !OWNERS.contains(call, owner)? {
        return Err(Fail::reverted("RectifyMapping: Address is not an owner"));
    }
    for _ in 0..3 {
        call.burn_read()?;
    }
    Err(Fail::reverted("RectifyMapping: Owner address is correctly mapped"))
}
