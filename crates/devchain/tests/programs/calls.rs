//! Programs that call, create, log and store.

use alloy::primitives::{Address, B256, TxKind, U256, address};

use crate::{
    wats::{CALLER, CREATOR, Called, HOST_READ, STORE, call},
    world::{BASE, USER, World, data_gas},
};

const FOREVER: u64 = 1 << 63;

fn gas_seen(output: &[u8]) -> u64 {
    u64::from_le_bytes(output[..8].try_into().unwrap())
}

/// A program that reads its gas pays 9 227 to enter and 2 before it looks.
const ENTRY: u64 = 8832 + 32 + 352 + 11;
const BEFORE_LOOKING: u64 = 2;

#[test]
fn callee_gets_exactly_the_gas_it_was_promised() {
    let mut world = World::new(51);
    let (caller, callee) = (world.program(CALLER), world.program(HOST_READ));
    let done = world.call(caller, call(1, callee, 100_000, 0, &[]));
    let called = Called::parse(&done.output);
    assert_eq!(called.status, 0);
    assert_eq!(gas_seen(&called.output), 100_000 - ENTRY - BEFORE_LOOKING);
    assert_eq!(called.output[8], 0, "not re-entered");
}

#[test]
fn callee_that_cannot_pay_its_entry_takes_what_it_was_given() {
    let mut world = World::new(51);
    let (caller, callee) = (world.program(CALLER), world.program(HOST_READ));
    let done = world.call(caller, call(1, callee, 5_000, 0, &[]));
    let called = Called::parse(&done.output);
    assert_eq!(called.status, 2);
    assert!(called.output.is_empty());
    // 2 600 for the cold account, 5 000 lost, and the ink of the call itself and of reading gas again.
    let spent = called.before - called.after;
    assert!((7_600..7_630).contains(&spent), "{spent}");
}

#[test]
fn a_request_beyond_the_rest_is_cut_to_63_of_64() {
    let mut world = World::new(51);
    let (caller, callee) = (world.program(CALLER), world.program(HOST_READ));
    let done = world.call(caller, call(1, callee, FOREVER, 0, &[]));
    let called = Called::parse(&done.output);
    let given = gas_seen(&called.output) + ENTRY + BEFORE_LOOKING;
    // Between the first look and the call lie the ink of the way there and the base of a cold account.
    let rest = called.before - 2_600;
    assert!(given <= rest * 63 / 64 && given > rest * 63 / 64 - 30, "given {given} of {rest}");
}

#[test]
fn value_costs_and_gives_a_stipend() {
    let mut world = World::new(51);
    let (caller, callee) = (world.program(CALLER), world.program(HOST_READ));
    world.state.update_account(caller, |account| account.balance = U256::from(100));
    let free = Called::parse(&world.call(caller, call(1, callee, 100_000, 0, &[])).output);
    let paid = Called::parse(&world.call(caller, call(1, callee, 100_000, 7, &[])).output);
    assert_eq!(gas_seen(&paid.output), gas_seen(&free.output) + 2_300);
    let extra = (paid.before - paid.after) - (free.before - free.after);
    assert_eq!(extra, 9_000);
    assert_eq!(world.state.account(callee).unwrap().balance, U256::from(7));

    let nobody = address!("00000000000000000000000000000000deadbeef");
    let idle = Called::parse(&world.call(caller, call(1, nobody, 100_000, 0, &[])).output);
    let born = Called::parse(&world.call(caller, call(1, nobody, 100_000, 7, &[])).output);
    assert_eq!((born.before - born.after) - (idle.before - idle.after), 34_000);

    let poor = Called::parse(&world.call(caller, call(1, callee, 100_000, 1_000, &[])).output);
    assert_eq!(poor.status, 2, "more than it owns");
}

#[test]
fn recent_programs_enter_at_the_cached_price_from_arbos_60_on() {
    for (arbos, discount) in [(51, 0), (61, 8_832 + 32)] {
        let mut world = World::new(arbos);
        let callee = world.program(HOST_READ);
        let first = world.call(callee, []).gas;
        let second = world.call(callee, []).gas;
        assert_eq!(first - second, discount, "ArbOS {arbos}");
        world.next_block();
        assert_eq!(world.call(callee, []).gas, first);
    }
}

