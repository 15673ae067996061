//! What a script may ask for, and where a server may send it.
#![no_main]

#[path = "../checks/http_policy.rs"]
mod http_policy;

libfuzzer_sys::fuzz_target!(|data: &[u8]| http_policy::check(data));
