//! What a contract's refusal means to the person who typed the command, and what to type next.

use std::path::Path;

use alloy::primitives::Address;
use functions_client::abi::Router;
use functions_client::{Chain, ClientError};
use functions_failure::{Failure, NO_DEVICES, failure, of_client, of_words};
use oracle_runner::RunnerError;

use crate::visible::visible;

/// A client's failure as a report; refusals of the contracts come with what to do.
pub(crate) fn report(error: ClientError) -> Failure {
    let failure = Failure::new(of_client(&error), visible(&error.to_string()));
    if matches!(error, ClientError::Url { .. }) { failure.of_misuse() } else { failure }
}

/// A view's failure as a report; `is` says what the contract asked should be, `option` where its address comes from.
pub(crate) fn of_view(error: ClientError, address: Address, is: &str, option: &str) -> Failure {
    if !error.is_no_answer() {
        return report(error);
    }
    let said = visible(&error.to_string());
    failure!(help = format!("check {option}"), "what is at {address} does not look like {is}: {said}")
}

/// A refusal of what only the owner of a contract may do, with the owner's name; any other as [`report`].
pub(crate) async fn of_owner_verb(
    error: ClientError,
    chain: &Chain,
    contract: Address,
    key: Address,
) -> Failure {
    if !error.revert().is_some_and(|revert| revert.is_for_owner_only()) {
        return report(error);
    }
    // Every contract of the system has this view.
    let owner = chain.call(contract, &Router::ownerCall {}).await.ok();
    only_owner(owner, contract, key)
}

/// The same of a consumer's function that sends a request.
pub(crate) async fn of_sender(error: ClientError, chain: &Chain, consumer: Address, key: Address) -> Failure {
    if !error.revert().is_some_and(|revert| revert.is_for_owner_only()) {
        return report(error);
    }
    let owner = chain.call(consumer, &Router::ownerCall {}).await.ok();
    only_owner(owner, consumer, key).wrap_err("only the consumer's owner may send")
}

fn only_owner(owner: Option<Address>, contract: Address, key: Address) -> Failure {
    let help = match owner {
        Some(owner) => format!("its owner is {owner}: --key-file must hold that key"),
        None => "--key-file must hold its owner's key".to_owned(),
    };
    failure!(
        help = help,
        "Only callable by owner: only the owner of {contract} may do this; this key is {key}"
    )
}

/// A runner's failure, with what to do.
pub(crate) fn of_runner(error: RunnerError) -> Failure {
    let help = match &error {
        RunnerError::AdapterDown(_) if !Path::new("/dev/null").exists() => NO_DEVICES,
        RunnerError::AdapterDown(text) => of_words(text).unwrap_or(
            "put the functions-sandbox of the same build beside this program; `dmesg` and the words say why it ended",
        ),
        RunnerError::Overloaded | RunnerError::Starved { .. } => {
            "end other programs, or run fewer scripts at once, and try again"
        }
        RunnerError::Refused(_) => "change the script, its arguments or the limits: the words say which",
        RunnerError::Diverged { .. } => "the script, its inputs or its secrets are others than those recorded",
        RunnerError::Config(_) => "correct [runner] in the configuration: docs/node.md has every key",
        RunnerError::WeakSandbox(_) => {
            "run it where the walls are allowed, or accept it for scripts you trust: --allow-weak-sandbox"
        }
        _ => "the words say why; try again, or report it",
    };
    failure!(help = help, "{}", visible(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use functions_client::Revert;

    use super::*;

    fn refused(data: Vec<u8>, message: &str) -> ClientError {
        let revert = Box::new(Revert::decode(data.into(), message));
        ClientError::Reverted { what: "ask()".into(), revert }
    }

    fn help(report: &Failure) -> String {
        report.help()
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
    fn an_endpoints_words_stay_on_their_line() {
        let report = super::report(refused(vec![], "no\n\u{1b}[2J"));
        assert!(report.to_string().contains("no\\n\\u{1b}[2J"), "{report}");
    }
}
