//! One request in work, and the only place where its state moves.

use alloy::primitives::{Address, B256, Bytes};
use functions_offchain_config::Method;
use functions_types::{FunctionsRequest, cbor::Location};
use oracle_ocr::{Answer, Earlier, RequestEvent, RequestKey};

use super::{
    Known, Report, RequestRow, RequestView, State,
    action::{answer_kind, outcome_parts},
    row::{ObservationView, OutcomeView, TransmissionView},
    schedule::Waiting,
};
use crate::chain::{Position, SeenRequest};

/// A request that has no final end yet.
#[derive(Clone, Debug)]
pub(super) struct Active {
    /// The event, without what only a run needs: that stays in the journal.
    pub(super) seen: SeenRequest,
    /// How the request's source asks for results to be combined.
    aggregation: Option<Method>,
    /// What is stored and shown; the event's text only until it is stored.
    pub(super) row: RequestRow,
    /// What the protocol knows; `None` while it does not know the request.
    pub(super) known: Option<Known>,
    /// When its newest run began here, in unix milliseconds.
    pub(super) run_began_ms: Option<u64>,
    /// Whether the protocol was told to rest, because the chain had an answer or would take none.
    pub(super) rests: bool,
    /// What this node said under earlier configurations, until the protocol is told.
    pub(super) earlier: Earlier,
    /// The complete report, for another delivery after a reorganisation.
    pub(super) report: Option<Report>,
    /// Whether the chain, as read since the start, was seen to show the event or not; and its end, where the row speaks
    /// of one.
    pub(super) event_is_checked: bool,
    pub(super) end_is_checked: bool,
}

impl Active {
    pub(super) fn new(seen: SeenRequest, now: u64) -> Self {
        let row = RequestRow {
            commitment_hash: seen.commitment_hash,
            block_number: seen.at.block_number,
            block_hash: seen.at.block_hash,
            timeout_timestamp: u64::from(seen.commitment.timeout_timestamp),
            event: String::new(),
            view: RequestView::seen(seen.request_id, now),
        };
        let (mut request, event) = Self::of(seen, row);
        request.row.event = event;
        request.event_is_checked = true;
        request
    }

    /// As stored; blocks from `first_block` on are read again.
    pub(super) fn stored(seen: SeenRequest, mut row: RequestRow, first_block: u64) -> Self {
        row.event.clear();
        let (mut request, _) = Self::of(seen, row);
        request.event_is_checked = request.row.block_number < first_block;
        request.end_is_checked = request.end_block().is_some_and(|block| block < first_block);
        request
    }

    /// One of which nothing is known and checked yet, and the event's text.
    fn of(mut seen: SeenRequest, row: RequestRow) -> (Self, String) {
        let aggregation = aggregation(&seen.data);
        let event = lighten(&mut seen);
        let request = Self {
            seen,
            aggregation,
            row,
            known: None,
            run_began_ms: None,
            rests: false,
            earlier: Earlier::default(),
            report: None,
            event_is_checked: false,
            end_is_checked: false,
        };
        (request, event)
    }

    /// The block of the response, or of the timeout, that settled it.
    pub(super) fn end_block(&self) -> Option<u64> {
        self.row.view.included_block.or(self.row.view.timed_out_block)
    }

    pub(super) const fn id(&self) -> B256 {
        self.seen.request_id
    }

    pub(super) const fn key(&self) -> RequestKey {
        RequestKey { request: self.seen.request_id, commitment: self.seen.commitment_hash }
    }

    pub(super) const fn state(&self) -> State {
        self.row.view.state
    }

    pub(super) fn event(&self) -> RequestEvent {
        RequestEvent {
            request: self.seen.request_id,
            coordinator: self.seen.commitment.coordinator,
            commitment: self.seen.onchain_metadata(),
            aggregation: self.aggregation,
            event_seconds: self.seen.block_timestamp,
            seen_at: self.row.view.times_ms.seen.unwrap_or_default(),
        }
    }

    pub(super) fn waiting(&self) -> Waiting {
        Waiting {
            subscription: self.seen.subscription_id,
            last_call_seconds: self.event().last_call_seconds(),
        }
    }

    /// Whether its script is to be run, as far as is known.
    pub(super) fn needs_run(&self) -> bool {
        !self.state().is_settled() && !self.known.as_ref().is_some_and(Known::needs_no_run)
    }

    /// Whether the protocol must take it up from its records to work on it.
    pub(super) const fn is_unheld(&self) -> bool {
        self.rests || self.known.is_none()
    }

