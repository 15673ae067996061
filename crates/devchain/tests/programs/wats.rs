//! Programs for the tests.

/// Returns gas left (8 bytes) and whether it was re-entered (4 bytes), both little endian.
pub const HOST_READ: &str = r#"(module
  (import "vm_hooks" "evm_gas_left" (func $gl (result i64)))
  (import "vm_hooks" "msg_reentrant" (func $re (result i32)))
  (import "vm_hooks" "write_result" (func $wr (param i32 i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (i64.store (i32.const 0) (call $gl)) (i32.store (i32.const 8) (call $re))
    (call $wr (i32.const 0) (i32.const 12)) (i32.const 0)))"#;

/// Calls another contract. Calldata: kind (1: call, 2: delegate, 3: static, 4: call and then revert), address, gas (8
/// bytes little endian), value (32 bytes), data. Returns status (4), gas before (8), gas after (8), length of the
/// return data (4), return data.
pub const CALLER: &str = r#"(module
  (import "vm_hooks" "read_args" (func $args (param i32)))
  (import "vm_hooks" "write_result" (func $result (param i32 i32)))
  (import "vm_hooks" "evm_gas_left" (func $gas (result i64)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $copy (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (local $kind i32) (local $data i32) (local $len i32) (local $status i32) (local $before i64)
    (call $args (i32.const 0))
    (local.set $kind (i32.load8_u (i32.const 0)))
    (local.set $data (i32.const 61))
    (local.set $len (i32.sub (local.get $n) (i32.const 61)))
    (local.set $before (call $gas))
    (if (i32.or (i32.eq (local.get $kind) (i32.const 1)) (i32.eq (local.get $kind) (i32.const 4)))
      (then (local.set $status (call $call (i32.const 1) (local.get $data) (local.get $len) (i32.const 29) (i64.load (i32.const 21)) (i32.const 30020)))))
    (if (i32.eq (local.get $kind) (i32.const 2))
      (then (local.set $status (call $delegate (i32.const 1) (local.get $data) (local.get $len) (i64.load (i32.const 21)) (i32.const 30020)))))
    (if (i32.eq (local.get $kind) (i32.const 3))
      (then (local.set $status (call $static (i32.const 1) (local.get $data) (local.get $len) (i64.load (i32.const 21)) (i32.const 30020)))))
    (i64.store (i32.const 30012) (call $gas))
    (i32.store (i32.const 30000) (local.get $status))
    (i64.store (i32.const 30004) (local.get $before))
    (drop (call $copy (i32.const 30024) (i32.const 0) (i32.const 20000)))
    (call $result (i32.const 30000) (i32.add (i32.const 24) (i32.load (i32.const 30020))))
    (i32.eq (local.get $kind) (i32.const 4))))"#;

/// Empty calldata: returns slot 0. One word: stores it in slot 0, flushes, emits it as a log with topic 0xAA…AA, and
/// returns the sender and the value (52 bytes).
pub const STORE: &str = r#"(module
  (import "vm_hooks" "read_args" (func $args (param i32)))
  (import "vm_hooks" "write_result" (func $result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (import "vm_hooks" "msg_sender" (func $sender (param i32)))
  (import "vm_hooks" "msg_value" (func $value (param i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then
      (call $load (i32.const 0) (i32.const 32))
      (call $result (i32.const 32) (i32.const 32))
      (return (i32.const 0))))
    (call $args (i32.const 160))
    (memory.fill (i32.const 128) (i32.const 0xAA) (i32.const 32))
    (call $store (i32.const 0) (i32.const 160))
    (call $flush (i32.const 0))
    (call $log (i32.const 128) (i32.const 64) (i32.const 1))
    (call $sender (i32.const 300))
    (call $value (i32.const 320))
    (call $result (i32.const 300) (i32.const 52))
    (i32.const 0)))"#;

/// Creates a contract from its calldata with CREATE and returns its address, the length of the revert data, and that
/// data.
pub const CREATOR: &str = r#"(module
  (import "vm_hooks" "read_args" (func $args (param i32)))
  (import "vm_hooks" "write_result" (func $result (param i32 i32)))
  (import "vm_hooks" "create1" (func $create (param i32 i32 i32 i32 i32)))
  (import "vm_hooks" "create2" (func $create2 (param i32 i32 i32 i32 i32 i32)))
  (import "vm_hooks" "read_return_data" (func $copy (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $n i32) (result i32)
    (call $args (i32.const 1000))
    (if (i32.load8_u (i32.const 1000))
      (then (call $create (i32.const 1001) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0) (i32.const 100) (i32.const 120)))
      (else (call $create2 (i32.const 1001) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0) (i32.const 32) (i32.const 100) (i32.const 120))))
    (drop (call $copy (i32.const 124) (i32.const 0) (i32.const 100)))
    (call $result (i32.const 100) (i32.add (i32.const 24) (i32.load (i32.const 120))))
    (i32.const 0)))"#;

/// Calldata of [`CALLER`].
pub fn call(kind: u8, to: alloy::primitives::Address, gas: u64, value: u64, data: &[u8]) -> Vec<u8> {
    let mut calldata = vec![kind];
    calldata.extend_from_slice(to.as_slice());
    calldata.extend_from_slice(&gas.to_le_bytes());
    calldata.extend_from_slice(&alloy::primitives::U256::from(value).to_be_bytes::<32>());
    calldata.extend_from_slice(data);
    calldata
}

/// What [`CALLER`] returned.
pub struct Called {
    pub status: u32,
    pub before: u64,
    pub after: u64,
    pub output: Vec<u8>,
}

impl Called {
    pub fn parse(output: &[u8]) -> Self {
        let u32_at = |at: usize| u32::from_le_bytes(output[at..at + 4].try_into().unwrap());
        let u64_at = |at: usize| u64::from_le_bytes(output[at..at + 8].try_into().unwrap());
        assert_eq!(u32_at(20) as usize, output.len() - 24);
        Self { status: u32_at(0), before: u64_at(4), after: u64_at(12), output: output[24..].to_vec() }
    }
}
