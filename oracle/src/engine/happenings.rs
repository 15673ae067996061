//! What the chain, peers, scripts and the transmitter say, as happenings; with what the journal holds about it.

use alloy::{
    primitives::{Address, B256},
    rpc::types::Log,
};
use oracle_ocr::{Earlier, Message, Record, RequestKey};

use super::{Engine, EngineError, complaints::MAKES_KEYS, runs::Finished};
use crate::{
    admin::Kind,
    chain::{Batch, ChainEvent, SeenRequest, decode},
    clock::now_ms,
    dkg,
    journal::RequestRow,
    lifecycle::{Happening, Requested, Stored},
    peers::PeerEvent,
    transmit::TransmitNote,
    vault::{Vault, Wanted},
};

impl Engine {
    /// Takes up what an earlier run left.
    pub(super) async fn restore(&mut self) -> Result<(), EngineError> {
        let mut stored = Vec::new();
        for row in self.parts.journal.unfinished_requests().await? {
            let Some(seen) = self.read_event(&row) else {
                tracing::info!(request_id = %row.view.request_id, "a stored request belongs to another coordinator and is left alone");
                continue;
            };
            let (records, earlier) = if row.view.state.is_settled() {
                Default::default()
            } else {
                let key = RequestKey { request: row.view.request_id, commitment: row.commitment_hash };
                self.said(key).await?
            };
            stored.push(Stored { seen, row, records, earlier });
        }
        let first_block = self.parts.first_block;
        self.core.on(now_ms(), Happening::Restored { stored, first_block });
        Ok(())
    }

    /// What this node said about a request: its records under this configuration, and what it takes along from others.
    pub(super) async fn said(&mut self, key: RequestKey) -> Result<(Vec<Record>, Earlier), EngineError> {
        self.bring_up_to_date(key.request).await?;
        let (records, others) = self.parts.journal.said(self.parts.don.roster.config_digest(), key).await?;
        Ok((records, Earlier::read(&others)?))
    }

    pub(super) async fn on_batch(&mut self, batch: Batch) -> Result<(), EngineError> {
        let had_events = !batch.events.is_empty();
        let mut wanted = Vec::new();
        let head = batch.head.height();
        self.parts.metrics.logs_missed.inc_by(batch.missed as u64);
        if let Some(first) = batch.rewound_to {
            self.tell(Happening::Rewound { first });
        }
        for event in batch.events {
            match &event {
                ChainEvent::Request(seen) => wanted.extend(self.parts.executor.wanted(seen)),
                ChainEvent::Response { request_id, .. } | ChainEvent::TimedOut { request_id, .. } => {
                    self.end_secrets(*request_id);
                }
                _ => {}
            }
            let happening = self.happening_of(event).await?;
            self.tell(happening);
        }
        let seconds = batch.seconds;
        self.parts.transmitter.saw(batch.final_block, seconds);
        self.tell(Happening::Finalised { block: batch.final_block });
        self.upkeep.note_time(now_ms(), seconds, self.parts.silent_before);
        self.tell(Happening::Dated { seconds });
        if batch.caught_up {
            if !self.core.lifecycle().is_caught_up() {
                tracing::info!(head, "the chain has been read");
            }
            self.tell(Happening::CaughtUp { height: head, seconds });
        }
        self.tell(Happening::Explain);
        self.begin_secrets(wanted);
        if self.upkeep.note_cursor(now_ms(), batch.durable_next, had_events) {
            self.ledger.wait(now_ms());
        }
        self.prune().await?;
        let metrics = &self.parts.metrics;
        metrics.head.set(i64::try_from(head).unwrap_or(i64::MAX));
        metrics.open_requests.set(i64::try_from(self.core.lifecycle().len()).unwrap_or(i64::MAX));
        self.report_status(Some(head));
        Ok(())
    }

