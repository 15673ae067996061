//! `functions request send`: check consumer and balance, send, wait, show.

use std::path::PathBuf;

use alloy::primitives::{Address, Bytes, U256};
use functions_client::abi::{Coordinator, Router, Subscription};
use functions_client::chain::Transaction;
use functions_client::consumer::{SOLIDITY_CALLBACK_GAS, STYLUS_CALLBACK_GAS};
use functions_client::{Account, Chain, Consumer, History, Request};
use functions_failure::{Result, WrapErr as _, failure, misuse};
use functions_input::address::somebody;
use functions_offchain_config::MAX_REQUEST_BYTES;
use functions_types::cbor::DonHostedSecrets;
use functions_types::limits::Limits;
use functions_types::{DonId, FunctionsRequest, RequestId, SubscriptionId};

use super::call::{self, Kind};
use super::found::{Found, State};
use crate::copied;
use crate::network::{Connected, Sending, don_id};
use crate::output::{self, Progress, link};
use crate::remedy;
use crate::simulate::decode::Returns;
use crate::simulate::inputs;

/// Exit code when the request was sent and the consumer did not get a result.
const NO_RESULT: u8 = 3;

/// Gas below which no transaction has sent a request: its own 21,000, and two new words of storage, one at the Router
/// and one at the Coordinator.
const LEAST_GAS: u64 = 21_000 + 2 * 22_100;

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
    /// The script's args, a JSON array of strings; of a file: "$(cat FILE)"
    #[arg(long, value_name = "JSON", default_value = "[]")]
    args: String,
    /// The script's bytesArgs, a JSON array of 0x-hex strings
    #[arg(long, value_name = "JSON", default_value = "[]")]
    bytes_args: String,
    /// Slot and version of secrets stored with the DON, as `functions secrets upload` prints them
    #[arg(long, value_name = "SLOT/VERSION", value_parser = hosted)]
    secrets: Option<DonHostedSecrets>,
    /// Gas of the consumer's callback: 500000 unless given, or the most the subscription may ask for;
    /// FunctionsClientExample always asks for 70000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    gas_limit: Option<u32>,
    /// The DON that shall answer, by name or as 0x and 64 hex digits; that of the addresses file unless given
    #[arg(long, value_name = "NAME", value_parser = don_id)]
    don_id: Option<DonId>,
    /// Whose sendRequest the consumer has; told from its code unless given
    #[arg(long, value_enum, value_name = "KIND")]
    consumer_kind: Option<Kind>,
    /// Call this function of the consumer instead, for example 'ask(string,uint64)'
    #[arg(long, value_name = "SIGNATURE", conflicts_with_all = ["subscription", "source", "args", "bytes_args", "secrets", "gas_limit", "don_id", "consumer_kind"])]
    call: Option<String>,
    /// An argument of --call (repeatable, in order)
    #[arg(long = "with", value_name = "VALUE", requires = "call", conflicts_with_all = ["subscription", "source"], allow_hyphen_values = true)]
    with: Vec<String>,
    /// Do not wait for the answer
    #[arg(long, conflicts_with = "returns")]
    no_wait: bool,
    /// Read the result as this, too
    #[arg(long, value_enum, value_name = "TYPE")]
    returns: Option<Returns>,
    #[command(flatten)]
    sending: Sending,
}

fn hosted(text: &str) -> std::result::Result<DonHostedSecrets, String> {
    let parts =
        text.split_once('/').and_then(|(slot, version)| Some((slot.parse().ok()?, version.parse().ok()?)));
    let (slot_id, version) = parts.ok_or("write SLOT/VERSION, for example 0/1795170364")?;
    Ok(DonHostedSecrets { slot_id, version })
}

/// Runs the verb. Exits with 3 when the request was sent and the consumer got no result.
///
/// # Errors
/// Bad input, a consumer or balance that does not do, and what the contracts or the endpoint refused.
pub(super) async fn run(options: Options) -> Result<()> {
    let progress = Progress::start();
    let asked = options.read()?;
    let (at, from) = options.sending.connect().await?;
    let (what, input) = match asked {
        Asked::Call(signature, input) => {
            refuse_passive(&at, options.consumer).await?;
            (signature, input)
        }
        Asked::Request(id, carried) => options.prepare(&at, id, carried, &progress).await?,
    };
    let mut tx = Transaction { to: Some(options.consumer), input, value: U256::ZERO, gas: None };
    if options.call.is_some() {
        tx.gas = Some(gas_to_ask(&at, &from, options.consumer, &what, &tx).await?);
    }
    let (id, block) = send(&at, &from, options.consumer, &what, tx).await?;
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
        std::process::exit(output::end(NO_RESULT).into());
    }
    Ok(())
}

/// What the consumer is to do, as far as the command line says it.
enum Asked {
    /// A function of its own: signature and calldata.
    Call(String, Bytes),
    /// Its `sendRequest`, at this subscription's cost.
    Request(SubscriptionId, FunctionsRequest),
}

