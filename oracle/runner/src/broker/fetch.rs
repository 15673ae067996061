//! What requests name by URL beside their scripts' queries: the same address policy and pace, no credentials.
//!
//! | what | bound |
//! | --- | --- |
//! | URLs of a request | [`MAX_URLS`], of [`MAX_URL_CHARS`] characters |
//! | one URL, redirects and body included | 5 s, once it is its turn |
//! | bytes | the caller's, after decompression |
//! | URLs asked at the same time | 32, by all requests together |

use std::sync::Arc;
use std::time::Duration;

use functions_types::limits::Limits;
use oracle_frames::HttpRequest;

use super::{Broker, Failure};
use crate::{RunnerConfig, RunnerError};

/// URLs that a request may name.
pub const MAX_URLS: usize = 10;
/// Longest of them, in characters.
pub const MAX_URL_CHARS: usize = 2_048;
/// Time that one has to answer.
const TIME: Duration = Duration::from_secs(5);
/// URLs asked at the same time: each answer may be as long as the caller allows.
pub(super) const AT_ONCE: usize = 32;

/// Gets what URLs answer; it outlives the runner that it came from.
#[derive(Clone)]
pub struct Fetcher(Arc<Broker>);

impl Fetcher {
    pub(crate) const fn new(broker: Arc<Broker>) -> Self {
        Self(broker)
    }

    /// One without a runner, under the same settings; the sandbox is not needed.
    ///
    /// # Errors
    /// [`RunnerError::Config`] for an unusable setting.
    pub fn alone(config: &RunnerConfig) -> Result<Self, RunnerError> {
        Broker::new(config).map(|broker| Self(Arc::new(broker)))
    }

    /// What `take` makes of the first answer of at most `limit` bytes that it takes; the URLs are asked one after the
    /// other. `None` when no URL gives any, and when one is too long or there are too many.
    ///
    /// URLs may be secret: none is logged.
    pub async fn first<T>(
        &self,
        urls: &[String],
        limit: usize,
        take: impl Fn(&[u8]) -> Option<T>,
    ) -> Option<T> {
        if urls.len() > MAX_URLS || urls.iter().any(|url| url.chars().count() > MAX_URL_CHARS) {
            return None;
        }
        for (nth, url) in (1..).zip(urls) {
            let why = match self.get(url, limit).await {
                Ok(body) => match take(&body) {
                    Some(taken) => return Some(taken),
                    None => "the answer is not what was expected".to_owned(),
                },
                Err(failure) => failure.to_string(),
            };
            tracing::info!(nth, of = urls.len(), %why, "a URL of a request is of no use");
        }
        None
    }

    async fn get(&self, url: &str, limit: usize) -> Result<Vec<u8>, Failure> {
        let _turn = self.0.fetches_under_way.acquire().await.map_err(|_| Failure::Other("closing".into()))?;
        let request = HttpRequest {
            id: 0,
            method: "GET".into(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            follow_redirects: true,
        };
        let limits = Limits { http_response_bytes: limit, ..Limits::DEFAULT };
        let response = tokio::time::timeout(TIME, self.0.follow(&request, &limits, false))
            .await
            .map_err(|_| Failure::Other("too slow".into()))??;
        match response.status {
            200..300 => Ok(response.body),
            status => Err(Failure::Other(format!("status {status}"))),
        }
    }
}
