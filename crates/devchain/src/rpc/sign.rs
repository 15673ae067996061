//! Signatures of the development accounts, whose keys everybody knows.

use alloy::{
    eips::eip2718::Encodable2718,
    primitives::{Address, B256, Bytes, Signature, U256, eip191_hash_message},
};
use alloy_dyn_abi::TypedData;
use serde_json::{Value, json};

use super::{
    Api, Params, RpcError,
    execute::{fill, request, unknown_account},
    shape,
};
use crate::{accounts, transaction::SignedTransaction};

impl Api {
    pub(super) fn sign(&self, name: &str, mut params: Params) -> Result<Value, RpcError> {
        match name {
            "sign" => {
                let address: Address = params.get(0, "address")?;
                let message: Bytes = params.get(1, "message")?;
                signature(address, eip191_hash_message(message))
            }
            "personalSign" => {
                let message: Bytes = params.get(0, "message")?;
                signature(params.get(1, "address")?, eip191_hash_message(message))
            }
            "signTransaction" => {
                let request = request(&mut params)?;
                let (sender, transaction) = fill(&self.chain(), request)?;
                let envelope = accounts::sign(sender, transaction).ok_or_else(|| unknown_account(sender))?;
                Ok(json!(Bytes::from(envelope.encoded_2718())))
            }
            "fillTransaction" => {
                let request = request(&mut params)?;
                let (sender, transaction) = fill(&self.chain(), request)?;
                let unsigned = Signature::new(U256::ZERO, U256::ZERO, false);
                let envelope = transaction.into_envelope(unsigned);
                let raw = Bytes::from(envelope.encoded_2718());
                Ok(json!({ "raw": raw, "tx": shape::waiting(&SignedTransaction::signed(envelope, sender)) }))
            }
            _ => {
                let address: Address = params.get(0, "address")?;
                let wrong = |error: &dyn std::fmt::Display| {
                    RpcError::params(format!("invalid argument 1 (typed data): {error}"))
                };
                // As an object, or as its text.
                let data: TypedData = match params.get::<Value>(1, "typed data")? {
                    Value::String(text) => serde_json::from_str(&text).map_err(|error| wrong(&error))?,
                    value => serde_json::from_value(value).map_err(|error| wrong(&error))?,
                };
                signature(address, data.eip712_signing_hash().map_err(|error| wrong(&error))?)
            }
        }
    }
}

/// `r ‖ s ‖ v`, 65 bytes, `v` 27 or 28.
fn signature(address: Address, hash: B256) -> Result<Value, RpcError> {
    let signature = accounts::sign_hash(address, hash).ok_or_else(|| unknown_account(address))?;
    Ok(json!(Bytes::from(signature.as_bytes())))
}
