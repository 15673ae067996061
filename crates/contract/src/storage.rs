//! Storage: words, the slots they lie in, and the fields packed in them.
//!
//! Only a contract's own `storage.rs` uses this module: it is the one place that knows slots and byte offsets, and
//! hands out named values.

use alloy_primitives::{Address, B256};
use functions_types::Juels;

use crate::{host::keccak, vm, word};

/// The storage word at `slot`.
#[inline(never)]
pub fn load(slot: &B256) -> B256 {
    let mut out = B256::ZERO;
    // SAFETY: the host reads and writes 32 bytes.
    unsafe { vm::storage_load_bytes32(slot.0.as_ptr(), out.0.as_mut_ptr()) };
    out
}

/// Sets the storage word at `slot`, in the frame's cache.
#[inline(never)]
pub fn store(slot: &B256, word: &B256) {
    // SAFETY: the host reads 32 bytes twice.
    unsafe { vm::storage_cache_bytes32(slot.0.as_ptr(), word.0.as_ptr()) };
}

/// Sets the storage word at `slot` to zero, in the frame's cache.
#[inline(never)]
pub fn clear(slot: &B256) {
    store(slot, &B256::with_last_byte(0));
}

/// The storage word in slot `number`.
#[inline(never)]
pub fn load_at(number: u8) -> B256 {
    load(&B256::with_last_byte(number))
}

/// Sets the storage word in slot `number`, in the frame's cache.
#[inline(never)]
pub fn store_at(number: u8, word: &B256) {
    store(&B256::with_last_byte(number), word);
}

/// A number that has a word of its own.
#[inline(never)]
pub fn load_number(slot: &B256) -> u128 {
    word::get(&load(slot), 16, 16)
}

/// An address that has a word of its own.
#[inline(never)]
pub fn load_address(slot: &B256) -> Address {
    Address::from_word(load(slot))
}

/// Slot of `key` in the mapping `number`: `keccak256(key ‖ number)`, as Solidity has it.
#[inline(never)]
pub fn entry(key: &B256, number: u8) -> B256 {
    nested(key, &B256::with_last_byte(number))
}

/// Slot of `key` in the mapping at `slot`, which may itself be an entry of one.
#[inline(never)]
pub fn nested(key: &B256, slot: &B256) -> B256 {
    let mut preimage = [0; 64];
    preimage[..32].copy_from_slice(key.as_slice());
    preimage[32..].copy_from_slice(slot.as_slice());
    keccak(&preimage)
}

/// Slot `index` of the row `number`: `number · 2³² + index`.
#[inline(never)]
pub fn element(number: u8, index: u32) -> B256 {
    let mut base = B256::with_last_byte(0);
    base[27] = number;
    beside(&base, index)
}

/// Slot `index` beside `base`, which a keccak gave: its last four bytes are replaced.
#[inline(never)]
pub fn beside(base: &B256, index: u32) -> B256 {
    let mut slot = *base;
    slot[28..].copy_from_slice(&index.to_be_bytes());
    slot
}

/// Slot of an address: `1 ‖ 0 (11) ‖ address`, which no keccak is needed for. No number of a slot or a row begins with
/// 1.
#[inline(never)]
pub fn of_address(address: &Address) -> B256 {
    let mut slot = address.into_word();
    slot[0] = 1;
    slot
}

/// A value that is packed with others in a word, in as many bytes as its field has.
pub trait Field: Copy {
    /// Most bytes of a field.
    const MOST: usize;
    /// Reads the field of `len` bytes from byte `from`.
    fn get(word: &B256, from: usize, len: usize) -> Self;
    /// Writes the field; what does not fit is cut off.
    fn put(self, word: &mut B256, from: usize, len: usize);
}

macro_rules! numbers {
    ($($kind:ty),*) => {$(
        impl Field for $kind {
            const MOST: usize = size_of::<$kind>();
            #[inline(always)]
            fn get(word: &B256, from: usize, len: usize) -> Self {
                word::get(word, from, len) as $kind
            }
            #[inline(always)]
            fn put(self, word: &mut B256, from: usize, len: usize) {
                word::put(word, from, len, self as u128);
            }
        }
    )*};
}
numbers!(u16, u32, u64, u128, usize);

impl Field for Juels {
    const MOST: usize = 12;
    #[inline(always)]
    fn get(word: &B256, from: usize, len: usize) -> Self {
        Self::from_uint96(word::get(word, from, len))
    }
    #[inline(always)]
    fn put(self, word: &mut B256, from: usize, len: usize) {
        word::put(word, from, len, Juels::get(self));
    }
}

impl Field for u8 {
    const MOST: usize = 1;
    #[inline(always)]
    fn get(word: &B256, from: usize, _: usize) -> Self {
        word[from]
    }
    #[inline(always)]
    fn put(self, word: &mut B256, from: usize, _: usize) {
        word[from] = self;
    }
}

impl Field for bool {
    const MOST: usize = 1;
    #[inline(always)]
    fn get(word: &B256, from: usize, _: usize) -> Self {
        word[from] != 0
    }
    #[inline(always)]
    fn put(self, word: &mut B256, from: usize, _: usize) {
        word[from] = self.into();
    }
}

