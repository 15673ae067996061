//! The clock, read in one place.
//!
//! It shows the wall's time at the process's start, and from then on counts what really passed: a wall clock that is
//! set back or forward while the node runs neither freezes a deadline nor brings one on.

use std::{
    sync::OnceLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Unix milliseconds at an instant.
#[derive(Clone, Copy, Debug)]
struct Clock {
    started: Instant,
    started_ms: u64,
}

impl Clock {
    const fn new(started: Instant, started_ms: u64) -> Self {
        Self { started, started_ms }
    }

    fn at(&self, instant: Instant) -> u64 {
        let passed = instant.saturating_duration_since(self.started).as_millis();
        self.started_ms.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

/// Unix milliseconds now; never less than before in one process.
#[must_use]
pub fn now_ms() -> u64 {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    let clock = CLOCK.get_or_init(|| Clock::new(Instant::now(), wall_ms()));
    clock.at(Instant::now())
}

/// What the wall clock says, in unix milliseconds: for comparing it with others.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock's room")]
pub fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn l6_the_clock_goes_on_by_what_passed_whatever_the_wall_is_set_to() {
        let started = Instant::now();
        let clock = Clock::new(started, 5_000);
        assert_eq!(clock.at(started + Duration::from_secs(3)), 8_000);
        assert_eq!(clock.at(started), 5_000);
        let before = started.checked_sub(Duration::from_secs(1)).expect("the machine runs for a second");
        assert_eq!(clock.at(before), 5_000, "never less than at the start");
    }
}
