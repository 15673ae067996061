//! `functions replay`: a recorded run again, byte for byte, with the network cut.

use std::path::PathBuf;

use functions_failure::{Result, failure};
use functions_types::limits::Mode;
use oracle_runner::{RunOutcome, RunnerError, Transcript};
use serde_json::json;

use crate::output;
use crate::remedy;
use crate::simulate::decode::{Returns, hex};
use crate::simulate::secrets::Secrets;
use crate::simulate::shown::Shown;
use crate::simulate::{Machine, point_at, recording};

/// Runs a recording again without network and compares
///
/// Recordings are made by `functions simulate --record` and by nodes. The script gets the recorded answers and must end
/// with the recorded bytes, after the recorded requests. Exit code 0 means it did, 1 that it did not or could not be
/// run.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The recording
    file: PathBuf,
    /// Secrets of the recorded run, as for simulate: a recording has their names only
    #[arg(long, value_name = "FILE|env")]
    secrets: Option<String>,
    /// Reads the result as this, too
    #[arg(long, value_enum, value_name = "TYPE")]
    returns: Option<Returns>,
    /// Prints exactly one JSON object on standard output
    #[arg(long)]
    json: bool,
    /// Go on although a wall of the sandbox is missing on this machine
    #[arg(long)]
    allow_weak_sandbox: bool,
}

/// Runs the verb.
pub(crate) async fn run(options: Options) -> Result<()> {
    let recording = recording::read(&options.file)?;
    let secrets = Secrets::read(options.secrets.as_deref())?;
    // No address is allowed; the replay asks none anyway.
    let machine = Machine::offline(options.allow_weak_sandbox);
    let runner = machine.start(recording.limits.memory_bytes).await?;
    let same_build = runner.runtime_hash() == recording.runtime_hash;
    let done = runner.replay(&recording, secrets.map()).await;
    runner.shutdown().await;
    let report = done.map_err(|error| match error {
        RunnerError::Diverged { exchange, asked, recorded } => failure!(
            help = blame(same_build, &recording),
            "the run diverges at request {exchange} (from 0): it asks for {}, recorded is {}",
            secrets.veil(&asked),
            secrets.veil(&recorded)
        ),
        RunnerError::Refused(why) => {
            failure!(help = "name them with --secrets FILE or --secrets env", "{why}")
        }
        other => remedy::of_runner(other),
    })?;
    let name = format!("script of {}", options.file.display());
    let shown = Shown { report: &report, secrets: &secrets, returns: options.returns, name: &name };
    let same_end = secrets.veil_end(&report.outcome) == secrets.veil_end(&recording.outcome);
    let same_transcript = report.transcript.hash() == recording.hash();
    let same = same_end && same_transcript;
    if options.json {
        let mut json = shown.json();
        let (result, error) = match &recording.outcome {
            RunOutcome::Result(bytes) => (Some(hex(bytes)), None),
            RunOutcome::UserError(text) => (None, Some(secrets.veil(&String::from_utf8_lossy(text)))),
        };
        json["replay"] = json!({
            "same": same, "sameEngine": same_build,
            "recorded": {"result": result, "error": error, "transcriptHash": hex(&recording.hash())},
        });
        output::json(&json);
    } else {
        let verdict = if same { "same      as recorded, byte for byte\n" } else { "" };
        output::result(&format!("{verdict}{}", shown.text()));
        point_at(&shown, None, &recording.source);
    }
    if same {
        return Ok(());
    }
    let what = if same_end { "makes other requests" } else { "ends otherwise" };
    Err(failure!(
        help = blame(same_build, &recording),
        "the replayed run {what} than the recorded one: {}",
        end(&recording.outcome, &secrets)
    ))
}

/// Why a replay may differ, most likely first.
fn blame(same_build: bool, recording: &Transcript) -> String {
    if ended_by_time(&recording.outcome) {
        return "the recorded run was ended by its time limit, which depends on the machine and which a replay does not repeat: no fault of the recording"
            .into();
    }
    if !same_build {
        return format!(
            "it was recorded by another engine build, {}: only that one is bound to compute the same",
            recording.runtime
        );
    }
    let mut causes = Vec::new();
    if !recording.secret_names.is_empty() {
        causes.push("the secrets are others");
    }
    if recording.options.mode == Mode::Compat {
        causes.push("the script looks at the real clock or real random numbers (mode compat)");
    }
    causes.push("the recording was edited");
    format!("the engine is the one that recorded it: {}", causes.join(", or "))
}

/// Whether a run was stopped, not finished. The sandbox has one text for that.
fn ended_by_time(outcome: &RunOutcome) -> bool {
    matches!(outcome, RunOutcome::UserError(text) if text.as_slice() == b"script runtime exceeded")
}

fn end(outcome: &RunOutcome, secrets: &Secrets) -> String {
    match outcome {
        RunOutcome::Result(bytes) => format!("recorded is the result {}", hex(bytes)),
        RunOutcome::UserError(text) => {
            format!("recorded is the error {:?}", secrets.veil(&String::from_utf8_lossy(text)))
        }
    }
}
