//! `functions-node withdraw`: what the node earned, and its way to the operator.

use std::{path::PathBuf, sync::Arc};

use alloy::primitives::{Address, Bytes, U256};
use eyre::{Result, WrapErr, bail, eyre};
use functions_input::address;
use functions_types::abi::{Coordinator, Feed, Link};
use oracle_keys::Keystore;
use serde_json::{Value, json};

use super::{
    account::{Account, Call},
    amount,
};
use crate::{
    chain::{self, Contact, Rpc, RpcFailure, WantedChain, coordinator_of},
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
    #[arg(long, value_name = "ADDRESS", value_parser = address::payee)]
    pub to: Option<Address>,
    /// LINK to withdraw, for example 12.5, earnings before what --link adds; everything when left out
    #[arg(long, value_name = "LINK", requires = "to", allow_negative_numbers = true, value_parser = amount::parse_some)]
    pub amount: Option<U256>,
    /// Only this transmitter of the keystore
    #[arg(long, value_name = "ADDRESS", value_parser = address::somebody)]
    pub transmitter: Option<Address>,
    /// Another Coordinator than the one the route leads to, for example the one before
    #[arg(long, value_name = "ADDRESS", value_parser = address::somebody)]
    pub coordinator: Option<Address>,
    /// The LINK token: LINK that was paid to the transmitters themselves is moved too
    #[arg(long, value_name = "ADDRESS", value_parser = address::somebody)]
    pub link: Option<Address>,
    /// Ether to move as well: an amount, or `all`, which takes --link too, as LINK cannot be moved without ether; a
    /// transmitter without ether delivers no reports
    #[arg(long, value_name = "ETHER", requires = "to", requires_if("all", "link"), allow_negative_numbers = true, value_parser = ether)]
    pub ether: Option<Ether>,
}

/// Said of what is found before the first transaction.
const NOTHING_SENT: &str = "nothing was sent";

/// How much ether.
#[derive(Clone, Copy, Debug)]
pub enum Ether {
    /// What is left when the price of moving it is kept back.
    All,
    /// So many wei.
    Wei(U256),
}

fn ether(text: &str) -> Result<Ether, String> {
    if text == "all" { Ok(Ether::All) } else { amount::parse_some(text).map(Ether::Wei) }
}

/// The chain behind the configuration, with as many endpoints as must agree.
pub(super) async fn connect(config: &Config) -> Result<Rpc> {
    let chain = &config.chain;
    let rpc = Rpc::configured(&chain.rpc_urls, chain).wrap_err("the HTTP client cannot be built")?;
    match rpc.connect(&WantedChain::configured(chain, None)).await {
        Contact::Found(_) => Ok(rpc),
        Contact::NotYet(why) | Contact::Foreign(why) => bail!(
            "the chain cannot be asked: {why}; correct chain.rpc_urls, chain.chain_id or chain.router \
             (`functions-node check` looks at each endpoint)"
        ),
    }
}

/// The coordinator given, when there is one at its address, or the one behind the route.
pub(super) async fn coordinator(config: &Config, rpc: &Rpc, given: Option<Address>) -> Result<Address> {
    if let Some(given) = given {
        let kind = answer(chain::view(rpc, given, Coordinator::typeAndVersionCall {}).await)?;
        let what = match kind.as_deref() {
            Some(kind) if kind.starts_with("Functions Coordinator ") => return Ok(given),
            Some(kind) => format!("is no Coordinator but the contract {kind:?}"),
            None if !has_code(rpc, given).await? => "has no contract".to_owned(),
            None => "is no Coordinator: it does not say what it is".to_owned(),
        };
        bail!(
            "--coordinator {given} {what}; nothing was sent. Leave it out for the one that the Router's route leads to, or \
             give the address of an earlier one"
        );
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
    if let Some(link) = options.link {
        is_token(&rpc, link, coordinator).await?;
    }
    let Some(to) = options.to else {
        let mut shown = Vec::new();
        for account in &accounts {
            shown.push(show(account, coordinator, options.link).await?);
        }
        return super::print(&json!({ "coordinator": coordinator.to_string(), "transmitters": shown }));
    };
    if let Some(what) = own(&unlocked, to) {
        bail!("--to {to} is {what}; nothing was sent: give your own address");
    }
    if let Some(what) = contract_of(&rpc, to, config.chain.router, coordinator, options.link).await? {
        bail!("--to {to} is {what}, which could never give it back; nothing was sent: give your own address");
    }
    let shares = shares(options, &accounts, coordinator, to).await?;
    let warnings: Vec<String> =
        functions_rpc::warning_of_payee(to, &code(&rpc, to).await?).into_iter().collect();
    for warning in &warnings {
        crate::told::say(format_args!("warning: {warning}"));
    }
    let mut sent = Vec::new();
    let moved = move_all(options, &accounts, &shares, coordinator, to, &mut sent).await;
    // What was sent is sent, whatever came after it.
    super::print(&json!({
        "coordinator": coordinator.to_string(),
        "to": to.to_string(),
        "warnings": warnings,
        "sent": sent,
    }))?;
    if moved.is_ok() && sent.is_empty() {
        crate::told::say("nothing was sent: there is nothing to pay out");
    }
    moved
}

/// What an address is to which an operator's earnings never go, in words.
fn own(keys: &Keystore, to: Address) -> Option<&'static str> {
    let public = keys.public();
    if to == public.transmitter {
        Some("this node's transmitter")
    } else if public.earlier_transmitters.contains(&to) {
        Some("an earlier transmitter of this node")
    } else if to == public.signer {
        Some("this node's signer, which sends no transactions")
    } else {
        None
    }
}

