//! What the protocol says: how far agreement is, and the report.

use oracle_ocr::{ReadyReport, RequestKey};

use super::{
    Known, Lifecycle, Note, Order, Report, State,
    action::{answer_kind, outcome_parts},
    waiting::QUARANTINED,
};

impl Lifecycle {
    /// Copies what the protocol knows into what is stored and shown.
    pub(super) fn learned(&mut self, now: u64, key: RequestKey, known: Known) {
        let id = key.request;
        let Some(request) = self.requests.keyed_mut(&key) else { return };
        let before = request.state();
        let mut newly_observed = false;
        if let Some(own) = &known.own {
            newly_observed = request.show_answer(now, own);
            request.advance(State::Observed);
        }
        if known.locked {
            request.advance(State::Locked);
        }
        let state = request.state();
        let moved = state != before;
        let mut changed = moved || newly_observed;
        if known.quarantined {
            changed |= request.explain(QUARANTINED);
        } else if changed {
            request.row.view.reason = None;
        }
        let kind = known.own.as_ref().map(answer_kind).filter(|_| newly_observed);
        if known.needs_no_run() {
            self.schedule.remove(&id);
        }
        request.known = Some(known);
        if changed {
            self.requests.touch(id);
        }
        if let Some(kind) = kind {
            self.note(Note::Observed { id, kind });
        }
        if moved {
            self.note(Note::Entered(state));
        }
    }

    /// A complete report: shown, and on its way to the chain.
    pub(super) fn reported(&mut self, now: u64, ready: ReadyReport) {
        let id = ready.key.request;
        let Some(request) = self.requests.keyed_mut(&ready.key) else { return };
        let seen_ms = request.row.view.times_ms.seen.unwrap_or(now);
        let (outcome, _) = outcome_parts(&ready.attested.outcome);
        let (stage, attempt) = (ready.stage, ready.attested.attempt);
        let report = Report {
            ready,
            reported_ms: now,
            commitment: request.seen.commitment,
            request_block: request.seen.at.block_number,
        };
        let is_first = request.show_report(report.clone());
        let moved = request.advance(State::Reported);
        if moved {
            request.row.view.reason = None;
        }
        let settled = request.state().is_settled();
        self.requests.touch(id);
        if is_first {
            let after_ms = now.saturating_sub(seen_ms);
            self.note(Note::Reported { id, outcome, stage, attempt, after_ms });
        }
        if moved {
            self.note(Note::Entered(State::Reported));
        }
        if !settled {
            self.order(Order::Transmit(Box::new(report)));
        }
    }
}
