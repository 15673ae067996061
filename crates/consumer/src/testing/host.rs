//! The host a contract under test sees: the SDK's `TestVM`, with a Router on it.

use alloc::vec::Vec;
use core::slice;

use alloy_primitives::{Address, B256, U256};
use functions_types::selectors::functions::router::SEND_REQUEST;
use stylus_sdk::stylus_core::{
    AccountAccess, BlockAccess, CalldataAccess, ChainAccess, CryptographyAccess, Host, MemoryAccess,
    MessageAccess, MeteringAccess, RawLogAccess, StorageAccess, UnsafeCallAccess, UnsafeDeploymentAccess,
};

use super::{ADDRESS, TestRouter};

/// Return data, or revert data.
type CallOutcome = Result<Vec<u8>, Vec<u8>>;

/// Hands methods to the VM unchanged.
macro_rules! hand_on {
    ($access:ident { $(fn $name:ident($($arg:ident: $kind:ty),*) $(-> $back:ty)?;)* }) => {
        impl $access for TestRouter {
            $(fn $name(&self, $($arg: $kind),*) $(-> $back)? {
                self.vm.$name($($arg),*)
            })*
        }
    };
}

impl Host for TestRouter {}

hand_on!(CryptographyAccess {
    fn native_keccak256(input: &[u8]) -> B256;
});
hand_on!(CalldataAccess {
    fn read_args(len: usize) -> Vec<u8>;
    fn read_return_data(offset: usize, size: Option<usize>) -> Vec<u8>;
    fn return_data_size() -> usize;
    fn write_result(data: &[u8]);
});
hand_on!(BlockAccess {
    fn block_basefee() -> U256;
    fn block_coinbase() -> Address;
    fn block_number() -> u64;
    fn block_timestamp() -> u64;
    fn block_gas_limit() -> u64;
});
hand_on!(ChainAccess {
    fn chain_id() -> u64;
});
hand_on!(AccountAccess {
    fn balance(account: Address) -> U256;
    fn contract_address() -> Address;
    fn code(account: Address) -> Vec<u8>;
    fn code_size(account: Address) -> usize;
    fn code_hash(account: Address) -> B256;
});
hand_on!(MemoryAccess {
    fn pay_for_memory_grow(pages: u16);
});
hand_on!(MessageAccess {
    fn msg_sender() -> Address;
    fn msg_reentrant() -> bool;
    fn msg_value() -> U256;
    fn tx_origin() -> Address;
});
hand_on!(MeteringAccess {
    fn evm_gas_left() -> u64;
    fn evm_ink_left() -> u64;
    fn tx_gas_price() -> U256;
    fn tx_ink_price() -> u32;
});
hand_on!(RawLogAccess {
    fn emit_log(input: &[u8], topics: usize);
    fn raw_log(topics: &[B256], data: &[u8]) -> Result<(), &'static str>;
});

impl StorageAccess for TestRouter {
    fn storage_load_bytes32(&self, key: U256) -> B256 {
        self.vm.storage_load_bytes32(key)
    }

    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        // SAFETY: the caller's promise, handed on.
        unsafe { self.vm.storage_cache_bytes32(key, value) }
    }

    fn flush_cache(&self, clear: bool) {
        self.vm.flush_cache(clear);
    }
}

impl TestRouter {
    /// Gives a call's status back and leaves its bytes where the VM looks for what the last call returned. The VM by
    /// itself would give the bytes of whatever mock was registered last.
    fn finish(&self, outcome: CallOutcome, outs_len: &mut usize) -> u8 {
        let (status, output) = match outcome {
            Ok(output) => (0, output),
            Err(revert_data) => (1, revert_data),
        };
        *outs_len = output.len();
        self.vm.write_result(&output);
        status
    }
}

/// # Safety
/// `to` points to an address, `data` to `data_len` bytes.
unsafe fn call_of(to: *const u8, data: *const u8, data_len: usize) -> (Address, Vec<u8>) {
    // SAFETY: the caller's promise.
    unsafe {
        (Address::from_slice(slice::from_raw_parts(to, 20)), slice::from_raw_parts(data, data_len).to_vec())
    }
}

// SAFETY: pointers are read as the trait says they may be.
unsafe impl UnsafeCallAccess for TestRouter {
    unsafe fn call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        value: *const u8,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        // SAFETY: the caller passes an address, `data_len` bytes and a word.
        let ((to, data), value) =
            unsafe { (call_of(to, data, data_len), U256::from_be_slice(slice::from_raw_parts(value, 32))) };
        let outcome = if to == ADDRESS && data.starts_with(&SEND_REQUEST.to_be_bytes()) {
            self.on_send_request(&data, value)
        } else {
            self.vm.snapshot().call_returns.remove(&(to, data, value)).unwrap_or(Ok(Vec::new()))
        };
        self.finish(outcome, outs_len)
    }

    unsafe fn static_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        // SAFETY: the caller passes an address and `data_len` bytes.
        let call = unsafe { call_of(to, data, data_len) };
        let outcome = self.vm.snapshot().static_call_returns.remove(&call).unwrap_or(Ok(Vec::new()));
        self.finish(outcome, outs_len)
    }

    unsafe fn delegate_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        // SAFETY: the caller passes an address and `data_len` bytes.
        let call = unsafe { call_of(to, data, data_len) };
        let outcome = self.vm.snapshot().delegate_call_returns.remove(&call).unwrap_or(Ok(Vec::new()));
        self.finish(outcome, outs_len)
    }
}

// SAFETY: handed on.
unsafe impl UnsafeDeploymentAccess for TestRouter {
    unsafe fn create1(
        &self,
        code: *const u8,
        code_len: usize,
        endowment: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        // SAFETY: the caller's promise, handed on.
        unsafe { self.vm.create1(code, code_len, endowment, contract, revert_data_len) }
    }

    unsafe fn create2(
        &self,
        code: *const u8,
        code_len: usize,
        endowment: *const u8,
        salt: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        // SAFETY: the caller's promise, handed on.
        unsafe { self.vm.create2(code, code_len, endowment, salt, contract, revert_data_len) }
    }
}
