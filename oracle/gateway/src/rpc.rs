//! JSON-RPC 2.0 around a message, and how the gateway refuses.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{MAX_BODY_BYTES, Malformed, Message, json, policy::Refusal};

/// Characters of a call's id, at most.
const MAX_ID_CHARS: usize = 200;

/// A call, whose id and method are its message's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// The message.
    pub message: Message,
    /// The same as it came, for members.
    pub text: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: &'a RawValue,
}

/// Why there is no answer of members, or none yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The bytes are no message of anybody's.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// This gateway is another DON's.
    #[error("unknown DON id")]
    Don,
    /// The payload is not what the method wants.
    #[error("{0}")]
    Payload(Malformed),
    /// The sender may not, or not now.
    #[error(transparent)]
    Policy(#[from] Refusal),
    /// Nobody knows such a method.
    #[error("unknown method")]
    Method,
    /// Members did not answer, or too few with one voice.
    #[error("the members did not answer in time: ask again, or ask another gateway")]
    Time,
    /// This very message is under way.
    #[error("this message is under way already: await its answer, or sign another")]
    Conflict,
    /// This node cannot serve anybody now.
    #[error("{0}")]
    Fatal(String),
}

impl Refused {
    /// The code of JSON-RPC and the status of HTTP.
    pub const fn codes(&self) -> (i32, u16) {
        match self {
            Self::Malformed(_) => (-32_700, 400),
            Self::Don | Self::Payload(_) => (-32_602, 400),
            Self::Policy(_) => (-32_600, 400),
            Self::Method => (-32_601, 400),
            Self::Time => (-32_000, 504),
            Self::Conflict => (-32_009, 409),
            Self::Fatal(_) => (-32_603, 500),
        }
    }
}

/// Reads a call: at most [`MAX_BODY_BYTES`] of JSON, whatever its content type.
///
/// The call's id and method are repeated in the message, where they are signed; they must be the same.
///
/// # Errors
/// [`Malformed`], with the call's id if it has one.
pub fn read(body: &[u8]) -> Result<Call<'_>, (Option<String>, Malformed)> {
    Malformed::bound("the body", body.len(), MAX_BODY_BYTES).map_err(|err| (None, err))?;
    let wanted = "UTF-8";
    let text = std::str::from_utf8(body).map_err(|_| (None, Malformed::Not { what: "the body", wanted }))?;
    let raw: RawCall<'_> = json::read("the call", text).map_err(|err| (None, err))?;
    if raw.id.chars().count() > MAX_ID_CHARS {
        return Err((None, Malformed::Not { what: "id", wanted: "of at most 200 characters" }));
    }
    let wrong = |err| (Some(raw.id.clone().into_owned()), err);
    if raw.jsonrpc != "2.0" {
        return Err(wrong(Malformed::Not { what: "jsonrpc", wanted: "\"2.0\"" }));
    }
    let message = Message::decode(raw.params.get(), MAX_BODY_BYTES).map_err(wrong)?;
    for (what, outer, inner, wanted) in [
        ("id", &raw.id, &message.id, "the message's message_id"),
        ("method", &raw.method, &message.method, "the message's method"),
    ] {
        if outer != inner {
            return Err(wrong(Malformed::Not { what, wanted }));
        }
    }
    Ok(Call { message, text: raw.params.get() })
}

/// The call's result: what members said, in the form of a message.
pub(crate) fn result(message: &Message, payload: &RawValue) -> String {
    #[derive(Serialize)]
    struct Success<'a> {
        jsonrpc: &'a str,
        id: &'a str,
        method: &'a str,
        result: Box<RawValue>,
    }
    let result = RawValue::from_string(message.handed_back(payload)).expect("a message is JSON");
    json::write(&Success { jsonrpc: "2.0", id: &message.id, method: &message.method, result })
}

/// The call's failure, and its status. The id is `null` when the call has none that could be read.
pub(crate) fn failure(id: Option<&str>, refused: &Refused) -> (u16, String) {
    #[derive(Serialize)]
    struct Failure<'a> {
        jsonrpc: &'a str,
        id: Option<&'a str>,
        error: Problem,
    }
    #[derive(Serialize)]
    struct Problem {
        code: i32,
        message: String,
    }
    let (code, status) = refused.codes();
    let error = Problem { code, message: refused.to_string() };
    (status, json::write(&Failure { jsonrpc: "2.0", id, error }))
}
