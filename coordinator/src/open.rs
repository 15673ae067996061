//! Which requests are open: opened by the Router, neither fulfilled nor timed out.
//!
//! Upstream keeps the hash of the commitment and looks only whether it is there. A fresh word of storage for every
//! request is the dearest part of a request, so the Coordinator keeps a table of [`BUCKETS`] words that are never zero:
//! the constructor writes them all, and a word that is not zero is cheap to change.
//!
//! A word has room for [`PLACES`] requests, each known by a fingerprint of 21 bits of its id. An id names two buckets;
//! a new request goes into the emptier one. The second follows from the first and the fingerprint, and the first from
//! the second, so that requests with the same fingerprint in the same bucket have both buckets in common: it does not
//! matter which of them a fingerprint belongs to. When both are full, which happens with more than about 2,600 requests
//! in flight, a request gets a word of its own, as upstream has it, and its first bucket says so from then on; that
//! costs 22,100 gas more.
//!
//! A request that is not open may be taken for open, once in three million at a hundred in flight: a report on it then
//! goes its way to the Router, which knows better. An open one is always known.
//!
//! **While there is room, opening costs the same for every id**, and so at any time: both buckets are read, one is
//! written, and what the request might have saved by finding them warm is spent. A limit that suffices for one id
//! suffices for every other.

use functions_contract::{
    abi::halves,
    host::{self, Stretch},
};

use crate::storage::{Spilled, bucket, set_bucket};

/// Words of the table: 22,100 gas each, once.
pub const BUCKETS: u32 = 256;
/// Requests in a bucket, three in each quarter of its word.
const PLACES: u32 = 12;
/// Bits of a fingerprint.
const BITS: u32 = 21;
const MASK: u64 = (1 << BITS) - 1;
/// No fingerprint: the place is free.
const FREE: u64 = 0;
/// Above the fingerprints of the first quarter: set in every bucket, so that its word is never zero.
const IN_USE: u64 = 1 << 63;
/// Above those of the second: a request whose first bucket this is has got a word of its own.
const SPILLED: u64 = 1 << 63;

/// Gas that opening takes, whatever it finds: two cold words read, one written.
const OPEN_GAS: u64 = 7_400;
/// Where a request may lie, and what it is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    buckets: [u8; 2],
    fingerprint: u64,
}

impl Key {
    /// Every bit of the id counts: one that differs from an open one in a bit is not taken for it.
    fn of(id: &[u8; 32]) -> Self {
        let (high, low) = halves(id);
        let half = high ^ low.rotate_left(64);
        let quarter = (half >> 64) as u64 ^ (half as u64).rotate_left(11);
        let bits = quarter ^ quarter >> 29 ^ quarter >> 58;
        Self::at(bits as u8, bits >> 8 & MASK)
    }

    /// The second bucket is never the first, and leads back to it.
    const fn at(first: u8, fingerprint: u64) -> Self {
        let fingerprint = if fingerprint == FREE { 1 } else { fingerprint };
        Self { buckets: [first, first ^ (fingerprint as u8 | 1)], fingerprint }
    }
}

/// The fingerprints of one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bucket([u64; 4]);

/// What a bucket has of a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// Places that are taken, by any.
    used: u32,
    /// The last place with the fingerprint; [`PLACES`] when there is none.
    place: u32,
}

impl Seen {
    fn is_there(self) -> bool {
        self.place < PLACES
    }
}

impl Bucket {
    const EMPTY: Self = Self([IN_USE, 0, 0, 0]);

    fn load(index: u8) -> Self {
        Self(bucket(index))
    }

    fn store(&self, index: u8) {
        set_bucket(index, self.0);
    }

    /// Looks at every place, so that it takes the same time whatever it finds.
    #[inline(never)]
    fn see(&self, fingerprint: u64) -> Seen {
        let mut seen = Seen { used: 0, place: PLACES };
        for place in 0..PLACES {
            let there = self.0[(place / 3) as usize] >> (place % 3 * BITS) & MASK;
            seen.used += u32::from(there != FREE);
            seen.place = if there == fingerprint { place } else { seen.place };
        }
        seen
    }

