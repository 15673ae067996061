//! The log cursor: reads both contracts' logs in bounded ranges, in order, and notices when blocks leave the chain.
//!
//! The cursor remembers the hash of the last block of every range it read (an anchor). Before it goes on it asks whether
//! the newest anchor still stands; if not it walks back to one that does, reports the rewind and reads again from there.
//! What is stored durably is only the first block after the finalised one, so that a restart reads everything that may
//! still change once more. Its consumer therefore treats every event as something it may have seen before.

use std::{collections::VecDeque, sync::Arc};

use alloy::{
    primitives::{Address, B256},
    rpc::types::{Filter, Log},
};

use super::{
    events::{ChainEvent, TOPICS, decode},
    rpc::{Header, Rpc, RpcFailure},
};

/// Anchors kept; older blocks are taken as final.
const MAX_ANCHORS: usize = 512;
/// Blocks taken as final below the head when the endpoint does not know the tag.
const ASSUMED_FINAL_DEPTH: u64 = 64;
/// Polls between two questions for the finalised block.
const FINAL_EVERY: u32 = 16;

/// What the cursor reads.
#[derive(Clone, Debug)]
pub struct CursorConfig {
    /// The coordinator behind our route.
    pub coordinator: Address,
    /// The router.
    pub router: Address,
    /// Blocks below the head that are not read yet, plus one; 1 reads the head.
    pub confirmations: u64,
    /// Most blocks in one query.
    pub max_range: u64,
    /// First block to read.
    pub first_block: u64,
}

/// What one look at the chain brought.
#[derive(Debug)]
pub struct Batch {
    /// The newest block.
    pub head: Header,
    /// Set when blocks left the chain: everything from this block on is read again.
    pub rewound_to: Option<u64>,
    /// Events of the range read, in chain order.
    pub events: Vec<ChainEvent>,
    /// Newest finalised block.
    pub final_block: u64,
    /// First block whose logs may be needed again after a restart.
    pub durable_next: u64,
    /// Whether everything up to the confirmed head has been read.
    pub caught_up: bool,
}

/// Reads logs from one block on.
#[derive(Debug)]
pub struct LogCursor {
    rpc: Arc<Rpc>,
    config: CursorConfig,
    next: u64,
    range: u64,
    anchors: VecDeque<(u64, B256)>,
    final_block: u64,
    polls: u32,
}

impl LogCursor {
    /// A cursor that starts at `config.first_block`.
    #[must_use]
    pub fn new(rpc: Arc<Rpc>, config: CursorConfig) -> Self {
        let (next, range) = (config.first_block, config.max_range.max(1));
        Self { rpc, config, next, range, anchors: VecDeque::new(), final_block: 0, polls: 0 }
    }

    /// The first block not read yet.
    #[must_use]
    pub const fn next_block(&self) -> u64 {
        self.next
    }

    /// Looks once: checks for a reorganisation, then reads at most one range.
    ///
    /// # Errors
    /// [`RpcFailure`]; nothing is lost, the next call repeats the work.
    pub async fn poll(&mut self) -> Result<Batch, RpcFailure> {
        let head = self.rpc.header("latest").await?.ok_or_else(|| missing("the latest block"))?;
        self.refresh_final(&head).await?;
        let rewound_to = self.check_anchors(&head).await?;
        // First block that is not deep enough yet.
        let end = (head.height() + 2).saturating_sub(self.config.confirmations.max(1));
        let mut events = Vec::new();
        if self.next < end {
            let last = (end - 1).min(self.next.saturating_add(self.range - 1));
            events = self.read(self.next, last, &head).await?;
        }
        Ok(Batch {
            caught_up: self.next >= end,
            durable_next: self.next.min(self.final_block + 1),
            final_block: self.final_block,
            rewound_to,
            events,
            head,
        })
    }

    async fn refresh_final(&mut self, head: &Header) -> Result<(), RpcFailure> {
        if self.polls.is_multiple_of(FINAL_EVERY) {
            let known = match self.rpc.header("finalized").await {
                Ok(Some(block)) => block.height(),
                Ok(None) | Err(RpcFailure::Refused { .. }) => {
                    head.height().saturating_sub(ASSUMED_FINAL_DEPTH)
                }
                Err(err) => return Err(err),
            };
            self.final_block = known.min(head.height());
        }
        self.polls = self.polls.wrapping_add(1);
        Ok(())
    }

