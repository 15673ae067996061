//! From an account's code to WebAssembly, for activation and for running.

use std::sync::{Arc, LazyLock};

use alloy::primitives::{Address, B256, Bytes, keccak256};
use revm::{
    Database,
    context_interface::{ContextTr, JournalTr},
};
use stylus_program::{
    ActivationError, CodeKind, Program, ProgramCache, StylusParams, code_kind, decompress,
    decompress_fragments, parse_root,
};

use crate::evm::{ArbContext, arbos, machine::Frame};

const COLD_ACCOUNT: u64 = 2_600;
const WARM_ACCOUNT: u64 = 100;
const COPY_WORD: u64 = 3;
/// Bytes of the largest fragment.
const MAX_CODE_SIZE: usize = 24_576;

/// Compiled programs of the process. Code hashes name code, so chains and snapshots may share them.
static PROGRAMS: LazyLock<ProgramCache> = LazyLock::new(ProgramCache::default);

/// Why there is no module.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::evm) enum LoadError {
    OutOfGas,
    Code(ActivationError),
}

impl From<ActivationError> for LoadError {
    fn from(error: ActivationError) -> Self {
        Self::Code(error)
    }
}

/// Decompresses the code of a program to be activated, and says what reading its fragments costs.
pub(in crate::evm) fn wasm_for_activation(
    ctx: &mut ArbContext<'_>,
    code: &[u8],
    gas_left: u64,
) -> Result<(Vec<u8>, u64), LoadError> {
    let max_wasm_size = arbos::stylus_params(ctx).max_wasm_size;
    match code_kind(code, arbos::has_fragments(ctx)) {
        Some(CodeKind::Whole) => Ok((decompress(code, max_wasm_size)?, 0)),
        Some(CodeKind::Root) => {
            let max_fragments = arbos::max_fragments(ctx);
            let root = parse_root(code, usize::from(max_fragments), max_wasm_size)?;
            let mut codes = Vec::with_capacity(root.fragments.len());
            let mut spent = 0;
            for address in &root.fragments {
                let Ok(account) = ctx.journal_mut().load_account_with_code(*address);
                let touch = if account.is_cold { COLD_ACCOUNT } else { WARM_ACCOUNT };
                let code = account.info.code.as_ref().map(|code| code.original_bytes()).unwrap_or_default();
                let most = touch + COPY_WORD * MAX_CODE_SIZE.div_ceil(32) as u64;
                if gas_left.saturating_sub(spent) < most {
                    return Err(LoadError::OutOfGas);
                }
                spent += touch + COPY_WORD * code.len().div_ceil(32) as u64;
                codes.push(code);
            }
            Ok((decompress_fragments(&root, &codes)?, spent))
        }
        Some(CodeKind::Fragment) | None => Err(ActivationError::NotWasm.into()),
    }
}

/// The compiled program of a frame whose code is active.
pub(super) fn program(
    ctx: &mut ArbContext<'_>,
    code_hash: B256,
    frame: &Frame,
    params: &StylusParams,
) -> Result<Arc<Program>, ActivationError> {
    let code = frame.interpreter.bytecode.original_bytes();
    // What was activated under older rules keeps running.
    let params = StylusParams { allow_multi_value: true, ..*params };
    if code_kind(&code, true) != Some(CodeKind::Root) {
        return PROGRAMS
            .get_or_load(code_hash, || Program::compile(&decompress(&code, params.max_wasm_size)?, &params));
    }
    let root = parse_root(&code, usize::from(u8::MAX), params.max_wasm_size)?;
    let codes: Vec<Bytes> = root.fragments.iter().map(|address| peek_code(ctx, *address)).collect();
    // A root names addresses, not bytes: the key covers what lies there.
    let parts: Vec<B256> = std::iter::once(code_hash).chain(codes.iter().map(keccak256)).collect();
    PROGRAMS.get_or_load(keccak256(parts.concat()), || {
        Program::compile(&decompress_fragments(&root, &codes)?, &params)
    })
}

/// Reads a code without making its account warm.
fn peek_code(ctx: &mut ArbContext<'_>, address: Address) -> Bytes {
    let known = ctx.journal_ref().evm_state().get(&address).map(|account| account.info.code.clone());
    let code = match known {
        Some(Some(code)) => Some(code),
        _ => {
            let Ok(account) = ctx.journal_mut().db_mut().basic(address);
            account.and_then(|account| account.code)
        }
    };
    code.map(|code| code.original_bytes()).unwrap_or_default()
}
