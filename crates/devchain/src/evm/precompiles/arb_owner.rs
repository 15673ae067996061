//! ArbOwner (0x70): what only owners may change.
//!
//! Owners pay nothing, but must bring the gas the work would cost. Prices and limits of programs, the price of
//! calldata, who owns and who caches can be changed, and ArbOS be upgraded; every other switch of the node is "not
//! supported".

use alloy::{
    primitives::{Bytes, FixedBytes},
    sol_types::{SolCall, SolEvent},
};

use super::call::{Answer, Call, Fail, Purity};
use crate::evm::{
    NETWORK_FEE_ACCOUNT,
    arbos::{
        self, Store,
        params::Params,
        set::{CACHE_MANAGERS, OWNERS},
        version::{self, ARBOS_VERSIONS},
    },
};

/// Ink prices are 24 bits wide.
const MAX_INK_PRICE: u32 = 1 << 24;

alloy::sol! {
    interface ArbOwner {
        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
        event ChainOwnerAdded(address indexed owner);
        event ChainOwnerRemoved(address indexed owner);

        function addChainOwner(address newOwner) external;
        function removeChainOwner(address ownerToRemove) external;
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
        function setL1PricePerUnit(uint256 pricePerUnit) external;
        function setInkPrice(uint32 price) external;
        function setWasmMaxStackDepth(uint32 depth) external;
        function setWasmFreePages(uint16 pages) external;
        function setWasmPageGas(uint16 gas) external;
        function setWasmPageLimit(uint16 limit) external;
        function setWasmMaxSize(uint32 size) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setWasmInitCostScalar(uint64 percent) external;
        function setWasmExpiryDays(uint16 numberOfDays) external;
        function setWasmKeepaliveDays(uint16 numberOfDays) external;
        function setWasmBlockCacheSize(uint16 count) external;
        function setWasmActivationGas(uint64 gas) external;
        function setMaxStylusContractFragments(uint8 maxFragments) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;
    }
}

/// Lets owners in, gives their gas back whatever happens, and notes what they did.
pub(super) fn arb_owner(call: &mut Call<'_, '_>) -> Answer {
    let given = call.gas_left();
    let caller = call.caller;
    call.burn_read()?;
    if !OWNERS.contains(call, caller)? {
        return Err(Fail::refused("unauthorized caller to access-controlled method"));
    }
    call.refund_to(given);
    let answer = act(call);
    call.refund_to(given);
    let output = answer.map_err(|fail| match fail {
        Fail::Refused(words) | Fail::Reverted(words) => Fail::Reverted(words),
        Fail::OutOfGas => Fail::reverted("out of gas: owners pay nothing, but must bring enough"),
        Fail::Error(data) => Fail::Error(data),
    })?;
    if !call.is_static() {
        let input = call.input().clone();
        let method = FixedBytes::from_slice(&input[..4]);
        call.emit_free(ArbOwner::OwnerActs { method, owner: caller, data: input }.encode_log_data());
    }
    Ok(output)
}

