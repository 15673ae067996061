//! The file a recording is kept in.
//!
//! One JSON object in UTF-8, at most 256 MiB. Bodies are base64, hashes and byte arguments
//! `0x` hex; a reader refuses unknown versions and a content that does not match `hash`.
//!
//! ```text
//! { "format": "functions-transcript", "version": 1, "hash": "0x…",
//!   "runtime": "…", "runtimeHash": "0x…", "profile": "default", "mode": "strict", "wasm": false,
//!   "limits": { "responseBytes": 512, … }, "clockMs": 1700000000000, "seed": "0x…",
//!   "source": "…", "args": ["…"], "bytesArgs": ["0x…"], "secretNames": ["…"],
//!   "http": [ { "requestDigest": "0x…", "method": "GET", "url": "…", "headers": [["…","…"]],
//!               "body": "base64" | null, "redacted": false, "turn": 0 | null, "failure": "…" | null,
//!               "responseDigest": "0x…",
//!               "response": { "status": 200, "statusText": "OK", "url": "…", "redirected": false,
//!                             "headers": [["…","…"]], "body": "base64" } | null } ],
//!   "modules": [ { "specifier": "…", "kind": "javascript" | "json",
//!                  "url": "…", "source": "…" | "builtin": "…" | "denied": "…" } ],
//!   "result": "0x…" | null, "error": "…" | null }
//! ```

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use functions_types::limits::{Limits, Mode, Profile, RunOptions};
use oracle_frames::{ModuleKind, ModuleOutcome};
use serde::{Deserialize, Serialize};

use super::{
    RecordedExchange, RecordedModule, RecordedResponse, TRANSCRIPT_MAX, Transcript, TranscriptError,
};
use crate::RunOutcome;

