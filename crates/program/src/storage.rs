//! The storage cache of one program frame.

use std::collections::BTreeMap;

use alloy_primitives::B256;

#[derive(Debug, Clone, Copy)]
struct Slot {
    value: B256,
    /// What the chain holds, when the frame has learnt it.
    known: Option<B256>,
}

/// Values a frame has read or written and not given back yet, with the access counters that price them.
///
/// Upstream: `StorageCache` (Nitro, `arbitrator/arbutil/src/evm/storage.rs`).
#[derive(Debug, Default)]
pub(crate) struct StorageCache {
    slots: BTreeMap<B256, Slot>,
    reads: u32,
    writes: u32,
}

impl StorageCache {
    /// Counts a read and returns its gas.
    pub(crate) fn read_gas(&mut self) -> u64 {
        self.reads = self.reads.saturating_add(1);
        match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => 10,
        }
    }

    /// Counts a write and returns its gas.
    pub(crate) fn write_gas(&mut self) -> u64 {
        self.writes = self.writes.saturating_add(1);
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => 10,
        }
    }

    pub(crate) fn get(&self, key: B256) -> Option<B256> {
        self.slots.get(&key).map(|slot| slot.value)
    }

    /// Remembers a value that the chain holds.
    pub(crate) fn learn(&mut self, key: B256, value: B256) {
        self.slots.insert(key, Slot { value, known: Some(value) });
    }

    /// Writes into the cache only.
    pub(crate) fn write(&mut self, key: B256, value: B256) {
        self.slots.entry(key).or_insert(Slot { value, known: None }).value = value;
    }

    /// Takes what the chain must be told, and marks it as told.
    pub(crate) fn flush(&mut self, clear: bool) -> Vec<(B256, B256)> {
        let mut dirty = Vec::new();
        for (key, slot) in &mut self.slots {
            if slot.known != Some(slot.value) {
                dirty.push((*key, slot.value));
                slot.known = Some(slot.value);
            }
        }
        if clear {
            self.slots.clear();
        }
        dirty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const K: B256 = B256::repeat_byte(1);
    const V: B256 = B256::repeat_byte(2);

    #[test]
    fn flush_returns_only_what_differs_from_the_chain() {
        let mut cache = StorageCache::default();
        cache.learn(K, V);
        assert!(cache.flush(false).is_empty());
        cache.write(K, B256::ZERO);
        cache.write(K, V);
        assert!(cache.flush(false).is_empty(), "written back to the known value");
        cache.write(V, B256::ZERO);
        assert_eq!(cache.flush(false), [(V, B256::ZERO)], "never loaded: always dirty");
        assert!(cache.flush(true).is_empty());
        assert_eq!(cache.get(K), None);
    }

    #[test]
    fn gas_rises_with_the_number_of_accesses() {
        let mut cache = StorageCache::default();
        let reads: Vec<_> = (0..130).map(|_| cache.read_gas()).collect();
        assert_eq!((reads[31], reads[32], reads[127], reads[128]), (0, 2, 2, 10));
        let writes: Vec<_> = (0..66).map(|_| cache.write_gas()).collect();
        assert_eq!((writes[7], writes[8], writes[63], writes[64]), (0, 7, 7, 10));
    }
}
