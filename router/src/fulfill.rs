//! Fulfillment: a Coordinator brings a response, the consumer is called, the subscription pays.
//!
//! The order is: checks against the worst case, forget the commitment, callback, settle with what the
//! callback really used. Between the last two the reservation still stands, so a callback cannot spend it.

use functions_contract::{
    B256,
    abi::{Buf, Tuple, WORD, tail},
    host,
    revert::{OVERFLOW, add, error, error_num, malformed, panic},
};
use functions_types::{
    Commitment, FulfillResult,
    selectors::{errors::router as e, events::router as ev},
};

use crate::{
    admin::paused,
    callback,
    storage::{self, Consumer, Purse, Subscription, commitment_slot},
    subscriptions::existing,
};

/// Words before the commitment among the arguments.
const HEAD_WORDS: usize = 5;

/// `fulfill(bytes response, bytes err, uint96 juelsPerGas, uint96 costWithoutCallback, address transmitter,
/// Commitment commitment) returns (uint8 resultCode, uint96 callbackCostJuels)`.
///
/// # Errors
/// `Error("Pausable: paused")`, `OnlyCallableFromCoordinator`, `InvalidSubscription` (closed meanwhile),
/// no data (too little gas for the exact callback), `InsufficientBalance` (settlement).
///
/// # Events
/// `RequestProcessed` when the request is consumed (codes 0 and 1), else `RequestNotProcessed`.
///
/// Upstream: `FunctionsRouter.fulfill` (1.0.0).
pub fn fulfill(args: Tuple<'_>) -> Buf {
    let response = args.bytes(0);
    let err = args.bytes(1);
    let juels_per_gas = args.uint(2, 96);
    let cost_without_callback = args.uint(3, 96);
    let transmitter = args.address(4);
    let encoded = &args.as_bytes()[HEAD_WORDS * WORD..HEAD_WORDS * WORD + Commitment::ENCODED_LEN];
    let Ok(terms) = Commitment::decode(encoded) else { malformed() };

    let settings = storage::settings();
    if settings.is_paused() {
        paused();
    }
    if host::sender() != terms.coordinator {
        error(e::ONLY_CALLABLE_FROM_COORDINATOR);
    }
    let slot = commitment_slot(&terms.request_id.0);
    if let Some(refusal) = check(&terms, encoded, &host::load(&slot), juels_per_gas, cost_without_callback) {
        let mut event = Buf::event(&ev::REQUEST_NOT_PROCESSED, 4, 0);
        event.raw(terms.request_id.0.as_slice());
        event.address(&terms.coordinator);
        event.address(&transmitter);
        event.num(refusal.code().into());
        host::log(&event, 2);
        return result(refusal, 0);
    }

    host::store(&slot, &B256::ZERO);
    let outcome = callback::run(&settings, &terms, response, err);
    let callback_cost = juels(juels_per_gas, outcome.gas_used);
    let total = settle(&terms, cost_without_callback, callback_cost);
    let code = if outcome.success { FulfillResult::Fulfilled } else { FulfillResult::UserCallbackError };

    let tails = tail(response.len()) + tail(err.len()) + tail(outcome.return_data.len());
    let mut event = Buf::event(&ev::REQUEST_PROCESSED, 2 + 6, tails);
    event.raw(terms.request_id.0.as_slice());
    event.num(terms.subscription_id.0.into());
    event.num(total);
    event.address(&transmitter);
    event.num(code.code().into());
    let mut offset = 6 * WORD;
    for bytes in [response, err, &outcome.return_data] {
        event.num(offset as u128);
        offset += tail(bytes.len());
    }
    for bytes in [response, err, &outcome.return_data] {
        event.bytes(bytes);
    }
    host::log(&event, 3);
    result(code, callback_cost)
}

fn result(code: FulfillResult, callback_cost: u128) -> Buf {
    let mut out = Buf::new(2 * WORD);
    out.num(code.code().into());
    out.num(callback_cost);
    out
}

/// The reasons not to process a request, or `None`. Costs are those of the worst case: a callback that
/// uses its whole limit.
fn check(
    terms: &Commitment,
    encoded: &[u8],
    stored: &B256,
    juels_per_gas: u128,
    cost_without_callback: u128,
) -> Option<FulfillResult> {
    if *stored == B256::ZERO {
        return Some(FulfillResult::InvalidRequestId);
    }
    if host::keccak(encoded) != *stored {
        return Some(FulfillResult::InvalidCommitment);
    }
    let needed = add(terms.callback_gas_limit.into(), terms.gas_overhead_after_callback.into(), 40);
    if u128::from(host::gas_left()) < needed {
        return Some(FulfillResult::InsufficientGasProvided);
    }
    let worst = juels(juels_per_gas, terms.callback_gas_limit.into());
    let worst = add(add(terms.admin_fee, cost_without_callback, 96), worst, 96);
    if worst > existing(terms.subscription_id).1.juels {
        return Some(FulfillResult::SubscriptionBalanceInvariantViolation);
    }
    if worst > terms.estimated_total_cost_juels {
        return Some(FulfillResult::CostExceedsCommitment);
    }
    None
}

/// The price of `gas`, in 96 bits.
#[inline(never)]
fn juels(per_gas: u128, gas: u64) -> u128 {
    match per_gas.checked_mul(gas.into()) {
        Some(juels) if juels >> 96 == 0 => juels,
        _ => panic(OVERFLOW),
    }
}

/// Charges the subscription, releases the reservation, credits Coordinator and Router, counts the request
/// as completed; returns the total.
fn settle(terms: &Commitment, cost_without_callback: u128, callback_cost: u128) -> u128 {
    let earned = add(cost_without_callback, callback_cost, 96);
    let total = add(earned, terms.admin_fee, 96);
    let subscription = Subscription::new(terms.subscription_id);
    let mut account = Purse::load(&subscription.account());
    let mut blocked = Purse::load(&subscription.blocked());
    if account.juels < total || blocked.juels < terms.estimated_total_cost_juels {
        error_num(e::INSUFFICIENT_BALANCE, account.juels);
    }
    account.juels -= total;
    blocked.juels -= terms.estimated_total_cost_juels;
    account.store(&subscription.account());
    blocked.store(&subscription.blocked());
    storage::credit(&terms.coordinator, earned);
    if terms.admin_fee != 0 {
        storage::credit(&host::this(), terms.admin_fee);
    }
    Consumer::complete(&terms.client, terms.subscription_id);
    total
}
