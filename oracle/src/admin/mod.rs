//! What operators and scripts see over HTTP, on loopback unless configured otherwise.
//!
//! | path | answer |
//! | --- | --- |
//! | `/live` | 200 while the process serves |
//! | `/ready` | 200 when the node takes part: configured, caught up, connected to enough peers; else 503 and why |
//! | `/metrics` | Prometheus text |
//! | `/status` | the node and its newest requests, JSON |
//! | `/requests?limit=&before=&state=` | requests, newest first, in pages; `before` is the page before's `next` |
//! | `/requests/{id}` | one request, JSON |
//! | `/requests/{id}/evidence` | who observed what of it, with signatures, and what its report rests on, JSON |
//!
//! Whatever else is asked for is answered with one JSON line: what is wrong, what to do, and these paths.
//!
//! What is shown is read beside the engine, which never waits for a reader; what a client may hold on to is bounded
//! (see `server`). The Host header must name an address, `localhost` or a configured name, so that no web page reads
//! the node through a name of its own.
//!
//! Nothing here changes anything, and nothing here knows a key.

mod explain;
mod metrics;
mod requests;
mod server;
mod status;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State as Shared,
    http::{Method, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, time::timeout};

pub use metrics::{Kind, Metrics};
pub use server::bind;
pub use status::{Missing, NodeStatus, Part};

use crate::journal::{Journal, JournalError, Page};

/// Requests listed by `/status`.
const STATUS_REQUESTS: u32 = 100;

/// What is served, as a wrong path is told.
const ROUTES: [&str; 7] = [
    "/live",
    "/ready",
    "/metrics",
    "/status",
    "/requests?limit=&before=&state=",
    "/requests/{id}",
    "/requests/{id}/evidence",
];

/// Longest part of a wrong path that is repeated, in characters.
const MAX_PATH_SHOWN: usize = 100;

/// What is said when the database does not answer.
const UNREAD: &str = "the journal could not be read";
const UNREAD_REMEDY: &str = "ask again later; /ready and the log say what the database lacks";

/// How long the status page waits for the journal.
const JOURNAL_LIMIT: Duration = Duration::from_secs(5);

/// Everything the handlers read.
#[derive(Clone, Debug)]
pub struct AdminState {
    /// Durable state.
    pub journal: Journal,
    /// The node's own account of itself.
    pub status: watch::Receiver<NodeStatus>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Names clients may ask by, besides addresses and `localhost`.
    pub hosts: Arc<[String]>,
}

/// Serves until `stop` completes.
pub async fn serve(listener: TcpListener, state: AdminState, stop: impl Future<Output = ()> + Send) {
    server::serve(listener, routes(state), stop).await;
}

fn routes(state: AdminState) -> Router {
    let hosts = state.hosts.clone();
    Router::new()
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics_text))
        .route("/status", get(status))
        .route("/requests", get(requests::list))
        .route("/requests/{id}", get(requests::one))
        .route("/requests/{id}/evidence", get(requests::evidence))
        .fallback(nothing_here)
        .method_not_allowed_fallback(only_read)
        .layer(middleware::from_fn(move |request, next| {
            let hosts = hosts.clone();
            async move { server::guard(&hosts, request, next).await }
        }))
        .with_state(state)
}

async fn nothing_here(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(MAX_PATH_SHOWN).collect();
    let body = json!({ "error": format!("there is no page {path:?}"), "remedy": "take one of routes", "routes": ROUTES });
    line(StatusCode::NOT_FOUND, &body)
}

async fn only_read(method: Method) -> Response {
    let error = format!("nothing is changed here, so {} is not taken", method.as_str());
    let body = json!({ "error": error, "remedy": "ask with GET", "routes": ROUTES });
    line(StatusCode::METHOD_NOT_ALLOWED, &body)
}

/// What went wrong, in the one shape that all errors here have.
fn refuse(status: StatusCode, error: &str, remedy: &str) -> Response {
    line(status, &json!({ "error": error, "remedy": remedy }))
}

fn line(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

async fn ready(Shared(state): Shared<AdminState>) -> Response {
    match state.status.borrow().waiting_for() {
        None => (StatusCode::OK, "ready\n".to_owned()).into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")).into_response(),
    }
}

async fn metrics_text(Shared(state): Shared<AdminState>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let is_ready = state.status.borrow().waiting_for().is_none();
    state.metrics.ready.set(i64::from(is_ready));
    ([(header::CONTENT_TYPE, kind)], state.metrics.render()).into_response()
}

async fn status(Shared(state): Shared<AdminState>) -> Response {
    let node = state.status.borrow().clone();
    let page = Page { limit: STATUS_REQUESTS, ..Page::default() };
    match timeout(JOURNAL_LIMIT, state.journal.page(&page)).await {
        Ok(Ok(rows)) => {
            let requests: Vec<_> = rows.into_iter().map(|row| explain::shown(row.view, &node)).collect();
            Json(json!({ "node": node, "requests": requests })).into_response()
        }
        // What the node says about itself is worth most when its database is gone.
        unread => {
            if let Ok(Err(err)) = &unread {
                tracing::error!(%err, "the status page shows no requests");
            }
            let body = json!({ "node": node, "error": UNREAD, "remedy": UNREAD_REMEDY });
            line(StatusCode::INTERNAL_SERVER_ERROR, &body)
        }
    }
}

fn trouble(err: &JournalError) -> Response {
    tracing::error!(%err, "an admin question could not be answered");
    refuse(StatusCode::INTERNAL_SERVER_ERROR, UNREAD, UNREAD_REMEDY)
}
