//! ABI by hand: a strict reader and a writer of fixed capacity.
//!
//! Reading follows Solidity's ABI coder v2: an offset or length outside the region, or a static value
//! with dirty bits, ends the call without data ([`malformed`]). Bytes after the last argument are ignored.

use alloc::vec;
use alloy_primitives::{Address, B256};
use functions_types::Juels;

use crate::{trap::malformed, word};

/// Bytes in one ABI word.
pub use functions_types::word::WORD;

/// Bytes in a selector, before a call's arguments.
pub const SELECTOR: usize = 4;

/// A region whose first words are a head and whose offsets count from its first byte: the arguments
/// of a call, or a struct or array inside them.
#[derive(Clone, Copy)]
pub struct Tuple<'a> {
    data: &'a [u8],
}

impl<'a> Tuple<'a> {
    /// A region that starts with `words` words.
    ///
    /// Ends the call without data when the region is shorter.
    pub fn new(data: &'a [u8], words: usize) -> Self {
        if data.len() < words * WORD {
            malformed();
        }
        Self { data }
    }

    /// The same region after checking that its head has `words` words.
    pub fn head(self, words: usize) -> Self {
        Self::new(self.data, words)
    }

    /// The whole region.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.data
    }

    /// The bytes of `count` words from word `first` on.
    pub fn words(self, first: usize, count: usize) -> &'a [u8] {
        match self.data.get(first * WORD..(first + count) * WORD) {
            Some(words) => words,
            None => malformed(),
        }
    }

    /// Word `index`, unread.
    #[inline(never)]
    pub fn word(self, index: usize) -> &'a [u8; WORD] {
        match self.data.get(index * WORD..).and_then(|rest| rest.first_chunk()) {
            Some(word) => word,
            None => malformed(),
        }
    }

    /// Word `index` as bytes32.
    pub fn b256(self, index: usize) -> B256 {
        B256::new(*self.word(index))
    }

    /// Word `index` as an unsigned integer of at most 128 bits.
    #[inline(never)]
    pub fn uint(self, index: usize, bits: u32) -> u128 {
        let (high, low) = halves(self.word(index));
        if high != 0 || (bits < 128 && low >> bits != 0) {
            malformed();
        }
        low
    }

    /// Word `index` as an amount of at most `bits` (1..=96) bits.
    #[inline(always)]
    pub fn juels(self, index: usize, bits: u32) -> Juels {
        Juels::from_uint96(self.uint(index, bits))
    }

    /// Word `index` as `uint64`.
    #[inline(never)]
    pub fn u64(self, index: usize) -> u64 {
        self.uint(index, 64) as u64
    }

    /// Word `index` as an address.
    #[inline(never)]
    pub fn address(self, index: usize) -> Address {
        let word = self.word(index);
        if word[..12] != [0; 12] {
            malformed();
        }
        Address::from_slice(&word[12..])
    }

    /// Word `index` as an offset: the region that begins there and has at least `words` words.
    #[inline(never)]
    pub fn at(self, index: usize, words: usize) -> Self {
        let offset = self.uint(index, 64);
        if offset > self.data.len() as u128 {
            malformed();
        }
        Self::new(&self.data[offset as usize..], words)
    }

    /// Word `index` as the offset of `bytes` or `string`.
    #[inline(never)]
    pub fn bytes(self, index: usize) -> &'a [u8] {
        let (len, rest) = self.list(index, 1);
        &rest.data[..len]
    }

    /// Word `index` as the offset of an array whose items have `item` bytes each: its length and
    /// the region of its items.
    #[inline(never)]
    pub fn list(self, index: usize, item: usize) -> (usize, Self) {
        let array = self.at(index, 1);
        let len = array.uint(0, 64);
        let data = &array.data[WORD..];
        if len * item as u128 > data.len() as u128 {
            malformed();
        }
        (len as usize, Self { data })
    }
}

/// Both halves of a word as big-endian integers, the high one first.
pub fn halves(word: &[u8; WORD]) -> (u128, u128) {
    let mut high = [0; 16];
    let mut low = [0; 16];
    high.copy_from_slice(&word[..16]);
    low.copy_from_slice(&word[16..]);
    (word::read(&high), word::read(&low))
}

/// Zeroed memory for the rest of the call. A program's allocator never takes anything back, so that giving it back
/// would be code without effect.
#[inline(never)]
pub fn zeroed(len: usize) -> &'static mut [u8] {
    vec![0; len].leak()
}

/// A writer over zeroed memory of a capacity fixed at its creation.
///
/// Writing past the capacity ends the call without data: every caller computes the capacity from the
/// lengths it writes.
pub struct Buf {
    bytes: &'static mut [u8],
    at: usize,
}

impl Buf {
    /// An empty buffer for at most `capacity` bytes.
    #[inline(never)]
    pub fn new(capacity: usize) -> Self {
        Self { bytes: zeroed(capacity), at: 0 }
    }

    /// A buffer for a call: its selector is written, `words` words and `tail` bytes have room.
    pub fn call(selector: u32, words: usize, tail: usize) -> Self {
        let mut buf = Self::new(SELECTOR + words * WORD + tail);
        buf.raw(&selector.to_be_bytes());
        buf
    }

