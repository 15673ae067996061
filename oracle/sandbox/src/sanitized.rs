//! A build with the address sanitizer: `./scripts/fuzz scripts` makes it, and nothing else.
//!
//! The sanitizer maps terabytes of address space and writes reports, which the walls forbid; so with `--cfg sanitized`
//! they are not raised, and the sandbox says so in its layers. A node refuses such a sandbox unless it is told to
//! accept a weak one. Panics that end the process are written down beside the sanitizer's reports.

use std::ffi::{CStr, c_char};

/// Where a report goes: to this path with the process's number behind it. A run that gets one dies of signal 6.
const OPTIONS: &CStr = c"abort_on_error=1:detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1:log_path=/tmp/functions-sandbox.asan";

/// Asked by the sanitizer before anything runs; the environment is not asked, because the runner clears it.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const c_char {
    OPTIONS.as_ptr()
}

/// Writes what a panic says, and where it is, to a file of this process.
pub(crate) fn note_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = format!("{panic}\n{}", std::backtrace::Backtrace::force_capture());
        let _ = std::fs::write(format!("/tmp/functions-sandbox.panic.{}", std::process::id()), text);
    }));
}
