//! Ownership in two steps, and the public keys for secrets.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple},
    host, refuse, revert,
};
use functions_types::selectors::{errors::coordinator::EMPTY_PUBLIC_KEY, events::coordinator as events};

use crate::storage::{Account, Owner, Pool, USD_FALLBACK, in_row};

/// Ends the call with `Error("Only callable by owner")` unless the owner calls.
#[inline(never)]
pub fn only_owner() -> Owner {
    let owner = Owner::load();
    if host::sender() != owner.address() {
        refuse!(revert::ERROR_STRING, "Only callable by owner");
    }
    owner
}

/// `transferOwnership(address)`: proposes an owner; the zero address takes the proposal back.
///
/// # Errors
/// `Error("Only callable by owner")`, `Error("Cannot transfer to self")`.
///
/// # Events
/// `OwnershipTransferRequested`.
pub fn transfer_ownership(args: Tuple<'_>) -> Buf {
    let to = args.address(0);
    let from = only_owner().address();
    if to == from {
        refuse!(revert::ERROR_STRING, "Cannot transfer to self");
    }
    propose(host::load_at(USD_FALLBACK), &to);
    log_owners(&events::OWNERSHIP_TRANSFER_REQUESTED, &from, &to);
    Buf::empty()
}

/// `acceptOwnership()`, by the proposed owner.
///
/// # Errors
/// `Error("Must be proposed owner")`.
///
/// # Events
/// `OwnershipTransferred`.
pub fn accept_ownership() -> Buf {
    let sender = host::sender();
    let word = host::load_at(USD_FALLBACK);
    if Address::from_word(word) != sender {
        refuse!(revert::ERROR_STRING, "Must be proposed owner");
    }
    let owner = Owner::load();
    let old = owner.address();
    // Reports may bring the first operation fees meanwhile, and the old owner may never have had any.
    host::demand(65_000);
    // Operation fees so far are the old owner's.
    let mut pool = Pool::load();
    if pool.operation_fees != 0 {
        Account::credit(&old, pool.operation_fees);
        pool.operation_fees = 0;
        pool.store();
    }
    owner.with_address(&sender).store();
    propose(word, &Address::ZERO);
    log_owners(&events::OWNERSHIP_TRANSFERRED, &old, &sender);
    Buf::empty()
}

/// Writes the proposed owner into its word, keeping what shares it.
fn propose(mut word: B256, to: &Address) {
    word[12..].copy_from_slice(to.as_slice());
    host::store_at(USD_FALLBACK, &word);
}

#[inline(always)]
fn log_owners(event: &B256, from: &Address, to: &Address) {
    let mut log = Buf::event(event, 2, 0);
    log.address(from);
    log.address(to);
    host::log(&log, 3);
}

/// `getDONPublicKey()`, `getThresholdPublicKey()`.
///
/// # Errors
/// `EmptyPublicKey()` while none is set.
pub fn key(row: u8) -> Buf {
    let mut len = [0; 4];
    len.copy_from_slice(&host::load(&in_row(row, 0))[28..]);
    let len = u32::from_be_bytes(len) as usize;
    if len == 0 {
        revert::error(EMPTY_PUBLIC_KEY);
    }
    let mut out = Buf::new(64 + len.next_multiple_of(32));
    out.num(32);
    out.num(len as u128);
    for index in 1..=len.div_ceil(32) {
        out.raw(&host::load(&in_row(row, index as u32)).0);
    }
    out
}

/// `setDONPublicKey(bytes)`, `setThresholdPublicKey(bytes)`, by the owner; the content is not looked at.
///
/// # Errors
/// `Error("Only callable by owner")`, `EmptyPublicKey()`.
pub fn set_key(row: u8, args: Tuple<'_>) -> Buf {
    let key = args.bytes(0);
    only_owner();
    if key.is_empty() {
        revert::error(EMPTY_PUBLIC_KEY);
    }
    let mut len = B256::ZERO;
    len[28..].copy_from_slice(&(key.len() as u32).to_be_bytes());
    host::store(&in_row(row, 0), &len);
    for (index, part) in (1..).zip(key.chunks(32)) {
        let mut word = B256::ZERO;
        word[..part.len()].copy_from_slice(part);
        host::store(&in_row(row, index), &word);
    }
    Buf::empty()
}
