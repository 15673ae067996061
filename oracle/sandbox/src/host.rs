//! The state of a run: its limits, clock, random numbers, timers, exchanges, and the socket to the runner.

use std::collections::HashMap;
use std::time::Instant;

use deno_error::JsErrorBox;
use eyre::{Result, bail};
use functions_types::limits::{Limits, Mode};
use oracle_frames::{FromChild, ModuleKind, ModuleOutcome, ModuleRequest, Start, ToChild};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

use crate::exchanges::Exchanges;
use crate::session::Session;
use crate::timers::Timers;

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
    pub(crate) next_exchange: u32,
    /// Modules that arrived, by the id they were asked for with.
    pub(crate) modules: HashMap<u32, ModuleOutcome>,
    next_module: u32,
    pub(crate) console_left: usize,
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

    /// Takes one message of the runner.
    ///
    /// # Errors
    /// When the runner is gone or says something nobody asked for.
    pub(crate) fn receive(&mut self) -> Result<()> {
        let Some(session) = self.session.as_mut() else { bail!("no session") };
        match session.receive()? {
            ToChild::HttpResponse(response) => self.exchanges.answer(response),
            ToChild::HttpReplay { id, delivery } => self.exchanges.replay(id, delivery),
            ToChild::Start(_) => bail!("a second order in one run"),
            ToChild::Module(answer) => {
                self.modules.insert(answer.id, answer.outcome);
            }
        }
        Ok(())
    }

    /// Says something to the runner.
    pub(crate) fn send(&mut self, message: &FromChild) -> Result<(), JsErrorBox> {
        let session = self.session.as_mut();
        let session = session.ok_or_else(|| JsErrorBox::generic("no run is active"))?;
        session.send(message).map_err(|_| JsErrorBox::generic("the run was abandoned"))
    }

    /// The stream behind `crypto.getRandomValues`.
    pub(crate) fn random_bytes(&mut self) -> &mut ChaCha20Rng {
        &mut self.bytes
    }

    /// The next 53 random bits as a fraction in [0, 1): splitmix64.
    pub(crate) fn fraction(&mut self) -> f64 {
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
