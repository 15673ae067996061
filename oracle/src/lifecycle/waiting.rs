//! Why a request waits, in words.

use oracle_ocr::{OracleIndex, RequestKey};

use super::{Action, Lifecycle, State, active::Active};

/// Why a quarantined request waits.
pub(super) const QUARANTINED: &str =
    "older than this journal: the keys may have spoken about it before, so the node leaves it to its peers";
/// Milliseconds after which a request's waiting is explained, and between two looks.
const EXPLAIN_EVERY_MS: u64 = 5_000;

/// What a request waits for.
enum Wait {
    For(String),
    /// Others: whose observations are missing, only the protocol knows.
    ForOthers,
}

impl Lifecycle {
    /// Says why requests wait that have waited for a while; looks every few seconds.
    pub(super) fn explain(&mut self, now: u64) {
        if now < self.next_explanation_ms {
            return;
        }
        self.next_explanation_ms = now.saturating_add(EXPLAIN_EVERY_MS);
        let waits = |request: &Active| {
            let seen = request.row.view.times_ms.seen.unwrap_or(now);
            request.state() < State::Reported && now.saturating_sub(seen) >= EXPLAIN_EVERY_MS
        };
        for id in self.requests.ids_where(waits) {
            let Some(wait) = self.requests.get(&id).and_then(|request| self.wait_of(now, request)) else {
                continue;
            };
            let Some(request) = self.requests.get_mut(&id) else { continue };
            match wait {
                Wait::ForOthers => self.out.push(Action::Ask(request.key())),
                Wait::For(reason) => {
                    if request.explain(reason) {
                        self.requests.touch(id);
                    }
                }
            }
        }
    }

    fn wait_of(&self, now: u64, request: &Active) -> Option<Wait> {
        if !self.caught_up {
            return Some(Wait::For("the chain is being read".to_owned()));
        }
        let known = request.known.as_ref()?;
        if known.quarantined {
            return Some(Wait::For(QUARANTINED.to_owned()));
        }
        let runs = self.running.contains_key(&request.key());
        if runs && request.state() == State::Executing {
            let began = request.run_began_ms.unwrap_or(now);
            let (ran, limit) = (now.saturating_sub(began) / 1_000, self.rules.run_limit_ms as f64 / 1_000.0);
            return Some(Wait::For(format!("its script runs here for {ran} s; its time limit is {limit} s")));
        }
        // A run that failed here has said why.
        if known.own.is_none() && !runs {
            let said = request.row.view.reason.clone();
            return Some(Wait::For(
                said.unwrap_or_else(|| "waits for a free slot to run the script".to_owned()),
            ));
        }
        Some(Wait::ForOthers)
    }

    /// The protocol says whose observations it holds.
    pub(super) fn heard(&mut self, key: RequestKey, authors: &[OracleIndex]) {
        let silent: Vec<String> = self
            .rules
            .members
            .iter()
            .filter(|oracle| !authors.contains(oracle))
            .map(ToString::to_string)
            .collect();
        let (have, need) = (authors.len(), self.rules.quorum);
        let reason = match silent.is_empty() {
            true => format!("{have} observations, no agreement yet"),
            false => format!("{have} observations, {need} needed; none from oracle {}", silent.join(", ")),
        };
        let Some(request) = self.requests.keyed_mut(&key) else { return };
        if request.state() < State::Reported && request.explain(reason) {
            self.requests.touch(key.request);
        }
    }
}
