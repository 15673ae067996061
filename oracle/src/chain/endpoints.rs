//! The endpoints of one chain, and which of them is asked.
//!
//! The order of the configuration is the order of preference. A question goes to the best endpoint that is up; a fault
//! sends it on, and back only after the endpoint's own pause ([`super::health`]). Before an endpoint's word counts it has
//! shown that it serves our chain: by chain id and by the hash of one block, again after every lost connection and once a
//! minute. [`Rpc::monitor`] probes endpoints that failed and those that are not asked, so that a better one is taken up
//! again and one that stands still is noticed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use alloy::primitives::{Address, B256, Bytes, U64};
use functions_rpc::{Fault, Remedy, exchange, shown};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use tokio::time::{Instant, sleep, sleep_until};
use url::Url;

use super::{
    health::{Health, Rank, SeenHead, Standing},
    rpc::{BlockRef, Header, RpcFailure},
};

/// How long a question waits for endpoints that pause, all in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause between two looks of the monitor.
const MONITOR_EVERY: Duration = Duration::from_millis(500);
/// An endpoint that was not heard of for so long is probed when there are others to compare it with.
const PROBE_AFTER: Duration = Duration::from_secs(2);

/// The endpoints of one chain.
#[derive(Debug)]
pub struct Rpc {
    client: Client,
    endpoints: Vec<Endpoint>,
    expected: Mutex<Option<Expected>>,
    pub(super) check_hashes: bool,
}

#[derive(Debug)]
struct Endpoint {
    url: Url,
    shown: String,
    health: Mutex<Health>,
}

/// What every endpoint must serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expected {
    chain_id: u64,
    block: u64,
    hash: B256,
}

/// The chain that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct WantedChain {
    /// Its id.
    pub chain_id: u64,
    /// The block whose hash tells it from others of the same id; 0 is the genesis.
    pub block: u64,
    /// That block's hash, when it is known.
    pub hash: Option<B256>,
    /// A contract on it, which tells the right one as long as the hash is not known.
    pub router: Address,
}

/// What came of [`Rpc::connect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// An endpoint serves the chain; the hash of the identity block.
    Found(B256),
    /// None does yet; why, in words.
    NotYet(String),
    /// Every endpoint answers for another chain; the operator must act.
    Foreign(String),
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

