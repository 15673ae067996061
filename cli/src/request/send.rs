//! `functions request send`: check consumer and balance, send, wait, show.

use std::path::PathBuf;

use alloy::primitives::{Address, Bytes, U256};
use functions_client::abi::{Coordinator, Router};
use functions_client::chain::Transaction;
use functions_client::{Account, Chain, Consumer, History, Request};
use functions_failure::{Result, failure};
use functions_types::limits::Limits;
use functions_types::{DonId, RequestId, SubscriptionId};

use super::call::{self, Kind};
use super::found::{Found, State};
use crate::network::{Connected, Sending, don_id, somebody};
use crate::output::{Progress, link};
use crate::remedy;
use crate::simulate::decode::Returns;
use crate::simulate::inputs;

/// Exit code when the request was sent and the consumer did not get a result.
const NO_RESULT: i32 = 3;

/// What to send, and how to wait.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The contract that sends it
    #[arg(long, value_name = "ADDRESS", value_parser = somebody)]
    consumer: Address,
    /// Who pays
    #[arg(long, value_name = "ID", required_unless_present = "call")]
    subscription: Option<u64>,
    /// JavaScript file; - is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "call")]
    source: Option<PathBuf>,
    /// The script's args, a JSON array of strings
    #[arg(long, value_name = "JSON", default_value = "[]")]
    args: String,
    /// The script's bytesArgs, a JSON array of 0x-hex strings
    #[arg(long, value_name = "JSON", default_value = "[]")]
    bytes_args: String,
    /// Gas of the consumer's callback: 300000 unless given; FunctionsClientExample always asks for 70000
    #[arg(long, value_name = "N")]
    gas_limit: Option<u32>,
    /// The DON that shall answer, by name or as 0x and 64 hex digits; that of the addresses file unless given
    #[arg(long, value_name = "NAME", value_parser = don_id)]
    don_id: Option<DonId>,
    /// Whose sendRequest the consumer has; told from its code unless given
    #[arg(long, value_enum, value_name = "KIND")]
    consumer_kind: Option<Kind>,
    /// Call this function of the consumer instead, for example 'ask(string,uint64)'
    #[arg(long, value_name = "SIGNATURE", conflicts_with_all = ["subscription", "source", "gas_limit", "don_id", "consumer_kind"])]
    call: Option<String>,
    /// An argument of --call (repeatable, in order)
    #[arg(long = "with", value_name = "VALUE", requires = "call", allow_hyphen_values = true)]
    with: Vec<String>,
    /// Do not wait for the answer
    #[arg(long)]
    no_wait: bool,
    /// Read the result as this, too
    #[arg(long, value_enum, value_name = "TYPE")]
    returns: Option<Returns>,
    #[command(flatten)]
    sending: Sending,
}

/// Gas of a callback unless the user says otherwise: the tier every subscription has.
const CALLBACK_GAS: u32 = 300_000;

/// Runs the verb. Exits with 3 when the request was sent and the consumer got no result.
///
/// # Errors
/// Bad input, a consumer or balance that does not do, and what the contracts or the endpoint refused.
pub(super) async fn run(options: Options) -> Result<()> {
    let progress = Progress::start();
    let call = options.call.as_deref().map(|signature| call::encode(signature, &options.with)).transpose()?;
    let (at, from) = options.sending.connect().await?;
    let (what, input) = match (&options.call, call) {
        (Some(signature), Some(call)) => (signature.clone(), call),
        _ => options.prepare(&at, &progress).await?,
    };
    let (id, block) = send(&at, &from, options.consumer, &what, input).await?;
    progress.step(format!("request {id}"));
    let recent = History { from_block: block, ..at.history() };
    let mut found = look(&at, &recent, id).await?;
    if !options.no_wait {
        progress.step("waiting for the answer");
        found = wait(&at, &recent, id, found).await?;
    }
    found.returns = options.returns;
    options.sending.say(&found.json(), || found.text());
    if !options.no_wait && !found.has_result() {
        std::process::exit(NO_RESULT);
    }
    Ok(())
}

