//! What the contracts that stand were built with, and who owns them: asked of the chain, as a file may be wrong.
//!
//! No view shows what a contract was built with, so each is asked in calls that nobody pays for:
//!
//! | contract | built with | how it shows |
//! | --- | --- | --- |
//! | Router | LINK | whom it takes for the token in `onTokenTransfer` |
//! | Coordinator | Router | whose `deleteCommitment` it takes |
//! | Coordinator | feeds | it has no price when the feed's code is taken away |
//! | consumer | Router | whose answer it takes in `handleOracleFulfillment` |
//!
//! An allow list is built with nothing but its owner and settings. What contracts are, they say themselves.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use functions_client::abi::{Client, Coordinator, Feed, Router};
use functions_client::{Chain, ClientError, Revert};
use functions_failure::{Failure, Result, WrapErr as _, failure};

use crate::book::Entries;
use crate::contract::Contract;

/// Each contract, with what its constructor fixed.
const BUILT_WITH: [(Contract, Contract); 5] = [
    (Contract::Router, Contract::Link),
    (Contract::Coordinator, Contract::Router),
    (Contract::Coordinator, Contract::NativeFeed),
    (Contract::Coordinator, Contract::UsdFeed),
    (Contract::Consumer, Contract::Router),
];

/// How contracts that say what they are begin.
const KINDS: [(Contract, &str); 3] = [
    (Contract::Router, "Functions Router "),
    (Contract::Coordinator, "Functions Coordinator "),
    (Contract::AllowList, "Functions Terms of Service Allow List "),
];

/// What to do about an address.
const CORRECT: &str =
    "correct its address in the configuration or in the addresses file, or name another endpoint";

/// Code of a contract that refuses every call: `PUSH1 0 PUSH1 0 REVERT`.
const REFUSES: [u8; 5] = [0x60, 0, 0x60, 0, 0xfd];

/// Checks that the contracts of the entries are there and belong together.
///
/// # Errors
/// When one is missing, is something else, or was built with another than the entries name.
pub(crate) async fn check(chain: &Chain, entries: &Entries) -> Result<()> {
    for contract in Contract::ALL {
        let Some(address) = contract.at(entries) else { continue };
        if chain.code(address).await?.is_empty() {
            return Err(failure!(
                help = CORRECT,
                "the {} {address} has no code on chain {}",
                contract.name(),
                chain.id()
            ));
        }
    }
    for (contract, kind) in KINDS {
        let Some(at) = contract.at(entries) else { continue };
        let said = chain.call(at, &Router::typeAndVersionCall {}).await;
        let said = said.map_err(|error| is_none(error, contract, at))?;
        if !said.starts_with(kind) {
            let name = contract.name();
            return Err(failure!(help = CORRECT, "what is at {at} is no {name}: it says {said:?} of itself"));
        }
    }
    for (contract, part) in BUILT_WITH {
        let Some(at) = contract.at(entries) else { continue };
        let (name, part_name) = (contract.name(), part.name());
        let Some(with) = part.at(entries) else {
            return Err(failure!(
                help = format!(
                    "write the address of its {part_name} into the addresses file again, or deploy anew into another `addresses_file`"
                ),
                "the addresses file has the {name} {at} without the {part_name} it was built with, which cannot be changed"
            ));
        };
        if !is_built_with(chain, (contract, at), (part, with)).await? {
            return Err(failure!(
                help = format!(
                    "write the {part_name} it was built with, or deploy anew into another `addresses_file`"
                ),
                "the {name} {at} was built with another {part_name} than {with}, which cannot be changed"
            ));
        }
    }
    Ok(())
}

/// Checks that whoever sends may change a contract's settings.
///
/// # Errors
/// When it belongs to another.
pub(crate) async fn owned(chain: &Chain, contract: Contract, at: Address, key: Address) -> Result<()> {
    // Every contract that has settings has this view.
    let asked = chain.call(at, &Router::ownerCall {}).await;
    let owner = asked.map_err(|error| is_none(error, contract, at))?;
    if owner == key {
        return Ok(());
    }
    let name = contract.name();
    Err(failure!(
        help = format!(
            "only {owner} may change it: name that key's file with `owner_key_file` and write {owner} as `owner` into the addresses file"
        ),
        "the {name} {at} belongs to {owner}, not to {key}"
    ))
}