    /// Drops anchors that left the chain; returns where reading resumes when there were any.
    async fn check_anchors(&mut self, head: &Header) -> Result<Option<u64>, RpcFailure> {
        let mut dropped = false;
        while let Some(&(number, hash)) = self.anchors.back() {
            let stands = if head.height() == number {
                head.hash == hash
            } else if head.height() == number + 1 {
                head.parent_hash == hash
            } else if head.height() < number {
                // The endpoint may merely lag; blocks it does not have yet prove nothing, an older anchor does.
                match self.older_anchor_stands(head.height()).await? {
                    Some(false) => false,
                    _ => break,
                }
            } else {
                self.rpc.header(number).await?.is_some_and(|block| block.hash == hash)
            };
            if stands {
                break;
            }
            self.anchors.pop_back();
            dropped = true;
        }
        if !dropped {
            return Ok(None);
        }
        self.next = self.anchors.back().map_or(self.config.first_block, |(number, _)| number + 1);
        Ok(Some(self.next))
    }

    async fn older_anchor_stands(&self, height: u64) -> Result<Option<bool>, RpcFailure> {
        let Some(&(number, hash)) = self.anchors.iter().rev().find(|(number, _)| *number <= height) else {
            return Ok(None);
        };
        Ok(Some(self.rpc.header(number).await?.is_some_and(|block| block.hash == hash)))
    }

    async fn read(&mut self, first: u64, last: u64, head: &Header) -> Result<Vec<ChainEvent>, RpcFailure> {
        let filter = Filter::new()
            .address(vec![self.config.coordinator, self.config.router])
            .event_signature(TOPICS.to_vec())
            .from_block(first)
            .to_block(last);
        let mut logs = match self.rpc.logs(&filter).await {
            Ok(logs) => logs,
            Err(RpcFailure::RangeTooLarge(words)) if self.range > 1 => {
                self.range = (self.range / 2).max(1);
                tracing::info!(range = self.range, %words, "the endpoint wants smaller log ranges");
                return Ok(Vec::new());
            }
            Err(err) => return Err(err),
        };
        let anchor = if last == head.height() {
            head.hash
        } else {
            self.rpc.header(last).await?.ok_or_else(|| missing("a block below the head"))?.hash
        };
        // The chain may have moved between the two answers; then this range is read again.
        let outside = |log: &Log| {
            log.block_number.is_none_or(|number| {
                number < first || number > last || (number == last && log.block_hash != Some(anchor))
            })
        };
        if logs.iter().any(outside) {
            tracing::debug!(first, last, "logs do not belong to the blocks asked for; reading again");
            return Ok(Vec::new());
        }
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        if !self.add_timestamps(&mut logs, head).await? {
            return Ok(Vec::new());
        }
        let mut events = Vec::with_capacity(logs.len());
        for log in &logs {
            match decode(log, self.config.coordinator, self.config.router) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => {}
                Err(reason) => tracing::warn!(tx = ?log.transaction_hash, %reason, "log ignored"),
            }
        }
        self.next = last + 1;
        self.anchors.push_back((last, anchor));
        if self.anchors.len() > MAX_ANCHORS {
            self.anchors.pop_front();
        }
        // Ranges grow back slowly after an endpoint refused one.
        self.range = self.range.saturating_add(self.range / 8 + 1).min(self.config.max_range.max(1));
        Ok(events)
    }

    /// Fills in the timestamps of requests' blocks; false when a block is not the one its log names.
    async fn add_timestamps(&self, logs: &mut [Log], head: &Header) -> Result<bool, RpcFailure> {
        let mut known: Option<Header> = Some(head.clone());
        for log in logs.iter_mut().filter(|log| log.topic0() == Some(&TOPICS[0])) {
            let Some(number) = log.block_number else { continue };
            if known.as_ref().is_none_or(|header| header.height() != number) {
                known = self.rpc.header(number).await?;
            }
            match &known {
                Some(header) if log.block_hash == Some(header.hash) => {
                    log.block_timestamp = Some(header.timestamp.to());
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

fn missing(what: &str) -> RpcFailure {
    RpcFailure::Malformed { method: "eth_getBlockByNumber".to_owned(), problem: format!("{what} is missing") }
}
