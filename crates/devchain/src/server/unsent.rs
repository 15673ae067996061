//! Answers that are written and not yet read: how many bytes of them there may be, over all connections.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::body::{Body, Bytes};
use futures::stream;

use super::MAX_UNSENT_BYTES;
use crate::rpc::RpcError;

/// Answers to a message up to this are given whatever others hold.
const SMALL_BYTES: usize = 4 * 1024;
/// Bytes of a body that are handed on at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Counts them.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsent(Arc<AtomicUsize>);

/// Bytes of the answer to a message, which count until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    unsent: Unsent,
    bytes: usize,
}

impl Unsent {
    /// For the answer to a message, of which there is nothing yet.
    pub(super) fn hold(&self) -> Held {
        Held { unsent: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Counts these bytes too, and gives them back.
    ///
    /// # Errors
    /// When they and those that nobody has read yet are more than [`MAX_UNSENT_BYTES`].
    pub(super) fn room_for(&mut self, text: String) -> Result<String, RpcError> {
        let bytes = text.len();
        if bytes > MAX_UNSENT_BYTES {
            return Err(RpcError::limit(format!(
                "the answer has {bytes} bytes, at most {MAX_UNSENT_BYTES} are given; ask for less"
            )));
        }
        let before = self.unsent.0.fetch_add(bytes, Ordering::Relaxed);
        if self.bytes + bytes > SMALL_BYTES && before.saturating_add(bytes) > MAX_UNSENT_BYTES {
            self.unsent.0.fetch_sub(bytes, Ordering::Relaxed);
            return Err(RpcError::limit(format!(
                "{before} bytes of answers were not read yet, and this one has {bytes}; read them, or ask later, in smaller batches"
            )));
        }
        self.bytes += bytes;
        Ok(text)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.unsent.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The answer to a message, counted until it is sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) held: Option<Held>,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self { text, held: None }
    }
}

impl Answer {
    /// The body of a response, which counts as long as the other side does not take it.
    pub(super) fn into_body(self) -> Body {
        if self.text.len() <= PIECE_BYTES {
            return Body::from(self.text);
        }
        let pieces = stream::unfold((Bytes::from(self.text), self.held), |(mut rest, held)| async move {
            let piece = rest.split_to(rest.len().min(PIECE_BYTES));
            (!piece.is_empty()).then_some((Ok::<_, Infallible>(piece), (rest, held)))
        });
        Body::from_stream(pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_leaves_room_for_small_answers_only() {
        let unsent = Unsent::default();
        let text = |bytes: usize| "x".repeat(bytes);
        let hold = |bytes: usize| {
            let mut held = unsent.hold();
            held.room_for(text(bytes)).map(|_| held)
        };
        let half = MAX_UNSENT_BYTES / 2;
        let [first, second] = [half, half].map(|bytes| hold(bytes).expect("room"));
        let refused = hold(SMALL_BYTES + 1).expect_err("no room");
        assert!(refused.message.contains("were not read yet"), "{}", refused.message);
        let mut batch = hold(SMALL_BYTES).expect("small");
        batch.room_for(text(1)).expect_err("all answers of a message are small, or none");
        drop((batch, first));
        drop(hold(half).expect("what was refused holds nothing"));
        drop(second);
        assert!(hold(MAX_UNSENT_BYTES + 1).is_err());
        assert_eq!(unsent.0.load(Ordering::Relaxed), 0);
    }
}
