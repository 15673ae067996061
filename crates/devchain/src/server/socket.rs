//! A WebSocket connection: requests side by side, and subscriptions.

use std::{collections::BTreeMap, future::Future, pin::Pin};

use alloy::rpc::types::Filter;
use axum::extract::ws::{Message, WebSocket};
use futures::{StreamExt, stream::FuturesUnordered};
use serde_json::{Value, json};

use super::{
    Shared,
    answer::{self, Request, failure, success},
};
use crate::{
    chain::{Chain, Head, logs_of},
    rpc::{Params, RpcError, shape},
};

/// Most subscriptions of one connection.
const MAX_SUBSCRIPTIONS: usize = 256;
/// Most requests of one connection under way; the next is read when one ends.
const MAX_UNDER_WAY: usize = 64;

type Answer = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// Serves one connection until either side ends it.
pub(super) async fn serve(mut socket: WebSocket, shared: Shared) {
    let mut head = shared.api.chain().watch_head();
    let mut stopped = shared.stopped.clone();
    let mut subscriptions = Subscriptions::new(*head.borrow_and_update());
    let mut under_way: FuturesUnordered<Answer> = FuturesUnordered::new();
    loop {
        let texts = tokio::select! {
            _ = stopped.changed() => break,
            changed = head.changed() => {
                if changed.is_err() {
                    break;
                }
                let at = *head.borrow_and_update();
                subscriptions.notices(&shared.api.chain(), at)
            }
            Some(answer) = under_way.next() => answer.into_iter().collect(),
            message = socket.recv(), if under_way.len() < MAX_UNDER_WAY => {
                let text = match message {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                };
                match subscriptions.take(text.as_str()) {
                    Some(answer) => vec![answer],
                    None => {
                        let shared = shared.clone();
                        under_way.push(Box::pin(async move { answer::message(&shared, text.as_bytes()).await }));
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
    }
    // The other side may be gone already.
    let _ = socket.send(Message::Close(None)).await;
}

/// What a connection wants to be told.
struct Subscriptions {
    active: BTreeMap<u64, Kind>,
    last_id: u64,
    /// Up to where everything was told.
    told: Head,
}

enum Kind {
    Heads,
    Logs(Box<Filter>),
    Transactions,
}

impl Subscriptions {
    fn new(told: Head) -> Self {
        Self { active: BTreeMap::new(), last_id: 0, told }
    }

    /// Answers a message if it is about subscriptions.
    fn take(&mut self, text: &str) -> Option<String> {
        // Cheap look before parsing twice.
        if !text.contains("subscribe\"") {
            return None;
        }
        let request = Request::parse(serde_json::from_str(text).ok()?).ok()?;
        let result = match request.method.as_str() {
            "eth_subscribe" => self.subscribe(request.params),
            "eth_unsubscribe" => self.unsubscribe(request.params),
            _ => return None,
        };
        let id = request.id.unwrap_or_default();
        Some(match result {
            Ok(value) => success(&id, &value),
            Err(error) => failure(id, &error),
        })
    }

    fn subscribe(&mut self, params: Option<Value>) -> Result<Value, RpcError> {
        let mut params = Params::new(params)?;
        if self.active.len() >= MAX_SUBSCRIPTIONS {
            return Err(RpcError::limit(format!("at most {MAX_SUBSCRIPTIONS} subscriptions a connection")));
        }
        let kind = match params.get::<String>(0, "kind")?.as_str() {
            "newHeads" => Kind::Heads,
            "logs" => Kind::Logs(Box::new(params.optional(1, "filter")?.unwrap_or_default())),
            "newPendingTransactions" => Kind::Transactions,
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

    /// What the blocks since the last time have to say.
    fn notices(&mut self, chain: &Chain, at: Head) -> Vec<String> {
        let newest = chain.latest().number();
        // After going back, blocks above the old mark are new again; those below were told.
        let first = if at.reverts == self.told.reverts { self.told.number + 1 } else { newest + 1 };
        let mut texts = Vec::new();
        for block in (first..=newest).filter_map(|number| chain.block(number)) {
            for (id, kind) in &self.active {
                let results: Vec<Value> = match kind {
                    Kind::Heads => vec![shape::header(block)],
                    Kind::Logs(filter) => logs_of(block, filter).iter().map(shape::log).collect(),
                    Kind::Transactions => {
                        block.transactions.iter().map(|included| json!(included.transaction.hash)).collect()
                    }
                };
                texts.extend(results.iter().map(|result| notice(*id, result)));
            }
        }
        self.told = Head { number: newest, reverts: at.reverts };
        texts
    }
}

fn notice(id: u64, result: &Value) -> String {
    let params = json!({ "subscription": shape::quantity(id), "result": result });
    json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": params }).to_string()
}
