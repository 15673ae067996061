//! What another member, or whoever has its key, may send.
#![no_main]

#[path = "../checks/messages.rs"]
mod messages;

libfuzzer_sys::fuzz_target!(|data: &[u8]| messages::check(data));
