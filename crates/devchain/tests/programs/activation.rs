//! From code to an active program, and the price of entering it.

use alloy::{
    primitives::{TxKind, U256},
    sol_types::{SolCall, SolError},
};
use serde_json::Value;

use crate::{
    wats,
    world::{ARB_WASM, BASE, World, activateProgramCall, data_gas, not_activated, topic},
};

alloy::sol! {
    error ProgramUpToDate();
    error ProgramNotWasm();
    error ProgramInsufficientValue(uint256 have, uint256 want);
    function codehashVersion(bytes32 codehash) external view returns (uint16);
    function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
}

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../program/tests/fixtures/stylus-vectors.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap()
}

/// Gas between an activation's parts: arguments, state, parameters, table entry, fee account, result, event.
const PLUMBING: u64 = 3 + 800 + 100 + 800 + 800 + 6 + (375 * 3 + 8 * 128);

#[test]
fn plumbing_equals_a_measured_activation() {
    // A 16 745-byte contract on ArbOS 51 with 4 + 32 bytes of calldata, 24 of them not zero: 2 209 362 gas in all.
    assert_eq!(2_209_362 - BASE - (24 * 16 + 12 * 4) - 1_659_168 - 524_104, PLUMBING);
}

#[test]
fn activation_and_entry_cost_what_the_node_takes() {
    for golden in vectors()["programs"].as_array().unwrap() {
        let mut world = World::new(51);
        let program = world.deploy(golden["wat"].as_str().unwrap());
        let calldata = activateProgramCall { program }.abi_encode();
        let done = world.activate(program);
        assert!(done.ok, "{}: {:?}", golden["name"], done.outcome.result);
        let parse_gas = number(golden, "activation_parse_gas");
        assert_eq!(
            done.gas,
            BASE + data_gas(&calldata) + 1_659_168 + parse_gas + PLUMBING,
            "{}: activation",
            golden["name"]
        );
        let entry = 8832 + 352 + number(golden, "init_cost") + number(golden, "cached_cost");
        let run = &golden["runs"][0];
        // Cold calls and codes differ from the measured world; the storage program pays no more than measured.
        if number(run, "ink_start") != 1_000_000_000_000 {
            continue;
        }
        let done = world.call(program, []);
        let inside = number(run, "ink_used").div_ceil(10_000);
        assert_eq!(done.gas, BASE + entry + inside, "{}: empty call", golden["name"]);
        let output = format!("0x{}", hex::encode(&done.output));
        if golden["name"] != "hostread" {
            assert_eq!(Some(output.as_str()), run["output"].as_str(), "{}", golden["name"]);
        }
    }
}

#[test]
fn activation_tells_each_reason_to_refuse() {
    let mut world = World::new(61);
    let program = world.deploy(wats::HOST_READ);
    assert_eq!(world.call(program, []).output, not_activated());

    let calldata = activateProgramCall { program }.abi_encode();
    let poor = world.run(TxKind::Call(ARB_WASM), calldata, 0);
    let error = ProgramInsufficientValue::abi_decode(&poor.output).unwrap();
    assert_eq!(error.have, U256::ZERO);
    assert!(error.want > U256::from(10).pow(U256::from(13)));
    assert!(poor.gas < 2_000_000, "an ordinary revert keeps the unused gas");

    let before = world.state.account(crate::world::USER).unwrap().balance;
    let done = world.activate(program);
    assert!(done.ok);
    let paid = before - world.state.account(crate::world::USER).unwrap().balance;
    assert_eq!(paid, error.want + U256::from(done.gas * world.env.base_fee), "the excess comes back");
    let logs = done.outcome.result.logs();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].topics()[0], topic("ProgramActivated(bytes32,bytes32,address,uint256,uint16)"));
    let code_hash = world.state.account(program).unwrap().code_hash;
    assert_eq!(logs[0].topics()[1], code_hash);
    assert_eq!(U256::from_be_slice(&logs[0].data.data[64..96]), error.want);

    assert_eq!(world.activate(program).output, ProgramUpToDate {}.abi_encode());
    let version = world.call(ARB_WASM, codehashVersionCall { codehash: code_hash }.abi_encode());
    assert_eq!(U256::from_be_slice(&version.output), U256::from(2));
    let unknown = world.call(ARB_WASM, codehashVersionCall { codehash: topic("") }.abi_encode());
    assert_eq!(unknown.output, not_activated());
    let gas = world.call(ARB_WASM, programInitGasCall { program }.abi_encode());
    let gas = programInitGasCall::abi_decode_returns(&gas.output).unwrap();
    assert_eq!((gas.gas, gas.gasWhenCached), (8832 + 32 + 352 + 11, 352 + 11));

    let plain = world.create(&[0x60, 0x00]);
    assert_eq!(world.activate(plain).output, ProgramNotWasm {}.abi_encode());
}

