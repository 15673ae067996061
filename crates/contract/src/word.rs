//! Fields packed by hand in one storage word, counted in bytes from the most significant end.

/// The unsigned integer in `len` bytes from byte `from`, `len` at most 16.
#[inline(always)]
pub fn get(word: &[u8; 32], from: usize, len: usize) -> u128 {
    let start = if from < 16 { from } else { 16 };
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&word[start..start + 16]);
    let value = u128::from_be_bytes(bytes) >> (8 * (start + 16 - from - len));
    if len == 16 { value } else { value & ((1 << (8 * len)) - 1) }
}

/// Writes `value` into `len` bytes from byte `from`; bits above the field are cut off.
#[inline(always)]
pub fn put(word: &mut [u8; 32], from: usize, len: usize, value: u128) {
    word[from..from + len].copy_from_slice(&value.to_be_bytes()[16 - len..]);
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
