//! What the boot script may ask of the process: the narrow waist between JavaScript and Rust.
//!
//! Every op is synchronous. Waiting (timers, HTTP) is the event loop's business.

use std::collections::HashMap;
use std::time::Instant;

use deno_core::{OpState, extension, op2};
use deno_error::JsErrorBox;
use functions_types::limits::{Limits, Mode};
use oracle_frames::{FromChild, HttpRequest, ModuleKind, ModuleOutcome, ModuleRequest, Start, cut_text};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

use crate::child::Session;
use crate::exchanges::Exchanges;
use crate::timers::Timers;

/// Longest names and values of a request's headers together, in bytes.
const HTTP_HEAD_MAX: usize = 64 * 1024;
/// Longest name of a method, in bytes.
const HTTP_METHOD_MAX: usize = 256;

/// State of the run, reachable from ops.
pub(crate) struct Host {
    /// Socket to the runner; absent while the fork server boots.
    pub(crate) session: Option<Session>,
    /// What the run is held to.
    pub(crate) limits: Limits,
    /// Where time and the order of responses come from.
    pub(crate) mode: Mode,
    /// Whether answers come from a recording.
    pub(crate) replay: bool,
    /// Timers fired and responses handed over so far.
    pub(crate) turn: u32,
    /// Where the script's clock started, in milliseconds since 1970.
    pub(crate) epoch_ms: u64,
    /// Virtual time since the start of the run, in milliseconds; see [`Host::elapsed_ms`].
    pub(crate) virtual_ms: u64,
    started: Instant,
    /// Timers that have not fired.
    pub(crate) timers: Timers,
    /// Exchanges the script waits for.
    pub(crate) exchanges: Exchanges,
    next_exchange: u32,
    /// Modules that arrived, by the id they were asked for with.
    pub(crate) modules: HashMap<u32, ModuleOutcome>,
    next_module: u32,
    console_left: usize,
    random: u64,
    bytes: ChaCha20Rng,
}

impl Host {
    /// State before any run.
    pub(crate) fn idle() -> Self {
        Self {
            session: None,
            limits: Limits::DEFAULT,
            mode: Mode::Strict,
            replay: false,
            turn: 0,
            epoch_ms: 0,
            virtual_ms: 0,
            started: Instant::now(),
            timers: Timers::default(),
            exchanges: Exchanges::default(),
            next_exchange: 0,
            modules: HashMap::new(),
            next_module: 0,
            console_left: 0,
            random: 0,
            bytes: ChaCha20Rng::from_seed([0; 32]),
        }
    }

    /// Sets clock, limits and random numbers for a run.
    pub(crate) fn begin(&mut self, start: &Start) {
        self.console_left = start.limits.console_bytes;
        self.limits = start.limits.clone();
        self.mode = start.options.mode;
        self.replay = start.replay;
        self.epoch_ms = start.clock_ms;
        self.started = Instant::now();
        // Two independent streams from one seed: a digest with a tag each.
        let derive = |tag: &[u8]| Sha256::new().chain_update(tag).chain_update(start.seed).finalize();
        let first = derive(b"Math.random");
        self.random = u64::from_le_bytes(*first.first_chunk().expect("a digest has 32 bytes"));
        self.bytes = ChaCha20Rng::from_seed(derive(b"crypto.getRandomValues").into());
    }

    /// Time since the start of the run as the script sees it, in milliseconds: real in compat mode,
    /// otherwise the sum of the delays that passed.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        match self.mode {
            Mode::Strict => self.virtual_ms,
            Mode::Compat => u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Tells the runner in which turn the script was handed a response.
    pub(crate) fn note_delivery(&mut self, id: u32) -> Result<(), JsErrorBox> {
        let turn = self.turn;
        self.turn += 1;
        self.send(&FromChild::HttpDelivered { id, turn })
    }

    /// Asks the runner for a module; gives the id its answer will carry, or `None` when enough was asked in this run.
    pub(crate) fn ask_for_module(
        &mut self,
        specifier: &str,
        kind: ModuleKind,
    ) -> Result<Option<u32>, JsErrorBox> {
        let id = self.next_module;
        if id >= ModuleRequest::COUNT_MAX {
            return Ok(None);
        }
        self.next_module += 1;
        self.send(&FromChild::Import(ModuleRequest { id, specifier: specifier.to_owned(), kind }))?;
        Ok(Some(id))
    }

