//! One run: hand over the script, broker what it asks for, judge how it ends.

use std::collections::HashMap;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use functions_types::limits::Limits;
use oracle_frames::{
    FromChild, HEADER_LEN, Header, HttpRequest, HttpResponse, Outcome, Side, Start, ToChild, Verdict,
    cut_text,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use crate::broker::Broker;
use crate::record::{self, HttpExchange};
use crate::zygote::{Exit, Facts, Zygote};
use crate::{RunOutcome, RunReport, RunRequest, RunnerError};

/// Requests after which a run is taken for an attack and ended; far above any limit on queries.
const REQUESTS_MAX: usize = 10_000;
/// How long a killed child may take to be reaped.
const REAP_TIME: Duration = Duration::from_secs(5);
/// Longest detail kept for the log, in bytes.
const DETAIL_MAX: usize = 2048;

/// Runs one script in a fresh child.
pub(crate) async fn run(
    zygote: &Zygote,
    broker: &Arc<Broker>,
    facts: &Facts,
    request: RunRequest,
) -> Result<RunReport, RunnerError> {
    let limits = request.limits.clone();
    let source = request.source.clone();
    let start = ToChild::Start(Box::new(Start {
        seed: record::seed(&request.request_id, &request.source),
        source: request.source,
        args: request.args,
        bytes_args: request.bytes_args,
        secrets: request.secrets.into_iter().collect(),
        block_timestamp: request.block_timestamp,
        limits: limits.clone(),
    }));
    let start = start.encode().map_err(|error| RunnerError::Refused(error.to_string()))?;

    let (ours, theirs) =
        socket_pair().map_err(|error| RunnerError::AdapterDown(format!("socket: {error}")))?;
    let began = Instant::now();
    let mut child = zygote.fork(theirs.into()).await?;
    let (reader, mut writer) = ours.into_split();
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
    let mut talk = Talk::new(Arc::clone(broker), limits.clone(), outbox);
    let conversation = async {
        tokio::select! {
            end = talk.read(reader) => end,
            () = write => End::Silent,
        }
    };
    let end = timeout(Duration::from_millis(limits.execution_ms), conversation).await;
    let wall = began.elapsed();
    if !matches!(end, Ok(End::Done { .. })) {
        child.kill();
    }
    let exit = timeout(REAP_TIME, &mut child.exit).await;
    let exit = match exit {
        Ok(Ok(exit)) => exit,
        // After the verdict the child owes nothing but its death, which `child`'s drop sees to.
        _ if matches!(end, Ok(End::Done { .. })) => {
            Exit { signal: 0, cpu: Duration::ZERO, peak_rss_bytes: 0 }
        }
        _ => return Err(RunnerError::AdapterDown("the fork server died during the run".into())),
    };
    let (verdict, detail) = match end {
        Err(_) => (Verdict::TimeOut, "killed at the deadline".into()),
        Ok(End::Done { verdict, detail }) => (verdict, cut_text(&detail, DETAIL_MAX).to_owned()),
        Ok(End::Silent) => died(&exit, &limits),
        Ok(End::Hostile(why)) => {
            tracing::warn!(%why, "a sandboxed process broke the protocol");
            (Verdict::Died, why)
        }
    };
    let ending = verdict.label();
    let outcome = match verdict.into_outcome(limits.response_bytes) {
        Outcome::Result(bytes) => RunOutcome::Result(bytes),
        Outcome::Error(bytes) => RunOutcome::UserError(bytes),
    };
    let http = talk.finish();
    Ok(RunReport {
        outcome,
        ending,
        detail,
        metadata_hash: record::metadata_hash(&facts.runtime_hash, &source, &limits, &http),
        console: talk.console,
        console_dropped: talk.console_dropped,
        http,
        wall,
        cpu: exit.cpu,
        peak_rss_bytes: exit.peak_rss_bytes,
    })
}

/// What the death of a silent child means for the script.
fn died(exit: &Exit, limits: &Limits) -> (Verdict, String) {
    let used_up = exit.cpu >= Duration::from_millis(limits.execution_ms);
    let detail = format!("the process died, signal {}", exit.signal);
    if used_up { (Verdict::TimeOut, detail) } else { (Verdict::Died, detail) }
}

fn socket_pair() -> std::io::Result<(UnixStream, StdUnixStream)> {
    let (ours, theirs) = StdUnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, theirs))
}

