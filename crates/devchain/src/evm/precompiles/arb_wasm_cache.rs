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
    programs::Program,
    set::{CACHE_MANAGERS, OWNERS},
};

const CODE_HASH_GAS: u64 = 2_600;

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
            call.burn_read()?;
            let found = CACHE_MANAGERS.contains(call.ctx, args.manager);
            ArbWasmCache::isCacheManagerCall::abi_encode_returns(&found)
        }
        C::allCacheManagers(_) => {
            let managers = CACHE_MANAGERS.members(call.ctx);
            for _ in 0..=managers.len() {
                call.burn_read()?;
            }
            ArbWasmCache::allCacheManagersCall::abi_encode_returns(&managers)
        }
        C::codehashIsCached(args) => {
            call.burn_read()?;
            let cached = Program::load(call.ctx, args.codehash).cached;
            ArbWasmCache::codehashIsCachedCall::abi_encode_returns(&cached)
        }
        C::cacheCodehash(args) => return set_cached(call, args.codehash, true),
        C::cacheProgram(args) => {
            call.burn(CODE_HASH_GAS)?;
            let (code_hash, _) = call.code(args.addr);
            return set_cached(call, code_hash, true);
        }
        C::evictCodehash(args) => return set_cached(call, args.codehash, false),
    };
    call.returns(output)
}

fn set_cached(call: &mut Call<'_, '_>, code_hash: B256, cached: bool) -> Answer {
    let manager = call.caller;
    call.burn_read()?;
    if !CACHE_MANAGERS.contains(call.ctx, manager) && !OWNERS.contains(call.ctx, manager) {
        return Err(Fail::Refused);
    }
    call.burn_read()?;
    let mut program = Program::load(call.ctx, code_hash);
    if cached {
        program = Program::usable(call.ctx, code_hash).map_err(unusable)?;
    }
    if program.cached == cached {
        return Ok(Bytes::new());
    }
    call.emit(&ArbWasmCache::UpdateProgramCache { manager, codehash: code_hash, cached })?;
    if cached {
        call.burn(u64::from(program.init_cost))?;
    }
    call.burn_write(false)?;
    program.cached = cached;
    program.store(call.ctx, code_hash);
    Ok(Bytes::new())
}
