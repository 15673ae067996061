//! Reads with short answers: accounts, fees, transactions.

use alloy::{
    eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718},
    primitives::{Address, B256, Bytes},
};
use serde_json::{Value, json};

use super::{Api, Params, RpcError, accounts, resolve, resolve_or_error, shape};
use crate::{block::Block, chain::Chain};

/// Most blocks one eth_feeHistory covers.
const MAX_FEE_HISTORY: u64 = 1_024;

impl Api {
    pub(super) fn read(&self, name: &str, mut params: Params) -> Result<Value, RpcError> {
        let chain = self.chain();
        let chain = &*chain;
        Ok(match name {
            "chainId" => shape::quantity(chain.config().chain_id),
            "blockNumber" => shape::quantity(chain.latest().number()),
            "gasPrice" => shape::quantity(chain.base_fee()),
            "maxPriorityFeePerGas" => shape::quantity(0),
            "blobBaseFee" => shape::quantity(1),
            "coinbase" => json!(chain.coinbase()),
            "syncing" | "mining" => json!(false),
            "accounts" => accounts(),
            "feeHistory" => fee_history(chain, params)?,
            "getBalance" => {
                let address: Address = params.get(0, "address")?;
                let state = chain.state_at(resolve_or_error(chain, params.block(1)?)?);
                json!(state.account(address).map(|account| account.balance).unwrap_or_default())
            }
            "getCode" => {
                let address: Address = params.get(0, "address")?;
                let state = chain.state_at(resolve_or_error(chain, params.block(1)?)?);
                let code = state.account(address).and_then(|account| account.code);
                json!(code.map(|code| code.original_bytes()).unwrap_or_default())
            }
            "getStorageAt" => {
                let address: Address = params.get(0, "address")?;
                let key = params.number(1, "position")?;
                let state = chain.state_at(resolve_or_error(chain, params.block(2)?)?);
                json!(B256::from(state.slot(address, key)))
            }
            "getTransactionCount" => {
                let address: Address = params.get(0, "address")?;
                let block = params.block(1)?;
                if block == BlockId::Number(BlockNumberOrTag::Pending) {
                    return Ok(shape::quantity(chain.pending_nonce(address)));
                }
                let state = chain.state_at(resolve_or_error(chain, block)?);
                shape::quantity(state.account(address).map_or(0, |account| account.nonce))
            }
            "getBlockTransactionCountByNumber" | "getBlockTransactionCountByHash" => {
                find_block(chain, name, &mut params)?
                    .map_or(Value::Null, |block| shape::quantity(block.transactions.len() as u64))
            }
            "getUncleCountByBlockNumber" | "getUncleCountByBlockHash" => shape::quantity(0),
            "getTransactionByBlockNumberAndIndex" | "getTransactionByBlockHashAndIndex" => {
                let index = usize::try_from(params.quantity(1, "index")?).unwrap_or(usize::MAX);
                let block = find_block(chain, name, &mut params)?;
                let found = block.and_then(|block| Some((block, block.transactions.get(index)?)));
                found.map_or(Value::Null, |(block, included)| shape::transaction(block, index, included))
            }
            "getTransactionByHash" => {
                let hash: B256 = params.get(0, "hash")?;
                match chain.transaction(hash) {
                    Some((block, index, included)) => shape::transaction(block, index, included),
                    None => chain.waiting(hash).map_or(Value::Null, shape::waiting),
                }
            }
            "getRawTransactionByHash" => {
                let hash = params.get(0, "hash")?;
                let found = chain.transaction(hash).map(|(_, _, included)| &included.transaction);
                found.or_else(|| chain.waiting(hash)).map_or(Value::Null, |transaction| {
                    json!(Bytes::from(transaction.envelope.encoded_2718()))
                })
            }
            "pendingTransactions" => {
                chain.all_waiting().map(|(transaction, _)| shape::waiting(transaction)).collect()
            }
            _ => return Err(RpcError::method(&format!("eth_{name}"))),
        })
    }
}

/// The block that the first parameter of a method whose name says "ByHash" or "ByNumber" means.
pub(super) fn find_block<'a>(
    chain: &'a Chain,
    name: &str,
    params: &mut Params,
) -> Result<Option<&'a Block>, RpcError> {
    let block = if name.contains("Hash") {
        chain.block_by_hash(params.get(0, "hash")?)
    } else {
        resolve(chain, BlockId::Number(params.get(0, "number")?)).and_then(|number| chain.block(number))
    };
    Ok(block.map(AsRef::as_ref))
}

fn fee_history(chain: &Chain, mut params: Params) -> Result<Value, RpcError> {
    let count = params.quantity(0, "block count")?.min(MAX_FEE_HISTORY);
    let newest = resolve_or_error(chain, BlockId::Number(params.get(1, "newest block")?))?;
    let percentiles: Vec<f64> = params.optional(2, "reward percentiles")?.unwrap_or_default();
    if percentiles.len() > 100 {
        return Err(RpcError::params("at most 100 reward percentiles"));
    }
    if let Some(wrong) = percentiles.iter().find(|percentile| !(0.0..=100.0).contains(*percentile)) {
        return Err(RpcError::params(format!("invalid reward percentile: {wrong}; it must be 0 to 100")));
    }
    if let Some(pair) = percentiles.windows(2).find(|pair| pair[0] > pair[1]) {
        return Err(RpcError::params(format!(
            "invalid reward percentile: {} comes after {}; they must ascend",
            pair[1], pair[0]
        )));
    }
    if count == 0 {
        return Ok(json!({ "oldestBlock": "0x0", "baseFeePerGas": [], "gasUsedRatio": [] }));
    }
    let oldest = newest.saturating_sub(count - 1);
    let blocks: Vec<_> = (oldest..=newest).filter_map(|number| chain.block(number)).collect();
    let mut base_fees: Vec<u64> =
        blocks.iter().map(|block| block.header.base_fee_per_gas.unwrap_or_default()).collect();
    base_fees.push(chain.base_fee());
    let mut history = json!({
        "oldestBlock": shape::quantity(oldest),
        "baseFeePerGas": base_fees.into_iter().map(shape::quantity).collect::<Vec<_>>(),
        "gasUsedRatio": blocks
            .iter()
            .map(|block| block.header.gas_used as f64 / block.header.gas_limit as f64)
            .collect::<Vec<_>>(),
    });
    if !percentiles.is_empty() {
        // Nobody is paid a tip.
        let row = vec![shape::quantity(0); percentiles.len()];
        history["reward"] = json!(vec![row; blocks.len()]);
    }
    Ok(history)
}
