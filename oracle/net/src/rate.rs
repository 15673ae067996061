//! Token buckets that say how long to wait.

use std::time::Duration;

use tokio::time::Instant;

/// A bucket that refills at `per_second` and holds two seconds' worth.
pub(crate) struct Bucket {
    per_second: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second.max(1));
        Self { per_second, level: 2.0 * per_second, at: now }
    }

    /// Takes tokens, going into debt if there are too few, and returns how long to wait until the debt is paid.
    pub(crate) fn take(&mut self, tokens: usize, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.level = (self.level + passed * self.per_second).min(2.0 * self.per_second) - tokens as f64;
        Duration::from_secs_f64((-self.level / self.per_second).clamp(0.0, 60.0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Bucket;

    #[test]
    fn take_waits_only_after_the_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, start);
        assert_eq!(bucket.take(20, start), Duration::ZERO);
        assert_eq!(bucket.take(5, start), Duration::from_millis(500));
        assert_eq!(bucket.take(0, start + Duration::from_millis(500)), Duration::ZERO);
        assert_eq!(bucket.take(20, start + Duration::from_secs(100)), Duration::ZERO);
        assert_eq!(bucket.take(1, start + Duration::from_secs(100)), Duration::from_millis(100));
    }
}
