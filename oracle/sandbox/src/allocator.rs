//! What our own code and the libraries allocate for a script (texts that are decoded, lists that are sorted) lies
//! outside the JavaScript engine's heap, and is bounded by the address space alone. A run that meets this bound ends
//! like one whose heap is full: with the verdict, where Rust's own answer to a refused allocation would be an abort,
//! which the filter of system calls turns into a death by signal 31.

use std::alloc::{GlobalAlloc, Layout, System};

use crate::session;

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

/// The system's allocator, whose refusal ends a run.
struct Bounded;

fn granted(block: *mut u8) -> *mut u8 {
    if block.is_null() {
        session::end_without_memory();
    }
    block
}

// SAFETY: every block is the system allocator's, asked for and given back with the caller's own layout.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        granted(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        granted(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        granted(unsafe { System.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}
