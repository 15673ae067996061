//! Performs the HTTP exchanges of scripts, under the limits of the run and the address policy.
//!
//! A refusal is never an error to the script: it is a response with a JSON body that says what a
//! script may know. Why a request was refused beyond that stays in the node's log.
//!
//! | reason | status | text |
//! | --- | --- | --- |
//! | more than N queries | 429 | `Exceeded maximum of N HTTP queries` |
//! | URL longer than N characters | 414 | `Destination URL exceeds maximum length of N` |
//! | request body over N bytes | 413 | `Request payload size exceeds N byte limit` |
//! | response body over N bytes | 413 | `Response payload size exceeds N byte limit` |
//! | longer than N ms | 400 | `HTTP query exceeded time limit of Nms` |
//! | no target | 400 | `Missing target URL parameter` |
//! | everything else | 400 | `Error during fetch request` |
//!
//! Upstream: `@chainlink/functions-toolkit` 0.3.2, the HTTP proxy of the simulation sandbox.

mod address;
mod data_url;
mod fetch;
mod guard;
mod modules;
mod pace;
mod resolver;
mod share;

use std::sync::Arc;
use std::time::{Duration, Instant};

use functions_types::limits::Limits;
use guard::{Guard, Vetted};
use oracle_frames::{HttpRequest, HttpResponse, cut_text};
use pace::Pace;
use reqwest::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

pub use self::fetch::{Fetcher, MAX_URL_CHARS, MAX_URLS};
pub(crate) use self::modules::loaded;
use self::modules::store::Store;
use self::resolver::{Pins, Unreachable};
use self::share::Shared;
use crate::policy::ImportPolicy;
use crate::record::exchange_digest;
use crate::report::HttpExchange;
use crate::{RunnerConfig, RunnerError};

/// Redirects followed in one query.
const REDIRECTS_MAX: usize = 5;
/// Longest sum of header names and values, in bytes, either way.
const HEADERS_MAX: usize = 32 * 1024;
/// Longest URL kept in the record of an exchange, in bytes.
const URL_KEPT: usize = 4096;
/// Modules fetched at the same time, by all scripts together: each may be as long as the limit.
const IMPORTS_AT_ONCE: usize = 16;
/// Time to establish a connection.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Request headers that belong to the connection, not to the script.
const NOT_THE_SCRIPTS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
];
/// Methods that are not the script's to use, in any letter case.
const NO_METHODS: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];
/// Headers that must not travel to another origin.
const CREDENTIALS: [&str; 2] = ["authorization", "cookie"];

/// Shared by all runs of a runner.
pub(crate) struct Broker {
    guard: Guard,
    pins: Pins,
    pace: Option<Pace>,
    shared: Option<Shared>,
    imports: ImportPolicy,
    modules: Store,
    imports_under_way: Semaphore,
    fetches_under_way: Semaphore,
    /// Connects to judged addresses only.
    public: Client,
    /// Connects wherever the operator's list leads.
    admitted: Client,
}

/// Why an exchange has no response of the server.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("response over the size limit")]
    TooLarge,
    #[error(transparent)]
    Blocked(#[from] guard::Blocked),
    #[error("{0}")]
    Other(String),
}

