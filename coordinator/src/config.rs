//! The billing configuration and the constructor.

use functions_contract::{
    Address,
    abi::{Buf, Tuple, WORD},
    construction, host, ownership, revert,
    revert::malformed,
};
use functions_types::selectors::{errors::coordinator as e, events::coordinator as ev};

use crate::{
    admin::only_owner,
    open,
    storage::{Config, Native, Owner, Pool, Settings, Usd},
    version::{CONFIG_FIELDS, CONFIG_UPDATED},
};

/// Words of the configuration on the wire.
pub const WORDS: usize = CONFIG_FIELDS;

/// Puts a configuration of the wire into the words; what else they hold stays.
///
/// Ends the call without data when a field does not fit its type.
fn unpack(wire: Tuple<'_>, config: &mut Config) {
    for index in 0..WORDS {
        if !config.set_field(index, wire.word(index)) {
            malformed();
        }
    }
}

/// Appends the configuration as the wire has it.
fn pack(config: &Config, out: &mut Buf) {
    for index in 0..WORDS {
        out.raw(&config.field(index));
    }
}

/// Stores the configuration and emits `ConfigUpdated`.
fn store(config: &Config) {
    config.store();
    let mut log = Buf::event(&CONFIG_UPDATED, WORDS, 0);
    pack(config, &mut log);
    host::log(&log, 1);
}

/// `constructor(address owner, address router, BillingConfig config, address linkToNativeFeed, address linkToUsdFeed)`,
/// once.
///
/// # Errors
/// No data (a field does not fit its type; constructed already), `Error("Cannot set owner to zero")`,
/// `RouterMustBeSet()`; in this order.
///
/// # Events
/// `ConfigUpdated`.
pub fn construct(args: Tuple<'_>) -> Buf {
    let (owner, router) = (args.address(0), args.address(1));
    let mut config = Config::new(&router, &args.address(2 + WORDS), &args.address(3 + WORDS));
    unpack(Tuple::new(&args.as_bytes()[2 * WORD..], WORDS), &mut config);
    construction::once();
    ownership::not_zero(&owner);
    if router == Address::ZERO {
        revert::error(e::ROUTER_MUST_BE_SET);
    }
    Owner::from_word(owner.into_word()).store();
    open::prepare();
    store(&config);
    Buf::empty()
}

/// `updateConfig(BillingConfig)`, by the owner; applies to later requests, and to the fallbacks of the feeds at once.
///
/// # Errors
/// No data (a field does not fit its type), `Error("Only callable by owner")`; in this order.
///
/// # Events
/// `ConfigUpdated`.
pub fn update_config(args: Tuple<'_>) -> Buf {
    let mut config = Config::load();
    unpack(args, &mut config);
    only_owner();
    store(&config);
    Buf::empty()
}

/// `getConfig()`.
pub fn get_config() -> Buf {
    let mut out = Buf::new(WORDS * WORD);
    pack(&Config::load(), &mut out);
    out
}

/// `setSharedOverhead(uint32 sharedOverheadGas)`, by the owner: so much of the overhead of a report's entries is billed
/// once a report, not once an entry. Applies to every later report, also on requests that are open; what they reserve
/// stays.
///
/// # Errors
/// No data (more than 32 bits), `Error("Only callable by owner")`, no data (too little gas); in this order.
///
/// # Events
/// `SharedOverheadUpdated`.
pub fn set_shared_overhead(args: Tuple<'_>) -> Buf {
    let gas = args.uint(0, 32);
    only_owner();
    // Who takes out what the pool has leaves its word empty.
    host::demand(30_000);
    let mut pool = Pool::load();
    pool.set_shared_overhead_gas(gas as u32);
    pool.store();
    let mut log = Buf::event(&ev::SHARED_OVERHEAD_UPDATED, 1, 0);
    log.num(gas);
    host::log(&log, 1);
    Buf::empty()
}

/// `getSharedOverhead()`: in gas.
pub fn get_shared_overhead() -> Buf {
    Buf::of(Pool::load().shared_overhead_gas().into())
}

/// What a request needs of the configuration.
pub struct RequestConfig {
    /// Added to the gas price, in 1/10000.
    pub over_estimation_bp: u32,
    /// Gas billed before and after the callback.
    pub overheads: (u32, u32),
    /// Floor of the gas price in wei.
    pub minimum_gas_price_wei: u64,
    /// Highest request data version.
    pub max_data_version: u16,
    /// Seconds until a request can be timed out.
    pub timeout_seconds: u32,
}

impl RequestConfig {
    /// Reads slots 2 and 3; slot 1 is read already.
    #[inline(never)]
    pub fn load(settings: &Settings) -> Self {
        let (native, usd) = (Native::load(), Usd::load());
        Self {
            over_estimation_bp: native.over_estimation_bp(),
            overheads: (native.gas_overhead_before_callback(), native.gas_overhead_after_callback()),
            minimum_gas_price_wei: settings.minimum_gas_price_wei(),
            max_data_version: usd.max_data_version(),
            timeout_seconds: usd.timeout_seconds(),
        }
    }
}
