//! Calls and gas estimates: executions that leave no trace.

use std::fmt;

use alloy::{
    consensus::constants::{EIP1559_TX_TYPE_ID, EIP2930_TX_TYPE_ID, EIP7702_TX_TYPE_ID, LEGACY_TX_TYPE_ID},
    eips::eip2718::Encodable2718,
    primitives::{Bytes, U256},
    rpc::types::{BlockOverrides, TransactionRequest, state::StateOverride},
    sol_types::{Revert, SolError},
};
use revm::{
    DatabaseRef,
    context::{
        TxEnv,
        result::{ExecutionResult, HaltReason},
    },
    context_interface::either::Either,
};

use super::Chain;
use crate::{
    evm::{self, Environment, Execution, StateRef, TX_COMPUTE_GAS, TransactError, TransactOptions},
    poster,
    state::Overridden,
    transaction::{self, Filled, SignedTransaction},
};

/// Gas a call gets when it names none, and the most it can compute with.
pub const RPC_GAS_CAP: u64 = 50_000_000;
/// Estimates stop when the answer is known to this part of itself.
const ESTIMATE_PRECISION: u64 = 64;
/// Gas of a plain transfer.
const TRANSFER_GAS: u64 = 21_000;

/// Why a call did not return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallFailure {
    /// It reverted with this data.
    Revert(Bytes),
    /// It stopped for this reason.
    Halt(HaltReason),
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revert(_) => f.write_str("execution reverted"),
            Self::Halt(reason) => f.write_str(&evm::words::of_halt(reason)),
        }
    }
}

/// Why there is no answer to a simulation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// The block is not known.
    #[error("header not found")]
    UnknownBlock,
    /// An override makes no sense.
    #[error("{0}")]
    Override(String),
    /// As a transaction it would be refused.
    #[error(transparent)]
    Refused(#[from] TransactError),
    /// It does not return.
    #[error("{0}")]
    Failed(CallFailure),
    /// No gas limit up to this one is enough.
    #[error("gas required exceeds allowance ({0})")]
    Allowance(u64),
}

/// Gas a transaction needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The limit to send, poster gas included.
    pub gas: u64,
    /// Part of it that pays for calldata, with a margin.
    pub gas_for_l1: u64,
}

/// What a simulation runs on.
pub(super) struct Scene<'a> {
    pub(super) env: Environment,
    pub(super) db: Box<dyn DatabaseRef<Error = std::convert::Infallible> + 'a>,
}

impl Chain {
    /// Executes a call after block `number` (`None`: on the present state) and returns what it returns.
    ///
    /// # Errors
    /// See [`SimulateError`].
    pub fn call(
        &self,
        request: TransactionRequest,
        number: Option<u64>,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
    ) -> Result<Bytes, SimulateError> {
        let scene = self.scene(number, state, block)?;
        let gas = request.gas.unwrap_or(RPC_GAS_CAP).min(RPC_GAS_CAP);
        let tx = self.request_env(&request, gas, scene.env.base_fee);
        let options =
            TransactOptions { simulate: true, unlimited_compute: true, ..TransactOptions::default() };
        let execution = evm::transact(&*scene.db, &scene.env, tx, &options)?;
        into_output(execution).map_err(SimulateError::Failed)
    }

