//! The chain's endpoints, one by one and together.

use std::{collections::BTreeSet, net::IpAddr};

use alloy::primitives::{B256, Bytes, U64};
use serde::Deserialize;
use tokio::{net::lookup_host, time::timeout};
use url::Url;

use super::{Line, PATIENCE};
use crate::{
    chain::{self, Rpc, RpcFailure},
    clock::wall_ms,
    config::ChainSection,
};

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

/// Looks at each, and whether enough can agree; those that serve the chain, asked as the node asks them. `stored` is
/// the identity block's hash as the journal has it; the configuration's goes before it, as at a start.
pub(super) async fn look(
    settings: &ChainSection,
    stored: Option<B256>,
    lines: &mut Vec<Line>,
) -> Option<Rpc> {
    let ours = match (settings.identity_hash, stored) {
        (Some(hash), _) => Some((hash, "chain.identity_hash".to_owned())),
        (None, stored) => stored.map(|hash| (hash, "the journal".to_owned())),
    };
    let looks = settings.rpc_urls.iter().map(|url| endpoint(url, settings));
    let seen = futures::future::join_all(looks).await;
    let ours = ours.or_else(|| introduced(settings.agree, &seen));
    let (mut names, mut urls, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (url, Seen { name, mut line, answered })) in settings.rpc_urls.iter().zip(seen).enumerate() {
        if let Some(Answered { hash, .. }) = answered {
            match &ours {
                Some((expected, whose)) if *expected != hash => {
                    line = foreign(&name, settings.identity_block, hash, *expected, whose);
                }
                _ => {
                    shown.push((name.clone(), hash));
                    names.push(name);
                    urls.push(url.clone());
                }
            }
        }
        lines.push(Line { id: format!("{ENDPOINT}.{index}"), ..line });
    }
    lines.extend(match &ours {
        Some(_) => identified(settings, stored, ours),
        None => contradicted(settings.identity_block, &shown),
    });
    lines.extend(agreement(settings.agree, names.len(), voices(&names).await));
    lines.extend(hints(settings).await);
    let (words, remedy) = if urls.is_empty() {
        ("no endpoint serves the chain".to_owned(), "correct chain.rpc_urls or chain.chain_id")
    } else if urls.len() < settings.agree {
        ("too few endpoints serve the chain".to_owned(), "see chain.agree")
    } else {
        match Rpc::configured(&urls, settings) {
            Ok(rpc) => return Some(rpc),
            Err(err) => (err.to_string(), "correct chain.rpc_urls"),
        }
    };
    lines.push(Line::fail("chain", format!("{words}; the contracts were not looked at"), remedy));
    None
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

/// Nothing says which chain it is, and the endpoints differ over it.
fn contradicted(block: u64, shown: &[(String, B256)]) -> Option<Line> {
    let differ = shown.windows(2).any(|two| two[0].1 != two[1].1);
    let shown: Vec<String> = shown.iter().map(|(name, hash)| format!("{name} {hash}")).collect();
    let words = format!("the endpoints contradict each other about block {block}: {}", shown.join(", "));
    let remedy = "write the right one into chain.identity_hash: a block explorer shows it; take the others out of chain.rpc_urls";
    differ.then(|| Line::fail("chain.identity", words, remedy))
}

/// Whether the endpoints that are to tell of new logs do.
async fn hints(settings: &ChainSection) -> Vec<Line> {
    let tried = settings.ws_urls.iter().enumerate().map(async |(index, url)| {
        let (id, name) = (format!("chain.ws.{index}"), name_of(url));
        match chain::hints::subscribe(url, &[settings.router]).await {
            Ok(_) => Line::ok(&id, format!("{name}: tells of new logs")),
            Err(problem) => {
                let remedy = "correct it, or leave it out of chain.ws_urls: without it the chain is looked at in the usual pauses";
                Line::warn(&id, format!("{name}: {problem}"), remedy)
            }
        }
    });
    futures::future::join_all(tried).await
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
    fn endpoints_that_differ_over_the_chain_are_named() {
        let shown = |hashes: &[u8]| -> Vec<(String, B256)> {
            hashes.iter().map(|byte| (format!("h:{byte}"), B256::repeat_byte(*byte))).collect()
        };
        for alike in [&[][..], &[1], &[1, 1]] {
            assert!(contradicted(0, &shown(alike)).is_none());
        }
        let line = contradicted(0, &shown(&[1, 2])).expect("they differ");
        assert_eq!((line.id.as_str(), line.verdict), ("chain.identity", Verdict::Fail));
        assert!(line.words.contains("h:1 0x0101") && line.words.contains("h:2 0x0202"), "{}", line.words);
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
