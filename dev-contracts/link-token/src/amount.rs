//! Amounts of 256 bits, and the slots they lie in.

use alloy_primitives::U256;
use functions_contract::{Address, B256, abi::Buf, host};

/// Slot of the total supply.
pub(crate) const SUPPLY: B256 = B256::ZERO;
/// Slot of the mapping of balances.
pub(crate) const BALANCES: B256 = B256::with_last_byte(1);
/// Slot of the mapping of allowances.
pub(crate) const ALLOWANCES: B256 = B256::with_last_byte(2);
/// An allowance without end.
pub(crate) const UNLIMITED: B256 = B256::repeat_byte(0xff);

/// The slot of `key` in the mapping at `slot`, as Solidity lays it out.
#[inline(never)]
pub(crate) fn entry(key: &Address, slot: &B256) -> B256 {
    let mut preimage = Buf::new(64);
    preimage.address(key);
    preimage.raw(slot.as_slice());
    host::keccak(preimage.as_bytes())
}

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
