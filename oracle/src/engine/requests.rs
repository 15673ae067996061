//! The requests in work: their events, their states, and the one place where a state moves.

use std::collections::{BTreeSet, HashMap};

use alloy::{
    primitives::{Address, B256, Bytes},
    rpc::types::Log,
};
use oracle_ocr::{RequestEvent, RequestKey};

use crate::{
    chain::{ChainEvent, SeenRequest, decode},
    journal::{RequestRow, RequestView, State},
    transmit::ReportJob,
};

/// A request that has no final end yet.
#[derive(Clone, Debug)]
pub(super) struct Active {
    /// The event, without what only a run needs: that stays in the journal.
    pub(super) seen: SeenRequest,
    /// What is stored and shown; the event's text only until it is stored.
    pub(super) row: RequestRow,
    /// Whether the protocol knows it.
    pub(super) started: bool,
    /// The complete report, for another transmission after a reorganisation.
    pub(super) job: Option<ReportJob>,
}

impl Active {
    pub(super) fn new(mut seen: SeenRequest, now_ms: u64) -> Self {
        let event = lighten(&mut seen);
        let row = RequestRow {
            commitment_hash: seen.commitment_hash,
            block_number: seen.at.block_number,
            block_hash: seen.at.block_hash,
            timeout_timestamp: u64::from(seen.commitment.timeoutTimestamp),
            event,
            view: RequestView::seen(seen.request_id, now_ms),
        };
        Self { seen, row, started: false, job: None }
    }

    /// Reads the stored event again. `None` when it does not decode, which only another program's hand explains.
    pub(super) fn from_row(mut row: RequestRow, coordinator: Address, router: Address) -> Option<Self> {
        let mut seen = read_event(&row, coordinator, router)?;
        lighten(&mut seen);
        row.event.clear();
        Some(Self { seen, row, started: false, job: None })
    }

    /// The event lies in another block now.
    pub(super) fn replace_event(&mut self, mut seen: SeenRequest) {
        self.row.block_hash = seen.at.block_hash;
        self.row.block_number = seen.at.block_number;
        self.row.event = lighten(&mut seen);
        self.seen = seen;
    }

    pub(super) const fn key(&self) -> RequestKey {
        RequestKey { request: self.seen.request_id, commitment: self.seen.commitment_hash }
    }

    pub(super) const fn state(&self) -> State {
        self.row.view.state
    }

    pub(super) fn event(&self) -> RequestEvent {
        RequestEvent {
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

/// The event of a stored row, whole; `None` when it is not that of a request of these contracts.
pub(super) fn read_event(row: &RequestRow, coordinator: Address, router: Address) -> Option<SeenRequest> {
    let log: Log = serde_json::from_str(&row.event).ok()?;
    match decode(&log, coordinator, router) {
        Ok(Some(ChainEvent::Request(seen))) if seen.commitment_hash == row.commitment_hash => Some(*seen),
        _ => None,
    }
}

/// Takes what may be large out of the event; returns its text.
fn lighten(seen: &mut SeenRequest) -> String {
    seen.data = Bytes::new();
    std::mem::take(&mut seen.log_json)
}

/// All requests in work. Changes are gathered here until [`Requests::take_changes`] hands them to the journal.
#[derive(Default)]
pub(super) struct Requests {
    active: HashMap<B256, Active>,
    changed: BTreeSet<B256>,
    /// Rows of requests that are not in work any more, not stored yet.
    ended: Vec<RequestRow>,
}

impl Requests {
    pub(super) fn insert(&mut self, request: Active) {
        self.active.insert(request.seen.request_id, request);
    }

    pub(super) fn get(&self, id: &B256) -> Option<&Active> {
        self.active.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &B256) -> Option<&mut Active> {
        self.active.get_mut(id)
    }

    /// Ends the work on a request; what changed is still stored.
    pub(super) fn remove(&mut self, id: &B256) -> Option<Active> {
        let request = self.active.remove(id)?;
        if self.changed.remove(id) {
            self.ended.push(request.row.clone());
        }
        Some(request)
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

    /// Requests that still need work.
    pub(super) fn open(&self) -> usize {
        self.active.values().filter(|request| !request.state().is_settled()).count()
    }

    /// The request's row is to be stored.
    pub(super) fn touch(&mut self, id: B256) {
        self.changed.insert(id);
    }

    /// Stores a row of a request that is not in work.
    pub(super) fn store(&mut self, row: RequestRow) {
        self.ended.push(row);
    }

    /// The rows to store. Their events are not kept in memory any longer.
    pub(super) fn take_changes(&mut self) -> Vec<RequestRow> {
        let mut rows = std::mem::take(&mut self.ended);
        for id in std::mem::take(&mut self.changed) {
            if let Some(request) = self.active.get_mut(&id) {
                rows.push(request.row.clone());
                request.row.event = String::new();
            }
        }
        rows
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
    fn take_changes_gives_each_row_once_and_the_event_only_at_first() {
        let mut requests = Requests::default();
        let request = active();
        let id = request.seen.request_id;
        requests.insert(request);
        requests.touch(id);
        requests.touch(id);
        let rows = requests.take_changes();
        assert!(rows.len() == 1 && !rows[0].event.is_empty());
        assert!(requests.take_changes().is_empty());
        requests.touch(id);
        requests.remove(&id);
        let rows = requests.take_changes();
        assert!(rows.len() == 1 && rows[0].event.is_empty(), "an end is stored too");
    }

    #[test]
    fn from_row_reads_the_event_back() {
        let first = active();
        assert!(first.seen.data.is_empty(), "what only a run needs is not kept");
        let whole = read_event(&first.row, COORDINATOR, Address::ZERO).expect("decodes");
        assert!(!whole.data.is_empty());
        let again = Active::from_row(first.row.clone(), COORDINATOR, Address::ZERO).expect("decodes");
        assert_eq!(again.event(), first.event());
        assert_eq!(again.key(), first.key());
        let mut changed = first.row;
        changed.commitment_hash = B256::ZERO;
        assert!(Active::from_row(changed, COORDINATOR, Address::ZERO).is_none());
    }
}
