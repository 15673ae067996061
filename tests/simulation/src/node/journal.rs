//! A node's journal: what is committed survives, what is not is lost with the process.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256};
use functions_node::{
    journal::{RequestRow, Transmission},
    lifecycle::State,
};
use oracle_ocr::{Record, RecordId, RequestKey};

use crate::chain::transaction::Transaction;

/// Committed tables.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// Records of the protocol by configuration.
    pub records: BTreeMap<(B256, RecordId), Record>,
    /// Rows of requests.
    pub rows: BTreeMap<B256, RequestRow>,
    /// Transactions by request and attempt.
    pub transmissions: BTreeMap<(B256, u64), Transmission>,
    /// Their signed bytes, by hash.
    pub signed: BTreeMap<B256, Transaction>,
    /// First block to read after a start, of each coordinator.
    pub cursors: BTreeMap<Address, u64>,
    /// Since when everything said is remembered, unix seconds.
    pub remembers_since: u64,
    /// Commits, for measurements.
    pub commits: u64,
}

impl Journal {
    /// One commit. A row without its event keeps the stored one.
    pub fn commit(
        &mut self,
        digest: B256,
        records: Vec<Record>,
        rows: Vec<RequestRow>,
        cursor: Option<(Address, u64)>,
    ) {
        self.commits += 1;
        self.records.extend(records.into_iter().map(|record| ((digest, record.id), record)));
        for mut row in rows {
            let id = row.view.request_id;
            if row.event.is_empty()
                && let Some(known) = self.rows.get(&id)
            {
                row.event.clone_from(&known.event);
            }
            self.rows.insert(id, row);
        }
        self.cursors.extend(cursor);
    }

    /// The records of one request: those under this configuration, and those under all others.
    #[must_use]
    pub fn said(&self, digest: B256, key: RequestKey) -> (Vec<Record>, Vec<Record>) {
        let all = self.records.iter().filter(|((_, id), _)| id.key == key);
        let (ours, mut others): (Vec<_>, Vec<_>) = all.partition(|((of, _), _)| *of == digest);
        others.sort_by_key(|((_, id), _)| (id.slot, id.attempt));
        let records =
            |found: Vec<(_, &Record)>| found.into_iter().map(|(_, record)| record.clone()).collect();
        (records(ours), records(others))
    }

    /// Whether a record is stored.
    #[must_use]
    pub fn holds(&self, digest: B256, id: RecordId) -> bool {
        self.records.contains_key(&(digest, id))
    }

    /// Rows that a start takes up, oldest first.
    #[must_use]
    pub fn unfinished(&self) -> Vec<RequestRow> {
        let ended = [State::Final, State::Refused, State::Expired, State::Undeliverable];
        let is_open = |row: &&RequestRow| {
            !ended.contains(&row.view.state)
                || row.view.state == State::Expired && row.view.timed_out_block.is_some()
        };
        let open = self.rows.values().filter(is_open);
        let mut rows: Vec<RequestRow> = open.cloned().collect();
        rows.sort_by_key(|row| row.view.times_ms.seen);
        rows
    }

    /// Transactions of one request, first attempt first.
    #[must_use]
    pub fn transmissions_of(&self, id: B256) -> Vec<Transmission> {
        self.transmissions.range((id, 0)..=(id, u64::MAX)).map(|(_, row)| row.clone()).collect()
    }

    /// Transactions that may still wait, lowest nonce first.
    #[must_use]
    pub fn open_transmissions(&self) -> Vec<Transmission> {
        let open = self.transmissions.values().filter(|row| row.state.is_open());
        let mut open: Vec<Transmission> = open.cloned().collect();
        open.sort_by_key(|row| row.nonce);
        open
    }

    /// Stores a transaction.
    pub fn put(&mut self, row: Transmission) {
        self.transmissions.insert((row.request_id, row.attempt), row);
    }
}
