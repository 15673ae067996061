//! Typed questions to the chain; which endpoint answers is the business of [`super::endpoints`].

use std::{ops::RangeInclusive, time::Duration};

use alloy::{
    consensus::EMPTY_ROOT_HASH,
    primitives::{Address, B256, Bloom, Bytes, U64, U256, keccak256},
    rpc::types::{Filter, Log},
};
use functions_rpc::Rejection;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};

use super::endpoints::{Reach, Rpc};

/// Longest pause of [`Backoff`].
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcFailure {
    /// Every endpoint was tried and none gave a usable answer. Retry later.
    #[error("no endpoint of {tried} answered {method}: {last}")]
    Unavailable {
        /// Endpoints configured.
        tried: usize,
        /// The JSON-RPC method.
        method: String,
        /// The last endpoint's trouble.
        last: String,
    },
    /// Every endpoint that serves us refuses the size of a log query. Ask for fewer blocks.
    #[error("the endpoint refuses the range: {0}")]
    RangeTooLarge(String),
    /// Execution reverted; the data is bounded to 4 096 bytes.
    #[error("execution reverted: {message}")]
    Reverted {
        /// The endpoint's words.
        message: String,
        /// Revert data, empty when not given.
        data: Bytes,
    },
    /// The chain's rules do not allow the transaction or call.
    #[error("{method} was rejected with code {code}: {message}")]
    Rejected {
        /// The JSON-RPC method.
        method: String,
        /// Which rule.
        why: Rejection,
        /// JSON-RPC error code.
        code: i64,
        /// The endpoint's words.
        message: String,
    },
    /// Every endpoint understood and said no. Not worth repeating unchanged.
    #[error("{method} was refused with code {code}: {message}")]
    Refused {
        /// The JSON-RPC method.
        method: String,
        /// JSON-RPC error code.
        code: i64,
        /// The endpoint's words.
        message: String,
    },
    /// Answers contradict each other or the contract's ABI. The endpoint is broken or hostile.
    #[error("{method} was answered with something else: {problem}")]
    Malformed {
        /// The JSON-RPC method.
        method: String,
        /// What did not fit.
        problem: String,
    },
}

impl RpcFailure {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Growing pauses between repeated attempts: 100 ms doubling to 10 s.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The pause before the next attempt.
    pub fn next_pause(&mut self) -> Duration {
        let pause = Duration::from_millis(100).saturating_mul(1 << self.failures.min(7));
        self.failures = self.failures.saturating_add(1);
        pause.min(MAX_PAUSE)
    }

    /// Starts over after a success.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The head of a block, as far as the node needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Block number.
    pub number: U64,
    /// Block hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Unix seconds.
    pub timestamp: U64,
    /// Wei per gas.
    pub base_fee_per_gas: Option<U256>,
    /// Filter over the emitters and topics of the block's logs.
    pub logs_bloom: Bloom,
    /// The block holds no transaction.
    pub is_empty: bool,
}

impl Header {
    /// The number as an integer.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.number.to()
    }

    /// Reads a block's JSON, `None` for `null`, which the newest block cannot be. It must have the number asked for and, when
    /// `check` is set, the hash that its fields make.
    pub(super) fn read(raw: &RawValue, block: BlockRef, check: bool) -> Result<Option<Self>, String> {
        let found: Option<alloy::rpc::types::Header> =
            serde_json::from_str(raw.get()).map_err(|err| format!("no block header: {err}"))?;
        let Some(header) = found else {
            return match block {
                BlockRef::Tag("latest") => Err("null in place of the newest block".to_owned()),
                _ => Ok(None),
            };
        };
        let fields = &header.inner;
        if let BlockRef::Number(number) = block
            && number != fields.number
        {
            return Err(format!("block {} in place of {number}", fields.number));
        }
        if check && fields.hash_slow() != header.hash {
            return Err(format!("block {} does not hash to {}", fields.number, header.hash));
        }
        Ok(Some(Self {
            number: U64::from(fields.number),
            hash: header.hash,
            parent_hash: fields.parent_hash,
            timestamp: U64::from(fields.timestamp),
            base_fee_per_gas: fields.base_fee_per_gas.map(U256::from),
            logs_bloom: fields.logs_bloom,
            is_empty: fields.transactions_root == EMPTY_ROOT_HASH,
        }))
    }
}

/// Result of a mined transaction.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Transaction hash.
    pub transaction_hash: B256,
    /// 1 for success.
    pub status: U64,
    /// Block number.
    pub block_number: U64,
    /// Block hash.
    pub block_hash: B256,
    /// Gas used.
    pub gas_used: U64,
    /// Wei per gas paid.
    #[serde(default)]
    pub effective_gas_price: U256,
    /// Events emitted.
    pub logs: Vec<Log>,
}

/// Blocks whose logs are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// From the first to the last, both included.
    Range(u64, u64),
    /// One block, by its hash: an endpoint that does not have it cannot answer with an empty list.
    Block(u64, B256),
}

