//! Requests of which the journal held nothing when they were seen: nothing of theirs was sent before, and nobody need
//! look.

use std::collections::{HashSet, VecDeque};

use alloy::primitives::B256;

/// Most of them remembered; of older ones the journal is asked.
const MOST: usize = 4_096;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    ids: HashSet<B256>,
    /// The same and some that were taken, oldest first.
    order: VecDeque<B256>,
}

impl Fresh {
    /// The journal holds nothing of this one.
    pub(super) fn note(&mut self, id: B256) {
        self.ids.insert(id);
        self.order.push_back(id);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    /// Whether it is one, which it is no more after that: its report is on its way.
    pub(super) fn take(&mut self, id: &B256) -> bool {
        self.ids.remove(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_fresh_once_and_not_for_ever() {
        let mut fresh = Fresh::default();
        let id = |number: usize| B256::left_padding_from(&number.to_be_bytes());
        assert!(!fresh.take(&id(0)));
        (0..=MOST).for_each(|number| fresh.note(id(number)));
        assert!(!fresh.take(&id(0)), "it is forgotten");
        assert!(fresh.take(&id(1)) && !fresh.take(&id(1)));
        assert!(fresh.take(&id(MOST)));
    }
}
