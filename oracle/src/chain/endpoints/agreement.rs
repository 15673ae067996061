//! Questions that one endpoint's word does not answer: endpoints are asked side by side ([`super::opinions`]) until
//! enough agree ([`crate::chain::agree`]).
//!
//! What is agreed so: logs, the headers they lie under, the newest and the final block and the price of gas in it, the
//! route and the digest of the configuration, what an account has, and what a report would do. Tips and the receipts of
//! a node's own transactions are not: a lie there costs time or gas, and never changes what is said. With an agreement
//! of 1 everything here is one question to the best endpoint.

use std::hash::Hash;

use alloy::{
    primitives::{Address, Bytes},
    rpc::types::Log,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json, value::RawValue};

use super::{Reach, Rpc};
use crate::chain::{
    agree::{self, Opinion},
    answer::decoded,
    failure::{RpcFailure, malformed},
    header::{BlockRef, Header},
    logs::LogQuery,
    transactions::CallRequest,
};

impl Rpc {
    /// How many endpoints must say the same; 1 unless set otherwise.
    #[must_use]
    pub fn agreeing(mut self, agree: usize) -> Self {
        self.agree = agree.max(1);
        self
    }

    /// Whether one endpoint's word is not enough.
    pub(in crate::chain) const fn wants_agreement(&self) -> bool {
        self.agree > 1
    }

    /// The newest block that enough endpoints have, and the endpoint that showed it when one is enough.
    pub(in crate::chain) async fn agreed_head_from(&self) -> Result<(Header, Option<usize>), RpcFailure> {
        if !self.wants_agreement() {
            return self.head_from().await.map(|(head, source)| (head, Some(source)));
        }
        let latest = BlockRef::Tag("latest");
        let read = |raw: &RawValue| Header::read(raw, latest, self.check_hashes);
        let decide = |heads: &[Opinion<Header>], _| {
            let (index, head) = heads.last()?;
            self.note_head(*index, head);
            let heights: Vec<_> = heads.iter().map(|(index, head)| (*index, Some(head.height()))).collect();
            let height = agree::reached(self.agree, &heights).flatten()?;
            let there = heads.iter().filter(|(_, head)| head.height() == height);
            let there: Vec<_> = there.map(|(index, head)| (*index, vec![head.clone()])).collect();
            let agreed = agree::judge(self.agree, &there, Header::height);
            Some((height, agreed.and_then(|mut agreed| agreed.things.pop())))
        };
        let method = "eth_getBlockByNumber";
        let params = json!([latest.to_json(), false]);
        let head = match self.opinions(method, params, read, decide).await? {
            (_, Some(head)) => head,
            // Their newest blocks are not the same one; of the lower all have something to say.
            (height, None) => self
                .agreed_header(height)
                .await?
                .ok_or_else(|| malformed(method, format!("block {height} is gone again")))?,
        };
        Ok((head, None))
    }

    /// The newest block that enough endpoints have.
    ///
    /// # Errors
    /// As [`Rpc::call`], and [`RpcFailure::Unagreed`].
    pub async fn agreed_head(&self) -> Result<Header, RpcFailure> {
        self.agreed_head_from().await.map(|(head, _)| head)
    }

    /// The block at `number`; `None` when those asked do not have it.
    pub(in crate::chain) async fn agreed_header(&self, number: u64) -> Result<Option<Header>, RpcFailure> {
        if !self.wants_agreement() {
            return self.header(number).await;
        }
        let block = BlockRef::Number(number);
        let read = |raw: &RawValue| {
            let found = Header::read(raw, block, self.check_hashes)?;
            Ok(Some(found.into_iter().collect::<Vec<_>>()))
        };
        let params = json!([block.to_json(), false]);
        Ok(self.agreed("eth_getBlockByNumber", params, read, Header::height).await?.pop())
    }

