//! A run ends at the first allocation its heap has no room for, and garbage is collected before.
//!
//! Left to itself the engine marks the run as terminating, grants it 16 MiB more to unwind in, and then goes on with
//! every promise job that is due. Jobs that use up these too meet failing allocations in the middle of the engine's
//! compiler, whose cleanup then follows freed memory. So the engine's handler is replaced at link time (`build.rs`):
//! ours sends the verdict and ends the process, and the engine never sees an allocation fail.
//!
//! After a collection the engine waits until the heap has grown by half, even where the limit comes first. So its
//! interrupt handler, which it calls every ten thousand steps of a script, is replaced too: ours sees to it that the
//! next collection begins half-way to the limit.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use eyre::{Result, ensure};

use crate::session;

type Handler = unsafe extern "C" fn(*mut c_void, *mut c_void);
type Interrupt = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;

unsafe extern "C" {
    #[link_name = "__real_JS_SetMemoryLimitHandler"]
    fn set_handler(runtime: *mut c_void, handler: Option<Handler>, opaque: *mut c_void);
    #[link_name = "__real_JS_SetInterruptHandler"]
    fn set_interrupt(runtime: *mut c_void, handler: Option<Interrupt>, opaque: *mut c_void);
    #[link_name = "JS_GetGCThreshold"]
    fn threshold(runtime: *mut c_void) -> usize;
    #[link_name = "JS_SetGCThreshold"]
    fn set_threshold(runtime: *mut c_void, bytes: usize);
}

/// Least room for garbage, as a part of the limit, for which collections are worth their time.
const LEAST_ROOM: usize = 16;

static REPLACED: AtomicBool = AtomicBool::new(false);
/// The limit in bytes; 0 where there is none.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

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
    session::end_without_memory();
}

/// What the isolate calls when it is made, in place of the engine's function of that name.
///
/// # Safety
/// `runtime` is a live runtime of the engine.
#[unsafe(export_name = "__wrap_JS_SetInterruptHandler")]
unsafe extern "C" fn set_own_interrupt(
    runtime: *mut c_void,
    _handler: Option<Interrupt>,
    opaque: *mut c_void,
) {
    // SAFETY: the caller's promise; `collect_in_time` does not look at `opaque`.
    unsafe { set_interrupt(runtime, Some(collect_in_time), opaque) };
}

/// Called by the engine while a script runs; never asks it to stop, since a run out of time is killed.
unsafe extern "C" fn collect_in_time(runtime: *mut c_void, _opaque: *mut c_void) -> c_int {
    let limit = LIMIT.load(Ordering::Relaxed);
    // SAFETY: the engine calls this with its own live runtime, between two steps of a script.
    unsafe {
        if let Some(next) = next_collection(threshold(runtime), limit) {
            set_threshold(runtime, next);
        }
    }
    0
}

/// The size at which the next collection is to begin, where the engine would wait beyond the limit: it waits for half
/// as much again as the last collection left.
fn next_collection(threshold: usize, limit: usize) -> Option<usize> {
    if limit == 0 || threshold <= limit {
        return None;
    }
    let live = threshold / 3 * 2;
    let room = limit.saturating_sub(live);
    (room >= limit / LEAST_ROOM).then_some(live + room / 2)
}

/// Says what the limit is, and whether the linker did what `build.rs` asked of it.
///
/// # Errors
/// When the engine kept its own handlers.
pub(crate) fn begin(limit: usize) -> Result<()> {
    LIMIT.store(limit, Ordering::Relaxed);
    ensure!(
        REPLACED.load(Ordering::Relaxed),
        "the program was linked without --wrap: rebuild it with GNU ld or lld"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_begin_before_the_limit() {
        assert_eq!(next_collection(100, 128), None);
        assert_eq!(next_collection(150, 128), Some(114));
        assert_eq!(next_collection(180, 128), Some(124));
        assert_eq!(next_collection(186, 128), None);
        assert_eq!(next_collection(300, 128), None);
        assert_eq!(next_collection(300, 0), None);
    }
}
