//! From the bytes of a message to the bytes of its answer.

use std::{borrow::Cow, collections::HashMap, sync::Arc, time::Duration};

use serde_json::{Value, json, value::RawValue};
use tokio::time::{Instant, timeout_at};

use super::{
    MAX_ANSWER_BYTES, MAX_BATCH, Shared,
    body::Unread,
    unsent::{Answer, Held},
};
use crate::rpc::{Params, RpcError, error};

/// How long a transaction may wait for one with an earlier nonce.
const NONCE_PATIENCE: Duration = Duration::from_secs(1);
/// How long eth_sendRawTransactionSync waits for a block, unless it says.
const SYNC_PATIENCE: Duration = Duration::from_secs(2);
/// The longest it may say.
const MAX_SYNC_PATIENCE: Duration = Duration::from_secs(60);

/// An id as its sender wrote it, to the last digit.
#[derive(Debug)]
pub(super) struct Id(Box<RawValue>);

impl Id {
    fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// An id is a string, a number or null.
    fn read(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        let is_id = text == "null" || text.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit());
        is_id.then(|| Self(raw.to_owned()))
    }
}

/// One request of a message.
#[derive(Debug)]
pub(super) struct Request {
    /// Missing for notifications, which get no answer.
    pub(super) id: Option<Id>,
    pub(super) method: String,
    pub(super) params: Option<Value>,
}

impl Request {
    /// Reads a request; where it is none, the error names what is wrong beside the id to answer to.
    fn parse(raw: &RawValue) -> Result<Self, (Id, RpcError)> {
        let wrong = |words: &str| RpcError::new(error::INVALID_REQUEST, words);
        let Ok(mut members) = serde_json::from_str::<HashMap<Cow<'_, str>, &RawValue>>(raw.get()) else {
            return Err((Id::null(), wrong("a request must be an object")));
        };
        let id = match members.remove("id").map(Id::read) {
            Some(None) => return Err((Id::null(), wrong("id must be a string, a number or null"))),
            id => id.flatten(),
        };
        let mut member =
            |name: &str| members.remove(name).map(|raw| serde_json::from_str::<Value>(raw.get()));
        let (version, method, params) = (member("jsonrpc"), member("method"), member("params"));
        let wrong = match (version, method, params.transpose()) {
            (Some(Ok(version)), Some(Ok(Value::String(method))), Ok(params)) if version == "2.0" => {
                return Ok(Self { id, method, params });
            }
            (Some(Ok(version)), _, Err(unread)) if version == "2.0" => {
                RpcError::new(error::PARSE, format!("parse error in params: {unread}"))
            }
            (Some(Ok(version)), _, _) if version == "2.0" => wrong("method must be a string"),
            _ => wrong("jsonrpc must be \"2.0\""),
        };
        Err((id.unwrap_or_else(Id::null), wrong))
    }
}

/// A message that was read and not yet answered.
#[derive(Debug)]
pub(super) enum Message {
    /// One request.
    Single(Item),
    /// Several, whose answers go back together.
    Batch(Vec<Item>),
}

/// A request on its way to its answer.
#[derive(Debug)]
pub(super) enum Item {
    Open(Request),
    /// `None`: there is no answer.
    Answered(Option<String>),
}

impl Message {
    /// Reads a message. What is wrong with it is answered already.
    pub(super) fn parse(text: &[u8]) -> Self {
        let refused = |error: &RpcError| Self::Single(Item::Answered(Some(failure(&Id::null(), error))));
        let unread = |error| refused(&RpcError::new(error::PARSE, format!("parse error: {error}")));
        let whole: &RawValue = match serde_json::from_slice(text) {
            Ok(whole) => whole,
            Err(error) => return unread(error),
        };
        if !whole.get().starts_with('[') {
            return Self::Single(Item::parse(whole));
        }
        match serde_json::from_str::<Vec<&RawValue>>(whole.get()) {
            Ok(batch) if batch.is_empty() || batch.len() > MAX_BATCH => {
                let message = format!("a batch holds 1 to {MAX_BATCH} requests");
                refused(&RpcError::new(error::INVALID_REQUEST, message))
            }
            Ok(batch) => Self::Batch(batch.into_iter().map(Item::parse).collect()),
            Err(error) => unread(error),
        }
    }

    /// Lets `answer` take the requests it knows; true when it took any.
    pub(super) fn intercept(
        &mut self,
        mut answer: impl FnMut(&mut Request) -> Option<Result<Value, RpcError>>,
    ) -> bool {
        let items = match self {
            Self::Single(item) => std::slice::from_mut(item),
            Self::Batch(items) => items.as_mut_slice(),
        };
        let mut took_any = false;
        for item in items {
            let Item::Open(request) = item else { continue };
            if let Some(result) = answer(request) {
                took_any = true;
                *item = Item::Answered(request.id.take().map(|id| text(&id, result)));
            }
        }
        took_any
    }