    /// The smallest gas limit with which a transaction does not fail, to within 1/64, plus what its calldata costs.
    /// Sending the result back as the limit is enough, as long as the state is the same.
    ///
    /// # Errors
    /// See [`SimulateError`].
    pub fn estimate(
        &self,
        request: TransactionRequest,
        number: Option<u64>,
        state: Option<StateOverride>,
    ) -> Result<Estimate, SimulateError> {
        let scene = self.scene(number, state, None)?;
        let gas_for_l1 = self.estimate_poster_gas(&request, &scene.env);
        let ceiling = self.estimate_ceiling(&request, &scene, gas_for_l1)?.saturating_sub(gas_for_l1);
        let run = |gas: u64| -> Result<Result<Execution, CallFailure>, SimulateError> {
            let tx = self.request_env(&request, gas, scene.env.base_fee);
            let options = TransactOptions { simulate: true, ..TransactOptions::default() };
            match evm::transact(&*scene.db, &scene.env, tx, &options) {
                Ok(execution) => Ok(checked(execution)),
                Err(TransactError::IntrinsicGas { .. }) => Ok(Err(CallFailure::Halt(HaltReason::OutOfGas(
                    revm::context::result::OutOfGasError::Basic,
                )))),
                Err(other) => Err(other.into()),
            }
        };

        let execution = match run(ceiling)? {
            Ok(execution) => execution,
            Err(CallFailure::Halt(HaltReason::OutOfGas(_))) => {
                return Err(SimulateError::Allowance(ceiling.saturating_add(gas_for_l1)));
            }
            Err(failure) => return Err(SimulateError::Failed(failure)),
        };
        let used = execution.result.tx_gas_used();
        if used == TRANSFER_GAS && run(TRANSFER_GAS)?.is_ok() {
            return Ok(Estimate { gas: TRANSFER_GAS + gas_for_l1, gas_for_l1 });
        }

        let mut fails = used.saturating_sub(1);
        let mut works = ceiling;
        // What was spent before refunds, a stipend, and the sixty-fourth a frame keeps: usually enough, and close.
        let spent = execution.result.gas().total_gas_spent();
        let guess = (spent.saturating_add(2_300)).saturating_mul(64) / 63;
        if guess < works {
            if run(guess)?.is_ok() {
                works = guess;
            } else {
                fails = fails.max(guess);
            }
        }
        while works.saturating_sub(fails) > (works / ESTIMATE_PRECISION).max(1) {
            // Most transactions need little more than they use: search from below first.
            let middle = (fails + (works - fails) / 2).min(fails.saturating_mul(2));
            if run(middle)?.is_ok() {
                works = middle;
            } else {
                fails = middle;
            }
        }
        Ok(Estimate { gas: works.saturating_add(gas_for_l1), gas_for_l1 })
    }

    /// Gas a request's calldata costs, with a margin.
    pub fn estimate_gas_for_l1(&self, request: &TransactionRequest) -> u64 {
        self.estimate_poster_gas(request, &self.next_environment())
    }

