//! What a peer may send a second, and how long to wait when it sent more.

use std::time::Duration;

use tokio::time::Instant;

use crate::NetLimits;

/// What opening a stream counts as, in frames.
const STREAM_FRAMES: usize = 100;

/// The rates of one peer, whatever connections and streams it uses.
pub(crate) struct Rates {
    frames: Bucket,
    bytes: Bucket,
}

impl Rates {
    pub(crate) fn new(limits: &NetLimits, now: Instant) -> Self {
        Self {
            frames: Bucket::new(limits.frames_per_second, now),
            bytes: Bucket::new(limits.bytes_per_second, now),
        }
    }

    /// A frame of so many bytes comes: how long to wait before it is read.
    pub(crate) fn frame(&mut self, bytes: usize, now: Instant) -> Duration {
        self.frames.take(1, now).max(self.bytes.take(bytes, now))
    }

    /// A stream was opened: how long to wait before anything is read from it.
    pub(crate) fn stream(&mut self, now: Instant) -> Duration {
        self.frames.take(STREAM_FRAMES, now)
    }
}

/// A bucket that refills at `per_second` and holds two seconds' worth.
struct Bucket {
    per_second: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second.max(1));
        Self { per_second, level: 2.0 * per_second, at: now }
    }

    /// Takes tokens, going into debt if there are too few, and returns how long to wait until the debt is paid.
    fn take(&mut self, tokens: usize, now: Instant) -> Duration {
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
