//! Executes one transaction: values in, result and state changes out. Nothing is stored here.
//!
//! [`transact`] is the only door. It checks the fee rules of an Arbitrum chain (the sender pays the base fee, tips are
//! dropped, the calldata poster is paid in gas taken before execution), then runs revm with the frame loop of
//! [`machine`].
//!
//! | file | idea |
//! | --- | --- |
//! | `mod.rs` | what a caller gives and gets |
//! | `handler.rs` | gas that is taken or held around an execution, and who receives the fees |
//! | `machine.rs` | the frame loop |
//! | `code.rs` | from an account's code to WebAssembly |
//! | `stylus/` | WebAssembly programs inside that loop |
//! | `precompiles/` | contracts the chain itself answers for |
//! | `arbos/` | the chain's own state |
//! | `trace.rs` | the tree of calls, for those who ask |
//!
//! # Deviations
//! * BLOCKHASH returns made-up hashes of the 256 numbers before NUMBER: there is no parent chain. ArbSys.arbBlockHash
//!   returns the hashes of this chain's blocks.
//! * Fees go to [`NETWORK_FEE_ACCOUNT`] and [`POSTER_FEE_ACCOUNT`]; nothing distributes them further.

mod arbos;
mod code;
mod handler;
mod machine;
mod precompiles;
mod stylus;
mod trace;
pub(crate) mod words;

use std::{convert::Infallible, sync::Arc};

use alloy::primitives::{Address, B256, U256, address};
use revm::{
    Database, DatabaseRef,
    context::{
        BlockEnv, CfgEnv, Context, TxEnv,
        result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction},
    },
    context_interface::JournalTr,
    database_interface::WrapDatabaseRef,
    handler::{EthFrame, EvmTr, Handler, validation::validate_initial_tx_gas},
    interpreter::interpreter::EthInterpreter,
    primitives::hardfork::SpecId,
    state::EvmState,
};

pub use arbos::{
    l1_price_per_unit,
    version::{ARBOS_VERSIONS, arbos_version},
};
use handler::ArbHandler;
use machine::StylusEvm;
pub use precompiles::{ARB_DEBUG, ARB_OWNER, ARB_WASM_CACHE, ArbDebug, ArbOwner, ArbWasmCache};
use stylus_program::Pages;
pub use trace::{CallFrame, Trace};

/// Sender pseudo-address of sequenced batches: what COINBASE returns, unless a test sets another.
pub const COINBASE: Address = address!("a4b000000000000000000073657175656e636572");
/// Receives the base fee part of every transaction's fee.
pub const NETWORK_FEE_ACCOUNT: Address = address!("a4b000000000000000006e6574776f726b666565");
/// Receives the part of the fee that pays for posting calldata to the parent chain.
pub const POSTER_FEE_ACCOUNT: Address = address!("a4b00000000000000000000000000000000000f6");
/// Wei per gas of every block: 0.1 gwei, the floor of a fresh Arbitrum chain.
pub const BASE_FEE: u64 = 100_000_000;
/// GASLIMIT of every block, in gas, unless a test sets another.
pub const BLOCK_GAS_LIMIT: u64 = 1 << 50;
/// Gas one transaction may compute with, intrinsic gas included and poster gas excluded. What is above is held and
/// returned.
pub const TX_COMPUTE_GAS: u64 = 32_000_000;

/// The state an execution reads.
pub type StateRef<'a> = &'a dyn DatabaseRef<Error = Infallible>;
/// [`StateRef`] in the form revm asks for.
pub type Db<'a> = WrapDatabaseRef<StateRef<'a>>;
/// The context every frame, program and precompile sees.
pub type ArbContext<'a> = Context<BlockEnv, TxEnv, CfgEnv, Db<'a>, revm::Journal<Db<'a>>, ArbChain>;

/// A frame of revm: a checkpoint, its inputs and an interpreter.
type Frame = EthFrame<EthInterpreter>;

/// The block an execution happens in.
#[derive(Clone, Debug)]
pub struct Environment {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// ArbOS version, one of [`ARBOS_VERSIONS`].
    pub arbos_version: u64,
    /// Number of the block being built; what the RPC calls its number and ArbSys.arbBlockNumber returns.
    pub l2_number: u64,
    /// Estimate of the parent chain's block number; what NUMBER returns.
    pub l1_number: u64,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
    /// Wei per gas.
    pub base_fee: u64,
    /// What COINBASE returns.
    pub coinbase: Address,
    /// What GASLIMIT returns; a transaction's own limit may not be higher.
    pub gas_limit: u64,
    /// What PREVRANDAO returns, if a test has set it; else 1.
    pub prev_randao: Option<B256>,
    /// Wei per calldata unit (16 units are one compressed byte).
    pub l1_price_per_unit: u128,
    /// Hashes of the blocks before this one, oldest first, at most 256; the last belongs to `l2_number - 1`.
    pub recent_hashes: Arc<[B256]>,
    /// Code hashes of the programs run earlier in this block, oldest first, at most 32.
    pub recent_programs: Vec<B256>,
}

