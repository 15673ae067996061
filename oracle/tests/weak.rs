//! Four node processes on endpoints that can do little: a few calls a second, many of them in vain. Requests are
//! answered late, and nobody pays for the endpoint's fault.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use functions_offchain_config::Timing;
use test_support::Network;
use tokio::{net::TcpListener, sync::Mutex, task::JoinHandle, time::Instant};

const SOURCE: &str = "return Functions.encodeUint256(42)";

/// What an endpoint can do.
#[derive(Clone, Copy, Debug)]
struct Strength {
    /// Calls a second; the others get 429.
    calls: f64,
    /// Of a hundred answers so many are errors.
    percent_bad: u64,
}

/// An endpoint in front of the chain's own.
struct Weak {
    url: String,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    asked: AtomicU64,
    limited: AtomicU64,
    bad: AtomicU64,
}

#[derive(Clone)]
struct Shared {
    strength: Strength,
    upstream: String,
    client: reqwest::Client,
    counts: Arc<Counts>,
    bucket: Arc<Mutex<(Instant, f64)>>,
}

impl Weak {
    async fn start(upstream: &str, strength: Strength) -> Self {
        let counts = Arc::<Counts>::default();
        let shared = Shared {
            strength,
            upstream: upstream.to_owned(),
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            counts: counts.clone(),
            bucket: Arc::new(Mutex::new((Instant::now(), strength.calls))),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(shared);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, counts, task }
    }

    fn told(&self) -> String {
        let [asked, limited, bad] = [&self.counts.asked, &self.counts.limited, &self.counts.bad]
            .map(|count| count.load(Ordering::Relaxed));
        format!("{asked} calls, {limited} over the limit, {bad} in vain")
    }
}

impl Drop for Weak {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Shared>, body: Bytes) -> Response {
    let count = shared.counts.asked.fetch_add(1, Ordering::Relaxed);
    let has_room = {
        let mut bucket = shared.bucket.lock().await;
        let now = Instant::now();
        let refilled = now.duration_since(bucket.0).as_secs_f64() * shared.strength.calls;
        let room = (bucket.1 + refilled).min(shared.strength.calls);
        *bucket = (now, if room >= 1.0 { room - 1.0 } else { room });
        room >= 1.0
    };
    if !has_room {
        shared.counts.limited.fetch_add(1, Ordering::Relaxed);
        return (StatusCode::TOO_MANY_REQUESTS, "calls per second exceeded").into_response();
    }
    // In turns that fall on every kind of question; 37 and 100 have no common factor.
    if count * 37 % 100 < shared.strength.percent_bad {
        shared.counts.bad.fetch_add(1, Ordering::Relaxed);
        return (StatusCode::BAD_GATEWAY, "bad gateway").into_response();
    }
    let request = shared.client.post(&shared.upstream).header("content-type", "application/json").body(body);
    match request.send().await {
        Ok(answer) => answer.bytes().await.unwrap_or_default().into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// Puts nodes, one after another, behind an endpoint of their own, and lets them ask once a second as usual.
async fn weaken(network: &mut Network, nodes: &[usize], strength: Strength) -> Vec<Weak> {
    let mut endpoints = Vec::new();
    for &index in nodes {
        assert!(network.terminate(index).await.success());
        let weak = Weak::start(&network.devchain.greeting.rpc_url, strength).await;
        let node = &mut network.nodes[index];
        node.told.rpc_urls = vec![weak.url.clone()];
        node.told.poll_interval_ms = 1_000;
        node.configure().expect("written");
        endpoints.push(weak);
    }
    endpoints
}

#[tokio::test]
async fn a_node_catches_up_with_a_hundred_requests_at_25_calls_a_second() {
    let mut network = Network::start(Timing::default()).await;
    let strength = Strength { calls: 25.0, percent_bad: 5 };
    let endpoints = weaken(&mut network, &[3], strength).await;
    let mut requests = Vec::new();
    for _ in 0..5 {
        requests.extend(network.burst(SOURCE, 20).await);
    }
    network.wait_for_results(&requests, 42).await;
    let begun = Instant::now();
    network.start_node(3);
    network.wait_until_ready(3).await;
    let ready = begun.elapsed();
    for &(id, _) in &requests {
        network.wait_for_state(3, id, &["INCLUDED", "FINAL"]).await;
    }
    say(&format!("ready after {ready:.1?}, all seen after {:.1?}: {}", begun.elapsed(), endpoints[0].told()));
}

#[tokio::test]
async fn requests_are_answered_when_every_endpoint_takes_25_calls_a_second() {
    let mut network = Network::start(Timing::default()).await;
    let endpoints = weaken(&mut network, &[0, 1, 2, 3], Strength { calls: 25.0, percent_bad: 0 }).await;
    offered(&mut network, &endpoints, 45).await;
}

#[tokio::test]
async fn requests_are_answered_when_every_fifth_answer_of_every_endpoint_is_bad() {
    let mut network = Network::start(Timing::default()).await;
    let endpoints = weaken(&mut network, &[0, 1, 2, 3], Strength { calls: 1e9, percent_bad: 20 }).await;
    offered(&mut network, &endpoints, 45).await;
}

#[tokio::test]
async fn requests_are_answered_when_every_endpoint_takes_3_calls_a_second_and_fails_every_fifth() {
    let mut network = Network::start(Timing::default()).await;
    let endpoints = weaken(&mut network, &[0, 1, 2, 3], Strength { calls: 3.0, percent_bad: 20 }).await;
    offered(&mut network, &endpoints, 9).await;
}

/// Starts the nodes again and offers three requests a second.
async fn offered(network: &mut Network, endpoints: &[Weak], count: usize) {
    for node in 0..4 {
        network.start_node(node);
    }
    for node in 0..4 {
        network.wait_until_ready(node).await;
    }
    let begun = Instant::now();
    let mut pace = tokio::time::interval(Duration::from_millis(333));
    let mut requests = Vec::new();
    for _ in 0..count {
        pace.tick().await;
        requests.push(network.request(SOURCE).await);
    }
    network.wait_for_results(&requests, 42).await;
    if endpoints[0].counts.bad.load(Ordering::Relaxed) > 0 {
        for node in 0..4 {
            // Each node says what its endpoint said.
            let status = network.status(node).await["node"].clone();
            let endpoint = &status["endpoints"][0];
            let error = endpoint["lastError"].as_str().unwrap_or_default();
            assert!(error.contains("bad gateway") || error.contains("calls per second exceeded"), "{status}");
            assert!(
                endpoint["answers"].as_u64() > Some(0) && endpoint["failures"].as_u64() > Some(0),
                "{status}"
            );
        }
    }
    let told: Vec<_> = endpoints.iter().map(Weak::told).collect();
    say(&format!("{count} offered and answered in {:.1?}: {told:?}", begun.elapsed()));
}

#[expect(clippy::disallowed_macros, reason = "figures for who runs it")]
fn say(text: &str) {
    eprintln!("{text}");
}
