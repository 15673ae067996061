//! What the Router's owner decides: construction, configuration, pause, and who the owner is.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, WORD},
    host,
    revert::{ERROR_STRING, error_text, malformed},
    word,
};
use functions_types::selectors::events::router as ev;

use crate::storage::{
    self, ALLOW_LIST_ID, CONSTRUCTED, LIMITS, LINK, OWNER, PROPOSED_OWNER, Purse, SETTINGS, SETTINGS_TIERS,
    load_address, number, tier_slot,
};

/// Words of the configuration's head.
const CONFIG_WORDS: usize = 7;

/// Refuses everyone but the owner.
#[inline(never)]
pub(crate) fn only_owner() {
    if host::sender() != Purse::load(&OWNER).holder {
        error_text(ERROR_STRING, "Only callable by owner");
    }
}

/// Refuses while the Router is paused.
#[inline(never)]
pub(crate) fn not_paused() {
    if storage::settings().is_paused() {
        paused();
    }
}

#[cold]
#[inline(never)]
pub(crate) fn paused() -> ! {
    error_text(ERROR_STRING, "Pausable: paused")
}

/// `constructor(address owner, address link, Config config)`, once.
pub fn construct(args: Tuple<'_>) -> Buf {
    let (owner, link) = (args.address(0), args.address(1));
    let config = Config::read(args, 2);
    if host::load(&CONSTRUCTED) != B256::ZERO {
        malformed();
    }
    if owner == Address::ZERO {
        error_text(ERROR_STRING, "Cannot set owner to zero");
    }
    host::store(&CONSTRUCTED, &B256::with_last_byte(1));
    host::store(&LINK, &link.into_word());
    Purse { juels: 0, holder: owner }.store(&OWNER);
    config.store();
    Buf::empty()
}

/// `updateConfig(Config)`, by the owner: replaces the whole configuration, unchecked.
pub fn update_config(args: Tuple<'_>) -> Buf {
    let config = Config::read(args, 0);
    only_owner();
    config.store();
    Buf::empty()
}

/// A configuration as calldata: decoded, not yet stored.
struct Config<'a> {
    fields: Tuple<'a>,
    tiers: Tuple<'a>,
    tiers_len: usize,
}

impl<'a> Config<'a> {
    /// Reads the configuration whose offset is argument `index`; every field is checked.
    fn read(args: Tuple<'a>, index: usize) -> Self {
        let fields = args.at(index, CONFIG_WORDS);
        for (field, bits) in [(0, 16), (1, 72), (3, 16), (5, 16), (6, 72)] {
            fields.uint(field, bits);
        }
        if fields.word(2)[4..] != [0; 28] {
            malformed();
        }
        let (tiers_len, tiers) = fields.list(4, WORD);
        (0..tiers_len).for_each(|tier| _ = tiers.uint(tier, 32));
        // The length is stored in two bytes. More tiers than that could not be paid for in one transaction.
        if tiers_len > usize::from(u16::MAX) {
            malformed();
        }
        Self { fields, tiers, tiers_len }
    }

    /// Stores it, keeping what shares its words, and tells the world.
    fn store(&self) {
        let mut settings = storage::settings().0;
        word::put(&mut settings, 0, 9, self.fields.uint(1, 72));
        settings[9..13].copy_from_slice(&self.fields.word(2)[..4]);
        word::put(&mut settings, 13, 2, self.fields.uint(3, 16));
        word::put(&mut settings, 16, 2, self.tiers_len as u128);
        for tier in 0..self.tiers_len {
            let limit = self.tiers.uint(tier, 32);
            if tier < SETTINGS_TIERS {
                let at = 18 + 4 * tier;
                settings[at..at + 4].copy_from_slice(&(limit as u32).to_be_bytes());
            } else {
                host::store(&tier_slot(tier), &number(limit));
            }
        }
        host::store(&SETTINGS, &settings);
        let mut limits = storage::limits().0;
        word::put(&mut limits, 8, 2, self.fields.uint(0, 16));
        word::put(&mut limits, 10, 2, self.fields.uint(5, 16));
        word::put(&mut limits, 12, 9, self.fields.uint(6, 72));
        host::store(&LIMITS, &limits);
        let mut event = Buf::event(&ev::CONFIG_UPDATED, config_words(), 0);
        encode_config(&mut event);
        host::log(&event, 1);
    }
}

/// `getConfig()`.
pub fn get_config() -> Buf {
    let mut out = Buf::new(config_words() * WORD);
    encode_config(&mut out);
    out
}

/// Words of the encoded configuration: its offset, its head, its tiers.
fn config_words() -> usize {
    1 + CONFIG_WORDS + 1 + storage::settings().tiers()
}

#[inline(never)]
fn encode_config(out: &mut Buf) {
    let (settings, limits) = (storage::settings(), storage::limits());
    out.num(WORD as u128);
    out.num(limits.max_consumers().into());
    out.num(settings.admin_fee());
    out.raw(&settings.selector());
    out.raw(&[0; 28]);
    out.num(settings.gas_for_call_exact_check().into());
    out.num((CONFIG_WORDS * WORD) as u128);
    out.num(limits.deposit_minimum_requests().into());
    out.num(limits.deposit_juels());
    out.num(settings.tiers() as u128);
    for tier in 0..settings.tiers() {
        out.num(settings.tier(tier).into());
    }
}

/// `setAllowListId(bytes32)`, by the owner.
pub fn set_allow_list_id(args: Tuple<'_>) -> Buf {
    only_owner();
    host::store(&ALLOW_LIST_ID, &args.b256(0));
    Buf::empty()
}

/// `pause()` and `unpause()`, by the owner.
pub fn set_paused(pause: bool) -> Buf {
    only_owner();
    let mut settings = storage::settings();
    if settings.is_paused() == pause {
        if pause {
            paused();
        }
        error_text(ERROR_STRING, "Pausable: not paused");
    }
    settings.0[15] = pause.into();
    host::store(&SETTINGS, &settings.0);
    let mut event = if pause { Buf::event(&ev::PAUSED, 1, 0) } else { Buf::event(&ev::UNPAUSED, 1, 0) };
    event.address(&host::sender());
    host::log(&event, 1);
    Buf::empty()
}

/// `transferOwnership(address)`, by the owner: proposes; the zero address withdraws the proposal.
pub fn transfer_ownership(args: Tuple<'_>) -> Buf {
    let to = args.address(0);
    only_owner();
    let from = host::sender();
    if to == from {
        error_text(ERROR_STRING, "Cannot transfer to self");
    }
    host::store(&PROPOSED_OWNER, &to.into_word());
    ownership_event(&ev::OWNERSHIP_TRANSFER_REQUESTED, &from, &to);
    Buf::empty()
}

/// `acceptOwnership()`, by the proposed owner.
pub fn accept_ownership() -> Buf {
    let to = host::sender();
    if to != load_address(&PROPOSED_OWNER) {
        error_text(ERROR_STRING, "Must be proposed owner");
    }
    let mut owner = Purse::load(&OWNER);
    let from = owner.holder;
    owner.holder = to;
    owner.store(&OWNER);
    host::store(&PROPOSED_OWNER, &B256::ZERO);
    ownership_event(&ev::OWNERSHIP_TRANSFERRED, &from, &to);
    Buf::empty()
}

#[inline(always)]
fn ownership_event(signature: &B256, from: &Address, to: &Address) {
    let mut event = Buf::event(signature, 2, 0);
    event.address(from);
    event.address(to);
    host::log(&event, 3);
}
