//! Where the streams that peers open come in.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures::StreamExt as _;
use libp2p::{PeerId, Stream};
use libp2p_stream::IncomingStreams;
use tokio::{
    task::{AbortHandle, JoinSet},
    time::Instant,
};

use crate::{NetLimits, inbox::Inbox, link::read_from, rate::Rates};

/// Takes streams in, one a peer: a task of its own, for a stream that comes while the one before still waits to be
/// taken is dropped by the transport, and its peer has to open another after a pause.
pub(crate) struct Door {
    incoming: IncomingStreams,
    guests: BTreeMap<PeerId, Guest>,
    readers: JoinSet<()>,
    frame_bytes: usize,
}

/// A peer that may come in.
struct Guest {
    inbox: Inbox,
    /// What it may send, over all its streams.
    rates: Arc<Mutex<Rates>>,
    /// The task that reads its latest stream.
    reader: Option<AbortHandle>,
}

impl Door {
    /// Each peer's events go to its inbox.
    pub(crate) fn new(
        incoming: IncomingStreams,
        peers: impl Iterator<Item = (PeerId, Inbox)>,
        limits: &NetLimits,
    ) -> Self {
        let now = Instant::now();
        let guest = |(peer, inbox)| {
            (peer, Guest { inbox, rates: Arc::new(Mutex::new(Rates::new(limits, now))), reader: None })
        };
        let guests = peers.map(guest).collect();
        Self { incoming, guests, readers: JoinSet::new(), frame_bytes: limits.frame_bytes }
    }

    /// Runs until the task is dropped or the mesh is gone.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                stream = self.incoming.next() => match stream {
                    Some((peer, stream)) => self.take(peer, stream),
                    None => return,
                },
                Some(_) = self.readers.join_next() => {}
            }
        }
    }

    /// A peer's new stream replaces its old one.
    fn take(&mut self, peer: PeerId, stream: Stream) {
        if let Some(guest) = self.guests.get_mut(&peer) {
            let (rates, inbox) = (guest.rates.clone(), guest.inbox.clone());
            let read = read_from(peer, stream, self.frame_bytes, rates, inbox);
            if let Some(old) = guest.reader.replace(self.readers.spawn(read)) {
                old.abort();
            }
        }
    }
}
