//! What any contract may write into a request.
#![no_main]

#[path = "../checks/cbor_request.rs"]
mod cbor_request;

libfuzzer_sys::fuzz_target!(|data: &[u8]| cbor_request::check(data));
