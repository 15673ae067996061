//! Calls to the chain's endpoints: fail-over, time limits, and errors sorted by who can do something about them.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use alloy::{
    primitives::{Address, B256, Bytes, U64, U256},
    rpc::{
        client::RpcClient,
        json_rpc::{RpcRecv, RpcSend},
        types::{Filter, Log},
    },
    transports::{TransportError, TransportErrorKind},
};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::transport::BoundedHttp;

/// Time limit of one call.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest pause of [`Backoff`].
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcFailure {
    /// Every endpoint was tried and none gave an answer: connection, time limit, 5xx or rate limit. Retry later.
    #[error("no endpoint of {tried} answered {method}: {last}")]
    Unavailable {
        /// Endpoints tried.
        tried: usize,
        /// The JSON-RPC method.
        method: String,
        /// The last endpoint's trouble.
        last: String,
    },
    /// The endpoint refuses the size of a log query. Ask for fewer blocks.
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
    /// The endpoint understood and said no. Not worth repeating unchanged.
    #[error("{method} was refused with code {code}: {message}")]
    Refused {
        /// The JSON-RPC method.
        method: String,
        /// JSON-RPC error code.
        code: i64,
        /// The endpoint's words.
        message: String,
    },
    /// The answer is not what the method returns. The endpoint is broken or hostile.
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
#[derive(Debug, Default)]
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(default)]
    pub base_fee_per_gas: Option<U256>,
}

impl Header {
    /// The number as an integer.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.number.to()
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

/// The endpoints of one chain.
#[derive(Debug)]
pub struct Rpc {
    endpoints: Vec<RpcClient>,
    preferred: AtomicUsize,
}

impl Rpc {
    /// Prepares the endpoints; nothing is sent.
    ///
    /// # Errors
    /// When the HTTP client cannot be built, with the reason.
    pub fn new(urls: &[Url]) -> Result<Self, reqwest::Error> {
        let client = functions_trust::http_client()
            .timeout(CALL_TIMEOUT)
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let endpoints = urls
            .iter()
            .map(|url| RpcClient::new(BoundedHttp::new(client.clone(), url.clone()), true))
            .collect();
        Ok(Self { endpoints, preferred: AtomicUsize::new(0) })
    }

    /// Calls `method`, going to the next endpoint when one does not answer.
    ///
    /// # Errors
    /// [`RpcFailure`], sorted by what may help.
    pub async fn call<P: RpcSend + Clone, R: RpcRecv>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R, RpcFailure> {
        let total = self.endpoints.len();
        let first = self.preferred.load(Ordering::Relaxed);
        let mut last = String::from("no endpoint is configured");
        for step in 0..total {
            let index = (first + step) % total;
            let Some(endpoint) = self.endpoints.get(index) else { continue };
            match endpoint.request::<P, R>(method, params.clone()).await {
                Ok(answer) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(err) => match classify(method, err) {
                    RpcFailure::Unavailable { last: problem, .. } => last = problem,
                    other => return Err(other),
                },
            }
        }
        Err(RpcFailure::Unavailable { tried: total, method: method.to_owned(), last })
    }

    /// The chain id, checked by the caller against the configuration.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn chain_id(&self) -> Result<u64, RpcFailure> {
        self.call::<_, U64>("eth_chainId", ()).await.map(|id| id.to())
    }

    /// The block with a number or a tag (`latest`, `finalized`); `None` when the chain does not have it.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn header(&self, block: impl Into<BlockRef>) -> Result<Option<Header>, RpcFailure> {
        self.call("eth_getBlockByNumber", (block.into().0, false)).await
    }

    /// Logs matching `filter`.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn logs(&self, filter: &Filter) -> Result<Vec<Log>, RpcFailure> {
        self.call("eth_getLogs", (filter.clone(),)).await
    }

    /// Runs a call at the newest block. `from` and `gas_price` are what the callee sees; a gas of `None` is the endpoint's choice.
    ///
    /// # Errors
    /// [`RpcFailure::Reverted`] with the data, else as [`Rpc::call`].
    pub async fn eth_call(&self, call: &CallRequest) -> Result<Bytes, RpcFailure> {
        self.call("eth_call", (call.to_json(), "latest")).await
    }

    /// The account's next nonce at `latest` or `pending`.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn nonce(&self, account: Address, tag: &'static str) -> Result<u64, RpcFailure> {
        self.call::<_, U64>("eth_getTransactionCount", (account, tag)).await.map(|count| count.to())
    }

    /// The receipt, or `None` while the transaction is not mined.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn receipt(&self, hash: B256) -> Result<Option<Receipt>, RpcFailure> {
        self.call("eth_getTransactionReceipt", (hash,)).await
    }

    /// Hands a signed transaction to the chain.
    ///
    /// # Errors
    /// As [`Rpc::call`].
    pub async fn send_raw(&self, raw: &Bytes) -> Result<B256, RpcFailure> {
        self.call("eth_sendRawTransaction", (raw.clone(),)).await
    }
}

