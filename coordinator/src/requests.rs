//! Opening a request, and forgetting it when it timed out. Both for the Router only.

use functions_contract::{
    abi::{Buf, Tuple, tail},
    host, revert,
    revert::add,
};
use functions_rules::time::timeout_timestamp;
use functions_types::{
    Commitment,
    selectors::{errors::coordinator as e, events::coordinator as ev},
};

use crate::{config::Terms, feeds, fees, open, storage::Roster};

/// Where the admin fee lies in an encoded commitment.
const ADMIN_FEE: usize = 6 * 32;

fn only_router(roster: &Roster) {
    if host::sender() != roster.router() {
        revert::error(e::ONLY_CALLABLE_BY_ROUTER);
    }
}

/// `startRequest(RequestMeta) returns (Commitment)`: prices a request, opens it and tells the oracles.
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
    let (admin_fee, subscription_id) = (request.uint(4, 72), request.u64(5));
    let (initiated_requests, callback_gas_limit) = (request.u64(6), request.uint(7, 32) as u32);
    let (data_version, _) = (request.uint(8, 16) as u16, request.u64(9));
    let subscription_owner = request.address(10);

    let terms = Terms::load(&roster);
    if data_version > terms.max_data_version {
        revert::error(e::UNSUPPORTED_REQUEST_DATA_VERSION);
    }
    let staleness = roster.feed_staleness_seconds();
    feeds::read_fallbacks();
    let (don_fee, operation_fee) = fees::flat_fees(&roster);
    let estimated_total_cost_juels = fees::estimate(
        &terms,
        staleness,
        callback_gas_limit,
        feeds::gas_price(),
        admin_fee,
        (don_fee, operation_fee),
    );
    if available_balance < estimated_total_cost_juels {
        revert::error(e::INSUFFICIENT_BALANCE);
    }

    let (coordinator, request_initiator) = (host::this(), host::origin());
    let timeout_timestamp = timeout_timestamp(host::timestamp(), terms.timeout_seconds);
    let mut preimage = Buf::new(10 * 32);
    preimage.address(&coordinator);
    preimage.address(&requesting_contract);
    preimage.num(subscription_id.into());
    preimage.num(add(initiated_requests.into(), 1, 64));
    preimage.raw(host::keccak(data).as_slice());
    preimage.num(data_version.into());
    preimage.num(callback_gas_limit.into());
    preimage.num(estimated_total_cost_juels);
    preimage.num(timeout_timestamp.into());
    preimage.address(&request_initiator);
    let request_id = host::keccak(preimage.as_bytes());
    open::open(&request_id.0);

    let mut stored = Buf::new(Commitment::ENCODED_LEN);
    stored.raw(request_id.as_slice());
    stored.address(&coordinator);
    stored.num(estimated_total_cost_juels);
    stored.address(&requesting_contract);
    stored.num(subscription_id.into());
    stored.num(callback_gas_limit.into());
    stored.num(admin_fee);
    stored.num(don_fee);
    stored.num(terms.overheads.0.into());
    stored.num(terms.overheads.1.into());
    stored.num(timeout_timestamp.into());
    let commitment = stored.as_bytes();

    let mut log = Buf::event(&ev::ORACLE_REQUEST, 2 + 18, tail(data.len()));
    log.raw(request_id.as_slice());
    log.address(&requesting_contract);
    log.address(&request_initiator);
    log.num(subscription_id.into());
    log.address(&subscription_owner);
    log.num(18 * 32);
    log.num(data_version.into());
    log.raw(flags);
    log.num(callback_gas_limit.into());
    log.raw(&commitment[..ADMIN_FEE]);
    log.num(operation_fee);
    log.raw(&commitment[ADMIN_FEE + 32..]);
    log.bytes(data);
    host::log(&log, 3);
    stored
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
    open::close(request_id);
    let mut log = Buf::event(&ev::COMMITMENT_DELETED, 1, 0);
    log.raw(request_id);
    host::log(&log, 1);
    Buf::empty()
}
