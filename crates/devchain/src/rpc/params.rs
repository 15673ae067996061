//! Positional parameters of a request.

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::U256,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::RpcError;

/// The parameters. Missing ones and `null` are the same.
#[derive(Debug)]
pub(crate) struct Params(Vec<Value>);

impl Params {
    /// Takes the `params` member of a request.
    pub(crate) fn new(params: Option<Value>) -> Result<Self, RpcError> {
        match params {
            None | Some(Value::Null) => Ok(Self(Vec::new())),
            Some(Value::Array(values)) => Ok(Self(values)),
            Some(_) => Err(RpcError::params("params must be an array")),
        }
    }

    /// A parameter that must be there. `name` is for the error.
    pub(crate) fn get<T: DeserializeOwned>(&mut self, index: usize, name: &str) -> Result<T, RpcError> {
        self.optional(index, name)?
            .ok_or_else(|| RpcError::params(format!("missing value for required argument {index} ({name})")))
    }

    /// A parameter that may be missing.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        index: usize,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        let value = self.0.get_mut(index).map(Value::take).unwrap_or_default();
        serde_json::from_value(value)
            .map_err(|error| RpcError::params(format!("invalid argument {index} ({name}): {error}")))
    }

    /// A whole number given as hex or decimal, as text or as a number.
    pub(crate) fn quantity(&mut self, index: usize, name: &str) -> Result<u64, RpcError> {
        let value: U256 = self.get(index, name)?;
        u64::try_from(value).map_err(|_| RpcError::params(format!("argument {index} ({name}) is too large")))
    }

    /// A block, the newest when missing.
    pub(crate) fn block(&mut self, index: usize) -> Result<BlockId, RpcError> {
        Ok(self.optional(index, "block")?.unwrap_or(BlockId::Number(BlockNumberOrTag::Latest)))
    }
}
