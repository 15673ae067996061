//! What to type, look at or wait for next, by what went wrong. Every match is without a rest, so that an error that
//! is added is given its remedy before it compiles.

use std::io::{self, ErrorKind};

use functions_client::{ClientError, Revert};

/// What to do about a client's failure.
pub fn of_client(error: &ClientError) -> String {
    match error {
        ClientError::Url { .. } => "write for example http://127.0.0.1:8547 or https://host/path".into(),
        ClientError::Rpc { source, .. } => {
            if let Some(help) = of_program(&source.to_string()) {
                return help.into();
            }
            let advice = error.fault().map_or("look at the endpoint's own log", |fault| fault.advice());
            format!("{advice}; --rpc-url names the endpoint")
        }
        ClientError::Reverted { revert, .. } | ClientError::Failed { revert, .. } => of_revert(revert).into(),
        ClientError::NoReceipt { hash, .. } => {
            format!("look the transaction {hash} up before you repeat the command: it may still be included")
        }
        ClientError::Unclear { hash, .. } => {
            let advice = error.fault().map_or("look at the endpoint's own log", |fault| fault.advice());
            format!("look the transaction {hash} up before you repeat the command; {advice}")
        }
        ClientError::SentByOther { hash, .. } => {
            format!("look at the transaction {hash}, and run the command again if it shall happen once more")
        }
        ClientError::Answer { address, .. } => {
            format!("check that {address} is the contract that is meant, on the chain of --rpc-url")
        }
        ClientError::MissingEvent { hash, .. } => {
            format!("look at the transaction {hash}: the contract it called is another than was meant")
        }
        ClientError::NoContract { hash, .. } => {
            format!(
                "look at the receipt of {hash}: the endpoint leaves out the address, or nothing was created"
            )
        }
        ClientError::Unsupported { .. } => {
            "leave out what it cannot express, or name its function with --call and --with".into()
        }
        ClientError::TooLarge { .. } => {
            "make the program smaller: ./scripts/build-contracts prints the sizes".into()
        }
        ClientError::NotWasm { .. } => "build the contracts again: ./scripts/build-contracts".into(),
        ClientError::NoDeployer { .. } => {
            "deploy it, or name another with `stylus_deployer` in the configuration file".into()
        }
        ClientError::Key | ClientError::KeyRange => {
            "put the key's 64 hexadecimal digits into the file and nothing else, or name another file".into()
        }
        ClientError::Sign(_) => "check the transaction's values; the key itself was read".into(),
    }
}

/// What to do about a contract's refusal.
fn of_revert(revert: &Revert) -> &'static str {
    // An error of a chain is sometimes in the endpoint's words only.
    let text = revert.to_string();
    let known = revert.name().and_then(of_name).or_else(|| of_program(&text));
    known.unwrap_or(match revert.data().is_empty() {
        true => {
            "the contract gives no reason: check its address, the arguments, and that it is the kind of contract that is meant"
        }
        false => "the reason is the contract's own: look it up in its source",
    })
}

/// What to do about a Stylus program that does not run any more, whoever says so.
pub fn of_program(text: &str) -> Option<&'static str> {
    ["ProgramNeedsUpgrade", "ProgramExpired", "ProgramNotActivated"].iter().any(|name| text.contains(name)).then_some(
        "the chain does not run this program any more: its owner activates it again with `functions deploy --renew`",
    )
}

/// What to do about a system without devices, where no program starts and the system blames the program.
pub const NO_DEVICES: &str =
    "this system has no /dev: mount it, or make its devices (mknod -m 666 /dev/null c 1 3)";

/// What to do about words of the operating system in a program's log.
pub fn of_words(text: &str) -> Option<&'static str> {
    let code = |code: i32| text.contains(&format!("(os error {code})"));
    let known =
        [2, 13, 17, 23, 24, 28, 30, 36, 40, 98, 99, 101, 113, 122].into_iter().find(|known| code(*known));
    // A full disk is what many things come from.
    let known = if code(28) || text.contains("No space left on device") { Some(28) } else { known };
    known.map(|known| of_io(&io::Error::from_raw_os_error(known))).or_else(|| of_program(text))
}