#[test]
fn reentrancy_is_seen_by_the_account_that_is_open() {
    let mut world = World::new(61);
    let (a, reader) = (world.program(CALLER), world.program(HOST_READ));
    let b = world.deploy(CALLER);
    // A delegates to the reader while B has called it: A → B → A(delegate → reader)
    let inner = call(2, reader, FOREVER, 0, &[]);
    let middle = call(1, a, FOREVER, 0, &inner);
    let done = world.call(a, call(1, b, FOREVER, 0, &middle));
    let outer = Called::parse(&done.output);
    let middle = Called::parse(&outer.output);
    let inner = Called::parse(&middle.output);
    assert_eq!((outer.status, middle.status, inner.status), (0, 0, 0));
    assert_eq!(inner.output[8], 1, "A was open already");

    // A delegate call alone opens no new span.
    let done = world.call(a, call(2, reader, FOREVER, 0, &[]));
    assert_eq!(Called::parse(&done.output).output[8], 0);
}

#[test]
fn storage_logs_sender_and_value_belong_to_the_acting_account() {
    let mut world = World::new(61);
    let (caller, store) = (world.program(CALLER), world.program(STORE));
    let word = [9u8; 32];
    let direct = world.run(TxKind::Call(store), word, 5);
    assert!(direct.ok);
    assert_eq!(direct.output[..20], USER[..]);
    assert_eq!(U256::from_be_slice(&direct.output[20..]), U256::from(5));
    let log = &direct.execution.result.logs()[0];
    assert_eq!((log.address, log.topics()), (store, &[B256::repeat_byte(0xAA)][..]));
    assert_eq!(log.data.data[..], word);
    assert_eq!(world.state.slot(store, U256::ZERO), U256::from_be_bytes(word));

    let done = world.run(TxKind::Call(caller), call(2, store, FOREVER, 0, &[8; 32]), 3);
    let called = Called::parse(&done.output);
    assert_eq!(called.output[..20], USER[..], "delegate calls keep the sender");
    assert_eq!(U256::from_be_slice(&called.output[20..]), U256::from(3), "and the value");
    assert_eq!(done.execution.result.logs()[0].address, caller);
    assert_eq!(world.state.slot(caller, U256::ZERO), U256::from_be_bytes([8; 32]));
    assert_eq!(world.state.slot(store, U256::ZERO), U256::from_be_bytes(word));
}

#[test]
fn static_calls_and_reverts_leave_nothing() {
    let mut world = World::new(61);
    let (caller, store) = (world.program(CALLER), world.program(STORE));
    let done = world.call(caller, call(3, store, FOREVER, 0, &[7; 32]));
    let called = Called::parse(&done.output);
    assert_eq!((called.status, called.output.len()), (2, 0));
    let done = world.call(caller, call(3, store, FOREVER, 0, &[]));
    assert_eq!(Called::parse(&done.output).output, [0; 32], "reading is fine");

    let done = world.call(caller, call(4, store, FOREVER, 0, &[7; 32]));
    assert!(!done.ok && !done.halted);
    assert_eq!(
        Called::parse(&done.output).status,
        0,
        "the inner call succeeded, the outer reverts with data"
    );
    assert_eq!(world.state.slot(store, U256::ZERO), U256::ZERO);
    assert!(done.execution.result.logs().is_empty());
}

#[test]
fn inner_reverts_take_back_only_the_inner_frame() {
    let mut world = World::new(61);
    let (outer, store) = (world.program(CALLER), world.program(STORE));
    // outer → itself, reverting → store
    let inner = call(4, store, FOREVER, 0, &[7; 32]);
    let done = world.call(outer, call(1, outer, FOREVER, 0, &inner));
    let called = Called::parse(&done.output);
    assert!(done.ok);
    assert_eq!(called.status, 2);
    assert_eq!(Called::parse(&called.output).status, 0, "revert data reaches the caller");
    assert_eq!(world.state.slot(store, U256::ZERO), U256::ZERO);
}

#[test]
fn evm_and_programs_call_each_other() {
    let mut world = World::new(61);
    let (caller, reader, store) = (world.program(CALLER), world.program(HOST_READ), world.program(STORE));
    // A proxy that delegates everything to the program and returns what it returns.
    let proxy = |to: Address| {
        let mut code = hex::decode("3660008037600080366000").unwrap();
        code.push(0x73);
        code.extend_from_slice(to.as_slice());
        code.extend_from_slice(&hex::decode("5af43d6000803e3d6000f3").unwrap());
        code
    };
    let proxy = world.create(&proxy(store));
    assert!(world.call(proxy, [6; 32]).ok);
    assert_eq!(world.state.slot(proxy, U256::ZERO), U256::from_be_bytes([6; 32]));
    assert_eq!(world.call(proxy, []).output[..], [6; 32]);
    // program → EVM proxy → program
    let done = world.call(caller, call(1, proxy, FOREVER, 0, &[]));
    assert_eq!(Called::parse(&done.output).output, [6; 32]);
    // program → ecrecover (an invalid signature returns nothing) and the identity precompile
    let identity = Address::with_last_byte(4);
    let done = world.call(caller, call(3, identity, FOREVER, 0, b"hello"));
    let called = Called::parse(&done.output);
    assert_eq!((called.status, called.output.as_slice()), (0, &b"hello"[..]));
    // a reader in the same transaction still answers
    assert!(world.call(caller, call(3, reader, FOREVER, 0, &[])).ok);
}

