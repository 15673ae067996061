//! Which rows are stored: everything about them but their content.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use alloy_primitives::Address;

use crate::{
    Key, Kind, Row,
    limits::{Limits, MAX_ENTRIES, SHARDS},
    row::{Entry, serves_until},
};

/// How much farther in the future a row of another member may expire than this one's clock allows.
const SKEW_MS: u64 = 10 * 60_000;

/// Where a row came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Its owner uploads it.
    Owner,
    /// Another member had it.
    Member,
}

/// Why a row is not stored. The texts are what owners know from upstream, where upstream has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// There is no such slot.
    #[error("slot id is too big")]
    Slot,
    /// The content is too long.
    #[error("payload is too big")]
    Payload,
    /// It expired already.
    #[error("past expiration")]
    Past,
    /// It would live too long.
    #[error("expiration too long")]
    Long,
    /// Its owner did not sign it.
    #[error("wrong signature")]
    Signature,
    /// The slot has a higher version.
    #[error("version too low")]
    Version,
    /// There are as many rows as may be.
    #[error("the DON stores as much as it may: try again when rows of others have expired")]
    Full,
}

/// What storing a row changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is there already.
    Known,
    /// It is to be written, in the place of what has the same key, and these are to be removed.
    Stored {
        /// Rows that made room.
        removed: Vec<Key>,
    },
}

/// A row as its owner is shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The slot.
    pub slot: u32,
    /// The version.
    pub version: u64,
    /// When it expires, in unix milliseconds.
    pub expiration_ms: u64,
    /// Whether its owner signed two different rows with this version.
    pub contested: bool,
}

/// What two members have to give each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rows that the other has and this one lacks.
    pub wanted: Vec<Key>,
    /// Rows that this one has and the other lacks.
    pub lacking: Vec<Key>,
}

#[derive(Clone, Copy)]
struct About {
    expiration_ms: u64,
    id: [u8; 32],
    contested: bool,
}

/// The rows of all owners, without their content.
pub struct Index {
    limits: Limits,
    rows: BTreeMap<Key, About>,
    digests: [[u8; 32]; SHARDS],
}