    pub(super) fn scene(
        &self,
        number: Option<u64>,
        state: Option<StateOverride>,
        block: Option<BlockOverrides>,
    ) -> Result<Scene<'_>, SimulateError> {
        let number = number.filter(|number| *number != self.latest().number());
        let mut env = match number {
            // The present is the next block in everything but its number, and the hashes before that.
            None => self.environment(self.blocks.len() - 1),
            Some(number) => self.environment_of(number).ok_or(SimulateError::UnknownBlock)?,
        };
        let base = self.state_at(number.unwrap_or(u64::MAX));
        if let Some(block) = block {
            override_block(&mut env, &block)?;
        }
        let db: Box<dyn DatabaseRef<Error = std::convert::Infallible> + '_> = match state {
            None => Box::new(base),
            Some(state) => Box::new(Overridden::new(base, state).map_err(SimulateError::Override)?),
        };
        Ok(Scene { env, db })
    }

    /// The machine's view of a request. The nonce does not matter: simulations do not check it, but creations take
    /// their address from the account.
    pub(super) fn request_env(&self, request: &TransactionRequest, gas_limit: u64, base_fee: u64) -> TxEnv {
        let offered = request.max_fee_per_gas.or(request.gas_price);
        let tx_type = if request.authorization_list.is_some() {
            EIP7702_TX_TYPE_ID
        } else if request.gas_price.is_none() {
            EIP1559_TX_TYPE_ID
        } else if request.access_list.is_some() {
            EIP2930_TX_TYPE_ID
        } else {
            LEGACY_TX_TYPE_ID
        };
        let is_dynamic = matches!(tx_type, EIP1559_TX_TYPE_ID | EIP7702_TX_TYPE_ID);
        // A tip without a maximum asks for the base fee plus the tip.
        let tip = request.max_priority_fee_per_gas.filter(|_| is_dynamic);
        let gas_price = offered.or(tip.filter(|tip| *tip > 0).map(|tip| u128::from(base_fee) + tip));
        let gas_price = gas_price.unwrap_or_default();
        TxEnv {
            tx_type,
            caller: request.from.unwrap_or_default(),
            gas_limit,
            gas_price,
            kind: request.to.unwrap_or_default(),
            value: request.value.unwrap_or_default(),
            data: request.input.input().cloned().unwrap_or_default(),
            nonce: 0,
            chain_id: Some(self.config.chain_id),
            access_list: request.access_list.clone().unwrap_or_default(),
            gas_priority_fee: is_dynamic.then(|| tip.unwrap_or_default().min(gas_price)),
            authorization_list: request
                .authorization_list
                .iter()
                .flatten()
                .cloned()
                .map(Either::Left)
                .collect(),
            ..TxEnv::default()
        }
    }

    /// The largest limit an estimate tries: the request's, the cap, and what the sender can pay for. The cap is one of
    /// computing: gas that pays for calldata comes on top.
    fn estimate_ceiling(
        &self,
        request: &TransactionRequest,
        scene: &Scene<'_>,
        gas_for_l1: u64,
    ) -> Result<u64, SimulateError> {
        let most = RPC_GAS_CAP.saturating_add(gas_for_l1);
        let cap = request.gas.unwrap_or(most).min(most).min(scene.env.gas_limit);
        let price = request.max_fee_per_gas.or(request.gas_price).unwrap_or_default();
        if price == 0 {
            return Ok(cap);
        }
        let address = request.from.unwrap_or_default();
        let db: StateRef<'_> = &*scene.db;
        let Ok(account) = db.basic_ref(address);
        let have = account.map(|account| account.balance).unwrap_or_default();
        let value = request.value.unwrap_or_default();
        if have < value {
            return Err(TransactError::InsufficientFunds { address, have, want: value }.into());
        }
        let affordable = (have - value) / U256::from(price);
        Ok(cap.min(u64::try_from(affordable).unwrap_or(u64::MAX)))
    }

    /// Gas for calldata with the margins of an Arbitrum node: 16 bytes more, 1 % on top, a price a tenth higher, paid
    /// in gas that is an eighth cheaper (but not below the floor).
    fn estimate_poster_gas(&self, request: &TransactionRequest, env: &Environment) -> u64 {
        if env.l1_price_per_unit == 0 || env.base_fee == 0 {
            return 0;
        }
        let filled = Filled {
            chain_id: env.chain_id,
            nonce: u64::MAX / 2,
            gas_limit: TX_COMPUTE_GAS,
            base_fee: env.base_fee,
        };
        let request = TransactionRequest { gas_price: None, ..request.clone() };
        let sender = request.from.unwrap_or_default();
        let fake = SignedTransaction::impersonated(transaction::build(request, filled), sender);
        let mut encoded = fake.envelope.encoded_2718();
        // The fake signature compresses better than a real one.
        encoded.extend_from_slice(fake.hash.as_slice());
        let units = u128::from(poster::units(&encoded)) + 16 * 16;
        let fee = U256::from(units * 101 / 100)
            .saturating_mul(U256::from(env.l1_price_per_unit))
            .saturating_mul(U256::from(11))
            / U256::from(10);
        let price = (env.base_fee / 8 * 7).max(super::BASE_FEE.min(env.base_fee));
        u64::try_from(fee / U256::from(price)).unwrap_or(u64::MAX)
    }
}

fn override_block(env: &mut Environment, block: &BlockOverrides) -> Result<(), SimulateError> {
    let fits = |name: &str, value: U256| {
        u64::try_from(value)
            .map_err(|_| SimulateError::Override(format!("block override {name} is too large")))
    };
    if let Some(number) = block.number {
        env.l1_number = fits("number", number)?;
    }
    if let Some(time) = block.time {
        env.timestamp = time;
    }
    if let Some(base_fee) = block.base_fee {
        env.base_fee = fits("baseFee", base_fee)?;
    }
    env.coinbase = block.coinbase.unwrap_or(env.coinbase);
    env.gas_limit = block.gas_limit.unwrap_or(env.gas_limit);
    env.prev_randao = block.random.or(env.prev_randao);
    Ok(())
}

pub(super) fn checked(execution: Execution) -> Result<Execution, CallFailure> {
    match execution.result {
        ExecutionResult::Success { .. } => Ok(execution),
        ExecutionResult::Revert { output, .. } => {
            Err(CallFailure::Revert(with_words(output, execution.refusal)))
        }
        ExecutionResult::Halt { reason, .. } => Err(CallFailure::Halt(reason)),
    }
}

fn into_output(execution: Execution) -> Result<Bytes, CallFailure> {
    checked(execution).map(|execution| execution.result.into_output().unwrap_or_default())
}

/// The revert of a precompile that gives no data, with its reason in words: tools look for them. A contract on chain
/// sees no data.
fn with_words(output: Bytes, refusal: Option<String>) -> Bytes {
    match refusal {
        Some(words) if output.is_empty() => Revert::from(words).abi_encode().into(),
        _ => output,
    }
}
