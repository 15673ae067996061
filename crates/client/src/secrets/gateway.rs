//! A DON's gateway: any of its nodes that serves one.

use std::collections::HashSet;
use std::time::Duration;

use alloy::primitives::{Address, eip191_hash_message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use functions_tdh2::rand_core::{OsRng, RngCore as _};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use url::Url;

use super::message::{Body, Message};
use crate::account::Account;

/// Most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Time for one.
const PATIENCE: Duration = Duration::from_secs(30);

/// What goes wrong with a gateway.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// It is not there.
    #[error("the gateway {url} does not answer: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// What the transport says.
        reason: String,
    },
    /// What it says is no gateway's answer.
    #[error("what answers at {url} is no gateway: {reason}")]
    NoGateway {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// It says no.
    #[error("the gateway refused: {message} ({code})")]
    Refused {
        /// The number of JSON-RPC.
        code: i64,
        /// Its words.
        message: String,
    },
}

/// What an owner stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The slot.
    pub slot: u32,
    /// Its version: higher than all in the slot.
    pub version: u64,
    /// When it expires, in unix milliseconds.
    pub expiration_ms: u64,
    /// What [`super::seal`] gave.
    pub payload: String,
}

/// A row that a member says it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRow {
    /// The slot.
    #[serde(rename = "slot_id")]
    pub slot: u32,
    /// The version.
    pub version: u64,
    /// When it expires, in unix milliseconds.
    #[serde(rename = "expiration")]
    pub expiration_ms: u64,
}

/// What one member says, and who it is by its own signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberAnswer {
    /// The address that its reports are signed with.
    pub member: Address,
    /// Why it did not do as it was asked; `None` when it did.
    pub refusal: Option<String>,
    /// What it has of the owner's, when it was asked.
    pub rows: Vec<StoredRow>,
}

/// What the members say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Whether enough of them did as they were asked.
    pub success: bool,
    /// Each account that answered, once, with a signature of its own over this question's answer. Whether it is a
    /// member's, the configuration on chain says.
    pub members: Vec<MemberAnswer>,
}

#[derive(Deserialize)]
struct Answer {
    result: Option<Outcome>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
}

#[derive(Deserialize)]
struct Outcome {
    body: OutcomeBody,
}

#[derive(Deserialize)]
struct OutcomeBody {
    payload: Gathered,
}

#[derive(Deserialize)]
struct Gathered {
    success: bool,
    node_responses: Vec<Message>,
}

#[derive(Deserialize)]
struct Said {
    success: bool,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    rows: Vec<StoredRow>,
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    jsonrpc: &'static str,
    method: &'a str,
    params: &'a Message,
}

#[derive(Serialize)]
struct UploadPayload<'a> {
    slot_id: u32,
    version: u64,
    payload: &'a str,
    expiration: u64,
    signature: String,
}

/// A gateway of one DON.
pub struct Gateway {
    http: reqwest::Client,
    url: Url,
    don_id: String,
}

impl Gateway {
    /// A gateway at a URL, for the DON of this id.
    ///
    /// # Errors
    /// [`GatewayError::Unreachable`] when no client can be made.
    pub fn new(url: Url, don_id: &str) -> Result<Self, GatewayError> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build();
        let http = http.map_err(|err| unreachable_at(&url, &err))?;
        Ok(Self { http, url, don_id: don_id.to_owned() })
    }

    /// Stores a row with all members that the gateway reaches.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn store(&self, owner: &Account, upload: &Upload) -> Result<Listing, GatewayError> {
        let payload = base64(upload.payload.as_bytes());
        let text = format!(
            r#"{{"address":"{}","slotid":{},"payload":"{payload}","version":{},"expiration":{}}}"#,
            base64(owner.address().as_slice()),
            upload.slot,
            upload.version,
            upload.expiration_ms,
        );
        let payload = UploadPayload {
            slot_id: upload.slot,
            version: upload.version,
            payload: &payload,
            expiration: upload.expiration_ms,
            signature: base64(&owner.sign_hash(&eip191_hash_message(text))),
        };
        let payload = to_raw_value(&payload).expect("texts and numbers are JSON");
        self.ask(owner, "secrets_set", Some(payload)).await
    }

    /// What the members have of an owner's.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn list(&self, owner: &Account) -> Result<Listing, GatewayError> {
        self.ask(owner, "secrets_list", None).await
    }

    async fn ask(
        &self,
        owner: &Account,
        method: &str,
        payload: Option<Box<RawValue>>,
    ) -> Result<Listing, GatewayError> {
        let message_id = OsRng.next_u64().to_string();
        let body = Body {
            message_id: message_id.clone(),
            method: method.to_owned(),
            don_id: self.don_id.clone(),
            receiver: String::new(),
            payload,
        };
        let message = Message::signed(body, owner);
        let call = Call { id: &message_id, jsonrpc: "2.0", method, params: &message };
        let answer = self.post(serde_json::to_vec(&call).expect("texts are JSON")).await?;
        let answer: Answer = serde_json::from_slice(&answer).map_err(|err| self.no_gateway(&err))?;
        if let Some(Refusal { code, message }) = answer.error {
            return Err(GatewayError::Refused { code, message: message.chars().take(500).collect() });
        }
        let Some(outcome) = answer.result else { return Err(self.no_gateway(&"it has no result")) };
        let Gathered { success, node_responses } = outcome.body.payload;
        let receiver = format!("{:#x}", owner.address());
        let is_to_us = |said: &&Message| {
            said.body.message_id == message_id && said.body.method == method && said.body.receiver == receiver
        };
        let mut heard = HashSet::new();
        let said = node_responses.iter().filter(is_to_us).filter_map(of_member);
        let members = said.filter(|said| heard.insert(said.member)).collect();
        Ok(Listing { success, members })
    }

    async fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, GatewayError> {
        let request = self.http.post(self.url.clone()).header("content-type", "application/json").body(body);
        let mut response = request.send().await.map_err(|err| unreachable_at(&self.url, &err))?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|err| unreachable_at(&self.url, &err))? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(self.no_gateway(&"it says more than a megabyte"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn no_gateway(&self, reason: &dyn std::fmt::Display) -> GatewayError {
        GatewayError::NoGateway { url: shown(&self.url), reason: reason.to_string() }
    }
}

/// What a member signed.
fn of_member(message: &Message) -> Option<MemberAnswer> {
    let said: Said = serde_json::from_str(message.body.payload.as_ref()?.get()).ok()?;
    let refusal = match said.success {
        true => None,
        false => Some(said.error_message.unwrap_or_else(|| "it does not say why".to_owned())),
    };
    Some(MemberAnswer { member: message.sender()?, refusal, rows: said.rows })
}

fn unreachable_at(url: &Url, err: &reqwest::Error) -> GatewayError {
    let mut reason = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(err);
    while let Some(one) = cause {
        // The outer words repeat the URL.
        reason = one.to_string();
        cause = one.source();
    }
    GatewayError::Unreachable { url: shown(url), reason }
}

fn shown(url: &Url) -> String {
    functions_rpc::shown(url)
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
