//! One stream to each peer: its queue, and the tasks that write and read.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::Control;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::{Instant, sleep, timeout},
};

use crate::{NetEvent, NetLimits, SendError, backoff::Backoff, inbox::Inbox, rate::Rates};

/// The protocol of the frames.
pub(crate) const PROTOCOL: StreamProtocol = StreamProtocol::new("/functions/frames/1");
/// Frames that wait are written together until they have so many bytes: encrypting and sending costs by the piece.
const TOGETHER: usize = 16 << 10;
/// How long what is written together may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// So many streams in a row that did not last are said to the operator, and then every so many.
const TOLD_EVERY: u32 = 16;

/// The sending side of one peer.
pub(crate) struct Link {
    is_open: Arc<AtomicBool>,
    queue: mpsc::UnboundedSender<Frame>,
    room: Arc<Semaphore>,
}

/// A frame on its way, holding its share of the queue's bytes.
struct Frame {
    bytes: Arc<[u8]>,
    _room: OwnedSemaphorePermit,
}

/// Both ends of the queue to one peer; `connected` says whether there is a connection to open a stream on.
pub(crate) fn between(
    peer: PeerId,
    control: Control,
    connected: watch::Receiver<bool>,
    limits: &NetLimits,
    events: Inbox,
) -> (Link, Writer) {
    let (queue, frames) = mpsc::unbounded_channel();
    let is_open = Arc::new(AtomicBool::new(false));
    // Each frame takes at least one unit, so empty frames are bounded too.
    let room = Arc::new(Semaphore::new(limits.queue_bytes.min(Semaphore::MAX_PERMITS)));
    let link = Link { is_open: is_open.clone(), queue, room };
    let backoff = Backoff::new(limits.redial_at_most);
    (link, Writer { peer, control, connected, is_open, frames, events, backoff })
}

impl Link {
    /// Whether a stream to the peer is open.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Queues a frame of at most `most` bytes; it never waits.
    ///
    /// # Errors
    /// [`SendError`] if the frame was not queued.
    pub(crate) fn send(&self, bytes: Arc<[u8]>, most: usize) -> Result<(), SendError> {
        if bytes.len() > most {
            return Err(SendError::TooLong);
        }
        if !self.is_open() {
            return Err(SendError::NotConnected);
        }
        let share = u32::try_from(bytes.len() + 64).map_err(|_| SendError::TooLong)?;
        let room = self.room.clone().try_acquire_many_owned(share).map_err(|_| SendError::QueueFull)?;
        self.queue.send(Frame { bytes, _room: room }).map_err(|_| SendError::NotConnected)
    }
}

/// Keeps a stream to one peer open and writes what is queued.
pub(crate) struct Writer {
    peer: PeerId,
    control: Control,
    connected: watch::Receiver<bool>,
    is_open: Arc<AtomicBool>,
    frames: mpsc::UnboundedReceiver<Frame>,
    events: Inbox,
    backoff: Backoff,
}

impl Writer {
    pub(crate) async fn run(mut self) {
        // Ends when the mesh is gone.
        while self.connected.wait_for(|&connected| connected).await.is_ok() {
            let stream = match self.control.open_stream(self.peer, PROTOCOL).await {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::debug!(peer = %self.peer, %error, "no stream");
                    sleep(self.backoff.failed()).await;
                    continue;
                }
            };
            // Frames of the stream before are stale: the caller repeats what matters.
            while self.frames.try_recv().is_ok() {}
            self.is_open.store(true, Ordering::Release);
            if self.events.tell(NetEvent::Connected(self.peer)).await.is_err() {
                return;
            }
            let began = Instant::now();
            self.write_to(stream).await;
            self.is_open.store(false, Ordering::Release);
            if self.events.tell(NetEvent::Disconnected(self.peer)).await.is_err() {
                return;
            }
            self.pause_after(began.elapsed()).await;
        }
    }

    /// Two processes with one identity take each other's place at every peer: without a pause they would do nothing
    /// else.
    async fn pause_after(&mut self, lasted: Duration) {
        let pause = self.backoff.ended_after(lasted);
        if self.backoff.in_row() % TOLD_EVERY == 4 {
            tracing::warn!(
                peer = %self.peer,
                "the peer ends every stream at once: perhaps another process runs with this node's keys; only one may"
            );
        }
        sleep(pause).await;
    }

    /// Writes until the stream breaks, the peer is gone or the mesh ends.
    async fn write_to(&mut self, mut stream: Stream) {
        loop {
            let frame = tokio::select! {
                frame = self.frames.recv() => frame,
                // The peer never writes on this stream: any answer means that it closed it.
                _ = async { stream.read(&mut [0; 1]).await } => return,
                gone = self.connected.wait_for(|&connected| !connected) => {
                    drop(gone);
                    return;
                }
            };
            let Some(frame) = frame else {
                return;
            };
            let frames = self.with_those_behind(frame);
            if !matches!(timeout(WRITE_TIMEOUT, write(&mut stream, &frames)).await, Ok(Ok(()))) {
                return;
            }
        }
    }

    /// A frame, and those that wait behind it, as far as they are written together.
    fn with_those_behind(&mut self, first: Frame) -> Vec<Frame> {
        let mut bytes = first.bytes.len();
        let mut frames = vec![first];
        while bytes < TOGETHER
            && let Ok(next) = self.frames.try_recv()
        {
            bytes += next.bytes.len();
            frames.push(next);
        }
        frames
    }
}

async fn write(stream: &mut Stream, frames: &[Frame]) -> std::io::Result<()> {
    let mut together = Vec::new();
    for Frame { bytes, .. } in frames {
        let length = u32::try_from(bytes.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
        together.extend_from_slice(&length.to_be_bytes());
        together.extend_from_slice(bytes);
    }
    stream.write_all(&together).await?;
    stream.flush().await
}

/// Reads the frames of one peer's stream, at the rate it may send, until it ends or breaks a bound.
pub(crate) async fn read_from(
    from: PeerId,
    mut stream: Stream,
    frame_bytes: usize,
    rates: Arc<Mutex<Rates>>,
    inbox: Inbox,
) {
    // Numbers only: a panic elsewhere leaves nothing half done.
    let rates = || rates.lock().unwrap_or_else(PoisonError::into_inner);
    let owed = rates().stream(Instant::now());
    pause(owed).await;
    let mut header = [0; 4];
    while stream.read_exact(&mut header).await.is_ok() {
        let bytes = u32::from_be_bytes(header) as usize;
        if bytes > frame_bytes {
            let _ = inbox.tell(NetEvent::Violation { from, bytes }).await;
            break;
        }
        let owed = rates().frame(bytes, Instant::now());
        pause(owed).await;
        let Ok(room) = inbox.room_for(bytes).await else {
            break;
        };
        let mut content = vec![0; bytes];
        if stream.read_exact(&mut content).await.is_err() {
            break;
        }
        if inbox.put(NetEvent::Message { from, bytes: content }, room).is_err() {
            break;
        }
    }
    let _ = stream.close().await;
}

async fn pause(owed: Duration) {
    if !owed.is_zero() {
        sleep(owed).await;
    }
}
