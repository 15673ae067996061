//! Ownership in two steps.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple},
    host,
    revert::{ERROR_STRING, error_text},
};
use functions_types::selectors::events::allow_list as ev;

use crate::storage::{OWNER, PROPOSED_OWNER};

/// Refuses everyone but the owner; returns it.
#[inline(never)]
pub fn only_owner() -> Address {
    let sender = host::sender();
    if sender.into_word() != host::load(&OWNER) {
        error_text(ERROR_STRING, "Only callable by owner");
    }
    sender
}

/// `transferOwnership(address)`, by the owner: proposes; the zero address takes the proposal back.
///
/// # Errors
/// `Error("Only callable by owner")`, `Error("Cannot transfer to self")`.
///
/// # Events
/// `OwnershipTransferRequested`.
pub fn transfer_ownership(args: Tuple<'_>) -> Buf {
    let to = args.address(0);
    let from = only_owner();
    if to == from {
        error_text(ERROR_STRING, "Cannot transfer to self");
    }
    host::store(&PROPOSED_OWNER, &to.into_word());
    log_owners(&ev::OWNERSHIP_TRANSFER_REQUESTED, &from, &to);
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
    let to = host::sender();
    if to.into_word() != host::load(&PROPOSED_OWNER) {
        error_text(ERROR_STRING, "Must be proposed owner");
    }
    let from = Address::from_word(host::load(&OWNER));
    host::store(&OWNER, &to.into_word());
    host::store(&PROPOSED_OWNER, &B256::ZERO);
    log_owners(&ev::OWNERSHIP_TRANSFERRED, &from, &to);
    Buf::empty()
}

fn log_owners(signature: &B256, from: &Address, to: &Address) {
    let mut event = Buf::event(signature, 2, 0);
    event.address(from);
    event.address(to);
    host::log(&event, 3);
}
