//! Listens to a child and answers it until the run is over or its time is.

use std::pin::pin;
use std::time::{Duration, Instant};

use oracle_frames::{Diagnostic, FromChild, HEADER_LEN, Header, Side, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout_at;

use crate::own_time::{OwnTime, PATIENCE};
use crate::talk::{Divergence, Talk};

/// Why the conversation ended.
pub(super) enum End {
    /// The child gave its verdict.
    Done { verdict: Verdict, diagnostic: Diagnostic },
    /// The script used up its time.
    Late,
    /// The machine kept the script from its time for so long.
    Starved {
        /// How long the run lasted.
        wall: Duration,
        /// What of it was the script's own.
        own: Duration,
    },
    /// The socket closed without a verdict.
    Silent,
    /// The child said something no sandbox says.
    Hostile(String),
    /// A replayed script asked for something the recording does not have.
    Diverged(Divergence),
}

/// Sends the child what is in `queue`, its order first, and answers it. Ends when the script's own time has reached
/// `limit`, or [`PATIENCE`] times that have passed.
pub(super) async fn converse(
    session: UnixStream,
    queue: mpsc::UnboundedReceiver<Vec<u8>>,
    talk: &mut Talk,
    mut clock: OwnTime,
    limit: Duration,
) -> End {
    let began = Instant::now();
    let last = began + limit * PATIENCE;
    let (reader, writer) = session.into_split();
    let mut conversation = pin!(async {
        tokio::select! {
            end = listen(talk, reader) => end,
            () = write(queue, writer) => End::Silent,
        }
    });
    loop {
        let due = clock.next_look(limit).min(last);
        // What was said in time is heard, even where this node is late to listen.
        if let Ok(end) = timeout_at(due.into(), &mut conversation).await {
            return end;
        }
        if clock.is_over(limit, due) {
            return End::Late;
        }
        if Instant::now() >= last {
            return End::Starved { wall: began.elapsed(), own: clock.spent() };
        }
    }
}

/// Writes to the child, for ever.
async fn write(mut queue: mpsc::UnboundedReceiver<Vec<u8>>, mut writer: OwnedWriteHalf) {
    while let Some(frame) = queue.recv().await {
        if writer.write_all(&frame).await.is_err() {
            break;
        }
    }
    // The reader notices that the child is gone and ends the run.
    std::future::pending::<()>().await;
}

/// Listens to the child and answers it until the run is over.
async fn listen(talk: &mut Talk, mut reader: OwnedReadHalf) -> End {
    let mut frames = FrameReader::default();
    loop {
        tokio::select! {
            () = talk.progress() => {}
            frame = frames.next(&mut reader) => {
                let message = match frame {
                    Ok(Some(message)) => message,
                    Ok(None) => return End::Silent,
                    Err(why) => return End::Hostile(why),
                };
                let taken = match message {
                    FromChild::Done { verdict, diagnostic } => return End::Done { verdict, diagnostic },
                    FromChild::Console(line) => {
                        talk.print(&line);
                        Ok(())
                    }
                    FromChild::HttpRequest(request) => talk.exchange(request),
                    FromChild::HttpAbort(id) => {
                        talk.abort(id);
                        Ok(())
                    }
                    FromChild::HttpDelivered { id, turn } => {
                        talk.delivered(id, turn);
                        Ok(())
                    }
                    FromChild::Import(request) => talk.import(request),
                };
                if let Err(why) = taken {
                    return End::Hostile(why);
                }
                if let Some(divergence) = talk.take_divergence() {
                    return End::Diverged(divergence);
                }
            }
        }
    }
}

/// Reads frames in a way that survives being dropped between two polls.
#[derive(Default)]
struct FrameReader {
    buffer: Vec<u8>,
}

impl FrameReader {
    /// The next message; `None` at the end of the stream.
    async fn next(&mut self, reader: &mut OwnedReadHalf) -> Result<Option<FromChild>, String> {
        loop {
            if let Some(head) = self.buffer.first_chunk::<HEADER_LEN>() {
                let header = Header::parse(*head, Side::Child).map_err(|error| error.to_string())?;
                let end = HEADER_LEN + header.len;
                if self.buffer.len() >= end {
                    let message = FromChild::decode(header.kind, &self.buffer[HEADER_LEN..end]);
                    self.buffer.drain(..end);
                    return message.map(Some).map_err(|error| error.to_string());
                }
            }
            match reader.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
    }
}
