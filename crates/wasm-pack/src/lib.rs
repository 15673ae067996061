//! Turns a linked contract into the artefact that is deployed.
//!
//! The linker's output carries names, producers and padded numbers; an optimiser may add a section the
//! chain refuses. [`strip`] leaves exactly what the chain reads, in its shortest encoding, so the same
//! sources give the same bytes everywhere. [`Footprint`] says what the chain will make of it.

mod data;

use eyre::{Context, Result, bail};
use stylus_program::{StylusParams, activate, compress};
use wasm_encoder::{
    ConstExpr, DataSection, ExportSection, Module,
    reencode::{Error, Reencode},
};
use wasmparser::{CustomSectionReader, Data, DataKind, Export, Parser};

/// Most bytes a program may have on chain, its prefix included (EIP-170).
pub const CODE_LIMIT: usize = 24_576;

/// Gas of calling any cached program, with the price parameters public chains run.
const MIN_CACHED_GAS: u64 = 11 * 32;
/// Gas of calling any program that is not cached, on top.
const MIN_INIT_GAS: u64 = 69 * 128;

/// Section id of DataCount. Only instructions the chain refuses need it, and activation fails with it.
const DATA_COUNT: u8 = 12;

/// What the chain looks for among a program's exports.
const EXPORTS: [&str; 2] = ["user_entrypoint", "memory"];

struct Strip;

impl Reencode for Strip {
    type Error = std::convert::Infallible;

    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        export: Export<'_>,
    ) -> Result<(), Error<Self::Error>> {
        if EXPORTS.contains(&export.name) {
            wasm_encoder::reencode::utils::parse_export(self, exports, export)?;
        }
        Ok(())
    }

    fn parse_data(&mut self, section: &mut DataSection, datum: Data<'_>) -> Result<(), Error<Self::Error>> {
        if let DataKind::Active { memory_index: 0, offset_expr } = &datum.kind
            && let Some(address) = data::address(offset_expr)
        {
            for (distance, bytes) in data::parts(datum.data) {
                let at = address.wrapping_add(distance as i32);
                section.active(0, &ConstExpr::i32_const(at), bytes.iter().copied());
            }
            return Ok(());
        }
        wasm_encoder::reencode::utils::parse_data(self, section, datum)
    }
}

/// The module without custom sections, DataCount, unread exports and zeros among the data, every number in its shortest
/// form.
///
/// # Errors
/// The bytes are no core WASM module.
pub fn strip(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::new();
    Strip
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .wrap_err("not a WASM module that can be encoded again")?;
    drop_section(&module.finish(), DATA_COUNT)
}

/// What an artefact weighs and costs on chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of the module.
    pub wasm: usize,
    /// Bytes of the code on chain: the prefix and the compressed module.
    pub code: usize,
    /// Functions in the module.
    pub functions: u32,
    /// Pages of memory the program starts with.
    pub pages: u16,
    /// Gas before the first instruction of a call.
    pub uncached_gas: u64,
    /// The same while the chain keeps the program in its cache.
    pub cached_gas: u64,
}

impl Footprint {
    /// Compresses the module and activates it as the chain would.
    ///
    /// # Errors
    /// A rule of activation is broken; the message names it.
    pub fn new(wasm: &[u8]) -> Result<Self> {
        let info = activate(wasm, &StylusParams::default())?.info;
        let cached_gas = MIN_CACHED_GAS + u64::from(info.cached_cost);
        Ok(Self {
            wasm: wasm.len(),
            code: compress(wasm).len(),
            functions: functions(wasm)?,
            pages: info.footprint,
            uncached_gas: cached_gas + MIN_INIT_GAS + u64::from(info.init_cost),
            cached_gas,
        })
    }
}

fn functions(wasm: &[u8]) -> Result<u32> {
    for payload in Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CodeSectionStart { count, .. } = payload? {
            return Ok(count);
        }
    }
    Ok(0)
}

fn drop_section(wasm: &[u8], unwanted: u8) -> Result<Vec<u8>> {
    let (header, mut rest) = wasm.split_at_checked(8).ok_or_else(|| eyre::eyre!("no header"))?;
    let mut out = header.to_vec();
    while let Some((&id, body)) = rest.split_first() {
        let (len, width) = leb128(body)?;
        let Some((section, tail)) = rest.split_at_checked(1 + width + len) else {
            bail!("section {id} is longer than the module");
        };
        if id != unwanted {
            out.extend_from_slice(section);
        }
        rest = tail;
    }
    Ok(out)
}

/// An unsigned number of at most 32 bits, and how many bytes it took.
fn leb128(bytes: &[u8]) -> Result<(usize, usize)> {
    let mut value = 0usize;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok((value, i + 1));
        }
    }
    bail!("section length is cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = r#"(module
        (import "vm_hooks" "read_args" (func $read (param i32)))
        (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
        (memory (export "memory") 1)
        (global (export "__heap_base") i32 (i32.const 7))
        (func (export "user_entrypoint") (param i32) (result i32)
            (call $read (local.get 0)) (i32.const 0))
        (data (i32.const 0) "abc")
        (@custom "note" "text"))"#;

    fn linked() -> Vec<u8> {
        wat::parse_str(MODULE).expect("the module is well formed")
    }

    /// Section ids in order.
    fn sections(wasm: &[u8]) -> Vec<u8> {
        let mut ids = vec![];
        let mut rest = &wasm[8..];
        while let Some((&id, body)) = rest.split_first() {
            let (len, width) = leb128(body).expect("a length");
            ids.push(id);
            rest = &rest[1 + width + len..];
        }
        ids
    }

    #[test]
    fn strip_keeps_only_what_the_chain_reads() {
        let before = linked();
        assert!(sections(&before).contains(&0));
        let after = strip(&before).expect("strips");
        assert_eq!(sections(&after), [1, 2, 3, 5, 6, 7, 10, 11]);
        assert!(!after.windows(11).any(|w| w == b"__heap_base"));
        assert!(after.windows(15).any(|w| w == b"user_entrypoint"));
        wasmparser::validate(&after).expect("still valid");
        assert_eq!(strip(&after).expect("strips"), after, "a second pass changes nothing");
    }

    #[test]
    fn strip_drops_the_data_count() {
        let wasm = strip(&linked()).expect("strips");
        // The data section is last: id, length, and nine bytes for one segment of three.
        let (head, tail) = wasm.split_at(wasm.len() - 11);
        let with = [head, &[DATA_COUNT, 1, 1], tail].concat();
        assert_eq!(drop_section(&with, DATA_COUNT).expect("drops"), wasm);
    }

    #[test]
    fn strip_shortens_padded_numbers() {
        let mut padded = b"\0asm\x01\0\0\0".to_vec();
        // A type section of one `() -> ()` whose length and count are padded to five bytes.
        padded.extend([1, 0x88, 0x80, 0x80, 0x80, 0, 0x81, 0x80, 0x80, 0x80, 0, 0x60, 0, 0]);
        assert_eq!(strip(&padded).expect("strips"), b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0");
    }

    #[test]
    fn strip_refuses_what_is_no_module() {
        for bytes in [&b""[..], b"\0asm", b"#!/bin/sh\nexit\n"] {
            assert!(strip(bytes).is_err());
        }
    }

    #[test]
    fn footprint_refuses_what_the_chain_refuses() {
        assert!(Footprint::new(&strip(&linked()).expect("strips")).is_ok());
        let no_memory = wat::parse_str(
            r#"(module (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
        );
        assert!(Footprint::new(&no_memory.expect("well formed")).is_err());
    }
}