impl Index {
    /// An index without rows.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, rows: BTreeMap::new(), digests: [[0; 32]; SHARDS] }
    }

    /// Takes up a row that was stored before; it was checked then.
    pub fn restore(&mut self, row: &Row, contested: bool) {
        self.insert(row.key, About { expiration_ms: row.expiration_ms, id: row.id(), contested });
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Stores a row, unless the rules say no.
    ///
    /// # Errors
    /// [`Refused`]; then nothing changed.
    pub fn put(&mut self, row: &Row, origin: Origin, now_ms: u64) -> Result<Change, Refused> {
        let key = row.key;
        let id = row.id();
        let held = self.rows.get(&key).copied();
        if held.is_some_and(|held| held.id == id) {
            return Ok(Change::Known);
        }
        self.allows(row, origin, now_ms)?;
        // Expired ones are in nobody's way.
        let live: Vec<Key> = self.live_versions(key, now_ms).collect();
        let is_low = match origin {
            Origin::Owner => live.iter().any(|other| other.version >= key.version),
            Origin::Member => held.is_some_and(|held| held.id < id),
        };
        if is_low {
            // A second row of this version, with a higher id: only its owner's word counts against the owner.
            if origin == Origin::Member && row.check().is_ok() {
                self.contest(key);
            }
            return Err(Refused::Version);
        }
        let others: Vec<Key> = live.into_iter().filter(|other| *other != key).collect();
        let surplus = (others.len() + 1).saturating_sub(self.limits.versions);
        let removed = others.get(..surplus).unwrap_or_default().to_vec();
        if removed.last().is_some_and(|last| *last > key) || surplus > others.len() {
            return Err(Refused::Version);
        }
        if held.is_none() && removed.is_empty() && self.rows.len() >= self.limits.rows {
            return Err(Refused::Full);
        }
        // The most expensive check comes last.
        row.check().map_err(|_| Refused::Signature)?;
        removed.iter().for_each(|key| self.remove(key));
        self.insert(key, About { expiration_ms: row.expiration_ms, id, contested: held.is_some() });
        Ok(Change::Stored { removed })
    }

    /// Whether there is a row with this key, live or not.
    pub fn has(&self, key: &Key) -> bool {
        self.rows.contains_key(key)
    }

    /// The id of the row with this key, live or not.
    pub fn id_of(&self, key: &Key) -> Option<[u8; 32]> {
        self.rows.get(key).map(|about| about.id)
    }

    /// Whether the owner signed another row with this key.
    pub fn is_contested(&self, key: &Key) -> bool {
        self.rows.get(key).is_some_and(|about| about.contested)
    }

    /// The rows of an owner, by slot and version, also expired ones that are still there.
    pub fn list(&self, kind: Kind, owner: Address) -> Vec<Listed> {
        let of = |(key, about): (&Key, &About)| Listed {
            slot: key.slot,
            version: key.version,
            expiration_ms: about.expiration_ms,
            contested: about.contested,
        };
        let first = Key { kind, owner, slot: 0, version: 0 };
        let last = Key { kind, owner, slot: u32::MAX, version: u64::MAX };
        self.rows.range(first..=last).map(of).collect()
    }

    /// Forgets rows that expired `keep_ms` before `now_ms` or earlier; they are to be removed.
    pub fn expire(&mut self, now_ms: u64, keep_ms: u64) -> Vec<Key> {
        let is_old = |about: &About| about.expiration_ms.saturating_add(keep_ms) <= now_ms;
        let old: Vec<Key> =
            self.rows.iter().filter(|(_, about)| is_old(about)).map(|(key, _)| *key).collect();
        old.iter().for_each(|key| self.remove(key));
        old
    }

    /// What the rows of each shard come to: equal where two members hold the same rows.
    pub const fn digests(&self) -> &[[u8; 32]; SHARDS] {
        &self.digests
    }

    /// Shards in which another member's digests differ from this one's.
    pub fn differing(&self, digests: &[[u8; 32]; SHARDS]) -> Vec<u8> {
        let pairs = (0_u8..).zip(self.digests.iter().zip(digests));
        pairs.filter(|(_, (own, other))| own != other).map(|(shard, _)| shard).collect()
    }

    /// Rows of a shard after a key, in order, and whether these are the last ones.
    pub fn summary(&self, shard: u8, after: Option<Key>) -> (Vec<Entry>, bool) {
        let mut rows = self.of_shard(shard, after);
        let entries: Vec<Entry> =
            rows.by_ref().take(MAX_ENTRIES).map(|(key, about)| Entry { key: *key, id: about.id }).collect();
        let is_last = rows.next().is_none();
        (entries, is_last)
    }

    /// What another member's [`Index::summary`] of a shard lacks, and what this one lacks of it. Of rows that live here
    /// under the same key the one with the lower id is wanted.
    pub fn compare(
        &self,
        shard: u8,
        after: Option<Key>,
        entries: &[Entry],
        is_last: bool,
        now_ms: u64,
    ) -> Difference {
        let end = if is_last { None } else { entries.last().map(|entry| entry.key) };
        let theirs: BTreeMap<Key, [u8; 32]> = entries
            .iter()
            .filter(|entry| shard_of(&entry.key) == Some(usize::from(shard)))
            .map(|entry| (entry.key, entry.id))
            .collect();
        let wants = |(key, id): (&Key, &[u8; 32])| match self.rows.get(key) {
            Some(own) => *id < own.id,
            None => self.would_keep(*key, now_ms),
        };
        let wanted = theirs.iter().filter(|entry| wants((entry.0, entry.1))).map(|(key, _)| *key).collect();
        let lacks = |key: &Key, own: &About| {
            is_live(own, now_ms) && theirs.get(key).is_none_or(|other| own.id < *other)
        };
        let lacking = self
            .of_shard(shard, after)
            .take_while(|(key, _)| end.is_none_or(|end| **key <= end))
            .filter(|(key, own)| lacks(key, own))
            .map(|(key, _)| *key)
            .take(MAX_ENTRIES)
            .collect();
        Difference { wanted, lacking }
    }

    fn allows(&self, row: &Row, origin: Origin, now_ms: u64) -> Result<(), Refused> {
        if row.key.slot >= self.limits.slots {
            return Err(Refused::Slot);
        }
        if row.payload.len() > self.limits.bytes(row.key.kind) {
            return Err(Refused::Payload);
        }
        if row.expiration_ms < now_ms {
            return Err(Refused::Past);
        }
        let skew = if origin == Origin::Member { SKEW_MS } else { 0 };
        if row.expiration_ms - now_ms > self.limits.lifetime_ms.saturating_add(skew) {
            return Err(Refused::Long);
        }
        Ok(())
    }

    /// Whether a row of another member would be among the highest versions of its slot.
    fn would_keep(&self, key: Key, now_ms: u64) -> bool {
        let higher = self.live_versions(key, now_ms).filter(|other| other.version > key.version);
        key.slot < self.limits.slots && higher.count() < self.limits.versions
    }

    fn live_versions(&self, key: Key, now_ms: u64) -> impl Iterator<Item = Key> + '_ {
        let (first, last) = (Key { version: 0, ..key }, Key { version: u64::MAX, ..key });
        let live = self.rows.range(first..=last).filter(move |(_, about)| is_live(about, now_ms));
        live.map(|(key, _)| *key)
    }

    /// Keys are ordered by kind, then owner, so a shard's are in two runs.
    fn of_shard(&self, shard: u8, after: Option<Key>) -> impl Iterator<Item = (&Key, &About)> {
        let from = after.map_or(Unbounded, Excluded);
        self.rows.range((from, Unbounded)).filter(move |(key, _)| shard_of(key) == Some(usize::from(shard)))
    }

    fn contest(&mut self, key: Key) {
        if let Some(held) = self.rows.get_mut(&key) {
            held.contested = true;
        }
    }

    fn insert(&mut self, key: Key, about: About) {
        let before = self.rows.insert(key, about);
        self.toggle(&key, &about.id);
        if let Some(before) = before {
            self.toggle(&key, &before.id);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(gone) = self.rows.remove(key) {
            self.toggle(key, &gone.id);
        }
    }

    fn toggle(&mut self, key: &Key, id: &[u8; 32]) {
        if let Some(digest) = shard_of(key).and_then(|shard| self.digests.get_mut(shard)) {
            digest.iter_mut().zip(id).for_each(|(digest, id)| *digest ^= id);
        }
    }
}

const fn is_live(about: &About, at_ms: u64) -> bool {
    serves_until(about.expiration_ms) >= at_ms
}

fn shard_of(key: &Key) -> Option<usize> {
    key.owner.first().map(|byte| usize::from(byte >> 4))
}
