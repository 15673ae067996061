//! What a connection wants to be told, and how far it has been told.

use std::{collections::BTreeMap, mem};

use alloy::{primitives::B256, rpc::types::Filter};
use serde_json::{Value, json};

use crate::{
    chain::{Chain, Event, logs_of},
    rpc::{Params, RpcError, shape},
};

/// Most subscriptions of one connection.
const MAX_SUBSCRIPTIONS: usize = 256;
/// Bytes of notifications that end a piece: about what a connection holds whose other side does not read.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

/// Events that are looked through in no time.
const FEW_EVENTS: u64 = 32;

/// The subscriptions of a connection, and the place up to which they were told.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    active: BTreeMap<u64, Subscription>,
    last_id: u64,
    told: Place,
}

#[derive(Debug)]
struct Subscription {
    kind: Kind,
    /// Number of the first event it is told of.
    first_event: u64,
}

#[derive(Debug)]
enum Kind {
    Heads,
    Logs(Box<Filter>),
    /// Accepted transactions, whole or only their hashes.
    Transactions {
        whole: bool,
    },
}

/// A place among all notifications: told is what earlier events have to say, and of this one what it has to say to
/// subscriptions before `id`, and its first `results` results to that one.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    event: u64,
    id: u64,
    results: usize,
}

impl Place {
    const fn before(event: u64) -> Self {
        Self { event, id: 0, results: 0 }
    }
}

/// Something happened that was not told and is not remembered any more.
#[derive(Debug, thiserror::Error)]
#[error("more happened meanwhile than is remembered")]
pub(super) struct Missed;

impl Subscriptions {
    /// Whether there may be something to tell of the events before `next`.
    pub(super) fn are_behind(&self, next: u64) -> bool {
        !self.active.is_empty() && self.told.event < next
    }

    /// Whether so little happened before `next` that it is looked through in no time.
    pub(super) const fn are_close(&self, next: u64) -> bool {
        next.saturating_sub(self.told.event) <= FEW_EVENTS
    }

    /// What is asked of them.
    pub(super) const METHODS: [&str; 2] = ["eth_subscribe", "eth_unsubscribe"];

    /// Answers one of [`Self::METHODS`]. Event `next` is the first that a new subscription is told of.
    ///
    /// # Errors
    /// What the caller is told.
    pub(super) fn answer(
        &mut self,
        method: &str,
        params: Option<Value>,
        next: u64,
    ) -> Result<Value, RpcError> {
        if method == "eth_subscribe" { self.subscribe(params, next) } else { self.unsubscribe(params) }
    }

    fn subscribe(&mut self, params: Option<Value>, next: u64) -> Result<Value, RpcError> {
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
        if self.active.is_empty() {
            self.told = Place::before(next);
        }
        self.last_id += 1;
        self.active.insert(self.last_id, Subscription { kind, first_event: next });
        Ok(shape::quantity(self.last_id))
    }

    fn unsubscribe(&mut self, params: Option<Value>) -> Result<Value, RpcError> {
        let id = Params::new(params)?.quantity(0, "subscription id")?;
        match self.active.remove(&id) {
            Some(_) => Ok(json!(true)),
            None => Err(RpcError::server("subscription not found")),
        }
    }

    /// The next notifications: [`PIECE_BYTES`] and the rest of the one that exceeds them, or all there are.
    ///
    /// # Errors
    /// [`Missed`]: there is a hole before them.
    pub(super) fn next_piece(&mut self, chain: &Chain) -> Result<Vec<String>, Missed> {
        let from = mem::replace(&mut self.told, Place::before(chain.next_event()));
        if chain.has_forgotten(from.event) {
            return Err(Missed);
        }
        let (mut texts, mut bytes) = (Vec::new(), 0);
        for (number, event) in chain.events_since(from.event) {
            let from = if number == from.event { from } else { Place::before(number) };
            // Written once for all subscriptions.
            let mut header = None;
            for (&id, subscription) in self.active.range(from.id..) {
                if number < subscription.first_event {
                    continue;
                }
                let mut place =
                    Place { event: number, id, results: if id == from.id { from.results } else { 0 } };
                for result in subscription.kind.results(chain, event, place.results, &mut header) {
                    if bytes >= PIECE_BYTES {
                        self.told = place;
                        return Ok(texts);
                    }
                    let text = notice(id, &result);
                    bytes += text.len();
                    texts.push(text);
                    place.results += 1;
                }
            }
        }
        Ok(texts)
    }
}

impl Kind {
    /// What an event has to say to a subscription from its result `first` on.
    fn results<'a>(
        &self,
        chain: &Chain,
        event: &'a Event,
        first: usize,
        header: &mut Option<String>,
    ) -> Box<dyn Iterator<Item = String> + 'a> {
        let only = match (self, event) {
            (Self::Logs(filter), Event::Block(block)) => {
                let logs = logs_of(block, filter).into_iter().skip(first);
                return Box::new(logs.map(|log| shape::text(&shape::log(&log))));
            }
            (Self::Logs(filter), Event::Removed(block)) => {
                let logs = logs_of(block, filter).into_iter().rev().skip(first);
                return Box::new(logs.map(|log| shape::text(&shape::removed_log(&log))));
            }
            (Self::Heads, Event::Block(block)) => {
                Some(header.get_or_insert_with(|| shape::text(&shape::header(block))).clone())
            }
            (Self::Transactions { whole: true }, Event::Accepted(hash)) => {
                accepted(chain, *hash).map(|transaction| transaction.to_string())
            }
            (Self::Transactions { whole: false }, Event::Accepted(hash)) => Some(json!(hash).to_string()),
            _ => None,
        };
        Box::new(only.into_iter().skip(first))
    }
}

/// A transaction as it was before its block; `None` when it is neither in a block nor waiting any more.
fn accepted(chain: &Chain, hash: B256) -> Option<Value> {
    let mined = chain.transaction(hash).map(|(_, _, included)| &included.transaction);
    mined.or_else(|| chain.waiting(hash)).map(shape::waiting)
}

fn notice(id: u64, result: &str) -> String {
    let start = r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"result":"#;
    format!(r#"{start}{result},"subscription":"{id:#x}"}}}}"#)
}
