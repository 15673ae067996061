use std::panic::catch_unwind;

use super::*;

fn word(value: u128) -> [u8; 32] {
    let mut out = [0; 32];
    out[16..].copy_from_slice(&value.to_be_bytes());
    out
}

fn args(words: &[[u8; 32]]) -> Vec<u8> {
    words.concat()
}

#[test]
fn reads_static_values_at_their_limits() {
    let data = args(&[word(u128::from(u64::MAX)), word((1 << 96) - 1), word(7)]);
    let tuple = Tuple::new(&data, 3);
    assert_eq!(tuple.u64(0), u64::MAX);
    assert_eq!(tuple.uint(1, 96), (1 << 96) - 1);
    assert_eq!(tuple.address(2), Address::with_last_byte(7));
}

#[test]
fn refuses_dirty_bits() {
    for (index, bits) in [(0, 64), (1, 96), (2, 128)] {
        let mut data = args(&[word(1 << 64), word(1 << 96), word(0)]);
        data[64 + 15] = 1;
        assert!(catch_unwind(|| Tuple::new(&data, 3).uint(index, bits)).is_err());
    }
    let mut dirty = word(7);
    dirty[11] = 1;
    assert!(catch_unwind(|| Tuple::new(&dirty, 1).address(0)).is_err());
}

#[test]
fn refuses_a_short_head() {
    assert!(catch_unwind(|| Tuple::new(&[0; 63], 2)).is_err());
}

#[test]
fn reads_bytes_up_to_the_last_byte_and_no_further() {
    let mut data = args(&[word(32), word(3)]);
    data.extend_from_slice(b"abc");
    assert_eq!(Tuple::new(&data, 1).bytes(0), b"abc");
    data.pop();
    assert!(catch_unwind(|| Tuple::new(&data, 1).bytes(0)).is_err());
}

#[test]
fn refuses_hostile_offsets_and_lengths() {
    let huge = [u128::from(u64::MAX), u128::MAX, 65, 64, 33];
    for offset in huge {
        let data = args(&[word(offset), word(0)]);
        assert!(catch_unwind(|| Tuple::new(&data, 1).bytes(0)).is_err(), "offset {offset}");
    }
    for len in [u128::from(u64::MAX), u128::MAX, 2] {
        let data = args(&[word(32), word(len), word(0)]);
        assert!(catch_unwind(|| Tuple::new(&data, 1).list(0, 32)).is_err(), "length {len}");
    }
}

#[test]
fn writes_what_it_reads() {
    let mut buf = Buf::new(4 * WORD + tail(33));
    buf.num(1 << 90);
    buf.address(&Address::repeat_byte(9));
    buf.num(3 * 32);
    buf.bytes(&[5; 33]);
    buf.num(8);
    let tuple = Tuple::new(buf.as_bytes(), 3);
    assert_eq!(tuple.uint(0, 96), 1 << 90);
    assert_eq!(tuple.address(1), Address::repeat_byte(9));
    assert_eq!(tuple.bytes(2), [5; 33]);
    assert_eq!(tuple.uint(6, 8), 8);
}

#[test]
fn a_constant_text_is_the_text() {
    let long = "SafeERC20: ERC20 operation did not succeed";
    assert_eq!(crate::constant!("").as_bytes(), Buf::of_bytes(b"").as_bytes());
    assert_eq!(crate::constant!("12345678").as_bytes(), Buf::of_bytes(b"12345678").as_bytes());
    let text = crate::constant!("SafeERC20: ERC20 operation did not succeed");
    assert_eq!(text.as_bytes(), Buf::of_bytes(long.as_bytes()).as_bytes());
}
