//! Strict JSON objects and base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Malformed;

/// Reads the one object that `text` is, of at most `limit` bytes. `T` refuses unknown fields, serde repeated ones.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    what: &'static str,
    text: &'a [u8],
    limit: usize,
) -> Result<T, Malformed> {
    Malformed::bound(what, text.len(), limit)?;
    let malformed = Malformed::Not { what, wanted: "a JSON object with its fields, each once, and no other" };
    // serde would take a list of the fields' values for the object. Its own errors may quote a secret.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(malformed);
    }
    serde_json::from_slice(text).map_err(|_| malformed)
}

/// Writes an object, without white space, in the order of its fields.
pub(crate) fn write<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("an object of texts and numbers is always written")
}

/// Writes an object of at most `most` bytes that holds a secret: the text never moves, so no copy is left behind.
pub(crate) fn write_secret<T: Serialize>(value: &T, most: usize) -> Zeroizing<String> {
    let mut text = Zeroizing::new(Vec::with_capacity(most));
    serde_json::to_writer(&mut *text, value).expect("an object of texts and numbers is always written");
    debug_assert!(text.len() <= most, "{} > {most}", text.len());
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *text)).expect("JSON is UTF-8"))
}

/// The bytes that base64, with padding, stands for.
pub(crate) fn bytes(what: &'static str, text: &str) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    let decoded = STANDARD.decode(text);
    decoded.map(Zeroizing::new).map_err(|_| Malformed::Not { what, wanted: "base64 with padding" })
}

/// Exactly `N` bytes.
pub(crate) fn array<const N: usize>(
    what: &'static str,
    text: &str,
    wanted: &'static str,
) -> Result<Zeroizing<[u8; N]>, Malformed> {
    let malformed = Malformed::Not { what, wanted };
    if text.len() != N.div_ceil(3) * 4 {
        return Err(malformed);
    }
    let bytes = bytes(what, text)?;
    bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| malformed)
}

/// Base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
