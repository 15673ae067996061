//! `devchain`: a local Stylus chain with the RPC of an Arbitrum node.
//!
//! stdout gets one line of JSON when the chain answers; logs go to stderr.

use std::{
    io::{IsTerminal, Write},
    net::{IpAddr, Ipv4Addr},
    process::ExitCode,
};

use clap::Parser;
use devchain::{ChainConfig, Config, Devchain, evm::ARBOS_VERSIONS};
use eyre::WrapErr;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A local Stylus chain: EVM and WASM contracts, Arbitrum's rules, JSON-RPC over HTTP and WebSocket on one port.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 8547, allow_negative_numbers = true)]
    port: u16,
    /// Chain id.
    #[arg(long, default_value_t = 412_346, allow_negative_numbers = true)]
    chain_id: u64,
    /// ArbOS version whose rules hold: 51 is what public chains had in spring 2026, 59 brings Stylus version 3, 60
    /// programs in fragments, 61 is what they have now. Owners may upgrade it while the chain runs
    /// (ArbOwner.scheduleArbOSUpgrade)
    #[arg(long, visible_alias = "arbos", allow_negative_numbers = true, value_name = "VERSION", default_value_t = 61, value_parser = arbos_versions())]
    arbos_version: u64,
    /// Seconds between blocks. Without it every transaction gets its block at once.
    #[arg(long, allow_negative_numbers = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    block_time: Option<u64>,
    /// block.number is always 0, as on a node without a parent chain.
    #[arg(long)]
    l1_frozen: bool,
    /// Wei per unit of calldata (a sixteenth of a compressed byte).
    #[arg(long, allow_negative_numbers = true, value_name = "WEI", default_value_t = 0)]
    l1_price: u128,
    /// What is logged, as tracing filter directives.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,
}

fn arbos_versions() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(ARBOS_VERSIONS)
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return say(&answer),
    };
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error is no reason to fail otherwise.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says what the command line asked for, or what is wrong with it. An answer that could not be written is a failure.
fn say(answer: &clap::Error) -> ExitCode {
    let is_lost = |error: &std::io::Error| error.kind() != std::io::ErrorKind::BrokenPipe;
    match answer.print().and_then(|()| std::io::stdout().flush()) {
        Err(error) if is_lost(&error) && !answer.use_stderr() => ExitCode::FAILURE,
        _ => ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(1)),
    }
}

fn start(arguments: Arguments) -> eyre::Result<()> {
    let filter = EnvFilter::try_new(&arguments.log).wrap_err("--log is not a filter")?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // Else it panics where there is no room for a line.
        .log_internal_errors(false)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> eyre::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let chain_id = arguments.chain_id;
    let handle = Devchain::start(Config {
        host: arguments.host,
        port: arguments.port,
        block_time: arguments.block_time,
        chain: ChainConfig {
            chain_id,
            arbos_version: arguments.arbos_version,
            l1_frozen: arguments.l1_frozen,
            l1_price_per_unit: arguments.l1_price,
            ..ChainConfig::default()
        },
    })
    .await?;

    let ready = json!({ "rpcUrl": handle.rpc_url, "wsUrl": handle.ws_url, "chainId": chain_id });
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{ready}").and_then(|()| stdout.flush()).wrap_err(
        "stdout takes no line, so nobody would learn where the chain listens; send it to a file with room, a pipe or /dev/null",
    )?;
    tracing::info!(rpc = handle.rpc_url, chain_id, "ready");

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    handle.shutdown().await;
    Ok(())
}