    /// Moves forward; a state already passed stays, and a settled one. True when it moved.
    pub(super) fn advance(&mut self, state: State) -> bool {
        let moves = state.is_after(self.state());
        if moves {
            self.row.view.state = state;
        }
        moves
    }

    /// Shows another reason; true when it is another.
    pub(super) fn explain(&mut self, reason: impl Into<String>) -> bool {
        let reason = Some(reason.into());
        let differs = self.row.view.reason != reason;
        self.row.view.reason = reason;
        differs
    }

    /// The event lies in another block now, whose time and data may be others.
    fn relocate(&mut self, mut seen: SeenRequest) {
        self.row.block_hash = seen.at.block_hash;
        self.row.block_number = seen.at.block_number;
        self.aggregation = aggregation(&seen.data);
        self.row.event = lighten(&mut seen);
        self.seen = seen;
        self.place_report();
    }

    /// The same event was read again; true when it lies in another block.
    pub(super) fn reread(&mut self, seen: &SeenRequest) -> bool {
        self.event_is_checked = true;
        let moved = self.row.block_hash != seen.at.block_hash;
        if moved {
            self.row.block_hash = seen.at.block_hash;
            self.row.block_number = seen.at.block_number;
            self.seen.at = seen.at;
            self.place_report();
        }
        moved
    }

    /// Its block left the chain.
    pub(super) fn orphan(&mut self) {
        self.lose_end();
        self.event_is_checked = true;
        self.put(State::Orphaned, Some("the request's block left the chain"));
    }

    /// It is in the chain again: results are kept.
    pub(super) fn revive(&mut self, seen: SeenRequest) {
        let state = match &self.known {
            Some(known) if known.reported => State::Reported,
            Some(known) if known.locked => State::Locked,
            Some(known) if known.own.is_some() => State::Observed,
            Some(_) => State::Executing,
            None => State::Seen,
        };
        self.relocate(seen);
        self.event_is_checked = true;
        self.put(state, None);
    }

    /// Its delivery waits for the confirmations of the block the event lies in now.
    fn place_report(&mut self) {
        if let Some(report) = &mut self.report {
            report.request_block = self.row.block_number;
        }
    }

    /// The chain shows a response; true when it is the first.
    pub(super) fn include(&mut self, now: u64, transmitter: Address, by_us: bool, at: Position) -> bool {
        let view = &mut self.row.view;
        let known = view.transmission.as_ref();
        let stage = known.filter(|known| known.by_us && by_us).and_then(|known| known.stage);
        view.transmission = Some(TransmissionView {
            tx_hash: at.tx_hash,
            stage,
            by_us,
            transmitter: Some(transmitter.to_string()),
        });
        view.times_ms.included.get_or_insert(now);
        view.included_block = Some(at.block_number);
        view.timed_out_block = None;
        self.end_is_checked = true;
        let is_first = self.state() != State::Included;
        self.put(State::Included, None);
        is_first
    }

    /// The router gave it up in this block; true when that is news.
    pub(super) fn time_out(&mut self, block: u64) -> bool {
        let is_first = self.row.view.timed_out_block.is_none();
        self.row.view.timed_out_block = Some(block);
        self.row.view.included_block = None;
        self.end_is_checked = true;
        is_first
    }

    /// The block of the response, or of the timeout, left the chain.
    pub(super) fn take_back(&mut self) {
        let reason = if self.row.view.timed_out_block.is_some() {
            "the timeout left the chain"
        } else {
            "the response left the chain"
        };
        self.lose_end();
        self.put(State::Reported, Some(reason));
    }

    fn lose_end(&mut self) {
        self.end_is_checked = false;
        let view = &mut self.row.view;
        view.timed_out_block = None;
        if view.included_block.take().is_some() {
            view.times_ms.included = None;
            view.result_code = None;
        }
    }

    /// The transaction did not process it; true when it was the newest step.
    pub(super) fn retreat(&mut self, code: Option<u8>) -> bool {
        let retreats = self.state() == State::Submitted;
        if retreats {
            self.put(State::Reported, None);
            self.row.view.reason = code.map(|code| format!("code {code}"));
        }
        retreats
    }

    /// It needs no more work.
    pub(super) fn end(&mut self, state: State, reason: Option<&str>) {
        debug_assert!(state.is_settled(), "an end is settled");
        self.put(state, reason);
    }

