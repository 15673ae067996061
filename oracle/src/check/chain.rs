//! The contracts, the configuration in force and the transmitter, as the node would be told of them.

use std::net::IpAddr;

use alloy::primitives::{Address, B256, U256};
use functions_types::abi::{Coordinator, Router};
use oracle_net::Multiaddr;
use tokio::time::timeout;

use super::{Line, PATIENCE, endpoints};
use crate::{
    chain::{self, Rpc, RpcFailure},
    config::Config,
    don::{Don, Identity},
    peers::socket_of,
    programs,
    secrets::{Shown, Standing},
    verbs::amount,
};

/// Gas of the reports a transmitter should be able to pay for.
const REPORTS_GAS: u64 = 20_000_000;
/// Looks at the endpoints, the contracts, the configuration in force and the transmitter. `stored` is the identity
/// block's hash as the journal has it; the configuration's goes before it, as at a start.
pub(super) async fn look(config: &Config, stored: Option<B256>, identity: Option<&Identity>) -> Vec<Line> {
    let mut lines = Vec::new();
    let Some(rpc) = endpoints::look(&config.chain, stored, &mut lines).await else { return lines };
    let contracts = async {
        let mut configured = None;
        if let Some(coordinator) = contracts(config, &rpc, &mut lines).await {
            configured = membership(config, &rpc, coordinator, identity, &mut lines).await;
        }
        // Without a configuration the newest is the one to be.
        if let Some(transmitter) = configured.or(identity.map(|identity| identity.transmitter)) {
            lines.push(ether(&rpc, transmitter).await);
        }
    };
    if timeout(3 * PATIENCE, contracts).await.is_err() {
        let remedy = "use a faster endpoint, or set chain.start_block to the deployment's startBlock";
        lines.push(Line::fail("chain", format!("no answers within {} s", 3 * PATIENCE.as_secs()), remedy));
    }
    lines
}

/// What to do when a question to the chain failed.
fn remedy_of(failure: &RpcFailure) -> &'static str {
    match failure {
        RpcFailure::Unagreed { .. } => {
            "find out which of chain.rpc_urls is wrong, and take it out: a block explorer shows what is right"
        }
        _ => "look at the endpoints",
    }
}

/// Router and route; the coordinator.
async fn contracts(config: &Config, rpc: &Rpc, lines: &mut Vec<Line>) -> Option<Address> {
    let router = config.chain.router;
    let remedy = "write the Router of the deployment (addresses.json) for this chain into chain.router";
    if !lifetime("router.program", rpc, router, lines).await {
        return None;
    }
    match kind(rpc, router, Router::typeAndVersionCall {}, remedy).await {
        Ok(name) if name.starts_with("Functions Router") => {
            lines.push(Line::ok("router", format!("{router} is {name}")));
        }
        Ok(name) => {
            lines.push(Line::fail("router", format!("{router} calls itself {name:?}"), remedy));
            return None;
        }
        Err((words, remedy)) => {
            lines.push(Line::fail("router", words, remedy));
            return None;
        }
    }
    let don = config.chain.don_id;
    let coordinator = match chain::coordinator_of(rpc, router, don.0).await {
        Ok(Some(coordinator)) => coordinator,
        Ok(None) => {
            let remedy = chain::unknown_don(rpc, &config.chain).await;
            lines.push(Line::fail("don.route", format!("the Router has no route for DON {don}"), remedy));
            return None;
        }
        Err(err) => {
            lines.push(Line::fail("don.route", err.to_string(), remedy_of(&err)));
            return None;
        }
    };
    lines.push(Line::ok("don.route", format!("{don} leads to {coordinator}")));
    if !lifetime("don.coordinator.program", rpc, coordinator, lines).await {
        return None;
    }
    let remedy = "the Router's owner must lead the route to a Coordinator";
    let (words, remedy) = match kind(rpc, coordinator, Coordinator::typeAndVersionCall {}, remedy).await {
        Ok(name) if name.starts_with("Functions Coordinator") => {
            lines.push(Line::ok("don.coordinator", format!("{coordinator} is {name}")));
            return Some(coordinator);
        }
        Ok(name) => (format!("it calls itself {name:?}"), remedy),
        Err(said) => said,
    };
    lines.push(Line::fail("don.coordinator", format!("{coordinator}: {words}"), remedy));
    None
}

/// For how long the chain runs a contract; false when it does not. Silent about contracts that are no programs.
async fn lifetime(id: &str, rpc: &Rpc, address: Address, lines: &mut Vec<Line>) -> bool {
    // What an endpoint does not say here, it does not say to the next question either.
    let Ok(Some(standing)) = programs::standing(rpc, address).await else { return true };
    let words = format!("{address}: {standing}");
    lines.push(if !standing.runs() {
        Line::fail(id, words, "have it activated again: `functions deploy --renew`")
    } else if standing.needs_renewal() {
        Line::warn(id, words, "have it kept alive: `functions deploy --renew`")
    } else {
        Line::ok(id, words)
    });
    standing.runs()
}

/// `typeAndVersion`, or why there is none, and what to do: `remedy` where the contract is at fault.
async fn kind<'a, C: alloy::sol_types::SolCall<Return = String>>(
    rpc: &Rpc,
    address: Address,
    call: C,
    remedy: &'a str,
) -> Result<String, (String, &'a str)> {
    let code = rpc.agreed_code(address).await.map_err(|err| (err.to_string(), remedy_of(&err)))?;
    if code.is_empty() {
        return Err((format!("{address} has no code"), remedy));
    }
    match chain::view(rpc, address, call).await {
        Ok(name) => Ok(name.chars().take(100).collect()),
        Err(err) => {
            let remedy = if err.is_transient() { remedy_of(&err) } else { remedy };
            Err((format!("{address} does not say what it is (typeAndVersion: {err})"), remedy))
        }
    }
}

