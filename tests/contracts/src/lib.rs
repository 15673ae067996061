//! A chain in this process with our contracts on it, for tests that call them.
//!
//! [`World`] runs transactions and calls on the WASM that `scripts/build-contracts` wrote. [`puppet`] makes
//! small EVM contracts that play the other side: a consumer that reverts, a Coordinator with a fixed answer.
//!
//! Time stands still unless a test moves it; every account pays gas from a balance it is given on first use.
//!
//! The networks of `tests/support` are processes and sockets; here neither exists, anybody can be a sender, and a test
//! looks at every byte of a receipt. `tests/differential` takes accounts, configurations, oracles, transmissions and
//! puppets from here, and has a chain of its own because two of them must deploy to equal addresses.
#![allow(clippy::missing_panics_doc, reason = "a test support crate fails by panicking")]
#![allow(clippy::expect_used)]

pub mod anybody;
pub mod puppet;
pub mod system;

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use alloy::{
    primitives::{Address, Bytes, Log, TxKind, U256, address},
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolError, SolEvent},
};
use devchain::{
    Chain, ChainConfig,
    chain::{CallFailure, SimulateError},
};
use functions_types::{
    CONSTRUCTOR_SELECTOR,
    abi::Reverts,
    programs::{ARB_WASM, ArbWasm},
};

/// When every chain here begins, in unix seconds.
pub const GENESIS_TIME: u64 = 1_700_000_000;
/// Gas every transaction may use.
pub const GAS: u64 = 30_000_000;
/// Wei per gas: the base fee of the chain.
pub const GAS_PRICE: u128 = 100_000_000;

/// What a transaction did.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Whether it returned.
    pub success: bool,
    /// What it returned or raised.
    pub output: Bytes,
    /// Its logs in order.
    pub logs: Vec<Log>,
    /// Gas it used, refunds deducted.
    pub gas_used: u64,
}

impl Receipt {
    /// The return values of a call that must have returned.
    #[track_caller]
    pub fn returns<C: SolCall>(&self) -> C::Return {
        assert!(self.success, "{} reverted: {}", C::SIGNATURE, explain(&self.output));
        C::abi_decode_returns_validate(&self.output).expect("the return data decodes")
    }

    /// Asserts success.
    #[track_caller]
    pub fn ok(&self) -> &Self {
        assert!(self.success, "reverted: {}", explain(&self.output));
        self
    }

    /// Asserts exactly this revert data.
    #[track_caller]
    pub fn fails(&self, error: impl SolError) -> &Self {
        self.fails_with(&error.abi_encode())
    }

    /// Asserts exactly this revert data.
    #[track_caller]
    pub fn fails_with(&self, data: &[u8]) -> &Self {
        assert!(!self.success, "succeeded, expected the revert {}", explain(data));
        assert_eq!(self.output.as_ref(), data, "got {}, expected {}", explain(&self.output), explain(data));
        self
    }

    /// Asserts a revert without data.
    #[track_caller]
    pub fn fails_empty(&self) -> &Self {
        self.fails_with(&[])
    }

    /// Asserts the revert `Error(string)`.
    #[track_caller]
    pub fn fails_text(&self, message: &str) -> &Self {
        self.fails(Reverts::Error { message: message.into() })
    }

    /// Asserts the revert `Panic(uint256)`.
    #[track_caller]
    pub fn fails_panic(&self, code: u64) -> &Self {
        self.fails(Reverts::Panic { code: U256::from(code) })
    }

    /// Asserts that these are all logs: bytes and order.
    #[track_caller]
    pub fn logs_are(&self, expected: &[Log]) -> &Self {
        assert_eq!(self.ok().logs, expected);
        self
    }
}

/// A log of `emitter`.
pub fn log(emitter: Address, event: &impl SolEvent) -> Log {
    Log { address: emitter, data: event.encode_log_data() }
}

/// Revert data for people.
fn explain(data: &[u8]) -> String {
    if let Ok(error) = Reverts::Error::abi_decode(data) {
        return format!("Error({:?})", error.message);
    }
    format!("0x{}", alloy::primitives::hex::encode(data))
}

/// A chain and what is on it.
pub struct World {
    /// The chain itself.
    pub chain: Chain,
    funded: HashSet<Address>,
    created: Option<Address>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A fresh chain at [`GENESIS_TIME`].
    pub fn new() -> Self {
        let config = ChainConfig { clock: Arc::new(|| GENESIS_TIME), ..ChainConfig::default() };
        Self { chain: Chain::new(config), funded: HashSet::new(), created: None }
    }

    /// A chain whose id is not the default one.
    pub fn with_chain_id(chain_id: u64) -> Self {
        let config = ChainConfig { chain_id, clock: Arc::new(|| GENESIS_TIME), ..ChainConfig::default() };
        Self { chain: Chain::new(config), funded: HashSet::new(), created: None }
    }

    /// Puts the artefact `name` on the chain and constructs it with ABI-encoded `arguments`.
    #[track_caller]
    pub fn deploy(&mut self, name: &str, arguments: &[u8]) -> (Address, Receipt) {
        let program = self.place(name);
        let receipt = self.send(DEPLOYER, program, [&CONSTRUCTOR_SELECTOR, arguments].concat());
        (program, receipt)
    }

