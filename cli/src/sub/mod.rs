//! `functions sub`: the accounts that pay for requests.

mod info;
mod timeout;

use alloy::primitives::Address;
use functions_client::amount::{self, exact};
use functions_client::is_refused;
use functions_failure::{Failure, Result, failure, misuse};
use functions_input::address::{self, payee, somebody};
use functions_types::{Juels, SubscriptionId};
use serde_json::{Value, json};

use crate::copied;
use crate::network::Sending;
use crate::output::{self, link};
use crate::remedy;

/// Opens, fills, shows and closes subscriptions
///
/// A subscription holds LINK and pays for the requests of its consumers. Amounts are LINK (0.5) or juels (500000juels);
/// every verb prints what it did on standard output, as one JSON object with --json.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Open a subscription; the key's address owns it
    Create(Create),
    /// Move LINK from the key's address into a subscription, anybody's
    Fund(Fund),
    /// Show owner, balance, consumers and open requests
    Info(info::Options),
    /// Allow a contract to send requests at the subscription's cost
    Add(OfConsumer),
    /// Take that right away; its answered requests then no longer count against a cancel's deposit
    Remove(OfConsumer),
    /// Close a subscription and pay out what it holds
    Cancel(Cancel),
    /// Release what is reserved for overdue requests; anybody may
    Timeout(timeout::Options),
}

#[derive(clap::Args, Debug)]
pub(crate) struct Create {
    /// A contract that may use it (repeatable)
    #[arg(long, value_name = "ADDRESS", value_parser = somebody)]
    consumer: Vec<Address>,
    /// LINK to put into it
    #[arg(long, value_name = "LINK", value_parser = amount::parse_positive)]
    fund: Option<Juels>,
    #[command(flatten)]
    sending: Sending,
}

#[derive(clap::Args, Debug)]
pub(crate) struct Fund {
    /// The subscription
    id: u64,
    /// How much: 0.5, or 500000juels
    #[arg(value_name = "LINK", value_parser = amount::parse_positive)]
    amount: Juels,
    #[command(flatten)]
    sending: Sending,
}

#[derive(clap::Args, Debug)]
pub(crate) struct OfConsumer {
    /// The subscription
    id: u64,
    /// The contract
    #[arg(value_name = "ADDRESS", value_parser = address::parse)]
    consumer: Address,
    #[command(flatten)]
    sending: Sending,
}

#[derive(clap::Args, Debug)]
pub(crate) struct Cancel {
    /// The subscription
    id: u64,
    /// Who gets what it holds; the owner unless given
    #[arg(long, value_name = "ADDRESS", value_parser = payee)]
    to: Option<Address>,
    /// Pay it out although --to is a consumer of this subscription, a contract that may have no way to move LINK
    #[arg(long, requires = "to")]
    to_consumer: bool,
    #[command(flatten)]
    sending: Sending,
}

/// Runs the verb.
///
/// # Errors
/// What the contracts or the endpoint refused, with what to do about it.
pub(crate) async fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Create(options) => create(options).await,
        Verb::Fund(options) => fund(options).await,
        Verb::Info(options) => info::run(options).await,
        Verb::Add(options) => add(options).await,
        Verb::Remove(options) => remove(options).await,
        Verb::Cancel(options) => cancel(options).await,
        Verb::Timeout(options) => timeout::run(options).await,
    }
}

async fn create(options: Create) -> Result<()> {
    let (at, owner) = options.sending.connect().await?;
    // Asked before anything is sent, so that no subscription is left half made.
    let token = match options.fund {
        Some(amount) => Some(at.link_of(&owner, amount).await?),
        None => None,
    };
    let subscriptions = at.subscriptions();
    let consumers = once(&options.consumer);
    let mut warnings = Vec::new();
    for consumer in &consumers {
        warnings.extend(at.warning_of_consumer(*consumer).await?);
    }
    output::warn(&warnings);
    let (first, others) = match consumers.split_first() {
        Some((first, others)) => (Some(*first), others),
        None => (None, &[][..]),
    };
    let id = subscriptions.create(&owner, first).await.map_err(remedy::report)?;
    let opened =
        |error| remedy::report(error).wrap_err(format!("subscription {id} is open, but not complete"));
    for consumer in others {
        subscriptions.add_consumer(&owner, id, *consumer).await.map_err(opened)?;
    }
    if let (Some(token), Some(amount)) = (token, options.fund) {
        subscriptions.fund(&owner, token, id, amount).await.map_err(opened)?;
    }
    let held = options.fund.unwrap_or_default();
    options.sending.say(
        &json!({
            "subscriptionId": id.0,
            "owner": owner.address().to_string(),
            "consumers": consumers.iter().map(Address::to_string).collect::<Vec<_>>(),
            "balanceJuels": held.to_string(),
            "warnings": warnings,
        }),
        || format!("subscription {id} of {}, holding {}", owner.address(), exact(held.get())),
    );
    Ok(())
}

/// Each of them once, in their order.
fn once(all: &[Address]) -> Vec<Address> {
    let mut found = Vec::with_capacity(all.len());
    for address in all {
        if !found.contains(address) {
            found.push(*address);
        }
    }
    found
}

async fn fund(options: Fund) -> Result<()> {
    let (at, payer) = options.sending.connect().await?;
    let token = at.link_of(&payer, options.amount).await?;
    let id = SubscriptionId(options.id);
    let subscriptions = at.subscriptions();
    // The token would take the LINK's way to the Router and come back with less to say.
    subscriptions.get(id).await.map_err(remedy::report)?;
    let receipt = subscriptions.fund(&payer, token, id, options.amount).await.map_err(remedy::report)?;
    let balance = subscriptions.get(id).await.map_err(remedy::report)?.balance;
    options.sending.say(
        &json!({
            "subscriptionId": id.0,
            "fundedJuels": options.amount.to_string(),
            "balanceJuels": balance.to_string(),
            "transaction": receipt.transaction_hash.to_string(),
        }),
        || format!("subscription {id} got {} and holds {}", exact(options.amount.get()), exact(balance.to())),
    );
    Ok(())
}

