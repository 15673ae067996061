//! A run ends at the first allocation its heap has no room for.
//!
//! Left to itself the engine marks the run as terminating, grants it 16 MiB more to unwind in, and then goes on with
//! every promise job that is due. Jobs that use up these too meet failing allocations in the middle of the engine's
//! compiler, whose cleanup then follows freed memory. So the engine's handler is replaced at link time (`build.rs`):
//! ours sends the verdict and ends the process, and the engine never sees an allocation fail.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use eyre::{Result, ensure};

use crate::child;

type Handler = unsafe extern "C" fn(*mut c_void, *mut c_void);

unsafe extern "C" {
    #[link_name = "__real_JS_SetMemoryLimitHandler"]
    fn set_handler(runtime: *mut c_void, handler: Option<Handler>, opaque: *mut c_void);
}

static REPLACED: AtomicBool = AtomicBool::new(false);

/// What the isolate calls when it is made, in place of the engine's function of that name.
///
/// # Safety
/// `runtime` is a live runtime of the engine.
#[unsafe(export_name = "__wrap_JS_SetMemoryLimitHandler")]
unsafe extern "C" fn set_own_handler(runtime: *mut c_void, _handler: Option<Handler>, opaque: *mut c_void) {
    // SAFETY: the caller's promise; the engine never looks at `opaque`, nor does `exhausted`.
    unsafe { set_handler(runtime, Some(exhausted), opaque) };
    REPLACED.store(true, Ordering::Relaxed);
}

/// Called by the engine before it refuses an allocation. While the fork server boots, the refusal stands.
unsafe extern "C" fn exhausted(_runtime: *mut c_void, _opaque: *mut c_void) {
    child::end_without_memory();
}

/// Whether the linker did what `build.rs` asked of it.
///
/// # Errors
/// When the engine kept its own handler.
pub(crate) fn check() -> Result<()> {
    ensure!(
        REPLACED.load(Ordering::Relaxed),
        "the program was linked without --wrap: rebuild it with GNU ld or lld"
    );
    Ok(())
}
