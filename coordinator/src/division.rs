//! 256-bit division by the host: four gas instead of 8 KB of code.

use alloy_primitives::U256;
use functions_rules::Division;

/// Divides with the host's `math_div`.
#[derive(Clone, Copy, Debug)]
pub struct Host;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    /// `value ← value / divisor` on 32-byte big-endian words; 0 when the divisor is 0.
    fn math_div(value: *mut u8, divisor: *const u8);
}

impl Division for Host {
    #[cfg(target_arch = "wasm32")]
    #[inline(never)]
    fn div(numerator: U256, denominator: U256) -> U256 {
        let mut value = numerator.to_be_bytes::<32>();
        let divisor = denominator.to_be_bytes::<32>();
        // SAFETY: the host reads and writes 32 bytes of the first word and reads 32 of the second.
        unsafe { math_div(value.as_mut_ptr(), divisor.as_ptr()) };
        U256::from_be_bytes(value)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn div(numerator: U256, denominator: U256) -> U256 {
        functions_rules::Software::div(numerator, denominator)
    }
}
