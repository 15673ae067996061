//! The log cursor: reads both contracts' logs in bounded ranges, in order, and notices when blocks leave the chain.
//!
//! The cursor remembers the hash of the last block of every range it read (an anchor). Before it goes on it asks
//! whether the newest anchor still stands; if not it walks back to one that does, reports the rewind and reads again
//! from there ([`super::anchors`]).
//!
//! Where several endpoints must agree (`chain.agree`), every answer below is what enough of them say alike.
//!
//! No single answer is trusted to be whole. A single block's logs are asked for by its hash; where a header's filter
//! says that there may be logs and none came, another endpoint is asked; answers that left out logs are doubted for a
//! while ([`super::gather`]); and every block is read again later ([`super::reread`]). What is stored durably is the
//! first block without its final reading, so that a restart reads everything else once more. Events already given are
//! left out, yet the consumer treats every event as something it may have seen before.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use alloy::{
    primitives::{Address, B256, Bloom},
    rpc::types::Log,
};
use tokio::time::Instant;

use super::{
    anchors::Anchors,
    endpoints::{Reach, Rpc},
    events::{ChainEvent, TOPICS, decode},
    failure::{RpcFailure, malformed},
    finality::{ChainTime, FinalBlock},
    gather::{Doubt, Gathered, Reading},
    header::Header,
    logs::{LogQuery, Span},
    reread::{Again, Rereads},
};
use crate::config::Finality;

/// Block times kept.
const MAX_TIMES: usize = 4_096;

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
    /// Which blocks are taken as final.
    pub finality: Finality,
}

/// What one look at the chain brought.
#[derive(Debug)]
pub struct Batch {
    /// The newest block.
    pub head: Header,
    /// Unix seconds of the newest block, as far as they are believed.
    pub seconds: u64,
    /// Set when blocks left the chain: everything from this block on is read again.
    pub rewound_to: Option<u64>,
    /// Events not given before, in chain order; those an earlier reading missed come first.
    pub events: Vec<ChainEvent>,
    /// How many of the events an earlier reading of their blocks had missed.
    pub missed: usize,
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
    anchors: Anchors,
    final_block: FinalBlock,
    time: ChainTime,
    rereads: Rereads,
    /// Logs given, by block: block hash, index in the block, and the request they are about.
    given: BTreeMap<u64, Vec<(B256, u64, Option<B256>)>>,
    /// Block times by hash.
    times: HashMap<B256, u64>,
    /// A rewind not reported yet: a look that fails later does not lose it.
    rewound_to: Option<u64>,
    doubt: Doubt,
}

impl LogCursor {
    /// A cursor that starts at `config.first_block`.
    #[must_use]
    pub fn new(rpc: Arc<Rpc>, config: CursorConfig) -> Self {
        let (next, range) = (config.first_block, config.max_range.max(1));
        let final_block = FinalBlock::new(config.finality);
        Self {
            rpc,
            config,
            next,
            range,
            anchors: Anchors::default(),
            final_block,
            time: ChainTime::default(),
            rereads: Rereads::new(next, Instant::now()),
            given: BTreeMap::new(),
            times: HashMap::new(),
            rewound_to: None,
            doubt: Doubt::default(),
        }
    }

    /// The first block not read yet.
    #[must_use]
    pub const fn next_block(&self) -> u64 {
        self.next
    }

    /// Looks once: checks for a reorganisation, then reads at most one range, then at most one range again.
    ///
    /// # Errors
    /// [`RpcFailure`]; nothing is lost, the next call goes on where this one stopped.
    pub async fn poll(&mut self) -> Result<Batch, RpcFailure> {
        let (head, source) = self.rpc.agreed_head_from().await?;
        self.final_block.refresh(&self.rpc, &head).await;
        self.check_anchors(&head, source).await?;
        let seconds = self.time.at(&self.rpc, &head, Instant::now()).await;
        // First block that is not deep enough yet.
        let end = (head.height() + 2).saturating_sub(self.config.confirmations.max(1));
        let mut events = Vec::new();
        if self.next < end {
            let last = (end - 1).min(self.next.saturating_add(self.range - 1));
            events = self.read(self.next, last, &head).await?;
        }
        let caught_up = self.next >= end;
        let found = if caught_up { self.read_again().await } else { Vec::new() };
        let missed = found.len();
        Ok(Batch {
            caught_up,
            durable_next: self.rereads.settled().min(self.next),
            final_block: self.final_block.known().unwrap_or(0),
            seconds,
            rewound_to: self.rewound_to.take(),
            events: found.into_iter().chain(events).collect(),
            missed,
            head,
        })
    }

    /// Notes where reading resumes when blocks left the chain.
    async fn check_anchors(&mut self, head: &Header, source: Option<usize>) -> Result<(), RpcFailure> {
        if self.anchors.check(&self.rpc, head, source).await? {
            self.next = self.anchors.newest().map_or(self.config.first_block, |number| number + 1);
            self.rereads.rewind(self.next);
            self.given.split_off(&self.next);
            self.rewound_to = Some(self.rewound_to.map_or(self.next, |before| before.min(self.next)));
        }
        Ok(())
    }

