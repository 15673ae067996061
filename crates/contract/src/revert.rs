//! The ways a call ends early. None of them returns; nothing of the frame's storage survives.

use alloy_primitives::Address;
use functions_types::Juels;

use crate::{
    abi::{Buf, Text},
    host,
};

pub use crate::trap::malformed;

/// Selector of Solidity's `Error(string)`.
pub const ERROR_STRING: u32 = 0x08c3_79a0;
/// Selector of Solidity's `Panic(uint256)`.
pub const PANIC: u32 = 0x4e48_7b71;

/// `Panic` code of an arithmetic overflow or underflow.
pub const OVERFLOW: u8 = 0x11;
/// `Panic` code of a division by zero.
pub const DIVISION_BY_ZERO: u8 = 0x12;
/// `Panic` code of an array index out of range.
pub const OUT_OF_RANGE: u8 = 0x32;

/// A custom error without arguments.
#[cold]
#[inline(never)]
pub fn error(selector: u32) -> ! {
    host::revert(Buf::call(selector, 0, 0).as_bytes())
}

/// A custom error with one integer.
#[cold]
#[inline(never)]
pub fn error_num(selector: u32, value: u128) -> ! {
    let mut data = Buf::call(selector, 1, 0);
    data.num(value);
    host::revert(data.as_bytes())
}

/// A custom error with one bytes32.
#[cold]
#[inline(never)]
pub fn error_word(selector: u32, value: &[u8; 32]) -> ! {
    let mut data = Buf::call(selector, 1, 0);
    data.raw(value);
    host::revert(data.as_bytes())
}

/// A custom error with one address.
#[cold]
#[inline(never)]
pub fn error_address(selector: u32, value: &Address) -> ! {
    let mut data = Buf::call(selector, 1, 0);
    data.address(value);
    host::revert(data.as_bytes())
}

/// A custom error with one string; [`ERROR_STRING`] for Solidity's own.
#[cold]
#[inline(never)]
pub fn error_text(selector: u32, text: &str) -> ! {
    let mut data = Buf::call(selector, 1, crate::abi::tail(text.len()));
    data.num(32);
    data.bytes(text.as_bytes());
    host::revert(data.as_bytes())
}

/// Ends the call with a custom error that has one string, given as a constant: [`error_text`] without bytes among the
/// data, which every call would pay for.
#[macro_export]
macro_rules! refuse {
    ($selector:expr, $text:expr) => {{
        const TEXT: $crate::abi::Text = $crate::abi::Text::new($text);
        $crate::revert::refuse_with($selector, TEXT.len, TEXT.a, TEXT.b, TEXT.c, TEXT.d, TEXT.e, TEXT.f)
    }};
}

/// One `string` that is a constant: [`Buf::of_bytes`] without bytes among the data.
#[macro_export]
macro_rules! constant {
    ($text:expr) => {{
        const TEXT: $crate::abi::Text = $crate::abi::Text::new($text);
        $crate::abi::Buf::of_text(TEXT.len, TEXT.a, TEXT.b, TEXT.c, TEXT.d, TEXT.e, TEXT.f)
    }};
}

/// What [`refuse!`](crate::refuse) expands to.
#[cold]
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "numbers in registers are the point")]
pub fn refuse_with(selector: u32, len: usize, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let mut data = Buf::call(selector, 1, crate::abi::tail(len));
    data.text(&Text { len, a, b, c, d, e, f });
    host::revert(data.as_bytes())
}

/// `Panic(uint256)` with one of the codes above.
#[cold]
pub fn panic(code: u8) -> ! {
    error_num(PANIC, u128::from(code))
}

/// `a + b`, or `Panic(0x11)` above 96 bits.
#[inline(never)]
pub fn add(a: Juels, b: Juels) -> Juels {
    match a.checked_add(b) {
        Some(sum) => sum,
        None => panic(OVERFLOW),
    }
}

/// `a − b`, or `Panic(0x11)`.
#[inline(never)]
pub fn sub(a: Juels, b: Juels) -> Juels {
    match a.checked_sub(b) {
        Some(difference) => difference,
        None => panic(OVERFLOW),
    }
}
