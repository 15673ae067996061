//! Executions again, with a record of their calls.

use alloy::{
    primitives::B256,
    rpc::types::{BlockOverrides, TransactionRequest, state::StateOverride},
};
use revm::{DatabaseCommit, database::CacheDB};

use super::{Chain, RPC_GAS_CAP, SimulateError};
use crate::evm::{self, CallFrame, Trace, TransactOptions};

/// Most transactions that are run again for one answer.
const MAX_REPLAYED: usize = 10_000;

/// Why there is no trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// No block has the transaction.
    #[error("transaction {0} not found")]
    UnknownTransaction(B256),
    /// The block is not known.
    #[error("header not found")]
    UnknownBlock,
    /// The calls take more than 64 MiB.
    #[error("the trace is larger than 64 MiB; ask for the outermost call only (onlyTopCall)")]
    TooLarge,
    /// More transactions lie before it in its block than are run again.
    #[error("more than {MAX_REPLAYED} transactions of the block would have to be run again")]
    TooMany,
    /// It cannot be run.
    #[error(transparent)]
    Refused(#[from] SimulateError),
}

impl Chain {
    /// Runs a mined transaction again, on the state it found, and returns its calls.
    ///
    /// # Errors
    /// See [`TraceError`].
    pub fn trace_transaction(&self, hash: B256, trace: Trace) -> Result<CallFrame, TraceError> {
        let (block, index, _) = self.transaction(hash).ok_or(TraceError::UnknownTransaction(hash))?;
        let mut traces = self.replay(block.number(), index, index + 1, trace)?;
        traces.pop().map(|(_, frame)| frame).ok_or(TraceError::TooLarge)
    }

    /// Runs the transactions of a block again and returns the calls of each, with its hash.
    ///
    /// # Errors
    /// See [`TraceError`].
    pub fn trace_block(&self, number: u64, trace: Trace) -> Result<Vec<(B256, CallFrame)>, TraceError> {
        self.replay(number, 0, usize::MAX, trace)
    }

    /// Runs a call after block `number` as [`Chain::call`] does and returns its calls.
    ///
    /// # Errors
    /// See [`TraceError`].
    pub fn trace_call(
        &self,
        request: TransactionRequest,
        number: Option<u64>,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
        trace: Trace,
    ) -> Result<CallFrame, TraceError> {
        let scene = self.scene(number, state, block)?;
        let gas = request.gas.unwrap_or(RPC_GAS_CAP).min(RPC_GAS_CAP);
        let tx = self.request_env(&request, gas, scene.env.base_fee);
        let options =
            TransactOptions { simulate: true, unlimited_compute: true, trace, ..TransactOptions::default() };
        let execution = evm::transact(&*scene.db, &scene.env, tx, &options).map_err(SimulateError::from)?;
        execution.trace.ok_or(TraceError::TooLarge)
    }

    /// Runs transactions `..end` of a block again and returns the calls of those from `first` on.
    fn replay(
        &self,
        number: u64,
        first: usize,
        end: usize,
        trace: Trace,
    ) -> Result<Vec<(B256, CallFrame)>, TraceError> {
        let block = self.block(number).ok_or(TraceError::UnknownBlock)?;
        let mut env = self.environment_of(number).ok_or(TraceError::UnknownBlock)?;
        let before = self.state.before(number);
        env.l1_price_per_unit = evm::l1_price_per_unit(&before, self.config().l1_price_per_unit);
        let mut state = CacheDB::new(before);
        let transactions = &block.transactions[..end.min(block.transactions.len())];
        if transactions.len() > MAX_REPLAYED {
            return Err(TraceError::TooMany);
        }
        let mut traces = Vec::new();
        for (index, included) in transactions.iter().enumerate() {
            let transaction = &included.transaction;
            let trace = if index < first { Trace::Off } else { trace };
            let execution = self.execute(&state, &env, transaction, trace).map_err(SimulateError::from)?;
            env.recent_programs = execution.recent_programs;
            state.commit(execution.state);
            if index >= first {
                traces.push((transaction.hash, execution.trace.ok_or(TraceError::TooLarge)?));
            }
        }
        Ok(traces)
    }
}
