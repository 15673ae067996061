//! NodeInterface: a contract that exists only for eth_call, where it answers what only a node knows.

use alloy::{
    primitives::{Address, Bytes, TxKind, U256, address},
    rpc::types::{TransactionInput, TransactionRequest, state::StateOverride},
    sol,
    sol_types::{SolCall, SolInterface},
};

use super::RpcError;
use crate::chain::{CallFailure, Chain};

/// Where it is found.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

sol! {
    /// The part of the interface a chain without a parent can answer.
    interface NodeInterface {
        function gasEstimateComponents(address to, bool contractCreation, bytes data)
            external payable
            returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function gasEstimateL1Component(address to, bool contractCreation, bytes data)
            external payable
            returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function nitroGenesisBlock() external pure returns (uint256 number);
        function blockL1Num(uint64 l2BlockNum) external view returns (uint64 l1BlockNum);
        function l2BlockRangeForL1(uint64 blockNum) external view returns (uint64 firstBlock, uint64 lastBlock);
    }
}

pub(super) fn is_addressed(request: &TransactionRequest) -> bool {
    request.to == Some(TxKind::Call(NODE_INTERFACE))
}

/// Answers a call to [`NODE_INTERFACE`] after block `number`.
pub(super) fn call(
    chain: &Chain,
    request: &TransactionRequest,
    number: u64,
    state: Option<StateOverride>,
) -> Result<Bytes, RpcError> {
    use NodeInterface::NodeInterfaceCalls as Calls;
    let revert = || RpcError::from(CallFailure::Revert(Bytes::new()));
    let data = request.input.input().cloned().unwrap_or_default();
    let base_fee = U256::from(chain.base_fee());
    let l1_base_fee = U256::from(chain.next_environment().l1_price_per_unit).saturating_mul(U256::from(16));
    let inner = |to: Address, creation: bool, data: Bytes| TransactionRequest {
        to: Some(if creation { TxKind::Create } else { TxKind::Call(to) }),
        input: TransactionInput::new(data),
        ..request.clone()
    };
    let answer = match Calls::abi_decode(&data).map_err(|_| revert())? {
        Calls::gasEstimateComponents(asked) => {
            let request = inner(asked.to, asked.contractCreation, asked.data);
            let estimate = chain.estimate(request, Some(number), state)?;
            let answer = NodeInterface::gasEstimateComponentsReturn {
                gasEstimate: estimate.gas,
                gasEstimateForL1: estimate.gas_for_l1,
                baseFee: base_fee,
                l1BaseFeeEstimate: l1_base_fee,
            };
            NodeInterface::gasEstimateComponentsCall::abi_encode_returns(&answer)
        }
        Calls::gasEstimateL1Component(asked) => {
            let request = inner(asked.to, asked.contractCreation, asked.data);
            let answer = NodeInterface::gasEstimateL1ComponentReturn {
                gasEstimateForL1: chain.estimate_gas_for_l1(&request),
                baseFee: base_fee,
                l1BaseFeeEstimate: l1_base_fee,
            };
            NodeInterface::gasEstimateL1ComponentCall::abi_encode_returns(&answer)
        }
        Calls::nitroGenesisBlock(_) => NodeInterface::nitroGenesisBlockCall::abi_encode_returns(&U256::ZERO),
        Calls::blockL1Num(asked) => {
            let block = chain.block(asked.l2BlockNum).ok_or_else(revert)?;
            NodeInterface::blockL1NumCall::abi_encode_returns(&block.l1_number)
        }
        Calls::l2BlockRangeForL1(asked) => {
            let (first, last) = chain.blocks_of_l1(asked.blockNum).ok_or_else(revert)?;
            let answer = NodeInterface::l2BlockRangeForL1Return { firstBlock: first, lastBlock: last };
            NodeInterface::l2BlockRangeForL1Call::abi_encode_returns(&answer)
        }
    };
    Ok(answer.into())
}
