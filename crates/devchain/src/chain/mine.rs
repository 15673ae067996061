//! From a transaction to a block.

use std::sync::Arc;

use alloy::{consensus::Transaction as _, primitives::B256};
use revm::context::result::{ExecutionResult, Output};

use super::Chain;
use crate::{
    block::{Block, Included},
    evm::{self, Environment, Outcome, TransactError, TransactOptions},
    transaction::SignedTransaction,
};

/// Most transactions that wait for a block at once.
const MAX_WAITING: usize = 10_000;

/// Why a transaction is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// It is in a block, or waits for one.
    #[error("already known")]
    AlreadyKnown,
    /// Too many wait already.
    #[error("txpool is full: {MAX_WAITING} transactions wait; mine a block first (evm_mine)")]
    Full,
    /// It breaks a rule.
    #[error(transparent)]
    Rejected(#[from] TransactError),
}

impl Chain {
    /// Takes a transaction: into a block of its own when automining, else into the queue. Nothing happens when it is refused.
    ///
    /// # Errors
    /// See [`SubmitError`]. A nonce above the next one is [`TransactError::NonceTooHigh`]; whoever sends may wait and try again.
    pub fn submit(&mut self, transaction: SignedTransaction) -> Result<B256, SubmitError> {
        let hash = transaction.hash;
        if self.transactions.contains_key(&hash) || self.waiting(hash).is_some() {
            return Err(SubmitError::AlreadyKnown);
        }
        if self.config.automine && self.waiting.is_empty() {
            let env = self.next_environment();
            let outcome = self.execute(&env, &transaction)?;
            self.add_block(env, vec![(transaction, outcome)]);
            return Ok(hash);
        }
        if self.waiting.len() >= MAX_WAITING {
            return Err(SubmitError::Full);
        }
        self.check_queued(&transaction)?;
        self.waiting.push(transaction);
        if self.config.automine {
            self.mine();
        }
        Ok(hash)
    }

    /// Builds a block from the transactions that wait, in their order of arrival; an empty one when none wait. Transactions
    /// that became invalid meanwhile are dropped. Returns its number.
    pub fn mine(&mut self) -> u64 {
        let env = self.next_environment();
        let waiting = std::mem::take(&mut self.waiting);
        let mut done: Vec<Included> = Vec::new();
        let mut within = env.clone();
        for transaction in waiting {
            match self.execute(&within, &transaction) {
                Ok(outcome) => {
                    within.recent_programs.clone_from(&outcome.recent_programs);
                    done.push(self.include(transaction, outcome, &done));
                }
                Err(error) => {
                    tracing::warn!(hash = %transaction.hash, %error, "dropped a waiting transaction");
                }
            }
        }
        self.close_block(&env, done)
    }

    /// What a queued transaction must fulfil at once; the rest is seen when its block is built.
    fn check_queued(&self, transaction: &SignedTransaction) -> Result<(), TransactError> {
        let address = transaction.sender;
        let tx = transaction.envelope.nonce();
        let state = self.pending_nonce(address);
        match tx.cmp(&state) {
            std::cmp::Ordering::Less => return Err(TransactError::NonceTooLow { address, tx, state }),
            std::cmp::Ordering::Greater => return Err(TransactError::NonceTooHigh { address, tx, state }),
            std::cmp::Ordering::Equal => {}
        }
        let max_fee = transaction.envelope.max_fee_per_gas();
        if max_fee < u128::from(self.base_fee) {
            return Err(TransactError::MaxFeeBelowBaseFee { address, max_fee, base_fee: self.base_fee });
        }
        Ok(())
    }

    fn execute(&self, env: &Environment, transaction: &SignedTransaction) -> Result<Outcome, TransactError> {
        let poster_units = if env.l1_price_per_unit == 0 { 0 } else { transaction.poster_units() };
        let options = TransactOptions {
            poster_units,
            allow_code_sender: transaction.impersonated,
            ..TransactOptions::default()
        };
        let state = self.state.at(u64::MAX);
        evm::transact(&state, env, transaction.tx_env(), &options)
    }

    fn add_block(&mut self, env: Environment, executed: Vec<(SignedTransaction, Outcome)>) -> u64 {
        let mut done = Vec::with_capacity(executed.len());
        for (transaction, outcome) in executed {
            done.push(self.include(transaction, outcome, &done));
        }
        self.close_block(&env, done)
    }

    /// Stores what a transaction did and writes its receipt.
    fn include(&mut self, transaction: SignedTransaction, outcome: Outcome, before: &[Included]) -> Included {
        self.state.apply(outcome.state);
        let gas_used = outcome.result.tx_gas_used();
        let (success, output, created, logs) = match outcome.result {
            ExecutionResult::Success { output: Output::Create(code, address), logs, .. } => {
                (true, code, address, logs)
            }
            ExecutionResult::Success { output: Output::Call(data), logs, .. } => (true, data, None, logs),
            ExecutionResult::Revert { output, .. } => (false, output, None, Vec::new()),
            ExecutionResult::Halt { .. } => (false, Default::default(), None, Vec::new()),
        };
        // A failed creation names the address it would have had.
        let contract_address = transaction
            .envelope
            .is_create()
            .then(|| created.unwrap_or_else(|| transaction.sender.create(transaction.envelope.nonce())));
        Included {
            success,
            gas_used,
            cumulative_gas_used: before.last().map_or(0, |last| last.cumulative_gas_used) + gas_used,
            gas_used_for_l1: outcome.poster_gas,
            effective_gas_price: outcome.gas_price,
            contract_address,
            first_log: before.last().map_or(0, |last| last.first_log + last.logs.len()),
            logs,
            output,
            transaction,
        }
    }

    pub(super) fn close_block(&mut self, env: &Environment, transactions: Vec<Included>) -> u64 {
        let parent_hash = self.blocks.last().map_or(B256::ZERO, |parent| parent.hash);
        let root = self.state.seal();
        let block = Block::new(env, parent_hash, root, transactions);
        let number = block.number();
        for (index, included) in block.transactions.iter().enumerate() {
            self.transactions.insert(included.transaction.hash, (number, index));
        }
        self.numbers.insert(block.hash, number);
        self.blocks.push(Arc::new(block));
        self.time.next = None;
        self.announce();
        number
    }
}
