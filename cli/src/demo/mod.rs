//! `functions demo`: a whole network on this machine, one request through it, and the story of that request.

pub(crate) mod consumer;
mod findings;
pub(crate) mod price_api;
pub(crate) mod script;
mod secrets;
pub(crate) mod story;

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use functions_failure::{Failure, Result, misuse};
use functions_network::devchain::DEFAULT_CHAIN_ID;
use functions_network::{ChainOptions, DEV_KEYS, Folder, Network, Wanted, dev_account};
use functions_offchain_config::Timing;
use functions_types::Juels;
use functions_types::limits::Profile;
use functions_types::members::{MAX_MEMBERS, MIN_MEMBERS};
use tokio::signal::unix::{SignalKind, signal};

use crate::output::{self, Progress};
use crate::paths;
use findings::Findings;
use price_api::PriceApi;
use script::Script;
use zeroize::Zeroizing;

/// How many nodes a local network may have.
pub(crate) const MEMBERS: RangeInclusive<i64> = MIN_MEMBERS as i64..=MAX_MEMBERS as i64;
/// Name of the local DON.
const DON_NAME: &str = "fun-local-1";
/// How long chain and nodes may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Lines of each log that are shown after a failure.
pub(crate) const LOG_LINES: usize = 12;
/// Exit code after an interrupt, as shells count it.
const INTERRUPTED: u8 = 130;

/// Runs a whole network on this machine and takes one request through it
///
/// Starts a local chain, deploys the contracts, starts the oracle nodes, sends a request through the example consumer
/// and tells its life. Without --source the script is examples/median-price.js, which asks three local price services
/// and returns the median in US dollars with 8 decimals. Leaves nothing running.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Print exactly one JSON object on standard output
    #[arg(long)]
    json: bool,
    /// Stay up until interrupted and print the endpoint, the addresses and the development keys
    #[arg(long)]
    keep: bool,
    /// Run this JavaScript file instead
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// The script's args, a JSON array of strings
    #[arg(long, value_name = "JSON")]
    args: Option<String>,
    /// The script's bytesArgs, a JSON array of 0x-hex strings
    #[arg(long, value_name = "JSON")]
    bytes_args: Option<String>,
    /// Secrets of the script: a JSON object of strings, a file that holds one, or env: every variable
    /// FUNCTIONS_SECRET_NAME is the secret NAME. They are encrypted to the nodes' keys and stored with them first
    #[arg(long, value_name = "JSON|FILE|env", requires = "source")]
    secrets: Option<String>,
    /// The contract that sends the request and receives the answer
    #[arg(long, value_enum, value_name = "NAME", default_value_t)]
    consumer: consumer::Kind,
    /// Gas of the consumer's callback: 500000 unless given; the Solidity consumers always ask for 70000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    gas_limit: Option<u32>,
    /// Let scripts reach this private address too (repeatable)
    #[arg(long, value_name = "HOST:PORT", value_parser = crate::simulate::endpoint)]
    allow_http: Vec<String>,
    /// Limits and error texts of scripts: default (30 s, 512 bytes) or classic (10 s, 256 bytes)
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = crate::simulate::profile)]
    profile: Profile,
    /// Number of oracle nodes
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(MEMBERS))]
    nodes: u8,
    /// Kill this many nodes with SIGKILL once they have seen the request
    #[arg(long, value_name = "K", default_value_t = 0)]
    kill: u8,
    /// Start the killed nodes again: they resume from their journals and the request is fulfilled
    #[arg(long, requires = "kill")]
    restart: bool,
    /// LINK the subscription is funded with, for example 0.001
    #[arg(long, value_name = "LINK", default_value = "10", value_parser = functions_client::amount::parse)]
    fund: Juels,
    /// Port of the local chain; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Id of the local chain; on 421614 the coordinator bills the fee for posting calldata, as on Arbitrum Sepolia
    #[arg(long, value_name = "ID", default_value_t = DEFAULT_CHAIN_ID, value_parser = clap::value_parser!(u64).range(1..))]
    chain_id: u64,
    /// Wei the local chain charges for a unit of calldata (a sixteenth of a compressed byte)
    #[arg(long, value_name = "WEI", default_value_t = 0)]
    l1_price: u128,
    /// Folder of the compiled contracts
    #[arg(long, value_name = "DIR")]
    contracts: Option<PathBuf>,
    /// Folder of the compiled Solidity consumers
    #[arg(long, value_name = "DIR")]
    solidity_contracts: Option<PathBuf>,
}

impl Options {
    const fn violence(&self) -> story::Violence {
        story::Violence { kill: self.kill as usize, restart: self.restart }
    }
}

