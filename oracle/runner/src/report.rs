//! What a run leaves behind.

use std::time::Duration;

use oracle_frames::{Diagnostic, ModuleKind};

use crate::{RunMetadata, RunOutcome, Transcript};

/// A finished run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// Result or error of the script.
    pub outcome: RunOutcome,
    /// How the run ended, in one fixed word, for logs and metrics.
    pub ending: &'static str,
    /// The engine's own words about an error and the place in the user's code, for people only.
    pub diagnostic: Diagnostic,
    /// Console lines, in order. They may hold secrets: never forward them to other nodes.
    pub console: Vec<String>,
    /// Console lines dropped because of the limits.
    pub console_dropped: usize,
    /// HTTP exchanges, in the order the script asked for them.
    pub http: Vec<HttpExchange>,
    /// Imported modules, in the order they were asked for.
    pub modules: Vec<ModuleLoad>,
    /// Time from hand-over to verdict.
    pub wall: Duration,
    /// Processor time of the sandbox process.
    pub cpu: Duration,
    /// Largest resident set of the sandbox process, in bytes.
    pub peak_rss_bytes: u64,
    /// Everything that decided what the run computed.
    pub metadata: RunMetadata,
    /// [`RunMetadata::hash`].
    pub metadata_hash: [u8; 32],
    /// The recording: enough to run the script again without network.
    pub transcript: Transcript,
}

/// One HTTP exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpExchange {
    /// Method the script asked for.
    pub method: String,
    /// URL the script asked for. It may carry secrets: for the script's author, never for logs.
    pub url: String,
    /// Host of the URL; empty where the URL is none.
    pub host: String,
    /// Status the script saw; 0 where it did not wait for an answer.
    pub status: u16,
    /// Body bytes sent.
    pub request_bytes: usize,
    /// Body bytes received, decompressed.
    pub response_bytes: usize,
    /// From request to last byte.
    pub duration: Duration,
    /// Why the exchange was refused or failed; the script is not told.
    pub failure: Option<String>,
    /// Keccak-256 of method, URL, status and response body.
    pub digest: [u8; 32],
}

/// One imported module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleLoad {
    /// Absolute specifier, as asked for.
    pub specifier: String,
    /// What the import expected.
    pub kind: ModuleKind,
    /// URL it came from, after redirects; empty for built-ins and where it was refused.
    pub url: String,
    /// Size of its text, in bytes.
    pub bytes: usize,
    /// SHA-256 of its text; zero where it was refused.
    pub sha256: [u8; 32],
    /// From request to last byte.
    pub duration: Duration,
    /// Why it was refused or could not be had.
    pub failure: Option<String>,
}
