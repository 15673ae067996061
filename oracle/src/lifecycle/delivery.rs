//! What became of this node's transactions.

use alloy::primitives::B256;

use super::{Lifecycle, Note, RequestRow, State, active::show_submitted};

impl Lifecycle {
    pub(super) fn submitted(
        &mut self,
        now: u64,
        id: B256,
        tx_hash: B256,
        stage: u64,
        stored: Option<Box<RequestRow>>,
    ) {
        let Some(request) = self.requests.get_mut(&id) else {
            if let Some(mut row) = stored {
                show_submitted(&mut row.view, now, tx_hash, stage);
                self.requests.store(*row);
            }
            return;
        };
        show_submitted(&mut request.row.view, now, tx_hash, stage);
        if request.advance(State::Submitted) {
            self.note(Note::Entered(State::Submitted));
        }
        self.requests.touch(id);
    }

    pub(super) fn unpaid(&mut self, id: B256, code: Option<u8>) {
        if self.requests.get_mut(&id).is_some_and(|request| request.retreat(code)) {
            self.requests.touch(id);
        }
    }

    pub(super) fn undeliverable(&mut self, id: B256, reason: &str) {
        if self.requests.get(&id).is_some_and(|request| !request.state().is_settled()) {
            self.end(id, State::Undeliverable, Some(reason));
        }
    }
}
