//! `functions simulate`: one script in the node's own runner, under the node's limits.
//!
//! | to read about | look in |
//! | --- | --- |
//! | script and arguments, and their refusals | `inputs` |
//! | the file of a recording | `recording` |
//! | secrets, and how they stay out of sight | `secrets` |
//! | what is printed of a run | `shown`, `decode` |
//! | several runs side by side | `compare`, `differ`, printed by `compared` |
//! | which call of the script did something | `places`, pointed at by `point` |

mod compare;
mod compared;
pub(crate) mod decode;
mod differ;
mod hints;
pub(crate) mod inputs;
mod places;
mod point;
pub(crate) mod recording;
pub(crate) mod secrets;
pub(crate) mod shown;

use std::path::{Path, PathBuf};

use functions_failure::{OrHelp as _, Result, WrapErr as _, failure, of_io};
use functions_offchain_config::Method;
use functions_types::limits::{Mode, Profile, RunOptions};
use functions_types::members::MAX_MEMBERS;
use miette::Severity;
use oracle_runner::{RunReport, RunRequest, Runner, RunnerError, RunnerSection};

use crate::{clock, output, paths, remedy};
use compare::{Comparison, End};
use decode::Returns;
use secrets::Secrets;
use shown::Shown;

/// Latest time of a block with a request, in Unix seconds: the Router keeps a request's timeout in 32 bits.
const LAST_BLOCK_TIME: u64 = u32::MAX as u64;
/// Runs side by side at most: as many as an oracle set has members.
const MOST_RUNS: i64 = MAX_MEMBERS as i64;
/// Longest configuration file read, in bytes.
const CONFIG_MAX: usize = 256 * 1024;

/// Runs a script as a node does and prints what would go on chain
///
/// The script runs in the node's sandbox, under the node's limits. Exit code 0 means that it ran, whether it returned a
/// result or an error; 1 that it could not be run, or that several runs did not end the same. Values of secrets are
/// replaced by their names in all that is printed, except in the result itself.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The JavaScript or TypeScript file; - reads standard input
    #[arg(long, value_name = "FILE")]
    source: PathBuf,
    /// The script's args, a JSON array of strings
    #[arg(long, value_name = "JSON", default_value = "[]", hide_default_value = true)]
    args: String,
    /// The script's bytesArgs, a JSON array of 0x-hex strings
    #[arg(long, value_name = "JSON", default_value = "[]", hide_default_value = true)]
    bytes_args: String,
    /// A JSON file of an object of strings; or env: every variable FUNCTIONS_SECRET_NAME is the secret NAME
    #[arg(long, value_name = "FILE|env")]
    secrets: Option<String>,
    /// The limits: default (30 s, 512 bytes) or classic (10 s, 256 bytes)
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = profile)]
    profile: Profile,
    /// Time and random numbers: strict (the same on every node) or compat (real ones)
    #[arg(long, value_name = "NAME", default_value = "strict", value_parser = mode)]
    mode: Mode,
    /// Reads the result as this, too
    #[arg(long, value_enum, value_name = "TYPE")]
    returns: Option<Returns>,
    /// Runs the script on this many nodes with the answers the first one got, and compares
    #[arg(long, value_name = "N", conflicts_with = "live", value_parser = clap::value_parser!(u8).range(1..=MOST_RUNS))]
    nodes: Option<u8>,
    /// Runs the script this many times against the endpoints, and shows what differs and why
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(2..=MOST_RUNS))]
    live: Option<u8>,
    /// Time of the request's block, in Unix seconds, where the script's clock starts; without it: now
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=LAST_BLOCK_TIME))]
    timestamp: Option<u64>,
    /// Writes a recording for `functions replay`, into a new file or over an earlier recording
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Prints exactly one JSON object on standard output
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    machine: Machine,
}

/// What an operator decides about running scripts.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Machine {
    /// Take what an operator decides about scripts from [runner] of this node.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Let scripts reach this private address too (repeatable)
    #[arg(long, value_name = "HOST:PORT", value_parser = endpoint)]
    allow_http: Vec<String>,
    /// Go on although a wall of the sandbox is missing on this machine
    #[arg(long)]
    allow_weak_sandbox: bool,
}

