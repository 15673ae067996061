//! One chain, and who may do what on it: everybody, in everybody's name.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use alloy::{
    primitives::{Address, Bytes, TxKind, U256, address},
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolError},
};
use contract_tests::{GENESIS_TIME, Receipt, anybody};
use devchain::{
    Chain, ChainConfig,
    chain::{CallFailure, SimulateError},
};
use functions_types::{
    CONSTRUCTOR_SELECTOR,
    programs::{ARB_WASM, ArbWasm},
};

/// Activates and constructs, so that an owner's nonce counts its contracts alone.
const HELPER: Address = address!("00000000000000000000000000000000000D3910");
/// Gas every transaction may use.
pub const GAS: u64 = 30_000_000;

/// The folder of our contracts.
pub fn artefacts() -> String {
    std::env::var("CONTRACTS_DIR")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/contracts").into())
}

/// One of our contracts.
pub fn artefact(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/{name}.wasm", artefacts()))
        .unwrap_or_else(|error| panic!("{name}: {error}; build it with scripts/build-contracts"))
}

/// One of our contracts as it is deployed. Compressing takes longest in a deployment: it is done once a process.
fn compressed(name: &str) -> Arc<Vec<u8>> {
    static CODES: LazyLock<Mutex<HashMap<String, Arc<Vec<u8>>>>> = LazyLock::new(Mutex::default);
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    let code =
        codes.entry(name.into()).or_insert_with(|| Arc::new(stylus_program::compress(&artefact(name))));
    code.clone()
}

/// A chain.
pub struct Side(pub Chain);

impl Side {
    /// A fresh chain.
    pub fn new(chain_id: u64, l1_price_per_unit: u128) -> Self {
        let clock = Arc::new(|| GENESIS_TIME);
        Self(Chain::new(ChainConfig { chain_id, l1_price_per_unit, clock, ..ChainConfig::default() }))
    }

    /// Deploys EVM creation code.
    pub fn create(&mut self, from: Address, init_code: Vec<u8>) -> (Address, Receipt) {
        let at = from.create(self.0.pending_nonce(from));
        let receipt = self.transact(from, TxKind::Create, U256::ZERO, init_code.into(), GAS);
        (at, receipt)
    }

    /// Deploys one of our programs, active and constructed.
    pub fn deploy(&mut self, from: Address, name: &str, arguments: &[u8]) -> (Address, Receipt) {
        let (at, receipt) = self.create(from, stylus_program::init_code(&compressed(name)));
        receipt.ok();
        let activate = ArbWasm::activateProgramCall { program: at }.abi_encode();
        let fee = U256::from(10).pow(U256::from(18));
        let active = self.transact(HELPER, TxKind::Call(ARB_WASM), fee, activate.into(), GAS);
        // A second copy of the same code is active already.
        let is_up_to_date = active.output.as_ref() == ArbWasm::ProgramUpToDate::SELECTOR;
        assert!(active.success || is_up_to_date, "{name}: {}", active.output);
        (at, self.send(HELPER, at, [&CONSTRUCTOR_SELECTOR, arguments].concat()))
    }

    /// A transaction without value.
    pub fn send(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Receipt {
        self.transact(from, TxKind::Call(to), U256::ZERO, data.into(), GAS)
    }

    /// What a call returns or raises; it leaves no trace.
    pub fn call(&self, from: Address, to: Address, data: &[u8], value: U256) -> Result<Bytes, Bytes> {
        let request =
            TransactionRequest::default().from(from).to(to).input(data.to_vec().into()).value(value);
        match self.0.call(request, None, None, None) {
            Ok(output) => Ok(output),
            Err(SimulateError::Failed(CallFailure::Revert(data))) => Err(data),
            Err(SimulateError::Failed(CallFailure::Halt(_))) => Err(Bytes::new()),
            Err(error) => panic!("the call was not executed: {error}"),
        }
    }

    /// Any transaction.
    pub fn transact(
        &mut self,
        from: Address,
        to: TxKind,
        value: U256,
        input: Bytes,
        gas_limit: u64,
    ) -> Receipt {
        self.0.set_balance(from, U256::from(10).pow(U256::from(27)));
        anybody::transact(&mut self.0, from, to, value, input, gas_limit).0
    }
}
