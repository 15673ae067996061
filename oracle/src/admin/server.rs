//! The listener of the admin pages: few connections, short patience, nothing a stranger can hold on to.
//!
//! | bound | value | what happens beyond it |
//! | --- | --- | --- |
//! | connections | 64 | the oldest is closed in favour of the newest |
//! | time to send a request's head | 5 s | the connection is closed |
//! | a request's head | 16 KiB | 431 |
//! | a request's body | none | 413; 405 where GET alone is taken |
//! | time of an answer | 5 s | 503 |
//! | life of a connection | 60 s, then 10 s to finish | closed |
//!
//! So the node keeps its descriptors for peers and scripts, whatever is done to this port.

use std::{borrow::Cow, collections::VecDeque, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header},
    middleware::Next,
    response::Response,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use super::refuse;

/// Connections at a time.
pub(super) const MAX_CONNECTIONS: usize = 64;
/// Time a client has to send a request's head.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// Longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1_024;
/// Time an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// Age at which a connection is asked to end.
const CONNECTION_LIFE: Duration = Duration::from_secs(60);
/// Time it then has.
const CONNECTION_END: Duration = Duration::from_secs(10);
/// Pause after a connection could not be taken, most likely for lack of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Listens on `address`.
///
/// # Errors
/// When the address cannot be bound.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "the admin address is reachable from other machines");
    }
    TcpListener::bind(address).await
}

/// Serves `pages` until `stop` completes.
pub(super) async fn serve(listener: TcpListener, pages: Router, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    let mut running = JoinSet::new();
    let mut oldest_first: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = running.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    oldest_first.retain(|task| !task.is_finished());
                    if oldest_first.len() >= MAX_CONNECTIONS && let Some(oldest) = oldest_first.pop_front() {
                        oldest.abort();
                    }
                    oldest_first.push_back(running.spawn(converse(stream, pages.clone())));
                }
                Err(err) => {
                    tracing::warn!(%err, "an admin connection could not be taken");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn converse(stream: TcpStream, pages: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(MAX_HEAD_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages)));
    // How a client ends its connection concerns nobody.
    if timeout(CONNECTION_LIFE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(CONNECTION_END, connection).await;
    }
}

/// Refuses what no page takes, and bounds the time of an answer.
pub(super) async fn guard(hosts: &[String], request: Request, next: Next) -> Response {
    let headers = request.headers();
    if let Some(problem) = misnamed(request.version(), headers) {
        return refuse(
            StatusCode::BAD_REQUEST,
            problem,
            "send one Host header with the address that was asked",
        );
    }
    if let Some(host) = foreign_host(request.uri(), headers, hosts) {
        let remedy = format!("ask by IP address, or add {host:?} to admin.allow_hosts");
        return refuse(StatusCode::FORBIDDEN, &format!("the host name {host:?} is not served"), &remedy);
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let has_body =
        headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length != "0");
    // What is not read with GET is refused further on, without a look at its body.
    if has_body && matches!(*request.method(), Method::GET | Method::HEAD) {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "a request has no body here", "send none");
    }
    match timeout(ANSWER_TIME, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => refuse(StatusCode::SERVICE_UNAVAILABLE, "the answer takes too long", "ask again later"),
    }
}

/// What is wrong with the Host headers, of which HTTP/1.1 wants one, with a name or address in it.
fn misnamed(version: Version, headers: &HeaderMap) -> Option<&'static str> {
    let is_nameless = |host: &HeaderValue| matches!(host.as_bytes().trim_ascii(), [] | [b':', ..]);
    if headers.get_all(header::HOST).iter().any(is_nameless) {
        return Some("the request's Host header names no host");
    }
    match headers.get_all(header::HOST).iter().count() {
        0 if version >= Version::HTTP_11 => Some("the request names no host"),
        0 | 1 => None,
        _ => Some("the request names more than one host"),
    }
}

/// A name the request was sent to, in its target or in a Host header, when it is one that a page elsewhere could have
/// had resolved to this machine.
fn foreign_host(target: &Uri, headers: &HeaderMap, hosts: &[String]) -> Option<String> {
    let named = headers.get_all(header::HOST).iter().map(|host| String::from_utf8_lossy(host.as_bytes()));
    named
        .chain(target.authority().map(|authority| Cow::Borrowed(authority.as_str())))
        .find_map(|host| foreign(&host, hosts))
}

fn foreign(host: &str, hosts: &[String]) -> Option<String> {
    let text = host.to_ascii_lowercase();
    if text.parse::<SocketAddr>().is_ok() {
        return None;
    }
    let name = match text.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => text.as_str(),
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let known = bare.parse::<std::net::IpAddr>().is_ok()
        || name == "localhost"
        || hosts.iter().any(|host| host.eq_ignore_ascii_case(name));
    (!known).then(|| name.chars().take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_host_knows_addresses_localhost_and_the_names_allowed() {
        let hosts = ["node1.internal".to_owned()];
        for (host, foreign) in [
            ("127.0.0.1:9100", false),
            ("127.0.0.1", false),
            ("[::1]:9100", false),
            ("[::1]", false),
            ("LOCALHOST:1", false),
            ("node1.internal:9100", false),
            ("Node1.Internal", false),
            ("attacker.example:9100", true),
            ("localhost.attacker.example", true),
            ("127.0.0.1.attacker.example", true),
            ("", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a value"));
            let page = Uri::from_static("/status");
            assert_eq!(foreign_host(&page, &headers, &hosts).is_some(), foreign, "{host}");
            // The same name as part of the target.
            let Ok(target) = format!("http://{host}/status").parse::<Uri>() else { continue };
            assert_eq!(foreign_host(&target, &HeaderMap::new(), &hosts).is_some(), foreign, "{target}");
            // One known name does not hide another.
            headers.append(header::HOST, "localhost".parse().expect("a value"));
            assert_eq!(foreign_host(&page, &headers, &hosts).is_some(), foreign, "{host} and localhost");
            let known = Uri::from_static("http://localhost/status");
            assert_eq!(foreign_host(&known, &headers, &hosts).is_some(), foreign, "{host} and localhost");
        }
        let page = Uri::from_static("/status");
        assert_eq!(foreign_host(&page, &HeaderMap::new(), &hosts), None, "a browser always sends one");
    }
}
