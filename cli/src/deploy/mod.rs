//! `functions deploy`: puts a whole deployment on a chain and writes down where it is.

mod config;
mod renew;
mod settings;

use std::path::PathBuf;

use functions_deploy::{Book, Deployment, Entries, Lock, Programs, REPAIR};
use functions_failure::{Result, failure};

use crate::key;
use crate::network;
use crate::output::{self, Progress};
use crate::paths;

/// Deploys, activates and configures the contracts
///
/// Reads a configuration file, sends the transactions and keeps the addresses file up to date after each of them. Run
/// it again after a failure: what stands already is used, what is missing is added. Prints the addresses as JSON.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// HTTP JSON-RPC endpoint of the chain
    #[arg(long, value_name = "URL")]
    rpc_url: String,
    /// What to deploy and how to configure it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Folder of the compiled contracts
    #[arg(long, value_name = "DIR")]
    contracts: Option<PathBuf>,
    /// Only check the configuration, what stands, the key's funds and the programs; say every step and what they cost
    /// at most, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Deploy nothing: activate again what a chain upgrade has outdated or its year has ended, keep alive what ends
    /// within 90 days; with --dry-run only say so
    #[arg(long)]
    renew: bool,
}

/// Runs the verb.
pub(crate) async fn run(options: Options) -> Result<()> {
    let progress = Progress::start();
    let config = config::Config::read(&options.config)?;
    for warning in &config.warnings {
        output::say(&format!("warning: in {}: {warning}", options.config.display()));
    }
    let _lock = if options.dry_run { None } else { Some(Lock::take(&config.addresses_file)?) };
    if !config.owner_key_file.exists() {
        if key::holds_key(&config.owner_key_file) {
            return Err(key::is_key());
        }
        return Err(failure!(
            help = "put the key there, 64 hexadecimal digits, or correct `owner_key_file`",
            "cannot read the owner's key file {}: there is none",
            config.owner_key_file.display()
        ));
    }
    let owner = key::account(&config.owner_key_file)?;

    let chain = network::connect(&options.rpc_url).await.map_err(crate::remedy::report)?;
    let balance = chain.balance(owner.address()).await?;
    progress.step(format!("chain {}, owner {} with {balance} wei", chain.id(), owner.address()));
    if options.renew {
        if balance.is_zero() {
            return Err(failure!(
                help = "send it some ether first: activations cost some 10^14 wei a contract, and their gas",
                "the owner {} has no ether on chain {}",
                owner.address(),
                chain.id()
            ));
        }
        if !config.addresses_file.exists() {
            return Err(failure!(
                help = "name the file that `functions deploy` wrote with `addresses_file`; without one nothing is known to renew",
                "there is no addresses file {}",
                config.addresses_file.display()
            ));
        }
        let entries = Entries::read(&config.addresses_file, REPAIR)?;
        if entries.chain_id != chain.id() {
            return Err(failure!(
                help = "correct --rpc-url, or name the file of this chain's deployment with `addresses_file`",
                "the addresses file {} belongs to chain {}, the endpoint to chain {}",
                config.addresses_file.display(),
                entries.chain_id,
                chain.id()
            ));
        }
        let lines = renew::run(&chain, &owner, &entries, options.dry_run, &progress).await?;
        output::json_text(&serde_json::to_string_pretty(&lines).expect("lines have JSON"));
        return Ok(());
    }
    let programs = Programs::start(&paths::contracts(options.contracts.as_deref())?)?;
    let mut book = Book::open(&config.addresses_file, chain.id(), owner.address())?;
    let deployment = Deployment {
        chain: &chain,
        owner: &owner,
        plan: &config.plan,
        programs: &programs,
        say: &|text| progress.step(text),
    };
    if options.dry_run {
        deployment.rehearse(book.entries()).await?;
    } else {
        deployment.run(&mut book).await?;
        progress.step(format!("addresses written to {}", config.addresses_file.display()));
    }
    output::json_text(&serde_json::to_string_pretty(book.entries()).expect("addresses have JSON"));
    Ok(())
}
