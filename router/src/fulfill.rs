//! Fulfillment: a Coordinator brings a response, the consumer is called, the subscription pays.
//!
//! The order is: checks against the worst case, forget the commitment, callback, settle with what the
//! callback really used. Between the last two the reservation still stands, so a callback cannot spend it.

use functions_contract::{
    B256,
    abi::{Buf, Tuple, WORD, tail},
    host,
    revert::{error, error_num, malformed},
    rules::rule,
};
use functions_rules::fulfillment::{Settlement, gas_needed, worst_case};
use functions_types::{
    Commitment, FulfillResult, Juels, JuelsPerGas,
    commitment::IN_FULFILL,
    selectors::{errors::router as e, events::router as ev},
};

use crate::{
    account::{Consumer, Subscription},
    admin::paused,
    callback,
    storage::{self, CommitmentHash, PAUSED, Settings},
};

/// `fulfill(bytes response, bytes err, uint96 juelsPerGas, uint96 costWithoutCallback, address transmitter,
/// Commitment commitment) returns (uint8 resultCode, uint96 callbackCostJuels)`.
///
/// # Errors
/// `Error("Pausable: paused")`, `OnlyCallableFromCoordinator`, `Panic(0x11)` (the worst case does not fit),
/// `InvalidSubscription` (closed meanwhile), no data (too little gas for the exact callback), `InsufficientBalance`
/// (settlement), `Panic(0x11)` (an account would have more than 96 bits); in this order.
///
/// # Events
/// `RequestProcessed` when the request is consumed (codes 0 and 1), else `RequestNotProcessed`.
///
/// Upstream: `FunctionsRouter.fulfill` (1.0.0).
pub fn fulfill(args: Tuple<'_>) -> Buf {
    let response = args.bytes(0);
    let err = args.bytes(1);
    let juels_per_gas = JuelsPerGas(args.juels(2, 96));
    let cost_without_callback = args.juels(3, 96);
    let transmitter = args.address(4);
    let encoded = args.words(IN_FULFILL, Commitment::WORDS);
    let Ok(terms) = Commitment::decode(encoded) else { malformed() };

    let settings = Settings::load();
    if settings.is(PAUSED) {
        paused();
    }
    if host::sender() != terms.coordinator {
        error(e::ONLY_CALLABLE_FROM_COORDINATOR);
    }
    let stored = CommitmentHash::of(&terms.request_id.0);
    if let Some(refusal) = check(&terms, encoded, &stored.load(), juels_per_gas, cost_without_callback) {
        let mut event = Buf::event(&ev::REQUEST_NOT_PROCESSED, 4, 0);
        event.raw(terms.request_id.0.as_slice());
        event.address(&terms.coordinator);
        event.address(&transmitter);
        event.num(refusal.code().into());
        host::log(&event, 2);
        return result(refusal, Juels::ZERO);
    }

    stored.clear();
    let called = callback::run(&settings, &terms, response, err);
    let settlement = Settlement::new(terms.admin_fee, cost_without_callback, juels_per_gas, called.gas_used);
    let settlement = rule(settlement);
    settle(&terms, &settlement);
    let code = if called.success { FulfillResult::Fulfilled } else { FulfillResult::UserCallbackError };

    let tails = tail(response.len()) + tail(err.len()) + tail(called.return_data.len());
    let mut event = Buf::event(&ev::REQUEST_PROCESSED, 2 + 6, tails);
    event.raw(terms.request_id.0.as_slice());
    event.num(terms.subscription_id.0.into());
    event.juels(settlement.total_cost);
    event.address(&transmitter);
    event.num(code.code().into());
    let mut offset = 6 * WORD;
    for bytes in [response, err, called.return_data] {
        event.num(offset as u128);
        offset += tail(bytes.len());
    }
    for bytes in [response, err, called.return_data] {
        event.bytes(bytes);
    }
    host::log(&event, 3);
    result(code, settlement.callback_cost)
}

fn result(code: FulfillResult, callback_cost: Juels) -> Buf {
    let mut out = Buf::new(2 * WORD);
    out.num(code.code().into());
    out.juels(callback_cost);
    out
}

/// The reasons not to process a request, or `None`. Costs are those of the worst case: a callback that
/// uses its whole limit.
fn check(
    terms: &Commitment,
    encoded: &[u8],
    stored: &B256,
    juels_per_gas: JuelsPerGas,
    cost_without_callback: Juels,
) -> Option<FulfillResult> {
    if *stored == B256::ZERO {
        return Some(FulfillResult::InvalidRequestId);
    }
    if host::keccak(encoded) != *stored {
        return Some(FulfillResult::InvalidCommitment);
    }
    let needed = rule(gas_needed(terms.callback_gas_limit, terms.gas_overhead_after_callback));
    if host::gas_left() < needed {
        return Some(FulfillResult::InsufficientGasProvided);
    }
    let worst =
        rule(worst_case(terms.admin_fee, cost_without_callback, juels_per_gas, terms.callback_gas_limit));
    if worst > Subscription::existing_funds(terms.subscription_id).1.balance() {
        return Some(FulfillResult::SubscriptionBalanceInvariantViolation);
    }
    if worst > terms.estimated_total_cost_juels {
        return Some(FulfillResult::CostExceedsCommitment);
    }
    None
}

/// Charges the subscription, releases the reservation, credits Coordinator and Router, counts the request
/// as completed.
fn settle(terms: &Commitment, settlement: &Settlement) {
    let subscription = Subscription::new(terms.subscription_id);
    let mut funds = subscription.funds();
    match settlement.apply(funds.balance(), funds.blocked(), terms.estimated_total_cost_juels) {
        Some((balance, blocked)) => {
            funds.set_balance(balance);
            funds.set_blocked(blocked);
        }
        None => error_num(e::INSUFFICIENT_BALANCE, funds.balance().get()),
    }
    funds.store();
    storage::credit(&terms.coordinator, settlement.coordinator_credit);
    if !terms.admin_fee.is_zero() {
        storage::credit(&host::this(), terms.admin_fee);
    }
    Consumer::complete(&terms.client, terms.subscription_id);
}
