//! Prices of LINK and the L1 fee: what is read from other contracts.

use alloy_primitives::{U256, address};
use functions_contract::{
    Address,
    abi::{Buf, Tuple, WORD, halves},
    host::{self, Stretch},
    revert,
    revert::malformed,
};
use functions_types::{
    chains::bills_l1_fee,
    selectors::{errors::coordinator as e, functions::feed},
};

use crate::{
    storage::{Fallback, Native, Settings, Usd, UsdFallback},
    u256,
};

/// Arbitrum's precompile of gas information.
const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006C");

/// A view call without arguments that must return `words` words; a revert is passed on, an account without code ends
/// the call without data because nothing comes back.
#[inline(never)]
pub fn read(contract: &Address, selector: u32, words: usize) -> &'static [u8] {
    if !host::static_call(contract, &selector.to_be_bytes()) {
        host::bubble();
    }
    let data = host::return_data(words * WORD);
    if data.len() < words * WORD {
        malformed();
    }
    data
}

/// Words of a feed's round: id, answer, two times, and the round it was answered in.
const ROUND_WORDS: usize = 5;

/// Gas of turning what a feed says into a price, whether it is stale or not.
const PRICE_GAS: u64 = 120;

/// The answer in a feed's latest round, or `None` when it is stale.
///
/// A round in the future is `Panic(0x11)`, an answer that is not positive the custom error `invalid`.
#[inline(never)]
fn answer(round: &[u8], staleness_seconds: u32, invalid: u32) -> Option<U256> {
    let round = Tuple::new(round, ROUND_WORDS);
    round.uint(0, 80);
    round.uint(4, 80);
    let (high, updated_at) = halves(round.word(3));
    let now = u128::from(host::timestamp());
    if high != 0 || updated_at > now {
        revert::panic(revert::OVERFLOW);
    }
    if staleness_seconds > 0 && now - updated_at > staleness_seconds.into() {
        return None;
    }
    let answer = round.word(1);
    if answer[0] >= 0x80 || *answer == [0; WORD] {
        revert::error_word(invalid, answer);
    }
    Some(u256::read(answer))
}

/// Wei for one LINK, or the configured fallback when the feed is stale.
///
/// # Errors
/// What the feed raises, no data (it is no feed), `Panic(0x11)` (its answer is of the future), `InvalidLinkWeiPrice`
/// (it is not positive); in this order.
#[inline(never)]
pub fn wei_per_link(staleness_seconds: u32) -> U256 {
    let round = read(&Native::load().feed(), feed::LATEST_ROUND_DATA, ROUND_WORDS);
    let stretch = Stretch::of(PRICE_GAS);
    let price = answer(round, staleness_seconds, e::INVALID_LINK_WEI_PRICE)
        .unwrap_or_else(|| u256::read(&Fallback::load().wei_per_link()));
    stretch.end();
    price
}

/// Reads the words that are needed when a feed is stale, so that a request takes as much gas while none is.
pub fn read_fallbacks() {
    Fallback::load();
    UsdFallback::load();
}

/// US dollars for one LINK with their decimals, or the configured fallback pair when the feed is stale.
///
/// Nobody needs the decimals of a stale feed; it is asked for them so that a request takes as much gas whether it is
/// stale or not.
///
/// # Errors
/// What the feed raises, no data (it is no feed), `Panic(0x11)` (its answer is of the future), `InvalidUsdLinkPrice`
/// (it is not positive), what it raises when asked for its decimals; in this order.
#[inline(never)]
pub fn usd_per_link(settings: &Settings) -> (U256, u8) {
    let feed = Usd::load().feed();
    let round = read(&feed, feed::LATEST_ROUND_DATA, ROUND_WORDS);
    let answered = host::static_call(&feed, &feed::DECIMALS.to_be_bytes());
    let decimals = host::return_data(WORD);
    let stretch = Stretch::of(PRICE_GAS);
    let price = match answer(round, settings.feed_staleness_seconds(), e::INVALID_USD_LINK_PRICE) {
        Some(_) if !answered => host::bubble(),
        Some(_) if decimals.len() < WORD => malformed(),
        Some(price) => (price, Tuple::new(decimals, 1).uint(0, 8) as u8),
        None => (U256::from(UsdFallback::load().usd_per_link()), settings.usd_fallback_decimals()),
    };
    stretch.end();
    price
}

/// Word `index` of the `words` a view of the gas information returns; zero on chains whose L1 fee is not billed.
///
/// # Errors
/// Those of [`read`], on the chains that have no such information.
#[inline(always)]
pub fn arb_gas_info(selector: u32, words: usize, index: usize) -> U256 {
    if !bills_l1_fee(host::chain_id()) {
        return U256::ZERO;
    }
    let data = read(&ARB_GAS_INFO, selector, words);
    u256::read(Tuple::new(data, words).word(index))
}

/// `getWeiPerUnitLink()`.
///
/// # Errors
/// Those of [`wei_per_link`].
pub fn get_wei_per_unit_link() -> Buf {
    Buf::of_word(&u256::write(wei_per_link(Settings::load().feed_staleness_seconds())))
}

/// `getUsdPerUnitLink()`.
///
/// # Errors
/// Those of [`usd_per_link`].
pub fn get_usd_per_unit_link() -> Buf {
    let (price, decimals) = usd_per_link(&Settings::load());
    let mut out = Buf::new(2 * WORD);
    out.raw(&u256::write(price));
    out.num(decimals.into());
    out
}

/// The price the transaction pays, in wei per gas.
pub fn gas_price() -> U256 {
    u256::read(&host::gas_price().0)
}
