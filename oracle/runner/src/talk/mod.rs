//! What is said during one run: what the child asks for, what it is answered, what is recorded.

mod console;
mod exchange;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use functions_types::limits::Limits;
use oracle_frames::{
    HttpRequest, HttpResponse, ModuleAnswer, ModuleOutcome, ModuleRequest, ToChild, cut_text,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::console::Console;
use self::exchange::Exchange;
use crate::RunnerError;
use crate::broker::{self, Broker};
use crate::report::{HttpExchange, ModuleLoad};
use crate::transcript::{RecordedExchange, RecordedModule, Transcript, Veil};

/// Requests after which a run is taken for an attack and ended; far above any limit on queries.
/// Each costs a record of a few KiB at most.
const REQUESTS_MAX: usize = 10_000;
/// Modules of one run, together, in bytes.
const IMPORT_BYTES_MAX: usize = 64 << 20;

/// Where answers come from.
pub(crate) enum Source {
    /// The network, under the operator's policy, for the on-chain request of this id.
    Live(Arc<Broker>, [u8; 32]),
    /// A recording, and nothing else.
    Replay(Arc<Transcript>),
}

/// How a replayed script departed from its recording.
#[derive(Debug)]
pub(crate) struct Divergence {
    exchange: usize,
    asked: String,
    recorded: String,
}

impl From<Divergence> for RunnerError {
    fn from(Divergence { exchange, asked, recorded }: Divergence) -> Self {
        Self::Diverged { exchange, asked, recorded }
    }
}

/// What a finished conversation leaves.
pub(crate) struct Told {
    pub(crate) console: Console,
    pub(crate) http: Vec<HttpExchange>,
    pub(crate) exchanges: Vec<RecordedExchange>,
    pub(crate) modules: Vec<RecordedModule>,
    pub(crate) loads: Vec<ModuleLoad>,
}

enum Finished {
    Http(HttpResponse, HttpExchange),
    Module(u32, ModuleOutcome, ModuleLoad),
}

/// The conversation with one child.
pub(crate) struct Talk {
    source: Source,
    limits: Limits,
    veil: Veil,
    has_secrets: bool,
    outbox: mpsc::UnboundedSender<Vec<u8>>,
    console: Console,
    tasks: JoinSet<Finished>,
    exchanges: Vec<Exchange>,
    modules: Vec<Option<(RecordedModule, ModuleLoad)>>,
    import_bytes: usize,
    diverged: Option<Divergence>,
}

impl Talk {
    pub(crate) fn new(
        source: Source,
        limits: Limits,
        secrets: &BTreeMap<String, String>,
        outbox: mpsc::UnboundedSender<Vec<u8>>,
    ) -> Self {
        Self {
            source,
            limits,
            veil: Veil::new(secrets),
            has_secrets: !secrets.is_empty(),
            outbox,
            console: Console::default(),
            tasks: JoinSet::new(),
            exchanges: Vec::new(),
            modules: Vec::new(),
            import_bytes: 0,
            diverged: None,
        }
    }

    /// Waits for one exchange to end and passes it on; never returns where none is under way.
    pub(crate) async fn progress(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(Finished::Http(response, reported))) => self.answer(response, reported),
            Some(Ok(Finished::Module(id, outcome, load))) => self.supply(id, outcome, load),
            // An aborted task.
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }

    pub(crate) fn take_divergence(&mut self) -> Option<Divergence> {
        self.diverged.take()
    }

    pub(crate) fn print(&mut self, line: &str) {
        self.console.print(line, &self.limits);
    }

    /// Takes a request for an exchange.
    ///
    /// # Errors
    /// A text where no sandbox would have asked this.
    pub(crate) fn exchange(&mut self, request: HttpRequest) -> Result<(), String> {
        let at = self.exchanges.len();
        if request.id as usize != at {
            return Err(format!("HTTP request {} out of order", request.id));
        }
        if at >= REQUESTS_MAX {
            return Err(format!("more than {REQUESTS_MAX} HTTP requests"));
        }
        let nth = u32::try_from(at + 1).unwrap_or(u32::MAX);
        // What is refused unsent may be as long as it likes: it is kept in brief.
        let refusal = broker::refuse(&request, nth, &self.limits);
        let brief = refusal.is_some();
        let mut exchange = Exchange::asked(&request, &self.veil, self.has_secrets, brief);
        match (&self.source, refusal) {
            (Source::Replay(recording), _) => {
                match exchange.replayed(at, &request, recording.http.get(at), &self.veil) {
                    Ok(answer) => self.send(&answer),
                    Err(divergence) => self.diverged = Some(divergence),
                }
                self.exchanges.push(exchange);
            }
            (Source::Live(..), Some((response, reported))) => {
                self.exchanges.push(exchange);
                self.answer(response, reported);
            }
            (Source::Live(broker, request_id), None) => {
                let (broker, request_id, limits) = (Arc::clone(broker), *request_id, self.limits.clone());
                exchange.performed_by(self.tasks.spawn(async move {
                    let (response, reported) = broker.perform(request_id, request, &limits).await;
                    Finished::Http(response, reported)
                }));
                self.exchanges.push(exchange);
            }
        }
        Ok(())
    }

    pub(crate) fn abort(&mut self, id: u32) {
        if let Some(exchange) = self.exchanges.get_mut(id as usize) {
            exchange.abort();
        }
    }

    pub(crate) fn delivered(&mut self, id: u32, turn: u32) {
        if let Some(exchange) = self.exchanges.get_mut(id as usize) {
            exchange.delivered(turn);
        }
    }

    fn answer(&mut self, response: HttpResponse, reported: HttpExchange) {
        if let Some(exchange) = self.exchanges.get_mut(response.id as usize) {
            exchange.answered(&response, reported, &self.veil);
        }
        self.send(&ToChild::HttpResponse(response));
    }

    /// Takes a request for a module.
    ///
    /// # Errors
    /// A text where no sandbox would have asked this.
    pub(crate) fn import(&mut self, request: ModuleRequest) -> Result<(), String> {
        let at = self.modules.len();
        if request.id as usize != at {
            return Err(format!("import {} out of order", request.id));
        }
        if request.id >= ModuleRequest::COUNT_MAX {
            return Err(format!("more than {} imports", ModuleRequest::COUNT_MAX));
        }
        self.modules.push(None);
        match &self.source {
            Source::Replay(recording) => {
                let recorded = recording.modules.get(at);
                match recorded.filter(|r| r.specifier == request.specifier && r.kind == request.kind) {
                    Some(recorded) => {
                        let outcome = recorded.outcome.clone();
                        let load = broker::loaded(&request, &outcome, Duration::ZERO, None);
                        self.supply(request.id, outcome, load);
                    }
                    None => {
                        self.diverged = Some(Divergence {
                            exchange: at,
                            asked: format!("import {}", cut_text(&request.specifier, 256)),
                            recorded: recorded
                                .map_or("no more imports".into(), |r| format!("import {}", r.specifier)),
                        });
                    }
                }
            }
            Source::Live(broker, _) => {
                let broker = Arc::clone(broker);
                let limits = self.limits.clone();
                let nth = u32::try_from(at + 1).unwrap_or(u32::MAX);
                self.tasks.spawn(async move {
                    let (outcome, load) = broker.load(&request, nth, &limits).await;
                    Finished::Module(request.id, outcome, load)
                });
            }
        }
        Ok(())
    }

    fn supply(&mut self, id: u32, mut outcome: ModuleOutcome, mut load: ModuleLoad) {
        self.import_bytes += load.bytes;
        if self.import_bytes > IMPORT_BYTES_MAX {
            let text = format!("import of {} denied", load.specifier);
            outcome = ModuleOutcome::Denied(text);
            load.failure = Some(format!("more than {IMPORT_BYTES_MAX} bytes of modules in one run"));
        }
        let (specifier, kind) = (load.specifier.clone(), load.kind);
        let record = RecordedModule { specifier, kind, outcome: outcome.clone() };
        if let Some(slot) = self.modules.get_mut(id as usize) {
            *slot = Some((record, load));
        }
        self.send(&ToChild::Module(ModuleAnswer { id, outcome }));
    }

    fn send(&self, message: &ToChild) {
        match message.encode() {
            Ok(frame) => {
                // A child that is gone reads nothing; the reader notices.
                let _ = self.outbox.send(frame);
            }
            Err(error) => tracing::error!(%error, "an answer does not fit its frame"),
        }
    }

    /// Ends what is under way and gives what was recorded, in the order the script asked.
    pub(crate) fn finish(mut self) -> Told {
        self.tasks.abort_all();
        let (http, exchanges) = self.exchanges.into_iter().map(Exchange::kept).unzip();
        let (modules, loads) = self.modules.into_iter().flatten().unzip();
        Told { console: self.console, http, exchanges, modules, loads }
    }
}
