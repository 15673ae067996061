//! Messages to a DON, and what its members say to them: a body, and the signature of the account that says it.
//!
//! What is signed, as a personal message: the id filled up with zeros to 128 bytes, the method to 64, the DON id to 64,
//! the receiver to 42, then the payload's bytes as they stand in the JSON.

use alloy::primitives::{Address, Signature, eip191_hash_message};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::account::Account;

/// A message, as it is written and read.
#[derive(Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) body: Body,
    signature: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Body {
    pub(super) message_id: String,
    pub(super) method: String,
    pub(super) don_id: String,
    pub(super) receiver: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) payload: Option<Box<RawValue>>,
}

impl Body {
    fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (text, length) in
            [(&self.message_id, 128), (&self.method, 64), (&self.don_id, 64), (&self.receiver, 42)]
        {
            let end = bytes.len() + length;
            bytes.extend(text.as_bytes().iter().take(length));
            bytes.resize(end, 0);
        }
        bytes.extend(self.payload.as_ref().map(|payload| payload.get().as_bytes()).unwrap_or_default());
        bytes
    }
}

impl Message {
    /// A message that `sender` signs.
    pub(super) fn signed(body: Body, sender: &Account) -> Self {
        let signature = sender.sign_hash(&eip191_hash_message(body.signed_bytes()));
        Self { body, signature: format!("0x{}", hex::encode(signature)) }
    }

    /// Who signed it; `None` when nobody did.
    pub(super) fn sender(&self) -> Option<Address> {
        let mut bytes = [0; 65];
        hex::decode_to_slice(self.signature.strip_prefix("0x")?, &mut bytes).ok()?;
        let signature = Signature::from_raw_array(&bytes).ok()?;
        signature.recover_address_from_prehash(&eip191_hash_message(self.body.signed_bytes())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_toolkit_signed_is_its_senders() {
        let text = include_str!("../../../../oracle/vault/tests/fixtures/gateway-requests.json");
        let vectors: serde_json::Value = serde_json::from_str(text).expect("JSON");
        for request in vectors["requests"].as_array().expect("a list") {
            #[derive(Deserialize)]
            struct Call {
                params: Message,
            }
            let call: Call = serde_json::from_str(request["body"].as_str().expect("text")).expect("a call");
            assert_eq!(hex::encode(call.params.body.signed_bytes()), request["signed_bytes_hex"]);
            let sender = request["recovered_sender"].as_str().expect("text").parse().expect("an address");
            assert_eq!(call.params.sender(), Some(sender));
        }
    }
}