    /// Changes what a place holds.
    #[inline(never)]
    fn replace(&mut self, place: u32, old: u64, new: u64) {
        self.0[(place / 3) as usize] ^= (old ^ new) << (place % 3 * BITS);
    }

    fn has_spilled(&self) -> bool {
        self.0[1] & SPILLED != 0
    }
}

/// Writes the empty table; for the constructor.
pub fn prepare() {
    (0..=u8::MAX).for_each(|index| Bucket::EMPTY.store(index));
}

/// Whether a request is open.
pub fn is_open(id: &[u8; 32]) -> bool {
    let Key { buckets: [first, second], fingerprint } = Key::of(id);
    let first = Bucket::load(first);
    first.see(fingerprint).is_there()
        || Bucket::load(second).see(fingerprint).is_there()
        || first.has_spilled() && Spilled::of(id).is_set()
}

/// Opens a request that is not open, and writes storage back.
pub fn open(id: &[u8; 32]) {
    let stretch = Stretch::of(OPEN_GAS);
    let Key { buckets, fingerprint } = Key::of(id);
    let mut loaded = buckets.map(Bucket::load);
    let [first, second] = loaded.map(|bucket| bucket.see(FREE));
    let emptier = usize::from(second.used < first.used);
    let free = [first, second][emptier];
    if free.is_there() {
        loaded[emptier].replace(free.place, FREE, fingerprint);
    } else {
        loaded[0].0[1] |= SPILLED;
        Spilled::of(id).set();
    }
    loaded[emptier].store(buckets[emptier]);
    host::flush();
    stretch.end();
}

/// Closes a request that was fulfilled or has timed out, whether it is open or not.
pub fn close(id: &[u8; 32]) {
    let Key { buckets, fingerprint } = Key::of(id);
    for index in buckets {
        let mut bucket = Bucket::load(index);
        if bucket.has_spilled() && index == buckets[0] {
            let own = Spilled::of(id);
            if own.is_set() {
                return own.clear();
            }
        }
        let seen = bucket.see(fingerprint);
        if seen.is_there() {
            bucket.replace(seen.place, fingerprint, FREE);
            return bucket.store(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_bucket_leads_to_the_other() {
        for fingerprint in (0..=MASK).step_by(977).chain([0, 1, MASK]) {
            let key = Key::at(fingerprint as u8 ^ 0x5a, fingerprint);
            let [first, second] = key.buckets;
            assert_ne!(first, second);
            assert_ne!(key.fingerprint, FREE);
            assert_eq!(Key::at(second, fingerprint), Key { buckets: [second, first], ..key });
        }
    }

    #[test]
    fn every_bit_of_an_id_counts() {
        let id = core::array::from_fn(|index| (index * index) as u8);
        for bit in 0..256 {
            let mut other = id;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(Key::of(&other), Key::of(&id), "bit {bit}");
        }
    }

    #[test]
    fn a_bucket_keeps_twelve_fingerprints_apart() {
        let mut bucket = Bucket::EMPTY;
        for taken in 0..PLACES {
            let free = bucket.see(FREE);
            assert_eq!(free.used, taken);
            bucket.replace(free.place, FREE, MASK - u64::from(taken));
        }
        assert_eq!(bucket.see(FREE), Seen { used: PLACES, place: PLACES });
        assert_eq!(bucket.see(5), Seen { used: PLACES, place: PLACES });
        for taken in 0..PLACES {
            let fingerprint = MASK - u64::from(taken);
            let seen = bucket.see(fingerprint);
            assert!(seen.is_there());
            bucket.replace(seen.place, fingerprint, FREE);
            assert!(!bucket.see(fingerprint).is_there());
        }
        assert_eq!(bucket, Bucket::EMPTY);
    }

    #[test]
    fn equal_fingerprints_are_counted() {
        let mut bucket = Bucket([IN_USE, SPILLED, 0, 0]);
        for _ in 0..2 {
            bucket.replace(bucket.see(FREE).place, FREE, 9);
        }
        bucket.replace(bucket.see(9).place, 9, FREE);
        assert!(bucket.see(9).is_there());
        bucket.replace(bucket.see(9).place, 9, FREE);
        assert_eq!(bucket, Bucket([IN_USE, SPILLED, 0, 0]));
    }
}
