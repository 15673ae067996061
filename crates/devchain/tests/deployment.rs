//! How deployment tools put a program on the chain: quote, deploy, activate, construct.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, B256, Bytes, U256, address, keccak256},
    providers::Provider,
    rpc::types::{TransactionRequest, state::StateOverridesBuilder},
    sol,
    sol_types::{SolError, SolEvent, SolValue},
};
use common::Running;
use devchain::{DEV_ACCOUNTS, genesis::STYLUS_DEPLOYER};
use serde_json::json;

sol! {
    #[sol(rpc, extra_derives(Debug))]
    interface StylusDeployer {
        event ContractDeployed(address deployedContract);
        error ContractDeploymentError(bytes bytecode);
        error ContractInitializationError(address newContract);
        error EmptyBytecode();
        error InitValueButNotInitData();
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt)
            external payable returns (address deployed);
    }

    #[sol(rpc, extra_derives(Debug))]
    interface ArbWasm {
        event ProgramActivated(
            bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version
        );
        error ProgramNotActivated();
        error ProgramUpToDate();
        error ProgramInsufficientValue(uint256 have, uint256 want);
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
    }
}

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// Empty calldata: returns slot 0. A word: stores it in slot 0 and the value received in slot 1. More: reverts.
const CONSTRUCTED: &str = r#"(module
  (import "vm_hooks" "read_args" (func $args (param i32)))
  (import "vm_hooks" "write_result" (func $result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "msg_value" (func $value (param i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then
      (call $load (i32.const 0) (i32.const 64))
      (call $result (i32.const 64) (i32.const 32))
      (return (i32.const 0))))
    (if (i32.ne (local.get $n) (i32.const 32)) (then (return (i32.const 1))))
    (call $args (i32.const 64))
    (call $store (i32.const 0) (i32.const 64))
    (i32.store8 (i32.const 31) (i32.const 1))
    (call $value (i32.const 96))
    (call $store (i32.const 0) (i32.const 96))
    (call $flush (i32.const 0))
    (i32.const 0)))"#;

/// Runtime code of a program: prefix, dictionary byte, compressed module.
fn runtime_code() -> Vec<u8> {
    stylus_program::compress(&wat::parse_str(CONSTRUCTED).unwrap())
}

/// Creation code that returns the runtime code behind it.
fn creation_code() -> Bytes {
    let code = runtime_code();
    let mut creation = vec![0x7f];
    creation.extend(U256::from(code.len()).to_be_bytes::<32>());
    creation.extend([0x80, 0x60, 0x2b, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3, 0x00]);
    creation.extend(code);
    creation.into()
}

fn deploy_call(code: Bytes, data: Bytes, value: u64, salt: B256) -> StylusDeployer::deployCall {
    StylusDeployer::deployCall { bytecode: code, initData: data, initValue: U256::from(value), salt }
}

/// More wei than any activation here costs.
const FEE: u64 = 1_000_000_000_000_000;

#[tokio::test]
async fn a_check_quotes_the_data_fee_of_code_that_is_nowhere() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let arb_wasm = ArbWasm::new(ARB_WASM, client.clone());
    let code = runtime_code();
    let error = arb_wasm.codehashVersion(keccak256(&code)).call().await.unwrap_err();
    assert!(error.as_decoded_error::<ArbWasm::ProgramNotActivated>().is_some(), "{error}");

    let program = address!("00000000000000000000000000000000000abcde");
    let sender = address!("00000000000000000000000000000000000fedcb");
    let overrides =
        StateOverridesBuilder::default().with_balance(sender, U256::MAX).with_code(program, code).build();
    let quote = arb_wasm
        .activateProgram(program)
        .from(sender)
        .value(U256::from(10).pow(U256::from(18)))
        .state(overrides)
        .call()
        .await
        .unwrap();
    assert_eq!(quote.version, 3);
    assert!((U256::from(FEE / 100)..U256::from(FEE)).contains(&quote.dataFee), "{}", quote.dataFee);
}

