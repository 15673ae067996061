//! Which connections queries are sent on.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{config, request, text};
use oracle_runner::{Runner, RunnerConfig};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

/// A server whose answers leave the connection open. It ends after one answer a connection where `stays` is false, as
/// HTTP/1.1 lets it without a word; the number of its connections is counted.
async fn open_ended(stays: bool) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let host = listener.local_addr().expect("bound").to_string();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut lines = BufReader::new(stream).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    let is_redirect = line.starts_with("GET /first");
                    while !lines.next_line().await.is_ok_and(|line| line.is_none_or(|line| line.is_empty())) {
                    }
                    let answer: &[u8] = if is_redirect {
                        b"HTTP/1.1 302 Found\r\nlocation: /next\r\ncontent-length: 0\r\n\r\n"
                    } else {
                        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
                    };
                    if lines.get_mut().write_all(answer).await.is_err() || !stays {
                        return;
                    }
                }
            });
        }
    });
    (host, connections)
}

#[tokio::test]
async fn no_query_is_sent_on_a_connection_that_its_server_may_have_ended() {
    for stays in [true, false] {
        let (host, connections) = open_ended(stays).await;
        let runner =
            Runner::start(RunnerConfig { allow_http: vec![host.clone()], ..config() }).await.unwrap();
        let mut request = request(
            "let all = ''; for (const path of ['/first', '/a', '/b']) all += await (await fetch(args[0] + path)).text(); return Functions.encodeString(all)",
        );
        request.args = vec![format!("http://{host}")];
        for _ in 0..8 {
            assert_eq!(text(&runner.run(request.clone()).await.unwrap()), "okokok");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 8 * 4, "a connection a query and hop");
        runner.shutdown().await;
    }
}
