//! Methods that run a transaction, for show or for good.

use alloy::{
    consensus::{EthereumTypedTransaction, TxEip4844},
    primitives::{Address, Bytes},
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
                let request = request(&mut params)?;
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
                let request = request(&mut params)?;
                let block = params.block(1)?;
                let state: Option<StateOverride> = params.optional(2, "state override")?;
                let chain = self.chain();
                let number = resolve_or_error(&chain, block)?;
                Ok(shape::quantity(chain.estimate(request, Some(number), state)?.gas))
            }
            "createAccessList" => {
                let request = request(&mut params)?;
                let block = params.block(1)?;
                let state: Option<StateOverride> = params.optional(2, "state override")?;
                let chain = self.chain();
                let number = resolve_or_error(&chain, block)?;
                let found = chain.access_list(request, Some(number), state)?;
                let mut answer =
                    json!({ "accessList": found.list, "gasUsed": shape::quantity(found.gas_used) });
                if let Some(failure) = found.failure {
                    answer["error"] = json!(RpcError::from(failure).message);
                }
                Ok(answer)
            }
            "sendRawTransaction" => {
                let raw: Bytes = params.get(0, "transaction")?;
                let transaction = SignedTransaction::decode(&raw)?;
                Ok(json!(self.chain_mut().submit(transaction)?))
            }
            _ => {
                let request = request(&mut params)?;
                let mut chain = self.chain_mut();
                let (sender, transaction) = fill(&chain, request)?;
                let transaction = if chain.is_impersonated(sender) || name == "sendUnsignedTransaction" {
                    SignedTransaction::impersonated(transaction, sender)
                } else {
                    let envelope =
                        accounts::sign(sender, transaction).ok_or_else(|| unknown_account(sender))?;
                    SignedTransaction::signed(envelope, sender)
                };
                Ok(json!(chain.submit(transaction)?))
            }
        }
    }
}

/// The transaction that is a method's first parameter. What contradicts itself is refused.
pub(super) fn request(params: &mut Params) -> Result<TransactionRequest, RpcError> {
    let request: TransactionRequest = params.get(0, "transaction")?;
    if let (Some(input), Some(data)) = (&request.input.input, &request.input.data)
        && input != data
    {
        return Err(RpcError::params(
            "both \"data\" and \"input\" are set and not equal; use \"input\" to pass transaction call data",
        ));
    }
    let (max_fee, tip) = (request.max_fee_per_gas, request.max_priority_fee_per_gas);
    if request.gas_price.is_some() && (max_fee.is_some() || tip.is_some()) {
        return Err(RpcError::params("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"));
    }
    if let (Some(max_fee), Some(tip)) = (max_fee, tip)
        && max_fee < tip
    {
        return Err(RpcError::params(format!("maxFeePerGas ({max_fee}) < maxPriorityFeePerGas ({tip})")));
    }
    if request.blob_versioned_hashes.is_some() || request.sidecar.is_some() {
        return Err(RpcError::params("transaction type not supported: blobs"));
    }
    Ok(request)
}

/// Fills the gaps of a request for a transaction: nonce, gas limit, prices.
pub(super) fn fill(
    chain: &Chain,
    request: TransactionRequest,
) -> Result<(Address, EthereumTypedTransaction<TxEip4844>), RpcError> {
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
    Ok((sender, transaction::build(request, filled)))
}

/// The refusal to sign for an account whose key the chain does not have.
pub(super) fn unknown_account(account: Address) -> RpcError {
    RpcError::server(format!(
        "unknown account {account}: not a dev account; use anvil_impersonateAccount or send a signed transaction"
    ))
}
