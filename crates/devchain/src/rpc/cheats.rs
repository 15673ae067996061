//! Methods for tests: evm_, and what anvil and hardhat call the same.

use std::sync::atomic::Ordering;

use alloy::primitives::{Address, B256, Bytes, keccak256};
use serde_json::{Map, Value, json};

use super::{Api, Params, RpcError, params::quantity, shape};
use crate::chain::Chain;

/// Most blocks one request mines.
const MAX_MINED: u64 = 100_000;
/// Most snapshots at once.
const MAX_SNAPSHOTS: usize = 1_000_000;

impl Api {
    pub(super) fn cheat(&self, method: &str, name: &str, mut params: Params) -> Result<Value, RpcError> {
        let mut chain = self.chain_mut();
        Ok(match name {
            "increaseTime" => {
                let seconds = params.quantity(0, "seconds")?;
                // evm_increaseTime answers with the whole offset.
                json!(chain.increase_time(seconds).map_err(RpcError::params)?)
            }
            "setNextBlockTimestamp" | "setTime" => {
                let timestamp = params.quantity(0, "timestamp")?;
                chain.set_next_timestamp(timestamp).map_err(RpcError::params)?;
                Value::Null
            }
            "mine" if method == "evm_mine" => {
                let (timestamp, blocks) = match params.optional::<Value>(0, "options")? {
                    Some(Value::Object(mut options)) => {
                        let mut member = |name| optional_quantity(options.remove(name), name);
                        (member("timestamp")?, member("blocks")?.unwrap_or(1))
                    }
                    timestamp => (optional_quantity(timestamp, "timestamp")?, 1),
                };
                if let Some(timestamp) = timestamp {
                    chain.set_next_timestamp(timestamp).map_err(RpcError::params)?;
                }
                mine_blocks(&mut chain, blocks, 0)?;
                json!("0x0")
            }
            "mine" => {
                let blocks = optional_quantity(params.optional(0, "blocks")?, "blocks")?;
                let interval = optional_quantity(params.optional(1, "interval")?, "interval")?;
                // Hardhat's blocks are a second apart.
                let apart = u64::from(method == "hardhat_mine");
                mine_blocks(&mut chain, blocks.unwrap_or(1), interval.unwrap_or(apart))?;
                if method == "hardhat_mine" { json!(true) } else { Value::Null }
            }
            "snapshot" => {
                if chain.snapshots().len() >= MAX_SNAPSHOTS {
                    return Err(RpcError::limit(format!(
                        "{MAX_SNAPSHOTS} snapshots are kept already; go back to one (evm_revert) to forget the later ones"
                    )));
                }
                shape::quantity(chain.snapshot())
            }
            "revert" => json!(chain.revert(params.quantity(0, "snapshot id")?)),
            "rollback" => {
                let depth = optional_quantity(params.optional(0, "depth")?, "depth")?;
                chain.rollback(depth.unwrap_or(1)).map_err(RpcError::params)?;
                Value::Null
            }
            "reset" => {
                let options: Value = params.optional(0, "forking")?.unwrap_or_default();
                let forking = &options["forking"];
                if !forking["jsonRpcUrl"].is_null() || !forking["blockNumber"].is_null() {
                    return Err(RpcError::params(
                        "forking is not supported: this chain talks to no other; reset it without parameters",
                    ));
                }
                chain.reset();
                chain.set_automine(self.first_interval == 0);
                self.interval.send_replace(self.first_interval);
                self.resets.fetch_add(1, Ordering::Relaxed);
                if method == "hardhat_reset" { json!(true) } else { Value::Null }
            }
            "setAutomine" => {
                chain.set_automine(params.get(0, "enabled")?);
                json!(true)
            }
            "getAutomine" => json!(chain.config().automine),
            "getIntervalMining" => json!(*self.interval.borrow()),
            "setIntervalMining" => {
                let seconds = params.quantity(0, "seconds")?;
                chain.set_automine(seconds == 0);
                self.interval.send_replace(seconds);
                Value::Null
            }
            "setBalance" => {
                chain.set_balance(params.get(0, "address")?, params.number(1, "balance")?);
                Value::Null
            }
            "setNonce" | "setAccountNonce" => {
                chain.set_nonce(params.get(0, "address")?, params.quantity(1, "nonce")?);
                Value::Null
            }
            "setCode" => {
                chain.set_code(params.get(0, "address")?, params.get::<Bytes>(1, "code")?);
                Value::Null
            }
            "setStorageAt" => {
                let address: Address = params.get(0, "address")?;
                let key = params.number(1, "position")?;
                chain.set_storage(address, key, params.number(2, "value")?);
                json!(true)
            }
            "addBalance" => {
                let address: Address = params.get(0, "address")?;
                let account = chain.state_at(u64::MAX).account(address);
                let balance = account.map(|account| account.balance).unwrap_or_default();
                let sum = balance.checked_add(params.number(1, "amount")?);
                chain
                    .set_balance(address, sum.ok_or_else(|| RpcError::params("the balance would overflow"))?);
                Value::Null
            }
            "setNextBlockBaseFeePerGas" => {
                chain.set_next_base_fee(params.quantity(0, "base fee")?);
                Value::Null
            }
            "setMinGasPrice" => {
                return Err(RpcError::params(format!(
                    "{method} is not supported: the base fee is the least price; use {}_setNextBlockBaseFeePerGas",
                    method.split('_').next().unwrap_or_default()
                )));
            }
            "setCoinbase" => {
                chain.set_coinbase(params.get(0, "address")?);
                json!(true)
            }
            "setPrevRandao" => {
                chain.set_next_prev_randao(params.number(0, "value")?.into());
                json!(true)
            }
            "setBlockGasLimit" => {
                let gas_limit = params.quantity(0, "gas limit")?;
                if gas_limit == 0 {
                    return Err(RpcError::params("the gas limit must not be zero"));
                }
                chain.set_gas_limit(gas_limit);
                json!(true)
            }
            // Hardhat has no such method, and a client that asks for it means milliseconds.
            "setBlockTimestampInterval" if !method.starts_with("hardhat") => {
                let seconds = params.quantity(0, "seconds")?;
                chain.set_block_interval(Some(seconds)).map_err(RpcError::params)?;
                Value::Null
            }
            "removeBlockTimestampInterval" => {
                chain.set_block_interval(None).map_err(RpcError::params)?;
                json!(true)
            }
            "dropTransaction" => {
                let hash: B256 = params.get(0, "hash")?;
                match (chain.drop_waiting(hash), method.starts_with("anvil")) {
                    (dropped, false) => json!(dropped),
                    (true, true) => json!(hash),
                    (false, true) => Value::Null,
                }
            }
            "dropAllTransactions" => {
                chain.drop_all_waiting(None);
                Value::Null
            }
            "removePoolTransactions" => {
                chain.drop_all_waiting(Some(params.get(0, "address")?));
                Value::Null
            }
            "metadata" => self.metadata(&chain),
            "nodeInfo" => node_info(&chain),
            "impersonateAccount" => {
                chain.impersonate(params.get(0, "address")?, true);
                Value::Null
            }
            "stopImpersonatingAccount" => {
                chain.impersonate(params.get(0, "address")?, false);
                Value::Null
            }
            "autoImpersonateAccount" => {
                chain.impersonate_all(params.get(0, "enabled")?);
                Value::Null
            }
            _ => return Err(RpcError::method(method)),
        })
    }

