//! One exchange for identical GETs of one request: for machines that run several nodes or repeat a
//! run. Off unless the operator switches it on, because nodes should look for themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oracle_frames::{HttpRequest, HttpResponse};
use tokio::sync::OnceCell;

use super::Failure;
use crate::record::request_digest;

/// How long an answer may be used again.
const SHARE_TIME: Duration = Duration::from_secs(60);
/// Answers kept at most; each is at most as long as the response limit.
const SHARED_MAX: usize = 32;

/// The on-chain request's id and the exchange's digest.
type Key = ([u8; 32], [u8; 32]);
type Cell = Arc<OnceCell<HttpResponse>>;

/// Answers of the last minute.
#[derive(Default)]
pub(crate) struct Shared(Mutex<HashMap<Key, (Instant, Cell)>>);

impl Shared {
    /// The answer of an identical exchange, or of `perform`, which runs once at a time. Failures
    /// are not kept.
    pub(crate) async fn get(
        &self,
        request_id: [u8; 32],
        request: &HttpRequest,
        perform: impl Future<Output = Result<HttpResponse, Failure>>,
    ) -> Result<HttpResponse, Failure> {
        if request.method != "GET" || request.body.is_some() {
            return perform.await;
        }
        let Some(cell) = self.cell((request_id, request_digest(request))) else { return perform.await };
        let response = cell.get_or_try_init(|| perform).await?;
        Ok(HttpResponse { id: request.id, ..response.clone() })
    }

    fn cell(&self, key: Key) -> Option<Cell> {
        let now = Instant::now();
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|_, (since, _)| now.duration_since(*since) < SHARE_TIME);
        if let Some((_, cell)) = cells.get(&key) {
            return Some(Arc::clone(cell));
        }
        (cells.len() < SHARED_MAX).then(|| {
            let cell = Cell::default();
            cells.insert(key, (now, Arc::clone(&cell)));
            cell
        })
    }
}
