//! Who signed a hash: the chain's precompile.

use alloy_primitives::{Address, B256};

use crate::{
    abi::{Buf, WORD},
    host,
};

const ECRECOVER: Address = Address::with_last_byte(1);

/// The signer of `hash`, or `None` when the signature is malformed. `v` is 27 or 28.
#[inline(never)]
pub fn recover(hash: &B256, v: u8, r: &[u8; WORD], s: &[u8; WORD]) -> Option<Address> {
    let mut call = Buf::new(4 * WORD);
    call.raw(hash.as_slice());
    call.num(v.into());
    call.raw(r);
    call.raw(s);
    if !host::static_call(&ECRECOVER, call.as_bytes()) {
        return None;
    }
    // The precompile answers with one word, or nothing.
    host::return_data(WORD).get(12..WORD).map(Address::from_slice)
}
