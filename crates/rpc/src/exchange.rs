//! One HTTP POST, bounded in time and bytes before anything is parsed.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use reqwest::{
    Client, Response,
    header::{LOCATION, RETRY_AFTER},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use url::Url;

use crate::{
    fault::Fault,
    shown_target,
    words::{clip, names_a_tag, of_body, of_error, of_redirect, of_status, of_stranger},
};

/// Largest answer accepted from an endpoint, in bytes: a full range of logs with 30 kB requests fits.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Most of an unsuccessful answer that is read, in bytes.
const MAX_ERROR_BYTES: usize = 16 * 1024;
/// Most that is shown of an answer that is none, in bytes.
const MAX_START_BYTES: usize = 80;
/// Longest wish to wait that is honoured.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// What one exchange may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until the answer is whole.
    pub time: Duration,
    /// Size of the answer.
    pub bytes: usize,
}

impl From<Duration> for Limits {
    /// So much time, and [`MAX_ANSWER_BYTES`].
    fn from(time: Duration) -> Self {
        Self { time, bytes: MAX_ANSWER_BYTES }
    }
}

/// Asks one endpoint one question and gives the JSON of its result, which may be `null`.
///
/// # Errors
/// [`Fault`] for everything that is no result.
pub async fn exchange(
    client: &Client,
    url: &Url,
    method: &str,
    params: &Value,
    limits: Limits,
) -> Result<Box<RawValue>, Fault> {
    // No two questions of a process have one id, so that an answer to another is seen.
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let question = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let answer = post(client, url, method, question.to_string().into_bytes(), limits).await?;
    read_response(method, id, &answer)
}

/// Posts a JSON-RPC request and gives the bytes of a successful HTTP answer. An unsuccessful one that carries a
/// JSON-RPC error is judged by the error, unless its status says more.
///
/// # Errors
/// [`Fault`].
pub async fn post(
    client: &Client,
    url: &Url,
    method: &str,
    question: Vec<u8>,
    limits: impl Into<Limits>,
) -> Result<Vec<u8>, Fault> {
    let limits = limits.into();
    let request = client
        .post(url.clone())
        .header("content-type", "application/json")
        .timeout(limits.time)
        .body(question);
    let mut answer = request.send().await.map_err(|err| broken_off(err, limits.time))?;
    let status = answer.status();
    if status.is_success() {
        return read(&mut answer, method, limits).await;
    }
    if status.is_redirection()
        && let Some(target) = answer.headers().get(LOCATION)
    {
        let target = target.to_str().ok().and_then(|text| url.join(text).ok());
        return Err(of_redirect(status.as_u16(), target.map(|target| shown_target(&target))));
    }
    let after = retry_after(&answer);
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        let left = MAX_ERROR_BYTES - bytes.len();
        bytes.extend_from_slice(chunk.get(..left.min(chunk.len())).unwrap_or_default());
        if bytes.len() == MAX_ERROR_BYTES {
            break;
        }
    }
    let by_status = of_status(status.as_u16(), &of_body(&bytes), after);
    if matches!(status.as_u16(), 401..=408 | 425 | 429 | 502..=504) {
        return Err(by_status);
    }
    Err(judge(method, &bytes, by_status))
}

async fn read(answer: &mut Response, method: &str, limits: Limits) -> Result<Vec<u8>, Fault> {
    let too_large = || {
        let text = format!("the answer is larger than {} MiB", limits.bytes >> 20);
        if method == "eth_getLogs" { Fault::TooWide(text) } else { Fault::Broken(text) }
    };
    if answer.content_length().is_some_and(|length| length > limits.bytes as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|err| broken_off(err, limits.time))? {
        if bytes.len() + chunk.len() > limits.bytes {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The time limit and a lost connection; an endpoint's URL may hold its key and is left out.
fn broken_off(err: reqwest::Error, limit: Duration) -> Fault {
    if err.is_timeout() && !err.is_connect() {
        return Fault::Silent(limit);
    }
    let err = err.without_url();
    let mut text = err.to_string();
    let mut source = std::error::Error::source(&err);
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    Fault::Unreachable(clip(&text))
}

/// Seconds or a date.
#[expect(clippy::disallowed_methods, reason = "a date in an answer is meant for the wall clock")]
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).unwrap_or_default(),
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(default)]
    id: Option<Value>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ErrorObject {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Option<Box<RawValue>>,
}

/// Whether an id in an answer is that of the question; some endpoints answer a number with its digits.
fn is_own(id: &Value, own: u64) -> bool {
    match id {
        Value::Number(id) => id.as_u64() == Some(own),
        Value::String(id) => *id == own.to_string(),
        _ => false,
    }
}

/// What an answer is that carries the id of another question.
#[must_use]
pub fn of_foreign_id(id: &str) -> Fault {
    Fault::Broken(format!("an answer to another question: id {}", clip(id)))
}

/// The first bytes of an answer that is none, in words.
#[must_use]
pub fn start_of(answer: &[u8]) -> String {
    of_stranger(answer)
        .unwrap_or_else(|| of_body(answer.get(..answer.len().min(MAX_START_BYTES)).unwrap_or_default()))
}

/// The result in the answer to the question with this id. An error may lack an id, as one that could not read the
/// question does.
///
/// # Errors
/// [`Fault`] when there is none.
pub fn read_response(method: &str, own: u64, answer: &[u8]) -> Result<Box<RawValue>, Fault> {
    // An absent result and one of `null` differ, which an Option does not tell: serde gives None for both.
    #[derive(Deserialize)]
    struct Present<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let envelope: Envelope<'_> = serde_json::from_slice(answer)
        .map_err(|err| Fault::Broken(format!("no JSON-RPC answer ({err}): {}", start_of(answer))))?;
    let error = envelope.error.filter(|error| error.get() != "null");
    match envelope.id {
        Some(Value::Null) | None if error.is_some() => {}
        Some(id) if is_own(&id, own) => {}
        other => return Err(of_foreign_id(&other.unwrap_or_default().to_string())),
    }
    if let Some(error) = error {
        return Err(of_object(method, error));
    }
    match envelope.result {
        Some(result) => Ok(result.to_owned()),
        None => match serde_json::from_slice::<Present<'_>>(answer) {
            Ok(present) => Ok(present.result.to_owned()),
            Err(_) => Err(Fault::Broken("neither a result nor an error".to_owned())),
        },
    }
}

