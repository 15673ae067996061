//! Takes connections, and answers those whose request never becomes one.

use std::{io::Write as _, pin::Pin, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

use super::{
    IDLE_TIME, UNREAD_TIME, answer,
    body::Unread,
    connections::{Connection, Connections, Cut},
    patient::Patient,
};

/// Pause after a connection could not be taken, most likely for lack of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stopped` has lost its sender and every connection has ended.
pub(super) async fn serve(listener: TcpListener, app: Router, stopped: watch::Receiver<()>) {
    let connections = Connections::default();
    let mut open = JoinSet::new();
    let mut until = stopped.clone();
    loop {
        let accepted = tokio::select! {
            // The sender never sends: an error means it is gone.
            _ = until.changed() => break,
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => match connections.enter() {
                Some(connection) => {
                    open.spawn(converse(stream, connection, app.clone(), stopped.clone()));
                }
                None => refuse(stream, Cut::Crowded),
            },
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                connections.make_place();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

async fn converse(stream: TcpStream, connection: Connection, app: Router, mut stopped: watch::Receiver<()>) {
    let stream = Patient::new(stream, connection.clone(), UNREAD_TIME);
    let app = app.layer(middleware::from_fn_with_state(connection.clone(), tell_apart));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(IDLE_TIME);
    let mut http = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app)).with_upgrades();
    let ended = tokio::select! {
        ended = &mut http => Some(ended),
        _ = stopped.changed() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            Pin::new(&mut http).graceful_shutdown();
            (&mut http).await
        }
    };
    // How a client ends its connection concerns nobody.
    let Err(error) = ended else { return };
    let Some(cut) = Cut::behind(&error).or(error.is_timeout().then_some(Cut::Head)) else { return };
    // Of a request that was handed on, the answer says what became of it; who asked nothing is told nothing.
    if connection.sends_head()
        && let Some(parts) = http.into_parts()
        && !parts.read_buf.is_empty()
    {
        refuse(parts.io.into_inner().into_inner(), cut);
    }
}

/// Tells the connection where a request's head ends, and where the request does.
async fn tell_apart(State(connection): State<Connection>, mut request: Request, next: Next) -> Response {
    connection.begin_request();
    request.extensions_mut().insert(connection.clone());
    let response = next.run(request).await;
    connection.end_request(response.status() == StatusCode::SWITCHING_PROTOCOLS);
    response
}

/// Says why to a client whose request cannot be handed on. It has room for so little, or is not worth waiting for.
fn refuse(stream: TcpStream, why: Cut) {
    let text = answer::unread(&Unread::Cut(why));
    let head = format!(
        "HTTP/1.1 {}\r\ncontent-type: application/json\r\naccess-control-allow-origin: *\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        why.status(),
        text.len(),
    );
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write_all(format!("{head}{text}").as_bytes());
    }
}
