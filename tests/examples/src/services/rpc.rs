//! A node of another chain that answers batches, with a few price feeds on it.

use alloy_primitives::aliases::{I256, U80};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, sol};
use serde_json::{Value, json};

use crate::call::{Call, Reply};

sol! {
    function decimals() external view returns (uint8);
    function latestRoundData() external view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}

/// Id of the chain.
pub(crate) const CHAIN_ID: u64 = 1;
/// Answer of the feeds, with 8 decimals.
pub(crate) const ANSWER: i64 = 184_467_440_737;
/// A feed that is an hour old.
pub(crate) const FRESH: &str = "0x5f4ec3df9cbd43714fe2740f5e3616155c5b8419";
/// A feed that is a day old.
pub(crate) const STALE: &str = "0x00000000000000000000000000000000000000a1";
/// A feed with a negative answer.
pub(crate) const NEGATIVE: &str = "0x00000000000000000000000000000000000000a2";
/// No feed: calls return nothing.
pub(crate) const EMPTY: &str = "0x00000000000000000000000000000000000000a3";
/// A contract that reverts.
pub(crate) const REVERTS: &str = "0x00000000000000000000000000000000000000a4";

pub(crate) fn answer(call: &Call) -> Result<Reply, Reply> {
    let asked = call.json()?;
    let batch = asked.as_array().ok_or(Reply::status(400))?;
    // Batches may be answered in any order.
    let answers: Vec<Value> = batch
        .iter()
        .rev()
        .map(|one| match result(one, call.now) {
            Ok(result) => json!({"jsonrpc": "2.0", "id": one["id"], "result": result}),
            Err(message) => {
                json!({"jsonrpc": "2.0", "id": one["id"], "error": {"code": -32000, "message": message}})
            }
        })
        .collect();
    Ok(Reply::json(&json!(answers)))
}

fn result(asked: &Value, now: u64) -> Result<String, &'static str> {
    if asked["jsonrpc"] != "2.0" {
        return Err("invalid request");
    }
    if asked["method"] == "eth_chainId" {
        return Ok(format!("{CHAIN_ID:#x}"));
    }
    if asked["method"] != "eth_call" || asked["params"][1] != "finalized" {
        return Err("method not found");
    }
    let to = asked["params"][0]["to"].as_str().unwrap_or_default();
    if to.parse::<Address>().is_err() || to == REVERTS {
        return Err("execution reverted");
    }
    if to == EMPTY {
        return Ok("0x".into());
    }
    let data = hex::decode(asked["params"][0]["data"].as_str().unwrap_or_default().trim_start_matches("0x"))
        .map_err(|_| "invalid data")?;
    let encoded = if decimalsCall::abi_decode(&data).is_ok() {
        decimalsCall::abi_encode_returns(&8)
    } else if latestRoundDataCall::abi_decode(&data).is_ok() {
        let answer = if to == NEGATIVE { -1 } else { ANSWER };
        let updated = U256::from(now - if to == STALE { 86_400 } else { 3_600 });
        let round = U80::from(0x0006_0000_0000_0000_1234_u128);
        latestRoundDataCall::abi_encode_returns(&latestRoundDataReturn {
            roundId: round,
            answer: I256::try_from(answer).map_err(|_| "out of range")?,
            startedAt: updated,
            updatedAt: updated,
            answeredInRound: round,
        })
    } else {
        return Err("execution reverted");
    };
    Ok(format!("0x{}", hex::encode(encoded)))
}
