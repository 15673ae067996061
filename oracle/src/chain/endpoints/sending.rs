//! Signed transactions on their way to the chain's endpoints.
//!
//! What one endpoint says about a transaction is not the chain's word: it may lag, keep what it took to itself, or lie.
//! No transaction is harmed by being offered twice, so others are asked where one did not settle it.

use alloy::primitives::{B256, Bytes, keccak256};
use functions_rpc::{MAX_ANSWER_BYTES, Rejection};
use futures::future::join_all;
use serde_json::{json, value::RawValue};
use tokio::time::Instant;

use super::{
    Rpc,
    asking::{PATIENCE, verdict},
    locked,
};
use crate::chain::{Reach, failure::RpcFailure, health::Rank};

const METHOD: &str = "eth_sendRawTransaction";

impl Rpc {
    /// Hands a signed transaction to the best endpoint; to all that are up when that one refuses it, or when `reach` is
    /// not [`Reach::First`].
    ///
    /// # Errors
    /// As [`Rpc::call`], when none took it: what the best one said.
    pub async fn send_raw(&self, raw: &Bytes, reach: Reach) -> Result<(), RpcFailure> {
        let expected = keccak256(raw);
        let read = |answer: &RawValue| match serde_json::from_str::<B256>(answer.get()) {
            Ok(hash) if hash == expected => Ok(Some(())),
            Ok(hash) => Err(format!("the hash {hash} of another transaction")),
            Err(err) => Err(err.to_string()),
        };
        let params = json!([raw]);
        let first = self.ask(METHOD, params.clone(), Reach::First, read).await.map(|_| ());
        let is_settled = match &first {
            Ok(()) => reach == Reach::First,
            Err(RpcFailure::Rejected { .. } | RpcFailure::Reverted { .. }) => false,
            // Everybody was asked.
            Err(_) => true,
        };
        if is_settled || !self.has_others() {
            return first;
        }
        let now = Instant::now();
        let is_up = |index: &usize| locked(&self.endpoints[*index].health).rank(now) < Rank::Trial;
        let offers = (0..self.endpoints.len()).filter(is_up).map(async |index| {
            if !self.take_turn(index, now + PATIENCE).await {
                return None;
            }
            match self.attempt_as_known(index, METHOD, &params, &read, MAX_ANSWER_BYTES).await {
                Ok(taken) => taken.map(Ok),
                Err(fault) => verdict(METHOD, &fault).map(Err),
            }
        });
        let said = join_all(offers).await.into_iter().flatten();
        [first].into_iter().chain(said).min_by_key(settles).expect("the first is among them")
    }
}

/// What is believed first where endpoints say different things: that one has it.
const fn settles(said: &Result<(), RpcFailure>) -> u8 {
    match said {
        Ok(()) => 0,
        Err(RpcFailure::Rejected { why: Rejection::AlreadyKnown, .. }) => 1,
        Err(RpcFailure::Rejected { why: Rejection::NonceTooLow, .. }) => 2,
        Err(_) => 3,
    }
}