/// What to do about an error of the system's contracts, by its name.
fn of_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "InvalidSubscription" => {
            "there is no such subscription at this Router: check the number, --router and --rpc-url"
        }
        "MustBeSubscriptionOwner" | "MustBeSubOwner" => {
            "only the owner may do this: `functions sub info ID` names the owner, --key-file must hold that key"
        }
        "MustBeProposedOwner" => {
            "only whom the owner offered it to may take it: `functions sub info ID` names them"
        }
        "InvalidProposal" => "it is offered to that address already, or the address is that of nobody",
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
        "IdentifierIsReserved" => "take another DON id: an empty one names nothing",
        "GasLimitTooBig" | "InvalidGasFlagValue" => {
            "the callback may not have that much gas: `functions sub info ID` shows the most this subscription may ask for"
        }
        "OnlyOwner" => "only the consumer's owner may send: --key-file must hold that key",
        "EmptyRequestData" => "the request carries no data: the consumer built an empty request",
        "UnsupportedRequestDataVersion" => {
            "the consumer sends a newer form of request than this Coordinator takes"
        }
        "DuplicateRequestId" => "the same request was sent in this block: send it again",
        "PaymentTooLarge" => "the Router or Coordinator owes no such amount to this key: name less",
        "NoTransmittersSet" | "EmptyPublicKey" => {
            "the Coordinator knows no nodes or keys yet: `functions deploy` with a [don] part sets them"
        }
        "InvalidConfig" => "correct the configuration: the words say what is wrong with it",
        "InvalidLinkWeiPrice" | "InvalidUsdLinkPrice" => {
            "the price feed of the Coordinator answers nonsense: look at the feed's address in its deployment"
        }
        "OnlyCallableByRouter"
        | "OnlyCallableFromCoordinator"
        | "OnlyCallableFromLink"
        | "OnlyRouterCanFulfill" => {
            "only a contract of the deployment may call this: use the verb that goes through it"
        }
        "OnlyCallableByRouterOwner" | "UnauthorizedPublicKeyChange" => {
            "only the Router's owner may do this: --key-file must hold that key"
        }
        "UnauthorizedSender" => "only a transmitter of the DON may do this: --key-file must hold such a key",
        "RouterMustBeSet" => "the Coordinator was constructed without a Router: deploy it again",
        "ReportInvalid" | "InconsistentReportData" => {
            "the report is not one of this configuration: nodes make such"
        }
        "UnexpectedRequestID" => "the answer belongs to another request than the consumer waits for",
        "InvalidSignature" | "InvalidUsage" => {
            "the acceptance must be signed by the allow list's signer for this very sender"
        }
        "RecipientIsBlocked" => "the allow list's owner has blocked this address: ask them",
        "ContractDeploymentError" => "the chain does not take the program: look at its size and its imports",
        "ContractInitializationError" => "the constructor refused: look at the configuration it was given",
        "ProgramNotActivated" | "ProgramNeedsUpgrade" | "ProgramExpired" => return of_program(name),
        "ProgramUpToDate" => "it is active: there is nothing to renew",
        "ProgramInsufficientValue" => "the data fee has risen meanwhile: run the same command again",
        "ProgramKeepaliveTooSoon" => "the chain does not extend it yet: try again nearer to its end",
        "Panic" => "the contract met a state it does not expect: report it with the transaction",
        "Error" => "the words are the contract's own; look them up in its source",
        _ => return None,
    })
}

/// What to do about an error of the operating system.
pub fn of_io(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "check the path: there is no such file or folder",
        ErrorKind::PermissionDenied => "let the user who runs this read or write it, or name another place",
        ErrorKind::AlreadyExists => "name another place, or move what lies there away",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free space there, or set TMPDIR to a folder with room when it is the folder of temporary files"
        }
        ErrorKind::ReadOnlyFilesystem => "name a place on a file system that may be written",
        ErrorKind::IsADirectory => "name the file in it",
        ErrorKind::NotADirectory => "a part of the path is a file: correct the path",
        ErrorKind::InvalidData => "it is no text in UTF-8: name another file",
        ErrorKind::InvalidInput => "name a file, or - for standard input where the verb takes it",
        ErrorKind::AddrInUse => "choose another port, or end the program that has it",
        ErrorKind::AddrNotAvailable | ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => {
            "this machine has no such address: bring its network up (for 127.0.0.1: `ip link set lo up`)"
        }
        ErrorKind::OutOfMemory => "free memory: the system has none left",
        ErrorKind::ArgumentListTooLong => "name fewer or shorter arguments",
        ErrorKind::ExecutableFileBusy => "the program is being written: wait until that has ended",
        ErrorKind::Unsupported => "the system does not offer this here: name another place",
        _ => match error.raw_os_error() {
            // EMFILE, ENFILE
            Some(24 | 23) => "too many files are open: raise the limit (ulimit -n) or end other programs",
            // ELOOP
            Some(40) => "the links there lead in a circle: correct the path",
            // ENAMETOOLONG
            Some(36) => "shorten the name",
            _ => "the system's words say why; mend that and run the same command again",
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alloy::sol_types::SolInterface;
    use functions_client::abi::{AllowList, Client, Coordinator, Reverts, Router};

    use super::*;

    fn names<E: SolInterface>(name: impl Fn([u8; 4]) -> Option<&'static str>) -> Vec<&'static str> {
        E::selectors().map(|selector| name(selector).expect("a name")).collect()
    }

    #[test]
    fn every_error_of_every_contract_has_its_remedy() {
        let all = [
            names::<Router::RouterErrors>(Router::RouterErrors::name_by_selector),
            names::<Coordinator::CoordinatorErrors>(Coordinator::CoordinatorErrors::name_by_selector),
            names::<AllowList::AllowListErrors>(AllowList::AllowListErrors::name_by_selector),
            names::<Client::ClientErrors>(Client::ClientErrors::name_by_selector),
            names::<Reverts::RevertsErrors>(Reverts::RevertsErrors::name_by_selector),
        ];
        let all: BTreeMap<_, _> = all.into_iter().flatten().map(|name| (name, of_name(name))).collect();
        assert!(all.len() > 40, "{all:?}");
        let without: Vec<_> = all.iter().filter(|(_, help)| help.is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    fn refused(data: Vec<u8>, message: &str) -> ClientError {
        let revert = Box::new(Revert::decode(data.into(), message));
        ClientError::Reverted { what: "ask()".into(), revert }
    }

    #[test]
    fn programs_that_do_not_run_are_renewed() {
        for name in ["ProgramNeedsUpgrade(uint16,uint16)", "ProgramExpired { .. }", "ProgramNotActivated"] {
            assert!(of_client(&refused(vec![], name)).contains("functions deploy --renew"), "{name}");
        }
        assert_eq!(of_program("InvalidSubscription"), None);
    }

    #[test]
    fn what_a_contract_says_without_or_with_unknown_words_has_a_remedy_too() {
        let [silent, unknown] = [vec![], vec![1, 2, 3, 4]].map(|data| of_client(&refused(data, "")));
        assert!(silent.contains("check its address") && unknown.contains("its source"), "{silent} {unknown}");
    }
}
