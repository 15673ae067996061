//! Calls and creations: the frame that revm must run, and what its end means to the program.

use alloy::primitives::{Address, B256, Bytes, U256};
use revm::{
    bytecode::Bytecode,
    context_interface::{Cfg, ContextTr, CreateScheme, JournalTr},
    handler::FrameResult,
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, InstructionResult,
        interpreter_types::{InputsTr, RuntimeFlag},
    },
};
use stylus_program::{CallKind, Reply};

use super::acting;
use crate::evm::{ArbContext, Frame};

const WARM_ACCESS: u64 = 100;
const COLD_ADDITION: u64 = 2_500;
const VALUE_TRANSFER: u64 = 9_000;
const NEW_ACCOUNT: u64 = 25_000;
const STIPEND: u64 = 2_300;
const CREATE: u64 = 32_000;
const KECCAK_WORD: u64 = 6;

/// A call as the program asks for it.
pub(super) struct Call {
    pub(super) kind: CallKind,
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) input: Bytes,
    pub(super) gas: u64,
    pub(super) gas_left: u64,
}

/// What a program waits for, and what it has paid towards it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    is_create: bool,
    /// Gas charged whatever the frame uses.
    base: u64,
    /// Gas the frame was given.
    given: u64,
}

/// Builds the frame of a call, or the reply when it fails before there is one.
///
/// Upstream: `doCall` (Nitro, `arbos/programs/api.go`), `vm.WasmCallCost` (its go-ethereum).
pub(super) fn call(
    ctx: &mut ArbContext<'_>,
    frame: &Frame,
    call: Call,
) -> Result<(Box<CallInputs>, Waiting), Reply> {
    let pages_ever = ctx.chain.pages.ever;
    let Ok(account) = ctx.journal_mut().load_account_with_code(call.to);
    let sends_value = !call.value.is_zero();
    let mut base = WARM_ACCESS;
    if account.is_cold {
        base += COLD_ADDITION;
    }
    if sends_value {
        base += VALUE_TRANSFER;
        if account.is_empty() {
            base += NEW_ACCOUNT;
        }
    }
    let Some(rest) = call.gas_left.checked_sub(base) else {
        let (gas, output) = (call.gas_left, Bytes::new());
        return Err(Reply::Called { success: false, gas, output, pages_ever });
    };
    let mut code = (account.info.code_hash, account.info.code.clone().unwrap_or_default());
    if let Some(delegate) = code.1.eip7702_address() {
        let Ok(account) = ctx.journal_mut().load_account_with_code(delegate);
        code = (account.info.code_hash, account.info.code.clone().unwrap_or_default());
    }
    let part = u64::try_from(u128::from(rest) * 63 / 64).unwrap_or(u64::MAX);
    let mut given = part.min(call.gas);
    if sends_value {
        given = given.saturating_add(STIPEND);
    }
    Ok((Box::new(inputs(frame, call, given, code)), Waiting { is_create: false, base, given }))
}

fn inputs(frame: &Frame, call: Call, given: u64, known_bytecode: (B256, Bytecode)) -> CallInputs {
    let own = &frame.interpreter.input;
    let is_static = frame.interpreter.runtime_flag.is_static();
    let (target_address, caller, value, scheme) = match call.kind {
        CallKind::Call => (call.to, own.target_address(), CallValue::Transfer(call.value), CallScheme::Call),
        CallKind::Delegate => (
            own.target_address(),
            own.caller_address(),
            CallValue::Apparent(own.call_value()),
            CallScheme::DelegateCall,
        ),
        CallKind::Static => {
            (call.to, own.target_address(), CallValue::Transfer(U256::ZERO), CallScheme::StaticCall)
        }
    };
    CallInputs {
        input: CallInput::Bytes(call.input),
        return_memory_offset: 0..0,
        gas_limit: given,
        reservoir: 0,
        bytecode_address: call.to,
        known_bytecode,
        target_address,
        caller,
        value,
        scheme,
        is_static: is_static || call.kind == CallKind::Static,
        charged_new_account_state_gas: false,
    }
}

/// Builds the frame of a creation, or the reply when it cannot be paid for.
///
/// Upstream: `create` (Nitro, `arbos/programs/api.go`).
pub(super) fn create(
    ctx: &mut ArbContext<'_>,
    frame: &Frame,
    code: Bytes,
    endowment: U256,
    salt: Option<B256>,
    gas_left: u64,
) -> Result<(Box<CreateInputs>, Waiting), Reply> {
    let mut base = CREATE;
    if salt.is_some() {
        base += KECCAK_WORD * code.len().div_ceil(32) as u64;
    }
    let rest = gas_left.checked_sub(base).filter(|_| code.len() <= ctx.cfg().max_initcode_size());
    let Some(rest) = rest else {
        // More than the program has: it ends out of gas.
        let (gas, pages_ever) = (u64::MAX, ctx.chain.pages.ever);
        return Err(Reply::Created { address: None, gas, output: Bytes::new(), pages_ever });
    };
    let given = rest - rest / 64;
    let scheme = match salt {
        Some(salt) => CreateScheme::Create2 { salt: salt.into() },
        None => CreateScheme::Create,
    };
    let inputs = CreateInputs::new(acting(frame), scheme, endowment, code, given, 0);
    Ok((Box::new(inputs), Waiting { is_create: true, base, given }))
}

impl Waiting {
    /// The reply to the program, and the gas refund it inherits.
    pub(super) fn reply(self, result: FrameResult, pages_ever: u16) -> (Reply, i64) {
        let interpreted = result.interpreter_result();
        let outcome = interpreted.result;
        let returned = if outcome.is_ok_or_revert() { interpreted.gas.remaining() } else { 0 };
        let gas = self.base.saturating_add(self.given.saturating_sub(returned));
        let refund = if outcome.is_ok() { interpreted.gas.refunded() } else { 0 };
        let output = interpreted.output.clone();
        let reply = match result {
            FrameResult::Create(created) => {
                let is_revert = outcome == InstructionResult::Revert;
                let address = created.address.filter(|_| outcome.is_ok());
                let output = if is_revert { output } else { Bytes::new() };
                Reply::Created { address, gas, output, pages_ever }
            }
            FrameResult::Call(_) => Reply::Called { success: outcome.is_ok(), gas, output, pages_ever },
        };
        debug_assert_eq!(self.is_create, matches!(reply, Reply::Created { .. }));
        (reply, refund)
    }
}
