//! Errors as JSON-RPC shows them, with the codes and words clients look for.

use alloy::{
    primitives::Bytes,
    sol_types::{Revert, SolError},
};
use serde_json::{Value, json};

use crate::{
    chain::{CallFailure, LogError, SimulateError, SubmitError, TraceError},
    evm::{TransactError, words},
    transaction::DecodeError,
};

/// The message is not JSON.
pub(crate) const PARSE: i64 = -32_700;
/// The JSON is not a request.
pub(crate) const INVALID_REQUEST: i64 = -32_600;
/// There is no such method, or not here.
pub(crate) const METHOD_NOT_FOUND: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;
const INTERNAL: i64 = -32_603;
const SERVER: i64 = -32_000;
const LIMIT: i64 = -32_005;
const UNMINED: i64 = 4;
/// Execution reverted; `data` is the revert data.
const REVERT: i64 = 3;

/// An error answer.
#[derive(Clone, Debug)]
pub struct RpcError {
    /// JSON-RPC code.
    pub code: i64,
    /// What happened.
    pub message: String,
    /// Revert data, or the hash of a transaction that was not mined in time.
    pub data: Option<Bytes>,
    /// An earlier nonce may still arrive: worth another try within a second.
    pub(crate) may_heal: bool,
}

impl RpcError {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None, may_heal: false }
    }

    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(SERVER, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(INTERNAL, message)
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(LIMIT, message)
    }

    pub(crate) fn method(name: &str) -> Self {
        let name: String = name.chars().take(64).collect();
        Self::new(METHOD_NOT_FOUND, format!("the method {name} does not exist/is not available"))
    }

    /// A transaction was accepted, but no block had it in time. `data` is its hash.
    pub(crate) fn unmined(hash: &Value, patience: std::time::Duration) -> Self {
        let message =
            format!("the transaction was accepted, but is in no block after {} ms", patience.as_millis());
        let data = hash.as_str().and_then(|hash| hash.parse().ok());
        Self { data, ..Self::new(UNMINED, message) }
    }

    pub(crate) fn unknown_block() -> Self {
        Self::server("header not found")
    }

    /// The `error` member of an answer.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = json!(data);
        }
        error
    }
}

impl From<SubmitError> for RpcError {
    fn from(error: SubmitError) -> Self {
        let may_heal = matches!(error, SubmitError::Rejected(TransactError::NonceTooHigh { .. }));
        Self { may_heal, ..Self::server(error.to_string()) }
    }
}

impl From<DecodeError> for RpcError {
    fn from(error: DecodeError) -> Self {
        Self::server(error.to_string())
    }
}

impl From<LogError> for RpcError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::TooMany => Self::limit(error.to_string()),
            LogError::UnknownBlock(_) => Self::server(error.to_string()),
        }
    }
}

impl From<SimulateError> for RpcError {
    fn from(error: SimulateError) -> Self {
        match error {
            SimulateError::Failed(failure) => failure.into(),
            SimulateError::Override(message) => Self::params(message),
            other => Self::server(other.to_string()),
        }
    }
}

impl From<TraceError> for RpcError {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::Refused(error) => error.into(),
            TraceError::TooLarge | TraceError::TooMany => Self::limit(error.to_string()),
            other => Self::server(other.to_string()),
        }
    }
}

impl From<CallFailure> for RpcError {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Revert(data) => {
                // Only `Error(string)` has a text of its own.
                let message = match Revert::abi_decode(&data) {
                    Ok(revert) => format!("execution reverted: {}", revert.reason),
                    Err(_) => "execution reverted".to_owned(),
                };
                Self { data: Some(data), ..Self::new(REVERT, message) }
            }
            CallFailure::Halt(reason) => Self::server(words::of_halt(&reason)),
        }
    }
}