/// A block by number or tag, in JSON-RPC form.
#[derive(Clone, Debug)]
pub struct BlockRef(serde_json::Value);

impl From<u64> for BlockRef {
    fn from(number: u64) -> Self {
        Self(json!(format!("{number:#x}")))
    }
}

impl From<&'static str> for BlockRef {
    fn from(tag: &'static str) -> Self {
        Self(json!(tag))
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

/// Sorts a transport error by what may help.
fn classify(method: &str, err: TransportError) -> RpcFailure {
    let unavailable = |last: String| RpcFailure::Unavailable { tried: 1, method: method.to_owned(), last };
    match err {
        TransportError::ErrorResp(payload) => {
            let message = clip(payload.message.as_ref());
            let lower = message.to_ascii_lowercase();
            if payload.code == 3 || lower.contains("revert") {
                let data = payload.data.as_ref().and_then(|raw| revert_data(raw.get())).unwrap_or_default();
                return RpcFailure::Reverted { message, data };
            }
            let range_words =
                ["range", "too many", "limit exceeded", "more than", "too large", "block count"];
            if method == "eth_getLogs" && range_words.iter().any(|word| lower.contains(word)) {
                return RpcFailure::RangeTooLarge(message);
            }
            // -32005 is "limit exceeded", -32603 internal, -32097/-32016/429 rate limits of hosted endpoints.
            if matches!(payload.code, -32005 | -32603 | -32097 | -32016 | 429) || lower.contains("rate limit")
            {
                return unavailable(message);
            }
            RpcFailure::Refused { method: method.to_owned(), code: payload.code, message }
        }
        TransportError::Transport(TransportErrorKind::HttpError(http)) => {
            let retry = http.status >= 500 || http.status == 429 || http.status == 408;
            let message = format!("HTTP status {}: {}", http.status, clip(&http.body));
            if retry {
                unavailable(message)
            } else {
                RpcFailure::Refused { method: method.to_owned(), code: i64::from(http.status), message }
            }
        }
        TransportError::Transport(other) => unavailable(clip(&source_text(&other))),
        TransportError::DeserError { err, .. } => {
            RpcFailure::Malformed { method: method.to_owned(), problem: err.to_string() }
        }
        other => RpcFailure::Malformed { method: method.to_owned(), problem: clip(&other.to_string()) },
    }
}

/// The error with its causes, so that "connection refused" is not hidden behind "error sending request".
fn source_text(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut source = err.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

fn clip(text: &str) -> String {
    text.chars().take(512).collect()
}

/// Revert data is a hex string, or an object that holds one under `data`.
fn revert_data(raw: &str) -> Option<Bytes> {
    let value: serde_json::Value = serde_json::from_str(raw).ok()?;
    let text = value.as_str().or_else(|| value.get("data")?.as_str())?;
    let digits = text.strip_prefix("0x")?;
    let bounded = digits.get(..digits.len().min(8_192))?;
    hex::decode(bounded).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::rpc::json_rpc::ErrorPayload;
    use std::borrow::Cow;

    fn error(code: i64, message: &'static str, data: Option<&str>) -> TransportError {
        let data = data.map(|raw| serde_json::value::RawValue::from_string(raw.to_owned()).expect("JSON"));
        TransportError::ErrorResp(ErrorPayload { code, message: Cow::Borrowed(message), data })
    }

    #[test]
    fn classify_sorts_by_remedy() {
        assert!(matches!(
            classify("eth_getLogs", error(-32000, "block range is too wide", None)),
            RpcFailure::RangeTooLarge(_)
        ));
        assert!(matches!(
            classify("eth_getLogs", error(-32005, "query returned more than 10000 results", None)),
            RpcFailure::RangeTooLarge(_)
        ));
        assert!(classify("eth_call", error(-32005, "slow down", None)).is_transient());
        assert!(classify("eth_call", TransportErrorKind::http_error(503, "busy".into())).is_transient());
        assert!(classify("eth_call", TransportErrorKind::http_error(429, "busy".into())).is_transient());
        assert!(!classify("eth_call", TransportErrorKind::http_error(401, "key".into())).is_transient());
        assert!(matches!(
            classify("eth_call", error(-32601, "unknown method", None)),
            RpcFailure::Refused { code: -32601, .. }
        ));
        let reverted = classify("eth_call", error(3, "execution reverted", Some("\"0x08c379a0\"")));
        assert!(
            matches!(reverted, RpcFailure::Reverted { data, .. } if data.as_ref() == [0x08, 0xc3, 0x79, 0xa0])
        );
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