async fn add(options: OfConsumer) -> Result<()> {
    // The Router would take it; taking it away again must stay possible.
    if options.consumer == Address::ZERO {
        return Err(misuse!(
            help = "name the contract that sends the requests",
            "the zero address sends no requests: nothing was sent"
        ));
    }
    let (at, owner) = options.sending.connect().await?;
    let id = SubscriptionId(options.id);
    let warnings: Vec<String> = at.warning_of_consumer(options.consumer).await?.into_iter().collect();
    output::warn(&warnings);
    let held = at.subscriptions().get(id).await.map_err(remedy::report)?;
    if held.owner == owner.address() && held.consumers.contains(&options.consumer) {
        options.sending.say(&changed(&options, None, &warnings), || {
            format!("{} is a consumer of subscription {id}: it is one already", options.consumer)
        });
        return Ok(());
    }
    let done = at.subscriptions().add_consumer(&owner, id, options.consumer).await;
    let receipt = done.map_err(remedy::report)?;
    options.sending.say(&changed(&options, Some(receipt.transaction_hash), &warnings), || {
        format!("{} may use subscription {id}", options.consumer)
    });
    Ok(())
}

async fn remove(options: OfConsumer) -> Result<()> {
    let (at, owner) = options.sending.connect().await?;
    let id = SubscriptionId(options.id);
    let done = at.subscriptions().remove_consumer(&owner, id, options.consumer).await;
    let receipt = done.map_err(|error| not_removed(error, id, options.consumer))?;
    options.sending.say(&changed(&options, Some(receipt.transaction_hash), &[]), || {
        format!(
            "{} may no longer use subscription {id}; its answered requests no longer count against the deposit that a cancel may cost",
            options.consumer
        )
    });
    Ok(())
}

/// Why a consumer was not removed: of one that is none there is nothing to add.
fn not_removed(error: functions_client::ClientError, id: SubscriptionId, consumer: Address) -> Failure {
    if is_refused(&error, "InvalidConsumer") {
        return failure!(
            help = format!("`functions sub info {id}{}` lists its consumers", copied::at()),
            "InvalidConsumer: nothing to remove, {consumer} is no consumer of subscription {id}: it is none"
        );
    }
    remedy::report(error)
}

/// `transaction` is none when nothing had to be changed.
fn changed(options: &OfConsumer, transaction: Option<alloy::primitives::B256>, warnings: &[String]) -> Value {
    json!({
        "subscriptionId": options.id,
        "consumer": options.consumer.to_string(),
        "transaction": transaction.map(|hash| hash.to_string()),
        "warnings": warnings,
    })
}

async fn cancel(options: Cancel) -> Result<()> {
    let (at, owner) = options.sending.connect().await?;
    let to = options.to.unwrap_or_else(|| owner.address());
    at.can_keep_link(to).await?;
    let id = SubscriptionId(options.id);
    let subscriptions = at.subscriptions();
    let about = subscriptions.get(id).await.map_err(remedy::report)?;
    // Of a stranger's subscription the Router says so.
    if about.owner == owner.address() && about.consumers.contains(&to) && !options.to_consumer {
        return Err(failure!(
            help = "give your own address, or --to-consumer if that contract can pass LINK on",
            "{to} is a consumer of subscription {id}: what a contract without a way to move LINK gets is lost; nothing was sent"
        ));
    }
    let warnings: Vec<String> = at.warning_of_payee(to).await?.into_iter().collect();
    output::warn(&warnings);
    let held = about.balance.to::<u128>();
    let paid = subscriptions.cancel(&owner, id, to).await.map_err(remedy::report)?;
    let kept = held.saturating_sub(paid.get());
    options.sending.say(
        &json!({
            "subscriptionId": id.0,
            "paidTo": to.to_string(),
            "paidJuels": paid.to_string(),
            "depositKeptJuels": kept.to_string(),
            "warnings": warnings,
        }),
        || {
            let deposit = match kept {
                0 => String::new(),
                kept => format!(
                    "; the Router kept {} as deposit: {} too few requests answered or timed out",
                    link(kept),
                    whose(&about.consumers)
                ),
            };
            format!("subscription {id} is closed; {} went to {to}{deposit}", link(paid.get()))
        },
    );
    Ok(())
}

/// Who had too few requests for the deposit to come back; their number follows.
const fn whose(consumers: &[Address]) -> &'static str {
    if consumers.is_empty() { "no consumers are left, so there are" } else { "its present consumers had" }
}

#[cfg(test)]
mod tests {
    use alloy::sol_types::SolError as _;
    use functions_client::{ClientError, Revert, abi::Router};

    use super::*;

    #[test]
    fn a_consumer_named_twice_is_one() {
        let [a, b] = [1, 2].map(Address::repeat_byte);
        assert_eq!(once(&[b, a, b, a]), [b, a]);
    }

    #[test]
    fn removing_what_is_no_consumer_does_not_advise_to_add_it() {
        let data = Router::InvalidConsumer {}.abi_encode();
        let revert = Box::new(Revert::decode(data.into(), ""));
        let error = ClientError::Reverted { what: "removeConsumer".into(), revert };
        let report = not_removed(error, SubscriptionId(2), Address::ZERO);
        assert!(report.to_string().contains("it is none"), "{report}");
        assert!(!report.help().contains("sub add"));
    }
}