    fn send(&mut self, message: &FromChild) -> Result<(), JsErrorBox> {
        let session = self.session.as_mut();
        let session = session.ok_or_else(|| JsErrorBox::generic("no run is active"))?;
        session.send(message).map_err(|_| JsErrorBox::generic("the run was abandoned"))
    }

    /// The stream behind `crypto.getRandomValues`.
    pub(crate) fn random_bytes(&mut self) -> &mut ChaCha20Rng {
        &mut self.bytes
    }

    /// The next 53 random bits as a fraction in [0, 1): splitmix64.
    fn fraction(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let numerator = (z >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }
}

#[op2(fast)]
fn op_now(state: &mut OpState, epoch: bool) -> f64 {
    let host = state.borrow::<Host>();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit 53 bits")]
    let now = (if epoch { host.epoch_ms } else { 0 }).saturating_add(host.elapsed_ms()) as f64;
    now
}

#[op2(fast)]
fn op_random(state: &mut OpState) -> f64 {
    state.borrow_mut::<Host>().fraction()
}

#[op2(fast)]
fn op_random_bytes(state: &mut OpState, #[buffer] into: &mut [u8]) {
    state.borrow_mut::<Host>().bytes.fill_bytes(into);
}

#[op2(fast)]
fn op_timer_start(state: &mut OpState, delay_ms: f64, is_limit: bool) -> u32 {
    let host = state.borrow_mut::<Host>();
    // A saturating cast: NaN and negative delays become 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let delay_ms = (delay_ms as u64).min(host.limits.execution_ms);
    let elapsed_ms = host.elapsed_ms();
    host.timers.start(elapsed_ms, delay_ms, is_limit)
}

#[op2(fast)]
fn op_timer_cancel(state: &mut OpState, id: u32) {
    state.borrow_mut::<Host>().timers.cancel(id);
}

#[op2(fast)]
fn op_console(state: &mut OpState, #[string] line: &str) {
    let host = state.borrow_mut::<Host>();
    let line = cut_text(line, host.limits.console_line_bytes.min(host.console_left));
    if host.console_left == 0 {
        return;
    }
    host.console_left -= (line.len() + 1).min(host.console_left);
    let line = line.to_owned();
    // Console output is best effort: a lost line changes no result.
    let _ = host.send(&FromChild::Console(line));
}

/// `headers` alternates names and values, separated by line feeds, which neither may contain.
#[op2(fast)]
fn op_http_send(
    state: &mut OpState,
    #[string] method: &str,
    #[string] url: &str,
    #[string] headers: &str,
    #[buffer] body: &[u8],
    has_body: bool,
    follow_redirects: bool,
) -> Result<u32, JsErrorBox> {
    let host = state.borrow_mut::<Host>();
    let id = host.next_exchange;
    let url_max = host.limits.http_url_chars.saturating_add(1);
    let body_max = host.limits.http_request_bytes.saturating_add(1).min(body.len());
    let mut parts = headers.split('\n');
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        pairs.push((name.to_owned(), value.to_owned()));
    }
    // A head beyond all use is asked for without an address: the runner counts it and refuses it.
    let fits = headers.len() <= HTTP_HEAD_MAX && method.len() <= HTTP_METHOD_MAX;
    host.send(&FromChild::HttpRequest(HttpRequest {
        id,
        method: if fits { method } else { "GET" }.to_owned(),
        url: if fits { url.chars().take(url_max).collect() } else { "refused:".to_owned() },
        headers: if fits { pairs } else { Vec::new() },
        body: has_body.then(|| body[..body_max].to_vec()),
        follow_redirects,
    }))?;
    host.next_exchange = id.wrapping_add(1);
    host.exchanges.open(id);
    Ok(id)
}

#[op2(fast)]
fn op_http_abort(state: &mut OpState, id: u32) -> Result<(), JsErrorBox> {
    let host = state.borrow_mut::<Host>();
    if host.exchanges.abort(id) { host.send(&FromChild::HttpAbort(id)) } else { Ok(()) }
}

/// Whether clock and random numbers are real.
#[op2(fast)]
fn op_compat(state: &mut OpState) -> bool {
    state.borrow::<Host>().mode == Mode::Compat
}

extension!(
    functions_host,
    ops = [
        op_now,
        op_random,
        op_random_bytes,
        op_timer_start,
        op_timer_cancel,
        op_console,
        op_http_send,
        op_http_abort,
        op_compat,
    ],
    state = |state| state.put(Host::idle()),
);
