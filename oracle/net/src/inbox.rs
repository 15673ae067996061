//! What waits for the caller: in order, and of each peer no more than its share of memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{NetEvent, NetLimits};

/// What a frame counts as at least, so that short frames are bounded in number too.
const LEAST_SHARE: usize = 4 << 10;

/// An event, holding its share of its peer's room.
struct Waiting {
    event: NetEvent,
    _room: Option<OwnedSemaphorePermit>,
}

/// What happens on the network, for the caller. Dropping it ends the mesh's work.
pub struct Events(mpsc::UnboundedReceiver<Waiting>);

impl Events {
    /// The next event; `None` when the mesh has ended.
    pub async fn recv(&mut self) -> Option<NetEvent> {
        self.0.recv().await.map(|waiting| waiting.event)
    }

    /// An event that has come already.
    pub fn take_waiting(&mut self) -> Option<NetEvent> {
        self.0.try_recv().ok().map(|waiting| waiting.event)
    }
}

/// Where the tasks of one peer put its events.
#[derive(Clone)]
pub(crate) struct Inbox {
    queue: mpsc::UnboundedSender<Waiting>,
    room: Arc<Semaphore>,
    most: usize,
}

/// The caller has gone.
pub(crate) struct Gone;

/// The caller's end, and where each of the peers' inboxes comes from.
pub(crate) fn open(limits: &NetLimits) -> (Inbox, Events) {
    let (queue, events) = mpsc::unbounded_channel();
    let most = limits.inbox_bytes.max(limits.frame_bytes).max(LEAST_SHARE).min(u32::MAX as usize);
    (Inbox { queue, room: Arc::new(Semaphore::new(most)), most }, Events(events))
}

impl Inbox {
    /// Another peer's inbox in the same queue, with room of its own.
    pub(crate) fn of_another_peer(&self) -> Self {
        Self { queue: self.queue.clone(), room: Arc::new(Semaphore::new(self.most)), most: self.most }
    }

    /// Waits until a frame of so many bytes has room.
    pub(crate) async fn room_for(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Gone> {
        let share = bytes.max(LEAST_SHARE).min(self.most) as u32;
        self.room.clone().acquire_many_owned(share).await.map_err(|_| Gone)
    }

    /// Puts a frame whose room is reserved.
    pub(crate) fn put(&self, event: NetEvent, room: OwnedSemaphorePermit) -> Result<(), Gone> {
        self.queue.send(Waiting { event, _room: Some(room) }).map_err(|_| Gone)
    }

    /// Tells of something if there is room.
    pub(crate) fn offer(&self, event: NetEvent) {
        if let Ok(room) = self.room.clone().try_acquire_many_owned(LEAST_SHARE as u32) {
            // Whoever does not listen any more does not miss it.
            let _ = self.put(event, room);
        }
    }

    /// Tells of something that the rates of streams bound.
    pub(crate) async fn tell(&self, event: NetEvent) -> Result<(), Gone> {
        let room = self.room_for(0).await?;
        self.put(event, room)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use libp2p::PeerId;

    use super::*;

    /// Frames of so many bytes that find room at once.
    fn fill(inbox: &Inbox, from: PeerId, bytes: usize) -> usize {
        let mut frames = 0;
        while let Some(Ok(room)) = inbox.room_for(bytes).now_or_never() {
            let event = NetEvent::Message { from, bytes: vec![0; bytes] };
            assert!(inbox.put(event, room).is_ok());
            frames += 1;
        }
        frames
    }

    #[test]
    fn d4_a_peer_has_a_megabyte_whatever_the_size_of_its_frames_and_takes_nobody_elses() {
        let limits = NetLimits::default();
        let (loud, calm) = (PeerId::random(), PeerId::random());
        for bytes in [0, 100, 4_096, 100_000, limits.frame_bytes] {
            let (inbox, mut events) = open(&limits);
            let other = inbox.of_another_peer();
            let frames = fill(&inbox, loud, bytes);
            assert!(frames * bytes.max(LEAST_SHARE) <= limits.inbox_bytes, "{frames} of {bytes} bytes");
            assert!((frames + 1) * bytes.max(LEAST_SHARE) > limits.inbox_bytes, "{frames} of {bytes} bytes");
            assert_eq!(fill(&other, calm, bytes), frames, "the other peer has room of its own");
            assert!(events.take_waiting().is_some());
            assert_eq!(fill(&inbox, loud, bytes), 1, "what is taken makes room");
            drop(events);
            let room = inbox.room_for(0).now_or_never().expect("room again").ok().expect("open");
            assert!(inbox.put(NetEvent::Connected(loud), room).is_err(), "the caller is gone");
        }
    }
}
