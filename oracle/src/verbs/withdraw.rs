//! `functions-node withdraw`: what the node earned, and its way to the operator.

use std::{path::PathBuf, sync::Arc};

use alloy::primitives::{Address, U256};
use eyre::{Result, WrapErr, bail, eyre};
use functions_types::abi::{Coordinator, Link};
use oracle_keys::Keystore;
use serde_json::{Value, json};

use super::{account::Account, amount};
use crate::{
    address,
    chain::{self, Rpc, RpcFailure, coordinator_of},
    config::Config,
    keys,
};

/// Shows what the transmitters earned and hold, or moves it
///
/// Without --to nothing is sent. With it, everything the Coordinator owes the transmitters of the keystore is paid out
/// to that address, earlier transmitters included. The node must be stopped.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The configuration file
    #[arg(long)]
    pub config: PathBuf,
    /// Who gets it
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    pub to: Option<Address>,
    /// LINK to withdraw, for example 12.5; everything when left out
    #[arg(long, value_name = "LINK", requires = "to", value_parser = amount::parse)]
    pub amount: Option<U256>,
    /// Only this transmitter of the keystore
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    pub transmitter: Option<Address>,
    /// Another Coordinator than the one the route leads to, for example the one before
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    pub coordinator: Option<Address>,
    /// The LINK token: LINK that was paid to the transmitters themselves is moved too
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    pub link: Option<Address>,
    /// Ether to move as well: an amount, or `all`; a transmitter without ether delivers no reports
    #[arg(long, value_name = "ETHER", requires = "to", value_parser = ether)]
    pub ether: Option<Ether>,
}

/// How much ether.
#[derive(Clone, Copy, Debug)]
pub enum Ether {
    /// What is left when the price of moving it is kept back.
    All,
    /// So many wei.
    Wei(U256),
}

fn ether(text: &str) -> Result<Ether, String> {
    if text == "all" { Ok(Ether::All) } else { amount::parse(text).map(Ether::Wei) }
}

/// The chain behind the configuration, its id confirmed.
pub(super) async fn connect(config: &Config) -> Result<Rpc> {
    let rpc = Rpc::new(&config.chain.rpc_urls).wrap_err("the HTTP client cannot be built")?;
    let expected = config.chain.chain_id;
    let found: alloy::primitives::U64 = rpc.call("eth_chainId", ()).await?;
    if found.to::<u64>() != expected {
        bail!("chain.chain_id is {expected}, the endpoint says {found}; correct one of them");
    }
    Ok(rpc)
}

/// The coordinator given, or the one behind the route.
pub(super) async fn coordinator(config: &Config, rpc: &Rpc, given: Option<Address>) -> Result<Address> {
    if let Some(given) = given {
        return Ok(given);
    }
    coordinator_of(rpc, config.chain.router, config.chain.don_id.0).await?.ok_or_else(|| {
        eyre!(
            "the Router {} has no route for DON {}; correct chain.don_id or give --coordinator",
            config.chain.router,
            config.chain.don_id
        )
    })
}

/// The accounts of the keystore, or the one asked for.
pub(super) fn accounts<'a>(
    keys: &Arc<Keystore>,
    rpc: &'a Rpc,
    chain_id: u64,
    only: Option<Address>,
) -> Result<Vec<Account<'a>>> {
    let public = keys.public();
    let all = std::iter::once(public.transmitter).chain(public.earlier_transmitters);
    let found: Vec<_> = all
        .filter(|address| only.is_none_or(|only| only == *address))
        .filter_map(|address| Some(Account { rpc, chain_id, address, wallet: keys.wallet_of(address)? }))
        .collect();
    match only {
        Some(only) if found.is_empty() => bail!("the keystore has no transmitter {only}"),
        _ => Ok(found),
    }
}

/// Runs the verb.
///
/// # Errors
/// What stands in the way, in words; what was sent before it is printed all the same.
pub async fn run(options: &Options) -> Result<()> {
    let config = Config::load(&options.config)?;
    let (unlocked, _hold) = keys::open_and_hold(&config.keys)?;
    let rpc = connect(&config).await?;
    let coordinator = coordinator(&config, &rpc, options.coordinator).await?;
    let accounts = accounts(&unlocked, &rpc, config.chain.chain_id, options.transmitter)?;
    let Some(to) = options.to else {
        let mut shown = Vec::new();
        for account in &accounts {
            shown.push(show(account, coordinator, options.link).await?);
        }
        return super::print(&json!({ "coordinator": coordinator, "transmitters": shown }));
    };
    if to.is_zero() || accounts.iter().any(|account| account.address == to) {
        bail!("--to {to} is the zero address or a transmitter of this node; give your own address");
    }
    if let Some(what) = contract_of(&rpc, to, config.chain.router, coordinator, options.link).await? {
        bail!("--to {to} is {what}, which could never give it back; nothing was sent: give your own address");
    }
    let mut sent = Vec::new();
    let moved = move_all(options, &accounts, coordinator, to, &mut sent).await;
    // What was sent is sent, whatever came after it.
    super::print(&json!({ "coordinator": coordinator, "to": to, "sent": sent }))?;
    moved
}

