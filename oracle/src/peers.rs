//! The peer network in the protocol's words: oracle indexes instead of peer ids.

use std::{collections::HashMap, sync::Arc};

use eyre::{Result, WrapErr, eyre};
use oracle_keys::Keystore;
use oracle_net::{Identity, Multiaddr, Net, NetEvent, NetLimits, Peer, PeerId};
use oracle_ocr::{MAX_MESSAGE_BYTES, OracleIndex};
use tokio::sync::mpsc;

use crate::{config::NetConfig, engine::Don};

/// Something a peer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// A frame of an authenticated peer, not decoded yet.
    Message {
        /// Who sent it.
        from: OracleIndex,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// A fresh stream to it is open.
    Connected(OracleIndex),
    /// The stream is gone.
    Disconnected(OracleIndex),
}

/// Streams to the other oracles of one configuration.
pub struct Peers {
    net: Net,
    events: mpsc::Receiver<NetEvent>,
    ids: HashMap<OracleIndex, PeerId>,
    indexes: HashMap<PeerId, OracleIndex>,
}

/// The network identity of a keystore, base58.
#[must_use]
pub fn peer_id(keys: &Keystore) -> String {
    Identity::from_seed(keys.network_seed().expose()).peer_id().to_string()
}

impl Peers {
    /// Listens and begins to connect.
    ///
    /// # Errors
    /// Which address cannot be used.
    pub async fn start(keys: &Keystore, config: &NetConfig, don: &Don) -> Result<Self> {
        let listen: Multiaddr = config
            .listen
            .parse()
            .wrap_err_with(|| format!("net.listen {:?} is not a multiaddress", config.listen))?;
        let mut peers = Vec::new();
        let (mut ids, mut indexes) = (HashMap::new(), HashMap::new());
        for (index, member) in don.roster.indexes().zip(don.members()) {
            if index == don.me {
                continue;
            }
            let id: PeerId = member.peer_id.parse().map_err(|err| {
                eyre!("the configuration's peer id {:?} of oracle {index}: {err}", member.peer_id)
            })?;
            let addresses = member
                .addresses
                .iter()
                .map(|text| text.parse().wrap_err_with(|| format!("address {text:?} of oracle {index}")))
                .collect::<Result<Vec<Multiaddr>>>()?;
            ids.insert(index, id);
            indexes.insert(id, index);
            peers.push(Peer { id, addresses });
        }
        let limits = NetLimits { frame_bytes: MAX_MESSAGE_BYTES, ..NetLimits::default() };
        let identity = Identity::from_seed(keys.network_seed().expose());
        let settings = oracle_net::NetConfig { identity, listen: vec![listen], peers, limits };
        let (net, events) = Net::start(settings).await.wrap_err("the peer network does not start")?;
        Ok(Self { net, events, ids, indexes })
    }

    /// Queues a frame for one oracle; loss is the protocol's business.
    pub fn send(&self, to: OracleIndex, bytes: Vec<u8>) {
        if let Some(id) = self.ids.get(&to)
            && let Err(err) = self.net.send(id, bytes)
        {
            tracing::debug!(oracle = %to, %err, "a message was not sent");
        }
    }

    /// Queues a frame for every other oracle.
    pub fn broadcast(&self, bytes: Vec<u8>) {
        let bytes: Arc<[u8]> = bytes.into();
        for (id, err) in self.net.broadcast(bytes) {
            let oracle = self.indexes.get(&id).map(ToString::to_string);
            tracing::debug!(oracle, %err, "a message was not sent");
        }
    }

    /// The next event; `None` when the network ended.
    pub async fn next(&mut self) -> Option<PeerEvent> {
        loop {
            let event = self.events.recv().await?;
            if let Some(event) = self.translate(event) {
                return Some(event);
            }
        }
    }

    /// An event that has come already.
    pub fn take_waiting(&mut self) -> Option<PeerEvent> {
        loop {
            let event = self.events.try_recv().ok()?;
            if let Some(event) = self.translate(event) {
                return Some(event);
            }
        }
    }

    fn translate(&self, event: NetEvent) -> Option<PeerEvent> {
        let index = |id: &PeerId| self.indexes.get(id).copied();
        match event {
            NetEvent::Message { from, bytes } => index(&from).map(|from| PeerEvent::Message { from, bytes }),
            NetEvent::Connected(id) => index(&id).map(PeerEvent::Connected),
            NetEvent::Disconnected(id) => index(&id).map(PeerEvent::Disconnected),
            NetEvent::Violation { from, bytes } => {
                tracing::warn!(peer = %from, bytes, "a peer announced a frame beyond the limit");
                None
            }
            _ => None,
        }
    }

    /// Oracles connected now.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.net.connected().len()
    }
}
