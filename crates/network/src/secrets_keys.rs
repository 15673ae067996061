//! The keys for secrets: the members make them with each other before they run, and the owner sets them in the
//! Coordinator.

use alloy::primitives::{Address, Bytes};
use functions_client::{Account, Chain};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure, of_words};
use functions_types::abi::Coordinator::{setDONPublicKeyCall, setThresholdPublicKeyCall};
use serde_json::Value;

use crate::node::Node;

/// What a member prints that is its own.
const OWN: &str = "index";

/// Has members make keys with each other; what all of them print.
///
/// # Errors
/// When one makes none, with its words, or they do not print the same.
pub(crate) async fn make(members: &mut [Node]) -> Result<Value> {
    members.iter_mut().for_each(Node::free_ports);
    let made = futures::future::try_join_all(members.iter().map(made_by)).await?;
    members.iter_mut().for_each(Node::hold_ports);
    let mut all = made.into_iter().map(|mut one| {
        one.as_object_mut().and_then(|one| one.remove(OWN));
        one
    });
    let first = all.next().unwrap_or_default();
    match all.all(|other| other == first) {
        true => Ok(first),
        false => Err(failure!(help = "start again", "the nodes made different keys for secrets")),
    }
}

/// What one member prints.
async fn made_by(node: &Node) -> Result<Value> {
    let place = || format!("functions-node dkg for node {}", node.index);
    let output = node.verb(&["dkg"]).await.wrap_err_with(place)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let help = of_words(&said).unwrap_or("these are the node program's own words; mend what they name");
        return Err(failure!(help = help, "{}", said.trim())).wrap_err_with(place);
    }
    serde_json::from_slice(&output.stdout)
        .or_help("put the programs of one build side by side")
        .wrap_err_with(place)
}

/// Stores the keys that members made in the Coordinator, of which `owner` is the owner.
///
/// # Errors
/// When they are not as members print them, or the chain refuses.
pub(crate) async fn publish(
    chain: &Chain,
    owner: &Account,
    coordinator: Address,
    made: &Value,
) -> Result<()> {
    let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
    let don: Bytes = text("donPublicKey").parse().or_help("put the programs of one build side by side")?;
    chain.send(owner, coordinator, &setDONPublicKeyCall { donPublicKey: don }).await?;
    let threshold = Bytes::from(text("thresholdPublicKey").into_bytes());
    chain.send(owner, coordinator, &setThresholdPublicKeyCall { thresholdPublicKey: threshold }).await?;
    Ok(())
}
