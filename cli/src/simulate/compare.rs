//! Several runs of one script side by side: do they agree, and if not, what made them differ.

use std::ops::Range;

use functions_failure::Result;
use functions_types::limits::Mode;
use oracle_runner::{RunOutcome, RunReport, RunRequest, Runner, RunnerError, Transcript};

use super::differ::{self, Response};
use super::places::{self, Place};
use super::secrets::Secrets;
use crate::remedy;

/// How one of the runs ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The script's result or error.
    Outcome(RunOutcome),
    /// It asked for something else than the recording has.
    Diverged(String),
}

impl End {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Outcome(RunOutcome::Result(bytes) | RunOutcome::UserError(bytes)) => bytes,
            Self::Diverged(text) => text.as_bytes(),
        }
    }
}

/// What the runs have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Every run after the first had the answers the first one got.
    Nodes,
    /// Every run asked the endpoints anew.
    Live,
}

/// An exchange that differs, and the call that made it.
pub(crate) struct Culprit {
    /// What differs.
    pub(crate) exchange: differ::Exchange,
    /// The call in the user's script, where it could be found.
    pub(crate) place: Option<Place>,
}

/// The runs, compared.
pub(crate) struct Comparison {
    /// Where the later runs had their answers from.
    pub(crate) kind: Kind,
    /// The end of every run, in order.
    pub(crate) ends: Vec<End>,
    /// Bytes in which the results differ.
    pub(crate) bytes: Vec<Range<usize>>,
    /// Exchanges that differ.
    pub(crate) culprits: Vec<Culprit>,
    /// Reads of the real clock and of real random numbers.
    pub(crate) uses: Vec<Place>,
}

impl Comparison {
    /// Whether all runs ended the same.
    pub(crate) fn agree(&self) -> bool {
        self.ends.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// Compares the first run with later ones of other nodes, which had the same answers.
    pub(crate) async fn nodes(
        first: &RunReport,
        later: Vec<End>,
        runner: &Runner,
        request: &RunRequest,
    ) -> Result<Self> {
        let mut all = Self::new(Kind::Nodes, first, later);
        if !all.agree() {
            all.uses = uses(&probe(runner, request, &first.transcript).await?);
        }
        Ok(all)
    }

    /// Compares runs that asked the endpoints anew.
    pub(crate) async fn live(reports: &[RunReport], runner: &Runner, request: &RunRequest) -> Result<Self> {
        let first = &reports[0];
        let later = reports[1..].iter().map(|report| End::Outcome(report.outcome.clone())).collect();
        let mut all = Self::new(Kind::Live, first, later);
        let runs: Vec<_> = reports.iter().map(|report| responses(&report.transcript)).collect();
        let exchanges = differ::exchanges(&runs);
        if exchanges.is_empty() && all.agree() {
            return Ok(all);
        }
        let places = probe(runner, request, &first.transcript).await?;
        let asked: Vec<_> = runs[0].iter().map(|response| response.asked.as_str()).collect();
        let calls = places::calls(&places, &asked);
        all.culprits = exchanges
            .into_iter()
            .map(|exchange| Culprit { place: calls.get(exchange.number).cloned().flatten(), exchange })
            .collect();
        if request.options.mode == Mode::Compat {
            all.uses = uses(&places);
        }
        Ok(all)
    }

    fn new(kind: Kind, first: &RunReport, later: Vec<End>) -> Self {
        let ends: Vec<End> = std::iter::once(End::Outcome(first.outcome.clone())).chain(later).collect();
        let results: Vec<&[u8]> = ends.iter().map(End::bytes).collect();
        let bytes = differ::bytes(&results);
        Self { kind, ends, bytes, culprits: Vec::new(), uses: Vec::new() }
    }

    /// Replaces the values of secrets in everything that is shown.
    pub(crate) fn veil(&mut self, secrets: &Secrets) {
        for culprit in &mut self.culprits {
            for text in std::iter::once(&mut culprit.exchange.asked).chain(&mut culprit.exchange.excerpts) {
                *text = secrets.veil(text);
            }
        }
    }
}

fn responses(transcript: &Transcript) -> Vec<Response> {
    let responses = transcript.http.iter().map(|exchange| Response {
        asked: format!("{} {}", exchange.method, exchange.url),
        status: exchange.response.as_ref().map_or(0, |response| response.status),
        body: exchange.response.as_ref().map_or_else(Vec::new, |response| response.body.clone()),
    });
    responses.collect()
}

/// Reads of clock and random numbers, each place once.
fn uses(places: &[Place]) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    for place in places.iter().filter(|place| place.what != places::REQUEST) {
        if !found.contains(place) {
            found.push(place.clone());
        }
    }
    found
}

/// Runs the script once more to find its places: from the recording, or live where it does not follow the recording.
async fn probe(runner: &Runner, request: &RunRequest, recording: &Transcript) -> Result<Vec<Place>> {
    let source = places::probed(&request.source);
    let probed = Transcript { source: source.clone(), ..recording.clone() };
    let report = match runner.replay(&probed, &request.secrets).await {
        Err(RunnerError::Diverged { .. }) => runner.run(RunRequest { source, ..request.clone() }).await,
        other => other,
    };
    Ok(places::read(&report.map_err(remedy::of_runner)?.console))
}
