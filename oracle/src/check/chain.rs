//! The chain and the contracts, as seen through every endpoint.

use std::net::IpAddr;

use alloy::primitives::{Address, Bytes, U64, U256};
use functions_types::abi::{Coordinator, Router};
use oracle_net::Multiaddr;
use tokio::time::timeout;
use url::Url;

use super::{Line, PATIENCE, local::socket_of};
use crate::{
    chain::{self, Rpc, RpcFailure},
    clock::now_ms,
    config::Config,
    engine::{Don, Identity},
    programs,
    verbs::amount,
};

/// Gas of the reports a transmitter should be able to pay for.
const REPORTS_GAS: u64 = 20_000_000;
/// Seconds the newest block may be ahead of this machine's clock.
const MAX_AHEAD_SECONDS: u64 = 30;
/// Seconds it may be behind.
const MAX_BEHIND_SECONDS: u64 = 900;

/// Looks at the endpoints, the contracts, the configuration in force and the transmitter.
pub(super) async fn look(config: &Config, identity: Option<&Identity>) -> Vec<Line> {
    let mut lines = Vec::new();
    let looks = config.chain.rpc_urls.iter().map(|url| endpoint(url, config.chain.chain_id));
    let mut right = None;
    for (index, (line, rpc)) in futures::future::join_all(looks).await.into_iter().enumerate() {
        lines.push(Line { id: format!("chain.endpoint.{index}"), ..line });
        right = right.or(rpc);
    }
    let Some(rpc) = right else {
        let words = "no endpoint serves the chain; the contracts were not looked at";
        lines.push(Line::fail("chain", words, "correct chain.rpc_urls or chain.chain_id"));
        return lines;
    };
    let contracts = async {
        if let Some(coordinator) = contracts(config, &rpc, &mut lines).await {
            membership(config, &rpc, coordinator, identity, &mut lines).await;
        }
        if let Some(identity) = identity {
            lines.push(ether(&rpc, identity.transmitter).await);
        }
    };
    if timeout(3 * PATIENCE, contracts).await.is_err() {
        let remedy = "use a faster endpoint, or set chain.start_block to the deployment's startBlock";
        lines.push(Line::fail("chain", format!("no answers within {} s", 3 * PATIENCE.as_secs()), remedy));
    }
    lines
}

/// One endpoint: does it answer, for this chain, with a head of now? Names only its host, for URLs carry access keys.
async fn endpoint(url: &Url, expected: u64) -> (Line, Option<Rpc>) {
    let id = "chain.endpoint";
    let name = match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => "?".to_owned(),
    };
    let remedy = "correct the URL, or take another provider";
    let rpc = match Rpc::new(std::slice::from_ref(url)) {
        Ok(rpc) => rpc,
        Err(err) => return (Line::fail(id, format!("{name}: {err}"), remedy), None),
    };
    let asked = timeout(PATIENCE, async {
        let chain_id: U64 = rpc.call("eth_chainId", ()).await?;
        Ok::<_, RpcFailure>((chain_id.to::<u64>(), rpc.header("latest").await?))
    });
    match asked.await {
        Err(_) => {
            (Line::fail(id, format!("{name}: no answer within {} s", PATIENCE.as_secs()), remedy), None)
        }
        Ok(Err(err)) => (Line::fail(id, format!("{name}: {err}"), remedy), None),
        Ok(Ok((found, _))) if found != expected => {
            let words = format!("{name}: chain.chain_id is {expected}, the endpoint says {found}");
            (Line::fail(id, words, "correct one of them"), None)
        }
        Ok(Ok((_, None))) => (Line::fail(id, format!("{name}: it has no newest block"), remedy), None),
        Ok(Ok((_, Some(head)))) => {
            (clock(&name, head.height(), head.timestamp.to(), now_ms() / 1_000), Some(rpc))
        }
    }
}

fn clock(name: &str, height: u64, head: u64, now: u64) -> Line {
    let id = "chain.endpoint";
    if head > now + MAX_AHEAD_SECONDS {
        let words = format!("{name}: block {height} is {} s ahead of this machine's clock", head - now);
        return Line::warn(id, words, "set the clock (NTP): deadlines are missed with a wrong one");
    }
    if now > head + MAX_BEHIND_SECONDS {
        let words = format!("{name}: block {height} is {} s old", now - head);
        return Line::warn(
            id,
            words,
            "the chain or the endpoint stands still, or this machine's clock is ahead",
        );
    }
    Line::ok(id, format!("{name}: the right chain, block {height}"))
}

