//! Prints how long a loop of 32 million gas, a start of a program and a host call take on this machine.

#![expect(clippy::disallowed_macros, reason = "an example prints what it measures")]

use std::{sync::Arc, time::Instant};

use stylus_program::{FrameEnv, Machine, Program, Step, StylusParams};

const SPIN: &str = r#"(module (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32) (loop $l (br $l)) (i32.const 0)))"#;
const WORK: &str = r#"(module (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32) (local $i i32) (local $x i32)
    (loop $l
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store (i32.and (local.get $x) (i32.const 65532)) (local.get $x))
      (local.set $x (i32.xor (local.get $x) (i32.load (i32.and (local.get $i) (i32.const 65532)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $l)) (i32.const 0)))"#;
const IDLE: &str = r#"(module (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
const HOST: &str = r#"(module (import "vm_hooks" "evm_ink_left" (func $ink (result i64))) (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32) (loop $l (drop (call $ink)) (br $l)) (i32.const 0)))"#;

fn run(program: &Arc<Program>, gas: u64) -> std::time::Duration {
    let started = Instant::now();
    let params = StylusParams::default();
    let mut machine = Machine::new(program.clone(), FrameEnv::default(), &params, gas * 10_000);
    match machine.start() {
        Step::Done(_) => started.elapsed(),
        Step::Request(request) => panic!("asked for {request:?}"),
    }
}

fn main() {
    let compile = |wat: &str| {
        let wasm = wat::parse_str(wat).expect("the text is well formed");
        Arc::new(Program::compile(&wasm, &StylusParams::default()).expect("the module is accepted"))
    };
    println!("empty loop, 3.2 M gas: {:?}", run(&compile(SPIN), 3_200_000));
    println!("arithmetic loop, 3.2 M gas: {:?}", run(&compile(WORK), 3_200_000));
    println!("host calls, 3.2 M gas: {:?}", run(&compile(HOST), 3_200_000));
    let idle = compile(IDLE);
    run(&idle, 1_000);
    let many = (0..1_000).map(|_| run(&idle, 1_000)).sum::<std::time::Duration>();
    println!("entering an idle program: {:?}", many / 1_000);
    for path in std::env::args().skip(1) {
        let wasm = std::fs::read(&path).expect("the file is readable");
        let started = Instant::now();
        let activation = stylus_program::activate(&wasm, &StylusParams::default());
        println!("{path}: activate {:?}, {:?}", started.elapsed(), activation.map(|found| found.info));
        let started = Instant::now();
        let program = Arc::new(Program::compile(&wasm, &StylusParams::default()).expect("accepted"));
        println!("{path}: compile {:?}, first run {:?}", started.elapsed(), run(&program, 100_000));
    }
}
