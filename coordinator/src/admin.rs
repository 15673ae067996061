//! The owner, and the public keys for secrets.

use functions_contract::{
    abi::{Buf, Tuple},
    host, revert,
};
use functions_types::{Juels, selectors::errors::coordinator as e};

use crate::storage::{Account, Key, OWNERSHIP, Owner, Pool};

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
/// `Error("Must be proposed owner")`, no data (too little gas); in this order.
///
/// # Events
/// `OwnershipTransferred`.
pub fn accept_ownership() -> Buf {
    OWNERSHIP.accept(|old| {
        // Reports may bring the first operation fees meanwhile, and the old owner may never have had any.
        host::demand(65_000);
        let mut pool = Pool::load();
        if !pool.operation_fees().is_zero() {
            Account::credit(old, pool.operation_fees());
            pool.set_operation_fees(Juels::ZERO);
            pool.store();
        }
    })
}

/// `getDONPublicKey()`, `getThresholdPublicKey()`.
///
/// # Errors
/// `EmptyPublicKey()` while none is set.
pub fn get_key(key: Key) -> Buf {
    let len = key.length() as usize;
    if len == 0 {
        revert::error(e::EMPTY_PUBLIC_KEY);
    }
    let mut out = Buf::new(64 + len.next_multiple_of(32));
    out.num(32);
    out.num(len as u128);
    for index in 0..len.div_ceil(32) {
        out.raw(&key.part(index as u32).0);
    }
    out
}

/// `setDONPublicKey(bytes)`, `setThresholdPublicKey(bytes)`, by the owner; the content is not looked at.
///
/// # Errors
/// `Error("Only callable by owner")`, `EmptyPublicKey()`; in this order.
pub fn set_key(key: Key, args: Tuple<'_>) -> Buf {
    let bytes = args.bytes(0);
    only_owner();
    if bytes.is_empty() {
        revert::error(e::EMPTY_PUBLIC_KEY);
    }
    key.store(bytes);
    Buf::empty()
}
