//! The endpoints of one chain, and which of them is asked.
//!
//! The order of the configuration is the order of preference. A question goes to the best endpoint that is up; a fault
//! sends it on, and back only after the endpoint's own pause ([`super::health`]). Before an endpoint's word counts it
//! has shown that it serves our chain: by chain id and by the hash of one block, again after every lost connection and
//! once a minute. [`Rpc::monitor`] probes endpoints that failed and those that are not asked, so that a better one is
//! taken up again and one that stands still is noticed.

mod agreement;
mod asking;
mod contradictions;
mod identity;
mod monitor;
mod opinions;
mod sending;

use std::{
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use functions_rpc::{Fault, Limits, Remedy, exchange, shown};
use reqwest::Client;
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use tokio::{sync::watch, time::Instant};
use url::Url;

pub use self::identity::{Contact, WantedChain};
use self::{contradictions::Contradictions, identity::Expected};
use super::{
    header::Header,
    health::{Health, SeenHead, Standing},
};
use crate::config::ChainSection;

/// The endpoints of one chain.
#[derive(Debug)]
pub struct Rpc {
    client: Client,
    endpoints: Vec<Endpoint>,
    expected: watch::Sender<Option<Expected>>,
    pub(super) check_hashes: bool,
    /// Endpoints that must say the same, at least 1.
    agree: usize,
    /// When a disagreement was last said.
    disagreement_said: Mutex<Option<Instant>>,
    contradictions: Mutex<Contradictions>,
    /// No endpoint has an opinion about tips.
    pub(super) lacks_tips: AtomicBool,
}

#[derive(Debug)]
struct Endpoint {
    url: Url,
    shown: String,
    health: Mutex<Health>,
}

/// One endpoint for `/status` and metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointView {
    /// Scheme, host and port; never a path, which may hold a key.
    pub url: String,
    /// `untried`, `up`, `behind`, `down` or `foreign`.
    pub state: &'static str,
    /// Newest block it showed.
    pub head: Option<u64>,
    /// Mean time an answer takes.
    pub latency_ms: u64,
    /// Questions answered.
    pub answers: u64,
    /// Questions not answered as they should be.
    pub failures: u64,
    /// Answers that others contradicted.
    pub disagreements: u64,
    /// The latest fault, in words, also when it passed.
    pub last_error: Option<String>,
}

/// Which endpoints a question reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The best one; "I do not have it" is its answer.
    First,
    /// When the best one does not have it, the others are asked.
    All,
    /// As `All`, the last of the order of preference first: an answer independent of the usual one.
    Second,
}

impl Rpc {
    /// Prepares the endpoints; nothing is sent.
    ///
    /// # Errors
    /// When the HTTP client cannot be built, with the reason.
    pub fn new(urls: &[Url]) -> Result<Self, reqwest::Error> {
        let client = functions_trust::http_client()
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let endpoint = |url: &Url| Endpoint { url: url.clone(), shown: shown(url), health: Mutex::default() };
        let endpoints = urls.iter().map(endpoint).collect();
        Ok(Self {
            client,
            endpoints,
            expected: watch::Sender::new(None),
            check_hashes: true,
            agree: 1,
            disagreement_said: Mutex::default(),
            contradictions: Mutex::default(),
            lacks_tips: AtomicBool::new(false),
        })
    }

    /// Prepares the endpoints at `urls` to be asked as the configuration says.
    ///
    /// # Errors
    /// As [`Rpc::new`].
    pub fn configured(urls: &[Url], chain: &ChainSection) -> Result<Self, reqwest::Error> {
        Ok(Self::new(urls)?.checking_hashes(chain.check_block_hashes).agreeing(chain.agree))
    }

    /// Whether block hashes are compared with the headers they come with; true unless set otherwise.
    #[must_use]
    pub fn checking_hashes(mut self, check: bool) -> Self {
        self.check_hashes = check;
        self
    }

