//! An RPC endpoint in front of a real one that misbehaves on demand, by method.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::wait::within;

/// Every method.
pub const ALL: &str = "*";

type Change = Arc<dyn Fn(&Value, Value) -> Value + Send + Sync>;

/// What a method is answered with in place of the truth.
#[derive(Clone)]
pub enum Answer {
    /// An HTTP status with a body; seconds to wait when given.
    Status(u16, &'static str, Option<u64>),
    /// HTTP 200 with this body.
    Page(&'static str),
    /// A JSON-RPC error.
    Error(i64, &'static str),
    /// This result.
    Result(Value),
    /// The true answer, cut in the middle.
    Cut,
    /// More bytes than anybody reads, without end.
    Endless,
    /// Nothing, ever.
    Hang,
    /// The true result, changed; the first argument is the question's parameters.
    Changed(Change),
    /// Every n-th answer is this one, the others are true.
    EveryNth(u64, Box<Answer>),
    /// The first answers, counted over the endpoint's life, are this one, the later ones true.
    First(u64, Box<Answer>),
}

impl Answer {
    /// See [`Answer::Changed`].
    pub fn changed(change: impl Fn(&Value, Value) -> Value + Send + Sync + 'static) -> Self {
        Self::Changed(Arc::new(change))
    }
}

#[derive(Default)]
struct Rules {
    by_method: HashMap<String, Answer>,
    asked: HashMap<String, u64>,
    lied: u64,
}

#[derive(Clone)]
struct Shared {
    upstream: Arc<Mutex<String>>,
    client: reqwest::Client,
    rules: Arc<Mutex<Rules>>,
    changes: Arc<watch::Sender<u64>>,
}

/// The endpoint. Dropping it closes its port.
pub struct Proxy {
    /// Where it is reached.
    pub url: String,
    shared: Shared,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// An honest endpoint in front of `upstream`.
    ///
    /// # Panics
    /// When no socket is free.
    pub async fn start(upstream: &str) -> Self {
        let shared = Shared {
            upstream: Arc::new(Mutex::new(upstream.to_owned())),
            client: functions_trust::http_client().no_proxy().build().expect("a client"),
            rules: Arc::default(),
            changes: Arc::new(watch::Sender::new(0)),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, shared, task }
    }

    /// From now on `method` ([`ALL`]: every one without a rule of its own) is answered so.
    pub fn answer(&self, method: &str, answer: Answer) {
        self.shared.rules.lock().expect("whole").by_method.insert(method.to_owned(), answer);
    }

    /// From now on another chain is behind the endpoint.
    pub fn lead_to(&self, upstream: &str) {
        upstream.clone_into(&mut self.shared.upstream.lock().expect("whole"));
    }

    /// From now on everything is true again.
    pub fn heal(&self) {
        self.shared.rules.lock().expect("whole").by_method.clear();
    }

    /// How often `method` was asked; [`ALL`] for the sum.
    pub fn asked(&self, method: &str) -> u64 {
        let rules = self.shared.rules.lock().expect("whole");
        if method == ALL { rules.asked.values().sum() } else { rules.asked.get(method).copied().unwrap_or(0) }
    }

    /// How often something else than the truth was answered.
    pub fn lied(&self) -> u64 {
        self.shared.rules.lock().expect("whole").lied
    }

    /// Waits until `method` was asked `more` times from now on.
    ///
    /// # Panics
    /// When it is not.
    pub async fn wait_asked(&self, method: &str, more: u64) {
        let goal = self.asked(method) + more;
        let mut changes = self.shared.changes.subscribe();
        let wait = async {
            while self.asked(method) < goal {
                changes.changed().await.expect("the proxy lives");
            }
        };
        within(
            &format!("{} questions {method} at {}, of which there were {}", goal, self.url, goal - more),
            wait,
        )
        .await;
    }
}

async fn answer(State(shared): State<Shared>, body: Bytes) -> Response {
    let question: Value = serde_json::from_slice(&body).unwrap_or_default();
    let method = question["method"].as_str().unwrap_or_default().to_owned();
    let rule = {
        let mut rules = shared.rules.lock().expect("whole");
        let count = rules.asked.entry(method.clone()).or_default();
        *count += 1;
        let count = *count;
        let rule = rules.by_method.get(&method).or_else(|| rules.by_method.get(ALL)).cloned();
        let rule = match rule {
            Some(Answer::EveryNth(n, answer)) => count.is_multiple_of(n).then_some(*answer),
            Some(Answer::First(n, answer)) => (count <= n).then_some(*answer),
            other => other,
        };
        rules.lied += u64::from(rule.is_some());
        rule
    };
    shared.changes.send_modify(|changes| *changes += 1);
    let id = question["id"].clone();
    match rule {
        None => forward(&shared, body).await.into_response(),
        Some(Answer::Status(status, text, after)) => {
            let status = StatusCode::from_u16(status).expect("a status");
            let mut response = (status, text).into_response();
            if let Some(after) = after {
                response.headers_mut().insert(header::RETRY_AFTER, after.into());
            }
            response
        }
        Some(Answer::Page(text)) => text.into_response(),
        Some(Answer::Error(code, message)) => {
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
                .to_string()
                .into_response()
        }
        Some(Answer::Result(result)) => {
            json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string().into_response()
        }
        Some(Answer::Cut) => {
            let whole = forward(&shared, body).await;
            whole.slice(..whole.len() / 2).into_response()
        }
        Some(Answer::Endless) => {
            let block = Bytes::from(vec![b' '; 1 << 20]);
            let stream = futures::stream::repeat_with(move || Ok::<_, std::io::Error>(block.clone()));
            Body::from_stream(stream).into_response()
        }
        Some(Answer::Hang) => std::future::pending().await,
        Some(Answer::Changed(change)) => {
            let mut whole: Value = serde_json::from_slice(&forward(&shared, body).await).expect("JSON");
            let result = whole["result"].take();
            whole["result"] = change(&question["params"], result);
            whole.to_string().into_response()
        }
        Some(Answer::EveryNth(..) | Answer::First(..)) => unreachable!("resolved above"),
    }
}

async fn forward(shared: &Shared, body: Bytes) -> Bytes {
    let upstream = shared.upstream.lock().expect("whole").clone();
    let request = shared.client.post(upstream).header("content-type", "application/json").body(body);
    match request.send().await {
        Ok(answer) => answer.bytes().await.unwrap_or_default(),
        Err(_) => Bytes::new(),
    }
}
