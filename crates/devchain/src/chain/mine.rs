//! From a transaction to a block.

use std::sync::Arc;

use alloy::{
    consensus::Transaction as _,
    primitives::{B256, U256},
};
use revm::context::result::{ExecutionResult, InvalidTransaction, Output};

use super::{Chain, Event, pool::SubmitError};
use crate::{
    block::{Block, Included},
    evm::{self, Environment, Execution, StateRef, Trace, TransactError, TransactOptions},
    transaction::SignedTransaction,
};

impl Chain {
    /// Takes a transaction: into a block of its own when automining, else among those that wait, in place of one with
    /// its nonce if it pays a tenth more. Nothing happens when it is refused.
    ///
    /// # Errors
    /// See [`SubmitError`]. When automining, a nonce above the next one is [`TransactError::NonceTooHigh`]; whoever
    /// sends may wait and try again. Otherwise it waits until the gap is filled.
    pub fn submit(&mut self, transaction: SignedTransaction) -> Result<B256, SubmitError> {
        let hash = transaction.hash;
        if self.waiting(hash).is_some() {
            return Err(SubmitError::AlreadyKnown);
        }
        self.check_nonce(&transaction)?;
        if self.transactions.contains_key(&hash) {
            return Err(SubmitError::AlreadyKnown);
        }
        if self.config.automine {
            let env = self.next_environment();
            self.state.begin_transactions();
            let execution = self.execute(&self.state.at(u64::MAX), &env, &transaction, Trace::Off)?;
            self.events.push(Event::Accepted(hash));
            let included = self.include(transaction, execution, &[]);
            self.close_block(&env, vec![included]);
            self.mine_ready();
            return Ok(hash);
        }
        self.check_queued(&transaction)?;
        self.pool.insert(transaction)?;
        self.events.push(Event::Accepted(hash));
        self.announce();
        Ok(hash)
    }

    /// Builds a block from the transactions that wait, in their order of arrival; an empty one when none can go in. A
    /// transaction that misses an earlier nonce, offers less than the block's base fee or finds no room goes on
    /// waiting; one that became invalid is dropped. Returns the block's number.
    pub fn mine(&mut self) -> u64 {
        let env = self.next_environment();
        let mut done: Vec<Included> = Vec::new();
        let mut within = env.clone();
        self.state.begin_transactions();
        for waiting in self.pool.drain() {
            let used = done.last().map_or(0, |last| last.cumulative_gas_used);
            if waiting.transaction.envelope.gas_limit() > env.gas_limit.saturating_sub(used) {
                self.pool.put_back(waiting);
                continue;
            }
            match self.execute(&self.state.at(u64::MAX), &within, &waiting.transaction, Trace::Off) {
                Ok(execution) => {
                    within.recent_programs.clone_from(&execution.recent_programs);
                    done.push(self.include(Arc::unwrap_or_clone(waiting.transaction), execution, &done));
                }
                Err(TransactError::NonceTooHigh { .. } | TransactError::MaxFeeBelowBaseFee { .. }) => {
                    self.pool.put_back(waiting);
                }
                Err(error) => {
                    tracing::warn!(hash = %waiting.transaction.hash, %error, "dropped a waiting transaction");
                }
            }
        }
        self.close_block(&env, done)
    }

    /// Builds blocks until no transaction that waits can go into one.
    pub(super) fn mine_ready(&mut self) {
        let ready = |chain: &Self| {
            let nonce = |sender| chain.state.nonce(sender);
            chain.pool.has_ready(nonce, chain.base_fee(), chain.settings.gas_limit)
        };
        while ready(self) {
            self.mine();
        }
    }

    /// The rules about nonces that hold in every mode of mining.
    fn check_nonce(&self, transaction: &SignedTransaction) -> Result<(), TransactError> {
        let (address, tx) = (transaction.sender, transaction.envelope.nonce());
        let state = self.state.nonce(address);
        if tx < state {
            return Err(TransactError::NonceTooLow { address, tx, state });
        }
        if tx == u64::MAX {
            return Err(TransactError::Invalid(InvalidTransaction::NonceOverflowInTransaction));
        }
        Ok(())
    }

    /// What a queued transaction must fulfil at once; the rest is seen when its block is built.
    fn check_queued(&self, transaction: &SignedTransaction) -> Result<(), TransactError> {
        let address = transaction.sender;
        let envelope = &transaction.envelope;
        if envelope.chain_id().is_some_and(|chain_id| chain_id != self.config.chain_id) {
            return Err(TransactError::Invalid(InvalidTransaction::InvalidChainId));
        }
        let (gas, max_fee) = (envelope.gas_limit(), envelope.max_fee_per_gas());
        if gas > self.settings.gas_limit {
            return Err(TransactError::BlockGasLimit { have: gas, limit: self.settings.gas_limit });
        }
        if max_fee < u128::from(self.base_fee()) {
            return Err(TransactError::MaxFeeBelowBaseFee { address, max_fee, base_fee: self.base_fee() });
        }
        let want = U256::from(gas).saturating_mul(U256::from(max_fee)).saturating_add(envelope.value());
        let have = self.state.account(address).map(|account| account.balance).unwrap_or_default();
        if have < want {
            return Err(TransactError::InsufficientFunds { address, have, want });
        }
        evm::check_intrinsic_gas(&transaction.tx_env())
    }

    /// Runs a transaction on a state in a block and stores nothing.
    pub(super) fn execute(
        &self,
        state: StateRef<'_>,
        env: &Environment,
        transaction: &SignedTransaction,
        trace: Trace,
    ) -> Result<Execution, TransactError> {
        let poster_units = if env.l1_price_per_unit == 0 { 0 } else { transaction.poster_units() };
        let options = TransactOptions {
            poster_units,
            allow_code_sender: transaction.impersonated,
            trace,
            ..TransactOptions::default()
        };
        evm::transact(state, env, transaction.tx_env(), &options)
    }

    /// Stores what a transaction did and writes its receipt.
    fn include(
        &mut self,
        transaction: SignedTransaction,
        execution: Execution,
        before: &[Included],
    ) -> Included {
        self.state.apply(execution.state);
        let gas_used = execution.result.tx_gas_used();
        let (success, output, created, logs) = match execution.result {
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
            gas_used_for_l1: execution.poster_gas,
            effective_gas_price: execution.gas_price,
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
        let block = Arc::new(block);
        self.events.push(Event::Block(Arc::clone(&block)));
        self.blocks.push(block);
        self.time.next = None;
        self.settings.next_base_fee = None;
        self.settings.next_prev_randao = None;
        self.announce();
        number
    }
}
