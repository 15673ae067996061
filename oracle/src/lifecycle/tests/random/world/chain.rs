//! The chain of the histories: blocks come, leave, and are final.

use super::{
    super::super::{Happening, OURS, THEIRS, at, id, key_of, requested, seen},
    Delivery, Entry, IDS, World,
};

impl World {
    pub(super) fn requested(&self, byte: u8) -> Option<u64> {
        self.chain.iter().rev().find_map(|(_, entry)| match entry {
            Entry::Request { id, fee } if *id == byte => Some(*fee),
            _ => None,
        })
    }

    pub(super) fn answered(&self, byte: u8) -> bool {
        let of = |entry: &Entry| matches!(entry, Entry::Response { id, .. } | Entry::Timeout { id, .. } if *id == byte);
        self.chain.iter().any(|(_, entry)| of(entry))
    }

    pub(super) fn open_on_chain(&self) -> Vec<u8> {
        (1..=IDS).filter(|byte| self.requested(*byte).is_some() && !self.answered(*byte)).collect()
    }

    /// Whether a transaction for the commitment with this fee would be taken.
    pub(super) fn takes(&self, byte: u8, fee: u64) -> bool {
        self.requested(byte) == Some(fee) && !self.answered(byte)
    }

    pub(super) fn new_request(&mut self) -> String {
        let free: Vec<u8> = (1..=IDS).filter(|byte| self.requested(*byte).is_none()).collect();
        let Some(byte) = self.pick(&free) else { return "no free id".to_owned() };
        let fee = 5 + self.roll(2);
        self.add(Entry::Request { id: byte, fee });
        self.read_all();
        self.tell(Happening::Turn);
        format!("request {byte} with fee {fee}")
    }

    pub(super) fn response_of_another(&mut self) -> String {
        let Some(byte) = self.pick(&self.open_on_chain()) else { return "nothing to answer".to_owned() };
        let fee = self.requested(byte).unwrap_or_default();
        if self.roll(4) == 0 {
            self.counts.timed_out += 1;
            self.add(Entry::Timeout { id: byte, fee });
            return format!("timeout of {byte}");
        }
        self.add(Entry::Response { id: byte, fee, ours: false });
        format!("response to {byte}")
    }

    /// A new block with this entry, which is read at once.
    pub(super) fn add(&mut self, entry: Entry) {
        self.head += 1;
        self.chain.push((self.head, entry.clone()));
        self.read(self.head, &entry);
    }

    pub(super) fn read(&mut self, block: u64, entry: &Entry) {
        match *entry {
            Entry::Request { id: byte, fee } => {
                let seen = seen(byte, fee, block);
                let row = self.bench.rows.get(&id(byte)).map(|row| (**row).clone());
                if row.as_ref().is_some_and(|row| row.commitment_hash != seen.commitment_hash) {
                    self.counts.replaced += 1;
                }
                let records = self.records_of(key_of(&seen));
                self.tell(requested(seen, row, records));
            }
            Entry::Response { id: byte, ours, .. } => {
                let transmitter = if ours { OURS } else { THEIRS };
                self.tell(Happening::Responded { id: id(byte), transmitter, at: at(block) });
            }
            Entry::Timeout { id: byte, .. } => self.tell(Happening::TimedOut { id: id(byte), block }),
        }
    }

    /// A transaction of ours gets into a block, and answers the request if it is there and has no answer.
    pub(super) fn mine(&mut self) -> String {
        let pool: Vec<u8> = self.pool.keys().copied().collect();
        let Some(byte) = self.pick(&pool) else { return "no transaction".to_owned() };
        let Some(fee) = self.pool.remove(&byte) else { return String::new() };
        let pays = self.takes(byte, fee);
        if pays {
            self.counts.paid += 1;
            self.add(Entry::Response { id: byte, fee, ours: true });
        }
        let answered = self.answered(byte);
        if let Some((_, delivery)) = self.deliveries.get_mut(&byte) {
            // What did not pay is tried again as long as the chain shows no response.
            *delivery = if answered { Delivery::Ended } else { Delivery::Waits };
            if !pays {
                self.tell(Happening::Unpaid { id: id(byte), code: None });
            }
        }
        format!("transaction of {byte} in a block, pays: {pays}")
    }

    pub(super) fn reorganise(&mut self) -> String {
        let depth = self.head - self.last_final;
        if depth == 0 {
            return "all is final".to_owned();
        }
        let first = self.last_final + 1 + self.roll(depth);
        let lost: Vec<Entry> =
            self.chain.iter().filter(|(block, _)| *block >= first).map(|(_, entry)| entry.clone()).collect();
        self.chain.retain(|(block, _)| *block < first);
        self.head = first;
        self.counts.rewound += 1;
        self.tell(Happening::Rewound { first });
        for entry in lost {
            match entry {
                // Most events come again, some with another commitment.
                Entry::Request { id, fee } => match self.roll(6) {
                    0 => {}
                    1 => self.add(Entry::Request { id, fee: 11 - fee }),
                    _ => self.add(Entry::Request { id, fee }),
                },
                Entry::Response { id, fee, ours } => {
                    if self.takes(id, fee) && self.roll(2) == 0 {
                        self.add(Entry::Response { id, fee, ours });
                    } else if ours && self.roll(2) == 0 {
                        self.pool.insert(id, fee);
                        if let Some((_, delivery)) = self.deliveries.get_mut(&id) {
                            *delivery = Delivery::Sent;
                        }
                    }
                }
                Entry::Timeout { id, fee } => {
                    if self.takes(id, fee) && self.roll(2) == 0 {
                        self.add(Entry::Timeout { id, fee });
                    }
                }
            }
        }
        self.read_all();
        self.tell(Happening::Turn);
        format!("blocks from {first} on left")
    }

    pub(super) fn finalise(&mut self) -> String {
        self.last_final += self.roll(self.head - self.last_final + 1);
        let before = self.bench.lifecycle.len();
        self.tell(Happening::Finalised { block: self.last_final });
        self.counts.finals += (before - self.bench.lifecycle.len()) as u64;
        format!("final up to {}", self.last_final)
    }

    /// Blocks leave the chain while the node is down; some of what they held comes again.
    pub(super) fn move_unseen(&mut self) {
        let first = self.last_final + 1 + self.roll(self.head - self.last_final);
        self.counts.moved_unseen += 1;
        let kept = self.chain.iter().position(|(block, _)| *block >= first).unwrap_or(self.chain.len());
        let lost = self.chain.split_off(kept);
        for (_, entry) in lost {
            let (Entry::Request { id, fee } | Entry::Response { id, fee, .. } | Entry::Timeout { id, fee }) =
                entry;
            let fits = match entry {
                Entry::Request { .. } => true,
                _ => self.takes(id, fee),
            };
            if fits && self.roll(2) == 0 {
                self.head += 1;
                self.chain.push((self.head, entry));
            } else if matches!(entry, Entry::Response { ours: true, .. }) && self.roll(2) == 0 {
                self.pool.insert(id, fee);
            }
        }
    }
}
