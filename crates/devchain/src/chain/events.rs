//! What happened on the chain, in order, for those who listen: filters and subscriptions.
//!
//! A listener remembers the number of the next event and asks for all from there on. That tells it of every block, also of those
//! that came and went between two looks, and in which order.

use std::{collections::VecDeque, sync::Arc};

use alloy::primitives::B256;

use crate::block::Block;

/// Most events kept. A listener that is further behind misses the oldest.
const MAX_EVENTS: usize = 1 << 18;

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
}

impl Events {
    pub(super) fn push(&mut self, event: Event) {
        if self.kept.len() == MAX_EVENTS {
            self.kept.pop_front();
            self.first += 1;
        }
        self.kept.push_back(event);
    }

    /// Number of the event that will be next.
    pub(super) fn next(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// Events from a number on.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = &Event> {
        let skip = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.kept.range(skip.min(self.kept.len())..)
    }
}