    /// An event, and for a request everything stored about it: none is opened without its records.
    async fn happening_of(&mut self, event: ChainEvent) -> Result<Happening, EngineError> {
        Ok(match event {
            ChainEvent::Request(seen) => {
                let key = RequestKey { request: seen.request_id, commitment: seen.commitment_hash };
                let row = self.row(key.request).await?;
                // A record is stored with the row of its request, or after it.
                let (records, earlier) = if row.is_some() {
                    self.said(key).await?
                } else {
                    self.fresh.note(key.request);
                    Default::default()
                };
                Happening::Requested(Box::new(Requested { seen: *seen, row, records, earlier }))
            }
            ChainEvent::Response { request_id: id, transmitter, at } => {
                Happening::Responded { id, transmitter, at }
            }
            ChainEvent::Processed { request_id: id, code, .. } => Happening::Processed { id, code },
            // Our own refusals are read from receipts; another node's are its business.
            ChainEvent::NotProcessed { request_id: id, code, transmitter, .. } => {
                tracing::debug!(request_id = %id, code, %transmitter, "an entry was not processed");
                Happening::NotProcessed { id, code }
            }
            ChainEvent::TimedOut { request_id: id, at } => Happening::TimedOut { id, block: at.block_number },
            ChainEvent::Config(event) => {
                Happening::Configured { count: event.configCount, digest: event.configDigest }
            }
            ChainEvent::Route { don_id, coordinator } => Happening::Routed { don_id, coordinator },
        })
    }

    /// Opens the secrets of requests that are still open when all that is known of the chain has been heard.
    fn begin_secrets(&self, wanted: Vec<Wanted>) {
        let lifecycle = self.core.lifecycle();
        let Some(vault) = self.parts.vault.as_ref().filter(|_| lifecycle.is_caught_up()) else { return };
        let open = wanted.into_iter().filter(|wanted| lifecycle.awaits(&wanted.request));
        open.for_each(|wanted| vault.begin(wanted));
    }

    fn end_secrets(&self, request: B256) {
        if let Some(vault) = &self.parts.vault {
            vault.end(request);
        }
    }

    pub(super) fn on_peer(&mut self, event: PeerEvent) {
        match event {
            PeerEvent::Message { from, bytes } if Vault::is_for(&bytes) => {
                if let Some(vault) = &self.parts.vault {
                    vault.heard(from, bytes);
                }
            }
            PeerEvent::Message { from, bytes } if dkg::is_frame(&bytes) => {
                let problem = "it makes keys for secrets: if this node is to take part, stop it and run `functions-node dkg`";
                self.complain(from, MAKES_KEYS, &problem);
            }
            PeerEvent::Message { from, bytes } => match Message::decode(&bytes) {
                Ok(message) => {
                    self.count_message("received");
                    self.count_bytes("received", bytes.len());
                    self.core.hear(now_ms(), from, message);
                }
                Err(err) => self.complain(from, "malformed", &err),
            },
            PeerEvent::RoundTrip { oracle, millis } => self.core.round_trip(now_ms(), oracle, millis),
            PeerEvent::Violation { from, bytes } => {
                self.complain(from, "long frame", &format!("a frame of {bytes} bytes"));
            }
            PeerEvent::Connected(oracle) => {
                tracing::info!(oracle = oracle.get(), "peer connected");
                self.core.connected(now_ms(), oracle);
                if let Some(vault) = &self.parts.vault {
                    vault.connected(oracle);
                }
                self.report_status(None);
            }
            PeerEvent::Disconnected(oracle) => {
                tracing::info!(oracle = oracle.get(), "peer disconnected");
                self.report_status(None);
            }
        }
    }

    pub(super) fn on_finished(&mut self, done: Finished) {
        if let Ok(execution) = &done.execution {
            self.parts.metrics.execution_seconds.observe(execution.wall.as_secs_f64());
            self.parts.metrics.cpu_seconds.inc_by(execution.cpu.as_secs_f64());
        }
        let observation = done.execution.map(|execution| execution.observation);
        let observation = observation.map_err(|err| err.to_string());
        self.tell(Happening::Finished { key: done.key, observation });
    }

