//! The owner, and the public keys for secrets.

use functions_contract::{
    B256,
    abi::{Buf, Tuple},
    host, revert,
};
use functions_types::selectors::errors::coordinator::EMPTY_PUBLIC_KEY;

use crate::storage::{Account, OWNERSHIP, Owner, Pool, in_row};

/// Refuses everyone but the owner.
///
/// # Errors
/// `Error("Only callable by owner")`.
pub fn only_owner() -> Owner {
    Owner::from_word(OWNERSHIP.only_owner())
}

/// `acceptOwnership()`, by the proposed owner. Operation fees so far are the old owner's.
///
/// # Errors
/// `Error("Must be proposed owner")`.
///
/// # Events
/// `OwnershipTransferred`.
pub fn accept_ownership() -> Buf {
    OWNERSHIP.accept(|old| {
        // Reports may bring the first operation fees meanwhile, and the old owner may never have had any.
        host::demand(65_000);
        let mut pool = Pool::load();
        if pool.operation_fees != 0 {
            Account::credit(old, pool.operation_fees);
            pool.operation_fees = 0;
            pool.store();
        }
    })
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
