//! Calls that are run without being sent, and receipts of transactions that were.

use alloy::{
    primitives::{Address, B256, Bytes, U64, U256},
    rpc::types::Log,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Result of a mined transaction.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Transaction hash.
    pub transaction_hash: B256,
    /// 1 for success.
    pub status: U64,
    /// Block number.
    pub block_number: U64,
    /// Block hash.
    pub block_hash: B256,
    /// Gas used.
    pub gas_used: U64,
    /// Wei per gas paid.
    #[serde(default)]
    pub effective_gas_price: U256,
    /// Events emitted.
    pub logs: Vec<Log>,
}

/// What `eth_call` is asked.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// The caller the callee sees.
    pub from: Address,
    /// The callee.
    pub to: Address,
    /// Calldata.
    pub data: Bytes,
    /// Gas limit.
    pub gas: Option<u64>,
    /// Wei per gas the callee sees.
    pub gas_price_wei: Option<u128>,
}

impl CallRequest {
    pub(super) fn to_json(&self) -> Value {
        let mut call = json!({ "from": self.from, "to": self.to, "data": self.data });
        if let Some(gas) = self.gas {
            call["gas"] = json!(format!("{gas:#x}"));
        }
        if let Some(price) = self.gas_price_wei {
            call["gasPrice"] = json!(format!("{price:#x}"));
        }
        call
    }
}
