//! From a message to the bytes of its answer.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{
    MAX_ANSWER_BYTES, Shared,
    body::Unread,
    lanes,
    message::{Id, Message, Params, Request},
    subscriptions::Subscriptions,
    unsent::{Answer, Held},
};
use crate::rpc::{self, RpcError, error};

/// How long a transaction may wait for one with an earlier nonce.
const NONCE_PATIENCE: Duration = Duration::from_secs(1);
/// How long eth_sendRawTransactionSync waits for a block, unless it says.
const SYNC_PATIENCE: Duration = Duration::from_secs(2);
/// The longest it may say.
const MAX_SYNC_PATIENCE: Duration = Duration::from_secs(60);
/// Whose subscriptions a message may change, and the first event that new ones are told of.
pub(super) type Subscriber<'a> = Option<(&'a mut Subscriptions, u64)>;

/// Answers a message; `None` when it asks for no answer.
pub(super) async fn answer(shared: &Shared, message: &Bytes, subscriber: Subscriber<'_>) -> Option<Answer> {
    let mut held = shared.unsent.hold();
    match answer_to_all(shared, message, subscriber, &mut held).await {
        Ok(text) => text.map(|text| Answer { text, held: Some(held) }),
        Err(error) => Some(failure(&Id::null(), &error).into()),
    }
}

/// The answers to all requests of a message. What has no room is answered by an error, which is small.
///
/// # Errors
/// When there is no message, or when there is not even room for the errors.
async fn answer_to_all(
    shared: &Shared,
    message: &Bytes,
    mut subscriber: Subscriber<'_>,
    held: &mut Held,
) -> Result<Option<String>, RpcError> {
    let elements = match Message::read(message)? {
        Message::Single(text) => return one(shared, &text, &mut subscriber, held).await,
        Message::Batch(elements) => elements,
    };
    let mut answers = String::new();
    for text in elements {
        let answer = match answers.len() > MAX_ANSWER_BYTES {
            true => refusal(&text, held)?,
            false => one(shared, &text, &mut subscriber, held).await?,
        };
        let Some(answer) = answer else { continue };
        answers.push(if answers.is_empty() { '[' } else { ',' });
        answers.push_str(&answer);
    }
    if answers.is_empty() {
        return Ok(None);
    }
    answers.push(']');
    Ok(Some(answers))
}

/// The answer to one request of a message.
///
/// # Errors
/// When there is no room for it, nor for an error in its place.
async fn one(
    shared: &Shared,
    text: &Bytes,
    subscriber: &mut Subscriber<'_>,
    held: &mut Held,
) -> Result<Option<String>, RpcError> {
    let Request { id, method, params } = match Request::read(text) {
        Ok(request) => request,
        Err((id, wrong)) => return held.room_for(failure(&id, &wrong)).map(Some),
    };
    let result = match subscriber {
        Some((subscriptions, next)) if Subscriptions::METHODS.contains(&method.as_str()) => {
            let _turn = shared.lanes.turn(&method, params.len()).await?;
            let answered = params.parse().and_then(|params| subscriptions.answer(&method, params, *next));
            answered.map(|value| value.to_string())
        }
        _ => call(shared, method, params).await,
    };
    let Some(id) = id else { return Ok(None) };
    let error = match result {
        Ok(result) => match held.room_for(success(&id, &result)) {
            Ok(answer) => return Ok(Some(answer)),
            Err(no_room) => no_room,
        },
        Err(error) => error,
    };
    held.room_for(failure(&id, &error)).map(Some)
}

/// The answer to a request of a batch whose answer is too large already.
fn refusal(text: &Bytes, held: &mut Held) -> Result<Option<String>, RpcError> {
    let id = match Request::read(text) {
        Ok(Request { id: None, .. }) => return Ok(None),
        Ok(Request { id: Some(id), .. }) | Err((id, _)) => id,
    };
    held.room_for(failure(&id, &RpcError::limit("the answer to this batch is too large"))).map(Some)
}

/// The answer to a message that was not read to its end.
pub(super) fn unread(why: &Unread) -> String {
    failure(&Id::null(), &RpcError::new(error::INVALID_REQUEST, why.to_string()))
}

fn success(id: &Id, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.text())
}

/// The text of an error answer.
fn failure(id: &Id, error: &RpcError) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"error":{}}}"#, id.text(), error.to_json())
}

/// Runs a method and gives its result as JSON. A transaction whose earlier nonce is missing gets [`NONCE_PATIENCE`]
/// before it is refused.
async fn call(shared: &Shared, method: String, params: Params) -> Result<String, RpcError> {
    match method.as_str() {
        "eth_sendRawTransaction" => send(shared, params).await,
        "eth_sendRawTransactionSync" => send_and_wait(shared, params).await,
        _ => run(shared, method, params).await,
    }
}

async fn send(shared: &Shared, params: Params) -> Result<String, RpcError> {
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
async fn send_and_wait(shared: &Shared, params: Params) -> Result<String, RpcError> {
    let mut given = params.elements().into_iter().flatten();
    let (transaction, asked) = (given.next(), given.next());
    let patience = match asked.filter(|text| text != "null").map(|text| Params::of_one(&text)) {
        None => SYNC_PATIENCE,
        Some(asked) => {
            let _turn = shared.lanes.turn("", asked.len()).await?;
            let asked = rpc::Params::new(asked.parse()?)?.quantity(0, "timeout")?;
            Duration::from_millis(asked).min(MAX_SYNC_PATIENCE)
        }
    };
    let until = Instant::now() + patience;
    let mut head = shared.api.chain().watch_head();
    let hash = send(shared, transaction.map_or(params, |text| Params::of_one(&text))).await?;
    let receipt = Params::of_one(hash.as_bytes());
    loop {
        head.mark_unchanged();
        let receipt = run(shared, "eth_getTransactionReceipt".to_owned(), receipt.clone()).await?;
        if receipt != "null" {
            return Ok(receipt);
        }
        if !matches!(timeout_at(until, head.changed()).await, Ok(Ok(()))) {
            let hash: Value = serde_json::from_str(&hash).expect("a result is JSON");
            return Err(RpcError::unmined(&hash, patience));
        }
    }
}

async fn run(shared: &Shared, method: String, params: Params) -> Result<String, RpcError> {
    let _turn = shared.lanes.turn(&method, params.len()).await?;
    let api = Arc::clone(&shared.api);
    if lanes::is_quick(&method, &params) && api.try_chain().is_some() {
        return api.answer(&method, params.parse()?);
    }
    // Written down at once: nobody may be there to take it for a while.
    let task = tokio::task::spawn_blocking(move || api.answer(&method, params.parse()?));
    task.await.map_err(|_| RpcError::internal("the method failed; this is a fault of the devchain"))?
}
