//! The configuration and the constructor.

use functions_contract::{
    Address,
    abi::{Buf, Tuple, WORD},
    construction, host, ownership,
    revert::error,
};
use functions_types::selectors::{errors::allow_list as e, events::allow_list as ev};

use crate::storage::{Member, OWNERSHIP, Set, State, set_owner};

/// Words of the configuration on the wire: enabled, signer.
pub const WORDS: usize = 2;

/// `constructor(address owner, AllowListConfig config, address[] initialAllowedSenders, address[]
/// initialBlockedSenders)`, once.
///
/// # Errors
/// No data (constructed already), `Error("Cannot set owner to zero")`, `InvalidCalldata()` (a sender is to be allowed
/// and blocked); in this order.
///
/// # Events
/// `ConfigUpdated`; none for the senders.
pub fn construct(args: Tuple<'_>) -> Buf {
    let owner = args.address(0);
    let config = Config::read(args, 1);
    let (allowed_len, allowed) = senders(args, 3);
    let (blocked_len, blocked) = senders(args, 4);
    construction::once();
    ownership::not_zero(&owner);
    set_owner(&owner);
    config.store();
    for index in 0..allowed_len {
        Set::Allowed.insert(&allowed.address(index));
    }
    for index in 0..blocked_len {
        let sender = blocked.address(index);
        if Set::Allowed.has(&Member::load(&sender)) {
            error(e::INVALID_CALLDATA);
        }
        Set::Blocked.insert(&sender);
    }
    Buf::empty()
}

/// The array whose offset is argument `index`; every address in it is checked.
fn senders(args: Tuple<'_>, index: usize) -> (usize, Tuple<'_>) {
    let (len, senders) = args.list(index, WORD);
    (0..len).for_each(|index| _ = senders.address(index));
    (len, senders)
}

/// `updateConfig(AllowListConfig)`, by the owner.
///
/// # Errors
/// `Error("Only callable by owner")`.
///
/// # Events
/// `ConfigUpdated`.
pub fn update_config(args: Tuple<'_>) -> Buf {
    let config = Config::read(args, 0);
    OWNERSHIP.only_owner();
    config.store();
    Buf::empty()
}

/// `getConfig()`.
pub fn get_config() -> Buf {
    let state = State::load();
    let mut out = Buf::new(WORDS * WORD);
    out.num(state.is_enabled().into());
    out.address(&state.signer());
    out
}

struct Config {
    enabled: bool,
    signer: Address,
}

impl Config {
    /// Reads the configuration that begins with argument `index`.
    fn read(args: Tuple<'_>, index: usize) -> Self {
        Self { enabled: args.uint(index, 1) != 0, signer: args.address(index + 1) }
    }

    fn store(&self) {
        let mut state = State::load();
        state.set_signer(self.signer);
        state.set_enabled(self.enabled);
        state.store();
        let mut event = Buf::event(&ev::CONFIG_UPDATED, WORDS, 0);
        event.num(self.enabled.into());
        event.address(&self.signer);
        host::log(&event, 1);
    }
}
