//! ArbWasm (0x71): activation, and what is known about programs.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{SolCall, SolError},
};
use stylus_program::{ActivationError, activate};

use super::call::{Answer, Call, Fail, Purity};
use crate::evm::{
    NETWORK_FEE_ACCOUNT,
    arbos::{
        self, pricer,
        programs::{
            BLOCK_CACHE_SIZE, EXPIRY_DAYS, KEEPALIVE_DAYS, MIN_GAS, Program, STYLUS_VERSION, Unusable,
        },
    },
    stylus::code,
};

/// Gas of an activation before anything is read.
const ACTIVATION_GAS: u64 = 1_659_168;
/// Reading the parameters, which are always warm.
const PARAMS_GAS: u64 = 100;
const CODE_HASH_GAS: u64 = 2_600;
const PAGE_RAMP: u64 = 620_674_314;
const COST_SCALAR_PERCENT: u64 = 100;

alloy::sol! {
    interface ArbWasm {
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);

        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16);
        function codehashVersion(bytes32 codehash) external view returns (uint16);
        function programVersion(address program) external view returns (uint16);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashAsmSize(bytes32 codehash) external view returns (uint32);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16);
        function programTimeLeft(address program) external view returns (uint64);
        function inkPrice() external view returns (uint32);
        function maxStackDepth() external view returns (uint32);
        function freePages() external view returns (uint16);
        function pageGas() external view returns (uint16);
        function pageRamp() external view returns (uint64);
        function pageLimit() external view returns (uint16);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64);
        function expiryDays() external view returns (uint16);
        function keepaliveDays() external view returns (uint16);
        function blockCacheSize() external view returns (uint16);
        function activationGas() external view returns (uint64);
    }
}

pub(super) fn arb_wasm(call: &mut Call<'_, '_>) -> Answer {
    use ArbWasm::ArbWasmCalls as C;
    let method = call.decode(|call: &C| match call {
        C::activateProgram(_) | C::codehashKeepalive(_) => Purity::Payable,
        _ => Purity::View,
    })?;
    let output = match method {
        C::activateProgram(args) => activate_program(call, args.program)?,
        C::codehashKeepalive(args) => keep_alive(call, args.codehash)?,
        C::codehashVersion(args) => {
            let program = active(call, args.codehash)?;
            ArbWasm::codehashVersionCall::abi_encode_returns(&program.version)
        }
        C::programVersion(args) => {
            let program = active_at(call, args.program)?;
            ArbWasm::programVersionCall::abi_encode_returns(&program.version)
        }
        C::codehashAsmSize(args) => {
            let size = active(call, args.codehash)?.asm_kib.saturating_mul(1024);
            ArbWasm::codehashAsmSizeCall::abi_encode_returns(&size)
        }
        C::programInitGas(args) => {
            let program = active_at(call, args.program)?;
            let cached = program.cached_gas();
            ArbWasm::programInitGasCall::abi_encode_returns(&(program.init_gas() + cached, cached).into())
        }
        C::programMemoryFootprint(args) => {
            let program = active_at(call, args.program)?;
            ArbWasm::programMemoryFootprintCall::abi_encode_returns(&program.footprint)
        }
        C::programTimeLeft(args) => {
            let age = active_at(call, args.program)?.age(call.ctx.chain.env.timestamp);
            let left = (u64::from(EXPIRY_DAYS) * 86_400).saturating_sub(age);
            ArbWasm::programTimeLeftCall::abi_encode_returns(&left)
        }
        getter => parameter(call, &getter)?,
    };
    call.returns(output)
}

/// The getters of the chain's parameters.
fn parameter(call: &mut Call<'_, '_>, getter: &ArbWasm::ArbWasmCalls) -> Result<Vec<u8>, Fail> {
    use ArbWasm::ArbWasmCalls as C;
    call.burn(PARAMS_GAS)?;
    let params = arbos::stylus_params(call.ctx);
    let number = match getter {
        C::minInitGas(_) => return Ok(ArbWasm::minInitGasCall::abi_encode_returns(&MIN_GAS.into())),
        C::stylusVersion(_) => u64::from(STYLUS_VERSION),
        C::inkPrice(_) => u64::from(params.ink_price),
        C::maxStackDepth(_) => u64::from(params.max_stack_depth),
        C::freePages(_) => u64::from(params.free_pages),
        C::pageGas(_) => u64::from(params.page_gas),
        C::pageRamp(_) => PAGE_RAMP,
        C::pageLimit(_) => u64::from(params.page_limit),
        C::initCostScalar(_) => COST_SCALAR_PERCENT,
        C::expiryDays(_) => u64::from(EXPIRY_DAYS),
        C::keepaliveDays(_) => u64::from(KEEPALIVE_DAYS),
        C::blockCacheSize(_) => u64::from(BLOCK_CACHE_SIZE),
        C::activationGas(_) if arbos::has_fragments(call.ctx) => 0,
        _ => return Err(Fail::Refused),
    };
    Ok(ArbWasm::pageRampCall::abi_encode_returns(&number))
}