/// What programs and precompiles know beyond the Ethereum environment.
#[derive(Clone, Debug)]
pub struct ArbChain {
    /// The block.
    pub env: Environment,
    /// Wei this transaction pays for posting its calldata.
    pub poster_fee: U256,
    /// Who called the frame that calls now; none when the transaction itself calls.
    pub callers_caller: Option<Address>,
    /// Why the precompile that the transaction itself calls refused without data.
    pub refusal: Option<String>,
    /// WebAssembly memory of this transaction.
    pub pages: Pages,
}

/// How an execution differs from a transaction that goes into a block.
#[derive(Clone, Debug, Default)]
pub struct TransactOptions {
    /// For eth_call and estimates: no nonce check, senders may have code, and the base fee is zero unless a price is
    /// given. The sender must still own the value it sends.
    pub simulate: bool,
    /// Lets the execution use more than [`TX_COMPUTE_GAS`]: eth_call, not estimates.
    pub unlimited_compute: bool,
    /// The sender may have code: impersonated contracts.
    pub allow_code_sender: bool,
    /// Calldata units charged at `l1_price_per_unit`.
    pub poster_units: u64,
    /// Whether the calls are recorded.
    pub trace: Trace,
}

/// What an execution did. Nothing of it is stored yet.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Status, output, logs and gas (poster gas included).
    pub result: ExecutionResult<HaltReason>,
    /// Accounts and slots it read or wrote.
    pub state: EvmState,
    /// Gas that paid for calldata: the receipt's `gasUsedForL1`.
    pub poster_gas: u64,
    /// Wei per gas really paid.
    pub gas_price: u128,
    /// Why the precompile that the transaction itself calls refused without data.
    pub refusal: Option<String>,
    /// `recent_programs` after this transaction.
    pub recent_programs: Vec<B256>,
    /// The calls, if they were to be recorded and are not too many.
    pub trace: Option<CallFrame>,
}

/// Why a transaction is not executed at all. A reverting transaction is not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactError {
    /// The nonce was used before.
    #[error("nonce too low: address {address}, tx: {tx} state: {state}")]
    NonceTooLow {
        /// The sender.
        address: Address,
        /// The transaction's nonce.
        tx: u64,
        /// The sender's next nonce.
        state: u64,
    },
    /// An earlier nonce is missing.
    #[error("nonce too high: address {address}, tx: {tx} state: {state}")]
    NonceTooHigh {
        /// The sender.
        address: Address,
        /// The transaction's nonce.
        tx: u64,
        /// The sender's next nonce.
        state: u64,
    },
    /// The sender cannot pay gas limit times maximum price plus value.
    #[error("insufficient funds for gas * price + value: address {address} have {have} want {want}")]
    InsufficientFunds {
        /// The sender.
        address: Address,
        /// Its balance in wei.
        have: U256,
        /// What it must own in wei.
        want: U256,
    },
    /// The maximum price is below the base fee.
    #[error(
        "max fee per gas less than block base fee: address {address}, maxFeePerGas: {max_fee}, baseFee: {base_fee}"
    )]
    MaxFeeBelowBaseFee {
        /// The sender.
        address: Address,
        /// Wei per gas offered.
        max_fee: u128,
        /// Wei per gas required.
        base_fee: u64,
    },
    /// The gas limit does not cover what is due before execution.
    #[error("intrinsic gas too low: have {have}, want {want}")]
    IntrinsicGas {
        /// The gas limit.
        have: u64,
        /// Intrinsic and poster gas.
        want: u64,
    },
    /// The gas limit is above the block's.
    #[error("exceeds block gas limit: have {have}, limit {limit}")]
    BlockGasLimit {
        /// The transaction's gas limit.
        have: u64,
        /// The block's.
        limit: u64,
    },
    /// Any other rule of the EVM's transaction validation.
    #[error("invalid transaction: {0}")]
    Invalid(InvalidTransaction),
    /// The machine itself failed: a fault of the devchain.
    #[error("execution failed: {0}")]
    Internal(String),
}