/// An error that says what is the matter goes before the status; a word of no JSON-RPC does not.
fn judge(method: &str, answer: &[u8], by_status: Fault) -> Fault {
    match read_error(method, answer) {
        None => by_status,
        Some(Fault::Unclear { code: 0, text }) if !names_a_tag(&text.to_ascii_lowercase()) => by_status,
        Some(fault) => fault,
    }
}

fn read_error(method: &str, answer: &[u8]) -> Option<Fault> {
    let envelope: Envelope<'_> = serde_json::from_slice(answer).ok()?;
    envelope.error.filter(|error| error.get() != "null").map(|error| of_object(method, error))
}

/// Some endpoints give a sentence where an object must be.
fn of_object(method: &str, error: &RawValue) -> Fault {
    match serde_json::from_str::<ErrorObject>(error.get()) {
        Ok(error) => of_error(method, error.code, &error.message, error.data.as_deref()),
        Err(_) => of_error(method, 0, error.get(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(answer: &str) -> &'static str {
        match read_response("eth_call", 1, answer.as_bytes()) {
            Ok(_) => "result",
            Err(fault) => fault.kind(),
        }
    }

    #[test]
    fn answers_that_are_none_are_broken() {
        let table = [
            (r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#, "result"),
            (r#"{"jsonrpc":"2.0","id":"1","result":null}"#, "result"),
            (r#"{"id":1,"result":{"a":[1]},"error":null}"#, "result"),
            ("<html><body>Welcome</body></html>", "broken"),
            ("", "broken"),
            ("null", "broken"),
            ("[]", "broken"),
            ("7", "broken"),
            (r#"{"jsonrpc":"2.0","id":1,"result":{"number":"0x"#, "broken"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "broken"),
            (r#"{"jsonrpc":"2.0","id":2,"result":"0x1"}"#, "broken"),
            (r#"{"jsonrpc":"2.0","id":1.5,"result":"0x1"}"#, "broken"),
            (r#"{"jsonrpc":"2.0","id":"01","result":"0x1"}"#, "broken"),
            (r#"{"jsonrpc":"2.0","id":2,"error":{"code":3,"message":"execution reverted"}}"#, "broken"),
            (r#"{"jsonrpc":"2.0","error":{"code":3,"message":"execution reverted"}}"#, "reverted"),
            (r#"{"jsonrpc":"2.0","result":"0x1"}"#, "broken"),
            (r#"{"message":"no Route matched with those values"}"#, "broken"),
            (r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}"#, "broken"),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted"}}"#, "reverted"),
            (r#"{"jsonrpc":"2.0","id":1,"error":"Unauthorized"}"#, "denied"),
            (r#"{"jsonrpc":"2.0","id":1,"error":{}}"#, "unclear"),
        ];
        for (answer, expected) in table {
            assert_eq!(kind(answer), expected, "{answer}");
        }
    }

    #[test]
    fn an_unsuccessful_answer_without_a_code_is_judged_by_its_status() {
        let of = |body: &str| judge("eth_call", body.as_bytes(), of_status(500, body, None)).to_string();
        for body in [r#"{"error":"no"}"#, r#"{"error":{}}"#, r#"{"error":{"message":"no"}}"#, "no", ""] {
            let words = of(body);
            assert!(words.contains("500") && !words.contains("code"), "{body}: {words}");
        }
        assert_eq!(of(r#"{"error":{"code":42,"message":"no"}}"#), "refused with code 42: no");
        assert_eq!(of(r#"{"error":"execution reverted"}"#), "execution reverted: \"execution reverted\"");
    }

    #[test]
    fn a_null_result_is_given_as_null() {
        let found = read_response("eth_call", 1, br#"{"id":1,"result":null}"#).expect("a result");
        assert_eq!(found.get(), "null");
    }
}
