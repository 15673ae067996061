//! Doing what the core asks for: nothing leaves before everything gathered is stored.

use std::collections::BTreeSet;

use alloy::primitives::{B256, Bytes};
use oracle_ocr::{ReadyBatch, Record, RequestKey};

use super::{Engine, EngineError};
use crate::{
    admin::Kind,
    clock::now_ms,
    don::Don,
    lifecycle::{Happening, Order, Report, RequestRow, Work, outcome_parts},
    transmit::ReportJob,
};

impl Engine {
    /// Does all that is asked for; true when the configuration was replaced.
    pub(super) async fn do_work(&mut self) -> Result<bool, EngineError> {
        loop {
            let work = self.core.take_work(now_ms());
            let is_over = work.is_over;
            let asks_more = self.carry_out(work).await?;
            if is_over || !asks_more {
                break Ok(is_over);
            }
        }
    }

    /// Stores what messages and orders rest on in one commit, with what should not wait longer, then says and does what
    /// may be now that it is durable. True when orders were answered at once, with more work.
    async fn carry_out(&mut self, work: Work) -> Result<bool, EngineError> {
        for note in &work.notes {
            self.count_and_log(note);
        }
        if let Some(err) = work.unreadable {
            return Err(err.into());
        }
        let now = now_ms();
        self.ledger.add(now, work.rows.into_values(), self.core.lifecycle().open());
        let is_due = self.ledger.due_at().is_some_and(|at| at <= now);
        let rested_on: BTreeSet<B256> = work
            .records
            .iter()
            .map(|record| record.id.key.request)
            .chain(work.orders.iter().filter_map(Order::rests_on_row_of))
            .collect();
        let stored = if is_due || work.is_over {
            self.store(&work.records).await?
        } else if !rested_on.is_empty() {
            let rows = self.ledger.take_for(now, &rested_on);
            self.commit(&work.records, rows).await?
        } else {
            Vec::new()
        };
        for (to, message) in work.messages {
            let bytes = message.encode();
            let copies = if to.is_some() { 1 } else { self.parts.don.roster.n() - 1 };
            self.count_bytes("sent", bytes.len() * copies);
            match to {
                Some(to) => self.parts.peers.send(to, bytes),
                None => self.parts.peers.broadcast(bytes),
            }
            self.count_message("sent");
        }
        let mut asks_more = false;
        for order in work.orders {
            asks_more |= self.obey(order, &stored).await?;
        }
        self.show_runs();
        Ok(asks_more)
    }

    /// Makes records, the rows that wait and the cursor durable in one commit; the rows.
    pub(super) async fn store(&mut self, records: &[Record]) -> Result<Vec<RequestRow>, EngineError> {
        let rows = self.ledger.take(now_ms());
        self.commit(records, rows).await
    }

    /// Makes records and these rows durable in one commit; the rows. The cursor goes along once no row waits: what an
    /// event changed is stored when it is not read again.
    async fn commit(
        &mut self,
        records: &[Record],
        rows: Vec<RequestRow>,
    ) -> Result<Vec<RequestRow>, EngineError> {
        let cursor = if self.ledger.is_empty() { self.upkeep.take_cursor() } else { None };
        let cursor = cursor.map(|next| (self.parts.don.coordinator.to_string(), next));
        if !records.is_empty() || !rows.is_empty() || cursor.is_some() {
            let digest = self.parts.don.roster.config_digest();
            self.parts.journal.commit(digest, records, &rows, cursor).await?;
        }
        Ok(rows)
    }

    /// The stored row of a request.
    pub(super) async fn row(&mut self, id: B256) -> Result<Option<RequestRow>, EngineError> {
        self.bring_up_to_date(id).await?;
        Ok(self.parts.journal.request(id).await?)
    }

    /// Makes durable what is known of a request and not yet stored. Happenings are gathered before their work is done,
    /// so the journal may be asked about a request that an earlier one of them has changed.
    pub(super) async fn bring_up_to_date(&mut self, id: B256) -> Result<(), EngineError> {
        if self.core.has_unstored(&id) {
            let (records, rows) = self.core.take_unstored();
            self.ledger.add(now_ms(), rows.into_values(), self.core.lifecycle().open());
            self.store(&records).await?;
        } else if self.ledger.holds(&id) {
            self.store(&[]).await?;
        }
        Ok(())
    }

    /// Carries out an order; true when it was answered at once. `stored` are rows that have just been stored.
    async fn obey(&mut self, order: Order, stored: &[RequestRow]) -> Result<bool, EngineError> {
        match order {
            Order::Run(key) => return Ok(!self.run_script(key, stored).await?),
            Order::EndRun(key) => {
                tracing::info!(request_id = %key.request, "its script is ended: the request is open no more");
                self.runs.end(key);
            }
            Order::Read(key) => {
                let (records, earlier) = self.said(key).await?;
                self.tell(Happening::Read { key, records, earlier });
                return Ok(true);
            }
            Order::Transmit(report) => {
                let is_fresh = self.fresh.take(&report.ready.key.request);
                self.parts.transmitter.start(job(&self.parts.don, *report, is_fresh));
            }
            Order::Batched { first, batch } => self.on_batched(first, batch),
            Order::Answered(id) => self.parts.transmitter.answered(id),
            Order::Cancel(id) => self.parts.transmitter.cancel(id),
            Order::Progressed { transmitter, reported_ms } => {
                self.parts.transmitter.progressed(transmitter, reported_ms);
            }
        }
        Ok(false)
    }

    fn on_batched(&self, first: B256, batch: Option<Box<ReadyBatch>>) {
        let kind = if batch.is_some() { "signed" } else { "failed" };
        self.parts.metrics.batches.get_or_create(&Kind::of(kind)).inc();
        if let Some(batch) = &batch {
            self.parts.metrics.batched_requests.inc_by(batch.keys.len() as u64);
        }
        self.parts.transmitter.batched(first, batch.map(|batch| *batch));
    }

    /// Starts a script; false when the journal, the only place where all of the request is, does not give it back.
    async fn run_script(&mut self, key: RequestKey, stored: &[RequestRow]) -> Result<bool, EngineError> {
        let of = |row: &RequestRow| {
            let is_it = row.view.request_id == key.request && row.commitment_hash == key.commitment;
            if is_it { self.read_event(row) } else { None }
        };
        let seen = match stored.iter().find_map(of) {
            Some(seen) => Some(seen),
            None => self.parts.journal.request(key.request).await?.as_ref().and_then(of),
        };
        let Some(seen) = seen else {
            tracing::error!(request_id = %key.request, "the journal does not give the request's event back");
            self.tell(Happening::Unrunnable { key });
            return Ok(false);
        };
        let executor = self.parts.executor.clone();
        let run = async move { executor.execute(&seen).await };
        self.runs.start(key, run);
        Ok(true)
    }
}

/// What the transmitter needs to know of a report.
fn job(don: &Don, report: Report, is_fresh: bool) -> ReportJob {
    let Report { ready, reported_ms, commitment, request_block } = report;
    let (kind, data) = outcome_parts(&ready.attested.outcome);
    let (result, error) = if kind == "result" { (data, Bytes::new()) } else { (Bytes::new(), data) };
    ReportJob {
        request_id: ready.key.request,
        commitment_hash: ready.key.commitment,
        stage: ready.stage as u64,
        coming: ready.coming,
        before: don.transmitters_before(&ready.key.request, ready.stage),
        reported_ms,
        calldata: ready.calldata().into(),
        signatures: ready.attested.signatures.len() as u64,
        result,
        error,
        commitment,
        request_block,
        is_fresh,
    }
}