impl Span {
    /// The numbers of its blocks.
    #[must_use]
    pub const fn blocks(self) -> RangeInclusive<u64> {
        match self {
            Self::Range(first, last) => first..=last,
            Self::Block(number, _) => number..=number,
        }
    }
}

/// A log query.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// Emitters.
    pub addresses: Vec<Address>,
    /// Accepted first topics.
    pub topics: Vec<B256>,
    /// Where.
    pub span: Span,
}

impl LogQuery {
    fn filter(&self) -> Filter {
        let filter = Filter::new().address(self.addresses.clone()).event_signature(self.topics.clone());
        match self.span {
            Span::Range(first, last) => filter.from_block(first).to_block(last),
            Span::Block(_, hash) => filter.at_block_hash(hash),
        }
    }

    /// Whether a header's filter says that the block may hold such logs. It never denies one that is there.
    #[must_use]
    pub fn may_be_in(&self, bloom: &Bloom) -> bool {
        let has = |bytes: &[u8]| bloom.contains_input(alloy::primitives::BloomInput::Raw(bytes));
        self.addresses.iter().any(|address| has(address.as_slice()))
            && self.topics.iter().any(|topic| has(topic.as_slice()))
    }

    /// Why a log is not one that was asked for.
    fn misfit(&self, log: &Log) -> Option<&'static str> {
        let (Some(number), Some(hash), Some(_), Some(_)) =
            (log.block_number, log.block_hash, log.transaction_hash, log.log_index)
        else {
            return Some("it lies in no block");
        };
        let inside = match self.span {
            Span::Range(first, last) => (first..=last).contains(&number),
            Span::Block(of, at) => number == of && hash == at,
        };
        if log.removed {
            return Some("it is marked as removed");
        }
        if !inside {
            return Some("it lies in another block");
        }
        let wanted = self.addresses.contains(&log.address())
            && log.topic0().is_some_and(|topic| self.topics.contains(topic));
        (!wanted).then_some("its emitter or topic was not asked for")
    }

    fn read(&self, raw: &RawValue) -> Result<Option<Vec<Log>>, String> {
        let logs: Vec<Log> = serde_json::from_str(raw.get()).map_err(|err| format!("no logs: {err}"))?;
        match logs.iter().find_map(|log| self.misfit(log)) {
            Some(problem) => Err(format!("a log does not fit: {problem}")),
            None => Ok(Some(logs)),
        }
    }
}

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
        let read = |raw: &RawValue| serde_json::from_str(raw.get()).map(Some).map_err(|err| err.to_string());
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

    /// Runs a call at the newest block. `from` and `gas_price` are what the callee sees; a gas of `None` is the endpoint's choice.
    ///
    /// # Errors
    /// [`RpcFailure::Reverted`] with the data, else as [`Rpc::call`].
    pub async fn eth_call(&self, call: &CallRequest) -> Result<Bytes, RpcFailure> {
        self.value("eth_call", json!([call.to_json(), "latest"]), Reach::First).await
    }

    /// The account's next nonce at `latest` or `pending`.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn nonce(&self, account: Address, tag: &'static str) -> Result<u64, RpcFailure> {
        let count: U64 = self.value("eth_getTransactionCount", json!([account, tag]), Reach::First).await?;
        Ok(count.to())
    }

    /// Wei of an account.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn balance(&self, account: Address) -> Result<U256, RpcFailure> {
        self.value("eth_getBalance", json!([account, "latest"]), Reach::First).await
    }

    /// The receipt; `None` while the transaction is not mined, as the endpoints of `reach` see it.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn receipt(&self, hash: B256, reach: Reach) -> Result<Option<Receipt>, RpcFailure> {
        let read = |raw: &RawValue| {
            let found: Option<Receipt> = serde_json::from_str(raw.get()).map_err(|err| err.to_string())?;
            match found {
                Some(receipt) if receipt.transaction_hash != hash => {
                    Err("a receipt of another transaction".to_owned())
                }
                found => Ok(found),
            }
        };
        let found = self.ask("eth_getTransactionReceipt", json!([hash]), reach, read).await?;
        Ok(found.map(|(receipt, _)| receipt))
    }

    /// Hands a signed transaction to the chain.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn send_raw(&self, raw: &Bytes) -> Result<B256, RpcFailure> {
        let expected = keccak256(raw);
        let read = |answer: &RawValue| match serde_json::from_str::<B256>(answer.get()) {
            Ok(hash) if hash == expected => Ok(Some(hash)),
            Ok(hash) => Err(format!("the hash {hash} of another transaction")),
            Err(err) => Err(err.to_string()),
        };
        let found = self.ask("eth_sendRawTransaction", json!([raw]), Reach::First, read).await?;
        Ok(found.map_or(expected, |(hash, _)| hash))
    }
}

pub(super) fn malformed(method: &str, problem: String) -> RpcFailure {
    RpcFailure::Malformed { method: method.to_owned(), problem }
}