impl From<Unreachable> for Failure {
    fn from(error: Unreachable) -> Self {
        match error {
            Unreachable::Blocked(blocked) => Self::Blocked(blocked),
            Unreachable::Lookup(error) => Self::Other(format!("the name cannot be looked up: {error}")),
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        // The URL may carry a secret; the chain of causes does not.
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        Self::Other(text)
    }
}

impl Broker {
    pub(crate) fn new(config: &RunnerConfig) -> Result<Self, RunnerError> {
        let client = || {
            functions_trust::http_client()
                .no_proxy()
                .referer(false)
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT_TIME)
                // A server may end a connection after any answer: a query that was sent on it meanwhile fails, at some
                // nodes and not at others.
                .pool_max_idle_per_host(0)
                .http2_max_header_list_size(HEADERS_MAX as u32)
                .user_agent(concat!("functions-node/", env!("CARGO_PKG_VERSION")))
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| RunnerError::Config(format!("HTTP client: {error}")))
        };
        let pins = Pins::new(Arc::clone(&config.resolver.0));
        Ok(Self {
            guard: Guard::new(&config.allow_http, &config.refuse_http, config.http.clone())?,
            pace: config.http.per_host_per_second.map(Pace::new),
            shared: config.http.share_identical_gets.then(Shared::default),
            imports: config.imports.clone(),
            modules: Store::default(),
            imports_under_way: Semaphore::new(IMPORTS_AT_ONCE),
            fetches_under_way: Semaphore::new(fetch::AT_ONCE),
            public: build(client().dns_resolver(Arc::new(pins.clone())))?,
            admitted: build(client())?,
            pins,
        })
    }

    /// Performs an exchange to its end, whatever the end is.
    pub(crate) async fn perform(
        &self,
        request_id: [u8; 32],
        request: HttpRequest,
        limits: &Limits,
    ) -> (HttpResponse, HttpExchange) {
        let (response, exchange) = self.perform_unlogged(request_id, request, limits).await;
        // No headers, no query, no body: they may carry secrets.
        tracing::info!(
            request_id = %alloy_primitives::B256::from(request_id),
            host = %exchange.host,
            status = exchange.status,
            sent_bytes = exchange.request_bytes,
            received_bytes = exchange.response_bytes,
            ms = exchange.duration.as_millis(),
            failure = exchange.failure.as_deref(),
            "HTTP query of a script"
        );
        (response, exchange)
    }

    async fn perform_unlogged(
        &self,
        request_id: [u8; 32],
        request: HttpRequest,
        limits: &Limits,
    ) -> (HttpResponse, HttpExchange) {
        let began = Instant::now();
        let limit = Duration::from_millis(limits.http_query_ms);
        let exchange = async {
            let follow = self.follow(&request, limits, false);
            match &self.shared {
                Some(shared) => shared.get(request_id, &request, follow).await,
                None => follow.await,
            }
        };
        let ended = tokio::time::timeout(limit, exchange).await;
        let (status, text, failure) = match ended {
            Ok(Ok(response)) => {
                let exchange = answered(&request, &response, began.elapsed(), None);
                return (response, exchange);
            }
            Err(_) => (
                400,
                format!("HTTP query exceeded time limit of {}ms", limits.http_query_ms),
                "too slow".into(),
            ),
            Ok(Err(Failure::TooLarge)) => {
                let text = format!("Response payload size exceeds {} byte limit", limits.http_response_bytes);
                (413, text, Failure::TooLarge.to_string())
            }
            Ok(Err(failure)) => (400, "Error during fetch request".to_owned(), failure.to_string()),
        };
        refusal(&request, status, &text, failure, began.elapsed())
    }

    /// Sends the request and follows redirects, judging every hop anew. `secure` refuses plain hops.
    async fn follow(
        &self,
        request: &HttpRequest,
        limits: &Limits,
        secure: bool,
    ) -> Result<HttpResponse, Failure> {
        let mut method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| Failure::Other("not a method".into()))?;
        if NO_METHODS.iter().any(|refused| method.as_str().eq_ignore_ascii_case(refused)) {
            return Err(Failure::Other("method is not supported".into()));
        }
        let mut headers = outgoing_headers(&request.headers)?;
        let mut body = request.body.clone();
        let mut vetted = self.guard.vet(&request.url)?;
        for hop in 0..=REDIRECTS_MAX {
            if secure && vetted.url.scheme() != "https" && !vetted.admitted {
                return Err(guard::Blocked::Plain.into());
            }
            self.pins.judge(&vetted, self.guard.own()).await?;
            if let Some(pace) = &self.pace {
                let host = vetted.url.host_str().unwrap_or_default();
                tokio::time::sleep(pace.take(host, Instant::now())).await;
            }
            let client = if vetted.admitted { &self.admitted } else { &self.public };
            let mut builder = client.request(method.clone(), vetted.url.clone()).headers(headers.clone());
            // As fetch does it; some servers refuse a request without a length.
            builder = match &body {
                Some(body) if !body.is_empty() => builder.body(body.clone()),
                None if !matches!(method, Method::POST | Method::PUT) => builder,
                _ => builder.header(CONTENT_LENGTH, 0),
            };
            let response = builder.send().await?;
            let target = redirect_target(&response, &vetted.url).filter(|_| request.follow_redirects);
            let Some(target) = target else {
                return read(request.id, response, &vetted.url, hop > 0, limits).await;
            };
            let next: Vetted = self.guard.vet_url(target)?;
            let status = response.status();
            let to_get = status == StatusCode::SEE_OTHER && method != Method::HEAD
                || matches!(status.as_u16(), 301 | 302) && method == Method::POST;
            if to_get {
                method = Method::GET;
                body = None;
                for name in ["content-type", "content-encoding", "content-language", "content-location"] {
                    headers.remove(name);
                }
            }
            if next.url.origin() != vetted.url.origin() {
                for name in CREDENTIALS {
                    headers.remove(name);
                }
            }
            vetted = next;
        }
        Err(Failure::Other("too many redirects".into()))
    }
}

/// The refusals that need no network: `nth` is 1 for the first request of the run.
pub(crate) fn refuse(
    request: &HttpRequest,
    nth: u32,
    limits: &Limits,
) -> Option<(HttpResponse, HttpExchange)> {
    let (status, text) = if nth > limits.http_queries {
        (429, format!("Exceeded maximum of {} HTTP queries", limits.http_queries))
    } else if request.url.is_empty() {
        (400, "Missing target URL parameter".to_owned())
    } else if request.url.chars().count() > limits.http_url_chars {
        (414, format!("Destination URL exceeds maximum length of {}", limits.http_url_chars))
    } else if request.body.as_ref().is_some_and(|body| body.len() > limits.http_request_bytes) {
        (413, format!("Request payload size exceeds {} byte limit", limits.http_request_bytes))
    } else {
        return None;
    };
    Some(refusal(request, status, &text, text.clone(), Duration::ZERO))
}

