//! The recording of a run: its inputs, what the network answered and when, and how it ended.
//!
//! A run replayed from its recording computes the same bytes, without network. Secrets are never
//! part of it, only their names: where a run had secrets, a request is kept as a digest with its
//! method and the URL up to the query, and a secret that a server echoes is replaced by
//! `{{secret:NAME}}`. Whoever replays such a run supplies the secrets again.
//!
//! The file format is in `json`.

mod json;
mod veil;

use alloy_primitives::{Keccak256, keccak256};
use functions_types::limits::{Limits, RunOptions};
use oracle_frames::{HttpRequest, HttpResponse, ModuleKind, ModuleOutcome, cut_text};
use sha2::{Digest, Sha256};

pub(crate) use self::veil::Veil;
use crate::RunOutcome;
use crate::record::{request_digest, response_digest};

/// Longest recording read, in bytes.
pub const TRANSCRIPT_MAX: usize = 256 << 20;

/// Why a recording cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// The file is longer than [`TRANSCRIPT_MAX`].
    #[error("a recording has at most {TRANSCRIPT_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// The file is no recording.
    #[error("not a recording: {0}")]
    Malformed(String),
    /// The file is a recording of another format version.
    #[error("a recording of format version {0}, this program reads {version}", version = json::VERSION)]
    Version(u32),
    /// The content does not match the hash in it: it was changed.
    #[error("the recording was changed after it was made: its hash does not match its content")]
    Changed,
}

/// A recorded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Engine build that ran it, in words.
    pub runtime: String,
    /// Engine build that ran it.
    pub runtime_hash: [u8; 32],
    /// Body of the script.
    pub source: String,
    /// `args` of the request.
    pub args: Vec<String>,
    /// `bytesArgs` of the request.
    pub bytes_args: Vec<Vec<u8>>,
    /// Names of the secrets the script had.
    pub secret_names: Vec<String>,
    /// Where the script's clock started, in milliseconds since 1970.
    pub clock_ms: u64,
    /// Seed of the script's random numbers.
    pub seed: [u8; 32],
    /// What the run was held to.
    pub limits: Limits,
    /// Profile, mode and features.
    pub options: RunOptions,
    /// HTTP exchanges, in the order the script asked for them.
    pub http: Vec<RecordedExchange>,
    /// Imports, in the order they were asked for.
    pub modules: Vec<RecordedModule>,
    /// How the run ended.
    pub outcome: RunOutcome,
}

/// One HTTP exchange of a recorded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedExchange {
    /// Digest over method, URL, headers and body.
    pub request_digest: [u8; 32],
    /// Method.
    pub method: String,
    /// URL; where `redacted`, without its query.
    pub url: String,
    /// Headers; where `redacted`, without values.
    pub headers: Vec<(String, String)>,
    /// Body; where `redacted`, absent.
    pub body: Option<Vec<u8>>,
    /// Whether parts of the request were left out.
    pub redacted: bool,
    /// What the script was or would have been answered; `None` where it had stopped waiting.
    pub response: Option<RecordedResponse>,
    /// Digest of the response as the script saw it; zero without one.
    pub response_digest: [u8; 32],
    /// How many timers had fired and responses had been handed over before this one was handed
    /// over; `None` where it never was.
    pub turn: Option<u32>,
    /// Why the exchange was refused or failed.
    pub failure: Option<String>,
}

/// A response, decompressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedResponse {
    /// HTTP status.
    pub status: u16,
    /// Reason phrase.
    pub status_text: String,
    /// Final URL, after redirects.
    pub url: String,
    /// Whether a redirect was followed.
    pub redirected: bool,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// One import of a recorded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedModule {
    /// Absolute specifier.
    pub specifier: String,
    /// What the import expected.
    pub kind: ModuleKind,
    /// The module, or the text the import was rejected with.
    pub outcome: ModuleOutcome,
}

impl Transcript {
    /// Keccak-256 over requests, responses, their turns and the modules, in order.
    ///
    /// It covers what the script saw, secrets included, so it is the same whether they are hidden or not.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Keccak256::new();
        hash.update(b"functions/transcript/1");
        hash.update((self.http.len() as u64).to_be_bytes());
        for exchange in &self.http {
            hash.update(exchange.request_digest);
            hash.update(exchange.response_digest);
            hash.update(exchange.turn.map_or(0, |turn| u64::from(turn) + 1).to_be_bytes());
        }
        hash.update(self.modules_hash());
        hash.finalize().0
    }

    /// Keccak-256 over specifiers and contents of the modules, in order; zero without any.
    #[must_use]
    pub fn modules_hash(&self) -> [u8; 32] {
        if self.modules.is_empty() {
            return [0; 32];
        }
        let mut hash = Keccak256::new();
        hash.update(b"functions/modules/1");
        for module in &self.modules {
            hash.update(keccak256(&module.specifier));
            hash.update(module.digest());
        }
        hash.finalize().0
    }
}

impl RecordedExchange {
    /// Starts a record. With secrets in the run, whatever may carry one is left out; `brief` leaves
    /// out the same to save room.
    pub(crate) fn asked(request: &HttpRequest, veil: &Veil, secrets: bool, brief: bool) -> Self {
        let redacted = secrets || brief;
        let url = match request.url.split_once('?') {
            Some((path, _)) if redacted => path,
            _ => &request.url,
        };
        let url = veil.hide_text(url);
        let headers = request.headers.iter().filter(|_| !brief).map(|(name, value)| {
            let value = if redacted { String::new() } else { value.clone() };
            (veil.hide_text(name), value)
        });
        Self {
            request_digest: request_digest(request),
            method: cut_text(&request.method, 64).to_owned(),
            url: if brief { cut_text(&url, 256).to_owned() } else { url },
            headers: headers.collect(),
            body: request.body.clone().filter(|_| !redacted),
            redacted,
            response: None,
            response_digest: [0; 32],
            turn: None,
            failure: None,
        }
    }

    /// Adds what the script is answered.
    pub(crate) fn answered(&mut self, response: &HttpResponse, veil: &Veil) {
        self.response_digest = response_digest(response);
        self.response = Some(RecordedResponse {
            status: response.status,
            status_text: veil.hide_text(&response.status_text),
            url: veil.hide_text(&response.url),
            redirected: response.redirected,
            headers: response
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), veil.hide_text(value)))
                .collect(),
            body: veil.hide(&response.body),
        });
    }

    /// The response as the script saw it, with the secrets it echoed; `None` where there was none
    /// or the secrets are not those of the recorded run.
    pub(crate) fn restored(&self, id: u32, veil: &Veil) -> Option<HttpResponse> {
        let recorded = self.response.as_ref()?;
        let response = HttpResponse {
            id,
            status: recorded.status,
            status_text: veil.restore_text(&recorded.status_text),
            url: veil.restore_text(&recorded.url),
            redirected: recorded.redirected,
            headers: recorded
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), veil.restore_text(value)))
                .collect(),
            body: veil.restore(&recorded.body),
        };
        (response_digest(&response) == self.response_digest).then_some(response)
    }
}

impl RecordedModule {
    /// SHA-256 of the text; of the name or refusal for what has none.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        match &self.outcome {
            ModuleOutcome::Source { text, .. } => Sha256::digest(text).into(),
            ModuleOutcome::Builtin(name) => Sha256::digest(format!("node:{name}")).into(),
            ModuleOutcome::Denied(text) => Sha256::digest(text).into(),
        }
    }
}
