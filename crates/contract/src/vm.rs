//! The chain's host functions as they are.

#[cfg(target_arch = "wasm32")]
pub(crate) use stylus_sdk::hostio::*;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::absent::*;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    /// Stops the program at once with `status`; 0 is success.
    pub(crate) fn exit_early(status: u32);
}
