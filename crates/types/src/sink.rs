//! Where encoded words go: one codec for contracts, nodes and tools.

use alloc::vec::Vec;

use alloy_primitives::{Address, Keccak256};

use crate::{
    Juels,
    word::{self, WORD},
};

/// What takes ABI words: a buffer, a vector, a hasher.
pub trait Sink {
    /// Bytes as they are.
    fn raw(&mut self, bytes: &[u8]);

    /// A word holding an unsigned number.
    fn number(&mut self, value: u128) {
        self.raw(&word::from_u128(value));
    }

    /// A word holding an amount.
    fn juels(&mut self, value: Juels) {
        self.number(value.get());
    }

    /// A word holding an address.
    fn address(&mut self, value: &Address) {
        self.raw(&word::from_address(*value));
    }

    /// The tail of `bytes`: length, content, padding to a whole word.
    fn bytes(&mut self, value: &[u8]) {
        self.number(value.len() as u128);
        self.raw(value);
        self.raw(&[0; WORD][..value.len().next_multiple_of(WORD) - value.len()]);
    }
}

impl Sink for Vec<u8> {
    fn raw(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for Keccak256 {
    fn raw(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// `N` bytes that are filled from the first on; what is behind them is dropped.
pub(crate) struct Fixed<const N: usize> {
    pub(crate) bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Fixed<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], at: 0 }
    }
}

impl<const N: usize> Sink for Fixed<N> {
    fn raw(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(self.at..).unwrap_or_default();
        room.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.at += bytes.len();
    }
}
