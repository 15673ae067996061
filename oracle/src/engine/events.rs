//! What the chain, the sandbox and the transmitter say, and what it means for a request.

use alloy::primitives::{Address, B256};
use oracle_ocr::Input;

use super::{Engine, EngineError, requests::Active};
use crate::{
    admin::Kind,
    chain::{Batch, ChainEvent, Position, SeenRequest},
    clock::now_ms,
    journal::{RequestView, State, TransmissionView},
    transmit::TransmitNote,
};

/// Seconds after its timeout at which a request nobody timed out is given up.
const EXPIRY_GRACE_SECONDS: u64 = 600;
/// Milliseconds between two writes of the cursor on a chain without events of ours.
const CURSOR_EVERY_MS: u64 = 2_000;
/// Milliseconds between two removals of old requests from the journal.
const PRUNE_EVERY_MS: u64 = 3_600_000;
/// Old requests removed at one look at the chain, so that none waits for it.
const PRUNE_STEP: u32 = 50;

impl Engine {
    pub(super) async fn on_batch(&mut self, batch: Batch) -> Result<(), EngineError> {
        if let Some(first) = batch.rewound_to {
            self.on_rewind(first);
        }
        let batch_had_events = !batch.events.is_empty();
        self.parts.metrics.logs_missed.inc_by(batch.missed as u64);
        for event in batch.events {
            self.on_event(event).await?;
        }
        self.settle_final(batch.final_block);
        self.expire(batch.head.timestamp.to());
        if batch.caught_up {
            if !self.caught_up {
                tracing::info!(head = batch.head.height(), "the chain has been read");
                self.caught_up = true;
            }
            for id in std::mem::take(&mut self.to_start) {
                self.start(id);
            }
            self.chain_seconds = batch.head.timestamp.to();
            self.feed(Input::ChainTime(self.chain_seconds));
        }
        self.explain_waiting();
        let now = now_ms();
        let due = batch_had_events || now >= self.next_cursor_ms;
        if due && self.stored_cursor != Some(batch.durable_next) {
            self.next_cursor_ms = now + CURSOR_EVERY_MS;
            self.cursor = Some(batch.durable_next);
            self.stored_cursor = Some(batch.durable_next);
        }
        if now >= self.next_prune_ms {
            let removed =
                self.parts.journal.prune(now.saturating_sub(self.parts.keep_ms), PRUNE_STEP).await?;
            // What is left goes with the next looks at the chain.
            let pause = if removed < u64::from(PRUNE_STEP) { PRUNE_EVERY_MS } else { 0 };
            self.next_prune_ms = now + pause;
            if removed > 0 {
                tracing::debug!(removed, "old requests removed from the journal");
            }
        }
        let metrics = &self.parts.metrics;
        metrics.head.set(i64::try_from(batch.head.height()).unwrap_or(i64::MAX));
        metrics.open_requests.set(i64::try_from(self.requests.len()).unwrap_or(i64::MAX));
        self.report_status(Some(batch.head.height()));
        Ok(())
    }

    async fn on_event(&mut self, event: ChainEvent) -> Result<(), EngineError> {
        match event {
            ChainEvent::Request(seen) => self.on_request(*seen).await,
            ChainEvent::Response { request_id, transmitter, at } => {
                self.on_response(request_id, transmitter, at);
                Ok(())
            }
            ChainEvent::Processed { request_id, code, .. } => {
                if let Some(request) = self.requests.get_mut(&request_id) {
                    request.row.view.result_code = Some(code);
                }
                Ok(())
            }
            // Our own refusals are read from receipts; another node's are its business.
            ChainEvent::NotProcessed { request_id, code, transmitter, .. } => {
                tracing::debug!(%request_id, code, %transmitter, "an entry was not processed");
                Ok(())
            }
            ChainEvent::TimedOut { request_id, .. } => {
                self.end(request_id, State::Expired, Some("timed out on chain".to_owned()));
                Ok(())
            }
            ChainEvent::Config(event) => {
                // Earlier configurations are met again while the chain's past is read.
                if event.configCount > self.parts.don.config_count {
                    tracing::info!(digest = %event.configDigest, "the coordinator has a new configuration");
                    self.reconfigured = true;
                }
                Ok(())
            }
            ChainEvent::Route { don_id, coordinator } => {
                let ours = don_id == self.parts.don_id && coordinator != self.parts.don.coordinator;
                if ours && self.caught_up {
                    tracing::info!(%coordinator, "the route leads to another coordinator");
                    self.reconfigured = true;
                }
                Ok(())
            }
        }
    }