/// Executes `tx` on `db` in the block `env`, and returns what it did without storing it.
///
/// `tx.gas_price` is the maximum price; the price paid is the base fee.
///
/// # Errors
/// See [`TransactError`]: the transaction breaks a rule and cannot be part of a block.
pub fn transact(
    db: StateRef<'_>,
    env: &Environment,
    mut tx: TxEnv,
    options: &TransactOptions,
) -> Result<Execution, TransactError> {
    let base_fee = if options.simulate && tx.gas_price == 0 { 0 } else { env.base_fee };
    check_fees(db, &tx, base_fee)?;
    if !options.simulate && tx.gas_limit > env.gas_limit {
        return Err(TransactError::BlockGasLimit { have: tx.gas_limit, limit: env.gas_limit });
    }
    tx.gas_price = u128::from(base_fee);
    tx.gas_priority_fee = tx.gas_priority_fee.map(|_| 0);
    let cost = U256::from(options.poster_units).saturating_mul(U256::from(env.l1_price_per_unit));
    let poster_gas = match base_fee {
        0 => 0,
        price => u64::try_from(cost / U256::from(price)).unwrap_or(u64::MAX),
    };
    // What is paid is a whole number of gas.
    let poster_fee = U256::from(base_fee).saturating_mul(U256::from(poster_gas));
    let caller = tx.caller;

    let gas_limit = tx.gas_limit;
    let mut evm = StylusEvm::new(context(db, env, tx, options, base_fee, poster_fee), options.trace);
    let mut handler = ArbHandler::new(poster_gas, !options.unlimited_compute);
    let result = handler.run(&mut evm).map_err(|error| into_transact_error(error, caller))?;
    let refusal = evm.ctx_mut().chain.refusal.take();
    let recent_programs = std::mem::take(&mut evm.ctx_mut().chain.env.recent_programs);
    let state = evm.ctx_mut().journaled_state.finalize();
    let trace = evm.tracer.and_then(|tracer| tracer.finish(gas_limit, result.tx_gas_used(), result.logs()));
    let gas_price = u128::from(base_fee);
    Ok(Execution { result, state, poster_gas, gas_price, refusal, recent_programs, trace })
}

/// Checks that a gas limit covers what is due before execution, the calldata poster's part aside.
///
/// # Errors
/// [`TransactError::IntrinsicGas`].
pub fn check_intrinsic_gas(tx: &TxEnv) -> Result<(), TransactError> {
    validate_initial_tx_gas(tx, SpecId::OSAKA, true, false, u64::MAX, None)
        .map(|_| ())
        .map_err(|invalid| into_transact_error(EVMError::Transaction(invalid), tx.caller))
}

/// The rules that look at the offered price, which revm never sees: it is given the price really paid.
fn check_fees(db: StateRef<'_>, tx: &TxEnv, base_fee: u64) -> Result<(), TransactError> {
    let address = tx.caller;
    if tx.gas_price < u128::from(base_fee) {
        return Err(TransactError::MaxFeeBelowBaseFee { address, max_fee: tx.gas_price, base_fee });
    }
    if tx.gas_priority_fee.is_some_and(|tip| tip > tx.gas_price) {
        return Err(TransactError::Invalid(InvalidTransaction::PriorityFeeGreaterThanMaxFee));
    }
    let want = U256::from(tx.gas_limit)
        .checked_mul(U256::from(tx.gas_price))
        .and_then(|fee| fee.checked_add(tx.value))
        .ok_or(TransactError::Invalid(InvalidTransaction::OverflowPaymentInTransaction))?;
    let Ok(account) = WrapDatabaseRef(db).basic(address);
    let have = account.map(|account| account.balance).unwrap_or_default();
    if have < want {
        return Err(TransactError::InsufficientFunds { address, have, want });
    }
    Ok(())
}

fn context<'a>(
    db: StateRef<'a>,
    env: &Environment,
    tx: TxEnv,
    options: &TransactOptions,
    base_fee: u64,
    poster_fee: U256,
) -> ArbContext<'a> {
    let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA);
    cfg.chain_id = env.chain_id;
    cfg.tx_chain_id_check = true;
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    cfg.disable_eip3541 = true;
    cfg.disable_eip7623 = true;
    cfg.disable_nonce_check = options.simulate;
    cfg.disable_block_gas_limit = true;
    cfg.disable_eip3607 = options.simulate || options.allow_code_sender;
    let mut block = BlockEnv {
        number: U256::from(env.l1_number),
        beneficiary: env.coinbase,
        timestamp: U256::from(env.timestamp),
        gas_limit: env.gas_limit,
        basefee: base_fee,
        difficulty: U256::from(1),
        prevrandao: Some(env.prev_randao.unwrap_or(B256::with_last_byte(1))),
        ..BlockEnv::default()
    };
    block.set_blob_excess_gas_and_price(0, 5_007_716);
    Context::<BlockEnv, TxEnv, CfgEnv, Db<'a>, revm::Journal<Db<'a>>, ()>::new(
        WrapDatabaseRef(db),
        SpecId::OSAKA,
    )
    .with_cfg(cfg)
    .with_block(block)
    .with_tx(tx)
    .with_chain(ArbChain {
        env: env.clone(),
        poster_fee,
        callers_caller: None,
        refusal: None,
        pages: Pages::default(),
    })
}

fn into_transact_error(error: EVMError<Infallible>, address: Address) -> TransactError {
    match error {
        EVMError::Transaction(invalid) => match invalid {
            InvalidTransaction::NonceTooLow { tx, state } => {
                TransactError::NonceTooLow { address, tx, state }
            }
            InvalidTransaction::NonceTooHigh { tx, state } => {
                TransactError::NonceTooHigh { address, tx, state }
            }
            InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
                TransactError::IntrinsicGas { have: gas_limit, want: initial_gas }
            }
            other => TransactError::Invalid(other),
        },
        EVMError::Database(never) => match never {},
        other => TransactError::Internal(other.to_string()),
    }
}