impl Machine {
    /// A machine whose scripts reach nothing.
    pub(crate) fn offline(allow_weak_sandbox: bool) -> Self {
        Self { allow_weak_sandbox, ..Self::default() }
    }

    /// Starts a runner with this much heap for scripts, in bytes.
    ///
    /// # Errors
    /// When the sandbox is missing, too weak, or does not start.
    pub(crate) async fn start(&self, memory_bytes: u64) -> Result<Runner> {
        let section = self.config.as_deref().map_or_else(|| Ok(RunnerSection::default()), section)?;
        let sandbox = match &section.sandbox {
            Some(path) => path.clone(),
            None => paths::sibling("functions-sandbox")?,
        };
        let config = section.config(sandbox);
        let mut config = config
            .map_err(|error| failure!(help = error.remedy, "[runner] {}: {}", error.key, error.problem))?;
        config.allow_http.extend(self.allow_http.iter().cloned());
        config.allow_weak_sandbox |= self.allow_weak_sandbox;
        config.memory_bytes = memory_bytes;
        // One script at a time, in nobody's control group.
        (config.max_concurrent, config.pool, config.cgroup) = (1, 0, None);
        Runner::start(config).await.map_err(|error| match error {
            RunnerError::WeakSandbox(walls) => failure!(
                help =
                    "run it where they are allowed, or accept it for scripts you trust: --allow-weak-sandbox",
                "walls of the sandbox are missing on this machine: {walls}"
            ),
            other => remedy::of_runner(other),
        })
    }
}

/// `[runner]` of a node's configuration file; the rest of it is not looked at.
fn section(path: &Path) -> Result<RunnerSection> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(default)]
        runner: RunnerSection,
    }
    let place = path.display();
    let mut bytes = Vec::new();
    functions_input::file::open(path)
        .and_then(|file| inputs::read_bounded(file, CONFIG_MAX, &mut bytes))
        .map_err(|error| failure!(help = of_io(&error), "cannot read the configuration {place}: {error}"))?;
    if bytes.len() > CONFIG_MAX {
        return Err(failure!(
            help = "name a node's node.toml",
            "the configuration {place} is longer than {CONFIG_MAX} bytes"
        ));
    }
    let text = String::from_utf8(bytes)
        .or_help("name a node's node.toml, which is text in UTF-8")
        .wrap_err_with(|| format!("the configuration {place} is not UTF-8 text"))?;
    let file: File = functions_toml_file::parse(&text, &place.to_string()).map_err(|error| {
        let help = format!("{}; docs/node.md has every key", error.remedy);
        failure!(help = help, "{}: {}: {}", error.file, error.key, error.problem)
    })?;
    Ok(file.runner)
}

/// A private address that scripts may reach.
pub(crate) fn endpoint(text: &str) -> Result<String, String> {
    match oracle_runner::is_endpoint(text) {
        true => Ok(text.to_owned()),
        false => Err("it is not HOST:PORT; write for example 127.0.0.1:8080".into()),
    }
}

pub(crate) fn profile(name: &str) -> Result<Profile, String> {
    Profile::from_name(name).ok_or_else(|| "there are default and classic".into())
}

fn mode(name: &str) -> Result<Mode, String> {
    Mode::from_name(name).ok_or_else(|| "there are strict and compat".into())
}

/// Runs the verb.
pub(crate) async fn run(options: Options) -> Result<()> {
    let secrets = Secrets::read(options.secrets.as_deref())?;
    let request = options.request(&secrets)?;
    if let Some(path) = &options.record {
        recording::check(path)?;
    }
    let runner = options.machine.start(request.limits.memory_bytes).await?;
    let done = options.perform(&runner, &request).await;
    runner.shutdown().await;
    let (report, mut comparison) = done?;
    if let Some(comparison) = &mut comparison {
        comparison.veil(&secrets);
    }
    if let Some(path) = &options.record {
        recording::write(path, &report.transcript, &secrets)?;
    }
    let name = options.source.display().to_string();
    let hosts = report.http.iter().map(|exchange| exchange.host.as_str());
    let mut hints = hints::of(&request.source, options.mode, hosts);
    hints.extend(hints::of_outcome(&report.outcome));
    hints.extend(hints::of_later_lines(&request.source));
    for hint in &hints {
        output::say(&format!("warning: {}", output::visible(&secrets.veil(hint))));
    }
    let shown = Shown { report: &report, secrets: &secrets, returns: options.returns, name: &name };
    if options.json {
        let mut json = shown.json();
        json["hints"] = hints.iter().map(|hint| secrets.veil(hint)).collect();
        if let Some(comparison) = &comparison {
            json[if options.live.is_some() { "live" } else { "nodes" }] = comparison.json(&secrets);
        }
        output::json(&json);
    } else {
        let compared = comparison.as_ref().map(|all| format!("\n{}", all.text(&secrets))).unwrap_or_default();
        output::result(&format!("{}{compared}", shown.text()));
        point_at(&shown, comparison.as_ref(), &request.source);
    }
    match comparison {
        // A median is made of results that differ.
        Some(comparison) if !comparison.agree() && !asks_for_median(&request.source) => Err(failure!(
            help = "docs/scripts.md says what makes nodes agree; a number that moves may be agreed on as a median (// @aggregation median-uint256)",
            "the {} runs did not end the same",
            comparison.ends.len()
        )),
        _ => Ok(()),
    }
}