#[test]
fn selfdestruct_in_the_name_of_a_program_reverts() {
    let mut world = World::new(61);
    let caller = world.program(CALLER);
    let bomb = world.create(&[0x33, 0xFF]); // CALLER SELFDESTRUCT
    let done = world.call(caller, call(2, bomb, FOREVER, 0, &[]));
    assert_eq!(Called::parse(&done.output).status, 2);
    assert!(world.state.account(caller).is_some());
    let done = world.call(caller, call(1, bomb, FOREVER, 0, &[]));
    assert_eq!(Called::parse(&done.output).status, 0, "in its own name it may");
}

#[test]
fn programs_create_contracts() {
    let mut world = World::new(61);
    let creator = world.program(CREATOR);
    let init = stylus_program::init_code(&[0x60, 0x2A, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xF3]);
    let done = world.call(creator, [&[1], &init[..]].concat());
    let created = Address::from_slice(&done.output[..20]);
    assert_eq!(created, creator.create(1));
    assert_eq!(done.output[20..], [0; 4], "no return data after success");
    assert_eq!(U256::from_be_slice(&world.call(created, []).output), U256::from(42));

    let done = world.call(creator, [&[0], &init[..]].concat());
    let created = Address::from_slice(&done.output[..20]);
    assert_eq!(created, creator.create2_from_code(B256::ZERO, &init));

    // PUSH1 1 PUSH1 0 MSTORE8 PUSH1 1 PUSH1 0 REVERT
    let reverting = [0x60, 1, 0x60, 0, 0x53, 0x60, 1, 0x60, 0, 0xFD];
    let done = world.call(creator, [&[1], &reverting[..]].concat());
    assert_eq!(done.output[..20], [0; 20]);
    assert_eq!(done.output[20..], [1, 0, 0, 0, 1]);
}

#[test]
fn memory_of_nested_frames_is_priced_together() {
    let mut world = World::new(51);
    let three = HOST_READ.replace("1 1)", "3 3)");
    let (reader, caller) = (world.program(&three), world.program(CALLER));
    let alone = world.call(reader, []);
    let nested = Called::parse(&world.call(caller, call(1, reader, 100_000, 0, &[])).output);
    // Alone one page is beyond the free ones; under a caller with one page, two are.
    let entry = |seen: u64, given: u64| given - seen;
    let alone_entry = entry(gas_seen(&alone.output), 32_000_000 - BASE);
    let nested_entry = entry(gas_seen(&nested.output), 100_000);
    assert_eq!(nested_entry - alone_entry, 1_000);
}

#[test]
fn out_of_gas_and_traps_end_as_the_node_ends_them() {
    let mut world = World::new(61);
    let spin = world.program(
        r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32)
          (if (local.get 0) (then unreachable)) (loop $l (br $l)) (i32.const 0)))"#,
    );
    let done = world.run_with_gas(TxKind::Call(spin), [], 0, 200_000);
    assert!(done.halted);
    assert_eq!(done.gas, 200_000);
    let done = world.run_with_gas(TxKind::Call(spin), [1], 0, 200_000);
    assert!(!done.ok && !done.halted && done.output.is_empty(), "a trap is a revert without data");
    assert!(done.gas < BASE + data_gas(&[1]) + 10_000, "and keeps the gas: {}", done.gas);
}

#[test]
fn return_data_costs_at_least_evm_memory() {
    let mut world = World::new(51);
    let wide = world.program(
        r#"(module (import "vm_hooks" "write_result" (func $wr (param i32 i32))) (memory (export "memory") 2 2)
          (func (export "user_entrypoint") (param i32) (result i32) (call $wr (i32.const 0) (i32.const 131072)) (i32.const 0)))"#,
    );
    let done = world.call(wide, []);
    let words = 131_072u64 / 32;
    let floor = 3 * words + words * words / 512;
    assert_eq!(done.gas, BASE + floor, "dearer than entry and copying");
}
