//! Signed transactions on their way to the chain's endpoints.
//!
//! What one endpoint says about a transaction is not the chain's word: it may lag, keep what it took to itself, or lie.
//! No transaction is harmed by being offered twice, so others are asked where one did not settle it.

use alloy::primitives::{B256, Bytes, keccak256};
use functions_rpc::{Fault, MAX_ANSWER_BYTES, Rejection};
use futures::future::join_all;
use serde_json::{json, value::RawValue};
use tokio::time::Instant;

use super::{Rpc, asking::PATIENCE, locked};
use crate::chain::{Reach, failure::RpcFailure, health::Rank};

const METHOD: &str = "eth_sendRawTransaction";

impl Rpc {
    /// Hands a signed transaction to the best endpoint; to all that are up when that one refuses it, or when `reach` is
    /// not [`Reach::First`]. Also when it is known already, or its nonce is used: by what, its receipt shows, which may
    /// be late.
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
            return known(first);
        }
        let now = Instant::now();
        let is_up = |index: &usize| locked(&self.endpoints[*index].health).rank(now) < Rank::Trial;
        let offers = (0..self.endpoints.len()).filter(is_up).map(async |index| {
            self.take_turn(index, now + PATIENCE).await
                && match self.attempt_as_known(index, METHOD, &params, &read, MAX_ANSWER_BYTES).await {
                    Ok(taken) => taken.is_some(),
                    Err(Fault::Rejected { why, .. }) => is_there(why),
                    Err(_) => false,
                }
        });
        if join_all(offers).await.contains(&true) { Ok(()) } else { known(first) }
    }
}

/// As far as the refusal tells, the chain may have the transaction.
const fn is_there(why: Rejection) -> bool {
    matches!(why, Rejection::AlreadyKnown | Rejection::NonceTooLow)
}

fn known(said: Result<(), RpcFailure>) -> Result<(), RpcFailure> {
    match said {
        Err(RpcFailure::Rejected { why, .. }) if is_there(why) => Ok(()),
        said => said,
    }
}
