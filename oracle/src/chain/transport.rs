//! A JSON-RPC transport whose answers are bounded before they are parsed.

use std::task::{Context, Poll};

use alloy::{
    rpc::json_rpc::{RequestPacket, ResponsePacket},
    transports::{TransportError, TransportErrorKind, TransportFut},
};
use reqwest::Client;
use tower::Service;
use url::Url;

/// Largest answer accepted from an endpoint, in bytes: a full range of logs with 30 kB requests fits.
pub(crate) const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Most of an error answer's text that is kept, in bytes.
const MAX_ERROR_TEXT_BYTES: usize = 2_048;

/// HTTP POST to one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct BoundedHttp {
    client: Client,
    url: Url,
}

impl BoundedHttp {
    /// A transport to `url` that shares `client`'s connections and time limits.
    pub(crate) const fn new(client: Client, url: Url) -> Self {
        Self { client, url }
    }

    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let body = serde_json::to_vec(&request).map_err(TransportError::ser_err)?;
        let mut answer = self
            .client
            .post(self.url)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .map_err(nameless)?;
        let status = answer.status();
        let limit = if status.is_success() { MAX_ANSWER_BYTES } else { MAX_ERROR_TEXT_BYTES };
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(nameless)? {
            if bytes.len() + chunk.len() > limit {
                if status.is_success() {
                    return Err(TransportErrorKind::custom_str("answer is larger than 64 MiB"));
                }
                break;
            }
            bytes.extend_from_slice(&chunk);
        }
        match serde_json::from_slice(&bytes) {
            Ok(packet) => Ok(packet),
            Err(_) if !status.is_success() => Err(TransportErrorKind::http_error(
                status.as_u16(),
                String::from_utf8_lossy(&bytes).into_owned(),
            )),
            Err(err) => {
                bytes.truncate(MAX_ERROR_TEXT_BYTES);
                Err(TransportError::deser_err(err, String::from_utf8_lossy(&bytes)))
            }
        }
    }
}

/// Hosted endpoints carry their access key in the URL: it never reaches a log.
fn nameless(err: reqwest::Error) -> TransportError {
    TransportErrorKind::custom(err.without_url())
}

impl Service<RequestPacket> for BoundedHttp {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().exchange(request))
    }
}
