//! What one peer may make this node do: signature checks, bad messages, repetitions. Spec: agreement A30 to A32.

use std::{collections::BTreeMap, fmt};

use crate::OracleIndex;

/// Price of checking an Ed25519 signature, the unit of work.
pub(crate) const OFFCHAIN_PRICE: u64 = 1;
/// Price of recovering the signer of a report signature, which takes less than three times as long.
pub(crate) const REPORT_PRICE: u64 = 3;

/// Units of work that all messages of a peer may cost.
const WORK: Rate = Rate { burst: 4_000, per_second: 4_000 };
/// Messages of a peer that may be bad before it is ignored for a while.
const FAULTS: Rate = Rate { burst: 8, per_second: 1 };
/// Bytes that are said again to a peer because it connected again or asks for what it was given.
const REPEATS: Rate = Rate { burst: 1 << 20, per_second: 1 << 18 };

/// How fast something is given back, and how much of it can be saved up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) burst: u64,
    pub(crate) per_second: u64,
}

impl Rate {
    /// Units of work that a peer's messages about one request may cost, in a set of `n`: an attempt of an honest peer
    /// costs less than `7n`.
    pub(crate) const fn of_request(n: usize) -> Self {
        let n = n as u64 + 1;
        Self { burst: 16 * n, per_second: 8 * n }
    }
}

/// What is left of something; what is taken beyond that is owed.
#[derive(Clone, Copy)]
pub(crate) struct Bucket {
    rate: Rate,
    /// In thousandths.
    left: i64,
    at: u64,
}

/// Says nothing of what is left, which every message changes.
impl fmt::Debug for Bucket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Bucket")
    }
}

impl Bucket {
    pub(crate) fn new(rate: Rate, now: u64) -> Self {
        Self { rate, left: thousandths(rate.burst), at: now }
    }

    /// Whether anything is left.
    pub(crate) fn has_any(&mut self, now: u64) -> bool {
        self.take(now, 0);
        self.left > 0
    }

    /// Takes so much and returns how many milliseconds it takes until nothing is owed.
    pub(crate) fn take(&mut self, now: u64, amount: u64) -> u64 {
        // A clock that jumps back gives nothing and takes nothing.
        let passed = now.saturating_sub(self.at);
        self.at = now;
        let given = i64::try_from(passed.saturating_mul(self.rate.per_second)).unwrap_or(i64::MAX);
        let full = thousandths(self.rate.burst);
        self.left = self.left.saturating_add(given).min(full).saturating_sub(thousandths(amount));
        self.left.min(0).unsigned_abs().div_ceil(self.rate.per_second.max(1))
    }
}

fn thousandths(amount: u64) -> i64 {
    i64::try_from(amount.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

/// The allowances of all peers.
#[derive(Clone, Default)]
pub(crate) struct Allowances {
    peers: BTreeMap<OracleIndex, Allowance>,
}

/// The allowance of one peer.
#[derive(Clone)]
pub(crate) struct Allowance {
    work: Bucket,
    faults: Bucket,
    /// Bytes said again.
    pub(crate) repeats: Bucket,
}

impl Allowances {
    pub(crate) fn of(&mut self, peer: OracleIndex, now: u64) -> &mut Allowance {
        self.peers.entry(peer).or_insert_with(|| Allowance {
            work: Bucket::new(WORK, now),
            faults: Bucket::new(FAULTS, now),
            repeats: Bucket::new(REPEATS, now),
        })
    }
}

impl Allowance {
    /// Whether a message of the peer is looked at.
    pub(crate) fn is_heard(&mut self, now: u64) -> bool {
        self.faults.has_any(now) && self.work.has_any(now)
    }

    /// A message cost so much.
    pub(crate) fn spend(&mut self, now: u64, work: u64) {
        self.work.take(now, work);
    }

    /// A message was bad.
    pub(crate) fn fault(&mut self, now: u64) {
        self.faults.take(now, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Rate};

    #[test]
    fn bucket_gives_its_burst_then_its_rate_whatever_the_clock_does() {
        let mut bucket = Bucket::new(Rate { burst: 10, per_second: 2 }, 5_000);
        assert_eq!(bucket.take(5_000, 10), 0);
        assert!(!bucket.has_any(5_000));
        assert_eq!(bucket.take(5_000, 3), 1_500);
        assert_eq!(bucket.take(6_500, 0), 0);
        assert!(!bucket.has_any(6_500) && bucket.has_any(6_501));
        assert!(!bucket.has_any(0) || bucket.take(0, 0) == 0, "a clock that jumps back gives nothing");
        assert_eq!(bucket.take(u64::MAX, 10), 0, "no more than the burst is saved up");
        assert!(!bucket.has_any(u64::MAX));
    }
}
