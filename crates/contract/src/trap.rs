//! The end of a call that leaves nothing behind, not even a reason.

/// Ends the call without revert data: malformed calldata, a value sent along, a missing callee.
#[cold]
pub fn malformed() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    panic!("the call ends without revert data");
}
