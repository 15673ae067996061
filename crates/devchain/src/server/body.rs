//! The body of a request, bounded in bytes, and by its connection in time.

use axum::{body::HttpBody as _, extract::Request, http::StatusCode};
use futures::StreamExt as _;

use super::{BODY_TIME, MAX_REQUEST_BYTES, connections::Cut};

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    /// It is longer than it may be.
    #[error("a message holds at most {MAX_REQUEST_BYTES} bytes; send smaller batches")]
    TooLarge,
    /// Its rest does not come.
    #[error(
        "the request's body stopped after {had} bytes and did not go on: send as many as content-length says, within {} s",
        BODY_TIME.as_secs()
    )]
    Stopped {
        /// Bytes that came.
        had: usize,
    },
    /// Others need its room.
    #[error(transparent)]
    Cut(Cut),
    /// The connection broke off, or the body's framing is none.
    #[error("the request's body cannot be read: {0}")]
    Broken(axum::Error),
}

impl Unread {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Stopped { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Cut(cut) => cut.status(),
            Self::Broken(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// Reads a request's body.
///
/// # Errors
/// See [`Unread`].
pub(super) async fn read(request: Request) -> Result<Vec<u8>, Unread> {
    let body = request.into_body();
    if body.size_hint().lower() > MAX_REQUEST_BYTES as u64 {
        return Err(Unread::TooLarge);
    }
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| match Cut::behind(&error) {
            Some(Cut::Stopped) => Unread::Stopped { had: bytes.len() },
            Some(cut) => Unread::Cut(cut),
            None => Unread::Broken(error),
        })?;
        if bytes.len() + piece.len() > MAX_REQUEST_BYTES {
            return Err(Unread::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}
