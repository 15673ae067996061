//! Opening a request, and forgetting it when it timed out. Both for the Router only.

use functions_contract::{
    abi::{Buf, Tuple, WORD, tail},
    host, revert,
    revert::malformed,
};
use functions_rules::time::timeout_timestamp;
use functions_types::{
    Commitment, RequestId, RequestIdPreimage, RequestMeta,
    commitment::Encoded,
    selectors::{errors::coordinator as e, events::coordinator as ev},
};

use crate::{config::RequestConfig, feeds, fees, open, storage::Settings};

/// Words of the head of `OracleRequest`'s data.
const EVENT_WORDS: usize = 7 + Commitment::WORDS;

fn only_router(settings: &Settings) {
    if host::sender() != settings.router() {
        revert::error(e::ONLY_CALLABLE_BY_ROUTER);
    }
}

/// `startRequest(RequestMeta) returns (Commitment)`: prices a request, opens it and tells the oracles.
///
/// The estimate, in juels, is rounded down as upstream rounds it; the gas price is that of this transaction.
///
/// # Errors
/// In this order:
/// * `OnlyCallableByRouter()`, before the fields of the argument are looked at; no data when one does not fit its type.
/// * `UnsupportedRequestDataVersion()` - above the configured version.
/// * Those of [`fees::flat_fees`], then those of [`fees::estimate`].
/// * `InsufficientBalance()` - the subscription's free balance is below the estimate.
/// * `Panic(0x11)` - the consumer has sent 2⁶⁴ − 1 requests.
///
/// # Events
/// `OracleRequest`, the first log of a request transaction; its commitment carries the operation fee in place of the
/// admin fee.
///
/// Upstream: `FunctionsCoordinator.startRequest`, `FunctionsBilling._startBilling` (1.3.0).
pub fn start_request(args: Tuple<'_>) -> Buf {
    let request = args.at(0, RequestMeta::WORDS);
    let settings = Settings::load();
    only_router(&settings);

    let Ok(request) = RequestMeta::decode(request.as_bytes()) else { malformed() };
    let RequestMeta { data, callback_gas_limit, admin_fee, .. } = request;

    let config = RequestConfig::load(&settings);
    if request.data_version > config.max_data_version {
        revert::error(e::UNSUPPORTED_REQUEST_DATA_VERSION);
    }
    let staleness = settings.feed_staleness_seconds();
    feeds::read_fallbacks();
    let (don_fee, operation_fee) = fees::flat_fees(&settings);
    let estimated_total_cost_juels = fees::estimate(
        &config,
        staleness,
        callback_gas_limit,
        feeds::gas_price(),
        admin_fee,
        (don_fee, operation_fee),
    );
    if request.available_balance < estimated_total_cost_juels {
        revert::error(e::INSUFFICIENT_BALANCE);
    }

    let Some(nonce) = request.initiated_requests.checked_add(1) else { revert::panic(revert::OVERFLOW) };
    let (coordinator, request_initiator) = (host::this(), host::origin());
    let timeout_timestamp = timeout_timestamp(host::timestamp(), config.timeout_seconds);
    let mut preimage = Buf::new(RequestIdPreimage::ENCODED_LEN);
    let named = RequestIdPreimage {
        coordinator,
        requesting_contract: request.requesting_contract,
        subscription_id: request.subscription_id,
        nonce,
        data_hash: host::keccak(data),
        data_version: request.data_version,
        callback_gas_limit,
        estimated_total_cost_juels,
        timeout_timestamp,
        request_initiator,
    };
    named.encode_into(&mut preimage);
    let request_id = host::keccak(preimage.as_bytes());

    let mut stored = Buf::new(Commitment::ENCODED_LEN);
    let commitment = Commitment {
        request_id: RequestId(request_id),
        coordinator,
        estimated_total_cost_juels,
        client: request.requesting_contract,
        subscription_id: request.subscription_id,
        callback_gas_limit,
        admin_fee,
        don_fee,
        gas_overhead_before_callback: config.overheads.0.into(),
        gas_overhead_after_callback: config.overheads.1.into(),
        timeout_timestamp,
    };
    commitment.encode_into(&mut stored);

    let mut log = Buf::event(&ev::ORACLE_REQUEST, 2 + EVENT_WORDS, tail(data.len()));
    log.raw(request_id.as_slice());
    log.address(&request.requesting_contract);
    log.address(&request_initiator);
    log.num(request.subscription_id.0.into());
    log.address(&request.subscription_owner);
    log.num((EVENT_WORDS * WORD) as u128);
    log.num(request.data_version.into());
    log.raw(request.flags.as_slice());
    log.num(callback_gas_limit.into());
    Encoded(stored.as_bytes()).with_admin_fee_into(operation_fee, &mut log);
    log.bytes(data);
    host::log(&log, 3);
    // Last, so that nothing that depends on the data follows its stretch of equal gas.
    open::open(&request_id.0);
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
    only_router(&Settings::load());
    open::close(request_id);
    let mut log = Buf::event(&ev::COMMITMENT_DELETED, 1, 0);
    log.raw(request_id);
    host::log(&log, 1);
    Buf::empty()
}
