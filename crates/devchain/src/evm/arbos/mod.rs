//! The chain's own state: program table, data pricer, owners, cache managers, prices.
//!
//! It lies in the storage of [`ARBOS_STATE`](crate::genesis::ARBOS_STATE) and is read and written through the journal,
//! so that a revert takes it back like any contract's storage. The layout is our own: slot = keccak(name ‖ key). What
//! is read and written, and in which order, is the node's: a precompile pays for every access ([`Store`]), so its price
//! follows from what it does.
//!
//! | file | idea |
//! | --- | --- |
//! | `mod.rs` | words by name, who pays for them, and the few plain parameters |
//! | `version.rs` | which rules hold: ArbOS versions and upgrades between them |
//! | `params.rs` | prices and limits of programs, which owners may change |
//! | `set.rs` | address sets |
//! | `table.rs` | addresses by index |
//! | `programs.rs` | the table of active programs |
//! | `pricer.rs` | what storing a program's native code costs |

pub(super) mod params;
pub(super) mod pricer;
pub(super) mod programs;
pub(super) mod set;
pub(super) mod table;
pub(super) mod version;

use std::convert::Infallible;

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use revm::{
    Database,
    context_interface::{ContextTr, JournalTr},
    state::AccountInfo,
};

use super::{ArbContext, StateRef};
use crate::genesis::ARBOS_STATE;

const STORAGE_READ: u64 = 800;
const STORAGE_WRITE: u64 = 20_000;
const STORAGE_WRITE_ZERO: u64 = 5_000;
const CODE_HASH: u64 = 2_600;

/// Access to the chain's state, and who pays for it.
///
/// The context itself reads and writes free of charge, as the node does around a transaction; a precompile's call pays.
///
/// Upstream: `storage.Storage` with its burner (Nitro, `arbos/storage/storage.go`).
pub(super) trait Store<'d> {
    /// Why an access fails: gas.
    type Error;

    /// The context.
    fn ctx(&mut self) -> &mut ArbContext<'d>;

    /// Takes gas.
    fn burn(&mut self, gas: u64) -> Result<(), Self::Error>;

    /// Ends the work, taking all gas, unless this much is left. Nothing is paid.
    fn require(&mut self, gas: u64) -> Result<(), Self::Error>;

    /// Reads a word.
    fn read(&mut self, name: &str, key: &[u8]) -> Result<U256, Self::Error> {
        self.burn(STORAGE_READ)?;
        Ok(peek(self.ctx(), name, key))
    }

    /// Writes a word.
    fn write(&mut self, name: &str, key: &[u8], value: U256) -> Result<(), Self::Error> {
        self.burn(if value.is_zero() { STORAGE_WRITE_ZERO } else { STORAGE_WRITE })?;
        poke(self.ctx(), name, key, value);
        Ok(())
    }

    /// Pays for reading a value that never changes here.
    fn burn_read(&mut self) -> Result<(), Self::Error> {
        self.burn(STORAGE_READ)
    }

    /// The hash of an account's code; the account does not become warm.
    fn code_hash(&mut self, address: Address) -> Result<B256, Self::Error> {
        self.burn(CODE_HASH)?;
        Ok(account(self.ctx(), address).code_hash)
    }
}

impl<'d> Store<'d> for ArbContext<'d> {
    type Error = Infallible;

    fn ctx(&mut self) -> &mut Self {
        self
    }

    fn burn(&mut self, _gas: u64) -> Result<(), Infallible> {
        Ok(())
    }

    fn require(&mut self, _gas: u64) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Slot of a named value.
fn slot(name: &str, key: &[u8]) -> U256 {
    keccak256([b"arbos.", name.as_bytes(), b"/", key].concat()).into()
}

/// Reads a word without paying.
fn peek(ctx: &mut ArbContext<'_>, name: &str, key: &[u8]) -> U256 {
    let journal = ctx.journal_mut();
    let Ok(_) = journal.load_account(ARBOS_STATE);
    let Ok(value) = journal.sload(ARBOS_STATE, slot(name, key));
    value.data
}

/// Writes a word without paying.
fn poke(ctx: &mut ArbContext<'_>, name: &str, key: &[u8], value: U256) {
    let journal = ctx.journal_mut();
    let Ok(_) = journal.load_account(ARBOS_STATE);
    journal.touch_account(ARBOS_STATE);
    let Ok(_) = journal.sstore(ARBOS_STATE, slot(name, key), value);
}

/// An account as the transaction has left it. It does not become warm: what the chain itself looks at leaves no trace.
pub(super) fn account(ctx: &mut ArbContext<'_>, address: Address) -> AccountInfo {
    let known = ctx.journal_ref().evm_state().get(&address).map(|account| account.info.clone());
    if let Some(info) = known.filter(|info| info.code.is_some() || info.is_empty_code_hash()) {
        return info;
    }
    let Ok(info) = ctx.journal_mut().db_mut().basic(address);
    info.unwrap_or_default()
}

/// The code of an account, under the rules of [`account`].
pub(super) fn code(ctx: &mut ArbContext<'_>, address: Address) -> Bytes {
    account(ctx, address).code.map(|code| code.original_bytes()).unwrap_or_default()
}

/// Wei per calldata unit as the running transaction has left it.
pub(super) fn l1_price<'d, S: Store<'d>>(store: &mut S) -> Result<u128, S::Error> {
    let stored = store.read("l1_price", &[])?;
    Ok(price_or(stored, store.ctx().chain.env.l1_price_per_unit))
}

/// Sets the price read by [`l1_price_per_unit`].
pub(super) fn set_l1_price<'d, S: Store<'d>>(store: &mut S, price: u128) -> Result<(), S::Error> {
    store.write("l1_price", &[], U256::from(price) + U256::ONE)
}

/// Wei per calldata unit in a state: what the owner set, or `default` before that.
pub fn l1_price_per_unit(db: StateRef<'_>, default: u128) -> u128 {
    let Ok(stored) = db.storage_ref(ARBOS_STATE, slot("l1_price", &[]));
    price_or(stored, default)
}

fn price_or(stored: U256, default: u128) -> u128 {
    if stored.is_zero() { default } else { u128::try_from(stored - U256::ONE).unwrap_or(u128::MAX) }
}

/// A stored number; larger ones are cut to the largest.
fn number(stored: U256) -> u64 {
    u64::try_from(stored).unwrap_or(u64::MAX)
}
