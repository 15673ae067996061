//! Taking up what an earlier run left, and showing what the protocol knows.

use alloy::primitives::{Address, B256};
use oracle_ocr::{Answer, Record, RequestKey};

use super::{Don, Engine, EngineError, requests::Active};
use crate::{
    admin::Kind,
    clock::now_ms,
    journal::{Journal, ObservationView, State},
};

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
    pub(super) async fn restore(&mut self, requests: Vec<Active>) -> Result<(), EngineError> {
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
        let effects = self.protocol.resume(now_ms());
        self.perform(effects).await?;
        self.to_start = open;
        Ok(())
    }

    /// Whether the sandbox is not needed any more for this request.
    pub(super) fn needs_no_execution(&self, key: &RequestKey) -> bool {
        self.protocol
            .view(key)
            .is_some_and(|view| view.own.is_some() || view.report.is_some() || view.quarantined)
    }

    /// Copies what the protocol knows into what is stored and shown.
    pub(super) async fn show_progress(&mut self, key: RequestKey) -> Result<(), EngineError> {
        let Some(known) = self.protocol.view(&key) else { return Ok(()) };
        let Some(request) = self.requests.get_mut(&key.request).filter(|request| request.key() == key) else {
            return Ok(());
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
        if known.quarantined && request.row.view.reason.is_none() {
            request.row.view.reason =
                Some("older than this journal: the node stays silent about it".to_owned());
        }
        let after = (request.state(), request.row.view.observation.is_some());
        if before == after {
            return Ok(());
        }
        if let Some(own) = known.own.filter(|_| !before.1) {
            let kind = observation_kind(&own.observation.answer);
            self.parts.metrics.observations.get_or_create(&Kind::of(kind)).inc();
            tracing::info!(request_id = %key.request, kind, "observed");
        }
        if before.0 != after.0 {
            self.count_state(after.0);
        }
        self.requests.save(&key.request).await?;
        Ok(())
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
        Answer::NodeFailure(code) => Some(failure_text(*code).to_owned()),
    };
    ObservationView { kind: observation_kind(answer).to_owned(), data: answer.bytes().to_vec().into(), text }
}

fn failure_text(code: u8) -> &'static str {
    match code {
        1 => "the script runtime is down",
        2 => "secrets could not be fetched",
        3 => "secrets are missing or expired",
        4 => "secrets could not be decrypted",
        5 => "the node is at its capacity",
        6 => "no answer before the observation deadline",
        7 => "refused by the node's policy",
        _ => "unknown failure",
    }
}
