//! A server that answers each path with a list of steps, not necessarily HTTP.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Pause between two bytes of a drip; the attack is the slowness.
const DRIP: Duration = Duration::from_millis(20);

/// One thing the server does with a connection; after the last it closes.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes again and again.
    Endless(Vec<u8>),
    /// Sends these bytes again and again, one at a time, slowly.
    Drip(Vec<u8>),
    /// Keeps the connection open and says nothing.
    Stall,
    /// Answers the next request on the same connection with its own path.
    Again,
    /// Resets the connection instead of closing it.
    Reset,
}

/// What each path is answered with.
pub type Attacks = HashMap<String, Vec<Step>>;

/// A listening server; it ends with this value.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    hits: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Listens on a free loopback port; the attacks may name it. `/echo` is answered with the request's head.
    ///
    /// # Panics
    /// When loopback has no free port.
    pub async fn start(attacks: impl FnOnce(u16) -> Attacks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let attacks = Arc::new(attacks(port));
        let hits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&hits);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (attacks, counter) = (Arc::clone(&attacks), Arc::clone(&counter));
                // Errors mean that the client is gone, which is what it should do.
                tokio::spawn(async move { serve(stream, &attacks, &counter).await });
            }
        });
        Self { port, hits, task }
    }

    /// `HOST:PORT`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Requests that arrived so far.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, attacks: &Attacks, hits: &AtomicUsize) -> std::io::Result<()> {
    let head = read_head(&mut stream).await?;
    hits.fetch_add(1, Ordering::SeqCst);
    let path = head.split(' ').nth(1).unwrap_or_default();
    if path == "/echo" {
        return stream.write_all(&page(&head)).await;
    }
    for step in attacks.get(path).map(Vec::as_slice).unwrap_or_default() {
        match step {
            Step::Send(bytes) => stream.write_all(bytes).await?,
            Step::Endless(bytes) => loop {
                stream.write_all(bytes).await?;
            },
            Step::Drip(bytes) => {
                for byte in bytes.iter().cycle() {
                    stream.write_all(&[*byte]).await?;
                    tokio::time::sleep(DRIP).await;
                }
            }
            Step::Stall => {
                // Until the client hangs up.
                while stream.read(&mut [0; 1024]).await? > 0 {}
            }
            Step::Again => {
                let head = read_head(&mut stream).await?;
                hits.fetch_add(1, Ordering::SeqCst);
                stream.write_all(&page(&head)).await?;
            }
            Step::Reset => stream.set_zero_linger()?,
        }
    }
    Ok(())
}

async fn read_head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|part| part == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// An ordinary answer whose body is the request's head.
fn page(head: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{head}", head.len()).into_bytes()
}
