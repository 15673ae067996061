//! An upgrade of ArbOS while the chain runs, as a deployer lives through it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, Bytes, U256, address},
    providers::{DynProvider, Provider},
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolError},
};
use common::{Running, START};
use serde_json::json;

alloy::sol! {
    error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    function becomeChainOwner() external;
    function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
    function arbOSVersion() external view returns (uint256);
    function activateProgram(address program) external payable returns (uint16, uint256);
}

const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const OWNER: Address = address!("0000000000000000000000000000000000000070");
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const DEBUG: Address = address!("00000000000000000000000000000000000000ff");

async fn send(client: &DynProvider, to: Address, data: Vec<u8>, value: u64) -> bool {
    let request = TransactionRequest::default().with_to(to).with_input(data).with_value(U256::from(value));
    client.send_transaction(request).await.unwrap().get_receipt().await.unwrap().status()
}

async fn call(chain: &Running, to: Address, data: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let data = Bytes::from(data);
    let answer = chain.raw("eth_call", json!([{ "to": to, "data": data }, "latest"])).await;
    let bytes = |value: &serde_json::Value| value.as_str().unwrap().parse::<Bytes>().unwrap().to_vec();
    match answer.get("result") {
        Some(result) => Ok(bytes(result)),
        None => Err(bytes(&answer["error"]["data"])),
    }
}

#[tokio::test]
async fn programs_stop_at_the_upgrade_and_run_again_once_activated() {
    let chain = Running::start(|config| config.arbos_version = 51).await;
    let client = chain.client(1);
    let wat = r#"(module (memory (export "memory") 1 1)
      (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
    let code = stylus_program::init_code(&stylus_program::compress(&wat::parse_str(wat).unwrap()));
    let request = TransactionRequest::default().with_deploy_code(code);
    let receipt = client.send_transaction(request).await.unwrap().get_receipt().await.unwrap();
    let program = receipt.contract_address.unwrap();
    let activate = activateProgramCall { program }.abi_encode();
    assert!(send(&client, ARB_WASM, activate.clone(), 10u64.pow(15)).await);
    assert_eq!(call(&chain, program, vec![]).await, Ok(vec![]));

    assert!(send(&client, DEBUG, becomeChainOwnerCall {}.abi_encode(), 0).await);
    let upgrade = scheduleArbOSUpgradeCall { newVersion: 60, timestamp: START + 1_000 }.abi_encode();
    assert!(send(&client, OWNER, upgrade, 0).await);
    let version =
        async || U256::from_be_slice(&call(&chain, ARB_SYS, arbOSVersionCall {}.abi_encode()).await.unwrap());
    assert_eq!(version().await, U256::from(55 + 51));
    let snapshot = chain.raw("evm_snapshot", json!([])).await["result"].clone();

    chain.raw("evm_increaseTime", json!([1_000])).await;
    chain.raw("evm_mine", json!([])).await;
    assert_eq!(version().await, U256::from(55 + 60));
    let needs = ProgramNeedsUpgrade { version: 2, stylusVersion: 3 }.abi_encode();
    assert_eq!(call(&chain, program, vec![]).await, Err(needs));
    let head = chain.raw("eth_getBlockByNumber", json!(["latest", false])).await;
    // Count of messages, parent block, version, flags: eight bytes each.
    assert_eq!(&head["result"]["mixHash"].as_str().unwrap()[34..50], "000000000000003c");
    let at_51 = chain.raw("eth_call", json!([{ "to": program }, "0x4"])).await;
    assert_eq!(at_51["result"], "0x", "the past has its own rules");

    assert!(send(&client, ARB_WASM, activate, 10u64.pow(15)).await);
    assert_eq!(call(&chain, program, vec![]).await, Ok(vec![]));

    assert_eq!(chain.raw("evm_revert", json!([snapshot])).await["result"], true);
    assert_eq!(version().await, U256::from(55 + 51), "a snapshot brings the version back too");
    assert_eq!(call(&chain, program, vec![]).await, Ok(vec![]));
}
