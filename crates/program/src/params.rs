//! The numbers that the chain's owner may change, with the values public chains run.

/// Prices and limits of the Stylus virtual machine.
///
/// Upstream: `ArbWasm` getters of Nitro; the defaults are those of ArbOS 61 (51 differs in
/// [`StylusParams::allow_multi_value`] only, as far as programs can tell).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StylusParams {
    /// Ink that one gas buys.
    pub ink_price: u32,
    /// Words of operand stack and locals that one frame may hold.
    pub max_stack_depth: u32,
    /// Pages a transaction may open without paying.
    pub free_pages: u16,
    /// Gas of each open page beyond the free ones.
    pub page_gas: u16,
    /// Pages a program may start with, at most.
    pub page_limit: u16,
    /// Bytes of decompressed WebAssembly, at most.
    pub max_wasm_size: u32,
    /// Whether functions and blocks may return several values (refused from ArbOS 60 on).
    pub allow_multi_value: bool,
    /// Whether the `console` imports of debug chains are accepted.
    pub debug_imports: bool,
}

impl Default for StylusParams {
    fn default() -> Self {
        Self {
            ink_price: 10_000,
            max_stack_depth: 22_000,
            free_pages: 2,
            page_gas: 1_000,
            page_limit: 128,
            max_wasm_size: 131_072,
            allow_multi_value: false,
            debug_imports: false,
        }
    }
}
