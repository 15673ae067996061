//! Connections: who may connect, who is dialled when, and which are alive.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, TcpListener},
    time::Duration,
};

use futures::StreamExt as _;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder,
    allow_block_list::{self, AllowedPeers},
    connection_limits::{self, ConnectionLimits},
    multiaddr::Protocol,
    noise, ping,
    swarm::{
        ConnectionId, NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
    tcp, yamux,
};
use libp2p_stream::Control;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    NetConfig, NetError, NetEvent, NetLimits, Peer, backoff::Backoff, door::Door, inbox::Inbox,
    link::PROTOCOL,
};

/// Most peers of a mesh: all other members of a set.
const MAX_PEERS: usize = functions_types::members::MAX_MEMBERS - 1;
/// Simultaneous dialling leaves two connections; a restart may add a third before the dead one is noticed.
const CONNECTIONS_PER_PEER: u32 = 4;
/// Connections still in their handshake, from anybody.
const PENDING_CONNECTIONS: u32 = 64;
/// How long the peer with the larger id leaves dialling to the other one.
const YIELD: Duration = Duration::from_millis(400);
/// How long a connection may take to be set up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(NetworkBehaviour)]
struct Behaviour {
    allowed: allow_block_list::Behaviour<AllowedPeers>,
    limits: connection_limits::Behaviour,
    ping: ping::Behaviour,
    streams: libp2p_stream::Behaviour,
}

/// The swarm and what it knows about each peer.
pub(crate) struct Mesh {
    swarm: Swarm<Behaviour>,
    listen: Vec<Multiaddr>,
    peers: BTreeMap<PeerId, Neighbor>,
    missed_pings: HashMap<ConnectionId, u32>,
}

struct Neighbor {
    addresses: Vec<Multiaddr>,
    connected: watch::Sender<bool>,
    inbox: Inbox,
    dial_at: Option<Instant>,
    /// Since when it has a connection.
    since: Option<Instant>,
    backoff: Backoff,
}

