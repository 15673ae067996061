//! What an endpoint answered, read.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// An answer as what it should be, or why it is not.
pub(super) fn decoded<T: DeserializeOwned>(raw: &RawValue) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|err| err.to_string())
}