/// A block by number or tag.
#[derive(Clone, Copy, Debug)]
pub enum BlockRef {
    /// By number.
    Number(u64),
    /// By tag.
    Tag(&'static str),
}

impl BlockRef {
    fn to_json(self) -> Value {
        match self {
            Self::Number(number) => json!(format!("{number:#x}")),
            Self::Tag(tag) => json!(tag),
        }
    }
}

impl From<u64> for BlockRef {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&'static str> for BlockRef {
    fn from(tag: &'static str) -> Self {
        Self::Tag(tag)
    }
}

/// What `eth_call` is asked.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// The caller the callee sees.
    pub from: Address,
    /// The callee.
    pub to: Address,
    /// Calldata.
    pub data: Bytes,
    /// Gas limit.
    pub gas: Option<u64>,
    /// Wei per gas the callee sees.
    pub gas_price_wei: Option<u128>,
}

impl CallRequest {
    fn to_json(&self) -> serde_json::Value {
        let mut call = json!({ "from": self.from, "to": self.to, "data": self.data });
        if let Some(gas) = self.gas {
            call["gas"] = json!(format!("{gas:#x}"));
        }
        if let Some(price) = self.gas_price_wei {
            call["gasPrice"] = json!(format!("{price:#x}"));
        }
        call
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::BloomInput;

    fn raw(value: &Value) -> Box<RawValue> {
        RawValue::from_string(value.to_string()).expect("JSON")
    }

    fn block() -> Value {
        let header = alloy::consensus::Header { number: 7, timestamp: 9, ..Default::default() };
        json!(alloy::rpc::types::Header::new(header))
    }

    #[test]
    fn headers_must_be_those_asked_for_and_hash_right() {
        let good = Header::read(&raw(&block()), BlockRef::Number(7), true).expect("valid").expect("there");
        assert_eq!((good.height(), good.timestamp.to::<u64>()), (7, 9));
        assert!(good.is_empty);
        assert!(
            Header::read(&raw(&block()), BlockRef::Number(8), true)
                .expect_err("another")
                .contains("in place of")
        );
        let mut forged = block();
        forged["timestamp"] = json!("0xa");
        assert!(
            Header::read(&raw(&forged), BlockRef::Number(7), true)
                .expect_err("forged")
                .contains("does not hash")
        );
        assert!(Header::read(&raw(&forged), BlockRef::Number(7), false).is_ok());
        assert_eq!(Header::read(&raw(&Value::Null), BlockRef::Number(7), true), Ok(None));
        assert!(Header::read(&raw(&Value::Null), BlockRef::Tag("latest"), true).is_err());
        for shape in [json!([]), json!("0x7"), json!({}), json!({"number": "0x7"}), json!(7)] {
            assert!(Header::read(&raw(&shape), BlockRef::Number(7), true).is_err(), "{shape}");
        }
    }

    #[test]
    fn logs_must_lie_where_they_were_asked_for() {
        let (emitter, topic) = (Address::repeat_byte(1), B256::repeat_byte(2));
        let at = B256::repeat_byte(3);
        let query = |span| LogQuery { addresses: vec![emitter], topics: vec![topic], span };
        let log = json!({
            "address": emitter, "topics": [topic], "data": "0x", "blockNumber": "0x5", "blockHash": at,
            "transactionHash": at, "transactionIndex": "0x0", "logIndex": "0x0", "removed": false,
        });
        let read =
            |span, log: &Value| query(span).read(&raw(&json!([log]))).map(|logs| logs.map_or(0, |l| l.len()));
        assert_eq!(read(Span::Range(5, 5), &log), Ok(1));
        assert_eq!(read(Span::Block(5, at), &log), Ok(1));
        assert!(read(Span::Range(6, 9), &log).is_err());
        assert!(read(Span::Block(5, B256::ZERO), &log).is_err());
        for (field, value) in [
            ("removed", json!(true)),
            ("blockNumber", Value::Null),
            ("blockHash", Value::Null),
            ("logIndex", Value::Null),
            ("topics", json!([])),
            ("address", json!(Address::ZERO)),
        ] {
            let mut changed = log.clone();
            changed[field] = value;
            assert!(read(Span::Range(5, 5), &changed).is_err(), "{field}");
        }
        for shape in [json!({}), Value::Null, json!("0x"), json!([7])] {
            assert!(query(Span::Range(5, 5)).read(&raw(&shape)).is_err(), "{shape}");
        }
    }

    #[test]
    fn blooms_never_deny_a_log_that_is_there() {
        let (emitter, topic) = (Address::repeat_byte(1), B256::repeat_byte(2));
        let query = LogQuery { addresses: vec![emitter], topics: vec![topic], span: Span::Range(0, 0) };
        let mut bloom = Bloom::default();
        assert!(!query.may_be_in(&bloom));
        bloom.accrue(BloomInput::Raw(emitter.as_slice()));
        assert!(!query.may_be_in(&bloom));
        bloom.accrue(BloomInput::Raw(topic.as_slice()));
        assert!(query.may_be_in(&bloom));
    }

    #[test]
    fn backoff_doubles_and_stops_at_ten_seconds() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..9).map(|_| backoff.next_pause().as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
        backoff.reset();
        assert_eq!(backoff.next_pause().as_millis(), 100);
    }
}
