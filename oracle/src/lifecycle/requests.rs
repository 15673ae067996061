//! The requests in work, and which of their rows are to be stored.

use std::collections::{BTreeSet, HashMap};

use alloy::primitives::B256;
use oracle_ocr::RequestKey;

use super::{Action, RequestRow, active::Active};

/// All requests in work. Changes are gathered here until [`Requests::take_changes`].
#[derive(Debug, Default)]
pub(super) struct Requests {
    active: HashMap<B256, Active>,
    changed: BTreeSet<B256>,
    /// Rows of requests that are not in work any more.
    ended: Vec<RequestRow>,
}

impl Requests {
    pub(super) fn insert(&mut self, request: Active) {
        self.active.insert(request.id(), request);
    }

    pub(super) fn get(&self, id: &B256) -> Option<&Active> {
        self.active.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &B256) -> Option<&mut Active> {
        self.active.get_mut(id)
    }

    /// The request with this id, if its commitment is this one.
    pub(super) fn keyed_mut(&mut self, key: &RequestKey) -> Option<&mut Active> {
        self.active.get_mut(&key.request).filter(|request| request.key() == *key)
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
        found.sort_by_key(|request| (request.seen.at.block_number, request.id()));
        found.into_iter().map(Active::id).collect()
    }

    /// Requests that still need work.
    pub(super) fn open(&self) -> usize {
        self.active.values().filter(|request| !request.state().is_settled()).count()
    }

    /// [`Requests::open`], and how many of them are a subscription's.
    pub(super) fn open_and_of(&self, subscription: u64) -> (usize, usize) {
        let open = self.active.values().filter(|request| !request.state().is_settled());
        open.fold((0, 0), |(all, own), request| {
            (all + 1, own + usize::from(request.seen.subscription_id == subscription))
        })
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
    pub(super) fn take_changes(&mut self) -> Vec<Action> {
        let mut rows = std::mem::take(&mut self.ended);
        for id in std::mem::take(&mut self.changed) {
            if let Some(request) = self.active.get_mut(&id) {
                rows.push(request.row.clone());
                request.row.event = String::new();
            }
        }
        rows.into_iter().map(|row| Action::Store(Box::new(row))).collect()
    }
}
