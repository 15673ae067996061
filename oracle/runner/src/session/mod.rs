//! One run, in four steps: start a child, converse with it, judge how it ended, record the run.

mod converse;
mod judge;

use std::time::{Duration, Instant};

use oracle_frames::{Start, ToChild};
use tokio::sync::mpsc;
use tokio::time::timeout;

use self::converse::{End, converse};
use self::judge::{Judged, judge};
use crate::own_time::OwnTime;
use crate::record::RunMetadata;
use crate::talk::{Source, Talk, Told};
use crate::transcript::Transcript;
use crate::zygote::{Exit, Facts, Forked, Seat, Zygote};
use crate::{RunOutcome, RunReport, RunnerError};

/// How long a child may live after its verdict before it is killed.
const FAREWELL_TIME: Duration = Duration::from_millis(100);
/// How long a killed child may take to be reaped.
const REAP_TIME: Duration = Duration::from_secs(5);

/// Runs one script in a fresh child.
pub(crate) async fn run(
    zygote: &Zygote,
    facts: &Facts,
    start: Start,
    source: Source,
) -> Result<RunReport, RunnerError> {
    let limits = start.limits.clone();
    let profile = start.options.profile;
    let limit = Duration::from_millis(limits.execution_ms);
    let recording = begun(facts, &start);
    let secrets = start.secrets.iter().cloned().collect();
    let order = ToChild::Start(Box::new(start));
    let order = order.encode().map_err(|error| RunnerError::Refused(error.to_string()))?;
    let (outbox, queue) = mpsc::unbounded_channel();
    let _ = outbox.send(order);
    let mut talk = Talk::new(source, limits.clone(), &secrets, outbox);

    let began = Instant::now();
    let Seat { session, mut child } = zygote.seat().await?;
    let clock = OwnTime::begin(child.account.take());
    let end = converse(session, queue, &mut talk, clock, limit).await;
    let wall = began.elapsed();
    let exit = part(child, &end).await?;
    let judged = judge(end, &exit, &limits, profile)?;
    Ok(record(recording, talk.finish(), judged, exit, wall))
}

/// The recording of a run that begins: its inputs.
fn begun(facts: &Facts, start: &Start) -> Transcript {
    Transcript {
        runtime: facts.runtime.clone(),
        runtime_hash: facts.runtime_hash,
        source: start.source.clone(),
        args: start.args.clone(),
        bytes_args: start.bytes_args.clone(),
        secret_names: start.secrets.iter().map(|(name, _)| name.clone()).collect(),
        clock_ms: start.clock_ms,
        seed: start.seed,
        limits: start.limits.clone(),
        options: start.options,
        http: Vec::new(),
        modules: Vec::new(),
        outcome: RunOutcome::Result(Vec::new()),
    }
}

/// Waits for the child's death, which is at once where it gave no verdict.
async fn part(mut child: Forked, end: &End) -> Result<Exit, RunnerError> {
    let done = matches!(end, End::Done { .. });
    let mut exit = None;
    if done {
        exit = timeout(FAREWELL_TIME, &mut child.exit).await.ok();
    }
    if exit.is_none() {
        child.kill();
        exit = timeout(REAP_TIME, &mut child.exit).await.ok();
    }
    match exit {
        Some(Ok(exit)) => Ok(exit),
        // After the verdict the child owes nothing but its death, which `child`'s drop sees to.
        _ if done => Ok(Exit { signal: 0, cpu: Duration::ZERO, peak_rss_bytes: 0 }),
        _ => Err(RunnerError::AdapterDown("the fork server died during the run".into())),
    }
}

/// What the run leaves behind.
fn record(mut recording: Transcript, told: Told, judged: Judged, exit: Exit, wall: Duration) -> RunReport {
    let Judged { outcome, ending, diagnostic } = judged;
    recording.http = told.exchanges;
    recording.modules = told.modules;
    recording.outcome = outcome.clone();
    let metadata = RunMetadata {
        runtime_hash: recording.runtime_hash,
        runtime: recording.runtime.clone(),
        options: recording.options,
        limits: recording.limits.clone(),
        source_hash: alloy_primitives::keccak256(&recording.source).0,
        seed: recording.seed,
        clock_ms: recording.clock_ms,
        modules_hash: recording.modules_hash(),
        transcript_hash: recording.hash(),
    };
    RunReport {
        outcome,
        ending,
        diagnostic,
        console: told.console.lines,
        console_dropped: told.console.dropped,
        http: told.http,
        modules: told.loads,
        wall,
        cpu: exit.cpu,
        peak_rss_bytes: exit.peak_rss_bytes,
        metadata_hash: metadata.hash(),
        metadata,
        transcript: recording,
    }
}
