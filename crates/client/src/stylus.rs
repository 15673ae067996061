//! From a WebAssembly file to an activated, constructed contract.
//!
//! ```text
//! runtime code   EF F0 00 | 00 (no dictionary) | brotli stream, quality 11, window 22
//! init code      43 bytes of EVM that return the rest | runtime code
//! ```
//!
//! Creation, activation and the constructor run in **one** transaction through the StylusDeployer contract: a program
//! cannot run at creation, so a constructor called in a transaction of its own could be called by anyone first.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::rpc::types::state::AccountOverride;
use alloy::sol_types::{SolCall, SolError};
pub use functions_types::programs::{ARB_WASM, ArbWasm};

use crate::account::Account;
use crate::chain::{Chain, Transaction};
pub use crate::deployer::StylusDeployer;
use crate::error::ClientError;

/// Where the StylusDeployer contract is on chains that have it.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// Largest runtime code of one contract, prefix included, in bytes.
pub const MAX_CODE_BYTES: usize = 24_576;
/// Selector of every Stylus constructor, whatever its arguments.
pub const CONSTRUCTOR_SELECTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];
/// Bytes of the init code before the runtime code.
const PRELUDE_BYTES: u8 = 43;

/// A program ready for deployment.
#[derive(Clone, Debug)]
pub struct Program {
    name: String,
    runtime: Bytes,
    wasm_bytes: usize,
}

impl Program {
    /// Compresses a module. Takes a noticeable part of a second: call it off the main thread.
    ///
    /// # Errors
    /// [`ClientError::NotWasm`] or [`ClientError::TooLarge`].
    pub fn from_wasm(name: &str, wasm: &[u8]) -> Result<Self, ClientError> {
        if !wasm.starts_with(b"\0asm") {
            return Err(ClientError::NotWasm { name: name.to_owned() });
        }
        let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        let mut runtime = vec![0xef, 0xf0, 0x00, 0x00];
        brotli::BrotliCompress(&mut &wasm[..], &mut runtime, &params)
            .expect("reading from and writing to memory does not fail");
        if runtime.len() > MAX_CODE_BYTES {
            return Err(ClientError::TooLarge {
                name: name.to_owned(),
                size: runtime.len(),
                limit: MAX_CODE_BYTES,
            });
        }
        Ok(Self { name: name.to_owned(), runtime: runtime.into(), wasm_bytes: wasm.len() })
    }

    /// The artifact's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The code as it will stand on chain.
    pub const fn runtime(&self) -> &Bytes {
        &self.runtime
    }

    /// Size of the module before compression, in bytes.
    pub const fn wasm_bytes(&self) -> usize {
        self.wasm_bytes
    }

    /// Init code that returns [`Self::runtime`].
    pub fn init_code(&self) -> Bytes {
        let mut code = Vec::with_capacity(usize::from(PRELUDE_BYTES) + self.runtime.len());
        code.push(0x7f); // PUSH32 length
        code.extend(U256::from(self.runtime.len()).to_be_bytes::<32>());
        code.extend([0x80, 0x60, PRELUDE_BYTES, 0x60, 0x00, 0x39]); // DUP1 PUSH1 43 PUSH1 0 CODECOPY
        code.extend([0x60, 0x00, 0xf3, 0x00]); // PUSH1 0 RETURN, then the version byte
        debug_assert_eq!(code.len(), usize::from(PRELUDE_BYTES));
        code.extend_from_slice(&self.runtime);
        code.into()
    }
}

/// A contract deployed by [`deploy`].
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Its address.
    pub address: Address,
    /// The transaction that did everything.
    pub transaction: B256,
    /// Gas of that transaction.
    pub gas_used: u64,
    /// Wei sent for activation; the surplus came back. Zero when the code was active before.
    pub data_fee_wei: U256,
}

