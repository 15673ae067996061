//! How long to wait before something that ended is begun again.

use std::time::Duration;

/// First pause.
const LEAST: Duration = Duration::from_millis(100);
/// What lasted so long ended for a reason of its own; what ended sooner is begun again after a longer and longer pause.
const STABLE: Duration = Duration::from_secs(10);

/// The pause between two attempts, which doubles as long as none lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    next: Duration,
    most: Duration,
    in_row: u32,
}

impl Backoff {
    /// Pauses are `most` at the longest.
    pub(crate) fn new(most: Duration) -> Self {
        Self { next: LEAST.min(most), most, in_row: 0 }
    }

    /// The pause after an attempt that failed at once.
    pub(crate) fn failed(&mut self) -> Duration {
        self.in_row = self.in_row.saturating_add(1);
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.most);
        pause
    }

    /// The pause after something that began and lasted so long.
    pub(crate) fn ended_after(&mut self, lasted: Duration) -> Duration {
        if lasted >= STABLE {
            *self = Self::new(self.most);
        }
        self.failed()
    }

    /// How often in a row nothing has lasted.
    pub(crate) const fn in_row(&self) -> u32 {
        self.in_row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_until_something_lasts() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        let mut pauses: Vec<u128> = (0..3).map(|_| backoff.failed().as_millis()).collect();
        pauses.extend((0..3).map(|_| backoff.ended_after(Duration::ZERO).as_millis()));
        assert_eq!(pauses, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(backoff.in_row(), 6);
        assert_eq!(backoff.ended_after(STABLE).as_millis(), 100);
        assert_eq!(backoff.in_row(), 1);
    }
}
