//! Prices, ink, results and refusals equal those measured on the node's own engine.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{collections::HashMap, sync::Arc};

use alloy_primitives::{Address, B256, Bytes};
use serde::Deserialize;
use stylus_program::{Ending, FrameEnv, Machine, Program, Reply, Request, Step, StylusParams, activate};

#[derive(Deserialize)]
struct Vectors {
    programs: Vec<Golden>,
    must_be_rejected_at_activation: Vec<Text>,
    accepted_but_unpayable: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    name: String,
    wat: String,
}

#[derive(Deserialize)]
struct Golden {
    name: String,
    wasm_hex: String,
    init_cost: u16,
    cached_cost: u16,
    asm_estimate: u32,
    footprint_pages: u16,
    activation_parse_gas: u64,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    calldata: String,
    ink_start: u64,
    r#static: bool,
    outcome: String,
    ink_used: u64,
    output: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("fixtures/stylus-vectors.json")).unwrap()
}

/// The world of the measurements: empty cold storage, calls that return 100 bytes, codes of 70.
#[derive(Default)]
struct World {
    slots: HashMap<B256, B256>,
}

impl World {
    fn answer(&mut self, request: Request) -> Reply {
        match request {
            Request::LoadStorage { key } => {
                let gas = if self.slots.contains_key(&key) { 100 } else { 2_100 };
                Reply::Slot { value: *self.slots.entry(key).or_default(), gas }
            }
            Request::FlushStorage { slots, gas_left } => {
                let mut gas = 0;
                for (key, value) in slots {
                    gas += if self.slots.contains_key(&key) { 20_000 } else { 22_100 };
                    self.slots.insert(key, value);
                }
                Reply::Flushed { gas, out_of_gas: gas > gas_left }
            }
            Request::Call { .. } => Reply::Called {
                success: true,
                gas: 3_600,
                output: (0..100u8).collect::<Vec<_>>().into(),
                pages_ever: 0,
            },
            Request::Create { .. } => {
                Reply::Created { address: None, gas: 32_000, output: Bytes::new(), pages_ever: 0 }
            }
            Request::Code { .. } => Reply::Code { code: vec![0; 70].into(), gas: 3_300 },
            Request::Balance(_) => Reply::Balance { value: Default::default(), gas: 2_600 },
            Request::CodeHash(_) => Reply::Hash { hash: B256::ZERO, gas: 2_600 },
            Request::LoadTransient { .. } => Reply::Word(B256::ZERO),
            Request::StoreTransient { .. } | Request::Log { .. } => Reply::Done,
        }
    }
}

fn run(program: &Arc<Program>, calldata: Bytes, is_static: bool, ink: u64) -> stylus_program::Exit {
    let env = FrameEnv {
        calldata,
        is_static,
        sender: Address::repeat_byte(0x5e),
        contract: Address::repeat_byte(0xc0),
        ..Default::default()
    };
    let mut world = World::default();
    let mut machine = Machine::new(program.clone(), env, &StylusParams::default(), ink);
    let mut step = machine.start();
    loop {
        match step {
            Step::Request(request) => step = machine.resume(world.answer(request)),
            Step::Done(exit) => return exit,
        }
    }
}

#[test]
fn derived_numbers_equal_the_node() {
    for golden in vectors().programs {
        let wasm = hex::decode(&golden.wasm_hex).unwrap();
        let activation = activate(&wasm, &StylusParams::default()).unwrap();
        let info = activation.info;
        assert_eq!(
            (info.init_cost, info.cached_cost, info.asm_estimate, info.footprint, activation.parse_gas),
            (
                golden.init_cost,
                golden.cached_cost,
                golden.asm_estimate,
                golden.footprint_pages,
                golden.activation_parse_gas
            ),
            "{}",
            golden.name
        );
    }
}