    fn query(&self, span: Span) -> LogQuery {
        let addresses = vec![self.config.coordinator, self.config.router];
        LogQuery { addresses, topics: TOPICS.to_vec(), span }
    }

    async fn read(&mut self, first: u64, last: u64, head: &Header) -> Result<Vec<ChainEvent>, RpcFailure> {
        let anchor = if last == head.height() {
            head.clone()
        } else {
            let missing =
                || malformed("eth_getBlockByNumber", format!("block {last} below the head is missing"));
            self.rpc.agreed_header(last).await?.ok_or_else(missing)?
        };
        let span = if first == last { Span::Block(last, anchor.hash) } else { Span::Range(first, last) };
        let Some(mut logs) = self.gather(span, Some(&anchor), false).await? else { return Ok(Vec::new()) };
        let at_last = |log: &Log| log.block_number == Some(last);
        // The chain may have moved between the answers; then this range is read again.
        if logs.iter().any(|log| at_last(log) && log.block_hash != Some(anchor.hash)) {
            tracing::debug!(first, last, "logs do not belong to the blocks asked for; reading again");
            return Ok(Vec::new());
        }
        self.keep_time(&anchor);
        self.keep_time(head);
        if !self.add_times(&mut logs).await? {
            return Ok(Vec::new());
        }
        let events = self.give(logs, false);
        self.next = last + 1;
        self.anchors.push(last, anchor.hash);
        if self.final_block.known().is_some_and(|known| last <= known) && last < head.height() {
            self.rereads.skip_to(self.next);
        }
        // Ranges grow back slowly after an endpoint refused one.
        self.range = self.range.saturating_add(self.range / 8 + 1).min(self.config.max_range.max(1));
        Ok(events)
    }

    /// Asks for a span's logs as often as it takes to trust the answers; `None` when the range was too large and is
    /// smaller now. A first reading knows the header of the last block, its `anchor`.
    async fn gather(
        &mut self,
        span: Span,
        anchor: Option<&Header>,
        is_final: bool,
    ) -> Result<Option<Vec<Log>>, RpcFailure> {
        let mut gathered = Gathered::default();
        let mut asked = 0u32;
        loop {
            // Readings after the first begin with an answer independent of the usual one.
            let is_usual = asked.is_multiple_of(2) == anchor.is_some();
            let reach = if is_usual { Reach::First } else { Reach::Second };
            let Some(answer) = self.logs(span, reach).await? else { return Ok(None) };
            self.join(&mut gathered, span, answer);
            asked += 1;
            if let Some(anchor) = anchor.filter(|anchor| asked == 1 && self.denies(&gathered, anchor)) {
                let block = Span::Block(anchor.height(), anchor.hash);
                let answer = self.logs(block, Reach::Second).await?.unwrap_or_default();
                self.join(&mut gathered, block, answer);
            }
            let reading = Reading {
                is_covered: anchor.is_some() && matches!(span, Span::Block(..)),
                is_final,
                lacks: self.lacks(&gathered, span, anchor),
            };
            if asked >= self.doubt.times(reading, Instant::now()) {
                return Ok(Some(gathered.into_logs()));
            }
        }
    }

    fn join(&mut self, gathered: &mut Gathered, span: Span, answer: Vec<Log>) {
        if gathered.add(span, answer) {
            self.caught(span);
        }
    }

    fn caught(&mut self, span: Span) {
        let is_news = self.doubt.caught(Instant::now());
        let blocks = span.blocks();
        let (first, last) = (blocks.start(), blocks.end());
        if is_news {
            tracing::warn!(first, last, "an endpoint left out logs; its answers are doubted for a while");
        } else {
            tracing::debug!(first, last, "an endpoint left out logs");
        }
    }

    /// Whether a header's filter speaks of logs in its block where none came.
    fn denies(&self, gathered: &Gathered, header: &Header) -> bool {
        !gathered.has_block(header.height()) && self.may_hold(&header.logs_bloom)
    }

    /// Whether a log that the last header speaks of, or one that was given before, did not come.
    fn lacks(&self, gathered: &Gathered, span: Span, anchor: Option<&Header>) -> bool {
        anchor.is_some_and(|anchor| self.denies(gathered, anchor))
            || self
                .given
                .range(span.blocks())
                .flat_map(|(_, logs)| logs)
                .any(|(block, index, _)| !gathered.has(*block, *index))
    }

    /// Asks for logs; `None` when the range was too large and is smaller now.
    async fn logs(&mut self, span: Span, reach: Reach) -> Result<Option<Vec<Log>>, RpcFailure> {
        let blocks = span.blocks().end() - span.blocks().start() + 1;
        match self.rpc.agreed_logs(&self.query(span), reach).await {
            Ok(logs) => Ok(Some(logs)),
            Err(RpcFailure::RangeTooLarge(words)) if blocks > 1 => {
                self.range = (blocks / 2).max(1);
                tracing::info!(range = self.range, %words, "the endpoint wants smaller log ranges");
                Ok(None)
            }
            Err(err) => {
                // A long search that fails may be too long without saying so.
                if blocks > 1 {
                    self.range = (blocks / 2).max(1);
                }
                Err(err)
            }
        }
    }

