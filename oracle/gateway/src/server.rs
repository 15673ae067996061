//! The gateway over HTTP. The table of bounds is the crate's.
//!
//! | what is asked | answer |
//! | --- | --- |
//! | `POST /` or `/user`, whatever the content type | JSON-RPC: [`Gateway::answer`] |
//! | `GET /health` | `OK` |
//! | `OPTIONS` of these | what [`Cors`] allows |
//!
//! The toolkit posts its JSON as `application/x-www-form-urlencoded`. That spares browsers a question, too.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{Cors, Gateway, MAX_BODY_BYTES, Malformed, Members, connections::Connections};

/// Time a client has to send a request's head.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// Longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1_024;
/// Time a client has to send a request's body.
const BODY_TIME: Duration = Duration::from_secs(5);
/// Age at which a connection is asked to end; it may finish the request it is at.
const CONNECTION_LIFE: Duration = Duration::from_secs(60);
/// What a connection that is asked to end has besides the patience with members.
const CONNECTION_END: Duration = Duration::from_secs(15);
/// Pause after a connection could not be taken, most likely for lack of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is said of a body that was not read to its end.
const UNREAD: &str = "whole, and of at most 131072 bytes";

struct Served<M> {
    gateway: Gateway<M>,
    cors: Cors,
    began: Instant,
}

/// Serves a gateway until `stop` completes. What is under way then is cut off.
pub async fn serve<M: Members>(
    listener: TcpListener,
    gateway: Gateway<M>,
    cors: Cors,
    stop: impl Future<Output = ()> + Send,
) {
    let end = gateway.patience().saturating_add(CONNECTION_END);
    let counters = gateway.counters().clone();
    let pages = pages(Served { gateway, cors, began: Instant::now() });
    let mut stop = pin!(stop);
    let mut running = JoinSet::new();
    let mut connections = Connections::default();
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = running.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    if connections.make_room(from.ip()) {
                        counters.made_room();
                    }
                    connections.add(from.ip(), running.spawn(converse(stream, pages.clone(), end)));
                }
                Err(err) => {
                    tracing::warn!(%err, "a connection to the gateway could not be taken");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn converse(stream: TcpStream, pages: Router, end: Duration) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(MAX_HEAD_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages)));
    // How a client ends its connection concerns nobody.
    if timeout(CONNECTION_LIFE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(end, connection).await;
    }
}

fn pages<M: Members>(served: Served<M>) -> Router {
    let served = Arc::new(served);
    let call = || post(called::<M>).options(preflight::<M>);
    Router::new()
        .route("/", call())
        .route("/user", call())
        .route("/health", get(|| async { "OK" }).options(preflight::<M>))
        .layer(middleware::from_fn_with_state(served.clone(), shared::<M>))
        .with_state(served)
}

/// Lets pages of other sites read the answer, as far as they may.
async fn shared<M: Members>(State(served): State<Arc<Served<M>>>, request: Request, next: Next) -> Response {
    let asked = request.headers().clone();
    let mut answer = next.run(request).await;
    served.cors.allow(&asked, answer.headers_mut());
    answer
}

async fn preflight<M: Members>(State(served): State<Arc<Served<M>>>, asked: HeaderMap) -> Response {
    (StatusCode::NO_CONTENT, served.cors.preflight(&asked)).into_response()
}

async fn called<M: Members>(State(served): State<Arc<Served<M>>>, body: Body) -> Response {
    let reply = match timeout(BODY_TIME, to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(body)) => served.gateway.answer(&body, served.began.elapsed()).await,
        Ok(Err(_)) => served.gateway.unread(Malformed::Not { what: "the body", wanted: UNREAD }),
        Err(_) => served.gateway.unread(Malformed::Not { what: "the body", wanted: "there in time" }),
    };
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], reply.json).into_response()
}
