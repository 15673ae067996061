//! What a contract's refusal means to the person who typed the command, and what to type next.

use functions_client::ClientError;
use miette::{Report, miette};

/// A client's failure as a report; refusals of the contracts come with what to do.
pub(crate) fn report(error: ClientError) -> Report {
    let name = error.revert().and_then(|revert| revert.name()).unwrap_or_default();
    match remedy(name) {
        Some(help) => miette!(help = help, "{error}"),
        None => miette!("{error}"),
    }
}

/// What to do about an error of Router or Coordinator, by its name.
fn remedy(name: &str) -> Option<&'static str> {
    Some(match name {
        "InvalidSubscription" => {
            "there is no such subscription at this Router: check the number, --router and --rpc-url"
        }
        "MustBeSubscriptionOwner" => {
            "only the owner may do this: `functions sub info ID` names the owner, --key-file must hold that key"
        }
        "InvalidConsumer" => {
            "the contract is no consumer of this subscription: `functions sub add ID CONSUMER` makes it one"
        }
        "TooManyConsumers" => "remove one first: functions sub remove ID CONSUMER",
        "CannotRemoveWithPendingRequests" => {
            "requests are still open: wait for their answers, or release those that are overdue with `functions sub timeout ID`"
        }
        "InsufficientBalance" => {
            "the subscription holds too little for the reservation: `functions sub info ID` shows what is free, `functions sub fund \
             ID LINK` adds to it"
        }
        "SenderMustAcceptTermsOfService" => {
            "the Router asks an allow list: this address must accept its terms of service first (acceptTermsOfService)"
        }
        "TimeoutNotExceeded" => {
            "the request is not overdue: `functions request status ID` says when it will be"
        }
        "InvalidCalldata" => {
            "the request is settled already, or these are not its terms: see `functions request status ID`"
        }
        "RouteNotFound" => "no Coordinator serves this DON id at this Router: check --don-id",
        "GasLimitTooBig" => {
            "the callback may not have that much gas: `functions sub info ID` shows the most this subscription may ask for"
        }
        "EmptyRequestData" => "the request carries no data: the consumer built an empty request",
        _ => return None,
    })
}