    fn may_hold(&self, bloom: &Bloom) -> bool {
        self.query(Span::Range(0, 0)).may_be_in(bloom)
    }

    /// Reads one due range again; the events no earlier reading gave. Trouble is for a later look.
    async fn read_again(&mut self) -> Vec<ChainEvent> {
        let final_block = self.final_block.known().unwrap_or(0);
        let Some(again) = self.rereads.due(self.next, final_block, self.range, Instant::now()) else {
            return Vec::new();
        };
        match self.find_missed(again).await {
            Ok(Some(events)) => {
                self.rereads.done(again, final_block, Instant::now());
                if again.first <= self.rereads.settled() {
                    // Blocks that are settled are not read again: their logs need not be remembered.
                    self.given = self.given.split_off(&self.rereads.settled());
                }
                events
            }
            Ok(None) => Vec::new(),
            Err(err) => {
                tracing::debug!(%err, first = again.first, last = again.last, "blocks could not be read again");
                Vec::new()
            }
        }
    }

    async fn find_missed(&mut self, again: Again) -> Result<Option<Vec<ChainEvent>>, RpcFailure> {
        let (first, last) = (again.first, again.last);
        let span = Span::Range(first, last);
        let Some(logs) = self.gather(span, None, again.is_final()).await? else { return Ok(None) };
        let mut missed = Vec::new();
        for log in logs {
            if self.is_given(&log) {
                continue;
            }
            // A backend on another branch shows logs that are not ours.
            let (Some(number), Some(hash)) = (log.block_number, log.block_hash) else { continue };
            match self.rpc.agreed_header(number).await? {
                Some(block) if block.hash == hash => {
                    self.keep_time(&block);
                    missed.push(log);
                }
                _ => tracing::debug!(number, %hash, "a log of a block that is not in the chain"),
            }
        }
        if !missed.is_empty() {
            tracing::warn!(first, last, logs = missed.len(), "an earlier reading missed logs");
            self.caught(span);
            self.add_times(&mut missed).await?;
        }
        Ok(Some(self.give(missed, true)))
    }

    fn is_given(&self, log: &Log) -> bool {
        let (Some(number), Some(hash), Some(index)) = (log.block_number, log.block_hash, log.log_index)
        else {
            return false;
        };
        self.given.get(&number).is_some_and(|logs| logs.iter().any(|(at, of, _)| *at == hash && *of == index))
    }

    /// Decodes logs in chain order, each once. `late` ones lie below others that were given already.
    fn give(&mut self, mut logs: Vec<Log>, late: bool) -> Vec<ChainEvent> {
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        let mut events = Vec::with_capacity(logs.len());
        for log in &logs {
            if self.is_given(log) {
                continue;
            }
            let event = match decode(log, self.config.coordinator, self.config.router) {
                Ok(event) => event,
                Err(reason) => {
                    tracing::warn!(tx = ?log.transaction_hash, %reason, "log ignored");
                    None
                }
            };
            let request = event.as_ref().and_then(ChainEvent::request_id);
            if let (true, Some(ChainEvent::Request(seen))) = (late, &event) {
                self.forget_later(seen.request_id);
            }
            if let (Some(number), Some(hash), Some(index)) = (log.block_number, log.block_hash, log.log_index)
            {
                self.given.entry(number).or_default().push((hash, index, request));
            }
            events.extend(event);
        }
        events
    }

    /// What was given about a request before the request itself meant nothing to the consumer: it is given again.
    fn forget_later(&mut self, id: B256) {
        for logs in self.given.values_mut() {
            logs.retain(|(_, _, request)| *request != Some(id));
        }
    }

    fn keep_time(&mut self, block: &Header) {
        if self.times.len() >= MAX_TIMES {
            self.times.clear();
        }
        self.times.insert(block.hash, block.timestamp.to());
    }

    /// Fills in the times of requests' blocks where the endpoint did not; false when a block is not the one its log
    /// names.
    async fn add_times(&mut self, logs: &mut [Log]) -> Result<bool, RpcFailure> {
        for log in logs.iter_mut().filter(|log| log.topic0() == Some(&TOPICS[0])) {
            let (Some(number), Some(hash)) = (log.block_number, log.block_hash) else { continue };
            if let Some(known) = self.times.get(&hash) {
                log.block_timestamp = Some(*known);
            }
            if log.block_timestamp.is_some() {
                continue;
            }
            match self.rpc.agreed_header(number).await? {
                Some(block) if block.hash == hash => {
                    self.keep_time(&block);
                    log.block_timestamp = Some(block.timestamp.to());
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}
