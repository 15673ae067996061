//! What is kept of a run: its exchanges, and the hash that identifies how it was computed.

use std::time::Duration;

use alloy_primitives::{Keccak256, keccak256};
use functions_types::limits::Limits;

/// One HTTP exchange, without anything that could hold a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpExchange {
    /// Method the script asked for.
    pub method: String,
    /// Host of the URL; empty where the URL is none.
    pub host: String,
    /// Status the script saw.
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

/// Digest of an exchange as the script saw it.
pub(crate) fn exchange_digest(method: &str, url: &str, status: u16, body: &[u8]) -> [u8; 32] {
    let mut hash = Keccak256::new();
    for part in [method.as_bytes(), url.as_bytes(), &status.to_be_bytes(), body] {
        hash.update(keccak256(part));
    }
    hash.finalize().0
}

/// Seed of a run's random numbers: the same for every node that runs the request.
pub(crate) fn seed(request_id: &[u8; 32], source: &str) -> [u8; 32] {
    let mut hash = Keccak256::new();
    hash.update(b"functions/run-seed/1");
    hash.update(request_id);
    hash.update(keccak256(source));
    hash.finalize().0
}

/// Hash over all that decided a run's outcome.
pub(crate) fn metadata_hash(
    runtime_hash: &[u8; 32],
    source: &str,
    limits: &Limits,
    http: &[HttpExchange],
) -> [u8; 32] {
    let mut transcript = Keccak256::new();
    for exchange in http {
        transcript.update(exchange.digest);
    }
    let mut hash = Keccak256::new();
    hash.update(b"functions/run-metadata/1");
    hash.update(runtime_hash);
    hash.update(keccak256(source));
    for limit in [
        limits.response_bytes as u64,
        limits.execution_ms,
        limits.memory_bytes,
        u64::from(limits.http_queries),
        limits.http_query_ms,
        limits.http_url_chars as u64,
        limits.http_request_bytes as u64,
        limits.http_response_bytes as u64,
    ] {
        hash.update(limit.to_be_bytes());
    }
    hash.update(transcript.finalize());
    hash.finalize().0
}