    /// The newest block that enough endpoints hold for final by `tag`; `None` when as many do not know the tag.
    pub(in crate::chain) async fn agreed_final(&self, tag: &'static str) -> Result<Option<u64>, RpcFailure> {
        if !self.wants_agreement() {
            return Ok(self.header(tag).await?.map(|block| block.height()));
        }
        let block = BlockRef::Tag(tag);
        let read = |raw: &RawValue| {
            Ok(Some(Header::read(raw, block, self.check_hashes)?.map(|header| header.height())))
        };
        self.opinions("eth_getBlockByNumber", json!([block.to_json(), false]), read, |heights, _| {
            agree::reached(self.agree, heights)
        })
        .await
    }

    /// Logs of a query, unsorted, each of which enough endpoints show alike, to the last byte. Where one endpoint is
    /// enough it is one of `reach`; otherwise the times of their blocks are left out, which not every endpoint tells.
    pub(in crate::chain) async fn agreed_logs(
        &self,
        query: &LogQuery,
        reach: Reach,
    ) -> Result<Vec<Log>, RpcFailure> {
        if !self.wants_agreement() {
            return self.logs(query, reach).await;
        }
        let read = |raw: &RawValue| {
            let plain = |log| Log { block_timestamp: None, transaction_index: None, ..log };
            Ok(query.read(raw)?.map(|logs| logs.into_iter().map(plain).collect::<Vec<_>>()))
        };
        let slot = |log: &Log| (log.block_hash, log.log_index);
        self.agreed("eth_getLogs", json!([query.filter()]), read, slot).await
    }

    /// The amount that enough endpoints tell alike, or, when all that answer differ, the highest that enough of them
    /// have reached: their newest blocks may be different ones.
    pub(crate) async fn reached<T: DeserializeOwned + Ord + Copy>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, RpcFailure> {
        if !self.wants_agreement() {
            return self.call(method, params).await;
        }
        let read = |raw: &RawValue| decoded::<T>(raw).map(|amount| Some(Some(amount)));
        let decide = |amounts: &[Opinion<Option<T>>], is_all: bool| {
            agree::alike(self.agree, amounts)
                .or_else(|| is_all.then(|| agree::reached(self.agree, amounts)).flatten())
                .flatten()
        };
        self.opinions(method, params, read, decide).await
    }

    /// A value that enough endpoints give alike.
    pub(crate) async fn agreed_value<T: DeserializeOwned + Clone + Eq + Hash>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, RpcFailure> {
        if !self.wants_agreement() {
            return self.call(method, params).await;
        }
        let read = |raw: &RawValue| decoded::<T>(raw).map(|value| Some(vec![value]));
        let value = self.agreed(method, params, read, |_| ()).await?.pop();
        value.ok_or_else(|| malformed(method, "nothing".to_owned()))
    }

    /// The code at an address, which enough endpoints show alike.
    pub(crate) async fn agreed_code(&self, at: Address) -> Result<Bytes, RpcFailure> {
        self.agreed_value("eth_getCode", json!([at, "latest"])).await
    }

    /// A call's answer that enough endpoints give alike.
    pub(in crate::chain) async fn agreed_call(&self, call: &CallRequest) -> Result<Bytes, RpcFailure> {
        self.agreed_answer(call, |answer| answer).await
    }

    /// What is read in a call's answer, when enough endpoints give answers in which the same is read.
    pub(crate) async fn agreed_answer<T: Clone + Eq + Hash>(
        &self,
        call: &CallRequest,
        what: impl Fn(Bytes) -> T,
    ) -> Result<T, RpcFailure> {
        if !self.wants_agreement() {
            return self.eth_call(call).await.map(what);
        }
        let read = |raw: &RawValue| decoded(raw).map(|answer| Some(vec![what(answer)]));
        let params = json!([call.to_json(), "latest"]);
        let answer = self.agreed("eth_call", params, read, |_| ()).await?.pop();
        answer.ok_or_else(|| malformed("eth_call", "nothing".to_owned()))
    }
}
