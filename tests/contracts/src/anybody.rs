//! Transactions in anybody's name: no key signs them, the chain takes them as impersonated.

use alloy::{
    consensus::{EthereumTxEnvelope, TxEip1559, TxEip4844},
    eips::eip2718::Encodable2718,
    primitives::{Address, Bytes, Signature, TxKind, U256, keccak256},
};
use devchain::{Chain, transaction::SignedTransaction};

use crate::Receipt;

/// Mines a transaction of `from`, who can pay for it: what it did, and where what it created lies.
///
/// # Panics
/// When the chain does not take it.
pub fn transact(
    chain: &mut Chain,
    from: Address,
    to: TxKind,
    value: U256,
    input: Bytes,
    gas_limit: u64,
) -> (Receipt, Option<Address>) {
    let transaction = TxEip1559 {
        chain_id: chain.config().chain_id,
        nonce: chain.pending_nonce(from),
        gas_limit,
        max_fee_per_gas: u128::from(chain.base_fee()),
        max_priority_fee_per_gas: 0,
        to,
        value,
        access_list: Default::default(),
        input,
    };
    let signature = Signature::new(U256::from_be_slice(from.as_slice()), U256::ONE, false);
    let unhashed = EthereumTxEnvelope::<TxEip4844>::new_unhashed(transaction.clone().into(), signature);
    let hash = keccak256([unhashed.encoded_2718().as_slice(), from.as_slice()].concat());
    let envelope = EthereumTxEnvelope::new_unchecked(transaction.into(), signature, hash);
    let signed = SignedTransaction { envelope, hash, sender: from, impersonated: true };
    chain.submit(signed).expect("the transaction is valid");
    let (_, _, included) = chain.transaction(hash).expect("the chain mines at once");
    let receipt = Receipt {
        success: included.success,
        output: included.output.clone(),
        logs: included.logs.clone(),
        gas_used: included.gas_used,
    };
    (receipt, included.contract_address)
}
