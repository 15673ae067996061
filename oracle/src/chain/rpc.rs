//! Typed questions to the chain; which endpoint answers is the business of [`super::endpoints`].

use std::sync::atomic::Ordering;

use alloy::{
    primitives::{Address, B256, Bytes, U64, U128, U256},
    rpc::types::{FeeHistory, Log},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};

use super::{
    answer::decoded,
    endpoints::{Reach, Rpc},
    failure::{RpcFailure, malformed},
    header::{BlockRef, Header},
    logs::LogQuery,
    transactions::{CallRequest, Receipt},
};

/// Blocks whose tips are looked at.
const TIP_BLOCKS: u64 = 20;

impl Rpc {
    /// Calls any method; `null` is decoded like other values.
    ///
    /// # Errors
    /// [`RpcFailure`], sorted by what may help.
    pub async fn call<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R, RpcFailure> {
        let params = match serde_json::to_value(params) {
            Ok(Value::Null) => json!([]),
            Ok(params @ (Value::Array(_) | Value::Object(_))) => params,
            Ok(single) => json!([single]),
            Err(err) => return Err(malformed(method, err.to_string())),
        };
        self.value(method, params, Reach::First).await
    }

    async fn value<R: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        reach: Reach,
    ) -> Result<R, RpcFailure> {
        let read = |raw: &RawValue| decoded(raw).map(Some);
        let found = self.ask(method, params, reach, read).await?;
        found.map(|(value, _)| value).ok_or_else(|| malformed(method, "nothing".to_owned()))
    }

    /// The block with a number or a tag (`latest`, `finalized`); `None` when no endpoint that answers has that number.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn header(&self, block: impl Into<BlockRef>) -> Result<Option<Header>, RpcFailure> {
        Ok(self.header_from(block.into(), Reach::All).await?.map(|(header, _)| header))
    }

    /// As [`Rpc::header`], from the endpoints of `reach`; with the index of the one that answered.
    pub(super) async fn header_from(
        &self,
        block: BlockRef,
        reach: Reach,
    ) -> Result<Option<(Header, usize)>, RpcFailure> {
        let read = |raw: &RawValue| Header::read(raw, block, self.check_hashes);
        let params = json!([block.to_json(), false]);
        let Some((header, index)) = self.ask("eth_getBlockByNumber", params, reach, read).await? else {
            return Ok(None);
        };
        if matches!(block, BlockRef::Tag("latest")) {
            self.note_head(index, &header);
        }
        Ok(Some((header, index)))
    }

    /// The newest block.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn head(&self) -> Result<Header, RpcFailure> {
        self.head_from().await.map(|(header, _)| header)
    }

    pub(super) async fn head_from(&self) -> Result<(Header, usize), RpcFailure> {
        let found = self.header_from(BlockRef::Tag("latest"), Reach::All).await?;
        found.ok_or_else(|| malformed("eth_getBlockByNumber", "the newest block is missing".to_owned()))
    }

    /// Logs of a query, unsorted; each lies where it was asked for.
    ///
    /// # Errors
    /// [`RpcFailure::RangeTooLarge`] when nobody takes the range, else as [`Rpc::call`].
    pub async fn logs(&self, query: &LogQuery, reach: Reach) -> Result<Vec<Log>, RpcFailure> {
        let found = self.ask("eth_getLogs", json!([query.filter()]), reach, |raw| query.read(raw)).await?;
        Ok(found.map(|(logs, _)| logs).unwrap_or_default())
    }

    /// Runs a call at the newest block. `from` and `gas_price` are what the callee sees; a gas of `None` is the
    /// endpoint's choice.
    ///
    /// # Errors
    /// [`RpcFailure::Reverted`] with the data, else as [`Rpc::call`].
    pub async fn eth_call(&self, call: &CallRequest) -> Result<Bytes, RpcFailure> {
        self.value("eth_call", json!([call.to_json(), "latest"]), Reach::First).await
    }

    /// The account's next nonce at `latest` or `pending`; where several endpoints must agree, the highest that enough
    /// of them have seen used up.
    ///
    /// # Errors
    /// As [`Rpc::call`], and [`RpcFailure::Unagreed`].
    pub async fn nonce(&self, account: Address, tag: &'static str) -> Result<u64, RpcFailure> {
        let count: U64 = self.reached("eth_getTransactionCount", json!([account, tag])).await?;
        Ok(count.to())
    }

    /// Wei per gas that makers of blocks ask for beside the base fee: the endpoint's opinion, else the median of what
    /// the newest blocks took.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn tip_wei(&self) -> Result<u128, RpcFailure> {
        // Asking for a method that an endpoint does not have makes it pause: it is not asked for twice.
        if !self.lacks_tips.load(Ordering::Relaxed) {
            let opinion: Result<U128, _> =
                self.value("eth_maxPriorityFeePerGas", json!([]), Reach::First).await;
            match opinion {
                Ok(tip) => return Ok(tip.to()),
                Err(err) => tracing::debug!(%err, "the tip is taken from the newest blocks"),
            }
        }
        let params = json!([format!("{TIP_BLOCKS:#x}"), "latest", [50]]);
        let history: FeeHistory = self.value("eth_feeHistory", params, Reach::First).await?;
        self.lacks_tips.store(true, Ordering::Relaxed);
        let rewards = history.reward.unwrap_or_default();
        let mut tips: Vec<u128> = rewards.iter().filter_map(|block| block.first().copied()).collect();
        tips.sort_unstable();
        Ok(tips.get(tips.len() / 2).copied().unwrap_or(0))
    }

    /// Wei of an account; where several endpoints must agree, in the newest block that enough of them have.
    ///
    /// # Errors
    /// As [`Rpc::call`], and [`RpcFailure::Unagreed`].
    pub async fn balance(&self, account: Address) -> Result<U256, RpcFailure> {
        let block = match self.wants_agreement() {
            true => BlockRef::Number(self.agreed_head().await?.height()),
            false => BlockRef::Tag("latest"),
        };
        self.agreed_value("eth_getBalance", json!([account, block.to_json()])).await
    }

    /// The receipt; `None` while the transaction is not mined, as the endpoints of `reach` see it.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn receipt(&self, hash: B256, reach: Reach) -> Result<Option<Receipt>, RpcFailure> {
        let read = |raw: &RawValue| match decoded::<Option<Receipt>>(raw)? {
            Some(receipt) if receipt.transaction_hash != hash => {
                Err("a receipt of another transaction".to_owned())
            }
            found => Ok(found),
        };
        let found = self.ask("eth_getTransactionReceipt", json!([hash]), reach, read).await?;
        Ok(found.map(|(receipt, _)| receipt))
    }
}
