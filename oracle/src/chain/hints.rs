//! When to look at the chain before the pause is over: endpoints that tell over WebSocket of logs of our contracts, of
//! those that somebody waits for.
//!
//! A hint is no more than that. Nothing it says is read: the look that follows asks as every look does, and without
//! hints the chain is looked at as often as without endpoints that give them.

use std::{sync::Arc, time::Duration};

use alloy::primitives::Address;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};
use url::Url;

use super::{Backoff, events::HASTE};

/// How long an endpoint may take to connect, and to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may say nothing before it is asked whether it is alive.
const QUIET: Duration = Duration::from_secs(30);
/// How long it tells before a pause after it is a short one again.
const PROVEN: Duration = Duration::from_secs(60);
/// Most messages a second: more are no logs of two contracts, and cost more than looking without them.
const MAX_A_SECOND: u32 = 2_000;
/// Largest message taken, in bytes: a log with its data.
const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Listens at an endpoint for logs of these contracts, and connects again when the connection ends; `on_hint` is told
/// of each. Never returns.
pub async fn listen(url: Url, contracts: Vec<Address>, wake: Arc<Notify>, on_hint: impl Fn() + Send) {
    let shown = functions_rpc::shown(&url);
    let mut tries = Tries::default();
    loop {
        let begun = Instant::now();
        let problem = match subscribe(&url, &contracts).await {
            Ok(mut socket) => {
                // Logs may have come before it listened.
                wake.notify_one();
                let hint = || {
                    on_hint();
                    wake.notify_one();
                };
                hear(&mut socket, hint).await
            }
            Err(problem) => problem,
        };
        let (pause, is_news) = tries.ended(begun.elapsed());
        if is_news {
            let known = "no hints from it; the chain is looked at in its usual pauses";
            tracing::warn!(endpoint = shown, problem, "{known}");
        }
        sleep(pause).await;
    }
}

/// How often in a row an endpoint was of no use. One that takes subscriptions and breaks is no better than one that
/// takes none.
#[derive(Default)]
struct Tries {
    backoff: Backoff,
    is_known: bool,
}

impl Tries {
    /// The pause after a try that lasted so long, and whether its end is news.
    fn ended(&mut self, lasted: Duration) -> (Duration, bool) {
        if lasted >= PROVEN {
            *self = Self::default();
        }
        (self.backoff.next_pause(), !std::mem::replace(&mut self.is_known, true))
    }
}

/// Connects, and subscribes to the logs.
///
/// # Errors
/// What stood in the way, in words.
pub async fn subscribe(url: &Url, contracts: &[Address]) -> Result<Socket, String> {
    let subscribed = timeout(PATIENCE, async {
        let mut socket = connect(url).await?;
        let params = json!(["logs", { "address": contracts, "topics": [HASTE] }]);
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": params });
        socket.send(Message::text(question.to_string())).await.map_err(|err| err.to_string())?;
        while let Some(said) = socket.next().await {
            let Message::Text(text) = said.map_err(|err| err.to_string())? else { continue };
            let said: Value = serde_json::from_str(&text).map_err(|err| format!("no JSON came: {err}"))?;
            if said["id"] != 1 {
                continue;
            }
            return match said["result"].as_str() {
                Some(_) => Ok(socket),
                None => {
                    let problem: String = said["error"].to_string().chars().take(256).collect();
                    Err(format!("it takes no subscription to logs: {problem}"))
                }
            };
        }
        Err("it ended the connection".to_owned())
    });
    subscribed.await.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
}

async fn connect(url: &Url) -> Result<Socket, String> {
    let host = url.host_str().ok_or("it has no host")?.trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or("it has no port")?;
    let stream = TcpStream::connect((host, port)).await.map_err(|err| err.to_string())?;
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let trust = (url.scheme() == "wss").then(|| Connector::Rustls(functions_trust::tls()));
    let connected = client_async_tls_with_config(url.as_str(), stream, Some(limits), trust).await;
    connected.map(|(socket, _)| socket).map_err(|err| err.to_string())
}

