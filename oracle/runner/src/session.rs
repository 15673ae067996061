//! One run: hand over the script, answer what it asks for, judge how it ends.

use std::time::{Duration, Instant};

use functions_types::limits::Limits;
use oracle_frames::{Diagnostic, FromChild, HEADER_LEN, Header, Outcome, Side, Start, ToChild, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::record::RunMetadata;
use crate::talk::{Divergence, Source, Talk};
use crate::transcript::Transcript;
use crate::zygote::{Exit, Facts, Seat, Zygote};
use crate::{RunOutcome, RunReport, RunnerError};

/// How long a child may live after its verdict before it is killed.
const FAREWELL_TIME: Duration = Duration::from_millis(100);
/// The signal nobody can refuse.
const SIGKILL: u32 = nix::libc::SIGKILL as u32;
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
    let mut record = Transcript {
        runtime: facts.runtime.clone(),
        runtime_hash: facts.runtime_hash,
        source: start.source.clone(),
        args: start.args.clone(),
        bytes_args: start.bytes_args.clone(),
        secret_names: start.secrets.iter().map(|(name, _)| name.clone()).collect(),
        clock_ms: start.clock_ms,
        seed: start.seed,
        limits: limits.clone(),
        options: start.options,
        http: Vec::new(),
        modules: Vec::new(),
        outcome: RunOutcome::Result(Vec::new()),
    };
    let secrets = start.secrets.iter().cloned().collect();
    let start = ToChild::Start(Box::new(start));
    let start = start.encode().map_err(|error| RunnerError::Refused(error.to_string()))?;

    let began = Instant::now();
    let Seat { session, mut child } = zygote.seat().await?;
    let (reader, mut writer) = session.into_split();
    let (outbox, mut queue) = mpsc::unbounded_channel::<Vec<u8>>();
    let _ = outbox.send(start);
    let write = async move {
        while let Some(frame) = queue.recv().await {
            if writer.write_all(&frame).await.is_err() {
                break;
            }
        }
        // The reader notices that the child is gone and ends the run.
        std::future::pending::<()>().await;
    };
    let mut talk = Talk::new(source, limits.clone(), &secrets, outbox);
    let conversation = async {
        tokio::select! {
            end = read(&mut talk, reader) => end,
            () = write => End::Silent,
        }
    };
    let end = timeout(Duration::from_millis(limits.execution_ms), conversation).await;
    let wall = began.elapsed();
    let done = matches!(end, Ok(End::Done { .. }));
    let mut exit = None;
    if done {
        exit = timeout(FAREWELL_TIME, &mut child.exit).await.ok();
    }
    if exit.is_none() {
        child.kill();
        exit = timeout(REAP_TIME, &mut child.exit).await.ok();
    }
    let exit = match exit {
        Some(Ok(exit)) => exit,
        // After the verdict the child owes nothing but its death, which `child`'s drop sees to.
        _ if done => Exit { signal: 0, cpu: Duration::ZERO, peak_rss_bytes: 0 },
        _ => return Err(RunnerError::AdapterDown("the fork server died during the run".into())),
    };
    let (verdict, diagnostic) = match end {
        Err(_) => (Verdict::TimeOut, "killed at the deadline".into()),
        Ok(End::Done { verdict, diagnostic }) => (verdict, diagnostic.bounded()),
        Ok(End::Silent) if was_killed(&exit, &limits) => {
            let why = "the script's process was killed from outside, as when the machine has no memory left";
            return Err(RunnerError::AdapterDown(why.into()));
        }
        Ok(End::Silent) => died(&exit, &limits),
        Ok(End::Hostile(why)) => {
            tracing::warn!(%why, "a sandboxed process broke the protocol");
            (Verdict::Died, why.into())
        }
        Ok(End::Diverged(divergence)) => return Err(divergence.into()),
    };
    let ending = verdict.label();
    let outcome = match verdict.into_outcome(limits.response_bytes, profile) {
        Outcome::Result(bytes) => RunOutcome::Result(bytes),
        Outcome::Error(bytes) => RunOutcome::UserError(bytes),
    };
    let told = talk.finish();
    record.http = told.exchanges;
    record.modules = told.modules;
    record.outcome = outcome.clone();
    let metadata = RunMetadata {
        runtime_hash: record.runtime_hash,
        runtime: record.runtime.clone(),
        options: record.options,
        limits,
        source_hash: alloy_primitives::keccak256(&record.source).0,
        seed: record.seed,
        clock_ms: record.clock_ms,
        modules_hash: record.modules_hash(),
        transcript_hash: record.hash(),
    };
    Ok(RunReport {
        outcome,
        ending,
        diagnostic,
        console: told.console,
        console_dropped: told.console_dropped,
        http: told.http,
        modules: told.loads,
        wall,
        cpu: exit.cpu,
        peak_rss_bytes: exit.peak_rss_bytes,
        metadata_hash: metadata.hash(),
        metadata,
        transcript: record,
    })
}