fn active(call: &mut Call<'_, '_>, code_hash: B256) -> Result<Program, Fail> {
    call.burn(PARAMS_GAS)?;
    call.burn_read()?;
    Program::usable(call.ctx, code_hash).map_err(unusable)
}

fn active_at(call: &mut Call<'_, '_>, address: Address) -> Result<Program, Fail> {
    call.burn(CODE_HASH_GAS)?;
    let (code_hash, _) = call.code(address);
    active(call, code_hash)
}

/// The error that a call of an unusable program, or a question about it, reverts with.
pub(in crate::evm) fn unusable_error(reason: Unusable) -> Bytes {
    match reason {
        Unusable::NotActivated => ArbWasm::ProgramNotActivated {}.abi_encode(),
        Unusable::NeedsUpgrade(version) => {
            ArbWasm::ProgramNeedsUpgrade { version, stylusVersion: STYLUS_VERSION }.abi_encode()
        }
        Unusable::Expired(age) => ArbWasm::ProgramExpired { ageInSeconds: age }.abi_encode(),
    }
    .into()
}

pub(super) fn unusable(reason: Unusable) -> Fail {
    Fail::Error(unusable_error(reason))
}

/// Upstream: `Programs.ActivateProgram` (Nitro, `arbos/programs/programs.go`).
fn activate_program(call: &mut Call<'_, '_>, address: Address) -> Result<Vec<u8>, Fail> {
    call.burn(ACTIVATION_GAS)?;
    let now = call.ctx.chain.env.timestamp;
    let (code_hash, bytes) = call.code(address);
    call.burn(PARAMS_GAS)?;
    call.burn_read()?;
    let before = Program::load(call.ctx, code_hash);
    if before.version == STYLUS_VERSION && !before.is_expired(now) {
        return Err(Fail::error(&ArbWasm::ProgramUpToDate {}));
    }
    let wasm = match code::wasm_for_activation(call.ctx, &bytes, call.gas_left()) {
        Ok((wasm, gas)) => {
            call.burn(gas)?;
            wasm
        }
        Err(code::LoadError::OutOfGas) => return Err(Fail::OutOfGas),
        Err(code::LoadError::Code(ActivationError::NotWasm)) => {
            return Err(Fail::error(&ArbWasm::ProgramNotWasm {}));
        }
        Err(code::LoadError::Code(error)) => return Err(text(&error.to_string())),
    };
    let mut params = arbos::stylus_params(call.ctx);
    params.page_limit = params.page_limit.saturating_sub(call.ctx.chain.pages.open);
    let activation = activate(&wasm, &params).map_err(|error| {
        tracing::debug!(%address, %error, "activation refused");
        // All gas is taken, and the reason is told: tools look for it in the message.
        let _ = call.burn(call.gas_left());
        text(&error.to_string())
    })?;
    call.burn(activation.parse_gas)?;
    let fee = pricer::charge(call.ctx, activation.info.asm_estimate);
    Program::new(activation.info, now, before.cached).store(call.ctx, code_hash);
    pay_fee(call, fee)?;
    call.emit(&ArbWasm::ProgramActivated {
        codehash: code_hash,
        moduleHash: activation.module_hash,
        program: address,
        dataFee: fee,
        version: STYLUS_VERSION,
    })?;
    Ok(ArbWasm::activateProgramCall::abi_encode_returns(&(STYLUS_VERSION, fee).into()))
}

fn keep_alive(call: &mut Call<'_, '_>, code_hash: B256) -> Result<Vec<u8>, Fail> {
    let now = call.ctx.chain.env.timestamp;
    let mut program = active(call, code_hash)?;
    let age = program.age(now);
    if age < u64::from(KEEPALIVE_DAYS) * 86_400 {
        return Err(Fail::error(&ArbWasm::ProgramKeepaliveTooSoon { ageInSeconds: age }));
    }
    let fee = pricer::charge(call.ctx, program.asm_kib.saturating_mul(1024));
    program.keep_alive(now);
    call.burn_write(false)?;
    program.store(call.ctx, code_hash);
    pay_fee(call, fee)?;
    call.emit(&ArbWasm::ProgramLifetimeExtended { codehash: code_hash, dataFee: fee })?;
    Ok(Vec::new())
}

/// Takes the data fee from the value sent and gives the rest back.
fn pay_fee(call: &mut Call<'_, '_>, fee: U256) -> Result<(), Fail> {
    if call.value < fee {
        return Err(Fail::error(&ArbWasm::ProgramInsufficientValue { have: call.value, want: fee }));
    }
    call.burn_read()?;
    let rest = call.value - fee;
    let caller = call.caller;
    call.pay(NETWORK_FEE_ACCOUNT, fee)?;
    call.pay(caller, rest)
}

/// A revert with a reason in words: `Error(string)`.
fn text(reason: &str) -> Fail {
    Fail::Error(alloy::sol_types::Revert::from(reason.to_owned()).abi_encode().into())
}
