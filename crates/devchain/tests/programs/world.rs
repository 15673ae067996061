//! A state, a block, and transactions on it.

use alloy::{
    primitives::{Address, Bytes, TxKind, U256, address, keccak256},
    sol_types::{SolCall, SolError},
};
use devchain::{
    evm::{self, Environment, Execution, TransactOptions},
    state::State,
};
use revm::context::{
    TxEnv,
    result::{ExecutionResult, Output},
};
use stylus_program::{compress, init_code};

alloy::sol! {
    function activateProgram(address program) external payable returns (uint16, uint256);
    error ProgramNotActivated();
}

pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
pub const USER: Address = address!("5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e");
pub const ARBOS: Address = address!("a4b05fffffffffffffffffffffffffffffffffff");
/// Gas of a transaction before execution, without calldata.
pub const BASE: u64 = 21_000;

pub struct World {
    pub state: State,
    pub env: Environment,
    options: TransactOptions,
}

/// What a transaction did.
pub struct Done {
    pub ok: bool,
    pub halted: bool,
    pub gas: u64,
    pub output: Bytes,
    pub execution: Execution,
}

impl World {
    pub fn new(arbos_version: u64) -> Self {
        let mut state = State::default();
        state.update_account(USER, |account| account.balance = U256::from(10).pow(U256::from(24)));
        state.update_account(ARBOS, |account| account.nonce = 1);
        for last in [0x64u8, 0x65, 0x6b, 0x6c, 0x6d, 0x70, 0x71, 0x72, 0xff] {
            state.set_code(Address::with_last_byte(last), vec![0xfe].into());
            state.update_account(Address::with_last_byte(last), |account| account.nonce = 1);
        }
        let env = Environment {
            chain_id: 412_346,
            arbos_version,
            l2_number: 7,
            l1_number: 3,
            timestamp: 1_800_000_000,
            base_fee: 100_000_000,
            coinbase: devchain::evm::COINBASE,
            gas_limit: devchain::evm::BLOCK_GAS_LIMIT,
            prev_randao: None,
            l1_price_per_unit: 0,
            recent_hashes: Default::default(),
            recent_programs: Vec::new(),
        };
        Self { state, env, options: TransactOptions::default() }
    }

    /// Makes every transaction pay for this many units of calldata.
    pub fn post(&mut self, units: u64, wei_per_unit: u128) {
        self.options.poster_units = units;
        self.env.l1_price_per_unit = wei_per_unit;
    }

    pub fn run(&mut self, kind: TxKind, data: impl Into<Bytes>, value: u64) -> Done {
        self.run_with_gas(kind, data, value, 32_000_000)
    }

    pub fn run_with_gas(&mut self, kind: TxKind, data: impl Into<Bytes>, value: u64, gas: u64) -> Done {
        let tx = TxEnv {
            caller: USER,
            gas_limit: gas,
            gas_price: u128::from(self.env.base_fee),
            kind,
            value: U256::from(value),
            data: data.into(),
            nonce: self.state.nonce(USER),
            chain_id: Some(self.env.chain_id),
            ..TxEnv::default()
        };
        let execution = evm::transact(&self.state.at(u64::MAX), &self.env, tx, &self.options).unwrap();
        self.state.apply(execution.state.clone());
        self.env.recent_programs.clone_from(&execution.recent_programs);
        let (ok, halted, output) = match &execution.result {
            ExecutionResult::Success { output: Output::Call(data), .. } => (true, false, data.clone()),
            ExecutionResult::Success { output: Output::Create(code, _), .. } => (true, false, code.clone()),
            ExecutionResult::Revert { output, .. } => (false, false, output.clone()),
            ExecutionResult::Halt { .. } => (false, true, Bytes::new()),
        };
        Done { ok, halted, gas: execution.result.tx_gas_used(), output, execution }
    }

    pub fn call(&mut self, to: Address, data: impl Into<Bytes>) -> Done {
        self.run(TxKind::Call(to), data, 0)
    }

    pub fn create(&mut self, runtime: &[u8]) -> Address {
        let address = USER.create(self.state.nonce(USER));
        let done = self.run(TxKind::Create, init_code(runtime), 0);
        assert!(done.ok, "creation failed: {:?}", done.execution.result);
        address
    }

    /// Creates without activating.
    pub fn deploy(&mut self, wat: &str) -> Address {
        self.create(&compress(&without_custom_sections(&wat::parse_str(wat).unwrap())))
    }

    /// Ends the block, so that nothing counts as recent.
    pub fn next_block(&mut self) {
        self.env.l2_number += 1;
        self.env.recent_programs.clear();
    }

    pub fn activate(&mut self, program: Address) -> Done {
        self.run(TxKind::Call(ARB_WASM), activateProgramCall { program }.abi_encode(), 10u64.pow(15))
    }

    /// Creates and activates.
    pub fn program(&mut self, wat: &str) -> Address {
        let program = self.deploy(wat);
        let done = self.activate(program);
        assert!(done.ok, "activation failed: {:?}", done.execution.result);
        self.next_block();
        program
    }
}

/// Calldata price of a transaction.
pub fn data_gas(data: &[u8]) -> u64 {
    data.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum()
}

pub fn not_activated() -> Vec<u8> {
    ProgramNotActivated {}.abi_encode()
}

pub fn topic(signature: &str) -> alloy::primitives::B256 {
    keccak256(signature)
}

/// Drops the names that the text format leaves in a custom section: they would count as bytes of the module.
pub fn without_custom_sections(wasm: &[u8]) -> Vec<u8> {
    let (mut kept, mut rest) = (wasm[..8].to_vec(), &wasm[8..]);
    while let Some(id) = rest.first() {
        let (mut size, mut at) = (0usize, 1);
        loop {
            let byte = rest[at];
            size |= usize::from(byte & 0x7F) << (7 * (at - 1));
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (section, after) = rest.split_at(at + size);
        if *id != 0 {
            kept.extend_from_slice(section);
        }
        rest = after;
    }
    kept
}
