//! What the Router's owner decides: construction, configuration and pause.

use functions_contract::{
    abi::{Buf, Tuple, WORD},
    construction, host, ownership, refuse,
    revert::{ERROR_STRING, malformed},
};
use functions_types::selectors::events::router as ev;

use crate::storage::{
    ADMIN_FEE, Book, FIRST_TIER, Limits, OWNERSHIP, PAUSED, Settings, load_tier, store_tier,
};

/// Words of the configuration's head.
const CONFIG_WORDS: usize = 7;

/// Refuses everyone but the owner.
///
/// # Errors
/// `Error("Only callable by owner")`.
pub(crate) fn only_owner() -> Settings {
    Settings::from_word(OWNERSHIP.only_owner())
}

/// Refuses while the Router is paused.
///
/// # Errors
/// `Error("Pausable: paused")`.
#[inline(never)]
pub(crate) fn not_paused() -> Settings {
    let settings = Settings::load();
    if settings.is(PAUSED) {
        paused();
    }
    settings
}

#[cold]
#[inline(never)]
pub(crate) fn paused() -> ! {
    refuse!(ERROR_STRING, "Pausable: paused")
}

/// `constructor(address owner, address link, Config config)`, once.
///
/// # Errors
/// No data (constructed already), `Error("Cannot set owner to zero")`; in this order.
///
/// # Events
/// `ConfigUpdated`.
pub fn construct(args: Tuple<'_>) -> Buf {
    let (owner, link) = (args.address(0), args.address(1));
    let config = Config::read(args, 2);
    construction::once();
    ownership::not_zero(&owner);
    let mut book = Book::blank();
    book.set_link(link);
    book.store();
    config.store(Settings::from_word(owner.into_word()));
    Buf::empty()
}

/// `updateConfig(Config)`, by the owner: replaces the whole configuration, unchecked.
///
/// # Errors
/// `Error("Only callable by owner")`.
///
/// # Events
/// `ConfigUpdated`.
pub fn update_config(args: Tuple<'_>) -> Buf {
    let config = Config::read(args, 0);
    config.store(only_owner());
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
    fn store(&self, mut settings: Settings) {
        let admin_fee = self.fields.juels(1, 72);
        settings.mark(ADMIN_FEE, !admin_fee.is_zero());
        settings.mark(FIRST_TIER, self.tiers_len != 0);
        settings.set_gas_for_call_exact_check(self.fields.uint(3, 16) as u16);
        let (selector, _) = self.fields.word(2).split_first_chunk().expect("a word has more bytes");
        settings.set_selector(*selector);
        for tier in 0..self.tiers_len {
            let limit = self.tiers.uint(tier, 32) as u32;
            if tier == 0 {
                settings.set_first_tier(limit);
            }
            store_tier(tier, limit);
        }
        settings.store();
        let mut limits = Limits::load();
        limits.set_max_consumers(self.fields.uint(0, 16) as u32);
        limits.set_deposit_minimum_requests(self.fields.u64(5));
        limits.set_deposit(self.fields.juels(6, 72));
        limits.set_admin_fee(admin_fee);
        limits.set_tiers(self.tiers_len);
        limits.store();
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
    1 + CONFIG_WORDS + 1 + Limits::load().tiers()
}

#[inline(never)]
fn encode_config(out: &mut Buf) {
    let (settings, limits) = (Settings::load(), Limits::load());
    out.num(WORD as u128);
    out.num(limits.max_consumers().into());
    out.juels(limits.admin_fee());
    out.raw(&settings.selector());
    out.raw(&[0; 28]);
    out.num(settings.gas_for_call_exact_check().into());
    out.num((CONFIG_WORDS * WORD) as u128);
    out.num(limits.deposit_minimum_requests().into());
    out.juels(limits.deposit());
    out.num(limits.tiers() as u128);
    for tier in 0..limits.tiers() {
        out.num(load_tier(tier).into());
    }
}

/// `pause()` and `unpause()`, by the owner.
///
/// # Errors
/// `Error("Only callable by owner")`, then `Error("Pausable: paused")` or `Error("Pausable: not paused")`.
///
/// # Events
/// `Paused`, `Unpaused`.
pub fn set_paused(pause: bool) -> Buf {
    let mut settings = only_owner();
    if settings.is(PAUSED) == pause {
        if pause {
            paused();
        }
        refuse!(ERROR_STRING, "Pausable: not paused");
    }
    settings.mark(PAUSED, pause);
    settings.store();
    let mut event = if pause { Buf::event(&ev::PAUSED, 1, 0) } else { Buf::event(&ev::UNPAUSED, 1, 0) };
    event.address(&settings.owner());
    host::log(&event, 1);
    Buf::empty()
}
