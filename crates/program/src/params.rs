//! The numbers that the chain's owner may change, with the values public chains run.

/// Prices and limits of the Stylus virtual machine.
///
/// Upstream: `ArbWasm` getters of Nitro; the defaults are those of Stylus version 2, before ArbOS 60, except that
/// functions may not return several values.
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
    /// Whether all pages that a transaction has open at once may not pass `page_limit` either (from ArbOS 59 on). A
    /// limit of zero does not count.
    pub limits_open_pages: bool,
    /// Bytes of decompressed WebAssembly, at most.
    pub max_wasm_size: u32,
    /// Whether functions and blocks may return several values (refused from Stylus version 3 on).
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
            limits_open_pages: false,
            max_wasm_size: 131_072,
            allow_multi_value: false,
            debug_imports: false,
        }
    }
}
