//! Medians, and the time processes took.

use std::time::Duration;

use nix::libc;

/// Whatever stops the benchmark.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// A median with its 10th and 90th percentile.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Of any number of values but none.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let at = |percent: usize| values.get(values.len().checked_sub(1)? * percent / 100).copied();
        Some(Self { median: at(50)?, low: at(10)?, high: at(90)? })
    }
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How many tasks waited for a processor during the last minute.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

pub(crate) fn cpu_of_self() -> Duration {
    cpu(libc::RUSAGE_SELF)
}

/// Of children that ended and were waited for, and of theirs.
pub(crate) fn cpu_of_children() -> Duration {
    cpu(libc::RUSAGE_CHILDREN)
}

fn cpu(who: libc::c_int) -> Duration {
    // SAFETY: an all-zero rusage is valid; getrusage fills it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(who, &raw mut usage);
        usage
    };
    let of = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec.unsigned_abs()) + Duration::from_micros(time.tv_usec.unsigned_abs())
    };
    of(usage.ru_utime) + of(usage.ru_stime)
}
