//! Payloads: what is asked for with each method, and what a member says to it.

use alloy_primitives::Address;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Malformed, Message, json,
    personal::{self, BYTES},
};

/// What may be asked for. Code that owners store will have methods of the same forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `secrets_set`: store this.
    SecretsSet,
    /// `secrets_list`: what is stored of mine?
    SecretsList,
}

impl Method {
    /// The method of a name, if it is one of those here.
    pub fn of(name: &str) -> Option<Self> {
        [Self::SecretsSet, Self::SecretsList].into_iter().find(|method| method.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecretsSet => "secrets_set",
            Self::SecretsList => "secrets_list",
        }
    }
}

/// A question: a method with the payload it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// `secrets_set`.
    Set(Upload),
    /// `secrets_list`, which has no payload.
    List,
}

impl Question {
    /// What a message asks with `method`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn of(method: Method, message: &Message) -> Result<Self, Malformed> {
        match (method, &message.payload) {
            (Method::SecretsSet, Some(payload)) => Upload::decode(payload).map(Self::Set),
            (Method::SecretsSet, None) => Err(Malformed::Not { what: "payload", wanted: "there" }),
            (Method::SecretsList, None) => Ok(Self::List),
            (Method::SecretsList, Some(_)) => {
                Err(Malformed::Not { what: "payload", wanted: "taken by secrets_list: send none" })
            }
        }
    }
}

/// One version of what is in a slot of an owner's, with the owner's signature.
///
/// JSON: `{"slot_id","version","payload","expiration","signature"}`; payload and signature in base64 with padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Which slot, from 0.
    pub slot_id: u64,
    /// Which version; the toolkit takes the Unix time in seconds.
    pub version: u64,
    /// Until when it is to be had, in milliseconds of Unix time.
    pub expiration_ms: u64,
    /// The bytes to store.
    pub payload: Vec<u8>,
    /// The owner's signature of [`Upload::signed_text`], as a personal message, `r || s || v`.
    pub signature: [u8; BYTES],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUpload {
    slot_id: u64,
    version: u64,
    payload: String,
    expiration: u64,
    signature: String,
}

impl Upload {
    /// Reads the payload of `secrets_set`. Whether the signature is the sender's, [`Upload::is_signed_by`] tells.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(text: &str) -> Result<Self, Malformed> {
        let raw: RawUpload = json::read("payload", text)?;
        let bytes = |what: &'static str, text: &str| {
            STANDARD.decode(text).map_err(|_| Malformed::Not { what, wanted: "base64 with padding" })
        };
        let wanted = "base64 of 65 bytes";
        let signature = bytes("payload.signature", &raw.signature)?;
        Ok(Self {
            slot_id: raw.slot_id,
            version: raw.version,
            expiration_ms: i64::try_from(raw.expiration).map(i64::cast_unsigned).map_err(|_| {
                Malformed::Not { what: "payload.expiration", wanted: "at most 9223372036854775807 ms" }
            })?,
            payload: bytes("payload.payload", &raw.payload)?,
            signature: signature
                .try_into()
                .map_err(|_| Malformed::Not { what: "payload.signature", wanted })?,
        })
    }

    /// What its owner signs, to the byte.
    pub fn signed_text(&self, owner: Address) -> String {
        format!(
            r#"{{"address":"{}","slotid":{},"payload":"{}","version":{},"expiration":{}}}"#,
            STANDARD.encode(owner),
            self.slot_id,
            STANDARD.encode(&self.payload),
            self.version,
            self.expiration_ms,
        )
    }

    /// Whether `owner` signed it.
    pub fn is_signed_by(&self, owner: Address) -> bool {
        personal::signer_of(self.signed_text(owner).as_bytes(), &self.signature) == Some(owner)
    }
}

/// What is stored in a slot, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Which slot.
    pub slot_id: u64,
    /// Which version.
    pub version: u64,
    /// Until when, in milliseconds of Unix time.
    #[serde(rename = "expiration")]
    pub expiration_ms: u64,
}

/// What a member says. JSON: `{"success","error_message"?,"rows"?}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether it did as it was asked.
    pub success: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What it stores of the sender's, by slot and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Row>>,
}

impl Answer {
    /// "It is stored."
    pub const STORED: Self = Self { success: true, error_message: None, rows: None };

    /// "I refuse, because …".
    pub fn refusal(reason: String) -> Self {
        Self { success: false, error_message: Some(reason), rows: None }
    }

    /// What is stored, in the order in which all members tell it: the toolkit compares them row by row.
    pub fn listing(mut rows: Vec<Row>) -> Self {
        rows.sort_unstable();
        Self { success: true, error_message: None, rows: Some(rows) }
    }

    /// Reads what a member says to `method`. A success has rows when they were asked for and only then, a refusal none.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(text: &str, method: Method) -> Result<Self, Malformed> {
        let answer: Self = json::read("the answer", text)?;
        if answer.rows.is_some() != (answer.success && method == Method::SecretsList) {
            return Err(Malformed::Not { what: "rows", wanted: "there for a list and nothing else" });
        }
        Ok(answer)
    }
}

/// What the gateway says to the sender. JSON: `{"success","node_responses":[…]}`, the envelopes as members sent them.
#[derive(Serialize)]
pub(crate) struct Gathered<'a> {
    pub(crate) success: bool,
    pub(crate) node_responses: Vec<&'a RawValue>,
}
