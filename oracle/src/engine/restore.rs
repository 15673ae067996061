//! Taking up what an earlier run left, and showing what the protocol knows.

use alloy::primitives::{Address, B256};
use oracle_ocr::{Answer, Record, RequestKey};

use super::{Don, Engine, EngineError, requests::Active};
use crate::{
    admin::Kind,
    clock::now_ms,
    journal::{Journal, ObservationView, State},
};

/// Why a quarantined request waits.
const QUARANTINED: &str =
    "older than this journal: the keys may have spoken about it before, so the node leaves it to its peers";
/// Milliseconds after which a request's waiting is explained, and between two looks.
const EXPLAIN_EVERY_MS: u64 = 5_000;

/// What the journal holds about unfinished requests of one coordinator.
pub(super) struct Left {
    pub(super) requests: Vec<Active>,
    pub(super) records: Vec<Record>,
}

/// Reads the journal.
pub(super) async fn read(journal: &Journal, don: &Don, router: Address) -> Result<Left, EngineError> {
    let mut left = Left { requests: Vec::new(), records: Vec::new() };
    for row in journal.unfinished_requests().await? {
        let id = row.view.request_id;
        let Some(mut request) = Active::from_row(row, don.coordinator, router) else {
            tracing::info!(request_id = %id, "a stored request belongs to another coordinator and is left alone");
            continue;
        };
        if !request.state().is_settled() {
            let records = journal.records(don.roster.config_digest(), request.key()).await?;
            request.started = !records.is_empty();
            left.records.extend(records);
        }
        left.requests.push(request);
    }
    Ok(left)
}

impl Engine {
    /// Puts stored requests back to work; the protocol has their records already.
    pub(super) fn restore(&mut self, requests: Vec<Active>) {
        let open: Vec<B256> = requests
            .iter()
            .filter(|request| !request.state().is_settled())
            .map(|request| request.seen.request_id)
            .collect();
        if !requests.is_empty() {
            tracing::info!(stored = requests.len(), open = open.len(), "resuming from the journal");
        }
        for request in requests {
            self.requests.insert(request);
        }
        self.effects = self.protocol.resume(now_ms());
        self.to_start = open;
    }

    /// Whether the sandbox is not needed any more for this request.
    pub(super) fn needs_no_execution(&self, key: &RequestKey) -> bool {
        self.protocol
            .view(key)
            .is_some_and(|view| view.own.is_some() || view.report.is_some() || view.quarantined)
    }

    /// Copies what the protocol knows into what is stored and shown.
    pub(super) fn show_progress(&mut self, key: RequestKey) {
        let Some(known) = self.protocol.view(&key) else { return };
        let Some(request) = self.requests.get_mut(&key.request).filter(|request| request.key() == key) else {
            return;
        };
        let before = (request.state(), request.row.view.observation.is_some());
        if let Some(own) = &known.own {
            let view = &mut request.row.view;
            if view.observation.is_none() {
                view.observation = Some(observation_view(&own.observation.answer));
                view.times_ms.observed.get_or_insert_with(now_ms);
            }
            request.advance(State::Observed);
        }
        if known.locked.is_some() {
            request.advance(State::Locked);
        }
        if known.quarantined && request.row.view.reason.as_deref() != Some(QUARANTINED) {
            request.row.view.reason = Some(QUARANTINED.to_owned());
            self.requests.touch(key.request);
        }
        let Some(request) = self.requests.get_mut(&key.request) else { return };
        let after = (request.state(), request.row.view.observation.is_some());
        if before == after {
            return;
        }
        if !known.quarantined {
            request.row.view.reason = None;
        }
        if let Some(own) = known.own.filter(|_| !before.1) {
            let kind = observation_kind(&own.observation.answer);
            self.parts.metrics.observations.get_or_create(&Kind::of(kind)).inc();
            tracing::info!(request_id = %key.request, kind, "observed");
        }
        if before.0 != after.0 {
            self.count_state(after.0);
        }
        self.requests.touch(key.request);
    }

    /// Says why requests wait that have waited for a while; looks every few seconds.
    pub(super) fn explain_waiting(&mut self) {
        let now = now_ms();
        if now < self.next_explanation_ms {
            return;
        }
        self.next_explanation_ms = now + EXPLAIN_EVERY_MS;
        let waits = |request: &Active| {
            let seen = request.row.view.times_ms.seen.unwrap_or(now);
            request.state() < State::Reported && now.saturating_sub(seen) >= EXPLAIN_EVERY_MS
        };
        for id in self.requests.ids_where(waits) {
            let Some(request) = self.requests.get(&id) else { continue };
            let Some(reason) = self.waiting_reason(request) else { continue };
            let Some(request) = self.requests.get_mut(&id) else { continue };
            if request.row.view.reason.as_ref() != Some(&reason) {
                request.row.view.reason = Some(reason);
                self.requests.touch(id);
            }
        }
    }

    fn waiting_reason(&self, request: &Active) -> Option<String> {
        if !self.caught_up {
            return Some("the chain is being read".to_owned());
        }
        let known = self.protocol.view(&request.key())?;
        if known.quarantined {
            return Some(QUARANTINED.to_owned());
        }
        // A run that failed here has said why.
        if known.own.is_none() && !self.running.contains(&request.seen.request_id) {
            let said = request.row.view.reason.clone();
            return Some(said.unwrap_or_else(|| "waits for a free slot to run the script".to_owned()));
        }
        let roster = &self.parts.don.roster;
        let silent: Vec<String> = roster
            .indexes()
            .filter(|oracle| known.observations.iter().all(|signed| signed.sender != *oracle))
            .map(|oracle| oracle.to_string())
            .collect();
        let (have, need) = (known.observations.len(), roster.quorum());
        Some(match silent.is_empty() {
            true => format!("{have} observations, no agreement yet"),
            false => format!("{have} observations, {need} needed; none from oracle {}", silent.join(", ")),
        })
    }

    /// Requests that were open when the blocks they lie in left the chain and are in it again.
    pub(super) fn revived_state(&self, key: &RequestKey) -> State {
        match self.protocol.view(key) {
            Some(view) if view.report.is_some() => State::Reported,
            Some(view) if view.locked.is_some() => State::Locked,
            Some(view) if view.own.is_some() => State::Observed,
            Some(_) => State::Executing,
            None => State::Seen,
        }
    }
}

fn observation_kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Result(_) => "result",
        Answer::UserError(_) => "userError",
        Answer::NodeFailure(_) => "nodeFailure",
    }
}

fn observation_view(answer: &Answer) -> ObservationView {
    let text = match answer {
        Answer::Result(_) => None,
        Answer::UserError(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Answer::NodeFailure(code) => Some(code.text().to_owned()),
    };
    ObservationView { kind: observation_kind(answer).to_owned(), data: answer.bytes().to_vec().into(), text }
}
