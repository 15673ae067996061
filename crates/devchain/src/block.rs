//! Blocks, and the transactions in them with what they did.

use alloy::{
    consensus::{EthereumReceipt, Header, proofs},
    primitives::{Address, B64, B256, Bloom, Bytes, Log, U256},
};

use crate::{evm::Environment, transaction::SignedTransaction};

/// One block. Immutable once built.
#[derive(Clone, Debug)]
pub struct Block {
    /// Hash of the header.
    pub hash: B256,
    /// The header; `number` counts this chain's blocks, `mix_hash` packs the extras of an Arbitrum chain.
    pub header: Header,
    /// Estimate of the parent chain's block number.
    pub l1_number: u64,
    /// The transactions, in order.
    pub transactions: Vec<Included>,
}

/// A transaction with its receipt.
#[derive(Clone, Debug)]
pub struct Included {
    /// The transaction.
    pub transaction: SignedTransaction,
    /// It did not revert.
    pub success: bool,
    /// Gas used, poster gas included.
    pub gas_used: u64,
    /// Gas used by it and those before it in the block.
    pub cumulative_gas_used: u64,
    /// Part of `gas_used` that paid for calldata.
    pub gas_used_for_l1: u64,
    /// Wei per gas paid.
    pub effective_gas_price: u128,
    /// The contract it created, if it is a creation.
    pub contract_address: Option<Address>,
    /// Its logs, in order.
    pub logs: Vec<Log>,
    /// Index in the block of its first log.
    pub first_log: usize,
    /// What it returned, or its revert data.
    pub output: Bytes,
}

impl Included {
    /// Bloom filter over its logs.
    pub fn bloom(&self) -> Bloom {
        self.logs.iter().collect()
    }
}

impl Block {
    /// Closes a block over its transactions.
    pub(crate) fn new(
        env: &Environment,
        parent_hash: B256,
        state_root: B256,
        transactions: Vec<Included>,
    ) -> Self {
        let envelopes: Vec<_> = transactions.iter().map(|included| &included.transaction.envelope).collect();
        let receipts: Vec<_> = transactions.iter().map(receipt).collect();
        let header = Header {
            parent_hash,
            beneficiary: env.coinbase,
            state_root,
            transactions_root: proofs::calculate_transaction_root(&envelopes),
            receipts_root: EthereumReceipt::calculate_receipt_root_no_memo(&receipts),
            logs_bloom: transactions.iter().flat_map(|included| &included.logs).collect(),
            difficulty: U256::from(1),
            number: env.l2_number,
            gas_limit: env.gas_limit,
            gas_used: transactions.last().map_or(0, |last| last.cumulative_gas_used),
            timestamp: env.timestamp,
            extra_data: Bytes::from_static(&[0; 32]),
            mix_hash: mix_hash(env),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(env.base_fee),
            ..Header::default()
        };
        Self { hash: header.hash_slow(), header, l1_number: env.l1_number, transactions }
    }

    /// Its number on this chain.
    pub fn number(&self) -> u64 {
        self.header.number
    }
}

/// `sendCount (8) ‖ l1BlockNumber (8) ‖ arbosVersion (8) ‖ flags (8)`, big-endian, or the PREVRANDAO a test has set. No
/// message ever leaves this chain.
pub(crate) fn mix_hash(env: &Environment) -> B256 {
    if let Some(set) = env.prev_randao {
        return set;
    }
    let mut packed = B256::ZERO;
    packed[8..16].copy_from_slice(&env.l1_number.to_be_bytes());
    packed[16..24].copy_from_slice(&env.arbos_version.to_be_bytes());
    packed
}

fn receipt(included: &Included) -> EthereumReceipt {
    EthereumReceipt {
        tx_type: included.transaction.envelope.tx_type(),
        success: included.success,
        cumulative_gas_used: included.cumulative_gas_used,
        logs: included.logs.clone(),
    }
}
