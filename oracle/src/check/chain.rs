//! The chain and the contracts, as seen through every endpoint.

use std::{collections::BTreeSet, net::IpAddr};

use alloy::primitives::{Address, B256, Bytes, U64, U256};
use functions_types::abi::{Coordinator, Router};
use oracle_net::Multiaddr;
use serde::Deserialize;
use tokio::{net::lookup_host, time::timeout};
use url::Url;

use super::{Line, PATIENCE};
use crate::{
    chain::{self, Rpc, RpcFailure},
    clock::wall_ms,
    config::{ChainSection, Config},
    don::{Don, Identity},
    peers::socket_of,
    programs,
    verbs::amount,
};

/// Gas of the reports a transmitter should be able to pay for.
const REPORTS_GAS: u64 = 20_000_000;
/// Beginning of an endpoint's id.
const ENDPOINT: &str = "chain.endpoint";
/// Seconds the newest block may be ahead of this machine's clock.
const MAX_AHEAD_SECONDS: u64 = 30;
/// Seconds it may be behind.
const MAX_BEHIND_SECONDS: u64 = 900;

/// An endpoint with the right chain id.
struct Answered {
    /// Hash of the identity block there.
    hash: B256,
    has_router: bool,
}

/// What one endpoint showed.
struct Seen {
    name: String,
    line: Line,
    answered: Option<Answered>,
}

