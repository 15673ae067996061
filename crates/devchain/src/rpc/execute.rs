//! Methods that run a transaction, for show or for good.

use alloy::{
    primitives::Bytes,
    rpc::types::{BlockOverrides, TransactionRequest, state::StateOverride},
};
use serde_json::{Value, json};

use super::{Api, Params, RpcError, node_interface, resolve_or_error, shape};
use crate::{
    accounts,
    chain::Chain,
    transaction::{self, Filled, SignedTransaction},
};

impl Api {
    pub(super) fn execute(&self, name: &str, mut params: Params) -> Result<Value, RpcError> {
        match name {
            "call" => {
                let request: TransactionRequest = params.get(0, "transaction")?;
                let block = params.block(1)?;
                let state: Option<StateOverride> = params.optional(2, "state override")?;
                let overrides: Option<BlockOverrides> = params.optional(3, "block override")?;
                let chain = self.chain();
                let number = resolve_or_error(&chain, block)?;
                if node_interface::is_addressed(&request) {
                    return Ok(json!(node_interface::call(&chain, &request, number, state)?));
                }
                Ok(json!(chain.call(request, Some(number), state, overrides)?))
            }
            "estimateGas" => {
                let request: TransactionRequest = params.get(0, "transaction")?;
                let block = params.block(1)?;
                let state: Option<StateOverride> = params.optional(2, "state override")?;
                let chain = self.chain();
                let number = resolve_or_error(&chain, block)?;
                Ok(shape::quantity(chain.estimate(request, Some(number), state)?.gas))
            }
            "sendRawTransaction" => {
                let raw: Bytes = params.get(0, "transaction")?;
                let transaction = SignedTransaction::decode(&raw)?;
                Ok(json!(self.chain_mut().submit(transaction)?))
            }
            _ => {
                let request: TransactionRequest = params.get(0, "transaction")?;
                let mut chain = self.chain_mut();
                let transaction = prepare(&chain, request)?;
                Ok(json!(chain.submit(transaction)?))
            }
        }
    }
}

/// Fills the gaps of eth_sendTransaction and signs it, or lets an impersonated account pass unsigned.
fn prepare(chain: &Chain, request: TransactionRequest) -> Result<SignedTransaction, RpcError> {
    let sender = request.from.ok_or_else(|| RpcError::params("from is missing"))?;
    if let Some(chain_id) = request.chain_id
        && chain_id != chain.config().chain_id
    {
        return Err(RpcError::server(format!(
            "invalid chain id: have {chain_id}, want {}",
            chain.config().chain_id
        )));
    }
    let gas_limit = match request.gas {
        Some(gas) => gas,
        None => chain.estimate(request.clone(), None, None)?.gas,
    };
    let filled = Filled {
        chain_id: chain.config().chain_id,
        nonce: request.nonce.unwrap_or_else(|| chain.pending_nonce(sender)),
        gas_limit,
        base_fee: chain.base_fee(),
    };
    let transaction = transaction::build(request, filled);
    if chain.is_impersonated(sender) {
        return Ok(SignedTransaction::impersonated(transaction, sender));
    }
    let envelope = accounts::sign(sender, transaction).ok_or_else(|| {
        RpcError::server(format!(
            "unknown account {sender}: not a dev account; use anvil_impersonateAccount or send a signed transaction"
        ))
    })?;
    Ok(SignedTransaction::signed(envelope, sender))
}
