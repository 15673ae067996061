//! Three small price services on one loopback port, for the demo's script to ask.

use std::net::SocketAddr;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use functions_failure::{Result, WrapErr as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The venues and what each says one LINK costs, in US cents.
pub(crate) const PRICES: [(&str, u32); 3] = [("alpha", 1498), ("beta", 1502), ("gamma", 1507)];

/// The running service. Dropping it stops it.
pub(crate) struct PriceApi {
    address: SocketAddr,
    open: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl PriceApi {
    /// Starts on a free port. While `open` is false every question waits for [`Self::open`].
    pub(crate) async fn start(open: bool) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.wrap_err("cannot listen on 127.0.0.1")?;
        let address = listener.local_addr()?;
        let (sender, receiver) = watch::channel(open);
        let app = Router::new().route("/{venue}/price", get(price)).with_state(receiver);
        let task = tokio::spawn(async move {
            // Serving ends only with the task.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, open: sender, task })
    }

    /// Lets waiting and later questions through.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// `HOST:PORT`.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// One URL a venue.
    pub(crate) fn urls(&self) -> Vec<String> {
        PRICES.iter().map(|(venue, _)| format!("http://{}/{venue}/price", self.address)).collect()
    }
}

impl Drop for PriceApi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn price(
    Path(venue): Path<String>,
    State(mut open): State<watch::Receiver<bool>>,
) -> Result<Json<serde_json::Value>, StatusCode> {
    let Some((_, cents)) = PRICES.iter().find(|(name, _)| *name == venue) else {
        return Err(StatusCode::NOT_FOUND);
    };
    open.wait_for(|open| *open).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(serde_json::json!({
        "venue": venue, "pair": "LINK/USD", "price": f64::from(*cents) / 100.0,
    })))
}