    /// Shows the report; the state moves with [`Active::advance`]. True when it is the first.
    pub(super) fn show_report(&mut self, report: Report) -> bool {
        let view = &mut self.row.view;
        let is_first = view.times_ms.reported.is_none();
        view.times_ms.reported.get_or_insert(report.reported_ms);
        let attested = &report.ready.attested;
        let (kind, data) = outcome_parts(&attested.outcome);
        view.outcome = Some(OutcomeView { kind: kind.to_owned(), data });
        view.signers = Some(attested.signatures.iter().map(|(oracle, _)| oracle.get()).collect());
        view.report_hash = Some(report.ready.hash);
        self.report = Some(report);
        is_first
    }

    /// Shows the own answer; true when it was not shown before.
    pub(super) fn show_answer(&mut self, now: u64, answer: &Answer) -> bool {
        let view = &mut self.row.view;
        let is_first = view.observation.is_none();
        if is_first {
            view.observation = Some(observation_view(answer));
            view.times_ms.observed.get_or_insert(now);
        }
        is_first
    }

    fn put(&mut self, state: State, reason: Option<&str>) {
        self.row.view.state = state;
        self.row.view.reason = reason.map(str::to_owned);
    }
}

/// Shows a transaction of ours, unless the chain showed another's.
pub(super) fn show_submitted(view: &mut RequestView, now: u64, tx_hash: B256, stage: u64) {
    view.times_ms.submitted.get_or_insert(now);
    match &mut view.transmission {
        Some(known) if known.tx_hash == tx_hash => known.stage = Some(stage),
        Some(known) if !known.by_us => {}
        place => {
            *place = Some(TransmissionView { tx_hash, stage: Some(stage), by_us: true, transmitter: None });
        }
    }
}

/// The method that the source of a request asks for. Data that is no request and a line that names no method ask for
/// none: scripts of such requests end with an error, the same on every node. Neither does code that is elsewhere.
fn aggregation(data: &[u8]) -> Option<Method> {
    let request = FunctionsRequest::decode(data, data.len()).ok()?;
    if request.code_location != Location::Inline {
        return None;
    }
    Method::of_source(&request.source).ok().flatten()
}

/// Takes what may be large out of the event; returns its text.
fn lighten(seen: &mut SeenRequest) -> String {
    seen.data = Bytes::new();
    std::mem::take(&mut seen.log_json)
}

fn observation_view(answer: &Answer) -> ObservationView {
    let text = match answer {
        Answer::Result(_) => None,
        Answer::UserError(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Answer::NodeFailure(code) => Some(code.text().to_owned()),
    };
    ObservationView { kind: answer_kind(answer).to_owned(), data: answer.bytes().to_vec().into(), text }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use functions_types::cbor::{EmptyArrays, Framing};

    use super::*;
    use crate::chain::{ChainEvent, decode, request_log};

    #[test]
    fn what_the_source_asks_for_is_known_without_the_source() {
        let coordinator = Address::repeat_byte(0xc0);
        let log = request_log(coordinator, 1, 7, B256::repeat_byte(7));
        let Ok(Some(ChainEvent::Request(seen))) = decode(&log, coordinator, Address::ZERO) else {
            panic!("a request")
        };
        let asking = |source: &str| {
            let request = FunctionsRequest { source: source.to_owned(), ..FunctionsRequest::default() };
            SeenRequest { data: request.encode(Framing::Map(EmptyArrays::Omit)).into(), ..(*seen).clone() }
        };
        let median = asking("// @aggregation median-uint256\nreturn 1");
        let mut active = Active::new(median.clone(), 5);
        assert_eq!(active.event().aggregation, Some(Method::MedianUint256));
        assert!(active.seen.data.is_empty(), "the source stays in the journal");
        let again = Active::stored(median, active.row.clone(), 0);
        assert_eq!(again.event().aggregation, Some(Method::MedianUint256));
        // Another event of the same key has the same data: the request's id follows from it.
        active.revive(asking("return 1"));
        assert_eq!(active.event().aggregation, None);
        assert_eq!(Active::new(asking("// @aggregation mean"), 5).event().aggregation, None);
        let elsewhere = FunctionsRequest {
            code_location: Location::Remote,
            source: "// @aggregation median".to_owned(),
            ..FunctionsRequest::default()
        };
        let data = elsewhere.encode(Framing::Map(EmptyArrays::Omit)).into();
        assert_eq!(Active::new(SeenRequest { data, ..(*seen).clone() }, 5).event().aggregation, None);
        let broken = SeenRequest { data: vec![0xff, 0].into(), ..*seen };
        assert_eq!(Active::new(broken, 5).event().aggregation, None);
    }
}