async fn has_code(rpc: &Rpc, at: Address) -> Result<bool> {
    Ok(!code(rpc, at).await?.is_empty())
}

async fn code(rpc: &Rpc, at: Address) -> Result<Bytes> {
    Ok(rpc.agreed_code(at).await?)
}

/// Looks for a token at `link`.
///
/// # Errors
/// When there is none.
pub(super) async fn is_token(rpc: &Rpc, link: Address, holder: Address) -> Result<()> {
    if answer(chain::view(rpc, link, Link::balanceOfCall { account: holder }).await)?.is_none() {
        let what = match has_code(rpc, link).await? {
            true => "the contract there tells no balances",
            false => "there is no contract",
        };
        bail!(
            "--link {link} is no token: {what}; nothing was sent. Give the address of the chain's LINK token, which \
             `functions deploy` keeps in its addresses file"
        );
    }
    Ok(())
}

/// What `to` is when it is a contract that keeps what it is given: one of the DON's, whatever its version, a
/// token, or a price feed.
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
    if held.is_some_and(|held| !held.is_zero()) {
        return Ok(Some("a token, most likely LINK".to_owned()));
    }
    let round = answer(chain::view(rpc, to, Feed::latestRoundDataCall {}).await)?;
    Ok(round.map(|_| "a price feed".to_owned()))
}

/// What a view said; `None` when nothing that can be read as its answer came.
fn answer<T>(said: Result<T, RpcFailure>) -> Result<Option<T>> {
    match said {
        Ok(value) => Ok(Some(value)),
        Err(fault) if fault.is_transient() => Err(fault.into()),
        Err(_) => Ok(None),
    }
}

