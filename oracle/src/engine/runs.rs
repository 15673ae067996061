//! Running scripts: as many at once as there are slots, each until it gives an answer.

use alloy::primitives::B256;
use oracle_ocr::Input;

use super::{
    Engine, EngineError, Finished,
    requests::{Active, read_event},
    schedule::Waiting,
};
use crate::{clock::now_ms, journal::State};

impl Engine {
    /// Hands the request to the protocol and, unless an observation is stored already, to the schedule.
    pub(super) fn start(&mut self, id: B256) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        if request.state().is_settled() {
            return;
        }
        let (key, event, started) = (request.key(), request.event(), request.started);
        request.started = true;
        let waiting = Waiting {
            subscription: request.seen.subscription_id,
            last_call_seconds: event.last_call_seconds(),
        };
        if !started {
            self.feed(Input::Request(event));
        }
        if self.needs_no_execution(&key) {
            return self.show_progress(key);
        }
        self.schedule.push(id, waiting);
    }

    /// Fills the free slots. What is scheduled must be in the journal, for only there is all of it.
    pub(super) async fn run_scripts(&mut self) -> Result<(), EngineError> {
        while self.running.len() < self.parts.executor.slots() {
            let Some(id) = self.schedule.next(now_ms(), self.chain_seconds) else { break };
            let wanted = self.requests.get(&id).filter(|request| !request.state().is_settled());
            let Some(key) = wanted.map(Active::key).filter(|key| !self.needs_no_execution(key)) else {
                self.schedule.remove(&id);
                continue;
            };
            let stored =
                self.parts.journal.request(id).await?.filter(|row| row.commitment_hash == key.commitment);
            let event =
                stored.and_then(|row| read_event(&row, self.parts.don.coordinator, self.parts.router));
            let Some(seen) = event else {
                tracing::error!(request_id = %id, "the journal does not give the request's event back");
                self.schedule.remove(&id);
                continue;
            };
            self.running.insert(id);
            if self.requests.get_mut(&id).is_some_and(|request| request.advance(State::Executing)) {
                self.requests.touch(id);
                self.count_state(State::Executing);
            }
            let (executor, finished) = (self.parts.executor.clone(), self.finished.clone());
            tokio::spawn(async move {
                let execution = executor.execute(id, seen.data, seen.block_timestamp).await;
                // A closed channel means the node is stopping; the next start executes again.
                let _ = finished.send(Finished { request_id: id, execution });
            });
        }
        let metrics = &self.parts.metrics;
        metrics.scripts_running.set(i64::try_from(self.running.len()).unwrap_or(i64::MAX));
        let waiting = self.schedule.len().saturating_sub(self.running.len());
        metrics.scripts_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        Ok(())
    }

    pub(super) fn on_finished(&mut self, done: Finished) {
        let Finished { request_id, execution } = done;
        self.running.remove(&request_id);
        let execution = match execution {
            Ok(execution) => execution,
            Err(err) => {
                let failures = self.schedule.rest(request_id, now_ms());
                self.parts.metrics.failed_runs.inc();
                if let Some(request) = self.requests.get_mut(&request_id) {
                    request.row.view.reason = Some(format!(
                        "the script could not be run here {failures} times, and is tried again: {err}"
                    ));
                    self.requests.touch(request_id);
                }
                return;
            }
        };
        self.schedule.remove(&request_id);
        self.parts.metrics.execution_seconds.observe(execution.wall.as_secs_f64());
        self.parts.metrics.cpu_seconds.inc_by(execution.cpu.as_secs_f64());
        if let Some(request) = self.requests.get(&request_id) {
            let key = request.key();
            self.feed(Input::Observed { key, observation: execution.observation });
        }
    }
}
