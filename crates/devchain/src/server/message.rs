//! Messages and the requests in them, read one at a time: what is parsed holds many times the memory of its text.

use axum::body::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, value::RawValue};

use super::MAX_BATCH;
use crate::rpc::{RpcError, error};

/// An id as its sender wrote it, to the last digit.
#[derive(Debug)]
pub(super) struct Id(Box<RawValue>);

impl Id {
    pub(super) fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// Its JSON.
    pub(super) fn text(&self) -> &str {
        self.0.get()
    }

    /// An id is a string, a number or null.
    fn read(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        let is_id = text == "null" || text.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit());
        is_id.then(|| Self(raw.to_owned()))
    }
}

/// The members of a request that mean something; others are passed over.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
}

/// A member that is there, `null` too.
fn present<'de, D: Deserializer<'de>>(member: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(member).map(Some)
}

/// One request of a message.
#[derive(Debug)]
pub(super) struct Request {
    /// Missing for notifications, which get no answer.
    pub(super) id: Option<Id>,
    pub(super) method: String,
    pub(super) params: Params,
}

impl Request {
    /// Reads a request; where it is none, the error names what is wrong beside the id to answer to.
    pub(super) fn read(text: &Bytes) -> Result<Self, (Id, RpcError)> {
        let wrong = |words: &str| RpcError::new(error::INVALID_REQUEST, words);
        if !text.starts_with(b"{") {
            return Err((Id::null(), wrong("a request must be an object")));
        }
        let members: Members<'_> = serde_json::from_slice(text)
            .map_err(|error| (Id::null(), wrong(&format!("a request must be an object: {error}"))))?;
        let id = match members.id.map(Id::read) {
            Some(None) => return Err((Id::null(), wrong("id must be a string, a number or null"))),
            id => id.flatten(),
        };
        let word = |raw: Option<&RawValue>| serde_json::from_str::<String>(raw?.get()).ok();
        let wrong = match (word(members.jsonrpc).as_deref(), word(members.method)) {
            (Some("2.0"), Some(method)) => {
                let params = members.params.map(|raw| text.slice_ref(raw.get().as_bytes()));
                return Ok(Self { id, method, params: Params(params) });
            }
            (Some("2.0"), None) => wrong("method must be a string"),
            _ => wrong("jsonrpc must be \"2.0\""),
        };
        Err((id.unwrap_or_else(Id::null), wrong))
    }
}

/// The `params` of a request, not parsed yet.
#[derive(Clone, Debug)]
pub(super) struct Params(Option<Bytes>);

impl Params {
    /// One parameter, which is JSON.
    pub(super) fn of_one(text: &[u8]) -> Self {
        Self(Some([b"[", text, b"]"].concat().into()))
    }

    /// Bytes of the text.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, Bytes::len)
    }

    /// The texts of the parameters, when they are an array.
    pub(super) fn elements(&self) -> Option<Elements> {
        self.0.as_ref().and_then(Elements::of)
    }

    /// # Errors
    /// When they are nested too deeply, or hold a number that is none.
    pub(super) fn parse(&self) -> Result<Option<Value>, RpcError> {
        let parsed = self.0.as_ref().map(|text| serde_json::from_slice(text)).transpose();
        parsed.map_err(|error| RpcError::new(error::PARSE, format!("parse error in params: {error}")))
    }
}

/// A message whose text is JSON.
#[derive(Debug)]
pub(super) enum Message {
    /// What should be one request.
    Single(Bytes),
    /// What should be several, whose answers go back together.
    Batch(Elements),
}

impl Message {
    /// # Errors
    /// When it is no JSON, or a batch of none or too many.
    pub(super) fn read(text: &Bytes) -> Result<Self, RpcError> {
        let whole: &RawValue = serde_json::from_slice(text)
            .map_err(|error| RpcError::new(error::PARSE, format!("parse error: {error}")))?;
        let text = text.slice_ref(whole.get().as_bytes());
        let Some(elements) = Elements::of(&text) else { return Ok(Self::Single(text)) };
        match elements.clone().take(MAX_BATCH + 1).count() {
            1..=MAX_BATCH => Ok(Self::Batch(elements)),
            _ => {
                Err(RpcError::new(error::INVALID_REQUEST, format!("a batch holds 1 to {MAX_BATCH} requests")))
            }
        }
    }

    /// Whether a request of it has one of these methods.
    pub(super) fn asks_for(&self, methods: &[&str]) -> bool {
        let asks = |text: &Bytes| {
            Request::read(text).is_ok_and(|request| methods.contains(&request.method.as_str()))
        };
        match self {
            Self::Single(text) => asks(text),
            Self::Batch(elements) => elements.clone().any(|text| asks(&text)),
        }
    }
}

/// The texts of the elements of an array.
#[derive(Clone, Debug)]
pub(super) struct Elements {
    /// JSON, of which the part before `at` is read.
    text: Bytes,
    at: usize,
}

impl Elements {
    /// Of JSON; `None` when it is no array.
    fn of(text: &Bytes) -> Option<Self> {
        text.starts_with(b"[").then(|| Self { text: text.clone(), at: 1 })
    }
}

impl Iterator for Elements {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + rest.iter().position(|byte| !b" \t\r\n,".contains(byte))?;
        let mut values =
            serde_json::Deserializer::from_slice(self.text.get(start..)?).into_iter::<&RawValue>();
        // After the last one there is a bracket, which is no value.
        let element = values.next()?.ok()?;
        self.at = start + values.byte_offset();
        Some(self.text.slice_ref(element.get().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &'static str) -> Option<Vec<Bytes>> {
        Elements::of(&Bytes::from_static(text.as_bytes())).map(Iterator::collect)
    }

    #[test]
    fn elements_are_the_texts_between_commas() {
        assert_eq!(elements("{}"), None);
        assert_eq!(elements("[]"), Some(vec![]));
        assert_eq!(elements("[ \n]"), Some(vec![]));
        let found = elements("[1 ,-2.5,[3,[]], {\"a\":[4]},\"]\\\",\",\ttrue,null\n]").unwrap();
        let expected = ["1", "-2.5", "[3,[]]", "{\"a\":[4]}", "\"]\\\",\"", "true", "null"];
        assert_eq!(found, expected.map(|text| Bytes::from_static(text.as_bytes())).to_vec());
    }

    #[test]
    fn a_request_keeps_its_id_and_the_text_of_its_params() {
        let text = Bytes::from_static(
            br#"{"id":1.50,"x":[],"jsonrpc":"2.0","method":"m\u0061","params":[ 1,{"a":2}]}"#,
        );
        let request = Request::read(&text).unwrap();
        assert_eq!((request.id.unwrap().text(), request.method.as_str()), ("1.50", "ma"));
        assert_eq!(request.params.len(), 12);
        assert_eq!(request.params.elements().unwrap().count(), 2);
        assert_eq!(request.params.parse().unwrap(), Some(serde_json::json!([1, { "a": 2 }])));
        let silent = Request::read(&Bytes::from_static(br#"{"jsonrpc":"2.0","method":"m"}"#)).unwrap();
        assert!(silent.id.is_none() && silent.params.parse().unwrap().is_none());
        let null = Request::read(&Bytes::from_static(br#"{"jsonrpc":"2.0","method":"m","id":null}"#));
        assert_eq!(null.unwrap().id.unwrap().text(), "null");
    }
}
