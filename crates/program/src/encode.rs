//! Writes the instrumented module.

use alloy_primitives::{B256, keccak256};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, Module, TableSection,
    TypeSection, ValType,
    reencode::{Error, Reencode, RoundtripReencoder},
};

use crate::{
    ActivationError,
    meter::{self, Meters},
    parse::{Binary, ENTRYPOINT, MEMORY},
};

/// Export names of the meters; no program can clash, its other exports are dropped.
pub(crate) const INK_LEFT: &str = "stylus_ink_left";
pub(crate) const INK_STATUS: &str = "stylus_ink_status";
pub(crate) const STACK_LEFT: &str = "stylus_stack_left";

/// An instrumented module, ready for the engine.
pub(crate) struct Instrumented {
    pub(crate) wasm: Vec<u8>,
    /// Operators of all bodies, the inserted ones included.
    pub(crate) operators: u64,
}

impl Instrumented {
    /// Stands for the module in the `ProgramActivated` event.
    pub(crate) fn hash(&self) -> B256 {
        keccak256(&self.wasm)
    }
}

/// Instruments every function of a module and drops start function, custom sections and idle exports.
pub(crate) fn instrument(binary: &Binary<'_>) -> Result<Instrumented, ActivationError> {
    let meters = Meters::after(binary.globals.len());
    let mut code = CodeSection::new();
    let mut operators = 0;
    for body in &binary.bodies {
        let mut locals = Vec::new();
        let mut declared = 0u32;
        for entry in body.get_locals_reader()? {
            let (count, ty) = entry?;
            declared = declared.saturating_add(count);
            locals.push((count, reencode(RoundtripReencoder.val_type(ty))?));
        }
        let original = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let metered = meter::instrument(binary, original, declared, meters)?;
        operators += metered.len() as u64;
        let mut function = Function::new(locals);
        for op in metered {
            function.instruction(&reencode(RoundtripReencoder.instruction(op))?);
        }
        code.function(&function);
    }
    let wasm = reencode(assemble(binary, meters, &code))?;
    Ok(Instrumented { wasm, operators })
}

fn assemble(
    binary: &Binary<'_>,
    meters: Meters,
    code: &CodeSection,
) -> Result<Vec<u8>, Error<std::convert::Infallible>> {
    let r = &mut RoundtripReencoder;
    let mut types = TypeSection::new();
    for ty in &binary.types {
        types.ty().func_type(&r.func_type(ty.clone())?);
    }
    let mut imports = ImportSection::new();
    for import in &binary.imports {
        imports.import(import.module, import.name, r.entity_type(import.ty)?);
    }
    let mut functions = FunctionSection::new();
    for ty in &binary.functions {
        functions.function(*ty);
    }
    let mut tables = TableSection::new();
    for table in &binary.tables {
        r.parse_table(&mut tables, table.clone())?;
    }
    let mut memories = MemorySection::new();
    memories.memory(r.memory_type(binary.memory)?);

    let mut globals = GlobalSection::new();
    for global in &binary.globals {
        r.parse_global(&mut globals, global.clone())?;
    }
    let meter = |val_type| GlobalType { val_type, mutable: true, shared: false };
    globals.global(meter(ValType::I64), &ConstExpr::i64_const(0));
    for _ in [meters.ink_status, meters.scratch, meters.stack_left] {
        globals.global(meter(ValType::I32), &ConstExpr::i32_const(0));
    }
    let mut exports = ExportSection::new();
    exports.export(ENTRYPOINT, ExportKind::Func, binary.entrypoint);
    exports.export(MEMORY, ExportKind::Memory, 0);
    exports.export(INK_LEFT, ExportKind::Global, meters.ink_left);
    exports.export(INK_STATUS, ExportKind::Global, meters.ink_status);
    exports.export(STACK_LEFT, ExportKind::Global, meters.stack_left);

    let mut elements = ElementSection::new();
    for element in &binary.elements {
        r.parse_element(&mut elements, element.clone())?;
    }
    let mut data = DataSection::new();
    for segment in &binary.data {
        r.parse_data(&mut data, segment.clone())?;
    }
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
    module.section(&globals).section(&exports).section(&elements).section(code).section(&data);
    Ok(module.finish())
}

fn reencode<T>(result: Result<T, Error<std::convert::Infallible>>) -> Result<T, ActivationError> {
    result.map_err(|error| ActivationError::Invalid(error.to_string()))
}
