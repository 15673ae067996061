//! Rows that requests want as they are, until they come or too many members lack them.

use std::collections::BTreeSet;

use oracle_ocr::OracleIndex;
use oracle_vault::{Key, Row};
use tokio::sync::oneshot;

/// Rows that are looked for at the same time.
const MOST: usize = 1_024;

/// A row that is looked for; who looks for it no longer waits where the reply is dropped.
pub(super) struct Look {
    pub(super) key: Key,
    /// The time of the request's block, in unix milliseconds.
    pub(super) block_ms: u64,
    pub(super) reply: oneshot::Sender<Option<Row>>,
    /// Members that lack it.
    lacking: BTreeSet<OracleIndex>,
}

impl Look {
    pub(super) const fn new(key: Key, block_ms: u64, reply: oneshot::Sender<Option<Row>>) -> Self {
        Self { key, block_ms, reply, lacking: BTreeSet::new() }
    }

    /// Tells what was found: a row that had expired by then is none.
    pub(super) fn end(self, row: Option<Row>) {
        let _ = self.reply.send(row.filter(|row| row.is_live(self.block_ms)));
    }
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Looks(Vec<Look>);

impl Looks {
    pub(super) fn add(&mut self, look: Look) {
        if self.0.len() < MOST {
            self.0.push(look);
        }
    }

    /// What is still looked for.
    pub(super) fn keys(&mut self) -> impl Iterator<Item = Key> + '_ {
        self.0.retain(|look| !look.reply.is_closed());
        self.0.iter().map(|look| look.key)
    }

    /// The earliest time at which a row must be live.
    pub(super) fn earliest(&self, key: &Key) -> Option<u64> {
        self.0.iter().filter(|look| look.key == *key).map(|look| look.block_ms).min()
    }

    pub(super) fn came(&mut self, row: &Row) {
        self.0.extract_if(.., |look| look.key == row.key).for_each(|look| look.end(Some(row.clone())));
    }

    /// A member lacks a row; what `enough` lack, this one included, is not found.
    pub(super) fn lacks(&mut self, from: OracleIndex, key: &Key, enough: usize) {
        for look in self.0.iter_mut().filter(|look| look.key == *key) {
            look.lacking.insert(from);
        }
        self.0.extract_if(.., |look| look.lacking.len() + 1 >= enough).for_each(|look| look.end(None));
    }
}
