//! Which reports go together, and when they may. Pure. Spec: agreement A37.

use std::time::Duration;

use alloy::primitives::Address;
use tokio::time::Instant;

use oracle_ocr::MAX_BATCH;

/// Fewest reports that are worth the others' signatures.
pub const BATCH_MIN: usize = 3;
/// Most gas that the callbacks of one transaction are promised.
const MAX_CALLBACK_GAS: u64 = 2_000_000;
/// How long a report waits for others that are coming, at the most.
pub const WINDOW: Duration = Duration::from_millis(500);
/// And where one is coming, which is too few: for one more that nobody knows of yet.
const SHORT_WINDOW: Duration = Duration::from_millis(150);
/// First pause after reports did not come together.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A report that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// When this node had it, in unix milliseconds.
    pub reported_ms: u64,
    /// Where it goes.
    pub coordinator: Address,
    /// Gas promised to its callback.
    pub callback_gas: u64,
}

/// The places of those of `others` that go with `first`: the oldest, without those that are too much for one
/// transaction. None when they are too few.
#[must_use]
pub fn choose(first: &Waiting, others: &[Waiting]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..others.len()).collect();
    places.sort_by_key(|place| others.get(*place).map(|other| other.reported_ms));
    let mut gas = first.callback_gas;
    let mut chosen = Vec::new();
    for place in places {
        let Some(other) = others.get(place).filter(|other| other.coordinator == first.coordinator) else {
            continue;
        };
        let sum = gas.saturating_add(other.callback_gas);
        if sum <= MAX_CALLBACK_GAS && chosen.len() + 1 < MAX_BATCH {
            gas = sum;
            chosen.push(place);
        }
    }
    if is_enough(chosen.len()) { chosen } else { Vec::new() }
}

/// How long a report whose turn has come waits for others before it is sent: not at all, unless some are `coming`:
/// those that this node would transmit first, and for a later node those whose turn comes within [`WINDOW`].
#[must_use]
pub const fn window(coming: usize) -> Duration {
    match coming {
        0 => Duration::ZERO,
        _ if is_enough(coming) => WINDOW,
        _ => SHORT_WINDOW,
    }
}

/// How many others it waits for meanwhile: those that are coming, and as many as are enough.
#[must_use]
pub const fn awaited(coming: usize) -> usize {
    if is_enough(coming) { coming } else { BATCH_MIN - 1 }
}

/// Whether so many go with one that would be sent.
#[must_use]
pub const fn is_enough(others: usize) -> bool {
    others + 1 >= BATCH_MIN
}

/// Reports that do not come together cost time: then they go alone for a while, longer each time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pause {
    until: Option<Instant>,
    last: Duration,
}

impl Pause {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now >= until)
    }

    /// Reports came together, or not.
    pub fn note(&mut self, now: Instant, is_good: bool) {
        *self = if is_good {
            Self::default()
        } else {
            let last = (self.last * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            Self { until: Some(now + last), last }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COORDINATOR: Address = Address::repeat_byte(1);

    fn waiting(reported_ms: u64, callback_gas: u64) -> Waiting {
        Waiting { reported_ms, coordinator: COORDINATOR, callback_gas }
    }

    #[test]
    fn choose_takes_the_oldest_and_passes_over_what_is_too_much() {
        let elsewhere = Waiting { coordinator: Address::ZERO, ..waiting(0, 1) };
        let many: Vec<Waiting> = (0..20).map(|age| waiting(100 - age, 1)).collect();
        let (first, huge) = (waiting(50, 300_000), waiting(1, 1_900_000));
        let cases: [(&str, Vec<Waiting>, Vec<usize>); 8] = [
            ("nobody waits", vec![], vec![]),
            ("two are too few", vec![waiting(1, 1)], vec![]),
            ("three are enough", vec![waiting(2, 1), waiting(1, 1)], vec![1, 0]),
            ("another coordinator", vec![waiting(1, 1), elsewhere], vec![]),
            ("skip-over", vec![huge, waiting(2, 1), waiting(3, 1)], vec![1, 2]),
            ("too few without it", vec![huge, waiting(2, 1)], vec![]),
            ("up to the bound", vec![waiting(1, 1_000_000), waiting(2, 700_000), waiting(3, 1)], vec![0, 1]),
            ("ten at most", many, (11..20).rev().collect()),
        ];
        for (case, others, chosen) in cases {
            assert_eq!(choose(&first, &others), chosen, "{case}");
        }
    }

    #[test]
    fn window_is_zero_unless_others_are_coming_and_short_when_they_are_too_few() {
        assert_eq!([0, 1, 2, 9].map(window), [Duration::ZERO, SHORT_WINDOW, WINDOW, WINDOW]);
        assert_eq!([1, 2, 9].map(awaited), [2, 2, 9]);
    }

    #[test]
    fn pause_doubles_until_reports_come_together() {
        let now = Instant::now();
        let mut pause = Pause::default();
        assert!(pause.is_over(now));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            pause.note(now, false);
            let end = now + Duration::from_secs(seconds);
            assert!(!pause.is_over(end - Duration::from_millis(1)) && pause.is_over(end), "{seconds}");
        }
        pause.note(now, true);
        assert!(pause.is_over(now));
        pause.note(now, false);
        assert!(pause.is_over(now + FIRST_PAUSE));
    }
}
