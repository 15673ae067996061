//! What operators and scripts see over HTTP, on loopback unless configured otherwise.
//!
//! | path | answer |
//! | --- | --- |
//! | `/live` | 200 while the process serves |
//! | `/ready` | 200 when the node takes part: configured, caught up, connected to enough peers; else 503 and why |
//! | `/metrics` | Prometheus text |
//! | `/status` | the node and its newest requests, JSON |
//! | `/requests/{id}` | one request, JSON |
//!
//! Nothing here changes anything, and nothing here knows a key.

mod metrics;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use alloy::primitives::{Address, B256};
use axum::{
    Json, Router,
    extract::{Path, State as Shared},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

pub use metrics::{Kind, Metrics};

use crate::journal::{Journal, JournalError};

/// Requests listed by `/status`.
const STATUS_REQUESTS: u32 = 100;

/// The node part of `/status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// This node's index in the configuration; `None` until it is configured.
    pub index: Option<u8>,
    /// Network identity.
    pub peer_id: String,
    /// Address whose signatures count on chain.
    pub signer: Address,
    /// Account that sends reports.
    pub transmitter: Address,
    /// Peers connected now.
    pub peers_connected: usize,
    /// The configuration in force.
    pub config_digest: Option<B256>,
    /// Tolerated faults.
    pub f: u8,
    /// Members.
    pub n: usize,
    /// Newest block read.
    pub head: u64,
    /// The coordinator served.
    pub coordinator: Option<Address>,
    /// The pinned engine build of scripts; `None` until the runner started.
    pub runtime_hash: Option<B256>,
    /// The walls around a script by name, and how each stands.
    pub sandbox: BTreeMap<String, String>,
    /// Empty when ready; otherwise what is missing.
    pub waiting_for: Option<String>,
}

/// Everything the handlers read.
#[derive(Clone, Debug)]
pub struct AdminState {
    /// Durable state.
    pub journal: Journal,
    /// The node's own account of itself.
    pub status: watch::Receiver<NodeStatus>,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// Listens on `address`.
///
/// # Errors
/// When the address cannot be bound.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "the admin address is reachable from other machines");
    }
    TcpListener::bind(address).await
}

/// Serves until `stop` completes.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: AdminState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, routes(state)).with_graceful_shutdown(stop).await
}

fn routes(state: AdminState) -> Router {
    Router::new()
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics_text))
        .route("/status", get(status))
        .route("/requests/{id}", get(request))
        .with_state(state)
}

async fn ready(Shared(state): Shared<AdminState>) -> Response {
    match &state.status.borrow().waiting_for {
        None => (StatusCode::OK, "ready\n".to_owned()).into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response(),
    }
}

async fn metrics_text(Shared(state): Shared<AdminState>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], state.metrics.render()).into_response()
}

async fn status(Shared(state): Shared<AdminState>) -> Response {
    let node = state.status.borrow().clone();
    match state.journal.recent_requests(STATUS_REQUESTS).await {
        Ok(rows) => {
            let requests: Vec<_> = rows.into_iter().map(|row| row.view).collect();
            Json(json!({ "node": node, "requests": requests })).into_response()
        }
        Err(err) => trouble(&err),
    }
}

async fn request(Shared(state): Shared<AdminState>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<B256>() else {
        let body = json!({ "error": "a request id is 0x and 64 hex digits" });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    };
    match state.journal.request(id).await {
        Ok(Some(row)) => Json(row.view).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, Json(json!({ "error": "this node has not seen the request" })))
            .into_response(),
        Err(err) => trouble(&err),
    }
}

fn trouble(err: &JournalError) -> Response {
    tracing::error!(%err, "an admin question could not be answered");
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": "the journal could not be read" })))
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{RequestRow, RequestView};

    async fn get_text(address: SocketAddr, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{address}{path}")).await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    #[tokio::test]
    async fn handlers_answer_over_http() {
        crate::chain::use_ring();
        let folder = tempfile::tempdir().expect("temp folder");
        let journal =
            Journal::open(&format!("sqlite://{}/j.sqlite", folder.path().display())).await.expect("journal");
        let id = B256::repeat_byte(5);
        let row = RequestRow {
            commitment_hash: B256::ZERO,
            block_number: 1,
            block_hash: B256::ZERO,
            timeout_timestamp: 2,
            event: String::new(),
            view: RequestView::seen(id, 3),
        };
        journal.put_request(&row).await.expect("row");
        let waiting = NodeStatus { waiting_for: Some("peers".into()), ..NodeStatus::default() };
        let (sender, status) = watch::channel(waiting);
        let metrics = Arc::new(Metrics::new());
        metrics.requests_seen.inc();
        let listener = bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = listener.local_addr().expect("address");
        let server =
            tokio::spawn(serve(listener, AdminState { journal, status, metrics }, std::future::pending()));

        assert_eq!(get_text(address, "/live").await.0, 200);
        assert_eq!(get_text(address, "/ready").await, (503, "not ready: peers\n".to_owned()));
        sender.send_replace(NodeStatus { f: 1, n: 4, ..NodeStatus::default() });
        assert_eq!(get_text(address, "/ready").await.0, 200);
        assert!(get_text(address, "/metrics").await.1.contains("functions_requests_seen_total 1"));
        let (_, status) = get_text(address, "/status").await;
        let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        assert_eq!(status["node"]["n"], 4);
        assert_eq!(status["requests"][0]["state"], "SEEN");
        assert_eq!(status["requests"][0]["timesMs"]["seen"], 3);
        let (code, one) = get_text(address, &format!("/requests/{id}")).await;
        assert!(code == 200 && one.contains("\"requestId\""), "{one}");
        assert_eq!(get_text(address, &format!("/requests/{}", B256::ZERO)).await.0, 404);
        assert_eq!(get_text(address, "/requests/12").await.0, 400);
        server.abort();
    }
}