    /// A log's buffer: its first topic is written, `words` words (further topics included) and `tail`
    /// bytes have room.
    #[inline(always)]
    pub fn event(signature: &B256, words: usize, tail: usize) -> Self {
        // As four integers the topic becomes code; as bytes it would be data, which every call pays for.
        let quarter = |at: usize| {
            let b = &signature.0;
            u64::from_be_bytes([
                b[at],
                b[at + 1],
                b[at + 2],
                b[at + 3],
                b[at + 4],
                b[at + 5],
                b[at + 6],
                b[at + 7],
            ])
        };
        Self::with_topic(quarter(0), quarter(8), quarter(16), quarter(24), WORD + words * WORD + tail)
    }

    #[inline(never)]
    fn with_topic(a: u64, b: u64, c: u64, d: u64, capacity: usize) -> Self {
        let mut buf = Self::new(capacity);
        buf.raw(&word::of(a, b, c, d));
        buf
    }

    /// Nothing: what a function without return values returns.
    pub const fn empty() -> Self {
        Self { bytes: &mut [], at: 0 }
    }

    /// One word holding `value`.
    pub fn of(value: u128) -> Self {
        let mut buf = Self::new(WORD);
        buf.num(value);
        buf
    }

    /// One word holding an amount.
    pub fn of_juels(value: Juels) -> Self {
        Self::of(value.get())
    }

    /// One word holding an address.
    pub fn of_address(value: &Address) -> Self {
        let mut buf = Self::new(WORD);
        buf.address(value);
        buf
    }

    /// One bytes32.
    pub fn of_word(value: &[u8; WORD]) -> Self {
        let mut buf = Self::new(WORD);
        buf.raw(value);
        buf
    }

    /// One `string` or `bytes`: offset, length, content, padding.
    pub fn of_bytes(value: &[u8]) -> Self {
        let mut buf = Self::new(WORD + tail(value.len()));
        buf.num(WORD as u128);
        buf.bytes(value);
        buf
    }

    /// What [`constant!`](crate::constant) expands to.
    #[inline(never)]
    pub fn of_text(len: usize, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> Self {
        let mut buf = Self::new(WORD + tail(len));
        buf.text(&Text { len, a, b, c, d, e, f });
        buf
    }

    /// What has been written.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.at]
    }

    /// Bytes as they are.
    #[inline(never)]
    pub fn raw(&mut self, value: &[u8]) {
        let end = self.at + value.len();
        match self.bytes.get_mut(self.at..end) {
            Some(place) => place.copy_from_slice(value),
            None => malformed(),
        }
        self.at = end;
    }

    /// A word holding an unsigned integer.
    #[inline(never)]
    pub fn num(&mut self, value: u128) {
        let end = self.at + WORD;
        match self.bytes.get_mut(end - 16..end) {
            Some(place) => place.copy_from_slice(&word::write(value)),
            None => malformed(),
        }
        self.at = end;
    }

    /// A word holding an amount.
    #[inline(always)]
    pub fn juels(&mut self, value: Juels) {
        self.num(value.get());
    }

    /// A word holding an address.
    #[inline(never)]
    pub fn address(&mut self, value: &Address) {
        self.at += WORD - 20;
        self.raw(value.as_slice());
    }

    /// One `string`: offset, length, content, padding.
    #[inline(never)]
    pub fn text(&mut self, text: &Text) {
        self.num(WORD as u128);
        self.num(text.len as u128);
        let end = self.at + text.len.next_multiple_of(WORD);
        for part in [text.a, text.b, text.c, text.d, text.e, text.f] {
            if self.at < end {
                self.raw(&part.to_be_bytes());
            }
        }
        self.at = end;
    }

    /// The tail of `bytes` or `string`: length, content, padding to a whole word.
    #[inline(never)]
    pub fn bytes(&mut self, value: &[u8]) {
        self.num(value.len() as u128);
        let end = self.at + tail(value.len()) - WORD;
        self.raw(value);
        self.at = end;
    }
}

impl functions_types::sink::Sink for Buf {
    #[inline(always)]
    fn raw(&mut self, bytes: &[u8]) {
        self.raw(bytes);
    }

    #[inline(always)]
    fn number(&mut self, value: u128) {
        self.num(value);
    }

    #[inline(always)]
    fn address(&mut self, value: &Address) {
        self.address(value);
    }

    #[inline(always)]
    fn bytes(&mut self, value: &[u8]) {
        self.bytes(value);
    }
}

/// A constant text as numbers: they become code, while bytes would be data, which every call pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Bytes of the text.
    pub len: usize,
    /// The text in six big-endian numbers, zeros behind it.
    pub a: u64,
    /// Bytes 8 to 15.
    pub b: u64,
    /// Bytes 16 to 23.
    pub c: u64,
    /// Bytes 24 to 31.
    pub d: u64,
    /// Bytes 32 to 39.
    pub e: u64,
    /// Bytes 40 to 47.
    pub f: u64,
}

impl Text {
    /// A text of at most 48 bytes.
    ///
    /// # Panics
    /// While compiling, for a longer one.
    pub const fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        assert!(bytes.len() <= 48, "a constant text has at most 48 bytes");
        let mut parts = [0; 6];
        let mut at = 0;
        while at < 48 {
            let byte = if at < bytes.len() { bytes[at] } else { 0 };
            parts[at / 8] = parts[at / 8] << 8 | byte as u64;
            at += 1;
        }
        let [a, b, c, d, e, f] = parts;
        Self { len: bytes.len(), a, b, c, d, e, f }
    }
}

/// Bytes that the tail of a `bytes` value of `len` bytes takes: its length word and its padded content.
pub const fn tail(len: usize) -> usize {
    WORD + len.next_multiple_of(WORD)
}

#[cfg(test)]
mod tests;
