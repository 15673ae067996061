//! The thin layer between a contract and its host: calldata, storage words, calls, logs, reverts.
//!
//! A contract built on this crate dispatches selectors and encodes by hand. That costs a few lines
//! and saves most of the code the usual derive macros would generate, which every single call pays for.
//!
//! | where | what |
//! | --- | --- |
//! | [`abi`] | strict calldata reader ([`abi::Tuple`]) and writer ([`abi::Buf`]); pure, tested on the host |
//! | [`host`] | the `vm_hooks` a contract needs, with plain Rust types |
//! | [`revert`] | the ways a call ends early: custom errors, `Error(string)`, `Panic(uint256)`, no data |
//! | [`word`] | fields packed by hand in one storage word |
//!
//! Re-entrancy is allowed: nothing here locks. [`host::call`] writes the storage cache back and drops
//! it, so a contract that is entered again sees every effect of the outer frame, and the outer frame
//! every effect of the inner one.
//!
//! Host functions exist only inside the chain. On any other target the crate compiles, so that checks
//! and unit tests of pure code run, and a host call ends the process.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod abi;
pub mod host;
pub mod revert;
pub mod word;

pub use alloy_primitives::{Address, B256};

/// Exports `user_entrypoint` and hands `selector` and arguments to the named function.
///
/// The function has the form `fn(u32, Tuple<'_>) -> Buf`: it returns the encoded return values, or ends
/// the call through [`revert`].
#[macro_export]
macro_rules! entrypoint {
    ($route:path) => {
        /// Called by the chain with the length of the calldata; 0 means success.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::host::enter(len, $route)
        }
    };
}
