//! Reads a module and applies the chain's rules to everything but the function bodies.

use wasmparser::{
    Data, DataKind, Element, ElementItems, ElementKind, Export, ExternalKind, FuncType, FunctionBody, Global,
    Import, MemoryType, Operator, Parser, Payload, Table, TypeRef, ValType, Validator, WasmFeatures,
};

use crate::{ActivationError, StylusParams, error::refused, imports};

/// The export that a call enters.
pub(crate) const ENTRYPOINT: &str = "user_entrypoint";
/// The export under which the one memory must be found.
pub(crate) const MEMORY: &str = "memory";

const MAX_IMPORTS: usize = 513;
const MAX_DATA: usize = 128;
const MAX_ELEMENTS: usize = 128;
const MAX_EXPORTS: usize = 1024;
const MAX_FUNCTIONS: usize = 4096;
const MAX_GLOBALS: usize = 32_768;
const MAX_LOCALS: u32 = 348;
const MAX_TABLE_ENTRIES: u64 = 4096;
const MAX_ELEMENT_ENTRIES: u32 = 4096;
const MAX_NAME: usize = 512;

/// A module that obeys every rule that can be checked without looking into function bodies.
pub(crate) struct Binary<'a> {
    pub(crate) wasm_len: usize,
    pub(crate) types: Vec<FuncType>,
    pub(crate) imports: Vec<Import<'a>>,
    /// Type index of each local function.
    pub(crate) functions: Vec<u32>,
    pub(crate) tables: Vec<Table<'a>>,
    pub(crate) memory: MemoryType,
    pub(crate) globals: Vec<Global<'a>>,
    pub(crate) elements: Vec<Element<'a>>,
    pub(crate) data: Vec<Data<'a>>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    /// Function index (imports first) of the entry point.
    pub(crate) entrypoint: u32,
}

impl<'a> Binary<'a> {
    /// Parses and checks a module.
    pub(crate) fn parse(wasm: &'a [u8], params: &StylusParams) -> Result<Self, ActivationError> {
        Validator::new_with_features(features(params)).validate_all(wasm)?;

        let mut exports: Vec<Export<'a>> = Vec::new();
        let mut memories = Vec::new();
        let mut binary = Self {
            wasm_len: wasm.len(),
            types: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            memory: MemoryType {
                memory64: false,
                shared: false,
                initial: 0,
                maximum: None,
                page_size_log2: None,
            },
            globals: Vec::new(),
            elements: Vec::new(),
            data: Vec::new(),
            bodies: Vec::new(),
            entrypoint: 0,
        };
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        binary.types.push(ty?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        binary.imports.push(import?);
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        binary.functions.push(ty?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        binary.tables.push(table?);
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        memories.push(memory?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        binary.globals.push(global?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        exports.push(export?);
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        binary.elements.push(element?);
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        binary.data.push(data?);
                    }
                }
                Payload::CodeSectionEntry(body) => binary.bodies.push(body),
                Payload::StartSection { .. } => return refused("start functions are not allowed"),
                Payload::DataCountSection { .. } => return refused("unsupported section: data count"),
                Payload::Version { .. }
                | Payload::CodeSectionStart { .. }
                | Payload::CustomSection(_)
                | Payload::End(_) => {}
                _ => return refused("unsupported section"),
            }
        }
        binary.check_counts(&exports)?;
        binary.check_imports(params)?;
        binary.check_exports(&exports)?;
        binary.check_memory(&memories, params)?;
        binary.check_constants()?;
        Ok(binary)
    }

    /// Signature of a function, imports first.
    pub(crate) fn signature(&self, function: u32) -> Option<&FuncType> {
        let index = function as usize;
        let ty = match self.imports.get(index) {
            Some(Import { ty: TypeRef::Func(ty), .. }) => *ty,
            Some(_) => return None,
            None => *self.functions.get(index - self.imports.len())?,
        };
        self.types.get(ty as usize)
    }

    /// Function index of an import of `vm_hooks`.
    pub(crate) fn hook(&self, name: &str) -> Option<u32> {
        let found = self.imports.iter().position(|x| x.module == imports::MODULE && x.name == name)?;
        u32::try_from(found).ok()
    }

    /// Whether memory can grow at all.
    pub(crate) fn can_grow(&self) -> bool {
        self.memory.maximum != Some(self.memory.initial)
    }

