//! Strict JSON objects.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::Malformed;

/// Reads the one object that `text` is. `T` refuses unknown fields, serde repeated ones.
pub(crate) fn read<'a, T: Deserialize<'a>>(what: &'static str, text: &'a str) -> Result<T, Malformed> {
    let malformed = Malformed::Not { what, wanted: "a JSON object with its fields, each once, and no other" };
    // serde would take a list of the fields' values for the object.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(malformed);
    }
    serde_json::from_str(text).map_err(|_| malformed)
}

/// A field whose `null` is a value like any other, and not as good as none: it is signed.
pub(crate) fn present<'a, D: Deserializer<'a>>(from: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// `value` without white space, in the order of its fields.
pub(crate) fn write(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("objects of texts and numbers are always written")
}

/// `value` as [`write()`] has it, for a place in another object.
pub(crate) fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("objects of texts and numbers are always written")
}
