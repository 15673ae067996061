//! Where everything lies: slots of amounts, each a word of 256 bits. The layout is the table of the crate's
//! documentation.

use functions_contract::{
    Address, B256,
    storage::{entry, load, nested, store, store_at},
};

const SUPPLY: u8 = 0;
const BALANCES: u8 = 1;
const ALLOWANCES: u8 = 2;

/// The total supply.
pub(crate) fn supply() -> B256 {
    load(&B256::with_last_byte(SUPPLY))
}

/// Sets the total supply.
pub(crate) fn set_supply(supply: &B256) {
    store_at(SUPPLY, supply);
}

/// An amount that has a word of its own.
pub(crate) struct Amount(B256);

impl Amount {
    /// A holder's balance.
    pub(crate) fn balance(holder: &Address) -> Self {
        Self(entry(&holder.into_word(), BALANCES))
    }

    /// What `spender` may spend of the owner's.
    pub(crate) fn allowance(owner: &Address, spender: &Address) -> Self {
        Self(nested(&spender.into_word(), &entry(&owner.into_word(), ALLOWANCES)))
    }

    /// The amount.
    pub(crate) fn load(&self) -> B256 {
        load(&self.0)
    }

    /// Sets it.
    pub(crate) fn store(&self, amount: &B256) {
        store(&self.0, amount);
    }
}
