//! When blocks are read again. Pure: the time is handed in.
//!
//! One answer of one endpoint may leave logs out: from a backend that lags, from an index that is not built yet. So
//! every block is read again some seconds later, some more seconds later, a minute later, and once when it is final.
//! Only the last reading moves what is stored as done. Each level reads what has aged enough in one query, so that
//! following the head costs less than one query a second more; history that was final at its first reading is read once
//! more only.

use std::time::Duration;

use tokio::time::Instant;

/// Ages at which blocks are read again; a block waits for between one and two of these.
const LEVELS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(60)];
/// The level a block must have passed before its final reading.
const AGED: usize = 1;
/// Pause between two final readings.
const FINAL_EVERY: Duration = Duration::from_secs(5);

/// Blocks to read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Again {
    /// Level of the reading; `None` for the final one.
    level: Option<usize>,
    /// First block.
    pub(super) first: u64,
    /// Last block.
    pub(super) last: u64,
}

impl Again {
    /// Whether nobody reads these blocks after it.
    pub(super) const fn is_final(self) -> bool {
        self.level.is_none()
    }
}

#[derive(Debug)]
struct Level {
    /// First block this level has not read.
    from: u64,
    /// Blocks below are old enough.
    mark: u64,
    due: Instant,
}

#[derive(Debug)]
pub(super) struct Rereads {
    levels: [Level; LEVELS.len()],
    settled: u64,
    final_due: Instant,
}

impl Rereads {
    pub(super) fn new(first_block: u64, now: Instant) -> Self {
        let levels = LEVELS.map(|age| Level { from: first_block, mark: first_block, due: now + age });
        Self { levels, settled: first_block, final_due: now }
    }

    /// First block without its final reading.
    pub(super) const fn settled(&self) -> u64 {
        self.settled
    }

    /// The next reading that is due, at most `range` blocks. `next` is the first block never read.
    pub(super) fn due(&mut self, next: u64, final_block: u64, range: u64, now: Instant) -> Option<Again> {
        for (index, (level, age)) in self.levels.iter_mut().zip(LEVELS).enumerate() {
            if level.from < level.mark && level.due <= now {
                let last = (level.mark - 1).min(level.from.saturating_add(range.max(1) - 1));
                return Some(Again { level: Some(index), first: level.from, last });
            }
            if level.from >= level.mark && level.mark < next {
                level.mark = next;
                level.due = now + age;
            }
        }
        let aged = self.levels.get(AGED).map_or(0, |level| level.from);
        let end = final_block.saturating_add(1).min(aged);
        (self.settled < end && self.final_due <= now).then(|| Again {
            level: None,
            first: self.settled,
            last: (end - 1).min(self.settled.saturating_add(range.max(1) - 1)),
        })
    }

    /// The reading succeeded.
    pub(super) fn done(&mut self, again: Again, final_block: u64, now: Instant) {
        match again.level.and_then(|index| self.levels.get_mut(index)) {
            Some(level) => level.from = level.from.max(again.last + 1),
            None => {
                self.settled = self.settled.max(again.last + 1);
                // Settled blocks are not read again at any level.
                for level in &mut self.levels {
                    level.from = level.from.max(self.settled);
                    level.mark = level.mark.max(level.from);
                }
                // What is left of the past goes on at once.
                if self.settled > final_block {
                    self.final_due = now + FINAL_EVERY;
                }
            }
        }
    }

    /// Blocks below `next` were read for the first time when they were final already.
    pub(super) fn skip_to(&mut self, next: u64) {
        for level in &mut self.levels {
            if level.from >= level.mark {
                level.from = level.from.max(next);
                level.mark = level.mark.max(next);
            }
        }
    }

    /// Blocks from `first` on left the chain.
    pub(super) fn rewind(&mut self, first: u64) {
        for level in &mut self.levels {
            level.from = level.from.min(first);
            level.mark = level.mark.min(first);
        }
        self.settled = self.settled.min(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Follows a chain of one block a second, final `depth` blocks below, for `seconds`; how often each block was read
    /// again and at what age it was settled.
    fn follow(depth: u64, seconds: u64) -> (Vec<u32>, usize, Rereads) {
        let start = Instant::now();
        let mut rereads = Rereads::new(0, start);
        let mut read = vec![0; usize::try_from(seconds).expect("small") + 1];
        let mut queries = 0;
        for tick in 0..seconds {
            let now = start + SECOND * u32::try_from(tick).expect("small");
            let (next, final_block) = (tick + 1, tick.saturating_sub(depth));
            while let Some(again) = rereads.due(next, final_block, 1_000, now) {
                queries += 1;
                assert!(again.last < next);
                if again.level.is_none() {
                    assert!(again.last <= final_block, "only final blocks are settled");
                    assert!(again.last + 10 <= tick, "settled too young");
                }
                (again.first..=again.last)
                    .for_each(|block| read[usize::try_from(block).expect("small")] += 1);
                rereads.done(again, final_block, now);
            }
        }
        (read, queries, rereads)
    }

    #[test]
    fn every_block_is_read_at_every_level_and_when_final() {
        for depth in [0, 3, 40, 200] {
            let (read, queries, rereads) = follow(depth, 600);
            // A block that is settled before it is a minute old is not read at that level.
            let least = if depth < 200 { 3 } else { 4 };
            // The genesis is final from the start.
            assert!(read[1..250].iter().all(|times| (least..=4).contains(times)), "{depth}: {read:?}");
            assert!(queries < 600, "{queries} queries in 600 s");
            assert!(rereads.settled() > 599 - depth - 40, "{depth}: {}", rereads.settled());
        }
    }

    #[test]
    fn nothing_is_due_on_a_chain_that_stands_still() {
        let (_, _, mut rereads) = follow(0, 10);
        let mut now = Instant::now() + 1_000 * SECOND;
        let mut queries = 0;
        for _ in 0..1_000 {
            now += SECOND;
            while let Some(again) = rereads.due(10, 9, 1_000, now) {
                queries += 1;
                rereads.done(again, 9, now);
            }
        }
        assert!(queries <= 8, "{queries}");
        assert_eq!(rereads.settled(), 10);
    }

    #[test]
    fn old_history_is_read_once_more_in_bounded_ranges() {
        let now = Instant::now();
        let mut rereads = Rereads::new(100, now);
        rereads.skip_to(1_100);
        let mut spans = Vec::new();
        while let Some(again) = rereads.due(1_100, 2_000, 400, now) {
            spans.push((again.first, again.last));
            rereads.done(again, 2_000, now);
        }
        assert_eq!(spans, [(100, 499), (500, 899), (900, 1_099)]);
    }

    #[test]
    fn a_rewind_makes_all_levels_read_again() {
        let (_, _, mut rereads) = follow(0, 300);
        let mut now = Instant::now() + 1_000 * SECOND;
        let mut drain = |rereads: &mut Rereads| {
            let mut read = 0;
            for _ in 0..300 {
                now += SECOND;
                while let Some(again) = rereads.due(300, 299, 1_000, now) {
                    read += again.last + 1 - again.first;
                    rereads.done(again, 299, now);
                }
            }
            read
        };
        drain(&mut rereads);
        rereads.rewind(250);
        assert_eq!(rereads.settled(), 250);
        assert_eq!(drain(&mut rereads), 3 * 50);
    }
}
