//! Which block is final, and what time it is on the chain: what one endpoint says of either is not enough to end
//! requests by.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    endpoints::{Reach, Rpc},
    failure::RpcFailure,
    header::{BlockRef, Header},
};
use crate::config::Finality;

/// Blocks taken as final below the head when the endpoint does not know the tag.
const ASSUMED_FINAL_DEPTH: u64 = 64;
/// Looks between two questions for the final block.
const FINAL_EVERY: u32 = 16;
/// How much faster than this node's clock the chain's time may run before another endpoint is asked.
const LARGEST_STEP: Duration = Duration::from_secs(120);

/// The newest final block. It only grows.
#[derive(Debug)]
pub(super) struct FinalBlock {
    rule: Finality,
    known: Option<u64>,
    looks: u32,
}

impl FinalBlock {
    pub(super) const fn new(rule: Finality) -> Self {
        Self { rule, known: None, looks: 0 }
    }

    pub(super) const fn known(&self) -> Option<u64> {
        self.known
    }

    /// Follows the chain; trouble leaves what was known.
    pub(super) async fn refresh(&mut self, rpc: &Rpc, head: &Header) {
        let tag = match self.rule {
            Finality::Depth(depth) => return self.grow(head.height().saturating_sub(depth), head),
            Finality::Finalized => "finalized",
            Finality::Safe => "safe",
        };
        if self.looks.is_multiple_of(FINAL_EVERY) || self.known.is_none() {
            match rpc.agreed_final(tag).await {
                Ok(Some(height)) => self.grow(height, head),
                Ok(None) | Err(RpcFailure::Refused { .. }) => {
                    self.grow(head.height().saturating_sub(ASSUMED_FINAL_DEPTH), head);
                }
                Err(_) => {}
            }
        }
        self.looks = self.looks.wrapping_add(1);
    }

    fn grow(&mut self, to: u64, head: &Header) {
        let to = to.min(head.height());
        self.known = Some(self.known.map_or(to, |before| before.max(to)));
    }
}

/// The chain's time, as far as it is believed.
#[derive(Debug, Default)]
pub(super) struct ChainTime {
    believed: Option<(u64, Instant)>,
}

impl ChainTime {
    /// The time at `now`, with the newest block's. A time that ran far ahead of this node's clock must be shown by
    /// another endpoint too, where there is one: its block must be there. A head that several agreed on is.
    pub(super) async fn at(&mut self, rpc: &Rpc, head: &Header, now: Instant) -> u64 {
        let seconds = head.timestamp.to();
        if let Some(most) = self.most(now).filter(|most| seconds > *most)
            && rpc.has_others()
            && !rpc.wants_agreement()
        {
            let other = rpc.header_from(BlockRef::Number(head.height()), Reach::Second).await;
            let is_same = |other: &Header| (other.hash, other.timestamp) == (head.hash, head.timestamp);
            if !matches!(other, Ok(Some((other, _))) if is_same(&other)) {
                tracing::warn!(block = head.height(), seconds, "one endpoint alone says that it is so late");
                return most;
            }
        }
        self.believed = Some((seconds, now));
        seconds
    }

    /// The latest time that needs no second endpoint.
    fn most(&self, now: Instant) -> Option<u64> {
        let (seconds, at) = self.believed?;
        Some(seconds.saturating_add((now.duration_since(at) + LARGEST_STEP).as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l6_a_time_far_ahead_of_what_passed_needs_a_second_endpoint() {
        let start = Instant::now();
        let mut time = ChainTime::default();
        assert_eq!(time.most(start), None, "the first is taken as it is");
        time.believed = Some((1_000, start));
        assert_eq!(time.most(start), Some(1_120));
        assert_eq!(time.most(start + Duration::from_secs(30)), Some(1_150));
    }
}