/// The configuration in force, and this node in it; the transmitter that it sends from under that.
async fn membership(
    config: &Config,
    rpc: &Rpc,
    coordinator: Address,
    identity: Option<&Identity>,
    lines: &mut Vec<Line>,
) -> Option<Address> {
    let settings = &config.chain;
    let found = async {
        let Some(digest) = chain::config_digest(rpc, coordinator).await? else { return Ok(None) };
        chain::find_config(rpc, coordinator, digest, settings.start_block, settings.max_log_range).await
    };
    let event = match timeout(2 * PATIENCE, found).await {
        Ok(Ok(Some((event, _)))) => event,
        Ok(Ok(None)) => {
            let words = "the Coordinator has no configuration since chain.start_block";
            let remedy = "have its owner set one (`functions deploy` with [don]), or lower chain.start_block";
            lines.push(Line::fail("don.config", words, remedy));
            return None;
        }
        Ok(Err(err)) => {
            lines.push(Line::fail("don.config", err.to_string(), remedy_of(&err)));
            return None;
        }
        Err(_) => {
            let words = "the configuration was not found in time";
            lines.push(Line::fail(
                "don.config",
                words,
                "set chain.start_block to the deployment's startBlock",
            ));
            return None;
        }
    };
    lines.push(Line::ok(
        "don.config",
        format!("{} members, digest {}", event.signers.len(), event.configDigest),
    ));
    let identity = identity?.as_configured(&event);
    match Don::from_event(&event, settings.chain_id, coordinator, &identity) {
        Err(err) => {
            let remedy =
                "hand this node's `keygen` output to the Coordinator's owner, or correct keys.keystore";
            lines.push(Line::fail("don.member", err.to_string(), remedy));
        }
        Ok(don) => {
            lines.push(Line::ok("don.member", format!("this node is oracle {}", don.me)));
            lines.push(secrets(rpc, coordinator, &identity, &event.configDigest).await);
            announced(config, &don, lines);
        }
    }
    Some(identity.transmitter)
}

/// Whether the node has its share of the keys for secrets.
async fn secrets(rpc: &Rpc, coordinator: Address, identity: &Identity, digest: &B256) -> Line {
    let id = "don.secrets";
    match Shown::ask(rpc, coordinator).await {
        Err(err) => Line::fail(id, err.to_string(), remedy_of(&err)),
        Ok(shown) => {
            let standing = shown.judge(&identity.secrets_keys, digest);
            match standing {
                Standing::Unset | Standing::Held => Line::ok(id, standing.words()),
                Standing::Lacking => Line::warn(id, standing.words(), standing.remedy()),
                Standing::Mismatch => Line::fail(id, standing.words(), standing.remedy()),
            }
        }
    }
}

/// What the configuration tells the other members about where this one is.
fn announced(config: &Config, don: &Don, lines: &mut Vec<Line>) {
    let me = usize::from(don.me.get());
    let remedy = "have the Coordinator's owner correct `listen` in the oracles file and deploy again";
    let mut here = Vec::new();
    for (index, member) in don.members().iter().enumerate() {
        for text in &member.addresses {
            match text.parse::<Multiaddr>() {
                Ok(address) if index == me => here.push(address),
                Ok(_) => {}
                Err(err) => {
                    let words = format!("address {text:?} of oracle {index} is no multiaddress ({err})");
                    lines.push(Line::warn("don.addresses", words, remedy));
                }
            }
        }
    }
    let elsewhere = |ip: IpAddr| ip.is_unspecified() || ip.is_loopback();
    let others_are_remote = don.members().iter().enumerate().any(|(index, member)| {
        let address = member.addresses.first().and_then(|text| text.parse().ok());
        index != me && address.is_none_or(|address| socket_of(&address).is_none_or(|at| !elsewhere(at.ip())))
    });
    let own_port = config.net.listen.parse().ok().and_then(|address| socket_of(&address)).map(|at| at.port());
    let at: Vec<_> = here.iter().filter_map(socket_of).collect();
    let words = here.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    lines.push(if here.is_empty() {
        Line::warn("net.announced", "the configuration has no address of this node", remedy)
    } else if at.iter().any(|at| at.ip().is_unspecified() || (at.ip().is_loopback() && others_are_remote)) {
        Line::warn("net.announced", format!("{words} cannot be reached from other machines"), remedy)
    } else if !at.is_empty() && at.iter().all(|at| Some(at.port()) != own_port) {
        let words = format!("{words} has another port than net.listen {}", config.net.listen);
        Line::warn(
            "net.announced",
            words,
            "fine behind a router that forwards the port; otherwise correct one of them",
        )
    } else {
        Line::ok("net.announced", words)
    });
}

/// Whether the transmitter can pay for reports.
async fn ether(rpc: &Rpc, transmitter: Address) -> Line {
    let id = "ether";
    let asked = async {
        let balance = rpc.balance(transmitter).await?;
        let price = rpc.agreed_head().await?.base_fee_per_gas.unwrap_or_default();
        Ok::<_, RpcFailure>((balance, price))
    };
    match asked.await {
        Err(err) => Line::fail(id, err.to_string(), remedy_of(&err)),
        Ok((balance, price)) => {
            let words = format!("{transmitter} has {} ether", amount::show(balance));
            let wanted = price * U256::from(REPORTS_GAS);
            if balance.is_zero() {
                Line::fail(id, words, "send it some: it pays for every report")
            } else if balance < wanted {
                let remedy = format!(
                    "send it {} ether or more, about 40 reports at today's price",
                    amount::show(wanted)
                );
                Line::warn(id, words, remedy)
            } else {
                Line::ok(id, words)
            }
        }
    }
}