impl Mesh {
    /// The mesh, and where its streams come in.
    pub(crate) fn build(config: NetConfig, inbox: &Inbox) -> Result<(Self, Door), NetError> {
        let NetConfig { identity, listen, peers, limits } = config;
        let me = identity.peer_id();
        let neighbors = neighbors(me, peers, &limits, inbox)?;
        let mut allowed = allow_block_list::Behaviour::<AllowedPeers>::default();
        for peer in neighbors.keys() {
            allowed.allow_peer(*peer);
        }
        let most = CONNECTIONS_PER_PEER * neighbors.len() as u32;
        let bounds = ConnectionLimits::default()
            .with_max_pending_incoming(Some(PENDING_CONNECTIONS))
            .with_max_established(Some(most))
            .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER));
        let pings =
            ping::Config::new().with_interval(limits.ping_interval).with_timeout(limits.ping_interval * 2);
        let behaviour = Behaviour {
            allowed,
            limits: connection_limits::Behaviour::new(bounds),
            ping: ping::Behaviour::new(pings),
            streams: libp2p_stream::Behaviour::new(),
        };
        let failed = |error: &dyn std::error::Error| NetError::Transport(error.to_string());
        let mut swarm = SwarmBuilder::with_existing_identity(identity.0)
            .with_tokio()
            .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
            .map_err(|error| failed(&error))?
            .with_behaviour(|_| behaviour)
            .expect("the behaviour exists already")
            // Peers stay connected without traffic.
            .with_swarm_config(|config| {
                config.with_idle_connection_timeout(Duration::from_secs(u32::MAX.into()))
            })
            .with_connection_timeout(CONNECT_TIMEOUT)
            .build();
        let incoming = swarm
            .behaviour_mut()
            .streams
            .new_control()
            .accept(PROTOCOL)
            .expect("the protocol is accepted once");
        let guests = neighbors.iter().map(|(peer, neighbor)| (*peer, neighbor.inbox.clone()));
        let door = Door::new(incoming, guests, &limits);
        Ok((Self { swarm, listen, peers: neighbors, missed_pings: HashMap::new() }, door))
    }

    /// Binds every listen address.
    pub(crate) async fn listen(&mut self) -> Result<Vec<Multiaddr>, NetError> {
        let mut waiting = HashMap::new();
        for address in std::mem::take(&mut self.listen) {
            probe(&address).map_err(|error| listen_error(&address, &error))?;
            let id = self.swarm.listen_on(address.clone()).map_err(|error| listen_error(&address, &error))?;
            waiting.insert(id, address);
        }
        let mut bound = Vec::new();
        while !waiting.is_empty() {
            match self.swarm.select_next_some().await {
                SwarmEvent::NewListenAddr { listener_id, address } => {
                    waiting.remove(&listener_id);
                    bound.push(address);
                }
                SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                    if let Some(address) = waiting.remove(&listener_id) {
                        let reason = reason.err().unwrap_or_else(|| std::io::ErrorKind::NotConnected.into());
                        return Err(listen_error(&address, &reason));
                    }
                }
                event => self.on_event(event),
            }
        }
        Ok(bound)
    }

    pub(crate) fn control(&self) -> Control {
        self.swarm.behaviour().streams.new_control()
    }

    /// Whether each peer has a connection, as it changes; and where its events go.
    pub(crate) fn connectivity(&self) -> Vec<(PeerId, watch::Receiver<bool>, Inbox)> {
        let of = |(peer, neighbor): (&PeerId, &Neighbor)| {
            (*peer, neighbor.connected.subscribe(), neighbor.inbox.clone())
        };
        self.peers.iter().map(of).collect()
    }

    /// Runs until the task is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            let next_dial = self.peers.values().filter_map(|neighbor| neighbor.dial_at).min();
            let dial = async {
                match next_dial {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                () = dial => self.dial(),
            }
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                if let Some(neighbor) = self.peers.get_mut(&peer_id) {
                    neighbor.dial_at = None;
                    neighbor.since.get_or_insert_with(Instant::now);
                    neighbor.connected.send_replace(true);
                }
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established: left, .. } => {
                self.missed_pings.remove(&connection_id);
                if let Some(neighbor) = self.peers.get_mut(&peer_id).filter(|_| left == 0) {
                    neighbor.connected.send_replace(false);
                    // Whoever ends every connection at once is not dialled ever faster.
                    let now = Instant::now();
                    let lasted = neighbor.since.take().map_or(Duration::ZERO, |since| now - since);
                    neighbor.dial_at = Some(now + neighbor.backoff.ended_after(lasted));
                }
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => {
                tracing::debug!(%peer, %error, "cannot connect");
                self.redial(&peer);
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                tracing::debug!(%error, "connection refused")
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event { peer, connection, result })) => {
                let missed = self.missed_pings.entry(connection).or_default();
                *missed = if result.is_ok() { 0 } else { *missed + 1 };
                if *missed > 1 {
                    self.swarm.close_connection(connection);
                }
                if let (Ok(took), Some(neighbor)) = (result, self.peers.get(&peer)) {
                    neighbor.inbox.offer(NetEvent::RoundTrip { peer, took });
                }
            }
            _ => {}
        }
    }

    fn redial(&mut self, peer: &PeerId) {
        let is_connected = self.swarm.is_connected(peer);
        if let Some(neighbor) = self.peers.get_mut(peer).filter(|_| !is_connected) {
            neighbor.dial_at = Some(Instant::now() + neighbor.backoff.failed());
        }
    }

    fn dial(&mut self) {
        let now = Instant::now();
        let due = self.peers.iter_mut().filter(|(_, neighbor)| neighbor.dial_at.is_some_and(|at| at <= now));
        let mut failed = Vec::new();
        for (peer, neighbor) in due {
            neighbor.dial_at = None;
            if neighbor.addresses.is_empty() {
                continue;
            }
            let options = DialOpts::peer_id(*peer)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .addresses(neighbor.addresses.clone())
                .build();
            if self.swarm.dial(options).is_err() {
                failed.push(*peer);
            }
        }
        for peer in failed {
            self.redial(&peer);
        }
    }
}

/// The transport shares a port with whoever else shares it; a plain socket tells whether it is taken.
fn probe(address: &Multiaddr) -> std::io::Result<()> {
    let mut parts = address.iter();
    let ip = match parts.next() {
        Some(Protocol::Ip4(ip)) => IpAddr::from(ip),
        Some(Protocol::Ip6(ip)) => IpAddr::from(ip),
        _ => return Ok(()),
    };
    match parts.next() {
        Some(Protocol::Tcp(port)) if port != 0 => TcpListener::bind((ip, port)).map(drop),
        _ => Ok(()),
    }
}

fn listen_error(address: &Multiaddr, reason: &dyn std::error::Error) -> NetError {
    let mut text = reason.to_string();
    let mut cause = reason.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    NetError::Listen { address: address.clone(), reason: text }
}

/// The peers, and when each is dialled first: the smaller id dials at once, the larger one a little later.
fn neighbors(
    me: PeerId,
    peers: Vec<Peer>,
    limits: &NetLimits,
    inbox: &Inbox,
) -> Result<BTreeMap<PeerId, Neighbor>, NetError> {
    let mut neighbors = BTreeMap::new();
    let count = peers.len();
    let now = Instant::now();
    for Peer { id, addresses } in peers.into_iter().filter(|peer| peer.id != me) {
        let dial_at = Some(if me < id { now } else { now + YIELD });
        let connected = watch::Sender::new(false);
        let neighbor = Neighbor {
            addresses,
            connected,
            inbox: inbox.of_another_peer(),
            dial_at,
            since: None,
            backoff: Backoff::new(limits.redial_at_most),
        };
        if neighbors.insert(id, neighbor).is_some() {
            return Err(NetError::RepeatedPeer(id));
        }
    }
    if neighbors.len() > MAX_PEERS {
        return Err(NetError::TooManyPeers { peers: count });
    }
    Ok(neighbors)
}
