//! From an account's code to WebAssembly, for activation and for running.

use std::sync::{Arc, LazyLock};

use alloy::primitives::{B256, Bytes, keccak256};
use revm::context_interface::{ContextTr, JournalTr};
use stylus_program::{
    ActivationError, CodeKind, Program, ProgramCache, StylusParams, code_kind, decompress,
    decompress_fragments, parse_root,
};

use super::{
    ArbContext, Frame,
    arbos::{self, Store, params::Params, version::has_fragments},
};

const COLD_ACCOUNT: u64 = 2_600;
const WARM_ACCOUNT: u64 = 100;
const COPY_WORD: u64 = 3;
/// Bytes of the largest fragment.
const MAX_CODE_SIZE: usize = 24_576;

/// Compiled programs of the process. Code hashes name code, so chains and snapshots may share them.
static PROGRAMS: LazyLock<ProgramCache> = LazyLock::new(ProgramCache::default);

/// Decompresses the code of a program to be activated. Whoever activates pays for reading its fragments, also when they
/// turn out not to fit together.
///
/// Upstream: `getWasm` (Nitro, `arbos/programs/programs.go`).
pub(super) fn wasm_for_activation<'d, S: Store<'d>>(
    store: &mut S,
    code: &[u8],
    params: &Params,
) -> Result<Result<Vec<u8>, ActivationError>, S::Error> {
    let fragments = has_fragments(store.ctx());
    match code_kind(code, fragments) {
        Some(CodeKind::Whole) => Ok(decompress(code, params.machine.max_wasm_size)),
        Some(CodeKind::Root) => wasm_of_root(store, code, params),
        Some(CodeKind::Fragment) => {
            Ok(Err(ActivationError::Refused("a fragment is activated by its root".to_owned())))
        }
        // Before ArbOS 60 the node has no error of its own for this.
        None if !fragments && !code.is_empty() => {
            Ok(Err(ActivationError::Refused("the code is not a program".to_owned())))
        }
        None => Ok(Err(ActivationError::NotWasm)),
    }
}

fn wasm_of_root<'d, S: Store<'d>>(
    store: &mut S,
    code: &[u8],
    params: &Params,
) -> Result<Result<Vec<u8>, ActivationError>, S::Error> {
    let root = match parse_root(code, usize::from(params.max_fragments), params.machine.max_wasm_size) {
        Ok(root) => root,
        Err(error) => return Ok(Err(error)),
    };
    let mut codes = Vec::with_capacity(root.fragments.len());
    for address in &root.fragments {
        let Ok(account) = store.ctx().journal_mut().load_account_with_code(*address);
        let touch = if account.is_cold { COLD_ACCOUNT } else { WARM_ACCOUNT };
        let code = account.info.code.as_ref().map(|code| code.original_bytes()).unwrap_or_default();
        store.require(touch + COPY_WORD * MAX_CODE_SIZE.div_ceil(32) as u64)?;
        store.burn(touch + COPY_WORD * code.len().div_ceil(32) as u64)?;
        if code_kind(&code, true) != Some(CodeKind::Fragment) {
            return Ok(Err(ActivationError::BadCompression("a listed account holds no fragment")));
        }
        codes.push(code);
    }
    Ok(decompress_fragments(&root, &codes))
}

/// The compiled program of a frame whose code is active.
pub(super) fn program(
    ctx: &mut ArbContext<'_>,
    code_hash: B256,
    frame: &Frame,
    params: &StylusParams,
) -> Result<Arc<Program>, ActivationError> {
    let code = frame.interpreter.bytecode.original_bytes();
    // What was activated under older or wider rules keeps running.
    let params = StylusParams { allow_multi_value: true, max_wasm_size: u32::MAX, ..*params };
    if code_kind(&code, true) != Some(CodeKind::Root) {
        return PROGRAMS
            .get_or_load(code_hash, || Program::compile(&decompress(&code, params.max_wasm_size)?, &params));
    }
    let root = parse_root(&code, usize::from(u8::MAX), params.max_wasm_size)?;
    let codes: Vec<Bytes> = root.fragments.iter().map(|address| arbos::code(ctx, *address)).collect();
    // A root names addresses, not bytes: the key covers what lies there.
    let parts: Vec<B256> = std::iter::once(code_hash).chain(codes.iter().map(keccak256)).collect();
    PROGRAMS.get_or_load(keccak256(parts.concat()), || {
        Program::compile(&decompress_fragments(&root, &codes)?, &params)
    })
}
