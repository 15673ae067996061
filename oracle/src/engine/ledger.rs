//! Rows that wait to be stored, and how long the work of several requests waits to be stored together.
//!
//! A commit costs a sync of the disk, whatever it holds, and each row the page it lies in. So with many requests under
//! way rows that nothing rests on wait for what their requests come to meanwhile, and a commit waits a moment after the
//! one before, for what comes meanwhile. With few, all is stored and shown at once.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::B256;

use crate::lifecycle::RequestRow;

/// Longest time a row waits with many requests under way, and the cursor always, in milliseconds.
const ROWS_WAIT_MS: u64 = 500;
/// Requests under way from which on commits are gathered.
const MANY: usize = 4;
/// Shortest time between two commits then, in milliseconds for each request under way: the more there are, the more
/// share a commit.
const GATHER_MS_EACH: u64 = 2;
/// And at the most.
const MOST_GATHER_MS: u64 = 20;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    rows: BTreeMap<B256, RequestRow>,
    /// When something that waits must be stored.
    due_ms: Option<u64>,
    stored_ms: u64,
}

impl Ledger {
    /// Takes rows, each replacing the earlier one of its request, with so many requests under way.
    pub(super) fn add(&mut self, now: u64, rows: impl IntoIterator<Item = RequestRow>, open: usize) {
        let wait = if open < MANY { 0 } else { ROWS_WAIT_MS };
        for row in rows {
            row.put_in(&mut self.rows);
            self.due_within(now, wait);
        }
    }

    /// Something beside rows waits to be stored too.
    pub(super) fn wait(&mut self, now: u64) {
        self.due_within(now, ROWS_WAIT_MS);
    }

    fn due_within(&mut self, now: u64, wait: u64) {
        let due = now.saturating_add(wait);
        self.due_ms = Some(self.due_ms.map_or(due, |earlier| earlier.min(due)));
    }

    /// When a commit is due although nothing rests on it.
    pub(super) const fn due_at(&self) -> Option<u64> {
        self.due_ms
    }

    /// Whether no row waits.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the row of a request waits, so that the journal holds an older one.
    pub(super) fn holds(&self, id: &B256) -> bool {
        self.rows.contains_key(id)
    }

    /// All rows that wait, for a commit now.
    pub(super) fn take(&mut self, now: u64) -> Vec<RequestRow> {
        self.due_ms = None;
        self.stored_ms = now;
        std::mem::take(&mut self.rows).into_values().collect()
    }

    /// The rows that a commit of records about the requests `of` takes along: theirs, the first of each request, and
    /// all when one has waited long enough.
    pub(super) fn take_for(&mut self, now: u64, of: &BTreeSet<B256>) -> Vec<RequestRow> {
        if self.due_ms.is_some_and(|due| due <= now) {
            return self.take(now);
        }
        self.stored_ms = now;
        let goes = |id: &B256, row: &mut RequestRow| of.contains(id) || !row.event.is_empty();
        let taken = self.rows.extract_if(.., goes).map(|(_, row)| row).collect();
        if self.rows.is_empty() {
            self.due_ms = None;
        }
        taken
    }

    /// How long to gather more work before the next commit, with so many requests under way, in milliseconds.
    pub(super) fn gathers_for(&self, now: u64, open: usize) -> u64 {
        let since = now.saturating_sub(self.stored_ms);
        let apart = (GATHER_MS_EACH * open as u64).min(MOST_GATHER_MS);
        if open < MANY { 0 } else { apart.saturating_sub(since) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::{RequestView, State};

    fn row(byte: u8, state: State, event: &str) -> RequestRow {
        let mut view = RequestView::seen(B256::repeat_byte(byte), 0);
        view.state = state;
        RequestRow {
            commitment_hash: B256::ZERO,
            block_number: 1,
            block_hash: B256::ZERO,
            timeout_timestamp: 0,
            event: event.to_owned(),
            view,
        }
    }

    #[test]
    fn b2_rows_wait_for_a_commit_and_go_together_with_the_newest_state_and_the_event() {
        let mut ledger = Ledger::default();
        ledger.add(1_000, [row(1, State::Seen, "event"), row(2, State::Final, "")], MANY);
        ledger.add(1_200, [row(1, State::Executing, "")], MANY);
        assert_eq!(ledger.due_at(), Some(1_500), "since the oldest");
        assert!(ledger.holds(&B256::repeat_byte(1)) && !ledger.holds(&B256::repeat_byte(3)));
        let rows = ledger.take(1_300);
        assert_eq!(rows, [row(1, State::Executing, "event"), row(2, State::Final, "")]);
        assert_eq!((ledger.due_at(), ledger.take(1_300).len()), (None, 0));
    }

    #[test]
    fn b2_a_commit_takes_its_requests_rows_and_first_ones_along_and_the_others_when_they_are_due() {
        let mut ledger = Ledger::default();
        let rows = [row(1, State::Seen, "event"), row(2, State::Observed, ""), row(3, State::Included, "")];
        ledger.add(1_000, rows.clone(), MANY);
        let [first, observed, included] = rows;
        let of = BTreeSet::from([B256::repeat_byte(2)]);
        assert_eq!(ledger.take_for(1_499, &of), [first, observed.clone()]);
        assert!(ledger.due_at() == Some(1_500) && !ledger.is_empty(), "one row waits on");
        ledger.add(1_499, [observed.clone()], MANY);
        assert_eq!(ledger.take_for(1_500, &BTreeSet::new()), [observed, included]);
        assert_eq!(ledger.due_at(), None);
        ledger.add(1_600, [row(1, State::Final, "")], MANY);
        ledger.take_for(1_601, &BTreeSet::from([B256::repeat_byte(1)]));
        assert!(ledger.due_at().is_none() && ledger.is_empty(), "none waits");
    }

    #[test]
    fn b2_rows_are_due_at_once_when_few_requests_are_under_way() {
        let mut ledger = Ledger::default();
        ledger.wait(1_000);
        ledger.add(1_100, [], MANY - 1);
        assert_eq!(ledger.due_at(), Some(1_500));
        ledger.add(1_200, [row(1, State::Executing, "")], MANY - 1);
        assert_eq!(ledger.due_at(), Some(1_200));
    }

    #[test]
    fn b2_commits_are_gathered_when_many_requests_are_under_way_only() {
        let mut ledger = Ledger::default();
        ledger.take(1_000);
        assert_eq!(ledger.gathers_for(1_002, MANY - 1), 0);
        assert_eq!(
            ledger.gathers_for(1_002, MANY),
            6,
            "two milliseconds for each of four, of which two are over"
        );
        assert_eq!(ledger.gathers_for(1_008, MANY), 0);
        assert_eq!(ledger.gathers_for(1_000, 1_000), MOST_GATHER_MS);
    }
}
