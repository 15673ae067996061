//! All services on one loopback port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use tokio::net::TcpListener;

use crate::call::{Call, Reply};
use crate::services;

/// Largest request body read, in bytes; a node sends at most 30 kB.
const BODY_MAX: usize = 64 * 1024;

/// What the services take for the present.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// This many Unix seconds, always.
    Fixed(u64),
    /// The machine's clock.
    System,
}

impl Clock {
    fn now(self) -> u64 {
        match self {
            Self::Fixed(seconds) => seconds,
            Self::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
        }
    }
}

/// How every service misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers everything with this status.
    Status(u16),
    /// Sends the first half of the right body.
    Cut,
    /// Answers everything with the JSON object `{}`.
    Empty,
}

struct World {
    clock: Clock,
    fault: Mutex<Option<Fault>>,
}

/// The running services. Dropping it stops them.
pub struct Server {
    address: SocketAddr,
    world: Arc<World>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Starts on `port` of the loopback address; 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16, clock: Clock) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let world = Arc::new(World { clock, fault: Mutex::new(None) });
        let app = axum::Router::new().fallback(handle).with_state(Arc::clone(&world));
        let task = tokio::spawn(async move {
            // Serving ends only with the task.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, world, task })
    }

    /// `HOST:PORT`, as `--allow-http` takes it.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The URL of a service: its name, and what follows.
    #[must_use]
    pub fn url(&self, place: &str) -> String {
        format!("http://{}/{place}", self.address)
    }

    /// Makes every service fail like this from now on, or work again.
    pub fn fail(&self, fault: Option<Fault>) {
        *self.world.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(world): State<Arc<World>>, request: Request) -> Response<Body> {
    let fault = *world.fault.lock().unwrap_or_else(PoisonError::into_inner);
    let reply = match (fault, read(request, world.clock).await) {
        (Some(Fault::Status(status)), _) => Reply::status(status),
        (Some(Fault::Empty), _) => Reply::json(&serde_json::json!({})),
        (_, None) => Reply::status(413),
        (Some(Fault::Cut), Some(call)) => {
            let mut reply = services::answer(call);
            reply.body.truncate(reply.body.len() / 2);
            reply
        }
        (None, Some(call)) => services::answer(call),
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).expect("the services write valid headers")
}

async fn read(request: Request, clock: Clock) -> Option<Call> {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    Some(Call {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        place: String::new(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect(),
        body: to_bytes(body, BODY_MAX).await.ok()?.to_vec(),
        now: clock.now(),
    })
}
