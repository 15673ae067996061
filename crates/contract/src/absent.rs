//! Host functions outside the chain: each ends the process, because there is no chain to ask.
#![allow(clippy::missing_safety_doc)]

macro_rules! absent {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {$(
        pub(crate) unsafe fn $name($(_: $ty),*) $(-> $out)? {
            unreachable!(concat!(stringify!($name), " exists only inside the chain"))
        }
    )*};
}

absent! {
    fn account_code_size(address: *const u8) -> usize;
    fn account_codehash(address: *const u8, out: *mut u8);
    fn block_number() -> u64;
    fn block_timestamp() -> u64;
    fn call_contract(to: *const u8, data: *const u8, len: usize, value: *const u8, gas: u64, out: *mut usize) -> u8;
    fn chainid() -> u64;
    fn contract_address(out: *mut u8);
    fn emit_log(data: *const u8, len: usize, topics: usize);
    fn evm_gas_left() -> u64;
    fn evm_ink_left() -> u64;
    fn exit_early(status: u32);
    fn msg_sender(out: *mut u8);
    fn msg_value(out: *mut u8);
    fn native_keccak256(data: *const u8, len: usize, out: *mut u8);
    fn pay_for_memory_grow(pages: u16);
    fn read_args(out: *mut u8);
    fn read_return_data(out: *mut u8, offset: usize, size: usize) -> usize;
    fn return_data_size() -> usize;
    fn static_call_contract(to: *const u8, data: *const u8, len: usize, gas: u64, out: *mut usize) -> u8;
    fn storage_cache_bytes32(slot: *const u8, word: *const u8);
    fn storage_flush_cache(clear: bool);
    fn storage_load_bytes32(slot: *const u8, out: *mut u8);
    fn tx_gas_price(out: *mut u8);
    fn tx_origin(out: *mut u8);
    fn write_result(data: *const u8, len: usize);
}
