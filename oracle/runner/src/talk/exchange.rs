//! One HTTP exchange of a run: what was asked, what was answered, and what of both is kept.

use std::time::Duration;

use oracle_frames::{HttpRequest, HttpResponse, ToChild};
use tokio::task::AbortHandle;

use super::Divergence;
use crate::broker;
use crate::record::request_digest;
use crate::report::HttpExchange;
use crate::transcript::{RecordedExchange, Veil};

/// An exchange, from the child's question on.
pub(super) struct Exchange {
    /// For the recording.
    recorded: RecordedExchange,
    /// For the report.
    reported: HttpExchange,
    /// Who performs it, as long as it is under way.
    task: Option<AbortHandle>,
}

impl Exchange {
    /// With `hide`, whatever of the request may carry a secret is not recorded; `brief` leaves out the same to save
    /// room.
    pub(super) fn asked(request: &HttpRequest, veil: &Veil, hide: bool, brief: bool) -> Self {
        Self {
            recorded: RecordedExchange::asked(request, veil, hide, brief),
            reported: broker::asked(request),
            task: None,
        }
    }

    pub(super) fn performed_by(&mut self, task: AbortHandle) {
        self.task = Some(task);
    }

    /// The child waits no longer.
    pub(super) fn abort(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    pub(super) fn answered(&mut self, response: &HttpResponse, reported: HttpExchange, veil: &Veil) {
        self.task = None;
        self.recorded.answered(response, veil);
        self.recorded.failure.clone_from(&reported.failure);
        self.reported = reported;
    }

    /// Takes over what a recording has in this place, and gives the answer for the child.
    ///
    /// # Errors
    /// How the request departs from the recorded one; `at` is its number.
    pub(super) fn replayed(
        &mut self,
        at: usize,
        request: &HttpRequest,
        then: Option<&RecordedExchange>,
        veil: &Veil,
    ) -> Result<ToChild, Divergence> {
        let diverged = |recorded: String| Divergence {
            exchange: at,
            asked: format!("{} {}", request.method, veil.hide_text(&request.url)),
            recorded,
        };
        let then = then.ok_or_else(|| diverged("nothing more".to_owned()))?;
        let what = format!("{} {}", then.method, then.url);
        if then.request_digest != request_digest(request) {
            return Err(diverged(what));
        }
        let response = then.restored(request.id, veil);
        if then.response.is_some() && response.is_none() {
            let why = format!("{what}, answered with a secret that is not the one given now");
            return Err(diverged(why));
        }
        if let Some(response) = &response {
            self.reported = broker::answered(request, response, Duration::ZERO, then.failure.clone());
        }
        self.recorded.response.clone_from(&then.response);
        self.recorded.response_digest = then.response_digest;
        self.recorded.failure.clone_from(&then.failure);
        Ok(ToChild::HttpReplay { id: request.id, delivery: then.turn.zip(response) })
    }

    /// The script was handed the answer in this turn. Only the first turn counts, and none before the answer.
    pub(super) fn delivered(&mut self, turn: u32) {
        if self.recorded.response.is_some() && self.recorded.turn.is_none() {
            self.recorded.turn = Some(turn);
        }
    }

    /// What is kept, for the report and for the recording.
    pub(super) fn kept(self) -> (HttpExchange, RecordedExchange) {
        (self.reported, self.recorded)
    }
}
