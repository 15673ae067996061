//! From status codes, error codes and words to a [`Fault`]. Codes are used differently by every implementation, so
//! words decide first; what neither decides is [`Fault::Unclear`].

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::value::RawValue;

use crate::fault::{Fault, Rejection};

/// Most of an endpoint's words that is kept, in characters.
const MAX_TEXT: usize = 512;
/// Most revert data kept, in bytes.
const MAX_REVERT_BYTES: usize = 4_096;

const RATE: &[&str] = &[
    "rate limit",
    "ratelimit",
    "rate-limit",
    "rate exceeded",
    "too many requests",
    "too many connections",
    "request limit",
    "requests per",
    "request rate",
    "request count",
    "per second",
    "throttl",
    "quota",
    "capacity exceeded",
    "compute unit",
    "credits",
    "slow down",
    "backoff",
    "back off",
];
const RANGE: &[&str] = &[
    "range",
    "too many",
    "more than",
    "too large",
    "block count",
    "exceeds",
    "too big",
    "too wide",
    "result set",
    "response size",
    "results",
    "timeout",
    "timed out",
    "max is",
    "maximum",
];
const REVERT: &[&str] = &[
    "revert",
    "vm exception",
    "vm execution error",
    // Code that is none, and code that halts.
    "opcode",
    "badinstruction",
    "invalid jump",
    "invalidjump",
    "stack underflow",
    "stackunderflow",
];
const UNFUNDED: &[&str] = &[
    "insufficient funds",
    "insufficientfunds",
    "insufficient balance",
    "insufficient eth",
    "not enough funds",
];
const KNOWN: &[&str] = &[
    "already known",
    "already imported",
    "known transaction",
    "already exists",
    "already in mempool",
    "alreadyknown",
    "existing tx with same hash",
];
const USED: &[&str] = &["nonce too low", "nonce is too low", "oldnonce", "nonce already used"];
const GAP: &[&str] = &[
    "nonce too high",
    "nonce is too high",
    "nonce too distant",
    "nonce is too distant",
    "nonce gap",
    "noncegap",
];
const RULE: &[&str] = &[
    "underpriced",
    "fee too low",
    "feetoolow",
    "could not replace existing",
    "replacementnotallowed",
    "out of gas",
    "intrinsic gas",
    "gas too low",
    "gas limit",
    "max fee per gas",
    "fee cap",
    "feecap",
    "max priority fee",
    "tip above",
    "oversized data",
    "invalid opcode",
    "stack overflow",
    "stack underflow",
    "invalid jump",
    "invalid sender",
    "transaction type not supported",
    "exceeds block",
    "gas required exceeds",
];
const LATER: &[&str] = &[
    "header not found",
    "missing trie node",
    "unknown block",
    "block not found",
    "not synced",
    "syncing",
    "state not available",
    "state is not available",
    "resource unavailable",
    "timeout",
    "timed out",
    "time out",
    "busy",
    "overload",
    "unavailable",
    "try again",
    "temporar",
    "internal error",
    "internal server",
    "upstream",
    "backend",
    "gateway",
    "connection",
    "pool is full",
    "queue is full",
    "no response",
    "retry",
    "cannot find",
    "could not find block",
    "beyond current head",
    "beyond head",
    "future block",
    "limit exceeded",
];
const DENIED: &[&str] = &[
    "unauthorized",
    "unauthorised",
    "forbidden",
    "not allowed",
    "api key",
    "apikey",
    "access denied",
    "authenticat",
    "project id",
    "not whitelisted",
    "not supported",
    "unsupported",
    "does not exist",
    "not available",
    "method not found",
    "not enabled",
    "disabled",
    "upgrade your",
    "payment required",
    "archive",
];

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The start of somebody's words, on one line, without signs that a terminal acts on or reorders text by.
pub(crate) fn clip(text: &str) -> String {
    let reorders = |c: &char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    spaced.filter(|c| !c.is_control() && !reorders(c)).take(MAX_TEXT).collect()
}

/// What a web page is called in a fault.
pub(crate) const PAGE: &str = "a web page";
/// What the admin port of this project's own node is called in a fault.
pub(crate) const ADMIN: &str = "the admin port of a functions-node";
/// Most of a web page that its title is looked for in, in bytes.
const MAX_PAGE_BYTES: usize = 4_096;
/// Most of a web page's title that is shown, in characters.
const MAX_TITLE: usize = 80;

/// A body as text; of one that was cut in the middle of a sign what comes before it.
fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).and_then(|whole| std::str::from_utf8(whole).ok())
        }
        other => other.ok(),
    };
    text.filter(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()))
}

