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
        self, Store,
        params::Params,
        pricer,
        programs::{Program, Unusable, module_hash, set_module_hash},
        version::{self, is_59},
    },
    code,
};

/// Gas of an activation before anything is read.
const ACTIVATION_GAS: u64 = 1_659_168;
const PAGE_RAMP: u64 = 620_674_314;

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
            let (program, _) = active(call, args.codehash)?;
            ArbWasm::codehashVersionCall::abi_encode_returns(&program.version)
        }
        C::programVersion(args) => {
            let (program, _) = active_at(call, args.program)?;
            ArbWasm::programVersionCall::abi_encode_returns(&program.version)
        }
        C::codehashAsmSize(args) => {
            let size = active(call, args.codehash)?.0.asm_kib.saturating_mul(1024);
            ArbWasm::codehashAsmSizeCall::abi_encode_returns(&size)
        }
        C::programInitGas(args) => {
            let (program, params) = active_at(call, args.program)?;
            let cached = program.cached_gas(&params);
            let whole = program.init_gas(&params) + cached;
            ArbWasm::programInitGasCall::abi_encode_returns(&(whole, cached).into())
        }
        C::programMemoryFootprint(args) => {
            let (program, _) = active_at(call, args.program)?;
            ArbWasm::programMemoryFootprintCall::abi_encode_returns(&program.footprint)
        }
        C::programTimeLeft(args) => {
            let (program, params) = active_at(call, args.program)?;
            let left = params.expiry_seconds().saturating_sub(program.age(call.ctx.chain.env.timestamp));
            ArbWasm::programTimeLeftCall::abi_encode_returns(&left)
        }
        C::activationGas(_) => {
            if !is_59(call.arbos_version()) {
                return Err(Fail::refused("no such method before ArbOS 59"));
            }
            ArbWasm::activationGasCall::abi_encode_returns(&version::activation_gas(call)?)
        }
        getter => parameter(&Params::load(call)?, &getter),
    };
    call.returns(output)
}

/// The getters of the chain's parameters.
fn parameter(params: &Params, getter: &ArbWasm::ArbWasmCalls) -> Vec<u8> {
    use ArbWasm::ArbWasmCalls as C;
    let number = match getter {
        C::stylusVersion(_) => u64::from(params.version),
        C::inkPrice(_) => u64::from(params.machine.ink_price),
        C::maxStackDepth(_) => u64::from(params.machine.max_stack_depth),
        C::freePages(_) => u64::from(params.machine.free_pages),
        C::pageGas(_) => u64::from(params.machine.page_gas),
        C::pageRamp(_) => PAGE_RAMP,
        C::pageLimit(_) => u64::from(params.machine.page_limit),
        C::initCostScalar(_) => params.init_percent(),
        C::expiryDays(_) => u64::from(params.expiry_days),
        C::keepaliveDays(_) => u64::from(params.keepalive_days),
        C::blockCacheSize(_) => u64::from(params.block_cache_size),
        // The smallest prices of entry; every other method has been answered before.
        _ => return ArbWasm::minInitGasCall::abi_encode_returns(&params.min_gas().into()),
    };
    ArbWasm::pageRampCall::abi_encode_returns(&number)
}

fn active(call: &mut Call<'_, '_>, code_hash: B256) -> Result<(Program, Params), Fail> {
    let params = Params::load(call)?;
    let program = Program::usable(call, code_hash, &params)?.map_err(unusable)?;
    Ok((program, params))
}

fn active_at(call: &mut Call<'_, '_>, address: Address) -> Result<(Program, Params), Fail> {
    let code_hash = call.code_hash(address)?;
    active(call, code_hash)
}

/// The error that a call of an unusable program, or a question about it, reverts with.
pub(in crate::evm) fn unusable_error(reason: Unusable) -> Bytes {
    match reason {
        Unusable::NotActivated => ArbWasm::ProgramNotActivated {}.abi_encode(),
        Unusable::NeedsUpgrade(version, stylus) => {
            ArbWasm::ProgramNeedsUpgrade { version, stylusVersion: stylus }.abi_encode()
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
    let further = version::activation_gas(call)?;
    call.burn(further)?;
    call.burn(ACTIVATION_GAS)?;
    let now = call.ctx.chain.env.timestamp;
    let account = arbos::account(call.ctx, address);
    let (code_hash, bytes) =
        (account.code_hash, account.code.map(|code| code.original_bytes()).unwrap_or_default());
    let params = Params::load(call)?;
    let before = Program::load(call, code_hash)?;
    if before.version == params.version && !before.is_expired(now, &params) {
        return Err(Fail::error(&ArbWasm::ProgramUpToDate {}));
    }
    let wasm = code::wasm_for_activation(call, &bytes, &params)?.map_err(|error| match error {
        ActivationError::NotWasm => Fail::error(&ArbWasm::ProgramNotWasm {}),
        other => Fail::reverted(other.to_string()),
    })?;
    let mut machine = params.machine;
    machine.page_limit = machine.page_limit.saturating_sub(call.ctx.chain.pages.open);
    let activation = activate(&wasm, &machine).map_err(|error| {
        tracing::debug!(%address, %error, "activation refused");
        Fail::refused(format!("program activation failed: {error}"))
    })?;
    call.burn(activation.parse_gas)?;
    if before.cached {
        module_hash(call, code_hash)?;
    }
    set_module_hash(call, code_hash, activation.module_hash)?;
    let fee = pricer::charge(call, activation.info.asm_estimate)?;
    Program::new(activation.info, params.version, now, before.cached).store(call, code_hash)?;
    pay_fee(call, fee)?;
    call.emit(&ArbWasm::ProgramActivated {
        codehash: code_hash,
        moduleHash: activation.module_hash,
        program: address,
        dataFee: fee,
        version: params.version,
    })?;
    Ok(ArbWasm::activateProgramCall::abi_encode_returns(&(params.version, fee).into()))
}

fn keep_alive(call: &mut Call<'_, '_>, code_hash: B256) -> Result<Vec<u8>, Fail> {
    let now = call.ctx.chain.env.timestamp;
    let (mut program, params) = active(call, code_hash)?;
    let age = program.age(now);
    if age < params.keepalive_seconds() {
        return Err(Fail::error(&ArbWasm::ProgramKeepaliveTooSoon { ageInSeconds: age }));
    }
    let fee = pricer::charge(call, program.asm_kib.saturating_mul(1024))?;
    program.keep_alive(now);
    program.store(call, code_hash)?;
    pay_fee(call, fee)?;
    call.emit(&ArbWasm::ProgramLifetimeExtended { codehash: code_hash, dataFee: fee })?;
    Ok(Vec::new())
}

/// Takes the data fee from the value sent and gives the rest back.
fn pay_fee(call: &mut Call<'_, '_>, fee: U256) -> Result<(), Fail> {
    if call.value < fee {
        return Err(Fail::error(&ArbWasm::ProgramInsufficientValue { have: call.value, want: fee }));
    }
    // Who receives the fee is read from the state.
    call.burn_read()?;
    let rest = call.value - fee;
    let caller = call.caller;
    call.pay(NETWORK_FEE_ACCOUNT, fee)?;
    call.pay(caller, rest)
}