/// What `to` is when it is a contract that keeps what it is given: one of the DON's, whatever its version, or a token.
async fn contract_of(
    rpc: &Rpc,
    to: Address,
    router: Address,
    coordinator: Address,
    link: Option<Address>,
) -> Result<Option<String>> {
    if to == router {
        return Ok(Some("the Router".to_owned()));
    }
    if to == coordinator {
        return Ok(Some("the Coordinator".to_owned()));
    }
    if link == Some(to) {
        return Ok(Some("the LINK token".to_owned()));
    }
    // An account and a wallet revert or say nothing that could be read.
    let kind = answer(chain::view(rpc, to, Coordinator::typeAndVersionCall {}).await)?;
    if let Some(kind) = kind.filter(|kind| kind.starts_with("Functions ")) {
        return Ok(Some(format!("the contract {kind:?}")));
    }
    let held = answer(chain::view(rpc, to, Link::balanceOfCall { account: router }).await)?;
    Ok(held.filter(|held| !held.is_zero()).map(|_| "a token, most likely LINK".to_owned()))
}

/// What a view said; `None` when nothing that can be read as its answer came.
fn answer<T>(said: Result<T, RpcFailure>) -> Result<Option<T>> {
    match said {
        Ok(value) => Ok(Some(value)),
        Err(fault @ RpcFailure::Unavailable { .. }) => Err(fault.into()),
        Err(_) => Ok(None),
    }
}

async fn show(account: &Account<'_>, coordinator: Address, link: Option<Address>) -> Result<Value> {
    let earned = account.earned_juels(coordinator).await?;
    let ether = account.ether_wei().await?;
    let mut shown = json!({
        "transmitter": account.address,
        "earnedJuels": earned.to_string(),
        "earnedLink": amount::show(earned),
        "etherWei": ether.to_string(),
        "ether": amount::show(ether),
    });
    if let Some(link) = link {
        let held = account.link_juels(link).await?;
        shown["heldJuels"] = json!(held.to_string());
        shown["heldLink"] = json!(amount::show(held));
    }
    Ok(shown)
}

async fn move_all(
    options: &Options,
    accounts: &[Account<'_>],
    coordinator: Address,
    to: Address,
    sent: &mut Vec<Value>,
) -> Result<()> {
    let mut note = |what: &str, account: &Account<'_>, unit: &str, value: U256, tx| {
        let (name, shown) = (unit.to_owned(), amount::show(value));
        sent.push(json!({ "what": what, "transmitter": account.address, name: value.to_string(), "amount": shown, "transaction": tx }));
    };
    let mut wanted = options.amount;
    let mut earnings = Vec::new();
    for account in accounts {
        earnings.push(account.earned_juels(coordinator).await?);
    }
    let all = earnings.iter().fold(U256::ZERO, |sum, earned| sum.saturating_add(*earned));
    if let Some(wanted) = wanted.filter(|wanted| *wanted > all) {
        bail!(
            "{} LINK was asked for, these transmitters have earned {}; nothing was sent. Ask for less, or leave out --amount for all",
            amount::show(wanted),
            amount::show(all)
        );
    }
    for (account, earned) in accounts.iter().zip(earnings) {
        let part = wanted.map_or(earned, |wanted| wanted.min(earned));
        if part.is_zero() {
            continue;
        }
        // Zero means all, with what has come in since.
        let exact = if wanted.is_some() { part } else { U256::ZERO };
        let (paid, tx) = account.withdraw(coordinator, to, exact).await?;
        note("earnings", account, "juels", paid, tx);
        wanted = wanted.map(|wanted| wanted - part);
    }
    if let Some(link) = options.link {
        for account in accounts {
            let held = account.link_juels(link).await?;
            if !held.is_zero() {
                let tx = account.move_link(link, to, held).await?;
                note("held", account, "juels", held, tx);
            }
        }
    }
    if let Some(ether) = options.ether {
        if let (Ether::Wei(_), [_, _, ..]) = (ether, accounts) {
            bail!(
                "the keystore has several transmitters; say with --transmitter which one the ether comes from"
            );
        }
        for account in accounts {
            let wei = match ether {
                Ether::Wei(wei) => wei,
                Ether::All => account.movable_wei(to).await?,
            };
            if !wei.is_zero() {
                let mined = account.send(to, Default::default(), wei).await?;
                note("ether", account, "wei", wei, mined.transaction_hash);
            }
        }
    }
    Ok(())
}
