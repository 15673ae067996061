//! Doing what the core asks for: nothing leaves before everything gathered is stored.

use alloy::primitives::Bytes;
use oracle_ocr::RequestKey;

use super::{Engine, EngineError, Finished};
use crate::{
    clock::now_ms,
    don::Don,
    lifecycle::{Happening, Order, Report, Work, outcome_parts},
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

    /// Stores records, rows and cursor in one commit, then says and does what may be now that it is durable. True when
    /// orders were answered at once, with more work.
    async fn carry_out(&mut self, work: Work) -> Result<bool, EngineError> {
        for note in &work.notes {
            self.count_and_log(note);
        }
        if let Some(err) = work.unreadable {
            return Err(err.into());
        }
        let rows: Vec<_> = work.rows.into_values().collect();
        let cursor = self.upkeep.take_cursor().map(|next| (self.parts.don.coordinator.to_string(), next));
        if !work.records.is_empty() || !rows.is_empty() || cursor.is_some() {
            let digest = self.parts.don.roster.config_digest();
            self.parts.journal.commit(digest, &work.records, &rows, cursor).await?;
        }
        for (to, message) in work.messages {
            match to {
                Some(to) => self.parts.peers.send(to, message.encode()),
                None => self.parts.peers.broadcast(message.encode()),
            }
            self.count_message("sent");
        }
        let mut asks_more = false;
        for order in work.orders {
            asks_more |= self.obey(order).await?;
        }
        self.show_runs();
        Ok(asks_more)
    }

    /// Carries out an order; true when it was answered at once.
    async fn obey(&mut self, order: Order) -> Result<bool, EngineError> {
        match order {
            Order::Run(key) => return Ok(!self.run_script(key).await?),
            Order::Read(key) => {
                let (records, earlier) = self.said(key).await?;
                self.tell(Happening::Read { key, records, earlier });
                return Ok(true);
            }
            Order::Transmit(report) => self.parts.transmitter.start(job(&self.parts.don, *report)),
            Order::Answered(id) => self.parts.transmitter.answered(id),
            Order::Cancel(id) => self.parts.transmitter.cancel(id),
            Order::Progressed { transmitter, reported_ms } => {
                self.parts.transmitter.progressed(transmitter, reported_ms);
            }
        }
        Ok(false)
    }

    /// Starts a script; false when the journal, the only place where all of the request is, does not give it back.
    async fn run_script(&mut self, key: RequestKey) -> Result<bool, EngineError> {
        let row = self.parts.journal.request(key.request).await?;
        let row = row.filter(|row| row.commitment_hash == key.commitment);
        let Some(seen) = row.and_then(|row| self.read_event(&row)) else {
            tracing::error!(request_id = %key.request, "the journal does not give the request's event back");
            self.tell(Happening::Unrunnable { key });
            return Ok(false);
        };
        let (executor, finished) = (self.parts.executor.clone(), self.finished.clone());
        tokio::spawn(async move {
            let execution = executor.execute(key.request, seen.data, seen.block_timestamp).await;
            // A closed channel means the node is stopping; the next start executes again.
            let _ = finished.send(Finished { key, execution });
        });
        Ok(true)
    }
}

/// What the transmitter needs to know of a report.
fn job(don: &Don, report: Report) -> ReportJob {
    let Report { ready, reported_ms, commitment, request_block } = report;
    let (kind, data) = outcome_parts(&ready.attested.outcome);
    let (result, error) = if kind == "result" { (data, Bytes::new()) } else { (Bytes::new(), data) };
    ReportJob {
        request_id: ready.key.request,
        stage: ready.stage as u64,
        before: don.transmitters_before(&ready.key.request, ready.stage),
        reported_ms,
        calldata: ready.calldata().into(),
        signatures: ready.attested.signatures.len() as u64,
        result,
        error,
        commitment,
        request_block,
    }
}
