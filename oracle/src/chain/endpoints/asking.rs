//! One question, until an endpoint gave an answer: whom it goes to next, how often, and what it came to when nobody
//! did.

use std::time::Duration;

use functions_rpc::{Fault, MAX_ANSWER_BYTES};
use serde_json::{Value, value::RawValue};
use tokio::time::{Instant, sleep_until};

use super::{Reach, Rpc, locked};
use crate::chain::{failure::RpcFailure, health::Rank};

/// How long a question waits for endpoints that pause, all in all.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What one question has met so far.
pub(super) struct Asked {
    tries: Vec<u8>,
    /// By endpoint: it is not asked again.
    pub(super) done: Vec<bool>,
    absent: bool,
    unclear: Vec<(usize, Fault)>,
    wide: Option<String>,
    /// The latest fault that is the endpoint's own.
    trouble: Option<String>,
}

impl Rpc {
    /// Asks until an endpoint gave what `read` takes; `None` when those reached do not have it. The index says who
    /// answered.
    ///
    /// # Errors
    /// [`RpcFailure`], sorted by what may help.
    pub(in crate::chain) async fn ask<T>(
        &self,
        method: &'static str,
        params: Value,
        reach: Reach,
        read: impl Fn(&RawValue) -> Result<Option<T>, String>,
    ) -> Result<Option<(T, usize)>, RpcFailure> {
        let mut asked = Asked::nobody(self.endpoints.len());
        let deadline = Instant::now() + PATIENCE;
        while let Some((index, rank)) = self.pick(&asked.done, reach) {
            if let Rank::Pausing(until) = rank {
                if until > deadline {
                    break;
                }
                // Meanwhile another may have recovered, or the pause have grown.
                sleep_until(until).await;
                continue;
            }
            if !self.take_turn(index, deadline).await {
                break;
            }
            let begun = Instant::now();
            match self.attempt_as_known(index, method, &params, &read, MAX_ANSWER_BYTES).await {
                Ok(Some(value)) => {
                    self.blame_unclear(&asked, begun);
                    return Ok(Some((value, index)));
                }
                Ok(None) => {
                    asked.lacks(index);
                    if reach == Reach::First {
                        break;
                    }
                }
                Err(fault) => {
                    if let Some(verdict) = verdict(method, &fault) {
                        return Err(verdict);
                    }
                    asked.note(index, fault);
                }
            }
        }
        asked.conclude(method, self.known_trouble())
    }

    /// One question to one endpoint, which first shows that it serves our chain where that is not known.
    pub(super) async fn attempt_as_known<T>(
        &self,
        index: usize,
        method: &'static str,
        params: &Value,
        read: &impl Fn(&RawValue) -> Result<Option<T>, String>,
        most_bytes: usize,
    ) -> Result<Option<T>, Fault> {
        self.ensure_identity(index).await?;
        self.attempt(index, method, params, read, most_bytes, false).await
    }

    /// Another endpoint took the question at `begun`: whoever did not understand it is at fault.
    pub(super) fn blame_unclear(&self, asked: &Asked, begun: Instant) {
        for (index, fault) in &asked.unclear {
            self.failed(*index, fault, begun);
        }
    }

    /// The trouble of an endpoint that pauses.
    pub(super) fn known_trouble(&self) -> String {
        self.view().into_iter().find_map(|view| view.last_error).unwrap_or_default()
    }

    /// Waits for a turn at an endpoint that is asked at a learned rate; false when it would come too late.
    pub(super) async fn take_turn(&self, index: usize, deadline: Instant) -> bool {
        let Some(endpoint) = self.endpoints.get(index) else { return false };
        let now = Instant::now();
        let turn = {
            let mut health = locked(&endpoint.health);
            match health.rank(now) {
                Rank::Queued(turn) if turn > deadline => return false,
                _ => health.book(now),
            }
        };
        sleep_until(turn).await;
        true
    }

    /// The best endpoint not done with, in the order of `reach`.
    pub(super) fn pick(&self, done: &[bool], reach: Reach) -> Option<(usize, Rank)> {
        let now = Instant::now();
        let ranked = self
            .endpoints
            .iter()
            .enumerate()
            .filter(|(index, _)| !done[*index])
            .map(|(index, endpoint)| (index, locked(&endpoint.health).rank(now)));
        if reach == Reach::Second {
            ranked.rev().min_by_key(|(_, rank)| *rank)
        } else {
            ranked.min_by_key(|(_, rank)| *rank)
        }
    }
}

impl Asked {
    /// Of `count` endpoints.
    pub(super) fn nobody(count: usize) -> Self {
        Self {
            tries: vec![0; count],
            done: vec![false; count],
            absent: false,
            unclear: Vec::new(),
            wide: None,
            trouble: None,
        }
    }

    /// An endpoint does not have it.
    pub(super) fn lacks(&mut self, index: usize) {
        self.absent = true;
        self.done[index] = true;
    }

    /// How often an endpoint is asked one question depends on its fault.
    pub(super) fn note(&mut self, index: usize, fault: Fault) {
        self.tries[index] += 1;
        let most = match &fault {
            Fault::Busy { .. } | Fault::Unreachable(_) => 5,
            Fault::Broken(_) => 3,
            Fault::Silent(_) => 2,
            _ => 1,
        };
        self.done[index] = self.tries[index] >= most;
        match fault {
            Fault::Unclear { .. } => self.unclear.push((index, fault)),
            Fault::TooWide(words) => self.wide = Some(words),
            other => self.trouble = Some(other.to_string()),
        }
    }

    /// What the question came to when no endpoint gave the answer; `known` is the trouble of those that pause.
    pub(super) fn conclude<T>(
        mut self,
        method: &'static str,
        known: String,
    ) -> Result<Option<T>, RpcFailure> {
        if self.absent {
            return Ok(None);
        }
        if let Some(words) = self.wide {
            return Err(RpcFailure::RangeTooLarge(words));
        }
        // Everybody who was asked answered, and nobody took it: the question is at fault.
        if let (None, Some((_, Fault::Unclear { code, text }))) = (&self.trouble, self.unclear.pop()) {
            return Err(RpcFailure::Refused { method: method.to_owned(), code, message: text });
        }
        let tried = self.done.len();
        Err(RpcFailure::Unavailable { tried, method: method.to_owned(), last: self.trouble.unwrap_or(known) })
    }
}

/// The chain's word, where the endpoint is believed.
pub(super) fn verdict(method: &str, fault: &Fault) -> Option<RpcFailure> {
    match fault {
        Fault::Reverted { text, data } => {
            Some(RpcFailure::Reverted { message: text.clone(), data: data.clone().into() })
        }
        Fault::Rejected { why, code, text } => Some(RpcFailure::Rejected {
            method: method.to_owned(),
            why: *why,
            code: *code,
            message: text.clone(),
        }),
        _ => None,
    }
}