#[tokio::test]
async fn deploying_and_activating_by_hand_takes_two_transactions() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let request = TransactionRequest::default().with_deploy_code(creation_code());
    let receipt = client.send_transaction(request).await.unwrap().get_receipt().await.unwrap();
    let program = receipt.contract_address.unwrap();
    assert_eq!(client.get_code_at(program).await.unwrap(), runtime_code());

    let called = chain.raw("eth_call", json!([{ "to": program }, "latest"])).await;
    assert_eq!(called["error"]["code"], 3);
    assert_eq!(called["error"]["data"], json!(Bytes::from(ArbWasm::ProgramNotActivated::SELECTOR)));

    let arb_wasm = ArbWasm::new(ARB_WASM, client.clone());
    let poor = arb_wasm.activateProgram(program).call().await.unwrap_err();
    let poor = poor.as_decoded_error::<ArbWasm::ProgramInsufficientValue>().unwrap();
    assert_eq!(poor.have, U256::ZERO);

    let before = client.get_balance(DEV_ACCOUNTS[1].address).await.unwrap();
    let receipt = arb_wasm
        .activateProgram(program)
        .value(U256::from(FEE))
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(receipt.status());
    let event = ArbWasm::ProgramActivated::decode_log(&receipt.inner.logs()[0].inner).unwrap();
    assert_eq!((event.program, event.dataFee, event.version), (program, poor.want, 3));
    assert_eq!(event.codehash, keccak256(runtime_code()));
    let after = client.get_balance(DEV_ACCOUNTS[1].address).await.unwrap();
    let gas_fee = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    assert_eq!(before - after, gas_fee + poor.want);

    let again = arb_wasm.activateProgram(program).value(U256::from(FEE)).call().await.unwrap_err();
    assert!(again.as_decoded_error::<ArbWasm::ProgramUpToDate>().is_some(), "{again}");
    assert_eq!(client.call(TransactionRequest::default().to(program)).await.unwrap().len(), 32);
}

#[tokio::test]
async fn the_deployer_activates_and_constructs_in_one_transaction() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let deployer = StylusDeployer::new(STYLUS_DEPLOYER, client.clone());
    let argument: Bytes = U256::from(42).abi_encode().into();
    let word = |program: Address, slot: u64| client.get_storage_at(program, U256::from(slot));

    // The gas limit is the node's own estimate.
    let mut programs = Vec::new();
    for salt in [B256::ZERO, B256::with_last_byte(1)] {
        let receipt = deployer
            .call_builder(&deploy_call(creation_code(), argument.clone(), 7, salt))
            .value(U256::from(FEE))
            .send()
            .await
            .unwrap()
            .get_receipt()
            .await
            .unwrap();
        assert!(receipt.status(), "salt {salt}");
        let log = receipt.inner.logs().last().unwrap();
        let program = StylusDeployer::ContractDeployed::decode_log(&log.inner).unwrap().deployedContract;
        assert_eq!(word(program, 0).await.unwrap(), U256::from(42));
        assert_eq!(word(program, 1).await.unwrap(), U256::from(7));
        assert_eq!(client.get_balance(program).await.unwrap(), U256::from(7));
        assert_eq!(client.get_balance(STYLUS_DEPLOYER).await.unwrap(), U256::ZERO);
        programs.push(program);
        // Equal bytes are activated once.
        assert_eq!(receipt.inner.logs().len(), 3 - programs.len());
    }
    let salt = keccak256((B256::with_last_byte(1), argument.clone(), U256::from(7)).abi_encode_packed());
    assert_eq!(programs[1], STYLUS_DEPLOYER.create2_from_code(salt, creation_code()));
}

#[tokio::test]
async fn the_deployer_leaves_nothing_when_it_fails() {
    let chain = Running::new().await;
    let client = chain.client(1);
    let deployer = StylusDeployer::new(STYLUS_DEPLOYER, client.clone());
    let deploy = |code: Bytes, data: Bytes, value: u64| {
        deployer.call_builder(&deploy_call(code, data, value, B256::ZERO)).value(U256::from(FEE))
    };
    let none = Bytes::new();
    let error = deploy(none.clone(), none.clone(), 0).call().await.unwrap_err();
    assert!(error.as_decoded_error::<StylusDeployer::EmptyBytecode>().is_some(), "{error}");
    let error = deploy(creation_code(), none.clone(), 1).call().await.unwrap_err();
    assert!(error.as_decoded_error::<StylusDeployer::InitValueButNotInitData>().is_some(), "{error}");
    let error = deploy(Bytes::from_static(&[0xfe]), none, 0).call().await.unwrap_err();
    assert!(error.as_decoded_error::<StylusDeployer::ContractDeploymentError>().is_some(), "{error}");
    let refuses = deploy(creation_code(), Bytes::from_static(&[1, 2, 3]), 0);
    let error = refuses.call().await.unwrap_err();
    assert!(error.as_decoded_error::<StylusDeployer::ContractInitializationError>().is_some(), "{error}");

    let receipt = refuses.gas(10_000_000).send().await.unwrap().get_receipt().await.unwrap();
    assert!(!receipt.status());
    let program = STYLUS_DEPLOYER.create(1);
    assert!(client.get_code_at(program).await.unwrap().is_empty());
    let active = ArbWasm::new(ARB_WASM, client).codehashVersion(keccak256(runtime_code())).call().await;
    assert!(active.is_err());
}
