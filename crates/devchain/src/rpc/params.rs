//! Positional parameters of a request.

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::U256,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::RpcError;

/// Most of a wrong value that is shown, in characters.
const MAX_SHOWN: usize = 80;

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
        serde_json::from_value(value).map_err(|error| {
            RpcError::params(format!("invalid argument {index} ({name}): {}", words(&error)))
        })
    }

    /// A whole number given as hex or decimal, as text or as a number.
    pub(crate) fn number(&mut self, index: usize, name: &str) -> Result<U256, RpcError> {
        number(self.get(index, name)?, &format!("argument {index} ({name})"))
    }

    /// [`Self::number`] of 64 bits.
    pub(crate) fn quantity(&mut self, index: usize, name: &str) -> Result<u64, RpcError> {
        quantity(self.get(index, name)?, &format!("argument {index} ({name})"))
    }

    /// A block, the newest when missing.
    pub(crate) fn block(&mut self, index: usize) -> Result<BlockId, RpcError> {
        Ok(self.optional(index, "block")?.unwrap_or(BlockId::Number(BlockNumberOrTag::Latest)))
    }
}

/// The whole number in `value`, which `what` names in the error.
pub(super) fn number(value: Value, what: &str) -> Result<U256, RpcError> {
    let shown = shown(&value);
    // The library takes nothing for zero.
    let is_too_long = value.as_str().is_some_and(is_beyond_a_word);
    let number = Some(value).filter(|value| value.as_str() != Some("")).map(serde_json::from_value);
    if is_too_long {
        return Err(RpcError::params(format!("invalid {what}: {shown} is longer than a word of 32 bytes")));
    }
    number.and_then(Result::ok).ok_or_else(|| {
        RpcError::params(format!(
            "invalid {what}: {shown} is no whole number from 0 on; write 60, \"60\" or \"0x3c\", and as text what is above 2^64 - 1"
        ))
    })
}

/// Whether a text is a whole number that 32 bytes do not hold, zeros in front included.
fn is_beyond_a_word(text: &str) -> bool {
    match text.strip_prefix("0x") {
        Some(digits) => digits.len() > 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => {
            text.len() > 77
                && text.bytes().all(|digit| digit.is_ascii_digit())
                && text.parse::<U256>().is_err()
        }
    }
}

/// [`number`] of 64 bits.
pub(super) fn quantity(value: Value, what: &str) -> Result<u64, RpcError> {
    let shown = shown(&value);
    u64::try_from(number(value, what)?)
        .map_err(|_| RpcError::params(format!("invalid {what}: {shown} is too large, at most 2^64 - 1 fits")))
}

/// The start of a value.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What the parser says, without its name of a quantity when a number was given that is none.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let given = ["invalid type: integer `", "invalid type: floating point `"]
        .into_iter()
        .find_map(|start| text.strip_prefix(start)?.split_once('`'));
    match given {
        Some((number, _)) => {
            format!("{number} cannot stand here; write 0x and hexadecimal digits, without sign or fraction")
        }
        None => text,
    }
}
