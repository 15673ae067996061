//! Broken and strange modules end in an error or an outcome, never in a panic; ink is exact to the last unit.
#![expect(clippy::disallowed_macros, reason = "a random test prints its seed")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use alloy_primitives::{B256, Bytes, U256};
use stylus_program::{
    Ending, Exit, FrameEnv, Machine, Program, Reply, Request, Step, StylusParams, activate, compress,
    decompress,
};

/// Seed of the random tests; printed so that a failure can be repeated with another constant.
const SEED: u64 = 0x5eed_0f57_7105;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

fn programs() -> Vec<(String, Vec<u8>)> {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("fixtures/stylus-vectors.json")).unwrap();
    let programs = vectors["programs"].as_array().unwrap();
    programs
        .iter()
        .map(|program| {
            let wasm = hex::decode(program["wasm_hex"].as_str().unwrap()).unwrap();
            (program["name"].as_str().unwrap().to_owned(), wasm)
        })
        .collect()
}

fn run(program: &Arc<Program>, calldata: Vec<u8>, ink: u64) -> Exit {
    let env = FrameEnv { calldata: calldata.into(), ..Default::default() };
    let mut machine = Machine::new(program.clone(), env, &StylusParams::default(), ink);
    let mut step = machine.start();
    loop {
        let reply = match step {
            Step::Done(exit) => return exit,
            Step::Request(request) => match request {
                Request::LoadStorage { .. } => Reply::Slot { value: B256::ZERO, gas: 100 },
                Request::FlushStorage { .. } => Reply::Flushed { gas: 100, out_of_gas: false },
                Request::LoadTransient { .. } => Reply::Word(B256::ZERO),
                Request::StoreTransient { .. } | Request::Log { .. } => Reply::Done,
                Request::Call { .. } => {
                    Reply::Called { success: true, gas: 100, output: Bytes::new(), pages_ever: 0 }
                }
                Request::Create { .. } => {
                    Reply::Created { address: None, gas: 100, output: Bytes::new(), pages_ever: 0 }
                }
                Request::Balance(_) => Reply::Balance { value: U256::ZERO, gas: 100 },
                Request::Code { .. } => Reply::Code { code: Bytes::new(), gas: 100 },
                Request::CodeHash(_) => Reply::Hash { hash: B256::ZERO, gas: 100 },
            },
        };
        step = machine.resume(reply);
    }
}

#[test]
fn damaged_modules_never_panic() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let params = StylusParams { allow_multi_value: true, ..StylusParams::default() };
    let mut accepted = 0;
    for (_, wasm) in programs() {
        for _ in 0..3_000 {
            let mut damaged = wasm.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(damaged.len());
                match random.below(4) {
                    0 => damaged[at] ^= 1 << random.below(8),
                    1 => damaged[at] = random.next() as u8,
                    2 => damaged.truncate(at.max(8)),
                    _ => damaged.insert(at, random.next() as u8),
                }
            }
            if activate(&damaged, &params).is_ok() {
                accepted += 1;
                let program = Arc::new(Program::compile(&damaged, &params).unwrap());
                run(&program, vec![1; random.below(6)], 300_000_000);
            }
        }
    }
    assert!(accepted > 100, "damage must leave some modules to run: {accepted}");
}

#[test]
fn damaged_streams_never_panic() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let code = compress(&programs().concat_wasm());
    for _ in 0..2_000 {
        let mut damaged = code.clone();
        let at = 4 + random.below(damaged.len() - 4);
        damaged[at] ^= 1 << random.below(8);
        if let Ok(wasm) = decompress(&damaged, 4_096) {
            assert!(wasm.len() <= 4_096);
        }
    }
}

trait Concat {
    fn concat_wasm(&self) -> Vec<u8>;
}

impl Concat for Vec<(String, Vec<u8>)> {
    fn concat_wasm(&self) -> Vec<u8> {
        self.iter().flat_map(|(_, wasm)| wasm.clone()).collect()
    }
}

#[test]
fn a_program_needs_its_ink_to_the_last_unit() {
    for (name, wasm) in programs() {
        // Programs that never ask how much is left.
        if !["min", "sum", "echo", "ops", "deep", "grow"].contains(&name.as_str()) {
            continue;
        }
        let program = Arc::new(Program::compile(&wasm, &StylusParams::default()).unwrap());
        for calldata in [vec![], vec![0; 1], vec![0; 2], vec![0; 5]] {
            let plenty = 1_000_000_000_000;
            let whole = run(&program, calldata.clone(), plenty);
            let used = plenty - whole.ink_left;
            let exact = run(&program, calldata.clone(), used);
            assert_eq!(
                (exact.ending, exact.ink_left, exact.output),
                (whole.ending, 0, whole.output),
                "{name}"
            );
            let short = run(&program, calldata, used - 1);
            assert_eq!((short.ending, short.ink_left), (Ending::OutOfInk, 0), "{name}");
        }
    }
}

#[test]
fn a_wrong_answer_fails_the_program() {
    let (_, wasm) = programs().into_iter().find(|(name, _)| name == "store").unwrap();
    let program = Arc::new(Program::compile(&wasm, &StylusParams::default()).unwrap());
    let mut machine = Machine::new(program, FrameEnv::default(), &StylusParams::default(), 1_000_000_000);
    assert!(matches!(machine.start(), Step::Request(Request::LoadStorage { .. })));
    let Step::Done(exit) = machine.resume(Reply::Done) else { panic!("the program went on") };
    assert!(matches!(exit.ending, Ending::Failure(_)));
    let Step::Done(exit) = machine.resume(Reply::Done) else { panic!("the program went on") };
    assert!(matches!(exit.ending, Ending::Failure(_)));
}
