//! The requests in work: their events, their states, and the one place where a state moves.

use std::collections::HashMap;

use alloy::{
    primitives::{Address, B256},
    rpc::types::Log,
};
use oracle_ocr::{RequestKey, Terms};

use crate::{
    chain::{ChainEvent, SeenRequest, decode},
    journal::{Journal, JournalError, RequestRow, RequestView, State},
    transmit::ReportJob,
};

/// A request that has no final end yet.
#[derive(Clone, Debug)]
pub(super) struct Active {
    /// The event.
    pub(super) seen: SeenRequest,
    /// What is stored and shown.
    pub(super) row: RequestRow,
    /// Whether the protocol knows it.
    pub(super) started: bool,
    /// The complete report, for another transmission after a reorganisation.
    pub(super) job: Option<ReportJob>,
}

impl Active {
    pub(super) fn new(seen: SeenRequest, now_ms: u64) -> Self {
        let row = RequestRow {
            commitment_hash: seen.commitment_hash,
            block_number: seen.at.block_number,
            block_hash: seen.at.block_hash,
            timeout_timestamp: u64::from(seen.commitment.timeoutTimestamp),
            event: seen.log_json.clone(),
            view: RequestView::seen(seen.request_id, now_ms),
        };
        Self { seen, row, started: false, job: None }
    }

    /// Reads the stored event again. `None` when it does not decode, which only another program's hand explains.
    pub(super) fn from_row(row: RequestRow, coordinator: Address, router: Address) -> Option<Self> {
        let log: Log = serde_json::from_str(&row.event).ok()?;
        match decode(&log, coordinator, router) {
            Ok(Some(ChainEvent::Request(seen))) if seen.commitment_hash == row.commitment_hash => {
                Some(Self { seen: *seen, row, started: false, job: None })
            }
            _ => None,
        }
    }

    pub(super) const fn key(&self) -> RequestKey {
        RequestKey { request: self.seen.request_id, commitment: self.seen.commitment_hash }
    }

    pub(super) const fn state(&self) -> State {
        self.row.view.state
    }

    pub(super) fn terms(&self) -> Terms {
        Terms {
            request: self.seen.request_id,
            coordinator: self.seen.commitment.coordinator,
            commitment: self.seen.onchain_metadata(),
            event_seconds: self.seen.block_timestamp,
            seen_at: self.row.view.times_ms.seen.unwrap_or_default(),
        }
    }

    /// Moves forward; a state already passed stays. True when something changed.
    pub(super) fn advance(&mut self, state: State) -> bool {
        let moves = state.is_after(self.state());
        if moves {
            self.row.view.state = state;
        }
        moves
    }

    /// Sets a state whatever it was, with the reason shown.
    pub(super) fn put(&mut self, state: State, reason: Option<String>) {
        self.row.view.state = state;
        self.row.view.reason = reason;
    }
}

/// All requests in work, backed by the journal.
pub(super) struct Requests {
    journal: Journal,
    active: HashMap<B256, Active>,
}

impl Requests {
    pub(super) fn new(journal: Journal) -> Self {
        Self { journal, active: HashMap::new() }
    }

    pub(super) fn insert(&mut self, request: Active) {
        self.active.insert(request.seen.request_id, request);
    }

    pub(super) fn get(&self, id: &B256) -> Option<&Active> {
        self.active.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &B256) -> Option<&mut Active> {
        self.active.get_mut(id)
    }

    pub(super) fn remove(&mut self, id: &B256) -> Option<Active> {
        self.active.remove(id)
    }

    pub(super) fn len(&self) -> usize {
        self.active.len()
    }

    /// Ids of the requests for which `pick` holds, oldest first.
    pub(super) fn ids_where(&self, pick: impl Fn(&Active) -> bool) -> Vec<B256> {
        let mut found: Vec<_> = self.active.values().filter(|request| pick(request)).collect();
        found.sort_by_key(|request| (request.seen.at.block_number, request.seen.request_id));
        found.into_iter().map(|request| request.seen.request_id).collect()
    }

    /// Stores a request's row.
    pub(super) async fn save(&self, id: &B256) -> Result<(), JournalError> {
        match self.active.get(id) {
            Some(request) => self.journal.put_request(&request.row).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::request_log;

    const COORDINATOR: Address = Address::repeat_byte(0xc0);

    fn active() -> Active {
        let log = request_log(COORDINATOR, 1, 7, B256::repeat_byte(7));
        match decode(&log, COORDINATOR, Address::ZERO) {
            Ok(Some(ChainEvent::Request(seen))) => Active::new(*seen, 5),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn advance_only_moves_forward() {
        let mut request = active();
        assert!(request.advance(State::Observed));
        assert!(!request.advance(State::Executing));
        assert!(request.advance(State::Included));
        assert!(!request.advance(State::Submitted));
        assert_eq!(request.state(), State::Included);
        request.put(State::Orphaned, None);
        assert!(!request.advance(State::Reported), "only put leaves ORPHANED");
    }

    #[test]
    fn from_row_reads_the_event_back() {
        let first = active();
        let again = Active::from_row(first.row.clone(), COORDINATOR, Address::ZERO).expect("decodes");
        assert_eq!(again.terms(), first.terms());
        assert_eq!(again.key(), first.key());
        let mut changed = first.row;
        changed.commitment_hash = B256::ZERO;
        assert!(Active::from_row(changed, COORDINATOR, Address::ZERO).is_none());
    }
}
