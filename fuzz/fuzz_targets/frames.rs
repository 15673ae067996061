//! What a hostile sandbox process or fork server may send, and the other direction for good measure.
#![no_main]

#[path = "../checks/frames.rs"]
mod frames;

libfuzzer_sys::fuzz_target!(|data: &[u8]| frames::check(data));
