//! Timeouts: a request nobody fulfilled is given up, and its reservation released.

use functions_contract::{
    abi::{Buf, Tuple},
    host,
    revert::{error, malformed, sub},
};
use functions_rules::time::is_timed_out;
use functions_types::{
    Commitment,
    selectors::{errors::router as e, events::router as ev, functions::coordinator},
};

use crate::{
    account::{Consumer, Subscription},
    admin::not_paused,
    storage::CommitmentHash,
};

/// `timeoutRequests(Commitment[])`, by anyone: all of the list or nothing. The commitments are in on-chain
/// form; nothing is charged.
///
/// # Errors
/// `Error("Pausable: paused")`, then for each entry no data (it is no commitment), `InvalidCalldata` (not the stored
/// one), `TimeoutNotExceeded`, what the Coordinator raises, `Panic(0x11)` (less is blocked than was reserved); in this
/// order.
///
/// # Events
/// `RequestTimedOut` per entry, after the Coordinator's `CommitmentDeleted`.
///
/// Upstream: `FunctionsSubscriptions.timeoutRequests` (Router 1.0.0).
pub fn timeout_requests(args: Tuple<'_>) -> Buf {
    let (len, list) = args.list(0, Commitment::ENCODED_LEN);
    not_paused();
    for encoded in list.as_bytes().chunks_exact(Commitment::ENCODED_LEN).take(len) {
        give_up(encoded);
    }
    Buf::empty()
}

fn give_up(encoded: &[u8]) {
    let Ok(terms) = Commitment::decode(encoded) else { malformed() };
    let request_id = &terms.request_id.0;
    let stored = CommitmentHash::of(request_id);
    if stored.load() != host::keccak(encoded) {
        error(e::INVALID_CALLDATA);
    }
    if !is_timed_out(host::timestamp(), terms.timeout_timestamp) {
        error(e::TIMEOUT_NOT_EXCEEDED);
    }
    stored.clear();
    let mut call = Buf::call(coordinator::DELETE_COMMITMENT, 1, 0);
    call.raw(request_id.as_slice());
    host::must_call(&terms.coordinator, call.as_bytes());

    let subscription = Subscription::new(terms.subscription_id);
    let mut funds = subscription.funds();
    funds.set_blocked(sub(funds.blocked(), terms.estimated_total_cost_juels));
    funds.store();
    Consumer::complete(&terms.client, terms.subscription_id);
    let mut event = Buf::event(&ev::REQUEST_TIMED_OUT, 1, 0);
    event.raw(request_id.as_slice());
    host::log(&event, 2);
}