    /// One question to one endpoint, answered in `most_bytes`. One about its `identity` does not bring it back into
    /// use.
    async fn attempt<T>(
        &self,
        index: usize,
        method: &'static str,
        params: &Value,
        read: &impl Fn(&RawValue) -> Result<Option<T>, String>,
        most_bytes: usize,
        identity: bool,
    ) -> Result<Option<T>, Fault> {
        let endpoint = self.endpoints.get(index).expect("indexes come from the list");
        let asked = Instant::now();
        let limits = Limits { time: time_limit(method), bytes: most_bytes };
        let answer = exchange(&self.client, &endpoint.url, method, params, limits).await;
        let read = answer.and_then(|raw| {
            read(&raw).map_err(|problem| {
                Fault::Broken(format!("{method}: {}", problem.chars().take(256).collect::<String>()))
            })
        });
        match &read {
            Ok(_) if identity => locked(&endpoint.health).introduced(asked, Instant::now()),
            Ok(_) => {
                if locked(&endpoint.health).answered(asked, Instant::now()) {
                    tracing::info!(endpoint = endpoint.shown, "the endpoint answers again");
                }
            }
            // The chain's own word, and what may be the question's fault, are answers.
            Err(fault) if is_answer(fault) => {
                let _ = locked(&endpoint.health).answered(asked, Instant::now());
            }
            Err(fault) => self.failed(index, fault, asked),
        }
        read
    }

    fn failed(&self, index: usize, fault: &Fault, asked: Instant) {
        let Some(endpoint) = self.endpoints.get(index) else { return };
        let mut health = locked(&endpoint.health);
        let changed = health.failed(fault, asked, Instant::now());
        let in_row = health.failures_in_row;
        drop(health);
        match fault {
            Fault::Foreign(_) if changed => {
                tracing::error!(endpoint = endpoint.shown, %fault, "WRONG CHAIN: the endpoint is not used; correct chain.rpc_urls");
            }
            Fault::Denied(_) | Fault::Broken(_) if changed => {
                tracing::warn!(endpoint = endpoint.shown, %fault, "the endpoint is left alone for a while");
            }
            _ if in_row == 3 => {
                tracing::warn!(endpoint = endpoint.shown, %fault, "the endpoint does not answer");
            }
            _ => tracing::debug!(endpoint = endpoint.shown, %fault, "no answer"),
        }
    }

    /// Holds an answer against an endpoint that only its comparison with others shows to be wrong.
    pub(super) fn blame(&self, index: usize, problem: String) {
        self.failed(index, &Fault::Broken(problem), Instant::now());
    }

    /// Whether there is another endpoint to ask.
    pub(super) fn has_others(&self) -> bool {
        self.endpoints.len() > 1
    }

    /// Keeps a head an endpoint showed and compares it with those of the others.
    pub(super) fn note_head(&self, index: usize, header: &Header) {
        let now = Instant::now();
        let seen = SeenHead { height: header.height(), timestamp: header.timestamp.to() };
        if let Some(endpoint) = self.endpoints.get(index) {
            locked(&endpoint.health).saw_head(seen, now);
        }
        let trusted = |endpoint: &&Endpoint| {
            matches!(locked(&endpoint.health).standing, Standing::Up | Standing::Behind)
        };
        let best = self.endpoints.iter().filter(trusted).filter_map(|endpoint| locked(&endpoint.health).head);
        let Some(best) = best.max_by_key(|head| head.height) else { return };
        for endpoint in &self.endpoints {
            if locked(&endpoint.health).compare(best, now) {
                tracing::warn!(
                    endpoint = endpoint.shown,
                    best = best.height,
                    "the endpoint's head stands still while others advance"
                );
            }
        }
    }

    /// Every endpoint as it stands.
    #[must_use]
    pub fn view(&self) -> Vec<EndpointView> {
        self.endpoints
            .iter()
            .map(|endpoint| {
                let health = locked(&endpoint.health);
                EndpointView {
                    url: endpoint.shown.clone(),
                    state: health.standing.word(),
                    head: health.head.map(|head| head.height),
                    latency_ms: health.latency_ms,
                    answers: health.answers,
                    failures: health.failures,
                    disagreements: health.disagreements,
                    last_error: health.last_error.clone(),
                }
            })
            .collect()
    }
}

/// Faults that say nothing against the endpoint.
const fn is_answer(fault: &Fault) -> bool {
    matches!(fault.remedy(), Remedy::Permanent | Remedy::Narrow) || matches!(fault, Fault::Unclear { .. })
}

/// Searching logs and running calls take longer than looking something up.
fn time_limit(method: &str) -> Duration {
    Duration::from_secs(match method {
        "eth_getLogs" => 20,
        "eth_call" | "eth_sendRawTransaction" => 10,
        _ => 5,
    })
}

/// A panic while a plain value is written leaves it whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
