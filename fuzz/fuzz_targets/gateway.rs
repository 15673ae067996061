//! What whoever posts to a gateway, and what members answer it.
#![no_main]

#[path = "../checks/gateway.rs"]
mod gateway;

libfuzzer_sys::fuzz_target!(|data: &[u8]| gateway::check(data));