/// Wei that activating `program` costs now; zero when its code is already active.
///
/// Quoted by simulating the activation with the code put at an unused address.
///
/// # Errors
/// [`ClientError::Reverted`] when the chain refuses the program.
pub async fn quote_data_fee(chain: &Chain, program: &Program) -> Result<U256, ClientError> {
    let hash = keccak256(program.runtime());
    match chain.call(ARB_WASM, &ArbWasm::codehashVersionCall { codehash: hash }).await {
        Ok(_) => return Ok(U256::ZERO),
        Err(ClientError::Reverted { .. }) => {} // not active, too old or expired: it has to be activated
        Err(other) => return Err(other),
    }
    let at = Address::from_slice(&keccak256([program.runtime().as_ref(), b"quote"].concat())[12..]);
    let from = Address::from_slice(&keccak256([program.runtime().as_ref(), b"payer"].concat())[12..]);
    let call = ArbWasm::activateProgramCall { program: at };
    let request = TransactionRequest::default()
        .with_from(from)
        .with_to(ARB_WASM)
        .with_input(call.abi_encode())
        .with_value(U256::from(10).pow(U256::from(18)));
    let answer = chain
        .provider()
        .call(request)
        .account_override(at, AccountOverride::default().with_code(program.runtime().clone()))
        .account_override(from, AccountOverride::default().with_balance(U256::MAX >> 1))
        .await;
    match chain.decode::<ArbWasm::activateProgramCall>(ARB_WASM, answer) {
        Ok(quote) => Ok(quote.dataFee),
        Err(ClientError::Reverted { revert, .. })
            if revert.data().starts_with(&ArbWasm::ProgramUpToDate::SELECTOR) =>
        {
            Ok(U256::ZERO)
        }
        Err(ClientError::Reverted { revert, .. }) => {
            Err(ClientError::Reverted { what: format!("activate {}", program.name()), revert })
        }
        Err(other) => Err(other),
    }
}

/// Deploys, activates and constructs `program` in one transaction. `arguments` are the constructor's ABI-encoded
/// arguments.
///
/// The constructor sees `deployer` as caller, so the owner is an argument.
///
/// # Errors
/// [`ClientError::NoDeployer`] when `deployer` has no code; otherwise as [`Chain::send`].
pub async fn deploy(
    chain: &Chain,
    from: &Account,
    deployer: Address,
    program: &Program,
    arguments: &[u8],
) -> Result<Deployed, ClientError> {
    if chain.code(deployer).await?.is_empty() {
        return Err(ClientError::NoDeployer { chain_id: chain.id(), address: deployer });
    }
    let fee = quote_data_fee(chain, program).await?;
    let value = fee.saturating_mul(U256::from(6)) / U256::from(5);
    let call = StylusDeployer::deployCall {
        bytecode: program.init_code(),
        initData: [&CONSTRUCTOR_SELECTOR[..], arguments].concat().into(),
        initValue: U256::ZERO,
        salt: B256::ZERO,
    };
    let what = format!("deploy {}", program.name());
    let tx = Transaction { to: Some(deployer), input: call.abi_encode().into(), value, gas: None };
    let receipt = chain.transact(from, &what, tx).await?;
    let event: StylusDeployer::ContractDeployed =
        Chain::event_in(&receipt, deployer, &what, "ContractDeployed")?;
    Ok(Deployed {
        address: event.deployedContract,
        transaction: receipt.transaction_hash,
        gas_used: receipt.gas_used,
        data_fee_wei: fee,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn init_code_returns_exactly_the_runtime() {
        let program = Program::from_wasm("empty", b"\0asm\x01\0\0\0").expect("a module");
        let code = program.init_code();
        assert_eq!(&code[43..], program.runtime().as_ref());
        assert_eq!(
            code[..33],
            [&[0x7f][..], &U256::from(program.runtime().len()).to_be_bytes::<32>()].concat()
        );
        assert_eq!(code[33..43], [0x80, 0x60, 0x2b, 0x60, 0, 0x39, 0x60, 0, 0xf3, 0]);
        assert!(program.runtime().starts_with(&[0xef, 0xf0, 0, 0]));
    }

    #[test]
    fn from_wasm_refuses_other_files_and_large_ones() {
        assert!(matches!(Program::from_wasm("text", b"hello"), Err(ClientError::NotWasm { .. })));
        let mut state = 1u64;
        let noise: Vec<u8> = b"\0asm"
            .iter()
            .copied()
            .chain((0..40_000).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            }))
            .collect();
        assert!(matches!(Program::from_wasm("noise", &noise), Err(ClientError::TooLarge { .. })));
    }

    #[test]
    fn selectors_are_the_published_ones() {
        assert_eq!(StylusDeployer::deployCall::SELECTOR, [0xa9, 0xa8, 0xe4, 0xe9]);
    }
}