#[test]
fn invalid_modules_burn_all_gas() {
    for rejected in vectors()["must_be_rejected_at_activation"].as_array().unwrap() {
        let mut world = World::new(61);
        let program = world.deploy(rejected["wat"].as_str().unwrap());
        let done = world.activate(program);
        assert!(!done.ok, "{}", rejected["name"]);
        assert_eq!(done.gas, 32_000_000, "{}", rejected["name"]);
        assert_eq!(world.call(program, []).output, not_activated());
    }
}

#[test]
fn multi_value_modules_activate_below_arbos_60_only() {
    let wat = r#"(module (memory (export "memory") 1 1) (func $two (result i32 i32) i32.const 0 i32.const 0)
      (func (export "user_entrypoint") (param i32) (result i32) call $two drop))"#;
    for (arbos, accepted) in [(51, true), (61, false)] {
        let mut world = World::new(arbos);
        let program = world.deploy(wat);
        assert_eq!(world.activate(program).ok, accepted, "ArbOS {arbos}");
        assert_eq!(world.call(program, []).ok, accepted);
    }
}

#[test]
fn only_program_prefixes_may_start_with_ef() {
    let mut world = World::new(51);
    for (code, accepted) in
        [(vec![0xEF, 0xF0, 0x00, 0x00], true), (vec![0xEF, 0xF0, 0x01], false), (vec![0xEF, 0x00], false)]
    {
        let done = world.run(TxKind::Create, stylus_program::init_code(&code), 0);
        assert_eq!(done.ok, accepted, "{code:?}");
        assert_eq!(done.halted, !accepted);
    }
    let mut world = World::new(61);
    assert!(world.run(TxKind::Create, stylus_program::init_code(&[0xEF, 0xF0, 0x01, 0x00]), 0).ok);
}

#[test]
fn programs_expire_after_a_year_and_can_be_activated_again() {
    let mut world = World::new(61);
    let program = world.program(wats::HOST_READ);
    assert!(world.call(program, []).ok);
    world.env.timestamp += 366 * 86_400;
    let expired = world.call(program, []);
    assert!(!expired.ok);
    assert_eq!(expired.output[..4], alloy::primitives::keccak256("ProgramExpired(uint64)")[..4]);
    assert!(world.activate(program).ok);
    assert!(world.call(program, []).ok);
}

#[test]
fn fragments_make_one_program() {
    let mut world = World::new(61);
    let wasm = wat::parse_str(wats::STORE).unwrap();
    let stream = stylus_program::compress(&wasm)[4..].to_vec();
    let (first, second) = stream.split_at(stream.len() / 2);
    let first = world.create(&[&[0xEF, 0xF0, 0x01], first].concat());
    let second = world.create(&[&[0xEF, 0xF0, 0x01], second].concat());
    let mut root = vec![0xEF, 0xF0, 0x02, 0x00];
    root.extend_from_slice(&(wasm.len() as u32).to_be_bytes());
    root.extend_from_slice(first.as_slice());
    root.extend_from_slice(second.as_slice());
    let root = world.create(&root);
    assert!(world.activate(root).ok);
    assert!(world.call(root, [7; 32]).ok);
    assert_eq!(world.call(root, []).output[..], [7; 32]);
    assert!(!world.activate(first).ok, "a fragment alone is no program");
}
