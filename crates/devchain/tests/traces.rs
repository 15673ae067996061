//! Traces: the tree of calls through EVM contracts, programs and precompiles.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use alloy::{
    primitives::{Address, Bytes, U256, address},
    sol,
    sol_types::SolCall,
};
use common::{Probe, Running, deploy_probe};
use devchain::{DEV_ACCOUNTS, genesis::STYLUS_DEPLOYER};
use serde_json::{Value, json};

sol! {
    function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address deployed);
}

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// Calldata: an address and what it is called with. Returns nothing, and fails if the call fails.
const FORWARDER: &str = r#"(module
  (import "vm_hooks" "read_args" (func $args (param i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (call $args (i32.const 0))
    (call $call (i32.const 0) (i32.const 20) (i32.sub (local.get $n) (i32.const 20))
      (i32.const 1024) (i64.const 1000000) (i32.const 1056))))"#;

fn creation_code(wat: &str) -> Bytes {
    let code = stylus_program::compress(&wat::parse_str(wat).unwrap());
    stylus_program::init_code(&code).into()
}

fn forward(to: Address, data: &[u8]) -> Bytes {
    [to.as_slice(), data].concat().into()
}

async fn result(chain: &Running, method: &str, params: Value) -> Value {
    let answer = chain.raw(method, params).await;
    assert!(answer["error"].is_null(), "{method}: {answer}");
    answer["result"].clone()
}

async fn send(chain: &Running, request: Value) -> Value {
    result(chain, "eth_sendTransaction", json!([request])).await
}

async fn trace(chain: &Running, hash: &Value) -> Value {
    let options = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    result(chain, "debug_traceTransaction", json!([hash, options])).await
}

/// The transaction that deploys and activates the forwarder, and the forwarder.
async fn deploy_forwarder(chain: &Running) -> (Value, Address) {
    let call = deployCall {
        bytecode: creation_code(FORWARDER),
        initData: Bytes::new(),
        initValue: U256::ZERO,
        salt: Default::default(),
    };
    let request = json!({
        "from": DEV_ACCOUNTS[1].address, "to": STYLUS_DEPLOYER, "data": Bytes::from(call.abi_encode()),
        "value": "0x38d7ea4c68000", "gas": "0x1312d00",
    });
    let hash = send(chain, request).await;
    let receipt = result(chain, "eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    let traced = trace(chain, &hash).await;
    (hash, serde_json::from_value(traced["calls"][0]["to"].clone()).unwrap())
}

#[tokio::test]
async fn a_trace_shows_contracts_programs_and_precompiles() {
    let chain = Running::new().await;
    let probe = deploy_probe(&chain.client(1), 5).await;
    let (deployment, forwarder) = deploy_forwarder(&chain).await;
    let traced = trace(&chain, &deployment).await;
    let receipt = result(&chain, "eth_getTransactionReceipt", json!([deployment])).await;
    assert_eq!((&traced["type"], &traced["to"]), (&json!("CALL"), &json!(STYLUS_DEPLOYER)));
    assert_eq!((&traced["gas"], &traced["gasUsed"]), (&json!("0x1312d00"), &receipt["gasUsed"]));
    assert_eq!(traced["calls"][0]["type"], "CREATE");
    assert_eq!(
        traced["calls"][0]["output"],
        result(&chain, "eth_getCode", json!([forwarder, "latest"])).await
    );
    let activation = traced["calls"]
        .as_array()
        .unwrap()
        .iter()
        .find(|call| call["to"] == json!(ARB_WASM) && call["type"] == "CALL");
    assert_eq!(activation.unwrap()["logs"].as_array().unwrap().len(), 1, "{traced}");

    let data = forward(*probe.address(), probe.set(U256::from(9)).calldata());
    let hash = send(&chain, json!({ "from": DEV_ACCOUNTS[1].address, "to": forwarder, "data": data })).await;
    let traced = trace(&chain, &hash).await;
    assert_eq!((&traced["from"], &traced["to"]), (&json!(DEV_ACCOUNTS[1].address), &json!(forwarder)));
    let inner = &traced["calls"][0];
    assert_eq!(
        (&inner["type"], &inner["from"], &inner["to"]),
        (&json!("CALL"), &json!(forwarder), &json!(probe.address()))
    );
    assert_eq!(inner["input"], json!(probe.set(U256::from(9)).calldata()));
    assert_eq!(inner["logs"][0]["data"], format!("0x{:064x}", 9));
    assert!(traced["logs"].is_null() && traced["error"].is_null());

    // What was set by hand before a transaction is part of what it found.
    let read = forward(*probe.address(), &Probe::valueCall {}.abi_encode());
    result(&chain, "anvil_setStorageAt", json!([probe.address(), "0x0", U256::from(77)])).await;
    let hash = send(&chain, json!({ "from": DEV_ACCOUNTS[1].address, "to": forwarder, "data": read })).await;
    result(&chain, "anvil_setStorageAt", json!([probe.address(), "0x0", U256::from(78)])).await;
    assert_eq!(trace(&chain, &hash).await["calls"][0]["output"], format!("0x{:064x}", 77));
    let only_top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    let top = result(&chain, "debug_traceTransaction", json!([hash, only_top])).await;
    assert!(top["calls"].is_null() && top["to"] == json!(forwarder), "{top}");
}

#[tokio::test]
async fn failures_are_traced_with_their_reason() {
    let chain = Running::new().await;
    let probe = deploy_probe(&chain.client(1), 5).await;
    let (_, forwarder) = deploy_forwarder(&chain).await;
    let data = forward(*probe.address(), probe.refuseInWords().calldata());
    let request =
        json!({ "from": DEV_ACCOUNTS[1].address, "to": forwarder, "data": data, "gas": "0x4c4b40" });
    let hash = send(&chain, request.clone()).await;
    let traced = trace(&chain, &hash).await;
    assert_eq!(traced["error"], "execution reverted");
    assert_eq!(traced["calls"][0]["revertReason"], "not today");
    let call = json!([request, "latest", { "tracer": "callTracer" }]);
    let called = result(&chain, "debug_traceCall", call).await;
    assert_eq!(called["calls"], traced["calls"]);

    let without = chain.raw("debug_traceTransaction", json!([hash])).await;
    assert!(without["error"]["message"].as_str().unwrap().contains("callTracer"), "{without}");
    let unknown = json!(["0x0101010101010101010101010101010101010101010101010101010101010101", { "tracer": "callTracer" }]);
    assert_eq!(chain.raw("debug_traceTransaction", unknown).await["error"]["code"], -32_000);
}

#[tokio::test]
async fn a_block_is_traced_transaction_by_transaction() {
    let chain = Running::new().await;
    let probe = deploy_probe(&chain.client(1), 5).await;
    result(&chain, "evm_setAutomine", json!([false])).await;
    let mut hashes = Vec::new();
    for value in [6u64, 7] {
        let data = probe.set(U256::from(value)).calldata().clone();
        hashes.push(send(&chain, json!({ "from": DEV_ACCOUNTS[1].address, "to": probe.address(), "data": data, "gas": "0x186a0" })).await);
    }
    result(&chain, "evm_mine", json!([])).await;
    let options = json!({ "tracer": "callTracer" });
    let traced = result(&chain, "debug_traceBlockByNumber", json!(["latest", options])).await;
    for (index, hash) in hashes.iter().enumerate() {
        assert_eq!(&traced[index]["txHash"], hash);
        assert_eq!(
            traced[index]["result"],
            result(&chain, "debug_traceTransaction", json!([hash, options])).await
        );
        let receipt = result(&chain, "eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(traced[index]["result"]["gasUsed"], receipt["gasUsed"], "replayed on the state it found");
    }
}

#[tokio::test]
async fn what_a_precompile_refuses_is_told_in_words() {
    let chain = Running::new().await;
    let word = "f".repeat(64);
    for (to, data) in [
        ("9", "00".to_owned()),
        ("9", "01".repeat(213)),
        ("6", word.repeat(4)),
        ("7", word.repeat(3)),
        ("8", "00".to_owned()),
        ("a", "00".to_owned()),
    ] {
        let call = json!({ "to": format!("0x{to:0>40}"), "data": format!("0x{data}"), "gas": "0x100000" });
        for (method, more) in [
            ("eth_call", None),
            ("eth_estimateGas", None),
            ("debug_traceCall", Some(json!({ "tracer": "callTracer" }))),
        ] {
            let params =
                [Some(call.clone()), Some(json!("latest")), more].into_iter().flatten().collect::<Vec<_>>();
            let answer = chain.raw(method, json!(params)).await;
            let said = answer["error"]["message"].as_str().or(answer["result"]["error"].as_str());
            let said = said.unwrap_or_else(|| panic!("{to} {method}: {answer}"));
            assert!(
                !said.contains("Error(") && !said.contains("WithContext") && !said.contains('"'),
                "{said}"
            );
            assert!(said.starts_with(|c: char| c.is_ascii_lowercase()), "{to} {method}: {said}");
        }
    }
}
