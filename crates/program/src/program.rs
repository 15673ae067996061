//! Compiled programs, and the cache that keeps them for the life of the process.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use alloy_primitives::B256;
use wasmi::{CompilationMode, Config, Engine, Linker, Module};

use crate::{ActivationError, StylusParams, encode, link, parse::Binary, vm::Frame};

/// Frames of at least six words fit 43 690 times into the deepest stack any ArbOS version allows.
const MAX_RECURSION: usize = 1 << 16;
/// Bytes of operand stack; the depth checker, not this bound, is meant to end a program.
const MAX_STACK_BYTES: usize = 64 << 20;
/// Programs kept compiled.
const CACHE_LIMIT: usize = 256;

pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Frame>,
}

/// One engine for the process: its code, stacks and types are shared by all programs.
pub(crate) static HOST: LazyLock<Host> = LazyLock::new(|| {
    let mut config = Config::default();
    config
        .set_max_stack_height(MAX_STACK_BYTES)
        .set_max_recursion_depth(MAX_RECURSION)
        .set_max_cached_stacks(16)
        .compilation_mode(CompilationMode::Lazy)
        .allow_start_fn(false);
    let engine = Engine::new(&config);
    let linker = link::linker(&engine).expect("host functions have distinct names");
    Host { engine, linker }
});

/// An instrumented module that the engine can run.
#[derive(Debug)]
pub struct Program {
    pub(crate) module: Module,
    footprint: u16,
}

impl Program {
    /// Instruments and loads a decompressed module. Functions are translated when first called.
    ///
    /// # Errors
    /// As [`crate::activate`]; an active program passes.
    pub fn compile(wasm: &[u8], params: &StylusParams) -> Result<Self, ActivationError> {
        let binary = Binary::parse(wasm, params)?;
        let instrumented = encode::instrument(&binary)?;
        let module = Module::new(&HOST.engine, &instrumented.wasm)
            .map_err(|error| ActivationError::Invalid(error.to_string()))?;
        Ok(Self { module, footprint: u16::try_from(binary.memory.initial).unwrap_or(u16::MAX) })
    }

    /// Pages the program starts with.
    #[must_use]
    pub fn footprint(&self) -> u16 {
        self.footprint
    }
}

/// Compiled programs by code hash.
#[derive(Debug, Default)]
pub struct ProgramCache {
    programs: Mutex<HashMap<B256, Arc<Program>>>,
}

impl ProgramCache {
    /// The program with this code hash, compiled by `load` when it is not there.
    ///
    /// # Errors
    /// Whatever `load` returns.
    pub fn get_or_load<E>(
        &self,
        code_hash: B256,
        load: impl FnOnce() -> Result<Program, E>,
    ) -> Result<Arc<Program>, E> {
        if let Some(program) = self.lock().get(&code_hash) {
            return Ok(program.clone());
        }
        let program = Arc::new(load()?);
        let mut programs = self.lock();
        if programs.len() >= CACHE_LIMIT {
            programs.clear();
        }
        programs.insert(code_hash, program.clone());
        Ok(program)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<B256, Arc<Program>>> {
        // A map of finished entries is whole even if a thread died while holding it.
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
