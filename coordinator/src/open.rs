//! Which requests are open: opened by the Router, neither fulfilled nor timed out.
//!
//! Upstream keeps the hash of the commitment and looks only whether it is there. A fresh word of storage for every request is the
//! dearest part of a request, so the id goes into one of [`PLACES`] words that are used again and again, chosen by its last byte; a
//! word keeps a mark when its request is done, because a word that is not zero is cheap to write. When the place is taken by another
//! request in flight, the id gets a word of its own, as upstream has it.
//!
//! A request is open if its place holds its id, or its own word is not zero. The Router never opens an id that is open: it contains
//! the number of the consumer's request. Should another Router do so, nothing changes.

use functions_contract::{B256, host};

use crate::storage::in_row;

/// Words that are used again. The first request in each pays for a fresh one.
const PLACES: u8 = 32;
/// Row of those words.
const ROW: u8 = 13;

fn place(id: &[u8; 32]) -> B256 {
    in_row(ROW, (id[31] % PLACES).into())
}

/// The word of a request whose place was taken.
#[inline(never)]
fn own_word(id: &[u8; 32]) -> B256 {
    let mut preimage = [0; 64];
    preimage[..32].copy_from_slice(id);
    preimage[63] = 12;
    host::keccak(&preimage)
}

/// Whether a request is open.
pub fn is_open(id: &[u8; 32]) -> bool {
    is_in(&place(id), id) || host::load(&own_word(id)) != B256::ZERO
}

/// Whether a place holds this id. Zero and the mark are no ids.
#[inline(never)]
fn is_in(place: &B256, id: &[u8; 32]) -> bool {
    host::load(place).0 == *id && !is_free(id)
}

/// Opens a request; the id is a hash, which is neither zero nor the mark.
pub fn open(id: &[u8; 32]) {
    let place = place(id);
    let held = host::load(&place).0;
    if is_free(&held) {
        host::store(&place, &B256::new(*id));
    } else if held != *id {
        mark(&own_word(id));
    }
}

/// Writes what is neither zero nor an id.
#[inline(never)]
fn mark(slot: &B256) {
    host::store(slot, &B256::with_last_byte(1));
}

/// Whether what a place holds is zero or the mark.
#[inline(never)]
fn is_free(held: &[u8; 32]) -> bool {
    held[..31] == [0; 31]
}

/// Closes a request that was fulfilled; its place is kept for another one.
pub fn close(id: &[u8; 32]) {
    forget(id, true);
}

/// Closes a request that timed out, whether it is open or not; its place is cleared, which pays for a part of the transaction.
pub fn clear(id: &[u8; 32]) {
    forget(id, false);
}

#[inline(never)]
fn forget(id: &[u8; 32], keep_place: bool) {
    let place = place(id);
    if !is_in(&place, id) {
        host::clear(&own_word(id));
    } else if keep_place {
        mark(&place);
    } else {
        host::clear(&place);
    }
}