fn redirect_target(response: &reqwest::Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    join_location(from, response.headers().get("location")?.as_bytes())
}

fn join_location(from: &Url, location: &[u8]) -> Option<Url> {
    from.join(std::str::from_utf8(location).ok()?).ok()
}

/// What the policy decides without configuration, for tests and fuzzing.
#[doc(hidden)]
pub mod http_policy {
    use std::net::IpAddr;

    use url::Url;

    use super::{address, guard::Guard, join_location};
    use crate::HttpPolicy;

    /// Whether an address is global unicast.
    #[must_use]
    pub fn is_public(address: IpAddr) -> bool {
        address::is_global(address)
    }

    /// The URL that would be requested, or `None` where it is refused.
    #[must_use]
    pub fn vet(url: &str) -> Option<Url> {
        let guard = Guard::new(&[], &[], HttpPolicy::default()).ok()?;
        Some(guard.vet(url).ok()?.url)
    }

    /// The URL a redirect leads to, or `None` where it is refused.
    #[must_use]
    pub fn redirect(from: &Url, location: &[u8]) -> Option<Url> {
        let guard = Guard::new(&[], &[], HttpPolicy::default()).ok()?;
        Some(guard.vet_url(join_location(from, location)?).ok()?.url)
    }
}

fn outgoing_headers(pairs: &[(String, String)]) -> Result<HeaderMap, Failure> {
    if pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > HEADERS_MAX {
        return Err(Failure::Other("request headers over the size limit".into()));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = name.to_ascii_lowercase();
        if NOT_THE_SCRIPTS.contains(&name.as_str()) || name.starts_with("proxy-") {
            continue;
        }
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::Other("header name".into()))?;
        let value = HeaderValue::from_str(value)
            .or_else(|_| HeaderValue::from_bytes(value.as_bytes()))
            .map_err(|_| Failure::Other("header value".into()))?;
        headers.append(name, value);
    }
    // As fetch does it: any language is welcome where the script names none.
    headers.entry(ACCEPT_LANGUAGE).or_insert(HeaderValue::from_static("*"));
    Ok(headers)
}

/// Reads a response, stopping at the limit.
async fn read(
    id: u32,
    mut response: reqwest::Response,
    url: &Url,
    redirected: bool,
    limits: &Limits,
) -> Result<HttpResponse, Failure> {
    let status = response.status();
    let mut headers = Vec::new();
    let mut header_bytes = 0;
    for (name, value) in response.headers() {
        header_bytes += name.as_str().len() + value.len();
        if header_bytes > HEADERS_MAX {
            return Err(Failure::Other("response headers over the size limit".into()));
        }
        headers.push((name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limits.http_response_bytes {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    if !(200..600).contains(&status.as_u16()) {
        return Err(Failure::Other(format!("status {}", status.as_u16())));
    }
    Ok(HttpResponse {
        id,
        status: status.as_u16(),
        status_text: status.canonical_reason().unwrap_or_default().to_owned(),
        url: url.to_string(),
        redirected,
        headers,
        body,
    })
}

fn refusal(
    request: &HttpRequest,
    status: u16,
    text: &str,
    failure: String,
    duration: Duration,
) -> (HttpResponse, HttpExchange) {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let response = HttpResponse {
        id: request.id,
        status,
        status_text: reason.unwrap_or_default().to_owned(),
        url: String::new(),
        redirected: false,
        headers: vec![("content-type".into(), "application/json".into())],
        // The texts hold nothing that JSON would have to escape.
        body: format!(r#"{{"error":"{text}"}}"#).into_bytes(),
    };
    let exchange = answered(request, &response, duration, Some(failure));
    (response, exchange)
}

/// Record of an exchange that was not answered.
pub(crate) fn asked(request: &HttpRequest) -> HttpExchange {
    HttpExchange {
        method: cut_text(&request.method, 64).to_owned(),
        url: cut_text(&request.url, URL_KEPT).to_owned(),
        host: host_of(&request.url),
        status: 0,
        request_bytes: request.body.as_ref().map_or(0, Vec::len),
        response_bytes: 0,
        duration: Duration::ZERO,
        failure: None,
        digest: exchange_digest(&request.method, &request.url, 0, &[]),
    }
}

/// Record of an exchange that was.
pub(crate) fn answered(
    request: &HttpRequest,
    response: &HttpResponse,
    duration: Duration,
    failure: Option<String>,
) -> HttpExchange {
    HttpExchange {
        status: response.status,
        response_bytes: response.body.len(),
        duration,
        failure,
        digest: exchange_digest(&request.method, &request.url, response.status, &response.body),
        ..asked(request)
    }
}

fn host_of(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