/// Whether somebody else ended a silent child. Nothing a script does to itself ends in SIGKILL but using up its
/// processor time.
fn was_killed(exit: &Exit, limits: &Limits) -> bool {
    exit.signal == SIGKILL && !used_up(exit, limits)
}

fn used_up(exit: &Exit, limits: &Limits) -> bool {
    exit.cpu >= Duration::from_millis(limits.execution_ms)
}

/// What the death of a silent child means for the script.
fn died(exit: &Exit, limits: &Limits) -> (Verdict, Diagnostic) {
    let detail = format!("the process died, signal {}", exit.signal);
    if used_up(exit, limits) { (Verdict::TimeOut, detail.into()) } else { (Verdict::Died, detail.into()) }
}

enum End {
    Done {
        verdict: Verdict,
        diagnostic: Diagnostic,
    },
    /// The socket closed without a verdict.
    Silent,
    /// The child said something no sandbox says.
    Hostile(String),
    /// A replayed script asked for something the recording does not have.
    Diverged(Divergence),
}

/// Listens to the child and answers it until the run is over.
async fn read(talk: &mut Talk, mut reader: OwnedReadHalf) -> End {
    let mut frames = FrameReader::default();
    loop {
        tokio::select! {
            () = talk.progress() => {}
            frame = frames.next(&mut reader) => {
                let message = match frame {
                    Ok(Some(message)) => message,
                    Ok(None) => return End::Silent,
                    Err(why) => return End::Hostile(why),
                };
                let taken = match message {
                    FromChild::Done { verdict, diagnostic } => return End::Done { verdict, diagnostic },
                    FromChild::Console(line) => {
                        talk.print(&line);
                        Ok(())
                    }
                    FromChild::HttpRequest(request) => talk.exchange(request),
                    FromChild::HttpAbort(id) => {
                        talk.abort(id);
                        Ok(())
                    }
                    FromChild::HttpDelivered { id, turn } => {
                        talk.delivered(id, turn);
                        Ok(())
                    }
                    FromChild::Import(request) => talk.import(request),
                };
                if let Err(why) = taken {
                    return End::Hostile(why);
                }
                if let Some(divergence) = talk.take_divergence() {
                    return End::Diverged(divergence);
                }
            }
        }
    }
}

/// Reads frames in a way that survives being dropped between two polls.
#[derive(Default)]
struct FrameReader {
    buffer: Vec<u8>,
}

impl FrameReader {
    /// The next message; `None` at the end of the stream.
    async fn next(&mut self, reader: &mut OwnedReadHalf) -> Result<Option<FromChild>, String> {
        loop {
            if let Some(head) = self.buffer.first_chunk::<HEADER_LEN>() {
                let header = Header::parse(*head, Side::Child).map_err(|error| error.to_string())?;
                let end = HEADER_LEN + header.len;
                if self.buffer.len() >= end {
                    let message = FromChild::decode(header.kind, &self.buffer[HEADER_LEN..end]);
                    self.buffer.drain(..end);
                    return message.map(Some).map_err(|error| error.to_string());
                }
            }
            match reader.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
    }
}
