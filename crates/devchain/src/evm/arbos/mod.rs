//! The chain's own state: program table, data pricer, owners, cache managers, prices.
//!
//! It lies in the storage of [`ARBOS_STATE`](crate::genesis::ARBOS_STATE) and is read and written through the journal, so that a
//! revert takes it back like any contract's storage. The layout is our own: slot = keccak(name ‖ key).
//!
//! | file | idea |
//! | --- | --- |
//! | `mod.rs` | words by name, and the few plain parameters |
//! | `set.rs` | address sets |
//! | `programs.rs` | the table of active programs |
//! | `pricer.rs` | what storing a program's native code costs |

pub(super) mod pricer;
pub(super) mod programs;
pub(super) mod set;

use alloy::primitives::{U256, keccak256};
use revm::context_interface::{ContextTr, JournalTr};
use stylus_program::StylusParams;

use super::{ArbContext, StateRef};
use crate::genesis::ARBOS_STATE;

/// ArbOS version that brought fragments, the block's recent programs and the ban of multi-value modules.
const ARBOS_60: u64 = 60;
/// Fragments a program may be cut into, unless the owner says otherwise.
const MAX_FRAGMENTS: u64 = 2;

/// Slot of a named value.
fn slot(name: &str, key: &[u8]) -> U256 {
    keccak256([b"arbos.", name.as_bytes(), b"/", key].concat()).into()
}

/// Reads a word of the chain's state.
fn read(ctx: &mut ArbContext<'_>, name: &str, key: &[u8]) -> U256 {
    let journal = ctx.journal_mut();
    let Ok(_) = journal.load_account(ARBOS_STATE);
    let Ok(value) = journal.sload(ARBOS_STATE, slot(name, key));
    value.data
}

/// Writes a word of the chain's state.
fn write(ctx: &mut ArbContext<'_>, name: &str, key: &[u8], value: U256) {
    let journal = ctx.journal_mut();
    let Ok(_) = journal.load_account(ARBOS_STATE);
    journal.touch_account(ARBOS_STATE);
    let Ok(_) = journal.sstore(ARBOS_STATE, slot(name, key), value);
}

/// Whether the rules of ArbOS 60 hold.
pub(super) fn has_fragments(ctx: &ArbContext<'_>) -> bool {
    ctx.chain.env.arbos_version >= ARBOS_60
}

/// Prices and limits of programs.
pub(super) fn stylus_params(ctx: &mut ArbContext<'_>) -> StylusParams {
    let defaults = StylusParams::default();
    let ink_price = u32::try_from(read(ctx, "ink_price", &[])).unwrap_or_default();
    StylusParams {
        ink_price: if ink_price == 0 { defaults.ink_price } else { ink_price },
        allow_multi_value: !has_fragments(ctx),
        debug_imports: true,
        ..defaults
    }
}

/// Fragments a program may be cut into.
pub(super) fn max_fragments(ctx: &mut ArbContext<'_>) -> u8 {
    let stored = read(ctx, "max_fragments", &[]);
    let count = if stored.is_zero() { U256::from(MAX_FRAGMENTS) } else { stored - U256::ONE };
    u8::try_from(count).unwrap_or(u8::MAX)
}

/// Sets [`max_fragments`].
pub(super) fn set_max_fragments(ctx: &mut ArbContext<'_>, count: u8) {
    write(ctx, "max_fragments", &[], U256::from(count) + U256::ONE);
}

/// Sets the ink that one gas buys.
pub(super) fn set_ink_price(ctx: &mut ArbContext<'_>, price: u32) {
    write(ctx, "ink_price", &[], U256::from(price));
}

/// Wei per calldata unit as the running transaction has left it.
pub(super) fn l1_price(ctx: &mut ArbContext<'_>) -> u128 {
    let stored = read(ctx, "l1_price", &[]);
    price_or(stored, ctx.chain.env.l1_price_per_unit)
}

/// Sets the price read by [`l1_price_per_unit`].
pub(super) fn set_l1_price(ctx: &mut ArbContext<'_>, price: u128) {
    write(ctx, "l1_price", &[], U256::from(price) + U256::ONE);
}

/// Wei per calldata unit in a state: what the owner set, or `default` before that.
pub fn l1_price_per_unit(db: StateRef<'_>, default: u128) -> u128 {
    let Ok(stored) = db.storage_ref(ARBOS_STATE, slot("l1_price", &[]));
    price_or(stored, default)
}

fn price_or(stored: U256, default: u128) -> u128 {
    if stored.is_zero() { default } else { u128::try_from(stored - U256::ONE).unwrap_or(u128::MAX) }
}
