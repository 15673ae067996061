//! The peer network in the protocol's words: oracle indexes instead of peer ids.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use eyre::{Result, WrapErr, bail};
use functions_offchain_config::{MAX_ADDRESSES, Member, check_address, is_peer_id};
use oracle_keys::Keystore;
use oracle_net::{Events, Identity, Multiaddr, Net, NetEvent, NetLimits, Peer, PeerId, SendError};
use oracle_ocr::{MAX_MESSAGE_BYTES, OracleIndex};

use crate::{config::NetSection, don::Don};

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
    /// A message to it and its answer took so many milliseconds.
    RoundTrip {
        /// Who.
        oracle: OracleIndex,
        /// How long.
        millis: u64,
    },
    /// It announced a frame beyond the limit; its stream was closed.
    Violation {
        /// Who.
        from: OracleIndex,
        /// The length it announced, in bytes.
        bytes: usize,
    },
}

/// Says something to one member, or to all.
#[derive(Clone)]
pub struct Voice(Arc<dyn Fn(Option<OracleIndex>, Vec<u8>) + Send + Sync>);

impl Voice {
    /// A voice that speaks through `say`.
    pub fn new(say: impl Fn(Option<OracleIndex>, Vec<u8>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    /// Says it; loss is the business of whoever speaks.
    pub fn say(&self, to: Option<OracleIndex>, bytes: Vec<u8>) {
        (self.0)(to, bytes);
    }
}

/// Streams to the other oracles of one configuration.
pub struct Peers {
    net: Net,
    events: Events,
    ids: HashMap<OracleIndex, PeerId>,
    indexes: HashMap<PeerId, OracleIndex>,
}

/// The network identity of a keystore, base58.
#[must_use]
pub fn peer_id(keys: &Keystore) -> String {
    Identity::new(keys.network_identity()).peer_id().to_string()
}

/// Where this node listens.
///
/// # Errors
/// What it is instead of an IP address with a TCP port, and what to write.
pub fn listen_address(config: &NetSection) -> Result<Multiaddr> {
    let listen = &config.listen;
    let remedy = "write for example \"/ip4/0.0.0.0/tcp/9001\"";
    let address: Multiaddr =
        listen.parse().wrap_err_with(|| format!("net.listen: {listen:?} is no multiaddress; {remedy}"))?;
    match socket_of(&address) {
        Some(_) => Ok(address),
        None => bail!("net.listen: {listen:?} is no IP address with a TCP port; {remedy}"),
    }
}

/// `/ip4/…/tcp/…` or `/ip6/…/tcp/…` as a socket address.
#[must_use]
pub fn socket_of(address: &Multiaddr) -> Option<SocketAddr> {
    let text = address.to_string();
    let mut parts = text.split('/').skip(1);
    let ip: IpAddr = match parts.next()? {
        "ip4" | "ip6" => parts.next()?.parse().ok()?,
        _ => return None,
    };
    (parts.next()? == "tcp").then_some(())?;
    Some(SocketAddr::new(ip, parts.next()?.parse().ok()?))
}

impl Peers {
    /// Listens and begins to connect.
    ///
    /// # Errors
    /// Which address cannot be used.
    pub async fn start(keys: &Keystore, config: &NetSection, don: &Don) -> Result<Self> {
        Self::start_with(keys, config, don, NetLimits::default()).await
    }

    /// As [`Peers::start`], for a mesh that lives for minutes and whose members come one by one: who is absent is tried
    /// again twice a second.
    ///
    /// # Errors
    /// As there.
    pub async fn start_eager(keys: &Keystore, config: &NetSection, don: &Don) -> Result<Self> {
        let limits = NetLimits { redial_at_most: Duration::from_millis(500), ..NetLimits::default() };
        Self::start_with(keys, config, don, limits).await
    }

    async fn start_with(keys: &Keystore, config: &NetSection, don: &Don, limits: NetLimits) -> Result<Self> {
        let listen = listen_address(config)?;
        let mut peers = Vec::new();
        let (mut ids, mut indexes) = (HashMap::new(), HashMap::new());
        for (index, peer) in neighbors(don.me, don.members()) {
            ids.insert(index, peer.id);
            indexes.insert(peer.id, index);
            peers.push(peer);
        }
        let limits = NetLimits { frame_bytes: MAX_MESSAGE_BYTES, ..limits };
        let identity = Identity::new(keys.network_identity());
        let settings = oracle_net::NetConfig { identity, listen: vec![listen], peers, limits };
        let (net, events) = Net::start(settings).await.wrap_err("the peer network does not start")?;
        Ok(Self { net, events, ids, indexes })
    }

    /// Speaks to the others from another task.
    #[must_use]
    pub fn voice(&self) -> Voice {
        let (net, ids) = (self.net.clone(), self.ids.clone());
        Voice::new(move |to, bytes| {
            let bytes: Arc<[u8]> = bytes.into();
            match to {
                Some(to) => {
                    if let Some(id) = ids.get(&to) {
                        let _ = net.send(id, bytes);
                    }
                }
                None => drop(net.broadcast(bytes)),
            }
        })
    }

    /// Queues a frame for one oracle; loss is the protocol's business.
    pub fn send(&self, to: OracleIndex, bytes: Vec<u8>) {
        if let Err(err) = self.try_send(to, bytes) {
            tracing::debug!(oracle = to.get(), %err, "a message was not sent");
        }
    }

    /// Queues a frame for one oracle.
    ///
    /// # Errors
    /// [`SendError`] when it was not queued.
    pub fn try_send(&self, to: OracleIndex, bytes: Vec<u8>) -> Result<(), SendError> {
        let id = self.ids.get(&to).ok_or(SendError::UnknownPeer)?;
        self.net.send(id, bytes)
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
            let event = self.events.take_waiting()?;
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
            NetEvent::RoundTrip { peer, took } => {
                let millis = u64::try_from(took.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
                index(&peer).map(|oracle| PeerEvent::RoundTrip { oracle, millis })
            }
            NetEvent::Violation { from, bytes } => {
                index(&from).map(|from| PeerEvent::Violation { from, bytes })
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

/// The other members as far as they can be reached. A mistake in one member's entry costs that member, never the
/// others.
fn neighbors(me: OracleIndex, members: &[Member]) -> Vec<(OracleIndex, Peer)> {
    let mut seen = HashSet::new();
    seen.extend(members.get(usize::from(me.get())).map(|member| member.peer_id.as_str()));
    let mut found = Vec::new();
    for (place, member) in members.iter().enumerate() {
        let index = OracleIndex::new(u8::try_from(place).unwrap_or(u8::MAX));
        if index == me {
            continue;
        }
        let warn = |problem: &str| {
            let peer_id: String = member.peer_id.chars().take(64).collect();
            tracing::warn!(
                oracle = index.get(),
                peer_id,
                problem,
                "MEMBER OUT OF REACH: the DON's owner must set its entry right"
            );
        };
        let Some(id) = member.peer_id.parse::<PeerId>().ok().filter(|_| is_peer_id(&member.peer_id)) else {
            warn("its peer id is none");
            continue;
        };
        if !seen.insert(member.peer_id.as_str()) {
            warn("an earlier member has the same peer id");
            continue;
        }
        let mut addresses: Vec<Multiaddr> = Vec::new();
        for text in member.addresses.iter().take(MAX_ADDRESSES) {
            match check_address(text, &member.peer_id).map(|()| text.parse()) {
                Ok(Ok(address)) => addresses.push(address),
                Ok(Err(err)) => warn(&format!("address {text:?}: {err}")),
                Err(problem) => warn(&problem.chars().take(256).collect::<String>()),
            }
        }
        if addresses.is_empty() {
            // It may still connect to us.
            warn("it has no address that can be used");
        }
        found.push((index, Peer { id, addresses }));
    }
    found
}

#[cfg(test)]
mod tests {
    use oracle_net::Keypair;

    use super::*;

    #[test]
    fn listen_address_is_an_ip_address_with_a_tcp_port() {
        let told = |listen: &str| {
            let told = listen_address(&NetSection { listen: listen.to_owned() });
            told.map_or_else(|err| format!("{err:#}"), |address| address.to_string())
        };
        for listen in ["/ip4/0.0.0.0/tcp/9001", "/ip6/::1/tcp/0"] {
            assert_eq!(told(listen), listen);
        }
        for (listen, problem) in [
            ("127.0.0.1:9001", "is no multiaddress; write for example"),
            ("/ip4/10.0.0.300/tcp/9001", "is no multiaddress; write for example"),
            ("/dns4/localhost/tcp/1", "is no IP address with a TCP port; write for example"),
            ("/ip4/127.0.0.1/udp/9001/quic-v1", "is no IP address with a TCP port; write for example"),
        ] {
            assert!(told(listen).contains(problem), "{}", told(listen));
        }
    }

    fn member(seed: u8, addresses: &[&str]) -> Member {
        Member {
            peer_id: Identity::new(Keypair::ed25519_from_bytes([seed; 32]).expect("a seed"))
                .peer_id()
                .to_string(),
            addresses: addresses.iter().map(ToString::to_string).collect(),
            offchain_public_key: [seed; 32],
        }
    }

    #[test]
    fn neighbors_leaves_out_what_cannot_be_used_and_keeps_the_rest() {
        let long = "x".repeat(5_000);
        let mut members = vec![
            member(1, &["/ip4/10.0.0.1/tcp/9001"]),
            member(2, &["/ip4/10.0.0.300/tcp/9001"]),
            member(
                3,
                &[
                    "",
                    "/ip4/10.0.0.3/tcp/0",
                    "/dns4/nowhere.invalid/tcp/9001",
                    &long,
                    "/ip4/10.0.0.3/tcp/9001",
                ],
            ),
            member(4, &[]),
            member(5, &["/ip4/10.0.0.5/tcp/9001"]),
            member(6, &["/ip4/10.0.0.6/tcp/9001"]),
            member(1, &["/ip4/10.0.0.7/tcp/9001"]),
        ];
        members[4].peer_id = "12D3KooWtypo".to_owned();
        members[5].peer_id = members[2].peer_id.clone();
        let found = neighbors(OracleIndex::new(0), &members);
        let shown: Vec<_> = found.iter().map(|(index, peer)| (index.get(), peer.addresses.len())).collect();
        assert_eq!(shown, [(1, 0), (2, 1), (3, 0)]);
    }
}
