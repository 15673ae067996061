//! 256-bit numbers: division by the host, four gas instead of 8 KB of code, and words.

use alloy_primitives::U256;
use functions_contract::{abi::halves, word};
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
        let mut value = write(numerator);
        let divisor = write(denominator);
        // SAFETY: the host reads and writes 32 bytes of the first word and reads 32 of the second.
        unsafe { math_div(value.as_mut_ptr(), divisor.as_ptr()) };
        read(&value)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn div(numerator: U256, denominator: U256) -> U256 {
        functions_rules::Software::div(numerator, denominator)
    }
}

/// The number in a word.
#[inline(never)]
pub fn read(word: &[u8; 32]) -> U256 {
    let (high, low) = halves(word);
    U256::from_limbs([low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64])
}

/// The word of a number.
#[inline(never)]
pub fn write(value: U256) -> [u8; 32] {
    let [a, b, c, d] = value.into_limbs();
    word::of(d, c, b, a)
}
