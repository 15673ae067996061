//! Carrying out the protocol's effects, in order; nothing leaves before what stands before it is stored.

use alloy::primitives::Bytes;
use oracle_ocr::{Effect, Outcome, ReadyReport, Record, RequestKey};

use super::{Engine, EngineError};
use crate::{
    admin::Kind,
    clock::now_ms,
    journal::{OutcomeView, State},
    transmit::ReportJob,
};

impl Engine {
    pub(super) async fn perform(&mut self, effects: Vec<Effect>) -> Result<(), EngineError> {
        let mut records: Vec<Record> = Vec::new();
        let mut touched: Vec<RequestKey> = Vec::new();
        for effect in effects {
            match effect {
                Effect::Persist(record) => {
                    if touched.last() != Some(&record.id.key) {
                        touched.push(record.id.key);
                    }
                    records.push(record);
                }
                Effect::Send { to, message } => {
                    self.store(&mut records).await?;
                    self.count_message("sent");
                    self.parts.peers.send(to, message.encode());
                }
                Effect::Broadcast(message) => {
                    self.store(&mut records).await?;
                    self.count_message("sent");
                    self.parts.peers.broadcast(message.encode());
                }
                Effect::Report(ready) => {
                    self.store(&mut records).await?;
                    self.on_report(*ready).await?;
                }
                Effect::SetTimer { timer, at } => self.timers.set(timer, at),
                Effect::Blame { oracle, misbehavior } => {
                    self.count_message("refused");
                    tracing::warn!(%oracle, %misbehavior, "a peer's message was refused");
                }
            }
        }
        self.store(&mut records).await?;
        for key in touched {
            self.show_progress(key).await?;
        }
        Ok(())
    }

    async fn store(&self, records: &mut Vec<Record>) -> Result<(), EngineError> {
        if !records.is_empty() {
            let digest = self.parts.don.roster.config_digest();
            self.parts.journal.put_records(digest, records).await?;
            records.clear();
        }
        Ok(())
    }

    /// A complete report: shown, and on its way to the chain.
    async fn on_report(&mut self, ready: ReadyReport) -> Result<(), EngineError> {
        let id = ready.key.request;
        let Some(request) = self.requests.get_mut(&id).filter(|request| request.key() == ready.key) else {
            return Ok(());
        };
        let now = now_ms();
        let (kind, bytes) = match &ready.attested.outcome {
            Outcome::Result(bytes) => ("result", bytes),
            Outcome::Error(bytes) => ("error", bytes),
        };
        let data = Bytes::from(bytes.clone());
        let view = &mut request.row.view;
        let first = view.times_ms.reported.is_none();
        let reported_ms = *view.times_ms.reported.get_or_insert(now);
        view.outcome = Some(OutcomeView { kind: kind.to_owned(), data: data.clone() });
        view.signers = Some(ready.attested.signatures.iter().map(|(oracle, _)| oracle.get()).collect());
        view.report_hash = Some(ready.hash);
        let seen_ms = view.times_ms.seen.unwrap_or(now);
        let (result, error) = if kind == "result" { (data, Bytes::new()) } else { (Bytes::new(), data) };
        let job = ReportJob {
            request_id: id,
            stage: ready.stage as u64,
            reported_ms,
            calldata: ready.calldata().into(),
            signatures: ready.attested.signatures.len() as u64,
            result,
            error,
            commitment: request.seen.commitment.clone(),
            request_block: request.seen.at.block_number,
        };
        request.job = Some(job.clone());
        let moved = request.advance(State::Reported);
        let settled = request.state().is_settled();
        if first {
            self.parts.metrics.report_seconds.observe(now.saturating_sub(seen_ms) as f64 / 1_000.0);
            tracing::info!(request_id = %id, outcome = kind, stage = job.stage, attempt = ready.attested.attempt, "report complete");
        }
        if moved {
            self.count_state(State::Reported);
        }
        self.requests.save(&id).await?;
        if !settled {
            self.parts.transmitter.start(job);
        }
        Ok(())
    }

    pub(super) fn count_state(&self, state: State) {
        self.parts.metrics.states.get_or_create(&Kind::of(state.name())).inc();
    }
}
