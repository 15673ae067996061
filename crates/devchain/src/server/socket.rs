//! A WebSocket connection: requests side by side, and subscriptions.

use std::{collections::BTreeMap, future::Future, pin::Pin};

use alloy::{primitives::B256, rpc::types::Filter};
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, WebSocket, close_code},
};
use futures::{StreamExt, stream::FuturesUnordered};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

use super::{
    MAX_REQUEST_BYTES, Shared,
    answer::{self, Request},
    body::Unread,
};
use crate::{
    chain::{Chain, Event, logs_of},
    rpc::{Params, RpcError, shape},
};

/// Most subscriptions of one connection.
const MAX_SUBSCRIPTIONS: usize = 256;
/// Most requests of one connection under way; the next is read when one ends.
const MAX_UNDER_WAY: usize = 64;

type Answer = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// Serves one connection until either side ends it. Requests may come in text and in binary frames; answers go out as
/// text.
pub(super) async fn serve(mut socket: WebSocket, shared: Shared) {
    let mut head = shared.api.chain().watch_head();
    let mut stopped = shared.stopped.clone();
    let mut subscriptions = Subscriptions::new(head.borrow_and_update().next_event);
    let mut under_way: FuturesUnordered<Answer> = FuturesUnordered::new();
    let farewell = loop {
        let texts = tokio::select! {
            _ = stopped.changed() => break None,
            changed = head.changed() => {
                if changed.is_err() {
                    break None;
                }
                subscriptions.notices(&shared.api.chain())
            }
            Some(answer) = under_way.next() => answer.into_iter().collect(),
            message = socket.recv(), if under_way.len() < MAX_UNDER_WAY => {
                let bytes = match message {
                    Some(Ok(Message::Text(text))) => Bytes::from(text),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    // The transport answers pings, and a farewell before it ends.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => continue,
                    None => break None,
                    Some(Err(error)) => break why_closed(error),
                };
                if bytes.len() > MAX_REQUEST_BYTES {
                    vec![answer::unread(&Unread::TooLarge)]
                } else {
                    let mut message = answer::Message::parse(&bytes);
                    if message.intercept(|request| subscriptions.take(request)) {
                        // Nothing may be told to a subscription before its id is known.
                        message.answer(&shared).await.into_iter().collect()
                    } else {
                        let shared = shared.clone();
                        under_way.push(Box::pin(async move { message.answer(&shared).await }));
                        continue;
                    }
                }
            }
        };
        for text in texts {
            if socket.send(Message::Text(text.into())).await.is_err() {
                return;
            }
        }
    };
    // The other side may be gone already.
    let _ = socket.send(Message::Close(farewell)).await;
}

/// What the other side is told when its bytes cannot be read any further.
fn why_closed(error: axum::Error) -> Option<CloseFrame> {
    let error = error.into_inner().downcast::<tungstenite::Error>().ok()?;
    let (code, reason) = match *error {
        tungstenite::Error::Capacity(_) => {
            (close_code::SIZE, format!("a message holds at most {MAX_REQUEST_BYTES} bytes"))
        }
        tungstenite::Error::Utf8(_) => (close_code::INVALID, "a text frame must be UTF-8".to_owned()),
        tungstenite::Error::Protocol(error) => (close_code::PROTOCOL, error.to_string()),
        _ => return None,
    };
    Some(CloseFrame { code, reason: reason.into() })
}

/// What a connection wants to be told.
struct Subscriptions {
    active: BTreeMap<u64, Kind>,
    last_id: u64,
    /// Number of the first event not yet told.
    next_event: u64,
}

enum Kind {
    Heads,
    Logs(Box<Filter>),
    /// Accepted transactions, whole or only their hashes.
    Transactions {
        whole: bool,
    },
}

impl Subscriptions {
    fn new(next_event: u64) -> Self {
        Self { active: BTreeMap::new(), last_id: 0, next_event }
    }

    /// Answers a request if it is about subscriptions.
    fn take(&mut self, request: &mut Request) -> Option<Result<Value, RpcError>> {
        match request.method.as_str() {
            "eth_subscribe" => Some(self.subscribe(request.params.take())),
            "eth_unsubscribe" => Some(self.unsubscribe(request.params.take())),
            _ => None,
        }
    }

    fn subscribe(&mut self, params: Option<Value>) -> Result<Value, RpcError> {
        let mut params = Params::new(params)?;
        if self.active.len() >= MAX_SUBSCRIPTIONS {
            return Err(RpcError::limit(format!("at most {MAX_SUBSCRIPTIONS} subscriptions a connection")));
        }
        let kind = match params.get::<String>(0, "kind")?.as_str() {
            "newHeads" => Kind::Heads,
            "logs" => Kind::Logs(Box::new(params.optional(1, "filter")?.unwrap_or_default())),
            "newPendingTransactions" => {
                Kind::Transactions { whole: params.optional(1, "whole transactions")?.unwrap_or(false) }
            }
            other => return Err(RpcError::params(format!("no {other:.32} subscription"))),
        };
        self.last_id += 1;
        self.active.insert(self.last_id, kind);
        Ok(shape::quantity(self.last_id))
    }

    fn unsubscribe(&mut self, params: Option<Value>) -> Result<Value, RpcError> {
        let id = Params::new(params)?.quantity(0, "subscription id")?;
        match self.active.remove(&id) {
            Some(_) => Ok(json!(true)),
            None => Err(RpcError::server("subscription not found")),
        }
    }

    /// What the events since the last time have to say.
    fn notices(&mut self, chain: &Chain) -> Vec<String> {
        let first = std::mem::replace(&mut self.next_event, chain.next_event());
        let mut texts = Vec::new();
        if self.active.is_empty() {
            return texts;
        }
        for event in chain.events_since(first) {
            for (id, kind) in &self.active {
                let results: Vec<Value> = match (kind, event) {
                    (Kind::Heads, Event::Block(block)) => vec![shape::header(block)],
                    (Kind::Logs(filter), Event::Block(block)) => {
                        logs_of(block, filter).iter().map(shape::log).collect()
                    }
                    (Kind::Logs(filter), Event::Removed(block)) => {
                        logs_of(block, filter).iter().rev().map(shape::removed_log).collect()
                    }
                    (Kind::Transactions { whole: true }, Event::Accepted(hash)) => {
                        accepted(chain, *hash).into_iter().collect()
                    }
                    (Kind::Transactions { whole: false }, Event::Accepted(hash)) => vec![json!(hash)],
                    _ => continue,
                };
                texts.extend(results.iter().map(|result| notice(*id, result)));
            }
        }
        texts
    }
}

/// A transaction as it was before its block; `None` when it is neither in a block nor waiting any more.
fn accepted(chain: &Chain, hash: B256) -> Option<Value> {
    let mined = chain.transaction(hash).map(|(_, _, included)| &included.transaction);
    mined.or_else(|| chain.waiting(hash)).map(shape::waiting)
}

fn notice(id: u64, result: &Value) -> String {
    let params = json!({ "subscription": shape::quantity(id), "result": result });
    json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": params }).to_string()
}
