//! Carrying out the protocol's effects, many inputs' at a time: nothing leaves before everything gathered is stored.

use std::collections::BTreeSet;

use alloy::primitives::Bytes;
use oracle_ocr::{Effect, Input, Outcome, ReadyReport, Record, RequestKey};

use super::{Engine, EngineError};
use crate::{
    admin::Kind,
    clock::now_ms,
    journal::{OutcomeView, State},
    transmit::ReportJob,
};

impl Engine {
    /// Gives the protocol an input. What it answers is carried out by the next [`Engine::flush`].
    pub(super) fn feed(&mut self, input: Input) {
        let effects = self.protocol.step(now_ms(), input);
        self.effects.extend(effects);
    }

    /// Stores what was gathered in one commit, records of the protocol and rows of requests, then says what may be
    /// said now that it is durable.
    pub(super) async fn flush(&mut self) -> Result<(), EngineError> {
        let mut records: Vec<Record> = Vec::new();
        let mut touched: BTreeSet<RequestKey> = BTreeSet::new();
        let mut said: Vec<Effect> = Vec::new();
        let mut jobs: Vec<ReportJob> = Vec::new();
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Persist(record) => {
                    touched.insert(record.id.key);
                    records.push(record);
                }
                Effect::Report(ready) => jobs.extend(self.on_report(*ready)),
                Effect::SetTimer { timer, at } => self.timers.set(timer, at),
                Effect::Blame { oracle, misbehavior } => {
                    self.count_message("refused");
                    tracing::warn!(%oracle, %misbehavior, "a peer's message was refused");
                }
                Effect::Send { .. } | Effect::Broadcast(_) => said.push(effect),
            }
        }
        for key in touched {
            self.show_progress(key);
        }
        let rows = self.requests.take_changes();
        let cursor = self.cursor.take().map(|next| (self.parts.don.coordinator.to_string(), next));
        if !records.is_empty() || !rows.is_empty() || cursor.is_some() {
            let digest = self.parts.don.roster.config_digest();
            self.parts.journal.commit(digest, &records, &rows, cursor).await?;
        }
        for effect in said {
            match effect {
                Effect::Send { to, message } => self.parts.peers.send(to, message.encode()),
                Effect::Broadcast(message) => self.parts.peers.broadcast(message.encode()),
                _ => continue,
            }
            self.count_message("sent");
        }
        for job in jobs {
            self.parts.transmitter.start(job);
        }
        Ok(())
    }

    /// A complete report: shown, and on its way to the chain.
    fn on_report(&mut self, ready: ReadyReport) -> Option<ReportJob> {
        let id = ready.key.request;
        let request = self.requests.get_mut(&id).filter(|request| request.key() == ready.key)?;
        let now = now_ms();
        let (kind, bytes) = match &ready.attested.outcome {
            Outcome::Result(bytes) => ("result", bytes),
            Outcome::Error(bytes) => ("error", bytes),
        };
        let data = Bytes::from(bytes.clone());
        let view = &mut request.row.view;
        let first = view.times_ms.reported.is_none();
        view.times_ms.reported.get_or_insert(now);
        view.outcome = Some(OutcomeView { kind: kind.to_owned(), data: data.clone() });
        view.signers = Some(ready.attested.signatures.iter().map(|(oracle, _)| oracle.get()).collect());
        view.report_hash = Some(ready.hash);
        let seen_ms = view.times_ms.seen.unwrap_or(now);
        let (result, error) = if kind == "result" { (data, Bytes::new()) } else { (Bytes::new(), data) };
        let job = ReportJob {
            request_id: id,
            stage: ready.stage as u64,
            before: self.parts.don.transmitters_before(&id, ready.stage),
            reported_ms: now,
            calldata: ready.calldata().into(),
            signatures: ready.attested.signatures.len() as u64,
            result,
            error,
            commitment: request.seen.commitment.clone(),
            request_block: request.seen.at.block_number,
        };
        request.job = Some(job.clone());
        let moved = request.advance(State::Reported);
        if moved {
            request.row.view.reason = None;
        }
        let settled = request.state().is_settled();
        if first {
            self.parts.metrics.report_seconds.observe(now.saturating_sub(seen_ms) as f64 / 1_000.0);
            tracing::info!(request_id = %id, outcome = kind, stage = job.stage, attempt = ready.attested.attempt, "report complete");
        }
        if moved {
            self.count_state(State::Reported);
        }
        self.requests.touch(id);
        (!settled).then_some(job)
    }

    pub(super) fn count_state(&self, state: State) {
        self.parts.metrics.states.get_or_create(&Kind::of(state.name())).inc();
    }
}