    /// Answers the message; `None` when it asks for no answer.
    pub(super) async fn answer(self, shared: &Shared) -> Option<Answer> {
        let batch = match self {
            Self::Single(item) => return item.answer(shared).await,
            Self::Batch(batch) => batch,
        };
        let Answer { text: mut answers, mut held } = Answer::from("[".to_owned());
        for item in batch {
            let answer = match item {
                Item::Open(Request { id, .. }) if answers.len() > MAX_ANSWER_BYTES => id
                    .map(|id| failure(&id, &RpcError::limit("the answer to this batch is too large")).into()),
                item => item.answer(shared).await,
            };
            if let Some(answer) = answer {
                if answers.len() > 1 {
                    answers.push(',');
                }
                answers.push_str(&answer.text);
                held.extend(answer.held);
            }
        }
        answers.push(']');
        (answers.len() > 2).then_some(Answer { text: answers, held })
    }
}

impl Item {
    fn parse(raw: &RawValue) -> Self {
        match Request::parse(raw) {
            Ok(request) => Self::Open(request),
            Err((id, wrong)) => Self::Answered(Some(failure(&id, &wrong))),
        }
    }

    async fn answer(self, shared: &Shared) -> Option<Answer> {
        match self {
            Self::Answered(answer) => answer.map(Answer::from),
            Self::Open(Request { id, method, params }) => {
                let result = call(shared, method, params).await;
                id.map(|id| match result {
                    Ok((result, held)) => Answer { text: success(&id, &result), held: vec![held] },
                    Err(error) => failure(&id, &error).into(),
                })
            }
        }
    }
}

/// The answer to a message that was not read to its end.
pub(super) fn unread(why: &Unread) -> String {
    failure(&Id::null(), &RpcError::new(error::INVALID_REQUEST, why.to_string()))
}

/// The text of an answer.
fn text(id: &Id, result: Result<Value, RpcError>) -> String {
    match result {
        Ok(value) => success(id, &value.to_string()),
        Err(error) => failure(id, &error),
    }
}

fn success(id: &Id, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.0)
}

/// The text of an error answer.
fn failure(id: &Id, error: &RpcError) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"error":{}}}"#, id.0, error.to_json())
}

/// A result as JSON, and its share of what may wait for readers.
type Written = (String, Held);

/// Runs a method. A transaction whose earlier nonce is missing gets [`NONCE_PATIENCE`] before it is refused.
async fn call(shared: &Shared, method: String, params: Option<Value>) -> Result<Written, RpcError> {
    match method.as_str() {
        "eth_sendRawTransaction" => send(shared, params).await,
        "eth_sendRawTransactionSync" => send_and_wait(shared, params).await,
        _ => run(shared, method, params).await,
    }
}

async fn send(shared: &Shared, params: Option<Value>) -> Result<Written, RpcError> {
    let patience = Instant::now() + NONCE_PATIENCE;
    let mut head = shared.api.chain().watch_head();
    loop {
        head.mark_unchanged();
        match run(shared, "eth_sendRawTransaction".to_owned(), params.clone()).await {
            Err(error) if error.may_heal => {
                if !matches!(timeout_at(patience, head.changed()).await, Ok(Ok(()))) {
                    return Err(error);
                }
            }
            result => return result,
        }
    }
}

/// Sends a transaction and waits for its receipt: [`SYNC_PATIENCE`], or the milliseconds that are the second parameter.
async fn send_and_wait(shared: &Shared, mut params: Option<Value>) -> Result<Written, RpcError> {
    let asked = match params.as_mut() {
        Some(Value::Array(values)) if values.len() > 1 => values.pop(),
        _ => None,
    };
    let patience = match asked {
        None | Some(Value::Null) => SYNC_PATIENCE,
        Some(value) => {
            let asked = Params::new(Some(json!([value])))?.quantity(0, "timeout")?;
            Duration::from_millis(asked).min(MAX_SYNC_PATIENCE)
        }
    };
    let until = Instant::now() + patience;
    let mut head = shared.api.chain().watch_head();
    let (hash, _) = send(shared, params).await?;
    let hash: Value = serde_json::from_str(&hash).expect("a result is JSON");
    loop {
        head.mark_unchanged();
        let receipt = run(shared, "eth_getTransactionReceipt".to_owned(), Some(json!([hash]))).await?;
        if receipt.0 != "null" {
            return Ok(receipt);
        }
        if !matches!(timeout_at(until, head.changed()).await, Ok(Ok(()))) {
            return Err(RpcError::unmined(&hash, patience));
        }
    }
}

async fn run(shared: &Shared, method: String, params: Option<Value>) -> Result<Written, RpcError> {
    let closed = || RpcError::internal("the chain is shutting down");
    let _permit = shared.permits.acquire().await.map_err(|_| closed())?;
    let (api, unsent) = (Arc::clone(&shared.api), shared.unsent.clone());
    // Written down at once: nobody may be there to take it for a while.
    let task = tokio::task::spawn_blocking(move || {
        let text = api.answer(&method, params)?.to_string();
        let held = unsent.hold(text.len())?;
        Ok((text, held))
    });
    task.await.map_err(|_| RpcError::internal("the method failed; this is a fault of the devchain"))?
}