    async fn on_request(&mut self, seen: SeenRequest) -> Result<(), EngineError> {
        let id = seen.request_id;
        if let Some(known) = self.requests.get_mut(&id) {
            let same = known.seen.commitment_hash == seen.commitment_hash;
            if same && known.state() != State::Orphaned {
                let moved = known.row.block_hash != seen.at.block_hash;
                if moved {
                    known.row.block_hash = seen.at.block_hash;
                    known.row.block_number = seen.at.block_number;
                    known.seen.at = seen.at;
                    self.requests.touch(id);
                }
                return Ok(());
            }
            let key = known.key();
            tracing::info!(request_id = %id, same, "the request is in the chain again");
            if same {
                self.revive(seen);
                return Ok(());
            }
            // Another commitment is another request: nothing signed for the old one is ever used.
            self.requests.remove(&id);
            self.timers.forget(&key);
            self.feed(Input::Forget(key));
        }
        if let Some(row) = self.parts.journal.request(id).await? {
            let same = row.commitment_hash == seen.commitment_hash;
            if same && row.view.state != State::Orphaned {
                return Ok(());
            }
        }
        self.parts.metrics.requests_seen.inc();
        self.count_state(State::Seen);
        tracing::info!(request_id = %id, block = seen.at.block_number, subscription = seen.subscription_id, "request seen");
        let mut request = Active::new(seen, now_ms());
        let most = self.parts.max_waiting;
        if self.requests.open() >= most {
            let reason = format!("{most} requests wait already; runner.max_waiting allows more");
            tracing::warn!(request_id = %id, %reason, "request refused");
            request.put(State::Refused, Some(reason));
            self.count_state(State::Refused);
            self.requests.store(request.row);
            return Ok(());
        }
        self.admit(request);
        Ok(())
    }

    /// The same request in another block: results are kept.
    fn revive(&mut self, seen: SeenRequest) {
        let id = seen.request_id;
        let Some(key) = self.requests.get(&id).map(Active::key) else { return };
        let state = self.revived_state(&key);
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.replace_event(seen);
        request.put(state, None);
        let job = request.job.clone();
        self.requests.touch(id);
        match job {
            Some(job) => self.parts.transmitter.start(job),
            None => self.to_start.push(id),
        }
    }

    fn admit(&mut self, request: Active) {
        let id = request.seen.request_id;
        self.requests.insert(request);
        self.requests.touch(id);
        self.to_start.push(id);
    }

    fn on_response(&mut self, id: B256, transmitter: Address, at: Position) {
        let ours = self.parts.transmitter_account;
        let Some(request) = self.requests.get_mut(&id) else { return };
        let key = request.key();
        let view = &mut request.row.view;
        let by_us = transmitter == ours;
        let stage =
            view.transmission.as_ref().filter(|known| known.by_us && by_us).and_then(|known| known.stage);
        view.transmission = Some(TransmissionView {
            tx_hash: at.tx_hash,
            stage,
            by_us,
            transmitter: Some(transmitter.to_string()),
        });
        view.times_ms.included.get_or_insert_with(now_ms);
        view.included_block = Some(at.block_number);
        let reported_ms = view.times_ms.reported.unwrap_or_else(now_ms);
        let moved = request.state() != State::Included;
        request.put(State::Included, None);
        if moved {
            self.count_state(State::Included);
            tracing::info!(request_id = %id, tx = %at.tx_hash, by_us, "response is on chain");
        }
        self.requests.touch(id);
        self.parts.transmitter.progressed(transmitter, reported_ms);
        self.parts.transmitter.answered(id);
        self.schedule.remove(&id);
        self.feed(Input::Settled(key));
    }

    pub(super) async fn on_note(&mut self, note: TransmitNote) -> Result<(), EngineError> {
        let kind = match &note {
            TransmitNote::Submitted { .. } => "submitted",
            TransmitNote::Included { .. } => "paid",
            TransmitNote::Unpaid { .. } => "unpaid",
            TransmitNote::Unneeded { .. } => "unneeded",
            TransmitNote::Undeliverable { .. } => "undeliverable",
        };
        self.parts.metrics.transmissions.get_or_create(&Kind::of(kind)).inc();
        match note {
            TransmitNote::Submitted { request_id, tx_hash, stage } => {
                tracing::info!(%request_id, tx = %tx_hash, stage, "report sent");
                self.on_submitted(request_id, tx_hash, stage).await?;
            }
            TransmitNote::Unpaid { request_id, tx_hash, code } => {
                tracing::warn!(%request_id, tx = %tx_hash, ?code, "the transaction did not process the request");
                let Some(request) = self.requests.get_mut(&request_id) else { return Ok(()) };
                if request.state() == State::Submitted {
                    request.put(State::Reported, code.map(|code| format!("code {code}")));
                    self.requests.touch(request_id);
                }
            }
            TransmitNote::Undeliverable { request_id, reason } => {
                tracing::warn!(%request_id, %reason, "the report cannot be delivered");
                let settled =
                    self.requests.get(&request_id).is_none_or(|request| request.state().is_settled());
                if !settled {
                    self.end(request_id, State::Undeliverable, Some(reason));
                }
            }
            TransmitNote::Included { request_id, .. } | TransmitNote::Unneeded { request_id } => {
                tracing::debug!(%request_id, kind, "transmission ended");
            }
        }
        Ok(())
    }

