//! Ownership in two steps: the owner proposes another, who accepts.
//!
//! Upstream: `ConfirmedOwner`.

use alloy_primitives::{Address, B256};
use functions_types::selectors::events::owned as ev;

use crate::{
    abi::{Buf, Tuple},
    host, refuse,
    revert::ERROR_STRING,
    storage,
};

/// Where a contract keeps its owner and the proposed one: in the last 20 bytes of the words in these slots. What shares
/// the words is kept.
#[derive(Clone, Copy, Debug)]
pub struct Ownership {
    /// Slot of the owner.
    pub owner: u8,
    /// Slot of the proposed owner, zero when there is none.
    pub proposed: u8,
}

impl Ownership {
    /// The owner.
    #[inline(never)]
    pub fn owner(self) -> Address {
        Address::from_word(storage::load_at(self.owner))
    }

    /// Refuses everyone but the owner; returns the word the owner lies in.
    ///
    /// # Errors
    /// `Error("Only callable by owner")`.
    #[inline(never)]
    pub fn only_owner(self) -> B256 {
        let word = storage::load_at(self.owner);
        only(&Address::from_word(word));
        word
    }

    /// `transferOwnership(address)`, by the owner: proposes; the zero address takes the proposal back.
    ///
    /// # Errors
    /// `Error("Only callable by owner")`, `Error("Cannot transfer to self")`.
    ///
    /// # Events
    /// `OwnershipTransferRequested`.
    pub fn transfer(self, args: Tuple<'_>) -> Buf {
        let to = args.address(0);
        let from = Address::from_word(self.only_owner());
        if to == from {
            refuse!(ERROR_STRING, "Cannot transfer to self");
        }
        put(self.proposed, storage::load_at(self.proposed), &to);
        log(&ev::OWNERSHIP_TRANSFER_REQUESTED, &from, &to);
        Buf::empty()
    }

    /// `acceptOwnership()`, by the proposed owner. `settle` does what is left to do for the old one before it is
    /// replaced.
    ///
    /// # Errors
    /// `Error("Must be proposed owner")`.
    ///
    /// # Events
    /// `OwnershipTransferred`.
    pub fn accept(self, settle: impl FnOnce(&Address)) -> Buf {
        let to = host::sender();
        let proposed = storage::load_at(self.proposed);
        if Address::from_word(proposed) != to {
            refuse!(ERROR_STRING, "Must be proposed owner");
        }
        let owner = storage::load_at(self.owner);
        let from = Address::from_word(owner);
        settle(&from);
        put(self.owner, owner, &to);
        put(self.proposed, proposed, &Address::ZERO);
        log(&ev::OWNERSHIP_TRANSFERRED, &from, &to);
        Buf::empty()
    }
}

/// Refuses everyone but `owner`.
///
/// # Errors
/// `Error("Only callable by owner")`.
#[inline(never)]
pub fn only(owner: &Address) {
    if host::sender() != *owner {
        refuse!(ERROR_STRING, "Only callable by owner");
    }
}

/// Refuses a first owner of zero.
///
/// # Errors
/// `Error("Cannot set owner to zero")`.
pub fn not_zero(owner: &Address) {
    if *owner == Address::ZERO {
        refuse!(ERROR_STRING, "Cannot set owner to zero");
    }
}

#[inline(never)]
fn put(slot: u8, mut word: B256, address: &Address) {
    word[12..].copy_from_slice(address.as_slice());
    storage::store_at(slot, &word);
}

#[inline(always)]
fn log(signature: &B256, from: &Address, to: &Address) {
    let mut event = Buf::event(signature, 2, 0);
    event.address(from);
    event.address(to);
    host::log(&event, 3);
}
