//! HTTP and WebSocket on one port: bytes in, [`Api`] answers, bytes out.
//!
//! | limit | value |
//! | --- | --- |
//! | connections | [`MAX_CONNECTIONS`], then the one that has done nothing for longest goes: 503 |
//! | a request's head, from its first byte | [`HEAD_TIME`], then 408 |
//! | a connection without a request | [`IDLE_TIME`] |
//! | request body or WebSocket message | [`MAX_REQUEST_BYTES`] |
//! | a body or message that does not go on | [`BODY_PAUSE`], then 408, or 1008 |
//! | a body or message, whole | [`BODY_TIME`], likewise |
//! | what came and is not answered, over all connections | [`MAX_UNANSWERED_BYTES`], then the large one that has taken longest goes: 503, or 1013 |
//! | requests in a batch | [`MAX_BATCH`] |
//! | answer to a batch | [`MAX_ANSWER_BYTES`], then errors |
//! | methods at once | [`MAX_CONCURRENT`], [`MAX_EXECUTIONS`] calls and estimates, and one of each longer kind (`lanes.rs`) |
//! | WebSocket connections | [`MAX_SOCKETS`], then 503 |
//! | notifications that wait for one of them | a piece (`subscriptions.rs`) |
//! | answers that wait to be read, over all connections | [`MAX_UNSENT_BYTES`], then errors |
//! | a connection that takes no byte | [`UNREAD_TIME`]; a WebSocket is told why before (`socket.rs`) |
//!
//! Any page of any origin may ask, under any host name: the keys of this chain are public, and pages under development
//! are what it is for. It listens on loopback unless told otherwise.

mod answer;
mod body;
mod connections;
mod lanes;
mod listen;
mod message;
mod patient;
mod socket;
mod subscriptions;
mod unsent;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension, Router,
    extract::{Request, State, WebSocketUpgrade},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    chain::{Chain, ChainConfig},
    rpc::Api,
};
use connections::Connection;
use lanes::Lanes;
use unsent::Unsent;

/// Largest request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 10 * 1024 * 1024;
/// Most requests in one batch.
pub const MAX_BATCH: usize = 10_000;
/// Bytes of answers after which the rest of a batch is refused.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Most methods that run at once; others wait.
pub const MAX_CONCURRENT: usize = 32;
/// Most calls and estimates that run beside them.
pub const MAX_EXECUTIONS: usize = 8;
/// Most bytes of answers that were written and not yet read.
pub const MAX_UNSENT_BYTES: usize = 256 * 1024 * 1024;
/// How long a connection may take none of the bytes written to it.
pub const UNREAD_TIME: Duration = Duration::from_secs(60);
/// Most WebSocket connections at once.
pub const MAX_SOCKETS: usize = 256;
/// Most connections at once, WebSockets among them.
pub const MAX_CONNECTIONS: usize = 768;
/// Most bytes of requests that came, whole or in part, and were not answered yet.
pub const MAX_UNANSWERED_BYTES: usize = 256 * 1024 * 1024;
/// Longest that a request's head takes, from its first byte.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be without a request.
pub const IDLE_TIME: Duration = Duration::from_secs(120);
/// Longest pause in a request's body, or in a WebSocket message.
pub const BODY_PAUSE: Duration = Duration::from_secs(3);
/// Longest that either takes.
pub const BODY_TIME: Duration = Duration::from_secs(60);
/// How long open connections may take to end.
const DRAIN: Duration = Duration::from_secs(2);

/// Where to listen and what to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on, 0 for any free one.
    pub port: u16,
    /// Seconds between blocks; `None` gives every transaction a block of its own at once.
    pub block_time: Option<u64>,
    /// The chain.
    pub chain: ChainConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            block_time: None,
            chain: ChainConfig::default(),
        }
    }
}

/// Why the chain does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Somebody listens there already.
    #[error(
        "port {0} is taken; another chain may be running: stop it, or choose a port with --port (0: any free one)"
    )]
    PortTaken(u16),
    /// The machine does not have the address.
    #[error(
        "this machine has no address {0} to listen on; choose one of its own with --host (127.0.0.1: this machine only, \
         0.0.0.0: all its addresses)"
    )]
    NoSuchAddress(IpAddr),
    /// The system keeps the port for others.
    #[error(
        "port {0} is kept for the system's administrator; choose one from 1024 on with --port (0: any free one)"
    )]
    PortReserved(u16),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// No chain may have this id.
    #[error(
        "{0} is no chain id: ids are 1 to {MAX_CHAIN_ID}, beyond which signatures (EIP-155) have no room for them; choose another with --chain-id"
    )]
    ChainId(u64),
}

/// Largest chain id (EIP-2294).
const MAX_CHAIN_ID: u64 = u64::MAX / 2 - 36;

/// A running chain.
pub struct Devchain;

impl Devchain {
    /// Starts a chain in this process and returns once it answers.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config) -> Result<Handle, StartError> {
        if !(1..=MAX_CHAIN_ID).contains(&config.chain.chain_id) {
            return Err(StartError::ChainId(config.chain.chain_id));
        }
        let wanted = SocketAddr::new(config.host, config.port);
        let listener = TcpListener::bind(wanted).await.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => StartError::PortTaken(config.port),
            io::ErrorKind::AddrNotAvailable => StartError::NoSuchAddress(config.host),
            io::ErrorKind::PermissionDenied => StartError::PortReserved(config.port),
            _ => StartError::Listen(wanted, error),
        })?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(wanted, error))?;

        let interval = config.block_time.unwrap_or(0);
        let chain = ChainConfig { automine: interval == 0, ..config.chain };
        let api = Arc::new(Api::new(Chain::new(chain), interval));
        let (stop, stopped) = watch::channel(());
        let miner = tokio::spawn(mine_by_time(Arc::clone(&api), stopped.clone()));
        let (sockets, watched) = watch::channel(0);
        let server = tokio::spawn(serve(listener, Arc::clone(&api), stopped, sockets));
        Ok(Handle {
            rpc_url: format!("http://{address}"),
            ws_url: format!("ws://{address}"),
            api,
            sockets: watched,
            stop,
            tasks: [miner, server],
        })
    }
}

