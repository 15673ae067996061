//! The oracle node's program; see [`functions_node`].

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use alloy::primitives::Address;
use clap::{Parser, Subcommand};
use eyre::{Result, WrapErr};
use functions_node::{
    app, check,
    config::{Config, LogFormat, LogSection, wants_json_log},
    keys, memory, told, verbs,
};
use serde_json::json;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tracing_subscriber::fmt::{
    format::Writer,
    time::{FormatTime as _, SystemTime},
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
    /// Try everything a start needs, and say line by line what is wrong and what to do; exit code 1 when something
    /// failed.
    Check {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Print one JSON object: {"ok", "checks": [{"id", "verdict", "words", "remedy"}]}.
        #[arg(long)]
        json: bool,
    },
    /// Show, export, import and rotate keys, change the password.
    #[command(subcommand)]
    Keys(verbs::keys::Verb),
    /// Back up, verify, restore and prune the journal.
    #[command(subcommand)]
    Journal(verbs::journal::Verb),
    Dkg(verbs::dkg::Options),
    Withdraw(verbs::withdraw::Options),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return say(&answer),
    };
    // What goes wrong before the log runs is written as the log would have been.
    let as_json = match &cli.verb {
        Verb::Run { config } => wants_json_log(config),
        _ => false,
    };
    match start(cli) {
        Ok(code) => code,
        Err(err) => {
            let words = words(&err);
            if as_json {
                told::say(fatal_json(&words));
            } else {
                told::say(format!("error: {words}"));
            }
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

fn start(cli: Cli) -> Result<ExitCode> {
    match cli.verb {
        Verb::Keygen { config } => keygen(&Config::load(&config)?)?,
        Verb::Run { config } => run(Config::load(&config)?)?,
        Verb::Check { config, json } => return check(&config, json),
        Verb::Keys(verb) => wait(verbs::keys::run(verb))?,
        Verb::Journal(verb) => wait(verbs::journal::run(verb))?,
        Verb::Dkg(options) => wait(verbs::dkg::run(&options))?,
        Verb::Withdraw(options) => wait(verbs::withdraw::run(&options))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// An error and its causes, without repeating what an outer one says already.
fn words(err: &eyre::Report) -> String {
    let mut text = err.to_string();
    for cause in err.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A fatal error in the shape of a log line.
fn fatal_json(words: &str) -> serde_json::Value {
    let mut now = String::new();
    // Writing to a String does not fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut now));
    json!({
        "timestamp": now,
        "level": "ERROR",
        "fields": { "message": words, "fatal": true },
        "target": "functions_node",
    })
}

/// Runs a verb to its end.
fn wait(verb: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().wrap_err("no threads")?;
    runtime.block_on(verb)
}

fn keygen(config: &Config) -> Result<()> {
    let (unlocked, created) = keys::open_or_create(&config.keys)?;
    if created {
        begin_journal(config, unlocked.public().signer);
    }
    verbs::print_line(&keys::public_json(&unlocked, config))
}

/// Keys and journal are made together, so that the node knows that its keys have said nothing.
fn begin_journal(config: &Config, signer: Address) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let begun =
        runtime.wrap_err("no thread").and_then(|runtime| runtime.block_on(memory::begin(config, signer)));
    if let Err(err) = begun {
        told::say(format!(
            "the journal could not be made together with the keys ({err:#}): the node will leave requests older than its \
             first start to the other members"
        ));
    }
}

fn check(path: &Path, as_json: bool) -> Result<ExitCode> {
    let findings = match Config::load(path) {
        Err(err) => check::Findings::of_config(&err),
        Ok(config) => {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().enable_all().build().wrap_err("no threads")?;
            let findings = runtime.block_on(check::run(&config));
            // Questions that were given up are cut off.
            runtime.shutdown_background();
            findings
        }
    };
    let printed = if as_json { format!("{:#}", findings.to_json()) } else { findings.to_string() };
    writeln!(std::io::stdout(), "{printed}").wrap_err("stdout cannot be written")?;
    Ok(if findings.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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

fn log(config: &LogSection) -> Result<()> {
    let filter = config.filter().map_err(|words| eyre::eyre!("{words}; write for example \"info\""))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // They would be said on a standard error that is closed, and end the thread.
        .log_internal_errors(false);
    let installed = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    installed.map_err(|err| eyre::eyre!("the log cannot be started: {err}"))
}