impl<const N: usize> Field for [u8; N] {
    const MOST: usize = N;
    #[inline(always)]
    fn get(word: &B256, from: usize, len: usize) -> Self {
        let mut out = [0; N];
        out.copy_from_slice(&word[from..from + len]);
        out
    }
    #[inline(always)]
    fn put(self, word: &mut B256, from: usize, len: usize) {
        word[from..from + len].copy_from_slice(&self);
    }
}

impl Field for Address {
    const MOST: usize = 20;
    #[inline(always)]
    fn get(word: &B256, from: usize, len: usize) -> Self {
        Self::from_slice(&word[from..from + len])
    }
    #[inline(always)]
    fn put(self, word: &mut B256, from: usize, len: usize) {
        word[from..from + len].copy_from_slice(self.as_slice());
    }
}

/// First byte of a field and the one behind its last.
pub type Place = core::ops::Range<usize>;

/// Checks while compiling that fields lie within a word and apart from each other, and are wide enough for no more than
/// their kind.
///
/// # Panics
/// While compiling, when they do not.
pub const fn lay_out(fields: &[(Place, usize)]) {
    let mut used = 0_u32;
    let mut index = 0;
    while index < fields.len() {
        let (place, most) = &fields[index];
        assert!(place.start < place.end && place.end <= 32, "a field lies within its word");
        assert!(place.end - place.start <= *most, "a field is not wider than its kind");
        let bits = (((1_u64 << (place.end - place.start)) - 1) << place.start) as u32;
        assert!(used & bits == 0, "fields do not overlap");
        used |= bits;
        index += 1;
    }
}

/// Declares a storage word and the fields packed in it: `getter, setter: kind = bytes;`, the setter optional. Bytes are
/// a range and count from the most significant end. That fields do not overlap is checked while compiling.
///
/// `in SLOT` gives the word a slot of its own: `load()`, `store()`, and `blank()`, which is zero and not read. Without
/// it the word lies in one slot of many and remembers which: `at(slot)`, `blank(slot)`, `store()`, `clear()`.
///
/// ```ignore
/// packed! {
///     /// What every call reads.
///     pub struct Settings in 0 {
///         /// Who owns the contract.
///         owner, set_owner: Address = 12..32;
///     }
/// }
/// ```
#[macro_export]
macro_rules! packed {
    ($(#[$meta:meta])* pub struct $name:ident in $slot:tt { $($fields:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            word: $crate::B256,
        }

        impl $name {
            /// Reads the word.
            #[inline(always)]
            pub fn load() -> Self {
                Self { word: $crate::storage::load_at($slot) }
            }

            /// The word with all fields zero, without reading it.
            #[must_use]
            pub const fn blank() -> Self {
                Self { word: $crate::B256::ZERO }
            }

            /// Writes the word.
            #[inline(always)]
            pub fn store(&self) {
                $crate::storage::store_at($slot, &self.word);
            }
        }

        $crate::fields!($name { $($fields)* });
    };
    ($(#[$meta:meta])* pub struct $name:ident { $($fields:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            slot: $crate::B256,
            word: $crate::B256,
        }

        impl $name {
            /// Reads the word at `slot`.
            #[inline(always)]
            pub fn at(slot: $crate::B256) -> Self {
                Self { word: $crate::storage::load(&slot), slot }
            }

            /// The word at `slot` with all fields zero, without reading it.
            #[must_use]
            pub const fn blank(slot: $crate::B256) -> Self {
                Self { slot, word: $crate::B256::ZERO }
            }

            /// Writes the word.
            #[inline(always)]
            pub fn store(&self) {
                $crate::storage::store(&self.slot, &self.word);
            }

            /// Sets the stored word to zero.
            pub fn clear(&self) {
                $crate::storage::clear(&self.slot);
            }
        }

        $crate::fields!($name { $($fields)* });
    };
}

/// The getters and setters of [`packed!`](crate::packed).
#[macro_export]
macro_rules! fields {
    ($name:ident { $($(#[$meta:meta])* $get:ident $(, $set:ident)?: $kind:ty = $place:expr;)* }) => {
        const _: () = $crate::storage::lay_out(&[$(($place, <$kind as $crate::storage::Field>::MOST)),*]);

        impl $name {
            $(
                $(#[$meta])*
                pub fn $get(&self) -> $kind {
                    const PLACE: $crate::storage::Place = $place;
                    <$kind as $crate::storage::Field>::get(&self.word, PLACE.start, PLACE.end - PLACE.start)
                }

                $(
                    #[doc = concat!("Sets [`Self::", stringify!($get), "`].")]
                    pub fn $set(&mut self, value: $kind) {
                        const PLACE: $crate::storage::Place = $place;
                        <$kind as $crate::storage::Field>::put(value, &mut self.word, PLACE.start, PLACE.end - PLACE.start);
                    }
                )?
            )*
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_layout() {
        assert_eq!(element(8, 3).0, word::number(8 << 32 | 3).0);
        assert_eq!(beside(&B256::repeat_byte(7), 1)[..28], [7; 28]);
        assert_eq!(of_address(&Address::repeat_byte(3)).0[..13], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    }

    #[test]
    fn overlapping_fields_are_refused() {
        for wrong in [[(0..12, 16), (11..12, 1)], [(0..33, 40), (0..1, 1)], [(0..3, 2), (4..5, 1)]] {
            assert!(std::panic::catch_unwind(|| lay_out(&wrong)).is_err());
        }
    }
}