    pub(super) async fn on_note(&mut self, note: TransmitNote) -> Result<(), EngineError> {
        let kind = match &note {
            TransmitNote::Gather { keys } => {
                self.core.gather(now_ms(), keys.clone());
                return Ok(());
            }
            TransmitNote::Carried { request_id, tx_hash, stage } => {
                return self.on_submitted(*request_id, *tx_hash, *stage).await;
            }
            TransmitNote::Submitted { .. } => "submitted",
            TransmitNote::Included { .. } => "paid",
            TransmitNote::Unpaid { .. } => "unpaid",
            TransmitNote::Unneeded { .. } => "unneeded",
            TransmitNote::Undeliverable { .. } => "undeliverable",
        };
        self.parts.metrics.transmissions.get_or_create(&Kind::of(kind)).inc();
        match note {
            TransmitNote::Submitted { request_id: id, tx_hash, stage } => {
                self.on_submitted(id, tx_hash, stage).await?;
            }
            TransmitNote::Unpaid { request_id: id, tx_hash, code } => {
                tracing::warn!(request_id = %id, tx = %tx_hash, ?code, "the transaction did not process the request");
                self.tell(Happening::Unpaid { id, code });
            }
            TransmitNote::Undeliverable { request_id: id, reason } => {
                tracing::warn!(request_id = %id, %reason, "the report cannot be delivered");
                self.tell(Happening::Undeliverable { id, reason });
            }
            TransmitNote::Included { request_id, .. } | TransmitNote::Unneeded { request_id } => {
                tracing::debug!(%request_id, kind, "transmission ended");
            }
            TransmitNote::Gather { .. } | TransmitNote::Carried { .. } => {}
        }
        Ok(())
    }

    /// A transaction of ours carries a report.
    async fn on_submitted(&mut self, id: B256, tx_hash: B256, stage: u64) -> Result<(), EngineError> {
        tracing::info!(request_id = %id, tx = %tx_hash, stage, "report sent");
        let is_held = self.core.lifecycle().holds(&id);
        let stored = if is_held { None } else { self.row(id).await?.map(Box::new) };
        self.tell(Happening::Submitted { id, tx_hash, stage, stored });
        Ok(())
    }

    pub(super) fn tell(&mut self, happening: Happening) {
        self.core.on(now_ms(), happening);
    }

    pub(super) fn read_event(&self, row: &RequestRow) -> Option<SeenRequest> {
        event_of(row, self.parts.don.coordinator, self.parts.router)
    }

    pub(super) fn count_bytes(&self, kind: &str, bytes: usize) {
        self.parts.metrics.message_bytes.get_or_create(&Kind::of(kind)).inc_by(bytes as u64);
    }

    pub(super) fn count_message(&self, kind: &str) {
        self.parts.metrics.messages.get_or_create(&Kind::of(kind)).inc();
    }
}

/// The event of a stored row, whole; `None` when it is not that of a request of these contracts.
fn event_of(row: &RequestRow, coordinator: Address, router: Address) -> Option<SeenRequest> {
    let log: Log = serde_json::from_str(&row.event).ok()?;
    match decode(&log, coordinator, router) {
        Ok(Some(ChainEvent::Request(seen))) if seen.commitment_hash == row.commitment_hash => Some(*seen),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chain::request_log, lifecycle::RequestView};

    #[test]
    fn event_is_read_back_whole_from_its_row_and_only_with_its_commitment() {
        let coordinator = Address::repeat_byte(0xc0);
        let log = request_log(coordinator, 1, 7, B256::repeat_byte(7));
        let Ok(Some(ChainEvent::Request(seen))) = decode(&log, coordinator, Address::ZERO) else {
            panic!("a request")
        };
        let mut row = RequestRow {
            commitment_hash: seen.commitment_hash,
            block_number: 7,
            block_hash: B256::repeat_byte(7),
            timeout_timestamp: 0,
            event: seen.log_json.clone(),
            view: RequestView::seen(seen.request_id, 0),
        };
        let again = event_of(&row, coordinator, Address::ZERO).expect("decodes");
        assert_eq!((again.data, again.commitment_hash), (seen.data, seen.commitment_hash));
        assert!(event_of(&row, Address::ZERO, Address::ZERO).is_none(), "of another coordinator");
        row.commitment_hash = B256::ZERO;
        assert!(event_of(&row, coordinator, Address::ZERO).is_none());
    }
}