/// Looks at the endpoints, the contracts, the configuration in force and the transmitter. `stored` is the identity
/// block's hash as the journal has it; the configuration's goes before it, as at a start.
pub(super) async fn look(config: &Config, stored: Option<B256>, identity: Option<&Identity>) -> Vec<Line> {
    let settings = &config.chain;
    let ours = match (settings.identity_hash, stored) {
        (Some(hash), _) => Some((hash, "chain.identity_hash".to_owned())),
        (None, stored) => stored.map(|hash| (hash, "the journal".to_owned())),
    };
    let looks = settings.rpc_urls.iter().map(|url| endpoint(url, settings));
    let seen = futures::future::join_all(looks).await;
    let ours = ours.or_else(|| introduced(settings.agree, &seen));
    let mut lines = Vec::new();
    let mut usable = Vec::new();
    for (url, Seen { name, mut line, answered }) in settings.rpc_urls.iter().zip(seen) {
        if let Some(Answered { hash, .. }) = answered {
            match &ours {
                Some((expected, whose)) if *expected != hash => {
                    line = foreign(&name, settings.identity_block, hash, *expected, whose);
                }
                _ => usable.push((name.clone(), url.clone())),
            }
        }
        lines.push(Line { id: format!("{ENDPOINT}.{}", lines.len()), ..line });
    }
    lines.extend(identified(settings, stored, ours));
    let (names, urls): (Vec<_>, Vec<_>) = usable.into_iter().unzip();
    lines.extend(agreement(settings.agree, names.len(), voices(&names).await));
    if urls.is_empty() {
        let words = "no endpoint serves the chain; the contracts were not looked at";
        lines.push(Line::fail("chain", words, "correct chain.rpc_urls or chain.chain_id"));
        return lines;
    }
    if urls.len() < settings.agree {
        let words = "too few endpoints serve the chain; the contracts were not looked at";
        lines.push(Line::fail("chain", words, "see chain.agree"));
        return lines;
    }
    // What the node would be told: by as many of them as must agree.
    let rpc = match Rpc::configured(&urls, settings) {
        Ok(rpc) => rpc,
        Err(err) => {
            lines.push(Line::fail("chain", err.to_string(), "correct chain.rpc_urls"));
            return lines;
        }
    };
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

/// Which chain it is as long as nothing else says so: what as many of the first endpoints with the Router as must agree
/// show; as the node finds it out.
fn introduced(agree: usize, seen: &[Seen]) -> Option<(B256, String)> {
    let mut heard = Vec::new();
    for seen in seen {
        let Some(answered) = seen.answered.as_ref().filter(|answered| answered.has_router) else { continue };
        heard.push((&seen.name, answered.hash));
        let alike = heard.iter().filter(|(_, hash)| *hash == answered.hash);
        let names: Vec<&str> = alike.map(|(name, _)| name.as_str()).collect();
        if names.len() >= agree {
            return Some((answered.hash, names.join(" and ")));
        }
    }
    None
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

/// Host and port: URLs carry access keys.
fn name_of(url: &Url) -> String {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        _ => "?".to_owned(),
    }
}

/// One endpoint: does it answer, for this chain id, with a head of now?
async fn endpoint(url: &Url, settings: &ChainSection) -> Seen {
    let name = name_of(url);
    let without = |words: String, remedy: &str| Seen {
        name: name.clone(),
        line: Line::fail(ENDPOINT, format!("{name}: {words}"), remedy),
        answered: None,
    };
    let remedy = "correct the URL, or take another provider";
    let rpc = match Rpc::new(std::slice::from_ref(url)) {
        Ok(rpc) => rpc.checking_hashes(settings.check_block_hashes),
        Err(err) => return without(err.to_string(), remedy),
    };
    #[derive(Deserialize)]
    struct Block {
        hash: B256,
    }
    let asked = timeout(PATIENCE, async {
        let found: U64 = rpc.call("eth_chainId", ()).await?;
        let identity = format!("{:#x}", settings.identity_block);
        let identity: Option<Block> = rpc.call("eth_getBlockByNumber", (identity, false)).await?;
        let code: Bytes = rpc.call("eth_getCode", (settings.router, "latest")).await?;
        Ok::<_, RpcFailure>((found.to::<u64>(), identity, !code.is_empty(), rpc.header("latest").await?))
    });
    let (found, identity, has_router, head) = match asked.await {
        Err(_) => return without(format!("no answer within {} s", PATIENCE.as_secs()), remedy),
        Ok(Err(err)) => return without(err.to_string(), remedy),
        Ok(Ok(answers)) => answers,
    };
    let expected = settings.chain_id;
    if found != expected {
        let words = format!("chain.chain_id is {expected}, the endpoint says {found}");
        return without(words, "correct one of them");
    }
    let Some(head) = head else { return without("it has no newest block".to_owned(), remedy) };
    let Some(Block { hash }) = identity else {
        let block = settings.identity_block;
        let remedy = "take another provider, or set chain.identity_block to one that every endpoint has";
        return without(format!("it does not have block {block}, which tells the chain"), remedy);
    };
    let line = clock(&name, head.height(), head.timestamp.to(), wall_ms() / 1_000);
    Seen { name, line, answered: Some(Answered { hash, has_router }) }
}

/// An endpoint of a chain that only has the same id.
fn foreign(name: &str, block: u64, found: B256, expected: B256, whose: &str) -> Line {
    let words = format!(
        "{name}: another chain with the same id: its block {block} is {found}, that of {whose} is {expected}"
    );
    let remedy =
        "take it out of chain.rpc_urls; when the chain itself was made anew, start with an empty journal";
    Line::fail(ENDPOINT, words, remedy)
}

/// How many of these hosts and ports are different: names of one machine speak with one voice.
async fn voices(names: &[String]) -> usize {
    let mut voices = BTreeSet::new();
    for name in names {
        let found = timeout(PATIENCE, lookup_host(name)).await;
        let found: BTreeSet<String> = match found {
            Ok(Ok(found)) => found.map(|at| voice(at.ip(), at.port())).collect(),
            _ => BTreeSet::from([name.clone()]),
        };
        voices.extend(found.into_iter().next());
    }
    voices.len()
}

fn voice(ip: IpAddr, port: u16) -> String {
    if ip.is_loopback() { format!("this machine:{port}") } else { format!("{ip}:{port}") }
}

/// Whether enough endpoints can agree; nothing where one is enough.
fn agreement(wanted: usize, usable: usize, voices: usize) -> Option<Line> {
    let words = format!("{usable} endpoints serve the chain, {wanted} must say the same");
    let remedy = "name more of different providers in chain.rpc_urls, or let fewer agree (chain.agree)";
    let id = "chain.agree";
    let line = if usable < wanted {
        Line::fail(id, words, remedy)
    } else if voices < wanted {
        Line::warn(id, format!("{words}, but several are names of the same machine and port"), remedy)
    } else {
        Line::ok(id, words)
    };
    (wanted > 1).then_some(line)
}

/// By what the chain is told from others of the same id; `None` when nothing has shown it yet.
fn identified(settings: &ChainSection, stored: Option<B256>, ours: Option<(B256, String)>) -> Option<Line> {
    let (hash, whose) = ours?;
    let (id, block) = ("chain.identity", settings.identity_block);
    Some(match stored {
        Some(stored) if stored != hash => {
            let words = format!("block {block} is {hash} by {whose}, and {stored} by the journal");
            let remedy = "correct chain.identity_hash; when the chain itself was made anew, start with an empty journal";
            Line::fail(id, words, remedy)
        }
        _ => Line::ok(id, format!("block {block} is {hash} by {whose}")),
    })
}

fn clock(name: &str, height: u64, head: u64, now: u64) -> Line {
    let id = ENDPOINT;
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
            announced(config, &don, lines);
        }
    }
    Some(identity.transmitter)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[tokio::test]
    async fn two_names_of_one_machine_are_one_voice() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(voices(&names(&["127.0.0.1:1", "localhost:1", "[::1]:1"])).await, 1);
        assert_eq!(voices(&names(&["127.0.0.1:1", "127.0.0.1:2", "192.0.2.7:1"])).await, 3);
        let verdict =
            |usable, voices| agreement(2, usable, voices).expect("several must say the same").verdict;
        assert_eq!(
            [verdict(2, 2), verdict(2, 1), verdict(1, 1)],
            [Verdict::Ok, Verdict::Warn, Verdict::Fail]
        );
        assert!(agreement(1, 2, 1).is_none());
    }

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
