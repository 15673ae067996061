//! A model of the log cursor (`oracle/src/chain/cursor.rs`, which is not pure): anchors, rewinds, readings that repeat.

use std::rc::Rc;

use alloy::primitives::B256;

use crate::chain::{Block, contract::Happened};

/// Most blocks a look reads.
const RANGE: u64 = 200;
/// Milliseconds until blocks are read again by the means that do not miss a log.
const AGAIN_MS: u64 = 10_000;

/// Where a node's reading stands.
#[derive(Debug)]
pub struct Cursor {
    next: u64,
    anchors: Vec<(u64, B256)>,
    /// Blocks whose logs were left out, and when.
    missed: Vec<(u64, Rc<Block>)>,
}

/// What a look brought.
#[derive(Debug)]
pub struct Batch {
    /// The newest block.
    pub head: Rc<Block>,
    /// First block that left the chain.
    pub rewound: Option<u64>,
    /// Blocks whose events are given now.
    pub blocks: Vec<Rc<Block>>,
    /// First block to read after a start.
    pub durable_next: u64,
    /// Whether everything has been read.
    pub caught_up: bool,
}

impl Cursor {
    /// That begins at a block.
    #[must_use]
    pub const fn new(next: u64) -> Self {
        Self { next, anchors: Vec::new(), missed: Vec::new() }
    }

    /// Looks at the chain that ends with `head`; while `withheld`, logs of new blocks are left out.
    pub fn poll(&mut self, now: u64, head: &Rc<Block>, withheld: bool) -> Batch {
        let mut dropped = false;
        while let Some(&(number, hash)) = self.anchors.last() {
            // Blocks that the endpoint does not have yet prove nothing; an older anchor does.
            let Some(&(known, known_hash)) = self.anchors.iter().rev().find(|(at, _)| *at <= head.number)
            else {
                break;
            };
            if head.holds(known, known_hash) {
                break;
            }
            debug_assert!(number >= known && !hash.is_zero());
            self.anchors.retain(|(at, _)| *at < known);
            dropped = true;
        }
        let mut rewound = None;
        if dropped {
            self.next = self.anchors.last().map_or(0, |(number, _)| number + 1);
            self.missed.retain(|(_, block)| block.number < self.next);
            rewound = Some(self.next);
        }
        let mut blocks = Vec::new();
        let due = |(at, block): &(u64, Rc<Block>)| {
            (now >= at + AGAIN_MS || !withheld) && head.holds(block.number, block.hash)
        };
        blocks.extend(self.missed.extract_if(.., |missed| due(missed)).map(|(_, block)| block));
        let end = (head.number + 1).min(self.next + RANGE);
        let mut fresh = Vec::new();
        let mut at = head.at(end - 1);
        while let Some(block) = at.filter(|block| block.number >= self.next) {
            at = block.parent.clone();
            fresh.push(block);
        }
        for block in fresh.into_iter().rev() {
            self.anchors.push((block.number, block.hash));
            self.next = block.number + 1;
            if block.events.is_empty() {
                continue;
            }
            if withheld && block.events.iter().any(|event| !matches!(event, Happened::Configured(_))) {
                self.missed.push((now, block));
            } else {
                blocks.push(block);
            }
        }
        let missed = self.missed.iter().map(|(_, block)| block.number).min().unwrap_or(u64::MAX);
        Batch {
            head: head.clone(),
            rewound,
            blocks,
            durable_next: (head.final_number() + 1).min(self.next).min(missed),
            caught_up: self.next > head.number,
        }
    }
}
