//! The fields that `packed!` declares.

use functions_contract::{Address, packed};

packed! {
    /// A word with fields of every kind.
    pub struct Mixed in 0 {
        /// A number.
        number, set_number: u128 = 0..4;
        /// A narrow one.
        narrow, set_narrow: u64 = 4..9;
        /// A flag.
        is_set, set_flag: bool = 9..10;
        /// A byte.
        byte, set_byte: u8 = 10..11;
        /// Bytes.
        code, set_code: [u8; 1] = 11..12;
        /// An address.
        address, set_address: Address = 12..32;
    }
}

#[test]
fn fields_keep_their_neighbours() {
    let mut word = Mixed::blank();
    assert_eq!((word.number(), word.address(), word.is_set()), (0, Address::ZERO, false));
    word.set_number(u128::MAX);
    word.set_narrow(u64::MAX);
    word.set_flag(true);
    word.set_byte(u8::MAX);
    word.set_code([u8::MAX]);
    word.set_address(Address::repeat_byte(u8::MAX));
    word.set_narrow(1 << 40 | 3);
    assert_eq!((word.number(), word.narrow(), word.is_set()), (u32::MAX.into(), 3, true));
    word.set_flag(false);
    word.set_code([7]);
    assert_eq!((word.narrow(), word.is_set(), word.byte(), word.code()), (3, false, u8::MAX, [7]));
    word.set_byte(9);
    word.set_address(Address::repeat_byte(5));
    word.set_number(1);
    assert_eq!((word.number(), word.narrow(), word.byte(), word.code()), (1, 3, 9, [7]));
    assert_eq!(word.address(), Address::repeat_byte(5));
}
