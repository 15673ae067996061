//! What whoever uploads secrets, publishes them or gives shares may send.
#![no_main]

#[path = "../checks/secrets.rs"]
mod secrets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| secrets::check(data));