async fn is_built_with(
    chain: &Chain,
    (contract, at): (Contract, Address),
    (part, with): (Contract, Address),
) -> Result<bool> {
    let said = match (contract, part) {
        (Contract::Coordinator, Contract::NativeFeed) => {
            return reads(chain, at, with, &Coordinator::getWeiPerUnitLinkCall {}).await;
        }
        (Contract::Coordinator, Contract::UsdFeed) => {
            return reads(chain, at, with, &Coordinator::getUsdPerUnitLinkCall {}).await;
        }
        (Contract::Router, _) => {
            let call = Router::onTokenTransferCall { _0: with, amount: U256::ZERO, data: Bytes::new() };
            chain.call_from(with, at, &call).await.map(drop)
        }
        (Contract::Coordinator, _) => {
            let call = Coordinator::deleteCommitmentCall { requestId: B256::repeat_byte(0xff) };
            chain.call_from(with, at, &call).await.map(drop)
        }
        _ => {
            let call = Client::handleOracleFulfillmentCall {
                requestId: B256::repeat_byte(0xff),
                response: Bytes::new(),
                err: Bytes::new(),
            };
            chain.call_from(with, at, &call).await.map(drop)
        }
    };
    let Err(error) = said else { return Ok(true) };
    takes(&error).ok_or_else(|| is_none(error, contract, at))
}

/// Whether a contract takes the caller for the one it was built with, by what it says to the call; `None` when it says
/// nothing of it.
fn takes(error: &ClientError) -> Option<bool> {
    match error.revert().and_then(Revert::name)? {
        "OnlyCallableFromLink" | "OnlyCallableByRouter" | "OnlyRouterCanFulfill" => Some(false),
        // A paused Router says `Error` to all; then the file is believed.
        "InvalidCalldata" | "UnexpectedRequestID" | "Error" => Some(true),
        _ => None,
    }
}

/// Whether the Coordinator's price is read from the feed.
async fn reads<C: SolCall>(chain: &Chain, coordinator: Address, feed: Address, price: &C) -> Result<bool> {
    let without = |to| (to, feed, Bytes::from_static(&REFUSES));
    if is_refused(chain.call_with_code(without(coordinator), price).await)? {
        return Ok(true);
    }
    // An endpoint that leaves the code where it is says nothing about the feed.
    Ok(!is_refused(chain.call_with_code(without(feed), &Feed::latestRoundDataCall {}).await)?)
}

fn is_refused<T>(said: Result<T, ClientError>) -> Result<bool> {
    match said {
        Ok(_) => Ok(false),
        Err(error) if error.revert().is_some() => Ok(true),
        Err(error) => Err(error).wrap_err("look at the Coordinator's feeds"),
    }
}

fn is_none(error: ClientError, contract: Contract, at: Address) -> Failure {
    let name = contract.name();
    if !error.is_no_answer() {
        return Failure::from(error).wrap_err(format!("ask the {name} {at}"));
    }
    failure!(help = CORRECT, "what is at {at} is no {name}: {error}")
}

#[cfg(test)]
mod tests {
    use alloy::sol_types::SolError;
    use functions_client::abi::Reverts;

    use super::*;

    fn said(error: &impl SolError) -> ClientError {
        let revert = Box::new(Revert::decode(error.abi_encode().into(), ""));
        ClientError::Reverted { what: "ask()".into(), revert }
    }

    #[test]
    fn what_a_contract_says_to_others_and_to_its_own_is_told_apart() {
        assert_eq!(takes(&said(&Router::OnlyCallableFromLink {})), Some(false));
        assert_eq!(takes(&said(&Coordinator::OnlyCallableByRouter {})), Some(false));
        assert_eq!(takes(&said(&Client::OnlyRouterCanFulfill {})), Some(false));
        assert_eq!(takes(&said(&Router::InvalidCalldata {})), Some(true));
        assert_eq!(takes(&said(&Client::UnexpectedRequestID { requestId: B256::ZERO })), Some(true));
        let paused = Reverts::Error { message: "Pausable: paused".to_owned() };
        assert_eq!(takes(&said(&paused)), Some(true));
        assert_eq!(takes(&said(&Coordinator::EmptyPublicKey {})), None);
    }
}