    /// Puts the artefact `name` on the chain, active but not constructed.
    #[track_caller]
    pub fn place(&mut self, name: &str) -> Address {
        let wasm = std::fs::read(artefact(name))
            .unwrap_or_else(|error| panic!("{name}: {error}; build it with scripts/build-contracts"));
        let code = stylus_program::init_code(&stylus_program::compress(&wasm));
        let created = self.transact(DEPLOYER, TxKind::Create, U256::ZERO, code.into(), GAS);
        created.ok();
        let program = self.created.expect("a creation that succeeded has an address");
        let activate = ArbWasm::activateProgramCall { program }.abi_encode();
        let fee = U256::from(10).pow(U256::from(18));
        let receipt = self.transact(DEPLOYER, TxKind::Call(ARB_WASM), fee, activate.into(), GAS);
        // A second copy of the same code is active already.
        let up_to_date = alloy::primitives::hex!("cc944bf2");
        assert!(
            receipt.success || receipt.output.as_ref() == up_to_date,
            "{name}: {}",
            explain(&receipt.output)
        );
        program
    }

    /// A transaction without value; any address may be its sender.
    pub fn send(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Receipt {
        self.transact(from, TxKind::Call(to), U256::ZERO, data.into(), GAS)
    }

    /// [`Self::send`] of a typed call.
    pub fn run<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Receipt {
        self.send(from, to, call.abi_encode())
    }

    /// [`Self::send`] with a gas limit.
    pub fn send_with_gas(&mut self, from: Address, to: Address, data: impl Into<Bytes>, gas: u64) -> Receipt {
        self.transact(from, TxKind::Call(to), U256::ZERO, data.into(), gas)
    }

    /// [`Self::send`] with value.
    pub fn send_value(&mut self, from: Address, to: Address, data: impl Into<Bytes>, value: U256) -> Receipt {
        self.transact(from, TxKind::Call(to), value, data.into(), GAS)
    }

    /// What a call from nobody returns, or its revert data.
    pub fn call(&self, to: Address, data: impl Into<Bytes>) -> Result<Bytes, Bytes> {
        let request = TransactionRequest::default().to(to).input(data.into().into());
        match self.chain.call(request, None, None, None) {
            Ok(output) => Ok(output),
            Err(SimulateError::Failed(CallFailure::Revert(data))) => Err(data),
            Err(error) => panic!("the call was not executed: {error}"),
        }
    }

    /// The result of a view that must return.
    #[track_caller]
    pub fn view<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        match self.call(to, call.abi_encode()) {
            Ok(output) => C::abi_decode_returns_validate(&output).expect("the return data decodes"),
            Err(data) => panic!("{} reverted: {}", C::SIGNATURE, explain(&data)),
        }
    }

    /// Asserts that a view raises `error`.
    #[track_caller]
    pub fn view_fails<C: SolCall>(&self, to: Address, call: &C, error: impl SolError) {
        let data = self.call(to, call.abi_encode()).expect_err("the view should revert");
        assert_eq!(data.as_ref(), error.abi_encode(), "got {}", explain(&data));
    }

    /// The least gas limit with which this transaction succeeds now, to the unit: tighter than any node's estimate.
    ///
    /// As clients ask: with the price they would pay, or with none.
    #[track_caller]
    pub fn need(&mut self, from: Address, to: Address, data: impl Into<Bytes>, price: Option<u128>) -> u64 {
        self.endow(from);
        let request = TransactionRequest::default().from(from).to(to).input(data.into().into());
        let request = TransactionRequest { gas_price: price, ..request };
        let estimate = match self.chain.estimate(request.clone(), None, None) {
            Ok(estimate) => estimate.gas,
            Err(SimulateError::Failed(CallFailure::Revert(data))) => panic!("reverted: {}", explain(&data)),
            Err(error) => panic!("no estimate: {error}"),
        };
        let suffices = |gas| self.chain.call(request.clone().gas_limit(gas), None, None, None).is_ok();
        assert!(suffices(estimate), "the estimate {estimate} is not enough");
        let (mut short, mut enough) = (20_000, estimate);
        // It is close below the estimate.
        for step in [estimate / 60, estimate / 8] {
            match suffices(enough - step) {
                true => enough -= step,
                false => short = short.max(enough - step),
            }
        }
        while enough - short > 1 {
            let middle = short.midpoint(enough);
            if suffices(middle) { enough = middle } else { short = middle }
        }
        enough
    }

    /// Moves time forward.
    pub fn advance(&mut self, seconds: u64) {
        self.chain.increase_time(seconds).expect("time is left");
    }

    /// Timestamp of the newest block.
    pub fn now(&self) -> u64 {
        self.chain.latest().header.timestamp
    }

    /// Gives an account its first ether.
    fn endow(&mut self, account: Address) {
        if self.funded.insert(account) {
            self.chain.set_balance(account, U256::from(10).pow(U256::from(24)));
        }
    }

    fn transact(&mut self, from: Address, to: TxKind, value: U256, input: Bytes, gas_limit: u64) -> Receipt {
        self.endow(from);
        let (receipt, created) = anybody::transact(&mut self.chain, from, to, value, input, gas_limit);
        self.created = created;
        receipt
    }
}

/// Sends deployments.
const DEPLOYER: Address = address!("00000000000000000000000000000000000D3910");

fn artefact(name: &str) -> PathBuf {
    let folder = std::env::var_os("CONTRACTS_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/contracts")),
        PathBuf::from,
    );
    folder.join(format!("{name}.wasm"))
}