/// What answered, where it is no JSON-RPC endpoint but something that is known by its body: a web page, by its title or
/// its words, or the admin port of a node.
pub(crate) fn of_stranger(bytes: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "that they are there is what counts")]
    #[serde(deny_unknown_fields)]
    struct Refusal {
        error: String,
        remedy: String,
    }
    let text = text_of(bytes.get(..bytes.len().min(MAX_PAGE_BYTES))?)?.trim_start();
    if serde_json::from_str::<Refusal>(text).is_ok() {
        return Some(ADMIN.to_owned());
    }
    let lower = text.to_ascii_lowercase();
    if !lower.starts_with("<!doctype html") && !lower.starts_with("<html") {
        return None;
    }
    let title = lower.find("<title").and_then(|tag| {
        let from = tag + lower[tag..].find('>')? + 1;
        text.get(from..from + lower[from..].find("</title")?)
    });
    let mut in_tag = false;
    let words: String = title.unwrap_or(text).chars().fold(String::new(), |mut words, sign| {
        match sign {
            '<' => in_tag = true,
            '>' => (in_tag, words) = (false, words + " "),
            _ if !in_tag => words.push(sign),
            _ => {}
        }
        words
    });
    let words = clip(&words).split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().take(MAX_TITLE).collect();
    Some(if words.is_empty() { PAGE.to_owned() } else { format!("{PAGE}, {words:?}") })
}

/// The start of a body that somebody answered with; of one that is no text only that.
pub(crate) fn of_body(bytes: &[u8]) -> String {
    of_stranger(bytes).unwrap_or_else(|| {
        text_of(bytes).map_or("a body that is no text".to_owned(), |text| clip(text.trim()))
    })
}

/// Whether words in lower case are about the tags of blocks.
pub(crate) fn names_a_tag(lower: &str) -> bool {
    lower.contains("finalized") || lower.contains("safe block")
}

/// What a JSON-RPC error object means as an answer to `method`.
#[must_use]
pub fn of_error(method: &str, code: i64, message: &str, data: Option<&RawValue>) -> Fault {
    let text = clip(message);
    let lower = text.to_ascii_lowercase();
    let rejected = |why| Fault::Rejected { why, code, text: text.clone() };
    let busy = || Fault::Busy { text: text.clone(), after: None };
    // Only calls are executed, so only there is a revert the chain's word.
    if matches!(method, "eth_call" | "eth_estimateGas" | "eth_sendRawTransaction") {
        if code == 3 || has(&lower, REVERT) {
            return Fault::Reverted { data: data.and_then(revert_data).unwrap_or_default(), text };
        }
        if has(&lower, UNFUNDED) {
            return rejected(Rejection::Unfunded);
        }
        if method == "eth_sendRawTransaction" && has(&lower, KNOWN) {
            return rejected(Rejection::AlreadyKnown);
        }
        if has(&lower, USED) {
            return rejected(Rejection::NonceTooLow);
        }
        if has(&lower, GAP) {
            return rejected(Rejection::NonceTooHigh);
        }
        if has(&lower, RULE) {
            return rejected(Rejection::Rule);
        }
    }
    if has(&lower, RATE) || matches!(code, 429 | -32_029 | -32_097 | -32_016) {
        return busy();
    }
    // A chain without the notion, or one that has no such block yet: for the caller to decide.
    if names_a_tag(&lower) {
        return Fault::Unclear { code, text };
    }
    if method == "eth_getLogs" && has(&lower, RANGE) {
        return Fault::TooWide(text);
    }
    // -32601 and -32004: the method is not there.
    if matches!(code, -32_601 | -32_004) || has(&lower, DENIED) {
        return Fault::Denied(text);
    }
    // -32005 limit exceeded, -32603 internal error, -32002 resource unavailable.
    if matches!(code, -32_005 | -32_603 | -32_002) || has(&lower, LATER) {
        return busy();
    }
    match code {
        // Resource not found; our request is not JSON or no request. Others read it.
        -32_001 | -32_700 | -32_600 => Fault::Broken(format!("error {code}: {text}")),
        -32_003 if method == "eth_sendRawTransaction" => rejected(Rejection::Rule),
        _ => Fault::Unclear { code, text },
    }
}

/// What an HTTP status other than 2xx means, with the first bytes of its body in words.
#[must_use]
pub fn of_status(status: u16, body: &str, after: Option<Duration>) -> Fault {
    let words = clip(body);
    let text = if words.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {words}") };
    match status {
        // Not implemented, and a protocol that is not spoken: nothing that passes.
        501 | 505 => Fault::Denied(text),
        408 | 421 | 423 | 425 | 429 | 500..=599 => Fault::Busy { text, after },
        _ => Fault::Denied(text),
    }
}

/// What a redirect means: nobody is followed to an address that nobody named, and a POST that is becomes a GET.
#[must_use]
pub fn of_redirect(status: u16, target: Option<String>) -> Fault {
    let target = target.map_or_else(|| "a place that is no URL".to_owned(), |target| clip(&target));
    Fault::Denied(format!("HTTP {status}: it redirects to {target}"))
}

impl Fault {
    /// Whether the endpoint says that it is asked more often than it allows.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        let Self::Busy { text, .. } = self else { return false };
        let lower = text.to_ascii_lowercase();
        lower.starts_with("http 429") || has(&lower, RATE)
    }
}

/// Revert data is a hex string, or an object that holds one under `data`.
fn revert_data(raw: &RawValue) -> Option<Vec<u8>> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    let text = value.as_str().or_else(|| value.get("data")?.as_str())?;
    let digits = text.strip_prefix("0x")?.as_bytes();
    let bounded = digits.get(..digits.len().min(2 * MAX_REVERT_BYTES))?;
    let nibble = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    bounded.chunks_exact(2).map(|pair| Some(nibble(pair.first()?)? << 4 | nibble(pair.get(1)?)?)).collect()
}
