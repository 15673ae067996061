//! What goes wrong: the network before stabilisation, crashes and restarts.

use std::collections::BTreeSet;

use alloy_primitives::keccak256;
use oracle_ocr::{Record, RequestKey};

use super::{Event, World};
use crate::scenario::Mutation;

impl World {
    pub(super) fn transmit(&mut self, from: usize, to: usize, bytes: Vec<u8>, extra: u64) {
        self.out.messages += 1;
        self.note(b"send", from, &bytes);
        let wild = self.now < self.scenario.stable_at;
        let copies = if wild && self.chance(self.scenario.duplication) { 2 } else { 1 };
        for _ in 0..copies {
            if wild && (self.chance(self.scenario.loss) || self.is_cut(from, to)) {
                continue;
            }
            let delay = match (self.scenario.exact, wild) {
                (true, _) => self.scenario.calm_delay,
                (false, true) => 1 + self.below(self.scenario.wild_delay),
                (false, false) => 1 + self.below(self.scenario.calm_delay),
            };
            self.at(self.now + delay + extra, Event::Deliver { to, from, bytes: bytes.clone() });
        }
    }

    /// Before stabilisation the oracles fall into two groups that change every two seconds.
    fn is_cut(&mut self, from: usize, to: usize) -> bool {
        if !self.scenario.partitions {
            return false;
        }
        let period = (self.now / 2_000) as u8;
        self.groups = u32::from_be_bytes(
            keccak256([&self.scenario.seed.to_be_bytes()[..], &[period]].concat())[..4].try_into().unwrap(),
        );
        period.is_multiple_of(2) && (self.groups >> from & 1) != (self.groups >> to & 1)
    }

    pub(super) fn crash(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        state.life += 1;
        state.copies.clear();
        state.timers.clear();
        if self.scenario.mutation == Mutation::Amnesia {
            state.disk.clear();
        }
        let latest = self.scenario.stable_at.saturating_sub(self.now).min(4_000);
        let after = self.below(latest + 1);
        self.at(self.now + after, Event::Restart { node });
    }

    pub(super) fn restart(&mut self, node: usize) {
        self.out.restarts += 1;
        let records: Vec<Record> = self.nodes[node].disk.values().cloned().collect();
        let mut protocol = match self.protocol(node).load(records) {
            Ok(protocol) => protocol,
            Err(error) => {
                self.out.violation.get_or_insert(format!("durability: {error}"));
                return;
            }
        };
        let effects = protocol.resume(self.local(node));
        let unobserved: Vec<RequestKey> = protocol.unobserved().collect();
        let known: BTreeSet<RequestKey> = protocol.keys().collect();
        self.nodes[node].copies = vec![protocol];
        self.apply(node, 0, effects);
        for key in unobserved {
            self.execute(node, 0, key);
        }
        // The log is read again: events whose record did not survive are seen anew.
        for request in self.nodes[node].seen.clone() {
            if !known.contains(&self.events[request].key()) {
                self.at(self.now, Event::Seen { node, request });
            }
        }
    }
}
