//! The handle of a running mesh.

use std::{collections::BTreeMap, sync::Arc};

use libp2p::{Multiaddr, PeerId};
use tokio::task::JoinSet;

use crate::{
    Events, NetConfig, NetError, SendError, inbox,
    link::{self, Link},
    mesh::Mesh,
};

/// A running mesh. Dropping the last clone ends it.
#[derive(Clone)]
pub struct Net {
    shared: Arc<Shared>,
}

struct Shared {
    links: BTreeMap<PeerId, Link>,
    me: PeerId,
    listening: Vec<Multiaddr>,
    frame_bytes: usize,
    _tasks: JoinSet<()>,
}

impl Net {
    /// Listens, dials the peers, and returns once every listen address is bound.
    ///
    /// # Errors
    /// [`NetError`] if an address cannot be bound or the configuration is impossible.
    pub async fn start(config: NetConfig) -> Result<(Self, Events), NetError> {
        let me = config.identity.peer_id();
        let limits = config.limits.clone();
        let (inbox, events) = inbox::open(&limits);
        let (mut mesh, door) = Mesh::build(config, &inbox)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(door.run());
        let listening = mesh.listen().await?;
        let mut links = BTreeMap::new();
        for (peer, connected, inbox) in mesh.connectivity() {
            let (link, writer) = link::between(peer, mesh.control(), connected, &limits, inbox);
            links.insert(peer, link);
            tasks.spawn(writer.run());
        }
        tasks.spawn(mesh.run());
        let shared = Shared { links, me, listening, frame_bytes: limits.frame_bytes, _tasks: tasks };
        Ok((Self { shared: Arc::new(shared) }, events))
    }

    /// This node's peer id.
    pub fn peer_id(&self) -> PeerId {
        self.shared.me
    }

    /// Addresses at which the node listens, with the ports it was given.
    pub fn listening(&self) -> &[Multiaddr] {
        &self.shared.listening
    }

    /// Peers with an open stream.
    pub fn connected(&self) -> Vec<PeerId> {
        let open = self.shared.links.iter().filter(|(_, link)| link.is_open());
        open.map(|(peer, _)| *peer).collect()
    }

    /// Queues a frame for one peer; it never waits.
    ///
    /// # Errors
    /// [`SendError`] if the frame was not queued.
    pub fn send(&self, peer: &PeerId, bytes: impl Into<Arc<[u8]>>) -> Result<(), SendError> {
        let link = self.shared.links.get(peer).ok_or(SendError::UnknownPeer)?;
        link.send(bytes.into(), self.shared.frame_bytes)
    }

    /// Queues a frame for every peer; returns those for which it could not be queued, with the reason.
    pub fn broadcast(&self, bytes: impl Into<Arc<[u8]>>) -> Vec<(PeerId, SendError)> {
        let bytes = bytes.into();
        let send = |(peer, link): (&PeerId, &Link)| {
            link.send(bytes.clone(), self.shared.frame_bytes).err().map(|error| (*peer, error))
        };
        self.shared.links.iter().filter_map(send).collect()
    }
}
