//! Which rules hold: ArbOS versions, what each changes, and upgrades from one to the next.
//!
//! | from | changes |
//! | --- | --- |
//! | 51 | Stylus version 2, programs up to 128 KiB |
//! | 59 | Stylus version 3: programs must be activated again, several results of a function are refused, the page limit bounds all pages a transaction has open, owners may set a further price of activation |
//! | 60 | programs up to 256 KiB, also cut into 4 fragments; a program that ran in the block enters at the cached price |
//! | 61 | nothing a program or a precompile can tell |
//!
//! The version of a block follows from the state before it: the one the chain began with or was brought to, and an
//! upgrade that is due.
//!
//! Upstream: `UpgradeArbosVersion` (Nitro v3.10, `arbos/arbosState/arbosstate.go`).

use std::ops::RangeInclusive;

use alloy::primitives::U256;

use super::{Store, number, poke, slot};
use crate::{
    evm::{ArbContext, StateRef},
    genesis::ARBOS_STATE,
};

/// The versions whose rules are known here.
pub const ARBOS_VERSIONS: RangeInclusive<u64> = 51..=61;
/// Raises the Stylus version.
const ARBOS_59: u64 = 59;
/// Brings fragments.
const ARBOS_60: u64 = 60;

/// Whether the rules of ArbOS 59 hold.
pub(in crate::evm) const fn is_59(arbos: u64) -> bool {
    arbos >= ARBOS_59
}

/// Whether the rules of ArbOS 60 hold.
pub(in crate::evm) const fn is_60(arbos: u64) -> bool {
    arbos >= ARBOS_60
}

/// The Stylus version that programs are activated for.
pub(in crate::evm) const fn stylus_version(arbos: u64) -> u16 {
    if is_59(arbos) { 3 } else { 2 }
}

/// Whether codes may be fragments and roots of fragments.
pub(in crate::evm) fn has_fragments(ctx: &ArbContext<'_>) -> bool {
    is_60(ctx.chain.env.arbos_version)
}

/// The version of a block built on a state at `timestamp`; `first` is the one the chain began with.
pub fn arbos_version(db: StateRef<'_>, first: u64, timestamp: u64) -> u64 {
    let word = |name: &str| {
        let Ok(stored) = db.storage_ref(ARBOS_STATE, slot(name, &[]));
        number(stored)
    };
    let current = first.max(word("version"));
    let due = word("upgrade_timestamp") <= timestamp;
    if due { current.max(word("upgrade_version")) } else { current }
}

/// Schedules an upgrade for the first block at or after `timestamp`. An earlier one that was not due yet is forgotten.
pub(in crate::evm) fn schedule<'d, S: Store<'d>>(
    store: &mut S,
    version: u64,
    timestamp: u64,
) -> Result<(), S::Error> {
    // An upgrade that took place is known by its schedule alone: it is written down before the schedule goes.
    let current = store.ctx().chain.env.arbos_version;
    poke(store.ctx(), "version", &[], U256::from(current));
    store.write("upgrade_version", &[], U256::from(version))?;
    store.write("upgrade_timestamp", &[], U256::from(timestamp))
}

/// The upgrade that is still to come, and its time; zeros when there is none.
pub(in crate::evm) fn scheduled<'d, S: Store<'d>>(store: &mut S) -> Result<(u64, u64), S::Error> {
    let version = number(store.read("upgrade_version", &[])?);
    let timestamp = number(store.read("upgrade_timestamp", &[])?);
    let current = store.ctx().chain.env.arbos_version;
    Ok(if current >= version { (0, 0) } else { (version, timestamp) })
}

/// Gas an activation pays on top of all else, which owners set.
pub(in crate::evm) fn activation_gas<'d, S: Store<'d>>(store: &mut S) -> Result<u64, S::Error> {
    if !is_59(store.ctx().chain.env.arbos_version) {
        return Ok(0);
    }
    Ok(number(store.read("activation_gas", &[])?))
}

/// Sets [`activation_gas`].
pub(in crate::evm) fn set_activation_gas<'d, S: Store<'d>>(store: &mut S, gas: u64) -> Result<(), S::Error> {
    store.write("activation_gas", &[], U256::from(gas))
}
