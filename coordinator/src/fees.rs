//! What a request costs, before it is made.

use alloy_primitives::U256;
use functions_contract::{
    abi::{Buf, Tuple},
    host::{self, Stretch},
    revert,
    rules::rule,
};
use functions_rules::{Estimate, juels};
use functions_types::{
    Juels,
    selectors::{
        errors::coordinator as e,
        functions::router::{GET_ADMIN_FEE, IS_VALID_CALLBACK_GAS_LIMIT},
    },
};

use crate::{
    config::RequestConfig,
    feeds,
    storage::{FlatFee, Settings, Usd},
    u256::{self, Host},
    version,
};

/// Gas price above which nothing is estimated, in wei.
const GAS_PRICE_CEILING_WEI: U256 = U256::from_limbs([1_000_000_000_000_000, 0, 0, 0]);

/// Gas of one flat fee, at any price.
const FEE_GAS: u64 = 150;
/// Gas of a reservation, at any price.
const RESERVATION_GAS: u64 = 300;

/// DON fee and operation fee (72 bits each), at the price of the USD feed.
///
/// # Errors
/// Those of [`feeds::usd_per_link`]; then `Panic(0x11)`, `Panic(0x12)` or `SafeCast: …` for a fee that does not fit.
#[inline(never)]
pub fn flat_fees(settings: &Settings) -> (Juels, Juels) {
    let (price, decimals) = feeds::usd_per_link(settings);
    (fee(FlatFee::Don, price, decimals), fee(FlatFee::Operation, price, decimals))
}

#[inline(never)]
fn fee(fee: FlatFee, price: U256, decimals: u8) -> Juels {
    let usd = Usd::load();
    let stretch = Stretch::of(FEE_GAS);
    let cents = usd.cents(fee);
    let juels = rule(juels::from_cents_down::<Host>(cents, price, decimals));
    stretch.end();
    juels
}

/// The reservation of a request.
///
/// # Errors
/// What the chain's gas information raises; those of [`feeds::wei_per_link`]; then `Panic(0x11)`, `Panic(0x12)` or
/// `SafeCast: …` for a cost that does not fit.
#[inline(never)]
pub fn estimate(
    config: &RequestConfig,
    staleness_seconds: u32,
    callback_gas_limit: u32,
    gas_price_wei: U256,
    admin_fee: Juels,
    (don_fee, operation_fee): (Juels, Juels),
) -> Juels {
    let estimate = Estimate {
        gas_price_wei,
        minimum_gas_price_wei: config.minimum_gas_price_wei,
        over_estimation_bp: config.over_estimation_bp,
        gas_overhead_before_callback: config.overheads.0,
        gas_overhead_after_callback: config.overheads.1,
        callback_gas_limit,
        l1_fee_wei: version::l1_fee_of_estimate(),
        wei_per_link: feeds::wei_per_link(staleness_seconds),
        don_fee,
        admin_fee,
        operation_fee,
    };
    let stretch = Stretch::of(RESERVATION_GAS);
    let juels = rule(version::reservation(&estimate));
    stretch.end();
    juels
}

/// `getAdminFeeJuels()`: the Router's admin fee (72 bits).
///
/// # Errors
/// What the Router raises; no data when it is none.
pub fn admin_fee() -> Juels {
    let data = feeds::read(&Settings::load().router(), GET_ADMIN_FEE, 1);
    Tuple::new(data, 1).juels(0, 72)
}

/// `getDONFeeJuels(bytes)`; the bytes are ignored.
///
/// # Errors
/// Those of [`flat_fees`].
pub fn get_don_fee_juels(args: Tuple<'_>) -> Buf {
    args.bytes(0);
    Buf::of_juels(one_fee(FlatFee::Don))
}

/// `getOperationFeeJuels()`.
///
/// # Errors
/// Those of [`flat_fees`].
pub fn get_operation_fee_juels() -> Buf {
    Buf::of_juels(one_fee(FlatFee::Operation))
}

/// One of the two fees alone, so that the other cannot fail it.
fn one_fee(flat: FlatFee) -> Juels {
    let (price, decimals) = feeds::usd_per_link(&Settings::load());
    fee(flat, price, decimals)
}

/// `estimateCost(uint64 subscriptionId, bytes data, uint32 callbackGasLimit, uint256 gasPriceWei)`: needs neither the
/// subscription nor its balance.
///
/// # Errors
/// What the Router says about the gas limit, `InvalidCalldata()` (a gas price above 10¹⁵ wei), those of [`admin_fee`],
/// [`flat_fees`] and [`estimate`]; in this order.
pub fn estimate_cost(args: Tuple<'_>) -> Buf {
    let subscription = args.u64(0);
    args.bytes(1);
    let callback_gas_limit = args.uint(2, 32) as u32;
    let gas_price = u256::read(args.word(3));
    let settings = Settings::load();
    let mut call = Buf::call(IS_VALID_CALLBACK_GAS_LIMIT, 2, 0);
    call.num(subscription.into());
    call.num(callback_gas_limit.into());
    host::must_static_call(&settings.router(), call.as_bytes());
    if gas_price > GAS_PRICE_CEILING_WEI {
        revert::error(e::INVALID_CALLDATA);
    }
    let admin_fee = admin_fee();
    let staleness = settings.feed_staleness_seconds();
    let fees = flat_fees(&settings);
    Buf::of_juels(estimate(
        &RequestConfig::load(&settings),
        staleness,
        callback_gas_limit,
        gas_price,
        admin_fee,
        fees,
    ))
}
