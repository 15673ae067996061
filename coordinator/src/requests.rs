//! Opening a request, and forgetting it when it timed out. Both for the Router only.

use functions_contract::{
    B256,
    abi::{Buf, Tuple, tail},
    host, revert,
    revert::add,
};
use functions_rules::time::timeout_timestamp;
use functions_types::{
    Commitment, RequestTerms, SubscriptionId,
    selectors::{errors::coordinator as errors, events::coordinator as events},
};

use crate::{
    config::Terms,
    feeds, fees,
    storage::{Roster, commitment},
};

fn only_router(roster: &Roster) {
    if host::sender() != roster.router() {
        revert::error(errors::ONLY_CALLABLE_BY_ROUTER);
    }
}

/// `startRequest(RequestMeta) returns (Commitment)`: prices a request, stores its commitment and tells the oracles.
///
/// The estimate, in juels, is rounded down as upstream rounds it; the gas price is that of this transaction.
///
/// # Errors
/// * `OnlyCallableByRouter()`, before the fields of the argument are looked at.
/// * `UnsupportedRequestDataVersion()` - above the configured version.
/// * `InsufficientBalance()` - the subscription's free balance is below the estimate.
///
/// # Events
/// `OracleRequest`, the first log of a request transaction; its commitment carries the operation fee in place of the admin fee.
///
/// Upstream: `FunctionsCoordinator.startRequest`, `FunctionsBilling._startBilling` (1.3.0).
pub fn start_request(args: Tuple<'_>) -> Buf {
    let request = args.at(0, 11);
    let roster = Roster::load();
    only_router(&roster);

    let data = request.bytes(0);
    let flags = request.word(1);
    let (requesting_contract, available_balance) = (request.address(2), request.uint(3, 96));
    let (admin_fee, subscription_id) = (request.uint(4, 72), SubscriptionId(request.u64(5)));
    let (initiated_requests, callback_gas_limit) = (request.u64(6), request.uint(7, 32) as u32);
    let (data_version, _) = (request.uint(8, 16) as u16, request.u64(9));
    let subscription_owner = request.address(10);

    let terms = Terms::load();
    if data_version > terms.max_data_version {
        revert::error(errors::UNSUPPORTED_REQUEST_DATA_VERSION);
    }
    let staleness = roster.feed_staleness_seconds();
    let (don_fee, operation_fee) = fees::flat_fees(staleness);
    let estimated_total_cost_juels = fees::estimate(
        &terms,
        staleness,
        callback_gas_limit,
        feeds::gas_price(),
        admin_fee,
        (don_fee, operation_fee),
    );
    if available_balance < estimated_total_cost_juels {
        revert::error(errors::INSUFFICIENT_BALANCE);
    }

    let (coordinator, request_initiator) = (host::this(), host::origin());
    let timeout_timestamp = timeout_timestamp(host::timestamp(), terms.timeout_seconds);
    let request_id = RequestTerms {
        coordinator,
        requesting_contract,
        subscription_id,
        nonce: add(initiated_requests.into(), 1, 64) as u64,
        data_hash: host::keccak(data),
        data_version,
        callback_gas_limit,
        estimated_total_cost_juels,
        timeout_timestamp,
        request_initiator,
    }
    .request_id();
    let stored = Commitment {
        request_id,
        coordinator,
        estimated_total_cost_juels,
        client: requesting_contract,
        subscription_id,
        callback_gas_limit,
        admin_fee,
        don_fee,
        gas_overhead_before_callback: terms.overheads.0.into(),
        gas_overhead_after_callback: terms.overheads.1.into(),
        timeout_timestamp,
    };
    let encoded = stored.encode();
    host::store(&commitment(&request_id.0.0), &host::keccak(&encoded));

    let mut log = Buf::new(3 * 32 + 18 * 32 + tail(data.len()));
    log.raw(&events::ORACLE_REQUEST.0);
    log.raw(&request_id.0.0);
    log.address(&requesting_contract);
    log.address(&request_initiator);
    log.num(subscription_id.0.into());
    log.address(&subscription_owner);
    log.num(18 * 32);
    log.num(data_version.into());
    log.raw(flags);
    log.num(callback_gas_limit.into());
    log.raw(&stored.with_admin_fee(operation_fee).encode());
    log.bytes(data);
    host::log(&log, 3);

    let mut out = Buf::new(Commitment::ENCODED_LEN);
    out.raw(&encoded);
    out
}

/// `deleteCommitment(bytes32)`: forgets a request, whether it is known or not.
///
/// # Errors
/// `OnlyCallableByRouter()`.
///
/// # Events
/// `CommitmentDeleted`.
pub fn delete_commitment(args: Tuple<'_>) -> Buf {
    let request_id = args.word(0);
    only_router(&Roster::load());
    host::store(&commitment(request_id), &B256::ZERO);
    let mut log = Buf::new(64);
    log.raw(&events::COMMITMENT_DELETED.0);
    log.raw(request_id);
    host::log(&log, 1);
    Buf::empty()
}
