//! What identifies a run: seed, digests of what it saw, and the hash over all that decided it.

use alloy_primitives::{Keccak256, keccak256};
use functions_types::limits::{Limits, RunOptions};
use oracle_frames::{HttpRequest, HttpResponse};

/// Everything that decided what a run computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunMetadata {
    /// The pinned engine build: digest of the sources and settings that decide what a script computes.
    pub runtime_hash: [u8; 32],
    /// The same in words.
    pub runtime: String,
    /// Profile, mode and features.
    pub options: RunOptions,
    /// What the run was held to.
    pub limits: Limits,
    /// Keccak-256 of the source.
    pub source_hash: [u8; 32],
    /// Seed of the random numbers.
    pub seed: [u8; 32],
    /// Where the clock started, in milliseconds since 1970.
    pub clock_ms: u64,
    /// Keccak-256 over specifiers and contents of the imported modules, in order; zero without any.
    pub modules_hash: [u8; 32],
    /// [`crate::Transcript::hash`].
    pub transcript_hash: [u8; 32],
}

impl RunMetadata {
    /// Keccak-256 over every field: 32-byte words, numbers as big-endian u64, in the order of the fields.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        // Destructured so that a new field cannot be forgotten here.
        let Self { runtime_hash, runtime: _, options, limits, source_hash, seed, clock_ms, .. } = self;
        let mut hash = Keccak256::new();
        hash.update(b"functions/run-metadata/2");
        hash.update(runtime_hash);
        hash.update([options.profile.code(), options.mode.code(), u8::from(options.wasm)]);
        for limit in [
            limits.response_bytes as u64,
            limits.execution_ms,
            limits.memory_bytes,
            limits.request_bytes as u64,
            u64::from(limits.http_queries),
            limits.http_query_ms,
            limits.http_url_chars as u64,
            limits.http_request_bytes as u64,
            limits.http_response_bytes as u64,
            u64::from(limits.import_modules),
            limits.import_module_bytes as u64,
        ] {
            hash.update(limit.to_be_bytes());
        }
        hash.update(source_hash);
        hash.update(seed);
        hash.update(clock_ms.to_be_bytes());
        hash.update(self.modules_hash);
        hash.update(self.transcript_hash);
        hash.finalize().0
    }
}

/// Seed of a strict run's random numbers: the same for every node that runs the request.
pub(crate) fn seed(request_id: &[u8; 32], source: &str) -> [u8; 32] {
    let mut hash = Keccak256::new();
    hash.update(b"functions/run-seed/1");
    hash.update(request_id);
    hash.update(keccak256(source));
    hash.finalize().0
}

/// Digest of an exchange as the script saw it.
pub(crate) fn exchange_digest(method: &str, url: &str, status: u16, body: &[u8]) -> [u8; 32] {
    let mut hash = Keccak256::new();
    for part in [method.as_bytes(), url.as_bytes(), &status.to_be_bytes(), body] {
        hash.update(keccak256(part));
    }
    hash.finalize().0
}

/// Digest of everything a script asks for in one request.
pub(crate) fn request_digest(request: &HttpRequest) -> [u8; 32] {
    let mut hash = Keccak256::new();
    hash.update(b"functions/http-request/1");
    hash.update(keccak256(&request.method));
    hash.update(keccak256(&request.url));
    hash.update(pairs_digest(&request.headers));
    hash.update([u8::from(request.follow_redirects), u8::from(request.body.is_some())]);
    hash.update(keccak256(request.body.as_deref().unwrap_or_default()));
    hash.finalize().0
}

/// Digest of everything a script can see of a response.
pub(crate) fn response_digest(response: &HttpResponse) -> [u8; 32] {
    let mut hash = Keccak256::new();
    hash.update(b"functions/http-response/1");
    hash.update(response.status.to_be_bytes());
    hash.update(keccak256(&response.status_text));
    hash.update(keccak256(&response.url));
    hash.update([u8::from(response.redirected)]);
    hash.update(pairs_digest(&response.headers));
    hash.update(keccak256(&response.body));
    hash.finalize().0
}

fn pairs_digest(pairs: &[(String, String)]) -> [u8; 32] {
    let mut hash = Keccak256::new();
    for (name, value) in pairs {
        hash.update(keccak256(name));
        hash.update(keccak256(value));
    }
    hash.finalize().0
}
