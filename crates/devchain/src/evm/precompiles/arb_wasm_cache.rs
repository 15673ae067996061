//! ArbWasmCache (0x72): programs that enter at the lower price.

use alloy::{
    primitives::{B256, Bytes},
    sol_types::SolCall,
};

use super::{
    arb_wasm::unusable,
    call::{Answer, Call, Fail, Purity},
};
use crate::evm::arbos::{
    Store,
    params::Params,
    programs::{Program, Unusable, module_hash},
    set::{CACHE_MANAGERS, OWNERS},
};

alloy::sol! {
    interface ArbWasmCache {
        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheCodehash(bytes32 codehash) external;
        function cacheProgram(address addr) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }
}

pub(super) fn arb_wasm_cache(call: &mut Call<'_, '_>) -> Answer {
    use ArbWasmCache::ArbWasmCacheCalls as C;
    let method = call.decode(|call: &C| match call {
        C::isCacheManager(_) | C::allCacheManagers(_) | C::codehashIsCached(_) => Purity::View,
        _ => Purity::Write,
    })?;
    let output = match method {
        C::isCacheManager(args) => {
            let found = CACHE_MANAGERS.contains(call, args.manager)?;
            ArbWasmCache::isCacheManagerCall::abi_encode_returns(&found)
        }
        C::allCacheManagers(_) => {
            ArbWasmCache::allCacheManagersCall::abi_encode_returns(&CACHE_MANAGERS.members(call)?)
        }
        C::codehashIsCached(args) => {
            let cached = Program::load(call, args.codehash)?.cached;
            ArbWasmCache::codehashIsCachedCall::abi_encode_returns(&cached)
        }
        C::cacheCodehash(_) => return Err(Fail::refused("no such method since ArbOS 31: use cacheProgram")),
        C::cacheProgram(args) => {
            let code_hash = call.code_hash(args.addr)?;
            return set_cached(call, code_hash, true);
        }
        C::evictCodehash(args) => return set_cached(call, args.codehash, false),
    };
    call.returns(output)
}

/// Upstream: `Programs.SetProgramCached` (Nitro, `arbos/programs/programs.go`).
fn set_cached(call: &mut Call<'_, '_>, code_hash: B256, cached: bool) -> Answer {
    let manager = call.caller;
    if !CACHE_MANAGERS.contains(call, manager)? && !OWNERS.contains(call, manager)? {
        return Err(Fail::refused("neither a cache manager nor a chain owner"));
    }
    let params = Params::load(call)?;
    let mut program = Program::load(call, code_hash)?;
    let now = call.ctx.chain.env.timestamp;
    if cached && program.version != params.version {
        return Err(unusable(Unusable::NeedsUpgrade(program.version, params.version)));
    }
    if cached && program.is_expired(now, &params) {
        return Err(unusable(Unusable::Expired(program.age(now))));
    }
    if program.cached == cached {
        return Ok(Bytes::new());
    }
    call.emit(&ArbWasmCache::UpdateProgramCache { manager, codehash: code_hash, cached })?;
    // Evicting is paid for too, because a revert would cache it again.
    call.burn(program.init_cost.into())?;
    module_hash(call, code_hash)?;
    program.cached = cached;
    program.store(call, code_hash)?;
    Ok(Bytes::new())
}