/// What one question has met so far.
struct Asked {
    tries: Vec<u8>,
    done: Vec<bool>,
    absent: bool,
    unclear: Vec<(usize, Fault)>,
    wide: Option<String>,
    /// The latest fault that is the endpoint's own.
    trouble: Option<String>,
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
        Ok(Self { client, endpoints, expected: Mutex::new(None), check_hashes: true })
    }

    /// Whether block hashes are compared with the headers they come with; true unless set otherwise.
    #[must_use]
    pub fn checking_hashes(mut self, check: bool) -> Self {
        self.check_hashes = check;
        self
    }

    /// Looks for endpoints of the wanted chain. From then on no other chain's word is taken. As long as the identity
    /// block's hash is not known, the first endpoint in order with the right id and the router on it decides.
    pub async fn connect(&self, wanted: &WantedChain) -> Contact {
        let mut hash = wanted.hash;
        let mut waiting = None;
        let mut foreign = Vec::new();
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            if hash.is_none() {
                match self.introduce(index, wanted).await {
                    Ok(Some(found)) => hash = Some(found),
                    Ok(None) => {
                        waiting = Some(format!(
                            "chain {} at {} has no contract at chain.router {}",
                            wanted.chain_id, endpoint.shown, wanted.router
                        ));
                        continue;
                    }
                    Err(fault @ Fault::Foreign(_)) => {
                        foreign.push(format!("{}: {fault}", endpoint.shown));
                        continue;
                    }
                    Err(fault) => {
                        waiting = Some(format!("{}: {fault}", endpoint.shown));
                        continue;
                    }
                }
            }
            if let Some(hash) = hash {
                let expected = Expected { chain_id: wanted.chain_id, block: wanted.block, hash };
                *locked(&self.expected) = Some(expected);
                match self.identify(index, expected).await {
                    Ok(()) => return Contact::Found(hash),
                    Err(fault @ Fault::Foreign(_)) => foreign.push(format!("{}: {fault}", endpoint.shown)),
                    Err(fault) => waiting = Some(format!("{}: {fault}", endpoint.shown)),
                }
            }
        }
        match waiting {
            Some(reason) => Contact::NotYet(reason),
            None => Contact::Foreign(foreign.join("; ")),
        }
    }

    /// The identity block's hash at one endpoint; `None` when the router is not on its chain.
    async fn introduce(&self, index: usize, wanted: &WantedChain) -> Result<Option<B256>, Fault> {
        self.check_id(index, wanted.chain_id).await?;
        let hash = self.identity_hash(index, wanted.block).await?;
        let code: Bytes = self.put(index, "eth_getCode", &json!([wanted.router, "latest"])).await?;
        Ok((!code.is_empty()).then_some(hash))
    }

    /// Checks that the endpoint serves the expected chain.
    async fn identify(&self, index: usize, expected: Expected) -> Result<(), Fault> {
        self.check_id(index, expected.chain_id).await?;
        let hash = self.identity_hash(index, expected.block).await?;
        if hash != expected.hash {
            let fault =
                Fault::Foreign(format!("its block {} is {hash}, ours is {}", expected.block, expected.hash));
            self.failed(index, &fault, Instant::now());
            return Err(fault);
        }
        if let Some(endpoint) = self.endpoints.get(index) {
            locked(&endpoint.health).identified(Instant::now());
        }
        Ok(())
    }

    async fn check_id(&self, index: usize, expected: u64) -> Result<(), Fault> {
        let id: U64 = self.put(index, "eth_chainId", &json!([])).await?;
        if id.to::<u64>() == expected {
            return Ok(());
        }
        let fault = Fault::Foreign(format!("its chain id is {id}, chain.chain_id is {expected}"));
        self.failed(index, &fault, Instant::now());
        Err(fault)
    }

    async fn identity_hash(&self, index: usize, block: u64) -> Result<B256, Fault> {
        #[derive(Deserialize)]
        struct Identity {
            hash: B256,
        }
        let params = json!([format!("{block:#x}"), false]);
        let found: Identity = self.put(index, "eth_getBlockByNumber", &params).await?;
        Ok(found.hash)
    }

    /// One question to one endpoint, its answer decoded and its health kept.
    async fn put<T: serde::de::DeserializeOwned>(
        &self,
        index: usize,
        method: &'static str,
        params: &Value,
    ) -> Result<T, Fault> {
        let read = |raw: &RawValue| serde_json::from_str(raw.get()).map(Some).map_err(|err| err.to_string());
        let found = self.attempt(index, method, params, &read, true).await?;
        found.ok_or_else(|| Fault::Broken("null".to_owned()))
    }

    /// One question to one endpoint. One about its `identity` does not bring it back into use.
    async fn attempt<T>(
        &self,
        index: usize,
        method: &'static str,
        params: &Value,
        read: &impl Fn(&RawValue) -> Result<Option<T>, String>,
        identity: bool,
    ) -> Result<Option<T>, Fault> {
        let endpoint = self.endpoints.get(index).expect("indexes come from the list");
        let asked = Instant::now();
        let answer = exchange(&self.client, &endpoint.url, method, params, time_limit(method)).await;
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

    /// Asks until an endpoint gave what `read` takes; `None` when those reached do not have it. The index says who answered.
    ///
    /// # Errors
    /// [`RpcFailure`], sorted by what may help.
    pub(super) async fn ask<T>(
        &self,
        method: &'static str,
        params: Value,
        reach: Reach,
        read: impl Fn(&RawValue) -> Result<Option<T>, String>,
    ) -> Result<Option<(T, usize)>, RpcFailure> {
        let count = self.endpoints.len();
        let mut asked = Asked {
            tries: vec![0; count],
            done: vec![false; count],
            absent: false,
            unclear: Vec::new(),
            wide: None,
            trouble: None,
        };
        let deadline = Instant::now() + PATIENCE;
        while let Some((index, rank)) = self.pick(&asked.done, reach) {
            if let Rank::Pausing(until) = rank {
                if until > deadline {
                    break;
                }
                // Meanwhile another may have recovered, or the pause have grown.
                sleep_until(until).await;
                continue;
            }
            let begun = Instant::now();
            let found = match self.ensure_identity(index).await {
                Ok(()) => self.attempt(index, method, &params, &read, false).await,
                Err(fault) => Err(fault),
            };
            match found {
                Ok(Some(value)) => {
                    // Another endpoint took the question: whoever did not understand it is at fault.
                    for (other, fault) in &asked.unclear {
                        self.failed(*other, fault, begun);
                    }
                    return Ok(Some((value, index)));
                }
                Ok(None) => {
                    asked.absent = true;
                    asked.done[index] = true;
                    if reach == Reach::First {
                        break;
                    }
                }
                Err(fault) => {
                    if let Some(verdict) = verdict(method, &fault) {
                        return Err(verdict);
                    }
                    asked.note(index, fault);
                }
            }
        }
        let trouble = self.view().into_iter().find_map(|view| view.last_error).unwrap_or_default();
        asked.conclude(method, trouble)
    }

    async fn ensure_identity(&self, index: usize) -> Result<(), Fault> {
        let Some(expected) = *locked(&self.expected) else { return Ok(()) };
        let is_known = self
            .endpoints
            .get(index)
            .is_some_and(|endpoint| locked(&endpoint.health).is_identified(Instant::now()));
        if is_known { Ok(()) } else { self.identify(index, expected).await }
    }

    /// The best endpoint not done with, in the order of `reach`.
    fn pick(&self, done: &[bool], reach: Reach) -> Option<(usize, Rank)> {
        let now = Instant::now();
        let ranked = self
            .endpoints
            .iter()
            .enumerate()
            .filter(|(index, _)| !done[*index])
            .map(|(index, endpoint)| (index, locked(&endpoint.health).rank(now)));
        if reach == Reach::Second {
            ranked.rev().min_by_key(|(_, rank)| *rank)
        } else {
            ranked.min_by_key(|(_, rank)| *rank)
        }
    }

    /// Every endpoint proves its identity anew before it is believed again.
    pub(super) fn doubt_identities(&self) {
        for endpoint in &self.endpoints {
            locked(&endpoint.health).forget_identity();
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
            locked(&endpoint.health).saw_head(seen);
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

    /// Probes endpoints on trial and, where there are several, those not heard of lately. Never returns.
    pub async fn monitor(&self) {
        futures::future::join_all((0..self.endpoints.len()).map(|index| self.watch_over(index))).await;
    }

    async fn watch_over(&self, index: usize) {
        loop {
            sleep(MONITOR_EVERY).await;
            let Some(endpoint) = self.endpoints.get(index) else { return };
            let now = Instant::now();
            let is_due = {
                let health = locked(&endpoint.health);
                let is_silent = health.heard_at.is_none_or(|at| now.duration_since(at) >= PROBE_AFTER);
                match health.rank(now) {
                    Rank::Trial | Rank::Behind => true,
                    Rank::Pausing(_) => false,
                    Rank::Good => self.endpoints.len() > 1 && is_silent,
                }
            };
            if is_due {
                self.probe(index).await;
            }
        }
    }

    async fn probe(&self, index: usize) {
        if self.ensure_identity(index).await.is_err() {
            return;
        }
        let read = |raw: &RawValue| Header::read(raw, BlockRef::Tag("latest"), self.check_hashes);
        let params = json!(["latest", false]);
        if let Ok(Some(head)) = self.attempt(index, "eth_getBlockByNumber", &params, &read, false).await {
            self.note_head(index, &head);
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
                    last_error: health.last_error.clone(),
                }
            })
            .collect()
    }
}

