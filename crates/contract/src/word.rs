//! Big-endian numbers in words; bytes count from the most significant end.

use alloy_primitives::B256;

/// The big-endian number in sixteen bytes. The chain's machine cannot turn bytes round in one step: one copy of the
/// code serves all.
#[inline(never)]
pub fn read(bytes: &[u8; 16]) -> u128 {
    u128::from_be_bytes(*bytes)
}

/// A number as sixteen big-endian bytes.
#[inline(never)]
pub fn write(value: u128) -> [u8; 16] {
    value.to_be_bytes()
}

/// A word given as four big-endian numbers: constants become code, while bytes would be data, which every call pays
/// for.
#[inline(never)]
pub fn of(a: u64, b: u64, c: u64, d: u64) -> [u8; 32] {
    let mut word = [0; 32];
    word[..16].copy_from_slice(&write(u128::from(a) << 64 | u128::from(b)));
    word[16..].copy_from_slice(&write(u128::from(c) << 64 | u128::from(d)));
    word
}

/// The word of a number.
#[inline(never)]
pub fn number(value: u128) -> B256 {
    let mut out = B256::ZERO;
    out[16..].copy_from_slice(&write(value));
    out
}

/// The four numbers of a constant word, for [`of`].
pub const fn quarters(word: &[u8; 32]) -> [u64; 4] {
    let mut parts = [0; 4];
    let mut at = 0;
    while at < 32 {
        parts[at / 8] = parts[at / 8] << 8 | word[at] as u64;
        at += 1;
    }
    parts
}

/// The unsigned integer in `len` bytes from byte `from`, `len` at most 16.
#[inline(never)]
pub fn get(word: &[u8; 32], from: usize, len: usize) -> u128 {
    let mut bytes = [0; 16];
    bytes[16 - len..].copy_from_slice(&word[from..from + len]);
    read(&bytes)
}

/// Writes `value` into `len` bytes from byte `from`; bits above the field are cut off.
#[inline(never)]
pub fn put(word: &mut [u8; 32], from: usize, len: usize, value: u128) {
    word[from..from + len].copy_from_slice(&write(value)[16 - len..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_touch_their_neighbours() {
        let fields = [(0, 9), (9, 4), (13, 2), (15, 1), (16, 8), (24, 8)];
        let mut word = [0xff; 32];
        for (i, &(from, len)) in fields.iter().enumerate() {
            put(&mut word, from, len, 0x11 * (i as u128 + 1));
        }
        for (i, &(from, len)) in fields.iter().enumerate() {
            assert_eq!(get(&word, from, len), 0x11 * (i as u128 + 1), "field {i}");
        }
        assert_eq!(get(&[0xff; 32], 3, 16), u128::MAX);
    }
}
