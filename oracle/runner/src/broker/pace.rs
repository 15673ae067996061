//! How fast one host may be asked by all scripts of this node together.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Hosts remembered at most.
const HOSTS_MAX: usize = 4096;

/// A steady rate with room for a second's worth at once (the generic cell rate algorithm).
pub(crate) struct Pace {
    interval: Duration,
    /// For each host, when the requests made so far would be due at the steady rate.
    due: Mutex<HashMap<String, Instant>>,
}

impl Pace {
    /// `per_second` is at least 1.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.max(1), due: Mutex::default() }
    }

    /// Takes a place for one request to `host`; it may be sent after the returned time.
    pub(crate) fn take(&self, host: &str, now: Instant) -> Duration {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.len() >= HOSTS_MAX {
            due.retain(|_, due| *due > now);
        }
        let next = due.get(host).copied().unwrap_or(now).max(now);
        due.insert(host.to_owned(), next + self.interval);
        let burst = Duration::from_secs(1) - self.interval;
        next.saturating_duration_since(now).saturating_sub(burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rest_is_spread_out() {
        let pace = Pace::new(4);
        let now = Instant::now();
        let waits: Vec<_> = (0..6).map(|_| pace.take("a", now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 250, 500]);
        assert_eq!(pace.take("b", now), Duration::ZERO);
        let later = now + Duration::from_secs(10);
        assert_eq!(pace.take("a", later), Duration::ZERO);
        assert_eq!(Pace::new(1).take("a", now), Duration::ZERO);
    }
}
