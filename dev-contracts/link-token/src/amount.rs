//! Arithmetic on amounts of 256 bits.

use alloy_primitives::U256;
use functions_contract::B256;

/// An allowance without end.
pub(crate) const UNLIMITED: B256 = B256::repeat_byte(0xff);

/// `a + b`, unless it takes more than 256 bits.
#[inline(never)]
pub(crate) fn add(a: &B256, b: &B256) -> Option<B256> {
    number(a).checked_add(number(b)).map(B256::from)
}

/// `a − b`, unless `b` is more.
#[inline(never)]
pub(crate) fn subtract(a: &B256, b: &B256) -> Option<B256> {
    number(a).checked_sub(number(b)).map(B256::from)
}

fn number(word: &B256) -> U256 {
    U256::from_be_bytes(word.0)
}
