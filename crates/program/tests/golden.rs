//! Prices, ink, results and refusals equal those measured on the node's own engine.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{collections::HashMap, sync::Arc};

use alloy_primitives::{Address, B256, Bytes};
use serde::Deserialize;
use stylus_program::{FrameEnv, Machine, Outcome, Program, Reply, Request, Step, StylusParams, activate};

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
            let outcome = match exit.outcome {
                Outcome::Success => "success",
                Outcome::Revert => "revert",
                Outcome::Failure(_) => "trap_or_host_error",
                Outcome::OutOfInk => "out_of_ink",
                Outcome::OutOfStack => "out_of_stack",
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
    assert_eq!(exit.outcome, Outcome::OutOfInk);
    assert_eq!(exit.ink_left, 0);
}
