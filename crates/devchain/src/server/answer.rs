//! From the bytes of a message to the bytes of its answer.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{MAX_ANSWER_BYTES, MAX_BATCH, Shared};
use crate::rpc::{RpcError, error};

/// How long a transaction may wait for one with an earlier nonce.
const NONCE_PATIENCE: Duration = Duration::from_secs(1);

/// One request of a message.
#[derive(Debug)]
pub(super) struct Request {
    /// Missing for notifications, which get no answer.
    pub(super) id: Option<Value>,
    pub(super) method: String,
    pub(super) params: Option<Value>,
}

impl Request {
    /// Reads a request; where it is none, the error names what is wrong beside the id to answer to.
    pub(super) fn parse(value: Value) -> Result<Self, (Value, &'static str)> {
        let Value::Object(mut members) = value else {
            return Err((Value::Null, "a request must be an object"));
        };
        let id = members.remove("id");
        match members.remove("method") {
            Some(Value::String(method)) => Ok(Self { id, method, params: members.remove("params") }),
            _ => Err((id.unwrap_or_default(), "method must be a string")),
        }
    }
}

/// Answers a message; `None` when it asks for no answer.
pub(super) async fn message(shared: &Shared, text: &[u8]) -> Option<String> {
    match serde_json::from_slice(text) {
        Ok(Value::Array(batch)) => self::batch(shared, batch).await,
        Ok(value) => single(shared, value).await,
        Err(error) => {
            let error = RpcError::new(error::PARSE, format!("parse error: {error}"));
            Some(failure(Value::Null, &error))
        }
    }
}

async fn batch(shared: &Shared, batch: Vec<Value>) -> Option<String> {
    if batch.is_empty() || batch.len() > MAX_BATCH {
        let message = format!("a batch holds 1 to {MAX_BATCH} requests");
        return Some(failure(Value::Null, &RpcError::new(error::INVALID_REQUEST, message)));
    }
    let mut answers = String::from("[");
    for value in batch {
        let answer = if answers.len() > MAX_ANSWER_BYTES {
            let id = value.get("id").cloned().unwrap_or_default();
            Some(failure(id, &RpcError::limit("the answer to this batch is too large")))
        } else {
            single(shared, value).await
        };
        if let Some(answer) = answer {
            if answers.len() > 1 {
                answers.push(',');
            }
            answers.push_str(&answer);
        }
    }
    answers.push(']');
    (answers.len() > 2).then_some(answers)
}

async fn single(shared: &Shared, value: Value) -> Option<String> {
    match Request::parse(value) {
        Ok(request) => request_answer(shared, request).await,
        Err((id, wrong)) => Some(failure(id, &RpcError::new(error::INVALID_REQUEST, wrong))),
    }
}

/// Answers one request.
pub(super) async fn request_answer(shared: &Shared, request: Request) -> Option<String> {
    let result = call(shared, request.method, request.params).await;
    let id = request.id?;
    Some(match result {
        Ok(value) => success(&id, &value),
        Err(error) => failure(id, &error),
    })
}

/// The text of an answer.
pub(super) fn success(id: &Value, result: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()
}

/// The text of an error answer.
pub(super) fn failure(id: Value, error: &RpcError) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() }).to_string()
}

/// Runs a method. A transaction whose earlier nonce is missing gets [`NONCE_PATIENCE`] before it is refused.
async fn call(shared: &Shared, method: String, params: Option<Value>) -> Result<Value, RpcError> {
    let patience = Instant::now() + NONCE_PATIENCE;
    let can_heal = method == "eth_sendRawTransaction";
    if !can_heal {
        return run(shared, method, params).await;
    }
    let mut head = shared.api.chain().watch_head();
    loop {
        head.mark_unchanged();
        match run(shared, method.clone(), params.clone()).await {
            Err(error) if error.may_heal => {
                if !matches!(timeout_at(patience, head.changed()).await, Ok(Ok(()))) {
                    return Err(error);
                }
            }
            result => return result,
        }
    }
}

async fn run(shared: &Shared, method: String, params: Option<Value>) -> Result<Value, RpcError> {
    let closed = || RpcError::internal("the chain is shutting down");
    let _permit = shared.permits.acquire().await.map_err(|_| closed())?;
    let api = Arc::clone(&shared.api);
    let task = tokio::task::spawn_blocking(move || api.answer(&method, params));
    task.await.map_err(|_| RpcError::internal("the method failed; this is a fault of the devchain"))?
}
