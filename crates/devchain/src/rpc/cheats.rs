//! Methods for tests: evm_, and what anvil and hardhat call the same.

use alloy::primitives::{Address, Bytes, U256};
use serde_json::{Value, json};

use super::{Api, Params, RpcError, shape};

/// Most blocks one request mines.
const MAX_MINED: u64 = 100_000;

impl Api {
    pub(super) fn cheat(&self, method: &str, name: &str, mut params: Params) -> Result<Value, RpcError> {
        let mut chain = self.chain_mut();
        Ok(match name {
            "increaseTime" => {
                let seconds = params.quantity(0, "seconds")?;
                // evm_increaseTime answers with the whole offset.
                json!(chain.increase_time(seconds))
            }
            "setNextBlockTimestamp" | "setTime" => {
                let timestamp = params.quantity(0, "timestamp")?;
                chain.set_next_timestamp(timestamp).map_err(RpcError::params)?;
                Value::Null
            }
            "mine" if method == "evm_mine" => {
                match params.optional::<Value>(0, "options")? {
                    None => {}
                    Some(Value::Object(options)) => {
                        let blocks = options.get("blocks").and_then(Value::as_u64).unwrap_or(1);
                        drop(chain);
                        return self.mine_blocks(blocks, 0);
                    }
                    Some(timestamp) => {
                        let timestamp: U256 = serde_json::from_value(timestamp)
                            .map_err(|error| RpcError::params(format!("invalid timestamp: {error}")))?;
                        let timestamp = u64::try_from(timestamp)
                            .map_err(|_| RpcError::params("timestamp is too large"))?;
                        chain.set_next_timestamp(timestamp).map_err(RpcError::params)?;
                    }
                }
                chain.mine();
                json!("0x0")
            }
            "mine" => {
                let blocks: Option<U256> = params.optional(0, "blocks")?;
                let interval: Option<U256> = params.optional(1, "interval")?;
                let number = |value: Option<U256>, default| {
                    value.map_or(default, |value| u64::try_from(value).unwrap_or(u64::MAX))
                };
                drop(chain);
                return self.mine_blocks(number(blocks, 1), number(interval, 0));
            }
            "snapshot" => shape::quantity(chain.snapshot()),
            "revert" => json!(chain.revert(params.quantity(0, "snapshot id")?)),
            "setAutomine" => {
                chain.set_automine(params.get(0, "enabled")?);
                json!(true)
            }
            "setIntervalMining" => {
                let seconds = params.quantity(0, "seconds")?;
                chain.set_automine(seconds == 0);
                self.interval.send_replace(seconds);
                Value::Null
            }
            "setBalance" => {
                chain.set_balance(params.get(0, "address")?, params.get(1, "balance")?);
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
                let key: U256 = params.get(1, "position")?;
                chain.set_storage(address, key, params.get(2, "value")?);
                json!(true)
            }
            "setNextBlockBaseFeePerGas" => {
                chain.set_base_fee(params.quantity(0, "base fee")?);
                Value::Null
            }
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

    /// Mines blocks, `interval` seconds apart.
    fn mine_blocks(&self, blocks: u64, interval: u64) -> Result<Value, RpcError> {
        if blocks > MAX_MINED {
            return Err(RpcError::params(format!("at most {MAX_MINED} blocks at once")));
        }
        let mut chain = self.chain_mut();
        for index in 0..blocks {
            if index > 0 && interval > 0 {
                chain.increase_time(interval);
            }
            chain.mine();
        }
        Ok(Value::Null)
    }
}