impl Options {
    /// Reads and checks everything, and gives the consumer's call.
    async fn prepare(&self, at: &Connected, progress: &Progress) -> Result<(String, Bytes)> {
        let (Some(subscription), Some(source)) = (self.subscription, &self.source) else {
            return Err(failure!(
                help = "give both, or --call with --with",
                "--subscription and --source are needed without --call"
            ));
        };
        let consumer = Kind::find(self.consumer_kind, &at.chain, self.consumer).await?;
        let gas = match consumer {
            Consumer::Stylus(_) => CALLBACK_GAS,
            Consumer::Solidity(_) => functions_client::consumer::SOLIDITY_CALLBACK_GAS,
        };
        let request = Request {
            source: inputs::source(source, Limits::DEFAULT.request_bytes)?,
            args: inputs::args(&self.args)?,
            bytes_args: inputs::bytes_args(&self.bytes_args)?.into_iter().map(Bytes::from).collect(),
            callback_gas_limit: self.gas_limit.unwrap_or(gas),
        };
        let id = SubscriptionId(subscription);
        let don = at.don(self.don_id)?;
        check(at, id, don, self.consumer, request.callback_gas_limit, progress).await?;
        let (what, input) = consumer.send_call(&request, id, don).map_err(remedy::report)?;
        Ok((what.to_owned(), input))
    }
}

/// Whether the subscription lets this consumer ask and can pay for it.
async fn check(
    at: &Connected,
    id: SubscriptionId,
    don: DonId,
    consumer: Address,
    gas: u32,
    progress: &Progress,
) -> Result<()> {
    let held = at.subscriptions().get(id).await.map_err(remedy::report)?;
    if !held.consumers.contains(&consumer) {
        return Err(failure!(
            help = format!("make it one with: functions sub add {id} {consumer}"),
            "{consumer} is no consumer of subscription {id}"
        ));
    }
    let coordinator = at.coordinator(don).await?;
    let price = at.chain.gas_price().await.map_err(remedy::report)?;
    let estimate = Coordinator::estimateCostCall {
        subscriptionId: id.0,
        data: Bytes::new(),
        callbackGasLimit: gas,
        gasPriceWei: U256::from(price),
    };
    let cost = at.chain.call(coordinator, &estimate).await;
    let cost = cost
        .map_err(|error| remedy::of_view(error, coordinator, "a Coordinator", "--don-id and --router"))?
        .to::<u128>();
    let available = held.balance.to::<u128>().saturating_sub(held.blockedBalance.to());
    progress.step(format!("reserves about {} of {} available", link(cost), link(available)));
    if cost > available {
        return Err(failure!(
            help = format!("add to it with: functions sub fund {id} LINK"),
            "a request with {gas} gas reserves {}, and subscription {id} has {} available",
            link(cost),
            link(available)
        ));
    }
    Ok(())
}

/// Has the consumer send a request, and gives its id and block.
async fn send(
    at: &Connected,
    from: &Account,
    consumer: Address,
    what: &str,
    input: Bytes,
) -> Result<(RequestId, u64)> {
    let tx = Transaction { to: Some(consumer), input, value: U256::ZERO, gas: None };
    let receipt = match at.chain.transact(from, what, tx).await {
        Ok(receipt) => receipt,
        Err(error) => return Err(remedy::of_sender(error, &at.chain, consumer, from.address()).await),
    };
    let started: Router::RequestStart =
        Chain::event_in(&receipt, at.router, what, "RequestStart").map_err(|error| {
            failure!(
                help =
                    "the function was called, but this Router started no request: check --router and --call",
                "{error}"
            )
        })?;
    Ok((RequestId(started.requestId), receipt.block_number.unwrap_or(at.from_block)))
}

/// Looks until the request is answered or overdue.
async fn wait(at: &Connected, recent: &History<'_>, id: RequestId, mut found: Found) -> Result<Found> {
    while found.state() == State::Open {
        tokio::time::sleep(at.chain.poll_interval()).await;
        let answered = recent.fulfillment(id).await.map_err(remedy::report)?.is_some();
        if answered || at.now().await.map_err(remedy::report)? >= found.timeout_at() {
            found = look(at, recent, id).await?;
        }
    }
    Ok(found)
}

async fn look(at: &Connected, recent: &History<'_>, id: RequestId) -> Result<Found> {
    let found = Found::look(at, recent, id).await.map_err(remedy::report)?;
    found.ok_or_else(|| {
        failure!(
            help = "send it again: nothing was charged",
            "the request {id} is gone from the chain: its block was replaced"
        )
    })
}
