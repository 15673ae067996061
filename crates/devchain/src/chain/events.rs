//! What happened on the chain, in order, for those who listen: filters and subscriptions.
//!
//! A listener remembers the number of the next event and asks for all from there on. That tells it of every block, also
//! of those that came and went between two looks, and in which order.

use std::{collections::VecDeque, sync::Arc};

use alloy::primitives::B256;

use crate::block::Block;

/// Most events kept. A listener that is further behind would miss the oldest; see [`Events::has_forgotten`].
const MAX_EVENTS: usize = 1 << 18;
/// Most removals among them: these hold blocks that nothing else holds.
const MAX_REMOVED: usize = 4_096;

/// Something a listener may want to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// A transaction was accepted. It waits for a block, or the next event is the block it is in.
    Accepted(B256),
    /// A block was built.
    Block(Arc<Block>),
    /// The chain went back to a snapshot from before this block.
    Removed(Arc<Block>),
}

/// The newest events.
#[derive(Debug, Default)]
pub(super) struct Events {
    kept: VecDeque<Event>,
    /// Number of the first event in `kept`.
    first: u64,
    /// Number of the first event since all were last thrown away together.
    start: u64,
    /// How many of `kept` are removals.
    removed: usize,
}

impl Events {
    pub(super) fn push(&mut self, event: Event) {
        self.removed += usize::from(matches!(event, Event::Removed(_)));
        self.kept.push_back(event);
        // What told of a removed block's building lies before its removal, and goes with it.
        while self.kept.len() > MAX_EVENTS || self.removed > MAX_REMOVED {
            self.forget_oldest();
        }
    }

    /// Forgets all events. Their numbers are not used again.
    pub(super) fn clear(&mut self) {
        self.first = self.next();
        self.start = self.first;
        self.kept = VecDeque::new();
        self.removed = 0;
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.kept.pop_front() {
            self.first += 1;
            self.removed -= usize::from(matches!(oldest, Event::Removed(_)));
        }
    }

    /// Number of the event that will be next.
    pub(super) fn next(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// Whether event `number`, or one after it, was dropped because there were too many.
    pub(super) fn has_forgotten(&self, number: u64) -> bool {
        number.max(self.start) < self.first
    }

    /// Events from a number on, with their numbers.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = (u64, &Event)> {
        let skip = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        (number.max(self.first)..).zip(self.kept.range(skip.min(self.kept.len())..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chain, ChainConfig};

    #[test]
    fn removed_blocks_are_not_held_for_ever() {
        let block = Arc::clone(Chain::new(ChainConfig::default()).latest());
        let mut events = Events::default();
        for _ in 0..2 * MAX_REMOVED {
            events.push(Event::Block(Arc::clone(&block)));
            events.push(Event::Removed(Arc::clone(&block)));
        }
        assert!(Arc::strong_count(&block) <= 2 * MAX_REMOVED + 1, "{}", Arc::strong_count(&block));
        let next = events.next();
        assert_eq!(events.since(next - 3).count(), 3);
        assert_eq!(events.since(next - 3).next().unwrap().0, next - 3);
        assert!(events.has_forgotten(0) && !events.has_forgotten(next - 3));
        events.clear();
        assert_eq!((events.next(), Arc::strong_count(&block)), (next, 1));
        assert_eq!(events.since(0).count(), 0);
        assert!(!events.has_forgotten(0), "they were thrown away on purpose");
    }
}