impl Asked {
    /// How often an endpoint is asked one question depends on its fault.
    fn note(&mut self, index: usize, fault: Fault) {
        self.tries[index] += 1;
        let most = match &fault {
            Fault::Busy { .. } | Fault::Unreachable(_) => 5,
            Fault::Broken(_) => 3,
            Fault::Silent(_) => 2,
            _ => 1,
        };
        self.done[index] = self.tries[index] >= most;
        match fault {
            Fault::Unclear { .. } => self.unclear.push((index, fault)),
            Fault::TooWide(words) => self.wide = Some(words),
            other => self.trouble = Some(other.to_string()),
        }
    }

    /// What the question came to when no endpoint gave the answer; `known` is the trouble of those that pause.
    fn conclude<T>(mut self, method: &'static str, known: String) -> Result<Option<T>, RpcFailure> {
        if self.absent {
            return Ok(None);
        }
        if let Some(words) = self.wide {
            return Err(RpcFailure::RangeTooLarge(words));
        }
        // Everybody who was asked answered, and nobody took it: the question is at fault.
        if let (None, Some((_, Fault::Unclear { code, text }))) = (&self.trouble, self.unclear.pop()) {
            return Err(RpcFailure::Refused { method: method.to_owned(), code, message: text });
        }
        let tried = self.done.len();
        Err(RpcFailure::Unavailable { tried, method: method.to_owned(), last: self.trouble.unwrap_or(known) })
    }
}

/// Faults that say nothing against the endpoint.
const fn is_answer(fault: &Fault) -> bool {
    matches!(fault.remedy(), Remedy::Permanent | Remedy::Narrow) || matches!(fault, Fault::Unclear { .. })
}

/// What ends a question at once.
fn verdict(method: &str, fault: &Fault) -> Option<RpcFailure> {
    match fault {
        Fault::Reverted { text, data } => {
            Some(RpcFailure::Reverted { message: text.clone(), data: data.clone().into() })
        }
        Fault::Rejected { why, code, text } => Some(RpcFailure::Rejected {
            method: method.to_owned(),
            why: *why,
            code: *code,
            message: text.clone(),
        }),
        _ => None,
    }
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
