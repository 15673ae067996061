//! The tool a developer or subscription owner types.
//!
//! Standard output carries results and nothing else; progress and errors go to standard error.

mod abi;
mod bench;
mod clock;
mod demo;
mod deploy;
mod don;
mod network;
mod output;
mod paths;
mod remedy;
mod replay;
mod request;
mod simulate;
mod sub;

use clap::Parser;
use miette::{IntoDiagnostic, Result};

/// Runs scripts, deploys, demonstrates and measures a self-hosted network of Functions oracles
#[derive(Parser, Debug)]
#[command(name = "functions", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand, Debug)]
enum Verb {
    Abi(abi::Options),
    Bench(bench::Options),
    Demo(demo::Options),
    Deploy(deploy::Options),
    #[command(subcommand)]
    Don(don::Verb),
    Replay(replay::Options),
    #[command(subcommand)]
    Request(request::Verb),
    Simulate(simulate::Options),
    #[command(subcommand)]
    Sub(sub::Verb),
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    // One thread: children are told to die with the thread that started them.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    runtime.block_on(async {
        match cli.verb {
            Verb::Abi(options) => abi::run(&options),
            Verb::Bench(options) => bench::run(options).await,
            Verb::Demo(options) => demo::run(options).await,
            Verb::Deploy(options) => deploy::run(options).await,
            Verb::Don(verb) => don::run(verb).await,
            Verb::Replay(options) => replay::run(options).await,
            Verb::Request(verb) => request::run(verb).await,
            Verb::Simulate(options) => simulate::run(options).await,
            Verb::Sub(verb) => sub::run(verb).await,
        }
    })
}
