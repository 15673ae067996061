//! The chain's host functions with plain Rust types.

use core::{
    mem::MaybeUninit,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use alloy_primitives::{Address, B256, KECCAK256_EMPTY};

use crate::{
    abi::{Buf, SELECTOR, Tuple, zeroed},
    trap::malformed,
    vm, word,
};

/// Runs one call: reads the calldata, refuses value, routes, writes storage back, returns.
pub fn enter(len: usize, route: fn(u32, Tuple<'_>) -> Buf) -> usize {
    // The chain refuses programs that could grow their memory without paying for it.
    // SAFETY: growing by nothing touches no memory.
    unsafe { vm::pay_for_memory_grow(0) };
    let args = zeroed(len);
    let mut value = [0; 32];
    // SAFETY: both destinations have the length the host writes: the calldata's, and one word.
    unsafe {
        vm::read_args(args.as_mut_ptr());
        vm::msg_value(value.as_mut_ptr());
    }
    if value != [0; 32] {
        malformed();
    }
    let Some((selector, rest)) = args.split_first_chunk::<SELECTOR>() else { malformed() };
    let result = route(u32::from_be_bytes(*selector), Tuple::new(rest, 0));
    let bytes = result.as_bytes();
    // SAFETY: pointer and length are those of one live slice.
    unsafe {
        vm::storage_flush_cache(false);
        vm::write_result(bytes.as_ptr(), bytes.len());
    }
    0
}

/// Ends the call as a revert with `data`.
#[cold]
pub fn revert(data: &[u8]) -> ! {
    // SAFETY: pointer and length are those of one live slice.
    unsafe {
        vm::write_result(data.as_ptr(), data.len());
        vm::exit_early(1);
    }
    malformed()
}

/// Who called.
#[inline(never)]
pub fn sender() -> Address {
    let mut out = Address::ZERO;
    // SAFETY: the host writes 20 bytes.
    unsafe { vm::msg_sender(out.0.as_mut_ptr()) };
    out
}

/// Who signed the transaction.
pub fn origin() -> Address {
    let mut out = Address::ZERO;
    // SAFETY: the host writes 20 bytes.
    unsafe { vm::tx_origin(out.0.as_mut_ptr()) };
    out
}

/// This contract.
pub fn this() -> Address {
    let mut out = Address::ZERO;
    // SAFETY: the host writes 20 bytes.
    unsafe { vm::contract_address(out.0.as_mut_ptr()) };
    out
}

/// The price the transaction pays, in wei per gas.
pub fn gas_price() -> B256 {
    let mut out = B256::ZERO;
    // SAFETY: the host writes 32 bytes.
    unsafe { vm::tx_gas_price(out.0.as_mut_ptr()) };
    out
}

/// The block's time in unix seconds.
pub fn timestamp() -> u64 {
    // SAFETY: no memory is involved.
    unsafe { vm::block_timestamp() }
}

/// The chain's estimate of its parent chain's block number.
pub fn block_number() -> u64 {
    // SAFETY: no memory is involved.
    unsafe { vm::block_number() }
}

/// The chain id.
pub fn chain_id() -> u64 {
    // SAFETY: no memory is involved.
    unsafe { vm::chainid() }
}

/// Gas left in this frame.
pub fn gas_left() -> u64 {
    // SAFETY: no memory is involved.
    unsafe { vm::evm_gas_left() }
}

/// A stretch of a call that takes the same gas whatever it does.
///
/// Measured in ink, the machine's own unit of a ten-thousandth of a gas, if the chain's owner has not changed that. A
/// stretch ends up to a hundredth of a gas early, and the next one of the frame takes that much more. What is left at
/// the frame's end is the last one's alone: it can tip the frame's whole gas over unless the last stretch is followed
/// by nothing that depends on data.
#[must_use]
pub struct Stretch {
    ends: u64,
}

/// Ink that the last stretch could not spend.
static UNSPENT: AtomicU64 = AtomicU64::new(0);

impl Stretch {
    /// Begins a stretch of so much gas, which ends at a whole gas.
    #[inline(never)]
    pub fn of(gas: u64) -> Self {
        let end = ink_left().saturating_sub(UNSPENT.load(Relaxed) + gas * INK_PER_GAS);
        Self { ends: end - end % INK_PER_GAS }
    }

    /// Ends it: spends what is left of its gas, to a hundredth; nothing when it took more.
    #[inline(never)]
    pub fn end(self) {
        let mut left = ink_left();
        // Asking costs a gas or two, which alone would end a little late, now more, now less.
        while left > self.ends + CLOSE {
            left = ink_left();
        }
        let rest = left.saturating_sub(self.ends);
        UNSPENT.store(rest % INK_PER_BYTE, Relaxed);
        let mut scratch = [MaybeUninit::<u8>::uninit(); (CLOSE / INK_PER_BYTE) as usize];
        // SAFETY: after the loop what is left is at most `CLOSE` above the end, so the bytes are within the array.
        unsafe { scratch.as_mut_ptr().write_bytes(0, (rest / INK_PER_BYTE) as usize) };
        core::hint::black_box(&scratch);
    }
}

/// Ink of one gas.
const INK_PER_GAS: u64 = 10_000;
/// When a stretch's end is near: a little more than asking costs.
const CLOSE: u64 = 4 * INK_PER_GAS;
/// Ink of filling a byte of memory.
const INK_PER_BYTE: u64 = 100;

/// What is left in this frame, in ink.
fn ink_left() -> u64 {
    // SAFETY: no memory is involved.
    unsafe { vm::evm_ink_left() }
}

/// Ends the call without data unless this much gas is left.
///
/// For calls whose need depends on what others do meanwhile: with the most such a call can take demanded, whatever the
/// state, a limit that was enough when it was estimated is enough when the transaction runs.
#[inline(never)]
pub fn demand(gas: u64) {
    if gas_left() < gas {
        malformed();
    }
}

/// keccak256 of `data`.
#[inline(never)]
pub fn keccak(data: &[u8]) -> B256 {
    let mut out = B256::ZERO;
    // SAFETY: the host reads the slice and writes 32 bytes.
    unsafe { vm::native_keccak256(data.as_ptr(), data.len(), out.0.as_mut_ptr()) };
    out
}

/// Writes the storage cache back and drops it, so that inner frames see this frame's effects and
/// this frame reads theirs.
pub fn flush() {
    // SAFETY: no memory is involved.
    unsafe { vm::storage_flush_cache(true) };
}

/// Bytes of code at `address`.
#[inline(never)]
pub fn code_size(address: &Address) -> usize {
    // SAFETY: the host reads 20 bytes.
    unsafe { vm::account_code_size(address.0.as_ptr()) }
}

/// Whether `address` has code, seen by the code's hash: asking for its size costs 700 gas more.
#[inline(never)]
pub fn has_code(address: &Address) -> bool {
    let mut hash = B256::ZERO;
    // SAFETY: the host reads 20 bytes and writes 32.
    unsafe { vm::account_codehash(address.0.as_ptr(), hash.0.as_mut_ptr()) };
    // The hash of no code at all; an account that does not exist has zero.
    const EMPTY: [u64; 4] = word::quarters(&KECCAK256_EMPTY.0);
    hash != B256::ZERO && hash.0 != word::of(EMPTY[0], EMPTY[1], EMPTY[2], EMPTY[3])
}

/// Calls `to` with at most `gas`, without value; tells whether it succeeded. Storage is flushed first.
#[inline(never)]
pub fn call(to: &Address, data: &[u8], gas: u64) -> bool {
    flush();
    call_flushed(to, data, gas)
}

/// [`call`] for a frame that has flushed already and measures gas around the call.
#[inline(always)]
pub fn call_flushed(to: &Address, data: &[u8], gas: u64) -> bool {
    let mut len = 0usize;
    // SAFETY: the host reads 20 bytes, the slice and 32 bytes of value, and writes one length.
    unsafe {
        vm::call_contract(to.0.as_ptr(), data.as_ptr(), data.len(), [0u8; 32].as_ptr(), gas, &mut len) == 0
    }
}

/// Calls `to` without the right to change anything; tells whether it succeeded.
///
/// Storage is not flushed: a frame that is entered again sees the state before this frame's writes.
#[inline(never)]
pub fn static_call(to: &Address, data: &[u8]) -> bool {
    let mut len = 0usize;
    // SAFETY: the host reads 20 bytes and the slice, and writes one length.
    unsafe { vm::static_call_contract(to.0.as_ptr(), data.as_ptr(), data.len(), u64::MAX, &mut len) == 0 }
}

/// At most `limit` bytes of what the last call returned.
#[inline(never)]
pub fn return_data(limit: usize) -> &'static [u8] {
    // SAFETY: no memory is involved.
    let size = unsafe { vm::return_data_size() };
    let out = zeroed(if size < limit { size } else { limit });
    // SAFETY: the host writes at most `out.len()` bytes.
    unsafe { vm::read_return_data(out.as_mut_ptr(), 0, out.len()) };
    out
}

/// Passes the revert data of the failed call on.
#[cold]
#[inline(never)]
pub fn bubble() -> ! {
    revert(return_data(usize::MAX))
}

/// Calls a contract as Solidity does: no code ends the call without data, a revert is passed on.
#[inline(never)]
pub fn must_call(to: &Address, data: &[u8]) {
    if !has_code(to) {
        malformed();
    }
    ask(to, data);
}

/// [`must_call`] of a contract that must answer: no code shows in the answer's length, which the caller checks.
#[inline(never)]
pub fn ask(to: &Address, data: &[u8]) {
    if !call(to, data, u64::MAX) {
        bubble();
    }
}

/// [`ask`] as a static call.
#[inline(never)]
pub fn ask_static(to: &Address, data: &[u8]) {
    if !static_call(to, data) {
        bubble();
    }
}

/// [`must_call`] as a static call.
#[inline(never)]
pub fn must_static_call(to: &Address, data: &[u8]) {
    if !has_code(to) {
        malformed();
    }
    ask_static(to, data);
}

/// Emits a log: `topics` words, then the data, in one buffer.
pub fn log(buf: &Buf, topics: usize) {
    let bytes = buf.as_bytes();
    // SAFETY: pointer and length are those of one live slice.
    unsafe { vm::emit_log(bytes.as_ptr(), bytes.len(), topics) };
}