/// Runs the verb.
pub(crate) async fn run(options: Options) -> Result<()> {
    if options.kill > options.nodes {
        return Err(misuse!(
            help = "name at most as many with --kill as there are with --nodes",
            "cannot kill {} of {} nodes",
            options.kill,
            options.nodes
        ));
    }
    let contracts = paths::contracts(options.contracts.as_deref())?;
    let solidity = options.consumer.solidity(options.solidity_contracts.as_deref())?;
    let secrets = options.secrets.as_deref().map(secrets::read).transpose()?;
    if secrets.is_some() && options.consumer != consumer::Kind::Stylus {
        return Err(misuse!(
            help =
                "leave --consumer out: the Solidity example has no parameter for secrets stored with the DON",
            "--secrets needs the Stylus consumer"
        ));
    }
    let callback_gas_limit = options.consumer.callback_gas(options.gas_limit)?;
    let programs = paths::programs()?;
    let progress = Progress::start();
    // With nodes to kill the price services answer only once these are dead, so that no answer comes too early.
    let prices = PriceApi::start(options.kill == 0).await?;
    let script = Script::read(&options, callback_gas_limit, &prices)?;
    let script = Scripted { script, secrets };
    let mut allow_http = options.allow_http.clone();
    allow_http.push(prices.host());
    let wanted = Wanted {
        profile: options.profile,
        nodes: options.nodes.into(),
        allow_http,
        funding: options.fund,
        callback_gas_limit,
        secrets: true,
        chain: ChainOptions { port: options.port, chain_id: options.chain_id, l1_price: options.l1_price },
        solidity,
        ..local(programs, contracts)
    };

    let folder = Folder::create()?;
    let mut network = None;
    let staying = Cell::new(false);
    let told = tokio::select! {
        told = tell(&options, &wanted, script, &prices, &folder, &mut network, &staying, &progress) => told,
        stopped = interrupted() => stopped.map(|()| Told::Interrupted),
    };
    if let Some(network) = &mut network {
        network.stop().await;
    }
    match told {
        Ok(Told::Finished) => Ok(()),
        Ok(Told::Interrupted) if staying.get() => {
            progress.step("interrupted; nothing is left running");
            Ok(())
        }
        Ok(Told::Refused(error)) => Err(error),
        Ok(Told::Interrupted) => {
            drop((network, folder));
            progress.step("interrupted; nothing is left running");
            std::process::exit(output::end(INTERRUPTED).into())
        }
        Err(error) => {
            folder.keep(LOG_LINES, &|text| progress.step(text));
            Err(error)
        }
    }
}

/// The network of demo and benchmarks, but for what their users decide.
pub(crate) fn local(programs: PathBuf, contracts: PathBuf) -> Wanted {
    Wanted {
        programs,
        contracts,
        don: DON_NAME.to_owned(),
        nodes: 4,
        profile: Profile::Default,
        timing: Timing::default(),
        allow_http: Vec::new(),
        poll_interval_ms: 100,
        hints: true,
        databases: Vec::new(),
        secrets: false,
        log_level: "info".to_owned(),
        funding: Juels::ZERO,
        callback_gas_limit: 300_000,
        chain: ChainOptions::default(),
        solidity: None,
        patience: START_TIMEOUT,
    }
}

enum Told {
    Finished,
    /// The contracts refused the request; everything else works.
    Refused(Failure),
    Interrupted,
}

/// What the network is to run.
struct Scripted {
    script: Script,
    secrets: Option<Zeroizing<String>>,
}

/// Starts everything, tells the story and, if asked, stays until dropped.
#[expect(clippy::too_many_arguments, reason = "the story's whole cast, once")]
async fn tell(
    options: &Options,
    wanted: &Wanted,
    scripted: Scripted,
    prices: &PriceApi,
    folder: &Folder,
    network: &mut Option<Network>,
    staying: &Cell<bool>,
    progress: &Progress,
) -> Result<Told> {
    let network = network.insert(Network::start(wanted, folder.path(), &|text| progress.step(text)).await?);
    let Scripted { mut script, secrets } = scripted;
    if let Some(text) = &secrets {
        script.request.secrets = Some(secrets::store(network, text, progress).await?);
    }
    let script = &script;
    let begin_ms = story::unix_ms();
    let sent = match story::send(network, script).await {
        Ok(sent) => sent,
        Err(refused) => return Ok(Told::Refused(refused)),
    };
    let violence = options.violence();
    let findings = story::run(network, script, &sent, begin_ms, &violence, prices, progress).await?;
    match (options.json, options.keep) {
        (false, _) => output::result(&findings.text()),
        (true, false) => output::json(&findings.json()),
        (true, true) => output::json(&findings.json_with_network(network)),
    }
    if options.keep {
        describe(network, options.json, &findings, progress);
        staying.set(true);
        network.watch(&|text| progress.step(text)).await?; // ends with the chain; the caller waits for the interrupt
    }
    Ok(Told::Finished)
}

/// Prints what a user of the running network needs: to standard error when standard output is for JSON.
fn describe(network: &Network, json: bool, findings: &Findings, progress: &Progress) {
    let greeting = &network.devchain.greeting;
    let addresses = &network.contracts.addresses;
    let mut text = format!(
        "\nThe network stays up until you interrupt it (Ctrl-C).\n\n\
         RPC URL       {}\nWebSocket     {}\nchain id      {}\nDON id        {}\nDON id bytes  {}\n\
         LINK          {}\nRouter        {}\nCoordinator   {}\nconsumer      {}\nsubscription  {}\n",
        greeting.rpc_url,
        greeting.ws_url,
        greeting.chain_id,
        network.don,
        network.don.0,
        addresses.link,
        addresses.router,
        addresses.coordinator,
        network.consumer.address(),
        findings.subscription,
    );
    for node in &network.nodes {
        let state = if node.is_running() { "running" } else { "killed" };
        text += &format!("node {:<9}http://{}/status ({state})\n", node.index, node.admin);
    }
    if let Some(node) = network.nodes.first() {
        text +=
            &format!("gateway       {} (secrets are stored there; each node has one)\n", node.gateway_url());
    }
    text += &format!(
        "\nTo try it: write a key from below to a file, owner.key, and\n\n  export FUNCTIONS_RPC_URL={} FUNCTIONS_ROUTER={} \\\n    \
         FUNCTIONS_LINK={} FUNCTIONS_KEY_FILE=owner.key\n  functions sub info {}\n",
        greeting.rpc_url, addresses.router, addresses.link, findings.subscription,
    );
    text += "\nDevelopment accounts (public keys of everybody; never use them elsewhere):\n";
    for (index, key) in DEV_KEYS.iter().enumerate() {
        text += &format!("  {}  0x{key}\n", dev_account(index).address());
    }
    if json { progress.step(text) } else { output::result(&text) }
}

/// Waits for an interrupt or a polite request to end.
async fn interrupted() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}