/// What the first key says.
const FORMAT: &str = "functions-transcript";
/// Version of the format.
pub(super) const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    hash: String,
    runtime: String,
    runtime_hash: String,
    profile: String,
    mode: String,
    wasm: bool,
    limits: Limits,
    clock_ms: u64,
    seed: String,
    source: String,
    args: Vec<String>,
    bytes_args: Vec<String>,
    secret_names: Vec<String>,
    http: Vec<FileExchange>,
    modules: Vec<FileModule>,
    result: Option<String>,
    error: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileExchange {
    request_digest: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    redacted: bool,
    turn: Option<u32>,
    failure: Option<String>,
    response_digest: String,
    response: Option<FileResponse>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileResponse {
    status: u16,
    status_text: String,
    url: String,
    redirected: bool,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileModule {
    specifier: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    builtin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    denied: Option<String>,
}

impl Transcript {
    /// The file's content.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let (result, error) = match &self.outcome {
            RunOutcome::Result(bytes) => (Some(hex(bytes)), None),
            RunOutcome::UserError(text) => (None, Some(String::from_utf8_lossy(text).into_owned())),
        };
        let file = File {
            format: FORMAT.to_owned(),
            version: VERSION,
            hash: hex(&self.hash()),
            runtime: self.runtime.clone(),
            runtime_hash: hex(&self.runtime_hash),
            profile: self.options.profile.name().to_owned(),
            mode: self.options.mode.name().to_owned(),
            wasm: self.options.wasm,
            limits: self.limits.clone(),
            clock_ms: self.clock_ms,
            seed: hex(&self.seed),
            source: self.source.clone(),
            args: self.args.clone(),
            bytes_args: self.bytes_args.iter().map(|bytes| hex(bytes)).collect(),
            secret_names: self.secret_names.clone(),
            http: self.http.iter().map(file_exchange).collect(),
            modules: self.modules.iter().map(file_module).collect(),
            result,
            error,
        };
        // Texts, numbers and lists of them always have a JSON form.
        let mut json = serde_json::to_vec_pretty(&file).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Reads a file's content.
    ///
    /// # Errors
    /// [`TranscriptError`]: too long, no recording, another version, or changed since it was made.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TranscriptError> {
        if bytes.len() > TRANSCRIPT_MAX {
            return Err(TranscriptError::TooLong(bytes.len()));
        }
        let malformed = |error: serde_json::Error| TranscriptError::Malformed(error.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(malformed)?;
        if head.format != FORMAT {
            return Err(wrong("format"));
        }
        if head.version != VERSION {
            return Err(TranscriptError::Version(head.version));
        }
        let file: File = serde_json::from_slice(bytes).map_err(malformed)?;
        let hash = word(&file.hash, "hash")?;
        let transcript = file.read()?;
        if transcript.hash() == hash { Ok(transcript) } else { Err(TranscriptError::Changed) }
    }
}

impl File {
    fn read(self) -> Result<Transcript, TranscriptError> {
        let outcome = match (self.result, self.error) {
            (Some(result), None) => RunOutcome::Result(unhex(&result, "result")?),
            (None, Some(error)) => RunOutcome::UserError(error.into_bytes()),
            _ => return Err(wrong("result")),
        };
        Ok(Transcript {
            runtime: self.runtime,
            runtime_hash: word(&self.runtime_hash, "runtimeHash")?,
            source: self.source,
            args: self.args,
            bytes_args: self
                .bytes_args
                .iter()
                .map(|bytes| unhex(bytes, "bytesArgs"))
                .collect::<Result<_, _>>()?,
            secret_names: self.secret_names,
            clock_ms: self.clock_ms,
            seed: word(&self.seed, "seed")?,
            limits: self.limits,
            options: RunOptions {
                profile: Profile::from_name(&self.profile).ok_or_else(|| wrong("profile"))?,
                mode: Mode::from_name(&self.mode).ok_or_else(|| wrong("mode"))?,
                wasm: self.wasm,
            },
            http: self.http.into_iter().map(exchange).collect::<Result<_, _>>()?,
            modules: self.modules.into_iter().map(module).collect::<Result<_, _>>()?,
            outcome,
        })
    }
}

fn file_exchange(exchange: &RecordedExchange) -> FileExchange {
    FileExchange {
        request_digest: hex(&exchange.request_digest),
        method: exchange.method.clone(),
        url: exchange.url.clone(),
        headers: exchange.headers.clone(),
        body: exchange.body.as_ref().map(|body| STANDARD.encode(body)),
        redacted: exchange.redacted,
        turn: exchange.turn,
        failure: exchange.failure.clone(),
        response_digest: hex(&exchange.response_digest),
        response: exchange.response.as_ref().map(|response| FileResponse {
            status: response.status,
            status_text: response.status_text.clone(),
            url: response.url.clone(),
            redirected: response.redirected,
            headers: response.headers.clone(),
            body: STANDARD.encode(&response.body),
        }),
    }
}

fn exchange(file: FileExchange) -> Result<RecordedExchange, TranscriptError> {
    let bytes = |text: &str| STANDARD.decode(text).map_err(|_| wrong("body"));
    Ok(RecordedExchange {
        request_digest: word(&file.request_digest, "requestDigest")?,
        method: file.method,
        url: file.url,
        headers: file.headers,
        body: file.body.as_deref().map(bytes).transpose()?,
        redacted: file.redacted,
        response: match file.response {
            Some(response) => Some(RecordedResponse {
                status: response.status,
                status_text: response.status_text,
                url: response.url,
                redirected: response.redirected,
                headers: response.headers,
                body: bytes(&response.body)?,
            }),
            None => None,
        },
        response_digest: word(&file.response_digest, "responseDigest")?,
        turn: file.turn,
        failure: file.failure,
    })
}

fn file_module(module: &RecordedModule) -> FileModule {
    let kind = match module.kind {
        ModuleKind::JavaScript => "javascript",
        ModuleKind::Json => "json",
    };
    let mut file =
        FileModule { specifier: module.specifier.clone(), kind: kind.to_owned(), ..FileModule::default() };
    match &module.outcome {
        ModuleOutcome::Source { url, text } => {
            file.url = Some(url.clone());
            file.source = Some(text.clone());
        }
        ModuleOutcome::Builtin(name) => file.builtin = Some(name.clone()),
        ModuleOutcome::Denied(text) => file.denied = Some(text.clone()),
    }
    file
}

fn module(file: FileModule) -> Result<RecordedModule, TranscriptError> {
    Ok(RecordedModule {
        specifier: file.specifier,
        kind: match file.kind.as_str() {
            "javascript" => ModuleKind::JavaScript,
            "json" => ModuleKind::Json,
            _ => return Err(wrong("kind")),
        },
        outcome: match (file.url, file.source, file.builtin, file.denied) {
            (Some(url), Some(text), None, None) => ModuleOutcome::Source { url, text },
            (None, None, Some(name), None) => ModuleOutcome::Builtin(name),
            (None, None, None, Some(text)) => ModuleOutcome::Denied(text),
            _ => return Err(wrong("modules")),
        },
    })
}

fn wrong(field: &str) -> TranscriptError {
    TranscriptError::Malformed(format!("{field} holds something else than it should"))
}

fn hex(bytes: &[u8]) -> String {
    alloy_primitives::hex::encode_prefixed(bytes)
}

fn unhex(text: &str, field: &str) -> Result<Vec<u8>, TranscriptError> {
    alloy_primitives::hex::decode(text).map_err(|_| wrong(field))
}

fn word(text: &str, field: &str) -> Result<[u8; 32], TranscriptError> {
    unhex(text, field)?.try_into().map_err(|_| wrong(field))
}