/// Keeps a chain running; it ends when this is dropped.
pub struct Handle {
    /// `http://host:port`.
    pub rpc_url: String,
    /// `ws://host:port`.
    pub ws_url: String,
    api: Arc<Api>,
    sockets: watch::Receiver<usize>,
    stop: watch::Sender<()>,
    tasks: [JoinHandle<()>; 2],
}

impl Handle {
    /// The methods and the chain behind the sockets.
    pub fn api(&self) -> &Arc<Api> {
        &self.api
    }

    /// Watches how many WebSocket connections there are, those not counted that were told to go.
    pub fn watch_sockets(&self) -> watch::Receiver<usize> {
        self.sockets.clone()
    }

    /// Ends connections and waits until nothing runs any more.
    pub async fn shutdown(self) {
        drop(self.stop);
        for mut task in self.tasks {
            if tokio::time::timeout(DRAIN, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

/// What every connection shares.
#[derive(Clone)]
struct Shared {
    api: Arc<Api>,
    lanes: Arc<Lanes>,
    sockets: watch::Sender<usize>,
    unsent: Unsent,
    stopped: watch::Receiver<()>,
}

/// One of [`MAX_SOCKETS`] places for WebSocket connections; free again when dropped.
struct Place(watch::Sender<usize>);

impl Place {
    fn take(sockets: &watch::Sender<usize>) -> Option<Self> {
        let is_free = sockets.send_if_modified(|taken| {
            let is_free = *taken < MAX_SOCKETS;
            *taken += usize::from(is_free);
            is_free
        });
        is_free.then(|| Self(sockets.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.send_modify(|taken| *taken -= 1);
    }
}

async fn serve(
    listener: TcpListener,
    api: Arc<Api>,
    stopped: watch::Receiver<()>,
    sockets: watch::Sender<usize>,
) {
    let shared =
        Shared { api, lanes: Arc::default(), sockets, unsent: Unsent::default(), stopped: stopped.clone() };
    let app = Router::new()
        .route("/", post(http).get(upgrade))
        .layer(middleware::from_fn(open_to_pages))
        .with_state(shared);
    listen::serve(listener, app, stopped).await;
}

async fn http(
    State(shared): State<Shared>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    let of_json = [(header::CONTENT_TYPE, "application/json")];
    let body = body::read(request).await;
    let _whole = connection.whole();
    match body {
        Ok(body) => match answer::answer(&shared, &body.into(), None).await {
            Some(answer) => {
                let length = [(header::CONTENT_LENGTH, answer.text.len())];
                (of_json, length, answer.into_body()).into_response()
            }
            None => StatusCode::OK.into_response(),
        },
        // What is left of the body is not waited for, so the connection is of no further use.
        Err(unread) => {
            let close = [(header::CONNECTION, "close")];
            (unread.status(), of_json, close, answer::unread(&unread)).into_response()
        }
    }
}

async fn upgrade(
    State(shared): State<Shared>,
    Extension(connection): Extension<Connection>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(place) = Place::take(&shared.sockets) else {
        let full = format!("{MAX_SOCKETS} WebSocket connections are open, which is the limit; close some\n");
        return (StatusCode::SERVICE_UNAVAILABLE, full).into_response();
    };
    // The transport takes a little more than a message may have, so that the answer can say what is wrong.
    upgrade
        .max_message_size(2 * MAX_REQUEST_BYTES)
        .max_frame_size(2 * MAX_REQUEST_BYTES)
        .on_upgrade(move |socket| socket::serve(socket, shared, place, connection))
}

/// Answers the questions browsers ask before they let a page of another origin, or of a public one, talk to this
/// server.
async fn open_to_pages(request: Request, next: Next) -> Response {
    let any = HeaderValue::from_static("*");
    let mut response = if request.method() == Method::OPTIONS {
        let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        let allowed = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS")),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, asked.unwrap_or_else(|| any.clone())),
            (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
            (
                HeaderName::from_static("access-control-allow-private-network"),
                HeaderValue::from_static("true"),
            ),
        ];
        (StatusCode::NO_CONTENT, allowed).into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

/// Builds blocks by time for as long as an interval is set.
async fn mine_by_time(api: Arc<Api>, mut stopped: watch::Receiver<()>) {
    let mut interval = api.watch_interval();
    loop {
        let seconds = *interval.borrow_and_update();
        let pause = async {
            match seconds {
                0 => std::future::pending().await,
                seconds => tokio::time::sleep(Duration::from_secs(seconds)).await,
            }
        };
        tokio::select! {
            _ = stopped.changed() => return,
            changed = interval.changed() => if changed.is_err() { return },
            () = pause => {
                let api = Arc::clone(&api);
                if tokio::task::spawn_blocking(move || api.chain_mut().mine()).await.is_err() {
                    tracing::error!("building a block failed");
                }
            }
        }
    }
}