/// Router and route; the coordinator.
async fn contracts(config: &Config, rpc: &Rpc, lines: &mut Vec<Line>) -> Option<Address> {
    let router = config.chain.router;
    let remedy = "write the Router of the deployment (addresses.json) for this chain into chain.router";
    if !lifetime("router.program", rpc, router, lines).await {
        return None;
    }
    match kind(rpc, router, Router::typeAndVersionCall {}).await {
        Ok(name) if name.starts_with("Functions Router") => {
            lines.push(Line::ok("router", format!("{router} is {name}")));
        }
        Ok(name) => {
            lines.push(Line::fail("router", format!("{router} calls itself {name:?}"), remedy));
            return None;
        }
        Err(words) => {
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
            lines.push(Line::fail("don.route", err.to_string(), "look at the endpoint"));
            return None;
        }
    };
    lines.push(Line::ok("don.route", format!("{don} leads to {coordinator}")));
    if !lifetime("don.coordinator.program", rpc, coordinator, lines).await {
        return None;
    }
    match kind(rpc, coordinator, Coordinator::typeAndVersionCall {}).await {
        Ok(name) if name.starts_with("Functions Coordinator") => {
            lines.push(Line::ok("don.coordinator", format!("{coordinator} is {name}")));
            Some(coordinator)
        }
        Ok(words) | Err(words) => {
            let remedy = "the Router's owner must lead the route to a Coordinator";
            lines.push(Line::fail("don.coordinator", format!("{coordinator}: {words}"), remedy));
            None
        }
    }
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

/// `typeAndVersion`, or why there is none.
async fn kind<C: alloy::sol_types::SolCall<Return = String>>(
    rpc: &Rpc,
    address: Address,
    call: C,
) -> Result<String, String> {
    let code: Bytes = rpc.call("eth_getCode", (address, "latest")).await.map_err(|err| err.to_string())?;
    if code.is_empty() {
        return Err(format!("{address} has no code"));
    }
    let name = chain::view(rpc, address, call)
        .await
        .map_err(|err| format!("{address} does not say what it is (typeAndVersion: {err})"))?;
    Ok(name.chars().take(100).collect())
}

/// The configuration in force, and this node in it.
async fn membership(
    config: &Config,
    rpc: &Rpc,
    coordinator: Address,
    identity: Option<&Identity>,
    lines: &mut Vec<Line>,
) {
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
            return;
        }
        Ok(Err(err)) => {
            lines.push(Line::fail("don.config", err.to_string(), "look at the endpoint"));
            return;
        }
        Err(_) => {
            let words = "the configuration was not found in time";
            lines.push(Line::fail(
                "don.config",
                words,
                "set chain.start_block to the deployment's startBlock",
            ));
            return;
        }
    };
    lines.push(Line::ok(
        "don.config",
        format!("{} members, digest {}", event.signers.len(), event.configDigest),
    ));
    let Some(identity) = identity else { return };
    let identity = identity.as_configured(&event);
    match Don::from_event(&event, settings.chain_id, coordinator, &identity) {
        Err(err) => {
            let remedy =
                "hand this node's `keygen` output to the Coordinator's owner, or correct keys.keystore";
            lines.push(Line::fail("don.member", err.to_string(), remedy));
        }
        Ok(don) => {
            lines.push(Line::ok("don.member", format!("this node is oracle {}", don.me)));
            announced(config, &don, lines);
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
        let balance: U256 = rpc.call("eth_getBalance", (transmitter, "latest")).await?;
        let price: U256 = rpc.call("eth_gasPrice", ()).await?;
        Ok::<_, RpcFailure>((balance, price))
    };
    match asked.await {
        Err(err) => Line::fail(id, err.to_string(), "look at the endpoint"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn clock_is_compared_with_the_newest_block() {
        for (head, now, verdict) in [
            (1_000, 1_000, Verdict::Ok),
            (1_030, 1_000, Verdict::Ok),
            (1_031, 1_000, Verdict::Warn),
            (1_000, 1_900, Verdict::Ok),
            (1_000, 1_901, Verdict::Warn),
        ] {
            assert_eq!(clock("x", 1, head, now).verdict, verdict, "{head} {now}");
        }
    }
}