enum End {
    Done {
        verdict: Verdict,
        detail: String,
    },
    /// The socket closed without a verdict.
    Silent,
    /// The child said something no sandbox says.
    Hostile(String),
}

type Exchanged = (u32, HttpResponse, HttpExchange);

/// The conversation with one child.
struct Talk {
    broker: Arc<Broker>,
    limits: Limits,
    outbox: mpsc::UnboundedSender<Vec<u8>>,
    console: Vec<String>,
    console_bytes: usize,
    console_dropped: usize,
    requests: u32,
    under_way: HashMap<u32, AbortHandle>,
    tasks: JoinSet<Exchanged>,
    exchanges: Vec<Option<HttpExchange>>,
}

impl Talk {
    fn new(broker: Arc<Broker>, limits: Limits, outbox: mpsc::UnboundedSender<Vec<u8>>) -> Self {
        Self {
            broker,
            limits,
            outbox,
            console: Vec::new(),
            console_bytes: 0,
            console_dropped: 0,
            requests: 0,
            under_way: HashMap::new(),
            tasks: JoinSet::new(),
            exchanges: Vec::new(),
        }
    }

    async fn read(&mut self, mut reader: OwnedReadHalf) -> End {
        let mut frames = FrameReader::default();
        loop {
            tokio::select! {
                Some(done) = self.tasks.join_next() => {
                    if let Ok((id, response, exchange)) = done {
                        self.answer(id, response, exchange);
                    }
                }
                frame = frames.next(&mut reader) => {
                    let message = match frame {
                        Ok(Some(message)) => message,
                        Ok(None) => return End::Silent,
                        Err(why) => return End::Hostile(why),
                    };
                    match message {
                        FromChild::Done { verdict, detail } => return End::Done { verdict, detail },
                        FromChild::Console(line) => self.print(&line),
                        FromChild::HttpAbort(id) => self.abort(id),
                        FromChild::HttpRequest(request) => {
                            if let Err(why) = self.exchange(request) {
                                return End::Hostile(why);
                            }
                        }
                    }
                }
            }
        }
    }

    fn print(&mut self, line: &str) {
        let room = self.limits.console_bytes.saturating_sub(self.console_bytes);
        let line = cut_text(line, self.limits.console_line_bytes);
        if line.len() + 1 > room {
            self.console_dropped += 1;
            return;
        }
        self.console_bytes += line.len() + 1;
        self.console.push(line.to_owned());
    }

    fn exchange(&mut self, request: HttpRequest) -> Result<(), String> {
        let at = self.exchanges.len();
        if request.id as usize != at || at >= REQUESTS_MAX {
            return Err(format!("HTTP request {} out of order or beyond reason", request.id));
        }
        self.exchanges.push(None);
        self.requests += 1;
        if let Some((response, exchange)) = Broker::refuse(&request, self.requests, &self.limits) {
            self.answer(request.id, response, exchange);
            return Ok(());
        }
        let id = request.id;
        let broker = Arc::clone(&self.broker);
        let limits = self.limits.clone();
        let task = async move {
            let (response, exchange) = broker.perform(request, &limits).await;
            (id, response, exchange)
        };
        let handle = self.tasks.spawn(task);
        self.under_way.insert(id, handle);
        Ok(())
    }

    fn abort(&mut self, id: u32) {
        if let Some(handle) = self.under_way.remove(&id) {
            handle.abort();
        }
    }

    fn answer(&mut self, id: u32, response: HttpResponse, exchange: HttpExchange) {
        self.under_way.remove(&id);
        if let Some(slot) = self.exchanges.get_mut(id as usize) {
            *slot = Some(exchange);
        }
        match ToChild::HttpResponse(response).encode() {
            Ok(frame) => {
                let _ = self.outbox.send(frame);
            }
            Err(error) => tracing::error!(%error, "an HTTP response does not fit its frame"),
        }
    }

    /// The exchanges that were answered, in the order the script asked for them.
    fn finish(&mut self) -> Vec<HttpExchange> {
        self.tasks.abort_all();
        self.exchanges.drain(..).flatten().collect()
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
