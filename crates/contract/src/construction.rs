//! Constructors run once, in a call of their own after the program is on the chain.

use alloy_primitives::{B256, b256};

use crate::{revert::malformed, storage, word};

/// keccak256 of `stylus_constructor`: where the Stylus SDK, too, remembers that construction is over.
pub const GUARD: B256 = b256!("d719fb9eca6bd48044bf2b38d80aea3dd666511b0236081cd9a2b95555fe7c8c");

/// Lets the first construction pass; ends any other without data.
#[inline(never)]
pub fn once() {
    const PARTS: [u64; 4] = word::quarters(&GUARD.0);
    let slot = B256::new(word::of(PARTS[0], PARTS[1], PARTS[2], PARTS[3]));
    if storage::load(&slot) != B256::ZERO {
        malformed();
    }
    storage::store(&slot, &B256::with_last_byte(1));
}
