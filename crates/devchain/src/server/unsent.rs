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

/// Answers up to this are given whatever others hold.
const SMALL_BYTES: usize = 4 * 1024;
/// Bytes of a body that are handed on at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Counts them.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsent(Arc<AtomicUsize>);

/// Bytes that count until this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    unsent: Unsent,
    bytes: usize,
}

impl Unsent {
    /// Counts these bytes.
    ///
    /// # Errors
    /// When they and those that nobody has read yet are more than [`MAX_UNSENT_BYTES`].
    pub(super) fn hold(&self, bytes: usize) -> Result<Held, RpcError> {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let held = Held { unsent: self.clone(), bytes };
        if bytes > MAX_UNSENT_BYTES {
            return Err(RpcError::limit(format!(
                "the answer has {bytes} bytes, at most {MAX_UNSENT_BYTES} are given; ask for less"
            )));
        }
        if bytes > SMALL_BYTES && before.saturating_add(bytes) > MAX_UNSENT_BYTES {
            return Err(RpcError::limit(format!(
                "{before} bytes of earlier answers were not read yet, and this one has {bytes}; read them, or ask later"
            )));
        }
        Ok(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.unsent.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The answer to a message, counted until it is sent.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) held: Vec<Held>,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self { text, held: Vec::new() }
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
        let half = MAX_UNSENT_BYTES / 2;
        let first = unsent.hold(half).expect("room");
        let second = unsent.hold(half).expect("room");
        let refused = unsent.hold(SMALL_BYTES + 1).expect_err("no room");
        assert!(refused.message.contains("were not read yet"), "{}", refused.message);
        drop(unsent.hold(SMALL_BYTES).expect("small"));
        drop(first);
        drop(unsent.hold(half).expect("what was refused holds nothing"));
        drop(second);
        assert!(unsent.hold(MAX_UNSENT_BYTES + 1).is_err());
        assert_eq!(unsent.0.load(Ordering::Relaxed), 0);
    }
}