    async fn on_submitted(&mut self, id: B256, tx_hash: B256, stage: u64) -> Result<(), EngineError> {
        // Where blocks are final at once, the response may have been read, and the request forgotten, before this.
        let Some(request) = self.requests.get_mut(&id) else {
            if let Some(mut row) = self.parts.journal.request(id).await? {
                show_submitted(&mut row.view, tx_hash, stage);
                self.requests.store(row);
            }
            return Ok(());
        };
        show_submitted(&mut request.row.view, tx_hash, stage);
        if request.advance(State::Submitted) {
            self.count_state(State::Submitted);
        }
        self.requests.touch(id);
        Ok(())
    }

    /// Blocks from `first` on left the chain.
    fn on_rewind(&mut self, first: u64) {
        self.parts.metrics.reorganisations.inc();
        tracing::warn!(first_block = first, "blocks left the chain; reading again");
        for id in self
            .requests
            .ids_where(|request| request.row.view.included_block.is_some_and(|block| block >= first))
        {
            let Some(request) = self.requests.get_mut(&id) else { continue };
            request.row.view.included_block = None;
            request.row.view.times_ms.included = None;
            request.row.view.result_code = None;
            request.put(State::Reported, Some("the response left the chain".to_owned()));
            let job = request.job.clone();
            self.requests.touch(id);
            self.parts.transmitter.cancel(id);
            if let Some(job) = job {
                self.parts.transmitter.start(job);
            }
        }
        for id in self.requests.ids_where(|request| request.row.block_number >= first) {
            let Some(request) = self.requests.get_mut(&id) else { continue };
            request.put(State::Orphaned, Some("the request's block left the chain".to_owned()));
            self.requests.touch(id);
            self.parts.transmitter.cancel(id);
        }
    }

    /// Responses below the finalised block stay: nothing more is kept in memory about them.
    fn settle_final(&mut self, final_block: u64) {
        let done = self.requests.ids_where(|request| {
            request.state() == State::Included
                && request.row.view.included_block.is_some_and(|block| block <= final_block)
        });
        for id in done {
            self.end(id, State::Final, None);
        }
    }

    fn expire(&mut self, chain_time: u64) {
        let late = self.requests.ids_where(|request| {
            !request.state().is_settled()
                && request.row.timeout_timestamp.saturating_add(EXPIRY_GRACE_SECONDS) < chain_time
        });
        for id in late {
            self.end(id, State::Expired, Some("no response in time".to_owned()));
        }
        // Ended without success, and too late for a change of mind: nothing is kept in memory.
        let dead = self.requests.ids_where(|request| {
            matches!(request.state(), State::Undeliverable | State::Refused | State::Orphaned)
                && request.row.timeout_timestamp.saturating_add(EXPIRY_GRACE_SECONDS) < chain_time
        });
        for id in dead {
            if let Some(request) = self.requests.remove(&id) {
                self.timers.forget(&request.key());
                self.feed(Input::Forget(request.key()));
            }
        }
    }

    /// The request needs no more work: stored, counted, forgotten in memory.
    fn end(&mut self, id: B256, state: State, reason: Option<String>) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        let key = request.key();
        request.put(state, reason);
        self.requests.touch(id);
        self.count_state(state);
        tracing::info!(request_id = %id, %state, "request ended");
        self.parts.transmitter.answered(id);
        self.schedule.remove(&id);
        self.feed(Input::Settled(key));
        if state == State::Final || state == State::Expired {
            self.timers.forget(&key);
            self.feed(Input::Forget(key));
            self.requests.remove(&id);
        }
    }
}

fn show_submitted(view: &mut RequestView, tx_hash: B256, stage: u64) {
    view.times_ms.submitted.get_or_insert_with(now_ms);
    match &mut view.transmission {
        Some(known) if known.tx_hash == tx_hash => known.stage = Some(stage),
        Some(known) if !known.by_us => {}
        place => {
            *place = Some(TransmissionView { tx_hash, stage: Some(stage), by_us: true, transmitter: None })
        }
    }
}
