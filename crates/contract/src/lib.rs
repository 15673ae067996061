//! The thin layer between a contract and its host: calldata, storage words, calls, logs, reverts.
//!
//! A contract built on this crate dispatches selectors and encodes by hand. That costs a few lines
//! and saves most of the code the usual derive macros would generate, which every single call pays for.
//!
//! | where | what |
//! | --- | --- |
//! | [`dispatch!`] | a contract's functions by selector, and its entry point |
//! | [`abi`] | strict calldata reader ([`abi::Tuple`]) and writer ([`abi::Buf`]); pure, tested on the host |
//! | [`host`] | the `vm_hooks` a contract needs, with plain Rust types |
//! | [`revert`] | the ways a call ends early: custom errors, `Error(string)`, `Panic(uint256)`, no data |
//! | [`rules`] | a broken rule as one of them |
//! | [`trap`] | the last of them, for the modules below `revert` |
//! | [`recover`] | who signed |
//! | [`construction`] | constructors run once |
//! | [`ownership`] | an owner that is replaced in two steps |
//! | [`storage`], [`packed!`] | storage words, the slots they lie in, the fields packed in them |
//! | [`word`] | big-endian numbers in words |
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
#[cfg(not(target_arch = "wasm32"))]
mod absent;
pub mod construction;
pub mod host;
pub mod ownership;
pub mod recover;
pub mod revert;
pub mod rules;
pub mod storage;
pub mod trap;
mod vm;
pub mod word;

pub use alloy_primitives::{Address, B256};

/// Declares a contract's functions once: their selectors, what each runs, and the entry point.
///
/// Expands to `fn route(u32, Tuple<'_>) -> Buf`, a match over the selectors which ends the call without data for any
/// other; to `SELECTORS`, the same selectors as a list, which tests compare with the ABI that is handed out; and to
/// `user_entrypoint`, which the chain calls. Each arm returns the encoded return values, or ends the call through
/// [`revert`].
///
/// ```ignore
/// dispatch! {
///     /// Runs the function that `selector` names.
///     pub fn route(args) {
///         f::OWNER => Buf::of_address(&storage::owner()),
///         f::SET_OWNER => admin::set_owner(args.head(1)),
///     }
/// }
/// ```
#[macro_export]
macro_rules! dispatch {
    ($(#[$meta:meta])* pub fn $route:ident($args:ident) { $($selector:path => $run:expr),* $(,)? }) => {
        /// The selectors that are dispatched; no other is answered.
        pub const SELECTORS: &[u32] = &[$($selector),*];

        $(#[$meta])*
        pub fn $route(selector: u32, $args: $crate::abi::Tuple<'_>) -> $crate::abi::Buf {
            match selector {
                $($selector => $run,)*
                _ => $crate::revert::malformed(),
            }
        }

        $crate::entrypoint!($route);
    };
}

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
