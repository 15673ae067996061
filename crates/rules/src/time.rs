//! When a request can be timed out. All times are unix seconds.

/// `now + timeout_seconds`, cut to 32 bits as upstream casts it.
///
/// # Panics
/// Never in the range of clocks: a sum above 64 bits wraps.
pub const fn timeout_timestamp(now: u64, timeout_seconds: u32) -> u32 {
    now.wrapping_add(timeout_seconds as u64) as u32
}

/// Whether the request can be timed out; at the exact second it can.
pub const fn is_timed_out(now: u64, timeout_timestamp: u32) -> bool {
    now >= timeout_timestamp as u64
}
