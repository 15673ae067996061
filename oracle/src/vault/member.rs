//! What this member has to say to the others about rows.

use std::collections::HashSet;

use alloy::primitives::Address;
use oracle_ocr::OracleIndex;
use oracle_vault::{Change, Entry, Index, Key, Kind, Limits, Listed, Message, Origin, Refused, Row};

use crate::{
    journal::{Journal, JournalError},
    peers::Voice,
};

/// Rows that are asked for or sent at once: as many of the longest as a peer's queue holds.
const AT_ONCE: usize = 24;
/// Rows read at once at the start.
const PAGE: u32 = 64;
/// How long an expired row is kept: requests of blocks before its expiration may still be under way.
const KEEP_MS: u64 = 3_600_000;

/// The rows, and which of them were asked for.
pub(super) struct Rows {
    index: Index,
    journal: Journal,
    voice: Voice,
    asked: HashSet<Key>,
}

impl Rows {
    pub(super) async fn read(limits: Limits, journal: Journal, voice: Voice) -> Result<Self, JournalError> {
        let mut index = Index::new(limits);
        let mut after = None;
        loop {
            let rows = journal.vault_rows(after, PAGE).await?;
            for (row, contested) in &rows {
                index.restore(row, *contested);
            }
            after = match rows.last() {
                Some((last, _)) => Some(last.key),
                None => return Ok(Self { index, journal, voice, asked: HashSet::new() }),
            };
        }
    }

    /// Stores a row; true when it was not there.
    pub(super) async fn put(
        &mut self,
        row: &Row,
        origin: Origin,
        now_ms: u64,
    ) -> Result<Result<bool, Refused>, JournalError> {
        match self.index.put(row, origin, now_ms) {
            Ok(Change::Known) => Ok(Ok(false)),
            Ok(Change::Stored { removed }) => {
                self.journal.put_vault_row(row, self.index.is_contested(&row.key), &removed).await?;
                Ok(Ok(true))
            }
            Err(refused) => Ok(Err(refused)),
        }
    }

    pub(super) async fn get(&self, key: &Key) -> Result<Option<Row>, JournalError> {
        if self.index.has(key) { self.journal.vault_row(key).await } else { Ok(None) }
    }

    pub(super) fn list(&self, kind: Kind, owner: Address) -> Vec<Listed> {
        self.index.list(kind, owner)
    }

    /// Removes what expired long ago.
    pub(super) async fn expire(&mut self, now_ms: u64) -> Result<(), JournalError> {
        let old = self.index.expire(now_ms, KEEP_MS);
        if old.is_empty() { Ok(()) } else { self.journal.remove_vault_rows(&old).await }
    }

    /// Tells one member, or all, what the rows come to.
    pub(super) fn tell(&mut self, to: Option<OracleIndex>) {
        if to.is_none() {
            // What did not come is asked for again.
            self.asked.clear();
        }
        self.voice.say(to, Message::Digests(Box::new(*self.index.digests())).encode());
    }

    /// A member's rows come to this: it is shown those of shards that differ.
    pub(super) fn on_digests(&self, from: OracleIndex, digests: &[[u8; 32]; oracle_vault::SHARDS]) {
        for shard in self.index.differing(digests) {
            let mut after = None;
            loop {
                let (entries, is_last) = self.index.summary(shard, after);
                let next = entries.last().map(|entry| entry.key);
                self.voice.say(Some(from), Message::Summary { shard, after, entries, is_last }.encode());
                if is_last || next.is_none() {
                    break;
                }
                after = next;
            }
        }
    }

    /// A member has these rows: it is given what it lacks and asked for what this one lacks, some at once.
    pub(super) async fn on_summary(
        &mut self,
        from: OracleIndex,
        (shard, after, is_last): (u8, Option<Key>, bool),
        entries: &[Entry],
        now_ms: u64,
    ) -> Result<(), JournalError> {
        let difference = self.index.compare(shard, after, entries, is_last, now_ms);
        let room = AT_ONCE.saturating_sub(self.asked.len());
        let wanted: Vec<Key> =
            difference.wanted.into_iter().filter(|key| !self.asked.contains(key)).take(room).collect();
        if !wanted.is_empty() {
            self.asked.extend(wanted.iter().copied());
            self.voice.say(Some(from), Message::Want(wanted).encode());
        }
        self.give(from, difference.lacking, false).await
    }

    /// A member wants rows.
    pub(super) async fn on_want(&self, from: OracleIndex, keys: Vec<Key>) -> Result<(), JournalError> {
        self.give(from, keys, true).await
    }

    /// A row that was asked for has come, or was not there. When all have, more are asked for.
    pub(super) fn came(&mut self, from: OracleIndex, key: &Key) {
        if self.asked.remove(key) && self.asked.is_empty() {
            self.tell(Some(from));
        }
    }

    async fn give(&self, to: OracleIndex, keys: Vec<Key>, was_asked: bool) -> Result<(), JournalError> {
        for key in keys.into_iter().take(AT_ONCE) {
            match self.journal.vault_row(&key).await? {
                Some(row) => self.voice.say(Some(to), Message::Row(Box::new(row)).encode()),
                None if was_asked => self.voice.say(Some(to), Message::Lacks(key).encode()),
                None => {}
            }
        }
        Ok(())
    }
}
