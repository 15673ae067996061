//! What a contract's refusal means to the person who typed the command, and what to type next.

use alloy::primitives::Address;
use functions_client::abi::Router;
use functions_client::{Chain, ClientError};
use miette::{Report, miette};

use crate::visible::visible;

/// A client's failure as a report; refusals of the contracts come with what to do.
pub(crate) fn report(error: ClientError) -> Report {
    let name = error.revert().and_then(|revert| revert.name()).unwrap_or_default();
    let said = visible(&error.to_string());
    match remedy(name).or_else(|| of_program(&said)) {
        Some(help) => miette!(help = help, "{said}"),
        None => miette!("{said}"),
    }
}

/// A view's failure as a report; `is` says what the contract asked should be, `option` where its address comes from.
pub(crate) fn of_view(error: ClientError, address: Address, is: &str, option: &str) -> Report {
    if !is_no_answer(&error) {
        return report(error);
    }
    let said = visible(&error.to_string());
    miette!(help = format!("check {option}"), "what is at {address} does not look like {is}: {said}")
}

/// Whether a contract has no such function: it says nothing, or nothing that fits.
fn is_no_answer(error: &ClientError) -> bool {
    matches!(error, ClientError::Answer { .. })
        || error.revert().is_some_and(|revert| revert.data().is_empty())
}

/// A refusal of what only the owner of a contract may do, with the owner's name; any other as [`report`].
pub(crate) async fn of_owner_verb(
    error: ClientError,
    chain: &Chain,
    contract: Address,
    key: Address,
) -> Report {
    if !error.revert().is_some_and(|revert| revert.is_for_owner_only()) {
        return report(error);
    }
    // Every contract of the system has this view.
    let owner = chain.call(contract, &Router::ownerCall {}).await.ok();
    only_owner(owner, contract, key)
}

/// The same of a consumer's function that sends a request.
pub(crate) async fn of_sender(error: ClientError, chain: &Chain, consumer: Address, key: Address) -> Report {
    if !error.revert().is_some_and(|revert| revert.is_for_owner_only()) {
        return report(error);
    }
    let owner = chain.call(consumer, &Router::ownerCall {}).await.ok();
    only_owner(owner, consumer, key).wrap_err("only the consumer's owner may send")
}

fn only_owner(owner: Option<Address>, contract: Address, key: Address) -> Report {
    let help = match owner {
        Some(owner) => format!("its owner is {owner}: --key-file must hold that key"),
        None => "--key-file must hold its owner's key".to_owned(),
    };
    miette!(
        help = help,
        "Only callable by owner: only the owner of {contract} may do this; this key is {key}"
    )
}

/// What to do about a Stylus program that does not run any more, whoever says so.
pub(crate) fn of_program(text: &str) -> Option<&'static str> {
    ["ProgramNeedsUpgrade", "ProgramExpired", "ProgramNotActivated"].iter().any(|name| text.contains(name)).then_some(
        "the chain does not run this program any more: its owner activates it again with `functions deploy --renew`",
    )
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
        "OnlyOwner" => "only the consumer's owner may send: --key-file must hold that key",
        "EmptyRequestData" => "the request carries no data: the consumer built an empty request",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use functions_client::Revert;

    use super::*;

    fn refused(data: Vec<u8>, message: &str) -> ClientError {
        let revert = Box::new(Revert::decode(data.into(), message));
        ClientError::Reverted { what: "ask()".into(), revert }
    }

    fn help(report: &Report) -> String {
        report.help().map(|help| help.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_stranger_learns_who_the_owner_is() {
        let [owner, contract, key] = [1, 2, 3].map(Address::repeat_byte);
        let report = only_owner(Some(owner), contract, key);
        assert!(help(&report).contains(&owner.to_string()));
        assert!(
            report.to_string().contains(&key.to_string()) && report.to_string().contains("only the owner")
        );
        assert!(help(&only_owner(None, contract, key)).contains("--key-file"));
        assert!(
            help(&super::report(refused(vec![0x5f, 0xc4, 0x83, 0xc5], "")))
                .contains("only the consumer's owner")
        );
    }

    #[test]
    fn a_contract_that_has_no_such_function_is_something_else() {
        let at = Address::repeat_byte(9);
        let report = of_view(refused(vec![], "execution reverted"), at, "a Router", "--router");
        assert!(
            report.to_string().starts_with(&format!("what is at {at} does not look like a Router")),
            "{report}"
        );
        assert_eq!(help(&report), "check --router");
        let other = of_view(refused(vec![1, 2, 3, 4], ""), at, "a Router", "--router");
        assert!(other.to_string().contains("unknown error data 0x01020304"), "{other}");
    }

    #[test]
    fn programs_that_do_not_run_are_renewed() {
        for name in ["ProgramNeedsUpgrade(uint16,uint16)", "ProgramExpired { .. }", "ProgramNotActivated"] {
            let report = super::report(refused(vec![], name));
            assert!(help(&report).contains("functions deploy --renew"), "{name}");
        }
        assert_eq!(of_program("InvalidSubscription"), None);
    }

    #[test]
    fn an_endpoints_words_stay_on_their_line() {
        let report = super::report(refused(vec![], "no\n\u{1b}[2J"));
        assert!(report.to_string().contains("no\\n\\u{1b}[2J"), "{report}");
    }
}