fn act(call: &mut Call<'_, '_>) -> Answer {
    use ArbOwner::ArbOwnerCalls as C;
    let method = call.decode(|call: &C| match call {
        C::isChainOwner(_)
        | C::getAllChainOwners(_)
        | C::getNetworkFeeAccount(_)
        | C::getInfraFeeAccount(_) => Purity::View,
        _ => Purity::Write,
    })?;
    let mut output = Vec::new();
    match method {
        C::addChainOwner(args) => {
            OWNERS.insert(call, args.newOwner)?;
            if version::is_60(call.arbos_version()) {
                call.emit(&ArbOwner::ChainOwnerAdded { owner: args.newOwner })?;
            }
        }
        C::removeChainOwner(args) => {
            let owner = args.ownerToRemove;
            if !OWNERS.contains(call, owner)? {
                return Err(Fail::reverted("tried to remove non-owner"));
            }
            OWNERS.remove(call, owner)?;
            if version::is_60(call.arbos_version()) {
                call.emit(&ArbOwner::ChainOwnerRemoved { owner })?;
            }
        }
        C::isChainOwner(args) => {
            output = ArbOwner::isChainOwnerCall::abi_encode_returns(&OWNERS.contains(call, args.addr)?);
        }
        C::getAllChainOwners(_) => {
            output = ArbOwner::getAllChainOwnersCall::abi_encode_returns(&OWNERS.members(call)?);
        }
        C::getNetworkFeeAccount(_) | C::getInfraFeeAccount(_) => {
            call.burn_read()?;
            output = ArbOwner::getNetworkFeeAccountCall::abi_encode_returns(&NETWORK_FEE_ACCOUNT);
        }
        C::scheduleArbOSUpgrade(args) => {
            if args.newVersion > *ARBOS_VERSIONS.end() {
                return Err(Fail::reverted(format!(
                    "ArbOS {} is not supported: this chain knows versions {} to {}",
                    args.newVersion,
                    ARBOS_VERSIONS.start(),
                    ARBOS_VERSIONS.end()
                )));
            }
            version::schedule(call, args.newVersion, args.timestamp)?;
        }
        C::setL1PricePerUnit(args) => {
            let price = u128::try_from(args.pricePerUnit)
                .map_err(|_| Fail::reverted("not supported: a price of more than 128 bits"))?;
            arbos::set_l1_price(call, price)?;
        }
        C::addWasmCacheManager(args) => CACHE_MANAGERS.insert(call, args.manager)?,
        C::removeWasmCacheManager(args) => {
            if !CACHE_MANAGERS.contains(call, args.manager)? {
                return Err(Fail::reverted("tried to remove non-manager"));
            }
            CACHE_MANAGERS.remove(call, args.manager)?;
        }
        C::setWasmActivationGas(args) => {
            if !version::is_59(call.arbos_version()) {
                return Err(Fail::refused("no such method before ArbOS 59"));
            }
            version::set_activation_gas(call, args.gas)?;
        }
        parameter => set_parameter(call, &parameter)?,
    }
    call.pay_for_copy(output.len())?;
    Ok(Bytes::from(output))
}

/// The setters of prices and limits of programs.
fn set_parameter(call: &mut Call<'_, '_>, setter: &ArbOwner::ArbOwnerCalls) -> Result<(), Fail> {
    use ArbOwner::ArbOwnerCalls as C;
    let mut params = Params::load(call)?;
    match setter {
        C::setInkPrice(args) if args.price == 0 || args.price >= MAX_INK_PRICE => {
            return Err(Fail::reverted("ink price must be a positive uint24"));
        }
        C::setInkPrice(args) => params.machine.ink_price = args.price,
        C::setWasmMaxStackDepth(args) => params.machine.max_stack_depth = args.depth,
        C::setWasmFreePages(args) => params.machine.free_pages = args.pages,
        C::setWasmPageGas(args) => params.machine.page_gas = args.gas,
        C::setWasmPageLimit(args) => params.machine.page_limit = args.limit,
        C::setWasmMaxSize(args) => params.machine.max_wasm_size = args.size,
        C::setWasmMinInitGas(args) => params.set_min_gas(args.gas.into(), args.cached.into()),
        C::setWasmInitCostScalar(args) => params.set_init_percent(args.percent),
        C::setWasmExpiryDays(args) => params.expiry_days = args.numberOfDays,
        C::setWasmKeepaliveDays(args) => params.keepalive_days = args.numberOfDays,
        C::setWasmBlockCacheSize(args) => params.block_cache_size = args.count,
        C::setMaxStylusContractFragments(args) if version::is_60(call.arbos_version()) => {
            params.max_fragments = args.maxFragments;
        }
        _ => return Err(Fail::refused("no such method before ArbOS 60")),
    }
    params.save(call)
}