fn asks_for_median(source: &str) -> bool {
    let asked = Method::of_source(source).ok().flatten();
    matches!(asked, Some(Method::Median | Method::MedianUint256 | Method::MedianInt256))
}

impl Options {
    /// The request, checked as a node and as the toolkit check it.
    fn request(&self, secrets: &Secrets) -> Result<RunRequest> {
        let limits = self.profile.limits();
        let source = inputs::source(&self.source, limits.request_bytes)?;
        let (args, bytes_args) = (inputs::args(&self.args)?, inputs::bytes_args(&self.bytes_args)?);
        let carried = inputs::request(source, args, bytes_args, &limits)?;
        Ok(RunRequest {
            request_id: [0; 32],
            source: carried.source,
            args: carried.args,
            bytes_args: carried.bytes_args,
            secrets: secrets.map().clone(),
            block_timestamp: self.timestamp.unwrap_or_else(|| clock::now().as_secs()),
            limits,
            options: RunOptions { profile: self.profile, mode: self.mode, ..RunOptions::default() },
        })
    }

    /// The first run, and the others beside it.
    async fn perform(
        &self,
        runner: &Runner,
        request: &RunRequest,
    ) -> Result<(RunReport, Option<Comparison>)> {
        let first = runner.run(request.clone()).await.map_err(remedy::of_runner)?;
        if let Some(nodes) = self.nodes {
            let mut later = Vec::new();
            for _ in 1..nodes {
                // A fork server of its own: what a node shares with no other.
                let node = self.machine.start(request.limits.memory_bytes).await?;
                let end = match node.replay(&first.transcript, &request.secrets).await {
                    Ok(report) => End::Outcome(report.outcome),
                    Err(error @ RunnerError::Diverged { .. }) => End::Diverged(error.to_string()),
                    Err(error) => return Err(remedy::of_runner(error)),
                };
                node.shutdown().await;
                later.push(end);
            }
            let comparison = Comparison::nodes(&first, later, runner, request).await?;
            return Ok((first, Some(comparison)));
        }
        let Some(live) = self.live else { return Ok((first, None)) };
        let mut reports = vec![first];
        for _ in 1..live {
            reports.push(runner.run(request.clone()).await.map_err(remedy::of_runner)?);
        }
        let comparison = Comparison::live(&reports, runner, request).await?;
        Ok((reports.swap_remove(0), Some(comparison)))
    }
}

/// Shows the user's file where something is to be said about a place in it.
pub(crate) fn point_at(shown: &Shown<'_>, comparison: Option<&Comparison>, source: &str) {
    if let (Some(error), Some((line, column))) = (shown.error(), shown.position()) {
        let label = shown.secrets.veil(&shown.report.diagnostic.message);
        let labels = vec![(point::span(source, line, column), label)];
        let message = shown.secrets.veil(&error);
        output::report(point::report(shown.name, source, Severity::Error, message, None, labels));
    }
    for name in shown.leaks() {
        output::report(miette::miette!(
            severity = Severity::Warning,
            "the value of the secret {name} is part of what goes on chain, where everybody reads it"
        ));
    }
    if let Some(report) = comparison.and_then(|all| all.report(shown.name, source)) {
        output::report(report);
    }
}
