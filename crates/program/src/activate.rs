//! Activation: the numbers that the chain stores about a program, and what finding them costs.

use alloy_primitives::B256;

use crate::{ActivationError, StylusParams, encode, error::refused, parse::Binary};

/// What an active program's table entry says, besides dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramInfo {
    /// Entry price of an uncached program, in gas above the chain's minimum.
    pub init_cost: u16,
    /// Entry price of a cached program, in gas above the chain's minimum.
    pub cached_cost: u16,
    /// Estimated size of the native code in bytes; the data fee is proportional to it.
    pub asm_estimate: u32,
    /// Pages of memory the program starts with.
    pub footprint: u16,
}

/// A successful activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// The numbers to store.
    pub info: ProgramInfo,
    /// Gas of parsing and instrumenting, without the fixed part of the activation price.
    pub parse_gas: u64,
    /// Keccak of the instrumented module.
    pub module_hash: B256,
}

/// Checks a decompressed module against every rule and derives its numbers.
///
/// # Errors
/// [`ActivationError::Invalid`] or [`ActivationError::Refused`]; on chain both burn all gas of the call.
///
/// Upstream: `Module::activate` (Nitro, `arbitrator/prover/src/programs/mod.rs`), Stylus version 2.
pub fn activate(wasm: &[u8], params: &StylusParams) -> Result<Activation, ActivationError> {
    let binary = Binary::parse(wasm, params)?;
    let instrumented = encode::instrument(&binary)?;
    let sizes = Sizes::of(&binary);
    Ok(Activation {
        info: sizes.info()?,
        parse_gas: sizes.parse_gas(instrumented.operators),
        module_hash: instrumented.hash(),
    })
}

struct Sizes {
    wasm: u64,
    functions: u64,
    types: u64,
    globals: u64,
    /// Bytes that data segments hold.
    data: u64,
    /// Bytes of the element segments as encoded.
    elements: u64,
    /// Bytes of the data and element segments as encoded, offsets and lengths included.
    segments: u64,
    pages: u64,
}

impl Sizes {
    fn of(binary: &Binary<'_>) -> Self {
        let arity = |ty: &u32| {
            binary.types.get(*ty as usize).map_or(0, |ty| (ty.params().len() + ty.results().len()) as u64)
        };
        let size = |range: &std::ops::Range<u64>| range.end - range.start;
        Self {
            wasm: binary.wasm_len as u64,
            functions: binary.functions.len() as u64,
            types: binary.functions.iter().map(arity).sum(),
            globals: binary.globals.len() as u64 + 4,
            data: binary.data.iter().map(|data| data.data.len() as u64).sum(),
            elements: binary.elements.iter().map(|element| size(&element.range)).sum(),
            segments: binary
                .data
                .iter()
                .map(|data| &data.range)
                .chain(binary.elements.iter().map(|element| &element.range))
                .map(size)
                .sum(),
            pages: binary.memory.initial,
        }
    }

    fn info(&self) -> Result<ProgramInfo, ActivationError> {
        let cached = self.functions * 13_420 / 100_000
            + self.types * 89 / 100_000
            + self.wasm * 122 / 100_000
            + self.globals * 1_628 / 1_000
            + self.segments * 75_244 / 100_000
            + self.pages * 5;
        let init = self.functions * 8_252 / 1_000 + self.types * 1_059 / 1_000 + self.wasm * 1_286 / 10_000;
        let asm = 512_000
            + self.functions * 996_829 / 1_000
            + self.types * 11_416 / 1_000
            + self.wasm * 62_628 / 10_000;
        let (Ok(init_cost), Ok(cached_cost), Ok(asm_estimate), Ok(footprint)) =
            (init.try_into(), cached.try_into(), asm.try_into(), self.pages.try_into())
        else {
            return refused("derived costs do not fit the program table");
        };
        Ok(ProgramInfo { init_cost, cached_cost, asm_estimate, footprint })
    }

    fn parse_gas(&self, operators: u64) -> u64 {
        let microseconds = self.wasm * 31_733 / 100_000
            + self.functions * 17_263 / 100_000
            + self.data * 17_376 / 100_000
            + self.elements * 17_376 / 100_000
            + self.pages * 2_217
            + operators * 535 / 1_000;
        microseconds * 28
    }
}