#[test]
fn ink_and_results_equal_the_node() {
    let mut wrong = Vec::new();
    let mut runs = 0;
    for golden in vectors().programs {
        let wasm = hex::decode(&golden.wasm_hex).unwrap();
        let program = Arc::new(Program::compile(&wasm, &StylusParams::default()).unwrap());
        for case in &golden.runs {
            runs += 1;
            let calldata: Bytes = hex::decode(&case.calldata[2..]).unwrap().into();
            let exit = run(&program, calldata, case.r#static, case.ink_start);
            let outcome = match exit.ending {
                Ending::Success => "success",
                Ending::Revert => "revert",
                Ending::Failure(_) => "trap_or_host_error",
                Ending::OutOfInk => "out_of_ink",
                Ending::OutOfStack => "out_of_stack",
            };
            let output =
                matches!(outcome, "success" | "revert").then(|| format!("0x{}", hex::encode(&exit.output)));
            let got = (outcome, case.ink_start - exit.ink_left, output);
            let want = (case.outcome.as_str(), case.ink_used, case.output.clone());
            if got != want {
                wrong.push(format!("{} {}: got {got:?}, want {want:?}", golden.name, case.calldata));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {runs} runs differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn activation_refuses_what_the_node_refuses() {
    for text in vectors().must_be_rejected_at_activation {
        let wasm = wat::parse_str(&text.wat).unwrap();
        let refused = activate(&wasm, &StylusParams::default());
        assert!(refused.is_err(), "{} was accepted", text.name);
        if text.name == "bad_nopay" {
            assert!(refused.unwrap_err().to_string().contains("pay_for_memory_grow"));
        }
    }
}

#[test]
fn float_constants_activate_but_nobody_can_pay_for_them() {
    let wasm = wat::parse_str(vectors().accepted_but_unpayable.wat).unwrap();
    activate(&wasm, &StylusParams::default()).unwrap();
    let program = Arc::new(Program::compile(&wasm, &StylusParams::default()).unwrap());
    let exit = run(&program, Bytes::new(), false, u64::MAX - 1);
    assert_eq!(exit.ending, Ending::OutOfInk);
    assert_eq!(exit.ink_left, 0);
}

/// The engine passes from operator to operator by tail calls. One that is a true call would use up the native stack.
#[test]
fn long_loops_over_every_operator_need_no_native_stack() {
    let mut body = String::new();
    for (ty, width) in [("i32", 32), ("i64", 64)] {
        let x = if width == 32 { "$a" } else { "$b" };
        for op in ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"] {
            body += &format!("(local.set {x} ({ty}.{op} (local.get {x}) (local.get {x})))");
            body += &format!("(local.set {x} ({ty}.{op} (local.get {x}) ({ty}.const 77)))");
        }
        for op in ["div_u", "rem_u", "div_s", "rem_s"] {
            body += &format!("(local.set {x} ({ty}.{op} (local.get {x}) ({ty}.const 3)))");
            body += &format!(
                "(local.set {x} ({ty}.{op} ({ty}.const 7000) ({ty}.or (local.get {x}) ({ty}.const 1))))"
            );
        }
        for op in ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"] {
            body += &format!("(local.set $a ({ty}.{op} (local.get {x}) ({ty}.const 5)))");
            body += &format!(
                "(if ({ty}.{op} (local.get {x}) (local.get {x})) (then (local.set $a (i32.const 9))) (else (local.set $a (i32.const 8))))"
            );
            body += &format!("(block (br_if 0 ({ty}.{op} (local.get {x}) ({ty}.const 6))))");
        }
        for op in ["clz", "ctz", "popcnt", "extend8_s", "extend16_s"] {
            body += &format!("(local.set {x} ({ty}.{op} (local.get {x})))");
        }
        body += &format!("(local.set $a ({ty}.eqz (local.get {x})))");
        for op in ["store", "store8", "store16"] {
            body += &format!(
                "({ty}.{op} (i32.const 64) (local.get {x})) ({ty}.{op} offset=8 (i32.and (local.get $a) (i32.const 255)) ({ty}.const 3))"
            );
        }
        for op in ["load", "load8_s", "load8_u", "load16_s", "load16_u"] {
            body += &format!(
                "(local.set {x} ({ty}.{op} (i32.const 64))) (local.set {x} ({ty}.{op} offset=8 (i32.and (local.get $a) (i32.const 255))))"
            );
        }
        body += &format!("(local.set {x} (select (local.get {x}) ({ty}.const 4) (local.get $a)))");
        body += &format!("(global.set $g{width} (local.get {x})) (local.set {x} (global.get $g{width}))");
    }
    let wat = format!(
        r#"(module (import "vm_hooks" "evm_ink_left" (func $ink (result i64))) (memory (export "memory") 1 1)
        (global $g32 (mut i32) (i32.const 1)) (global $g64 (mut i64) (i64.const 1)) (type $t (func (param i32) (result i32)))
        (table 2 funcref) (elem (i32.const 0) $f $h)
        (func $f (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $h (param i32) (result i32) (call $f (i32.const 3)))
        (func (export "user_entrypoint") (param $n i32) (result i32) (local $i i32) (local $a i32) (local $b i64)
          (loop $l {body}
            (local.set $b (i64.extend_i32_u (local.get $a))) (local.set $b (i64.extend_i32_s (local.get $a)))
            (local.set $a (i32.wrap_i64 (local.get $b))) (local.set $b (i64.extend32_s (local.get $b)))
            (local.set $a (call $h (local.get $a)))
            (local.set $a (call_indirect (type $t) (i32.const 4) (i32.and (local.get $i) (i32.const 1))))
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 9)) (memory.copy (i32.const 20) (i32.const 0) (i32.const 9))
            (local.set $a (memory.size)) (local.set $a (memory.grow (i32.const 0))) (drop (call $ink))
            (block $x (block $y (br_table $x $y (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 20000))))
          (i32.const 0)))"#
    );
    let small = std::thread::Builder::new().stack_size(512 << 10);
    let thread = small.spawn(move || {
        let wasm = wat::parse_str(wat).unwrap();
        let program = Arc::new(Program::compile(&wasm, &StylusParams::default()).unwrap());
        run(&program, Bytes::new(), false, u64::MAX - 1)
    });
    let exit = thread.unwrap().join().unwrap();
    assert_eq!(exit.ending, Ending::Success);
    let used = u64::MAX - 1 - exit.ink_left;
    assert!(used > 20_000 * 100 * 2_450, "the loop ran to its end: {used}");
}
