//! Whether the chain's head is too old, judged by the pace the chain showed. Pure: the time is handed in.
//!
//! A chain that makes blocks on demand may stand still for ever and nothing is wrong. One that makes empty blocks makes
//! them without demand; when they came at a steady pace and then stop, the endpoint stands still.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// Changes of the head that make a pace.
const MEMORY: usize = 16;
/// How many times the longest pause of the past makes a head too old.
const TIMES: u32 = 8;
/// A head younger than this is never too old.
const LEAST: Duration = Duration::from_secs(10);

/// When the head moved, lately.
#[derive(Debug, Default)]
pub struct Pace {
    height: Option<u64>,
    moved_at: Option<Instant>,
    /// Pauses before the latest changes, and whether the block that ended each was empty.
    pauses: VecDeque<(Duration, bool)>,
}

impl Pace {
    /// The head as seen now.
    pub fn saw(&mut self, height: u64, is_empty: bool, now: Instant) {
        if self.height == Some(height) {
            return;
        }
        if let Some(before) = self.moved_at.replace(now) {
            self.pauses.push_back((now.duration_since(before), is_empty));
            if self.pauses.len() > MEMORY {
                self.pauses.pop_front();
            }
        }
        self.height = Some(height);
    }

    /// How long the head has stood.
    #[must_use]
    pub fn age(&self, now: Instant) -> Option<Duration> {
        self.moved_at.map(|at| now.duration_since(at))
    }

    /// The age from which the head is too old; `None` while the chain shows no pace of its own.
    #[must_use]
    pub fn limit(&self) -> Option<Duration> {
        let empty = self.pauses.iter().filter(|(_, is_empty)| *is_empty).count();
        if self.pauses.len() < MEMORY || empty < MEMORY / 2 {
            return None;
        }
        let longest = self.pauses.iter().map(|(pause, _)| *pause).max()?;
        Some(longest.saturating_mul(TIMES).max(LEAST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(pauses: &[(u64, bool)]) -> (Pace, Instant) {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        pace.saw(0, true, now);
        for (height, (millis, is_empty)) in pauses.iter().enumerate() {
            now += Duration::from_millis(*millis);
            pace.saw(height as u64 + 1, *is_empty, now);
        }
        (pace, now)
    }

    #[test]
    fn a_steady_chain_that_stops_is_too_old_after_some_blocks() {
        let (steady, now) = pace(&[(1_000, true); 20]);
        assert_eq!(steady.limit(), Some(LEAST));
        assert_eq!(steady.age(now + LEAST), Some(LEAST));
        let (slow, _) = pace(&[(12_000, true); 20]);
        assert_eq!(slow.limit(), Some(Duration::from_secs(96)));
    }

    #[test]
    fn a_chain_on_demand_is_never_too_old() {
        // Blocks with transactions, in bursts; and the few empty ones of a test that mines by hand.
        assert_eq!(pace(&[(200, false); 40]).0.limit(), None);
        let mut mixed = [(200, false); 40];
        mixed[39].1 = true;
        mixed[35].1 = true;
        assert_eq!(pace(&mixed).0.limit(), None);
        assert_eq!(pace(&[(1_000, true); 10]).0.limit(), None);
    }

    #[test]
    fn looks_that_see_the_same_head_change_nothing() {
        let (mut steady, now) = pace(&[(1_000, true); 20]);
        steady.saw(20, true, now + LEAST);
        assert_eq!(steady.age(now + LEAST), Some(LEAST));
    }
}