    fn check_counts(&self, exports: &[Export<'_>]) -> Result<(), ActivationError> {
        let limits = [
            ("imports", self.imports.len(), MAX_IMPORTS),
            ("data segments", self.data.len(), MAX_DATA),
            ("element segments", self.elements.len(), MAX_ELEMENTS),
            ("exports", exports.len(), MAX_EXPORTS),
            ("functions", self.functions.len(), MAX_FUNCTIONS),
            ("globals", self.globals.len(), MAX_GLOBALS),
        ];
        for (what, count, limit) in limits {
            if count > limit {
                return refused(format!("{count} {what}, the limit is {limit}"));
            }
        }
        for table in &self.tables {
            if table.ty.initial > MAX_TABLE_ENTRIES {
                return refused(format!("table of {} entries", table.ty.initial));
            }
        }
        for name in self.imports.iter().flat_map(|x| [x.module, x.name]).chain(exports.iter().map(|x| x.name))
        {
            if name.len() > MAX_NAME {
                return refused(format!("a name of {} bytes", name.len()));
            }
        }
        for body in &self.bodies {
            let mut locals = 0u32;
            for entry in body.get_locals_reader()? {
                locals = locals.saturating_add(entry?.0);
            }
            if locals > MAX_LOCALS {
                return refused(format!("function with {locals} locals, the limit is {MAX_LOCALS}"));
            }
        }
        Ok(())
    }

    fn check_imports(&self, params: &StylusParams) -> Result<(), ActivationError> {
        for import in &self.imports {
            let TypeRef::Func(ty) = import.ty else {
                return refused(format!("import {}.{} is not a function", import.module, import.name));
            };
            let Some(expected) = imports::signature(import.module, import.name, params.debug_imports) else {
                return refused(format!("no such import: {}.{}", import.module, import.name));
            };
            let ty = &self.types[ty as usize];
            if !expected.matches(ty) {
                return refused(format!("wrong type for import {}.{}: {ty}", import.module, import.name));
            }
        }
        Ok(())
    }

    fn check_exports(&mut self, exports: &[Export<'_>]) -> Result<(), ActivationError> {
        let short = |name: &'_ str| name.rsplit("__").next().unwrap_or_default().to_owned();
        for export in exports {
            let name = short(export.name);
            if name.starts_with("stylus") || export.name.starts_with("stylus") {
                return refused(format!("export {} uses a reserved name", export.name));
            }
            if self.imports.iter().any(|import| import.name == name) {
                return refused(format!("export {} carries the name of an import", export.name));
            }
        }
        if let Some(import) = self.imports.iter().find(|x| x.name.starts_with("stylus")) {
            return refused(format!("import {} uses a reserved name", import.name));
        }
        let find = |name, kind| exports.iter().find(|x| x.name == name && x.kind == kind);
        let Some(entrypoint) = find(ENTRYPOINT, ExternalKind::Func) else {
            return refused(format!("no exported function {ENTRYPOINT}"));
        };
        let ty = self.signature(entrypoint.index);
        if !ty.is_some_and(|ty| ty.params() == [ValType::I32] && ty.results() == [ValType::I32]) {
            return refused(format!("{ENTRYPOINT} must have the type (i32) -> i32"));
        }
        if find(MEMORY, ExternalKind::Memory).is_none() {
            return refused("the memory must be exported as \"memory\"");
        }
        self.entrypoint = entrypoint.index;
        Ok(())
    }

    fn check_memory(
        &mut self,
        memories: &[MemoryType],
        params: &StylusParams,
    ) -> Result<(), ActivationError> {
        let [memory] = memories else {
            return refused("a program has exactly one memory");
        };
        if memory.initial > u64::from(params.page_limit) {
            return refused(format!(
                "memory of {} pages, the limit is {}",
                memory.initial, params.page_limit
            ));
        }
        self.memory = *memory;
        if self.can_grow() && self.hook(imports::PAY_FOR_MEMORY_GROW).is_none() {
            return refused("memory can grow, but vm_hooks.pay_for_memory_grow is not imported");
        }
        Ok(())
    }

    fn check_constants(&self) -> Result<(), ActivationError> {
        for global in &self.globals {
            let mut ops = global.init_expr.get_operators_reader();
            let single = matches!(
                ops.read()?,
                Operator::I32Const { .. }
                    | Operator::I64Const { .. }
                    | Operator::F32Const { .. }
                    | Operator::F64Const { .. }
            ) && matches!(ops.read()?, Operator::End);
            if !single {
                return refused("a global must start with a single constant");
            }
        }
        let offset = |expr: &wasmparser::ConstExpr<'_>| -> Result<u64, ActivationError> {
            let mut ops = expr.get_operators_reader();
            match (ops.read()?, ops.read()?) {
                (Operator::I32Const { value }, Operator::End) => Ok(u64::from(value.cast_unsigned())),
                _ => refused("a segment must be placed by an i32 constant"),
            }
        };
        for data in &self.data {
            let DataKind::Active { memory_index: 0, offset_expr } = &data.kind else {
                return refused("passive data segments are not allowed");
            };
            if offset(offset_expr)? + data.data.len() as u64 > self.memory.initial << 16 {
                return refused("a data segment lies outside memory");
            }
        }
        for element in &self.elements {
            let ElementKind::Active { table_index: None | Some(0), offset_expr } = &element.kind else {
                return refused("only active element segments are allowed");
            };
            let ElementItems::Functions(items) = &element.items else {
                return refused("element segments list functions");
            };
            if items.count() > MAX_ELEMENT_ENTRIES {
                return refused(format!("element segment of {} entries", items.count()));
            }
            let size = self.tables.first().map_or(0, |table| table.ty.initial);
            if offset(offset_expr)? + u64::from(items.count()) > size {
                return refused("an element segment lies outside the table");
            }
        }
        Ok(())
    }
}

fn features(params: &StylusParams) -> WasmFeatures {
    let mut features = WasmFeatures::MVP
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::BULK_MEMORY_OPT;
    features.set(WasmFeatures::MULTI_VALUE, params.allow_multi_value);
    features
}