async fn show(account: &Account<'_>, coordinator: Address, link: Option<Address>) -> Result<Value> {
    let earned = account.earned_juels(coordinator).await?;
    let ether = account.ether_wei().await?;
    let mut shown = json!({
        "transmitter": account.address.to_string(),
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

/// What one account is to move, found before anything is sent.
struct Share {
    /// Earnings, in juels.
    earned: U256,
    /// LINK it holds itself, in juels.
    held: U256,
    /// Ether, when a certain amount was asked for.
    wei: U256,
}

impl Share {
    /// The transactions that move it, but for that of all ether.
    fn calls(&self, options: &Options, coordinator: Address, to: Address) -> Vec<Call> {
        let mut calls = Vec::new();
        if !self.earned.is_zero() {
            calls.push(Call::withdrawal(coordinator, to, self.earned));
        }
        if let Some(link) = options.link.filter(|_| !self.held.is_zero()) {
            calls.push(Call::link(link, to, self.held));
        }
        if !self.wei.is_zero() {
            calls.push(Call::ether(to, self.wei));
        }
        calls
    }
}

/// How much each account moves.
///
/// # Errors
/// When there is less than was asked for, or an account cannot send what moves its share. Nothing is sent yet.
async fn shares(
    options: &Options,
    accounts: &[Account<'_>],
    coordinator: Address,
    to: Address,
) -> Result<Vec<Share>> {
    let (mut earned, mut held) = (Vec::new(), Vec::new());
    for account in accounts {
        earned.push(account.earned_juels(coordinator).await?);
        held.push(match options.link {
            Some(link) => account.link_juels(link).await?,
            None => U256::ZERO,
        });
    }
    if let Some(mut wanted) = options.amount {
        let all = earned.iter().chain(&held).fold(U256::ZERO, |sum, juels| sum.saturating_add(*juels));
        if wanted > all {
            let what = if options.link.is_some() { "earned or hold" } else { "earned" };
            bail!(
                "{} LINK was asked for, these transmitters have {what} {}; nothing was sent. Ask for less, or leave out --amount for all",
                amount::show(wanted),
                amount::show(all)
            );
        }
        for part in earned.iter_mut().chain(&mut held) {
            *part = wanted.min(*part);
            wanted -= *part;
        }
    }
    if let (Some(Ether::Wei(_)), [_, _, ..]) = (options.ether, accounts) {
        bail!(
            "the keystore has several transmitters; say with --transmitter which one the ether comes from; nothing was sent"
        );
    }
    let mut shares = Vec::new();
    for (account, (earned, held)) in accounts.iter().zip(earned.into_iter().zip(held)) {
        let wei = match options.ether {
            None => U256::ZERO,
            Some(Ether::Wei(wei)) => {
                let movable = account.movable_wei(to).await.wrap_err(NOTHING_SENT)?;
                if wei > movable {
                    bail!(
                        "{} ether was asked for, {} can move at most {}; nothing was sent. Ask for less, or for all",
                        amount::show(wei),
                        account.address,
                        amount::show(movable)
                    );
                }
                wei
            }
            // How much that is shows after the other transactions; that it can be moved at all, now.
            Some(Ether::All) => {
                account.movable_wei(to).await.wrap_err(NOTHING_SENT)?;
                U256::ZERO
            }
        };
        let share = Share { earned, held, wei };
        account.can_send(&share.calls(options, coordinator, to)).await.wrap_err(NOTHING_SENT)?;
        shares.push(share);
    }
    Ok(shares)
}

async fn move_all(
    options: &Options,
    accounts: &[Account<'_>],
    shares: &[Share],
    coordinator: Address,
    to: Address,
    sent: &mut Vec<Value>,
) -> Result<()> {
    let mut note = |what: &str, account: &Account<'_>, unit: &str, value: U256, tx| {
        let (name, shown) = (unit.to_owned(), amount::show(value));
        sent.push(json!({ "what": what, "transmitter": account.address.to_string(), name: value.to_string(), "amount": shown, "transaction": tx }));
    };
    for (account, share) in accounts.iter().zip(shares).filter(|(_, share)| !share.earned.is_zero()) {
        // Zero means all, with what has come in since.
        let exact = if options.amount.is_some() { share.earned } else { U256::ZERO };
        let (paid, tx) = account.withdraw(coordinator, to, exact).await?;
        note("earnings", account, "juels", paid, tx);
    }
    for (account, share) in accounts.iter().zip(shares).filter(|(_, share)| !share.held.is_zero()) {
        let link = options.link.expect("only a token's balance is held");
        let mined = account.send(&Call::link(link, to, share.held)).await?;
        note("held", account, "juels", share.held, mined.transaction_hash);
    }
    for (account, share) in accounts.iter().zip(shares) {
        let wei = match options.ether {
            Some(Ether::All) => account.movable_wei(to).await?,
            _ => share.wei,
        };
        if !wei.is_zero() {
            let mined = account.send(&Call::ether(to, wei)).await?;
            note("ether", account, "wei", wei, mined.transaction_hash);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    #[test]
    fn values_that_are_wrong_by_themselves_are_a_wrong_command_line() {
        let zero = Address::ZERO.to_string();
        let precompile = "0x0000000000000000000000000000000000000064";
        let own = Address::repeat_byte(7).to_string();
        let read = |words: &[&str]| {
            let command = Options::augment_args(clap::Command::new("withdraw"));
            let words = ["withdraw", "--config", "node.toml"].iter().chain(words);
            command.try_get_matches_from(words)
        };
        assert!(read(&["--to", &own, "--amount", "1", "--ether", "0.1", "--link", &own]).is_ok());
        for words in [
            &["--to", &zero][..],
            &["--to", precompile],
            &["--to", &own, "--amount", "0"],
            &["--to", &own, "--ether", "0"],
            &["--to", &own, "--ether", "all"],
            &["--amount", "1"],
            &["--transmitter", &zero],
            &["--coordinator", &zero],
            &["--link", &zero],
        ] {
            assert_eq!(read(words).expect_err("wrong").exit_code(), 2, "{words:?}");
        }
    }
}
