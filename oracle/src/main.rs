//! The oracle node's program; see [`functions_node`].

use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use alloy::primitives::Address;
use clap::{Parser, Subcommand};
use eyre::{Result, WrapErr};
use functions_node::{
    app,
    config::{Config, LogConfig, LogFormat},
    keys, memory,
};
use serde_json::json;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// An oracle of a DON: watches requests, runs their scripts, agrees with its peers, delivers reports.
#[derive(Parser)]
#[command(name = "functions-node", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make the keys if there are none, and print the public ones as JSON.
    Keygen {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Run the node until SIGTERM or SIGINT.
    Run {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Check the configuration file, the keys and the sandbox program, and say what is wrong.
    Check {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> Result<()> {
    match cli.verb {
        Verb::Keygen { config } => keygen(&Config::load(&config)?),
        Verb::Run { config } => run(Config::load(&config)?),
        Verb::Check { config } => check(&Config::load(&config)?),
    }
}

fn keygen(config: &Config) -> Result<()> {
    let (unlocked, created) = keys::open_or_create(&config.keys)?;
    let identity = keys::identity(&unlocked);
    if created {
        begin_journal(config, identity.signer);
    }
    let public = json!({
        "signer": identity.signer,
        "transmitter": identity.transmitter,
        "peerId": identity.peer_id,
        "offchainPublicKey": format!("0x{}", hex::encode(identity.offchain_public_key)),
        "listen": config.net.listen,
    });
    writeln!(std::io::stdout(), "{public}").wrap_err("stdout is closed")
}

/// Keys and journal are made together, so that the node knows that its keys have said nothing.
fn begin_journal(config: &Config, signer: Address) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let begun =
        runtime.wrap_err("no thread").and_then(|runtime| runtime.block_on(memory::begin(config, signer)));
    if let Err(err) = begun {
        eprintln!(
            "the journal could not be made together with the keys ({err:#}): the node will leave requests older than its \
             first start to the other members"
        );
    }
}

fn check(config: &Config) -> Result<()> {
    let unlocked = keys::open(&config.keys)?;
    let identity = keys::identity(&unlocked);
    let sandbox = app::sandbox_path(config.runner.sandbox.as_deref())?;
    writeln!(
        std::io::stdout(),
        "configuration is valid\nsigner      {}\ntransmitter {}\npeer id     {}\nsandbox     {}",
        identity.signer,
        identity.transmitter,
        identity.peer_id,
        sandbox.display()
    )
    .wrap_err("stdout is closed")
}

fn run(config: Config) -> Result<()> {
    log(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().wrap_err("no threads")?;
    let result = runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let mut terminate = signal(SignalKind::terminate()).wrap_err("SIGTERM cannot be caught")?;
        let mut interrupt = signal(SignalKind::interrupt()).wrap_err("SIGINT cannot be caught")?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping");
            stop.send_replace(true);
            // Without the sender the receivers would see an error instead of the value.
            std::future::pending::<()>().await;
        });
        app::run(config, stopped).await
    });
    // Scripts and answers still under way are cut off; nothing of theirs is needed.
    runtime.shutdown_background();
    result
}

fn log(config: &LogConfig) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.level).wrap_err_with(|| {
        format!("log.level {:?} is not a level or filter; write for example \"info\"", config.level)
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let installed = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    installed.map_err(|err| eyre::eyre!("the log cannot be started: {err}"))
}
