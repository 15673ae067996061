//! The envelope of questions and answers:
//! `{"body":{"message_id","method","don_id","receiver","payload"?},"signature":"0x…"}`.
//!
//! What is signed, as a personal message: the id filled up with zeros to 128 bytes, the method to 64, the DON id to 64,
//! the receiver to 42, then the payload's bytes **as they stand in the JSON**. So a payload is never written anew, and
//! white space and the order of its fields are the signer's.
//!
//! Neither the toolkit nor the reference sends other fields, so others are refused: they would not be signed. For the
//! same reason a field is there once.

use std::borrow::Cow;

use alloy_primitives::Address;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Malformed, json,
    personal::{self, Signer},
};

/// Bytes of a message id, at most.
pub const MAX_ID_BYTES: usize = 128;
/// Bytes of a method, at most.
pub const MAX_METHOD_BYTES: usize = 64;
/// Bytes of a DON id, at most.
pub const MAX_DON_ID_BYTES: usize = 64;
/// Bytes of a receiver that is there: `0x` and 40 digits.
pub const RECEIVER_BYTES: usize = 42;

/// A message whose signature is somebody's. It does not say yet whether that somebody may send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who signed it.
    pub sender: Address,
    /// Its id, which the sender chose: 1 to 128 bytes.
    pub id: String,
    /// What is asked for: 1 to 64 bytes.
    pub method: String,
    /// Of which DON: 1 to 64 bytes.
    pub don_id: String,
    /// For whom it is: empty in questions, the asker's address in lower case in answers.
    pub receiver: String,
    /// The JSON of the payload as it was signed.
    pub payload: Option<String>,
    /// `0x` and 130 digits, as they came.
    pub signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMessage<'a> {
    #[serde(borrow)]
    body: Cow<'a, RawValue>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBody<'a> {
    #[serde(borrow)]
    message_id: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    don_id: Cow<'a, str>,
    #[serde(borrow)]
    receiver: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "json::present", skip_serializing_if = "Option::is_none")]
    payload: Option<&'a RawValue>,
}

impl Message {
    /// Reads a message of at most `limit` bytes and recovers its sender.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn decode(text: &str, limit: usize) -> Result<Self, Malformed> {
        Malformed::bound("the message", text.len(), limit)?;
        let outer: RawMessage<'_> = json::read("the message", text)?;
        let body: RawBody<'_> = json::read("body", outer.body.get())?;
        named("message_id", &body.message_id, MAX_ID_BYTES)?;
        named("method", &body.method, MAX_METHOD_BYTES)?;
        named("don_id", &body.don_id, MAX_DON_ID_BYTES)?;
        if !matches!(body.receiver.len(), 0 | RECEIVER_BYTES) || body.receiver.contains('\0') {
            return Err(Malformed::Not { what: "receiver", wanted: "empty or of 42 characters" });
        }
        let signature = personal::decode(&outer.signature)?;
        let sender = personal::signer_of(&body.signed(), &signature).ok_or(Malformed::Signature)?;
        Ok(Self {
            sender,
            id: body.message_id.into_owned(),
            method: body.method.into_owned(),
            don_id: body.don_id.into_owned(),
            receiver: body.receiver.into_owned(),
            payload: body.payload.map(|payload| payload.get().to_owned()),
            signature: outer.signature.into_owned(),
        })
    }

    /// What its signature is of, as a personal message.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let names = [&*self.id, &*self.method, &*self.don_id, &*self.receiver];
        signed(&names, self.payload.as_deref().unwrap_or_default())
    }

    /// The message that answers this one with `payload`, as JSON; `signer` signs it.
    pub(crate) fn answer(&self, payload: &RawValue, signer: &dyn Signer) -> String {
        let receiver = receiver(self.sender);
        let body = self.body(&receiver, payload);
        let signature = personal::encode(&signer.sign(&body.signed()));
        enclose(&body, &signature)
    }

    /// What the gateway hands the sender: the form of an answer, under the question's own signature.
    pub(crate) fn handed_back(&self, payload: &RawValue) -> String {
        enclose(&self.body(&receiver(self.sender), payload), &self.signature)
    }

    fn body<'a>(&'a self, receiver: &'a str, payload: &'a RawValue) -> RawBody<'a> {
        RawBody {
            message_id: self.id.as_str().into(),
            method: self.method.as_str().into(),
            don_id: self.don_id.as_str().into(),
            receiver: receiver.into(),
            payload: Some(payload),
        }
    }

    /// Whether this is an answer to `question`, for whoever asked it.
    pub(crate) fn answers(&self, question: &Self) -> bool {
        self.id == question.id
            && self.method == question.method
            && self.don_id == question.don_id
            && self.receiver == receiver(question.sender)
    }
}

impl RawBody<'_> {
    fn signed(&self) -> Vec<u8> {
        let payload = self.payload.map_or("", RawValue::get);
        signed(&[&self.message_id, &self.method, &self.don_id, &self.receiver], payload)
    }
}

fn signed(names: &[&str; 4], payload: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let widths = [MAX_ID_BYTES, MAX_METHOD_BYTES, MAX_DON_ID_BYTES, RECEIVER_BYTES];
    for (name, width) in names.iter().zip(widths) {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend(std::iter::repeat_n(0, width.saturating_sub(name.len())));
    }
    bytes.extend_from_slice(payload.as_bytes());
    bytes
}

fn enclose(body: &RawBody<'_>, signature: &str) -> String {
    json::write(&RawMessage { body: Cow::Owned(json::raw(body)), signature: signature.into() })
}

/// An account as a receiver is written.
fn receiver(account: Address) -> String {
    format!("0x{}", hex::encode(account))
}

/// Checks a name. One that ended in NUL would be signed like another without.
fn named(what: &'static str, text: &str, limit: usize) -> Result<(), Malformed> {
    Malformed::bound(what, text.len(), limit)?;
    if text.is_empty() || text.ends_with('\0') {
        return Err(Malformed::Not { what, wanted: "a text that ends in something else than NUL" });
    }
    Ok(())
}
