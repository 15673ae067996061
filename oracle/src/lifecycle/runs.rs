//! Running scripts: as many at once as there are slots, each until it gives an answer or nobody needs one.

use std::collections::BTreeSet;

use alloy::primitives::B256;
use oracle_ocr::{Earlier, Input, Observation, RequestKey};

use super::{Lifecycle, Note, Order, State};

impl Lifecycle {
    /// Hands the request to the protocol and, unless an observation is stored already, to the schedule.
    pub(super) fn start(&mut self, id: B256) {
        let open = self.requests.get_mut(&id).filter(|request| !request.state().is_settled());
        let Some(request) = open else { return };
        let (needs_run, waiting) = (request.needs_run(), request.waiting());
        let (key, event) = (request.key(), request.event());
        let earlier = std::mem::take(&mut request.earlier);
        if request.known.is_none() {
            // First, for peers' words that wait for the request are heard as it opens.
            if earlier != Earlier::default() {
                self.agree(Input::Earlier { key, said: Box::new(earlier) });
            }
            self.agree(Input::Request(event));
        }
        if needs_run {
            self.schedule.push(id, waiting);
        }
    }

    /// Ends the runs of requests that are open no more. While one is open, its answer may be what a peer waits for,
    /// even when there is a report.
    pub(super) fn end_needless_runs(&mut self) {
        let is_open = |key: &RequestKey| {
            let request = self.requests.get(&key.request).filter(|request| request.key() == *key);
            request.is_some_and(|request| !request.state().is_settled())
        };
        let mut needless: Vec<_> = self.running.keys().filter(|key| !is_open(key)).copied().collect();
        needless.sort();
        for key in needless {
            self.running.remove(&key);
            self.order(Order::EndRun(key));
        }
    }

    /// Fills the free slots. Of three or more the last is for a subscription that has none: the long scripts of one do
    /// not keep all others waiting.
    pub(super) fn fill_slots(&mut self, now: u64) {
        while self.running.len() < self.rules.slots {
            let is_last = self.rules.slots > 2 && self.running.len() + 1 == self.rules.slots;
            let served = if is_last { self.running.values().copied().collect() } else { BTreeSet::new() };
            let Some(id) = self.schedule.next(now, self.chain_seconds, &served) else { return };
            let wanted = self.requests.get_mut(&id).filter(|request| request.needs_run());
            let Some(request) = wanted else {
                self.schedule.remove(&id);
                continue;
            };
            let key = request.key();
            // Its run goes on: what ended the request has left the chain before anything was done about it.
            if self.running.insert(key, request.waiting().subscription).is_some() {
                continue;
            }
            request.run_began_ms = Some(now);
            let moved = request.advance(State::Executing);
            if moved {
                self.requests.touch(id);
                self.note(Note::Entered(State::Executing));
            }
            self.order(Order::Run(key));
        }
    }

    pub(super) fn finished(&mut self, now: u64, key: RequestKey, observation: Result<Observation, String>) {
        let id = key.request;
        self.running.remove(&key);
        // The run of a commitment that was replaced says nothing about the one that replaced it.
        let is_current = self.requests.keyed_mut(&key).is_some();
        match observation {
            Ok(observation) if is_current => {
                self.schedule.remove(&id);
                self.agree(Input::Observed { key, observation });
            }
            Ok(_) => {}
            Err(reason) => {
                self.note(Note::RunFailed);
                if is_current {
                    self.tire(now, id, &reason);
                }
            }
        }
    }

    /// The user pays for an answer, never for this node's trouble: the run is repeated after a rest.
    fn tire(&mut self, now: u64, id: B256, reason: &str) {
        let failures = self.schedule.rest(id, now);
        let Some(request) = self.requests.get_mut(&id).filter(|_| failures > 0) else { return };
        request.explain(format!(
            "the script could not be run here {failures} times, and is tried again: {reason}"
        ));
        self.requests.touch(id);
    }

    pub(super) fn unrunnable(&mut self, key: RequestKey) {
        self.running.remove(&key);
        let open = self.requests.keyed_mut(&key).filter(|request| !request.state().is_settled());
        let Some(request) = open else { return };
        request.explain(
            "the journal does not give the request's event back; its peers answer without this node",
        );
        self.requests.touch(key.request);
        self.schedule.remove(&key.request);
    }
}
