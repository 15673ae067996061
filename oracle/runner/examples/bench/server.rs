//! The price every contestant asks for, and a place where a request waits.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Waiting requests: that one arrived, and that it may go.
#[derive(Default)]
struct Gate {
    arrived: Notify,
    open: Notify,
}

/// An HTTP server on loopback.
pub(crate) struct Server {
    port: u16,
    gate: Arc<Gate>,
}

impl Server {
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let gate = Arc::new(Gate::default());
        let inner = Arc::clone(&gate);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // An error means that the client is gone.
                tokio::spawn(serve(stream, Arc::clone(&inner)));
            }
        });
        Ok(Self { port, gate })
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/price", self.host())
    }

    /// Where a request waits until [`Self::release`].
    pub(crate) fn waiting_url(&self) -> String {
        format!("http://{}/wait", self.host())
    }

    /// Resolves when a request waits.
    pub(crate) async fn arrival(&self) {
        self.gate.arrived.notified().await;
    }

    /// Answers the waiting request.
    pub(crate) fn release(&self) {
        self.gate.open.notify_one();
    }
}

async fn serve(mut stream: TcpStream, gate: Arc<Gate>) -> std::io::Result<()> {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        if request.starts_with(b"GET /wait") {
            gate.arrived.notify_one();
            gate.open.notified().await;
        }
        request.clear();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n";
        stream.write_all(format!("{head}{{\"price\":42}}").as_bytes()).await?;
    }
}