/// Hints until the connection ends; why it did, in words.
async fn hear(socket: &mut Socket, hint: impl Fn()) -> String {
    let mut is_asked = false;
    let (mut second, mut count) = (Instant::now(), 0);
    loop {
        count += 1;
        if count > MAX_A_SECOND {
            if second.elapsed() < Duration::from_secs(1) {
                return format!("more than {MAX_A_SECOND} messages a second");
            }
            (second, count) = (Instant::now(), 0);
        }
        match timeout(QUIET, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => {
                is_asked = false;
                if text.contains("eth_subscription") {
                    hint();
                }
            }
            Ok(Some(Ok(_))) => is_asked = false,
            Ok(Some(Err(err))) => return err.to_string(),
            Ok(None) => return "it ended the connection".to_owned(),
            Err(_) if is_asked => return "it does not answer any more".to_owned(),
            Err(_) => {
                is_asked = true;
                if let Err(err) = socket.send(Message::Ping(Vec::new().into())).await {
                    return err.to_string();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_async;

    use super::*;

    /// A server on loopback, and its URL.
    async fn server() -> (TcpListener, Url) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}", listener.local_addr().expect("bound"));
        (listener, url.parse().expect("a URL"))
    }

    /// Takes a connection and its question, and answers it with this.
    async fn answered(listener: &TcpListener, answer: Value) -> WebSocketStream<TcpStream> {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut socket = accept_async(stream).await.expect("a handshake");
        let asked = socket.next().await.expect("a question").expect("a message");
        let asked: Value = serde_json::from_str(asked.to_text().expect("text")).expect("JSON");
        let wanted = json!({ "address": [Address::repeat_byte(7)], "topics": [HASTE] });
        assert_eq!(asked["params"], json!(["logs", wanted]));
        socket.send(Message::text(answer.to_string())).await.expect("sent");
        socket
    }

    const CONTRACTS: [Address; 1] = [Address::repeat_byte(7)];

    #[tokio::test]
    async fn an_endpoint_that_takes_no_subscription_says_why() {
        let (listener, url) = server().await;
        let refusal = json!({ "id": 1, "error": { "code": -32601, "message": "no such method" } });
        let refused = async { answered(&listener, refusal).await };
        let (told, _socket) = tokio::join!(subscribe(&url, &CONTRACTS), refused);
        let told = told.expect_err("it refused");
        assert!(told.contains("no such method"), "{told}");
        drop(listener);
        assert!(subscribe(&url, &CONTRACTS).await.is_err(), "nobody is there");
    }

    #[tokio::test]
    async fn each_log_is_a_hint_and_a_connection_that_ends_is_made_anew() {
        let (listener, url) = server().await;
        let (wake, hints) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let counted = hints.clone();
        let on_hint = move || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let task = tokio::spawn(listen(url, CONTRACTS.to_vec(), wake.clone(), on_hint));
        let taken = json!({ "id": 1, "result": "0x1" });
        for round in 1..=2 {
            let mut socket = answered(&listener, taken.clone()).await;
            // It looks once it listens, for what came before.
            wake.notified().await;
            let log = json!({ "method": "eth_subscription", "params": { "result": {} } });
            socket.send(Message::text("what is no JSON is no hint")).await.expect("sent");
            socket.send(Message::text(log.to_string())).await.expect("sent");
            wake.notified().await;
            assert_eq!(hints.load(Ordering::Relaxed), round);
        }
        assert!(!task.is_finished());
        task.abort();
    }

    #[tokio::test]
    async fn an_endpoint_that_floods_is_left() {
        let (listener, url) = server().await;
        let taken = json!({ "id": 1, "result": "0x1" });
        let (client, mut server) = tokio::join!(subscribe(&url, &CONTRACTS), answered(&listener, taken));
        let mut client = client.expect("subscribed");
        let flood = async { while server.send(Message::text("{}")).await.is_ok() {} };
        tokio::select! {
            said = hear(&mut client, || {}) => assert_eq!(said, "more than 2000 messages a second"),
            () = flood => panic!("nobody took it"),
        }
    }

    #[test]
    fn an_endpoint_that_breaks_after_subscribing_is_tried_in_growing_pauses_and_said_once() {
        let mut tries = Tries::default();
        let after = |tries: &mut Tries, lasted| {
            let (pause, is_news) = tries.ended(lasted);
            (pause.as_millis(), is_news)
        };
        let short = PROVEN - Duration::from_millis(1);
        assert_eq!(after(&mut tries, Duration::ZERO), (100, true));
        assert_eq!(after(&mut tries, short), (200, false));
        assert_eq!(after(&mut tries, short), (400, false));
        assert_eq!(after(&mut tries, PROVEN), (100, true));
    }
}
