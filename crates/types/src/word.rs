//! One ABI word: 32 bytes, big-endian, values right-aligned.

use alloy_primitives::Address;

use crate::Juels;

/// Bytes in an ABI word.
pub const WORD: usize = 32;

/// A word whose unused bits are not zero, or that is missing: upstream answers it with an empty revert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadWord;

/// The word of an unsigned number of at most 128 bits.
pub fn from_u128(value: u128) -> [u8; WORD] {
    let mut word = [0; WORD];
    word[16..].copy_from_slice(&value.to_be_bytes());
    word
}

/// The word of an address.
pub fn from_address(value: Address) -> [u8; WORD] {
    let mut word = [0; WORD];
    word[12..].copy_from_slice(value.as_slice());
    word
}

/// Reads an unsigned number of `bits` (1..=128) bits; dirty high bits are an error.
///
/// # Errors
/// [`BadWord`] when the value does not fit.
pub fn to_u128(word: &[u8; WORD], bits: u32) -> Result<u128, BadWord> {
    let (mut high, mut low) = ([0; 16], [0; 16]);
    high.copy_from_slice(&word[..16]);
    low.copy_from_slice(&word[16..]);
    let value = u128::from_be_bytes(low);
    if u128::from_ne_bytes(high) != 0 || (bits < 128 && value >> bits != 0) {
        return Err(BadWord);
    }
    Ok(value)
}

/// Reads an amount of `bits` (1..=96) bits; dirty high bits are an error.
///
/// # Errors
/// [`BadWord`] when the value does not fit.
pub fn to_juels(word: &[u8; WORD], bits: u32) -> Result<Juels, BadWord> {
    to_u128(word, bits).map(Juels::from_uint96)
}

/// Reads an address; dirty high bits are an error.
///
/// # Errors
/// [`BadWord`] when one of the first twelve bytes is not zero.
pub fn to_address(word: &[u8; WORD]) -> Result<Address, BadWord> {
    if word[..12].iter().any(|byte| *byte != 0) {
        return Err(BadWord);
    }
    Ok(Address::from_slice(&word[12..]))
}
