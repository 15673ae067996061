//! Sending a request: the Coordinator prices it, the Router reserves its cost and remembers its terms.

use functions_contract::{
    Address, B256,
    abi::{Buf, Tuple, WORD, tail},
    host,
    revert::{add, error, error_num, error_word, malformed, sub},
};
use functions_types::{
    Commitment, RequestMeta, SubscriptionId,
    selectors::{errors::router as e, events::router as ev, functions::coordinator},
};

use crate::{
    account::{Consumer, Subscription},
    admin::paused,
    storage::{CommitmentHash, PAUSED, Settings},
};

/// `sendRequest` and `sendRequestToProposed`, which differ in how the id leads to a Coordinator.
///
/// `callback_gas_limit` is in gas. The route is looked up before the pause is noticed.
///
/// # Errors
/// `RouteNotFound`, `Error("Pausable: paused")`, `InvalidSubscription`, `InvalidConsumer`, `InvalidGasFlagValue`,
/// `GasLimitTooBig`, `EmptyRequestData`, `Panic(0x11)` (more is blocked than the subscription has), what the
/// Coordinator raises, no data (it returns no commitment), `DuplicateRequestId`, `Panic(0x11)` (more than 96 bits
/// would be blocked); in this order.
///
/// # Events
/// `RequestStart`, after the Coordinator's `OracleRequest`.
///
/// Upstream: `FunctionsRouter._sendRequest` (1.0.0).
pub fn send_request(args: Tuple<'_>, coordinator: fn(&B256) -> Address) -> Buf {
    let id = SubscriptionId(args.u64(0));
    let data = args.bytes(1);
    let data_version = args.uint(2, 16) as u16;
    let callback_gas_limit = args.uint(3, 32) as u32;
    let don_id = args.b256(4);

    let coordinator = coordinator(&don_id);
    let settings = Settings::load();
    if settings.is(PAUSED) {
        paused();
    }
    let (subscription, holder) = Subscription::existing(id);
    let client = host::sender();
    let consumer = Consumer::load(&client, id);
    if !consumer.is_allowed() {
        error(e::INVALID_CONSUMER);
    }
    let flags = subscription.flags(&holder);
    check_callback_gas(&settings, flags[0], callback_gas_limit);
    if data.is_empty() {
        error(e::EMPTY_REQUEST_DATA);
    }
    let funds = subscription.funds();
    let available = sub(funds.balance(), funds.blocked());
    let (owner, admin_fee) = (holder.owner(), settings.admin_fee());

    let request = RequestMeta {
        data,
        flags,
        requesting_contract: client,
        available_balance: available,
        admin_fee,
        subscription_id: id,
        initiated_requests: consumer.initiated(),
        callback_gas_limit,
        data_version,
        completed_requests: consumer.completed(),
        subscription_owner: owner,
    };
    let mut call = Buf::call(coordinator::START_REQUEST, 1 + RequestMeta::WORDS, tail(data.len()));
    call.num(WORD as u128);
    request.encode_into(&mut call);
    host::ask(&coordinator, call.as_bytes());
    let Ok(priced) = Commitment::decode(host::return_data(Commitment::ENCODED_LEN)) else { malformed() };

    // The stored hash is that of the answer with the Router's own values in place of the Coordinator's.
    let own =
        Commitment { coordinator, client, subscription_id: id, callback_gas_limit, admin_fee, ..priced };
    let mut encoded = Buf::new(Commitment::ENCODED_LEN);
    own.encode_into(&mut encoded);
    reserve(&priced, &client, &host::keccak(encoded.as_bytes()), &subscription);

    let request_id = &priced.request_id.0;
    let mut event = Buf::event(&ev::REQUEST_START, 3 + 7, tail(data.len()));
    event.raw(request_id.as_slice());
    event.raw(don_id.as_slice());
    event.num(id.0.into());
    event.address(&owner);
    event.address(&client);
    event.address(&host::origin());
    event.num(7 * WORD as u128);
    event.num(data_version.into());
    event.num(callback_gas_limit.into());
    event.juels(priced.estimated_total_cost_juels);
    event.bytes(data);
    host::log(&event, 4);
    Buf::of_word(request_id)
}

/// Remembers the terms, blocks their cost, counts the request. Everything is read anew: the Coordinator
/// has been called in between.
fn reserve(terms: &Commitment, client: &Address, hash: &B256, subscription: &Subscription) {
    let stored = CommitmentHash::of(&terms.request_id.0);
    if stored.load() != B256::ZERO {
        error_word(e::DUPLICATE_REQUEST_ID, &terms.request_id.0);
    }
    stored.store(hash);
    let mut funds = subscription.funds();
    funds.set_blocked(add(funds.blocked(), terms.estimated_total_cost_juels));
    funds.store();
    Consumer::initiate(client, subscription.id);
}

/// `isValidCallbackGasLimit(uint64,uint32)`: returns nothing or reverts. The subscription need not exist.
///
/// # Errors
/// `InvalidGasFlagValue`, `GasLimitTooBig`; in this order.
pub fn is_valid_callback_gas_limit(args: Tuple<'_>) -> Buf {
    let (id, limit) = (SubscriptionId(args.u64(0)), args.uint(1, 32) as u32);
    let subscription = Subscription::new(id);
    let flags = subscription.flags(&subscription.holder());
    check_callback_gas(&Settings::load(), flags[0], limit);
    Buf::empty()
}

/// The first byte of a subscription's flags chooses the tier that bounds its callbacks.
#[inline(never)]
fn check_callback_gas(settings: &Settings, tier: u8, limit: u32) {
    let Some(max) = settings.tier(tier) else {
        error_num(e::INVALID_GAS_FLAG_VALUE, tier.into());
    };
    if limit > max {
        error_num(e::GAS_LIMIT_TOO_BIG, max.into());
    }
}
