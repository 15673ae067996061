//! From code to an active program, and the price of entering it.

use alloy::{
    primitives::{Address, TxKind, U256},
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

/// Gas between an activation's parts: arguments, state, parameters, table entry, fee account, result, event; and what
/// it leaves in the state: the hash of the module, the demand for native code with its time (after five readings), the
/// table entry.
const PLUMBING: u64 = 3 + 800 + 100 + 800 + 800 + 6 + (375 * 3 + 8 * 128) + 4 * 20_000 + 5 * 800;
/// Gas of reading the further price of activation, from ArbOS 59 on.
const FURTHER: u64 = 800;

#[test]
fn activation_and_entry_cost_what_the_node_takes() {
    let vectors = vectors();
    let programs = vectors["programs"].as_array().unwrap();
    for (arbos, golden) in [51, 61].into_iter().flat_map(|arbos| programs.iter().map(move |one| (arbos, one)))
    {
        let mut world = World::new(arbos);
        let program = world.deploy(golden["wat"].as_str().unwrap());
        let calldata = activateProgramCall { program }.abi_encode();
        let done = world.activate(program);
        assert!(done.ok, "{}: {:?}", golden["name"], done.execution.result);
        let parse_gas = number(golden, "activation_parse_gas");
        assert_eq!(
            done.gas,
            BASE + data_gas(&calldata)
                + 1_659_168
                + parse_gas
                + PLUMBING
                + if arbos >= 59 { FURTHER } else { 0 },
            "{}: activation",
            golden["name"]
        );
        let entry = 8832 + 352 + number(golden, "init_cost") + number(golden, "cached_cost");
        let run = &golden["runs"][0];
        // Cold calls and codes differ from the measured world; the storage program pays no more than measured.
        if number(run, "ink_start") != 1_000_000_000_000 {
            continue;
        }
        world.next_block();
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
    let logs = done.execution.result.logs();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].topics()[0], topic("ProgramActivated(bytes32,bytes32,address,uint256,uint16)"));
    let code_hash = world.state.account(program).unwrap().code_hash;
    assert_eq!(logs[0].topics()[1], code_hash);
    assert_eq!(U256::from_be_slice(&logs[0].data.data[64..96]), error.want);

    assert_eq!(world.activate(program).output, ProgramUpToDate {}.abi_encode());
    let version = world.call(ARB_WASM, codehashVersionCall { codehash: code_hash }.abi_encode());
    assert_eq!(U256::from_be_slice(&version.output), U256::from(3));
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
fn multi_value_modules_activate_below_arbos_59_only() {
    let wat = r#"(module (memory (export "memory") 1 1) (func $two (result i32 i32) i32.const 0 i32.const 0)
      (func (export "user_entrypoint") (param i32) (result i32) call $two drop))"#;
    for (arbos, accepted) in [(51, true), (58, true), (59, false), (61, false)] {
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

/// The codes of a program cut into equal parts: fragments, then what comes before their addresses in the root.
fn cut(wat: &str, parts: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
    let wasm = wat::parse_str(wat).unwrap();
    let stream = stylus_program::compress(&wasm)[4..].to_vec();
    let fragments = stream
        .chunks(stream.len().div_ceil(parts))
        .map(|part| [&[0xEF, 0xF0, 0x01], part].concat())
        .collect();
    let mut root = vec![0xEF, 0xF0, 0x02, 0x00];
    root.extend_from_slice(&(wasm.len() as u32).to_be_bytes());
    (fragments, root)
}

fn create_all(world: &mut World, fragments: &[Vec<u8>]) -> Vec<Address> {
    fragments.iter().map(|code| world.create(code)).collect()
}

fn root_of(world: &mut World, mut head: Vec<u8>, fragments: &[Address]) -> Address {
    fragments.iter().for_each(|address| head.extend_from_slice(address.as_slice()));
    world.create(&head)
}

#[test]
fn fragments_make_one_program() {
    for parts in [2, 4, 5] {
        let mut world = World::new(61);
        let (codes, head) = cut(wats::STORE, parts);
        assert_eq!(codes.len(), parts);
        let fragments = create_all(&mut world, &codes);
        let root = root_of(&mut world, head, &fragments);
        let done = world.activate(root);
        assert_eq!(done.ok, parts <= 4, "{parts} fragments");
        if done.ok {
            assert!(world.call(root, [7; 32]).ok);
            assert_eq!(world.call(root, []).output[..], [7; 32]);
        }
        assert!(!world.activate(fragments[0]).ok, "a fragment alone is no program");
    }
}

/// Gas of an activation that is refused before its module is parsed, without what is read of fragments.
fn refused_before_parsing(calldata: &[u8]) -> u64 {
    BASE + data_gas(calldata) + 3 + 800 + FURTHER + 1_659_168 + 100 + 800
}

#[test]
fn fragments_that_do_not_fit_are_paid_for() {
    let mut world = World::new(61);
    let (codes, mut head) = cut(wats::STORE, 2);
    let fragments = create_all(&mut world, &codes);
    let reading: u64 = codes.iter().map(|code| 2_600 + 3 * code.len().div_ceil(32) as u64).sum();
    assert!(reading > 5_200);
    head[7] ^= 1;
    let wrong_length = root_of(&mut world, head.clone(), &fragments);
    head[7] ^= 1;
    let mut named = head.clone();
    named[3] = 1;
    let dictionary = root_of(&mut world, named, &fragments);
    let plain = world.create(&[0x60, 0x00]);
    let foreign = root_of(&mut world, head.clone(), &[fragments[0], plain]);
    let first_plain = root_of(&mut world, head, &[plain, fragments[0]]);
    let first = 2_600 + 3 * codes[0].len().div_ceil(32) as u64;
    for (root, paid) in
        [(wrong_length, reading), (dictionary, reading), (foreign, first + 2_603), (first_plain, 2_603)]
    {
        let done = world.activate(root);
        assert!(!done.ok && !done.halted && done.output.is_empty());
        let calldata = activateProgramCall { program: root }.abi_encode();
        assert_eq!(done.gas, refused_before_parsing(&calldata) + paid);
    }
}

#[test]
fn codes_that_are_no_programs_are_refused_as_the_node_refuses_them() {
    for (arbos, words) in [(51, false), (61, true)] {
        let mut world = World::new(arbos);
        let plain = world.create(&[0x60, 0x00]);
        let error = if words { ProgramNotWasm {}.abi_encode() } else { Vec::new() };
        assert_eq!(world.activate(plain).output, error, "ArbOS {arbos}");
        let nobody = Address::repeat_byte(0x77);
        assert_eq!(world.activate(nobody).output, ProgramNotWasm {}.abi_encode(), "ArbOS {arbos}");
    }
}
