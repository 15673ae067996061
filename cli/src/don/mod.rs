//! `functions don`: what a DON's fees came to, in the hands of whoever earned them; the keys that its members made.

mod keys;

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, U256};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolEvent;
use functions_client::abi::{Coordinator, Link, Router};
use functions_client::amount;
use functions_client::{Account, Chain, ClientError, is_refused};
use functions_failure::{Failure, Result, failure};
use functions_input::address::{payee, somebody};
use functions_types::{DonId, Juels};
use serde_json::{Value, json};

use crate::network::{Connected, Sending, don_id};
use crate::output::{self, link};
use crate::remedy;

/// Pays out what the DON and the contracts' owner earned, and sets the keys for secrets
///
/// Of every charged request the Coordinator keeps the gas reimbursement and the DON's fee for the transmitters and the
/// operation fee for its owner; the Router keeps the admin fee and forfeited deposits for its owner. Node operators
/// withdraw their part themselves with `functions-node withdraw`.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Verb {
    /// Pay every transmitter what it earned, to its own address; only the Coordinator's owner may
    PayOut(PayOut),
    /// Withdraw what belongs to the key: the owner's operation fees, or a transmitter's earnings
    Withdraw(Withdraw),
    /// Set the keys for secrets that the members made with `functions-node dkg`; only the Coordinator's owner may
    Keys(keys::Keys),
}

/// Options of `don pay-out`.
#[derive(clap::Args, Debug)]
pub(crate) struct PayOut {
    #[command(flatten)]
    at: At,
}

/// Options of `don withdraw`.
#[derive(clap::Args, Debug)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    at: At,
    /// Who gets it; the key's own address unless given
    #[arg(long, value_name = "ADDRESS", value_parser = payee)]
    to: Option<Address>,
    /// LINK to withdraw; everything unless given
    #[arg(long, value_name = "LINK", value_parser = amount::parse_positive)]
    amount: Option<Juels>,
    /// From the Router: admin fees and forfeited deposits, which belong to its owner
    #[arg(long)]
    from_router: bool,
}

/// Which Coordinator, and as whom.
#[derive(clap::Args, Debug)]
struct At {
    #[command(flatten)]
    sending: Sending,
    /// The DON whose Coordinator is meant, when there is no addresses file
    #[arg(long, value_name = "NAME", value_parser = don_id)]
    don_id: Option<DonId>,
    /// Another Coordinator than the one the route leads to, for example the one before
    #[arg(long, value_name = "ADDRESS", value_parser = somebody)]
    coordinator: Option<Address>,
}

impl At {
    async fn coordinator(&self, at: &Connected) -> Result<Address> {
        if let Some(given) = self.coordinator {
            return Ok(given);
        }
        at.coordinator(at.don(self.don_id)?).await
    }

    fn say(&self, done: Done, words: impl FnOnce() -> String) {
        let value = json!({
            "from": done.from.to_string(),
            "transaction": done.transaction.map(|hash| hash.to_string()),
            "paid": done.paid,
            "warnings": done.warnings,
        });
        self.sending.say(&value, words);
    }
}

/// What was paid out.
#[derive(Default)]
struct Done {
    from: Address,
    transaction: Option<B256>,
    paid: Vec<Value>,
    warnings: Vec<String>,
}

/// Runs the verb.
///
/// # Errors
/// What the contracts or the endpoint refused, with what to do about it.
pub(crate) async fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::PayOut(options) => pay_out(options).await,
        Verb::Withdraw(options) => withdraw(options).await,
        Verb::Keys(options) => keys::run(options).await,
    }
}