    /// Which chain this is: `instanceId` is another one after every start and reset.
    fn metadata(&self, chain: &Chain) -> Value {
        let genesis = chain.block(0).map(|block| block.hash).unwrap_or_default();
        let resets = self.resets.load(Ordering::Relaxed);
        let seed = [genesis.as_slice(), &self.start.to_be_bytes(), &resets.to_be_bytes()].concat();
        let snapshots: Map<String, Value> = chain
            .snapshots()
            .map(|(id, number)| {
                let hash = chain.block(number).map(|block| block.hash);
                (format!("{id:#x}"), json!({ "blockNumber": number, "blockHash": hash }))
            })
            .collect();
        json!({
            "clientVersion": super::CLIENT_VERSION,
            "chainId": chain.config().chain_id,
            "instanceId": keccak256(seed),
            "latestBlockNumber": chain.latest().number(),
            "latestBlockHash": chain.latest().hash,
            "snapshots": snapshots,
        })
    }
}

fn node_info(chain: &Chain) -> Value {
    let head = chain.latest();
    json!({
        "currentBlockNumber": shape::quantity(head.number()),
        "currentBlockTimestamp": head.header.timestamp,
        "currentBlockHash": head.hash,
        "hardFork": format!("arbos{}", chain.config().arbos_version),
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": shape::quantity(chain.base_fee()),
            "chainId": chain.config().chain_id,
            "gasLimit": shape::quantity(chain.gas_limit()),
            "gasPrice": shape::quantity(chain.base_fee()),
        },
        "forkConfig": { "forkUrl": null, "forkBlockNumber": null, "forkRetryBackoff": null },
    })
}

/// A whole number given as hex or decimal, as text or as a number, that may be missing.
fn optional_quantity(value: Option<Value>, name: &str) -> Result<Option<u64>, RpcError> {
    value.filter(|value| !value.is_null()).map(|value| quantity(value, name)).transpose()
}

/// Mines blocks, `interval` seconds apart; none when the last would be too late.
fn mine_blocks(chain: &mut Chain, blocks: u64, interval: u64) -> Result<(), RpcError> {
    if blocks > MAX_MINED {
        return Err(RpcError::params(format!("at most {MAX_MINED} blocks at once")));
    }
    let apart = chain.block_interval().unwrap_or(0).max(interval);
    chain.check_ahead(blocks, apart).map_err(RpcError::params)?;
    for index in 0..blocks {
        if index > 0 && interval > 0 {
            chain.increase_time(interval).map_err(RpcError::params)?;
        }
        chain.mine();
    }
    Ok(())
}