impl Options {
    /// Reads and checks what can be without the chain.
    fn read(&self) -> Result<Asked> {
        if let Some(signature) = &self.call {
            return Ok(Asked::Call(signature.clone(), call::encode(signature, &self.with)?));
        }
        let (Some(subscription), Some(source)) = (self.subscription, &self.source) else {
            return Err(misuse!(
                help = "give both, or --call with --with",
                "--subscription and --source are needed without --call"
            ));
        };
        // How much its DON takes, the chain says.
        let limits = Limits { request_bytes: MAX_REQUEST_BYTES, ..Limits::DEFAULT };
        let source = inputs::source(source, limits.request_bytes)?;
        let (args, bytes_args) = (inputs::args(&self.args)?, inputs::bytes_args(&self.bytes_args)?);
        let request = inputs::request(source, args, bytes_args, &limits)?;
        Ok(Asked::Request(SubscriptionId(subscription), request))
    }

    /// Checks consumer, subscription and DON, and gives the consumer's call.
    async fn prepare(
        &self,
        at: &Connected,
        id: SubscriptionId,
        carried: FunctionsRequest,
        progress: &Progress,
    ) -> Result<(String, Bytes)> {
        let consumer = Kind::find(self.consumer_kind, &at.chain, self.consumer).await?;
        let held = at.subscriptions().get(id).await.map_err(remedy::report)?;
        let gas = match (self.gas_limit, consumer) {
            (Some(gas), _) => gas,
            (None, Consumer::Solidity(_)) => SOLIDITY_CALLBACK_GAS,
            (None, Consumer::Stylus(_)) => {
                let most = at.subscriptions().max_callback_gas(&held).await.map_err(remedy::report)?;
                // Without a tier the Router refuses any amount, and says so.
                let gas = STYLUS_CALLBACK_GAS.min(most.unwrap_or(STYLUS_CALLBACK_GAS));
                if gas < STYLUS_CALLBACK_GAS {
                    progress.step(format!(
                        "asks for {gas} gas for the callback, the most subscription {id} may: too little to store the longest answers"
                    ));
                }
                gas
            }
        };
        let don = at.don(self.don_id)?;
        let coordinator = at.coordinator(don).await?;
        match at.limits(coordinator).await {
            Some(limits) => inputs::check_size(&carried, &limits)
                .wrap_err("the DON's configuration takes no request of this size")?,
            None => inputs::check_size(&carried, &Limits::DEFAULT).wrap_err(
                "what the DON's configuration allows could not be read (--from-block BLOCK from before it was set helps)",
            )?,
        }
        let request = Request::new(carried, gas).with_secrets(self.secrets);
        let (what, input) = consumer.send_call(&request, id, don).map_err(remedy::report)?;
        check(at, id, &held, coordinator, self.consumer, gas, progress).await?;
        Ok((what.to_owned(), input))
    }
}

/// Whether the subscription lets this consumer ask and can pay for it.
async fn check(
    at: &Connected,
    id: SubscriptionId,
    held: &Subscription,
    coordinator: Address,
    consumer: Address,
    gas: u32,
    progress: &Progress,
) -> Result<()> {
    if !held.consumers.contains(&consumer) {
        refuse_passive(at, consumer).await?;
        return Err(failure!(
            help = format!(
                "make it one with: functions sub add {id} {consumer}{}{}",
                copied::at(),
                copied::key()
            ),
            "{consumer} is no consumer of subscription {id}"
        ));
    }
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
            help = format!("add to it with: functions sub fund {id} LINK{}{}", copied::at(), copied::key()),
            "a request with {gas} gas reserves {}, and subscription {id} has {} available",
            link(cost),
            link(available)
        ));
    }
    Ok(())
}

/// Whatever function of it is called, none of these sends a request; a token would move what the key owns.
async fn refuse_passive(at: &Connected, consumer: Address) -> Result<()> {
    match at.passive(consumer).await? {
        None => Ok(()),
        Some(what) => Err(failure!(
            help = "name your own contract with --consumer",
            "{consumer} is {what}, which sends no requests; nothing was sent"
        )),
    }
}

/// Gas of a call that may send a request at all: one that only reads needs less.
async fn gas_to_ask(
    at: &Connected,
    from: &Account,
    consumer: Address,
    what: &str,
    tx: &Transaction,
) -> Result<u64> {
    Kind::find(None, &at.chain, consumer).await?;
    match at.chain.estimate(from, what, tx).await {
        Ok(gas) if gas < LEAST_GAS => Err(failure!(
            help = "name the consumer's function that sends a request",
            "{what} sends no request: it takes {gas} gas, and what a request leaves on chain takes {LEAST_GAS}; nothing was sent"
        )),
        Ok(gas) => Ok(Chain::limit_of(gas)),
        Err(error) => Err(remedy::of_sender(error, &at.chain, consumer, from.address()).await),
    }
}

/// Has the consumer send a request, and gives its id and block.
async fn send(
    at: &Connected,
    from: &Account,
    consumer: Address,
    what: &str,
    tx: Transaction,
) -> Result<(RequestId, u64)> {
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