async fn pay_out(options: PayOut) -> Result<()> {
    let (at, owner) = options.at.sending.connect().await?;
    let coordinator = options.at.coordinator(&at).await?;
    let call = Coordinator::oracleWithdrawAllCall {};
    let may = at.chain.call_from(owner.address(), coordinator, &call).await;
    if may.is_ok() && owes_nobody(&at, coordinator).await {
        options.at.say(Done { from: coordinator, ..Done::default() }, || {
            format!("the Coordinator {coordinator} owes no transmitter anything; nothing was sent")
        });
        return Ok(());
    }
    let receipt = match at.chain.send(&owner, coordinator, &call).await {
        Ok(receipt) => receipt,
        Err(error) => return Err(refused(error, &at.chain, coordinator, owner.address()).await),
    };
    let paid = transfers(&receipt, at.router);
    let list: Vec<Value> = paid
        .iter()
        .map(|(to, juels)| json!({ "transmitter": to.to_string(), "juels": juels.to_string() }))
        .collect();
    let transaction = Some(receipt.transaction_hash);
    let done = Done { from: coordinator, transaction, paid: list, warnings: Vec::new() };
    options.at.say(done, || {
        if paid.is_empty() {
            return "no transmitter has earned anything since the last time".to_owned();
        }
        let lines = paid.iter().map(|(to, juels)| format!("{to} got {}", link(juels.to())));
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

async fn withdraw(options: Withdraw) -> Result<()> {
    let (at, key) = options.at.sending.connect().await?;
    let to = options.to.unwrap_or_else(|| key.address());
    at.can_keep_link(to).await?;
    let warnings: Vec<String> = at.warning_of_payee(to).await?.into_iter().collect();
    output::warn(&warnings);
    let nothing = |from: Address, words: String| {
        let done = Done { from, warnings: warnings.clone(), ..Done::default() };
        options.at.say(done, || format!("{words}; nothing was sent"));
    };
    // Zero means everything to both contracts.
    let amount = U96::from(options.amount.unwrap_or_default().get());
    let (from, sent) = if options.from_router {
        if options.amount.is_none() && holds_nothing(&at, &key, to).await {
            nothing(at.router, format!("the Router {} holds nothing for its owner yet", at.router));
            return Ok(());
        }
        let call = Router::ownerWithdrawCall { recipient: to, amount };
        (at.router, at.chain.send(&key, at.router, &call).await)
    } else {
        let coordinator = options.at.coordinator(&at).await?;
        let call = Coordinator::oracleWithdrawCall { recipient: to, amount };
        (coordinator, at.chain.send(&key, coordinator, &call).await)
    };
    let receipt = match sent {
        Ok(receipt) => receipt,
        Err(error)
            if !options.from_router
                && ["InvalidCalldata", "InsufficientBalance"].iter().any(|name| is_refused(&error, name))
                && !is_paid(&at, from, key.address()).await =>
        {
            return Err(stranger(from, &error));
        }
        Err(error) if is_refused(&error, "InvalidCalldata") => {
            nothing(from, format!("the Coordinator {from} owes {} nothing", key.address()));
            return Ok(());
        }
        Err(error) => return Err(refused(error, &at.chain, from, key.address()).await),
    };
    let paid = transfers(&receipt, at.router);
    let juels: U256 = paid.iter().map(|(_, juels)| *juels).sum();
    let paid = vec![json!({ "to": to.to_string(), "juels": juels.to_string() })];
    let done = Done { from, transaction: Some(receipt.transaction_hash), paid, warnings };
    options.at.say(done, || format!("{to} got {}", link(juels.to())));
    Ok(())
}

/// Whether the Router could not pay its owner a single juel. It has no view that says so.
async fn holds_nothing(at: &Connected, owner: &Account, to: Address) -> bool {
    let one = Router::ownerWithdrawCall { recipient: to, amount: U96::from(1) };
    let refusal = at.chain.call_from(owner.address(), at.router, &one).await;
    refusal.is_err_and(|error| is_refused(&error, "InsufficientBalance"))
}

/// Whether no transmitter of the configuration in force could withdraw a single juel. There is no view that says so.
async fn owes_nobody(at: &Connected, coordinator: Address) -> bool {
    let Ok(transmitters) = at.chain.call(coordinator, &Coordinator::transmittersCall {}).await else {
        return false;
    };
    for transmitter in transmitters {
        let one = Coordinator::oracleWithdrawCall { recipient: transmitter, amount: U96::from(1) };
        let refusal = at.chain.call_from(transmitter, coordinator, &one).await;
        if !refusal.is_err_and(|error| is_refused(&error, "InsufficientBalance")) {
            return false;
        }
    }
    true
}

/// Whether a Coordinator pays this account at all: its owner, or a transmitter.
async fn is_paid(at: &Connected, coordinator: Address, key: Address) -> bool {
    let owner = at.chain.call(coordinator, &Coordinator::ownerCall {}).await;
    let transmitters = at.chain.call(coordinator, &Coordinator::transmittersCall {}).await;
    owner.is_ok_and(|owner| owner == key) || transmitters.is_ok_and(|all| all.contains(&key))
}

/// LINK the Router paid out in a transaction, to whom.
fn transfers(receipt: &TransactionReceipt, router: Address) -> Vec<(Address, U256)> {
    receipt
        .logs()
        .iter()
        .filter_map(|log| Link::Transfer_0::decode_log(&log.inner).ok())
        .filter(|transfer| transfer.data.from == router && !transfer.data.value.is_zero())
        .map(|transfer| (transfer.data.to, transfer.data.value))
        .collect()
}

/// Of an account that the Coordinator does not pay.
fn stranger(coordinator: Address, error: &ClientError) -> Failure {
    failure!(
        help = "operation fees belong to the Coordinator's owner, earnings to the transmitters; --key-file must hold such a key",
        "nothing at {coordinator} belongs to this key: {error}"
    )
}

/// A refusal of a withdrawal, which means other things than of a request.
async fn refused(error: ClientError, chain: &Chain, from: Address, key: Address) -> Failure {
    let name = error.revert().and_then(|revert| revert.name()).unwrap_or_default();
    match name {
        "InsufficientBalance" => failure!(help = "leave --amount out to withdraw everything", "{error}"),
        "NoTransmittersSet" => failure!(
            help = "set an oracle configuration first: `functions deploy` with a [don] part",
            "{error}"
        ),
        _ => remedy::of_owner_verb(error, chain, from, key).await,
    }
}
