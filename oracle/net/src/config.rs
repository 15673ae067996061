//! What a mesh is made of, and what can go wrong.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId, identity::Keypair};

/// The node's network identity. Not printable; signs handshakes only.
#[derive(Clone)]
pub struct Identity(pub(crate) Keypair);

impl Identity {
    /// The identity of a key that signs nothing but handshakes.
    pub const fn new(keypair: Keypair) -> Self {
        Self(keypair)
    }

    /// The peer id: base58 of the identity multihash over the public key (`12D3KooW…`).
    pub fn peer_id(&self) -> PeerId {
        self.0.public().to_peer_id()
    }
}

/// A member of the mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Who it is.
    pub id: PeerId,
    /// Where it listens; tried in parallel. May be empty for a peer that dials by itself.
    pub addresses: Vec<Multiaddr>,
}

/// Bounds of a mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetLimits {
    /// Longest frame in either direction, in bytes.
    pub frame_bytes: usize,
    /// Bytes waiting to be sent to one peer.
    pub queue_bytes: usize,
    /// Bytes of one peer waiting for the caller, at least one frame; a frame counts as at least 4 KiB.
    pub inbox_bytes: usize,
    /// Frames a second accepted from one peer, after a burst of as many as two seconds allow; each stream that it opens
    /// counts as a hundred.
    pub frames_per_second: u32,
    /// Bytes a second accepted from one peer, after a burst of as many as two seconds allow.
    pub bytes_per_second: u32,
    /// How often each connection is probed; two probes without an answer close it.
    pub ping_interval: Duration,
    /// Longest pause between two attempts to reach a peer.
    pub redial_at_most: Duration,
}

impl Default for NetLimits {
    /// 256 KiB frames, 2 MiB to send, 1 MiB received, 2 000 frames and 8 MiB a second, 5 s, 5 s.
    fn default() -> Self {
        Self {
            frame_bytes: 256 * 1024,
            queue_bytes: 2 << 20,
            inbox_bytes: 1 << 20,
            frames_per_second: 2_000,
            bytes_per_second: 8 << 20,
            ping_interval: Duration::from_secs(5),
            redial_at_most: Duration::from_secs(5),
        }
    }
}

/// Everything a mesh needs.
#[derive(Clone)]
pub struct NetConfig {
    /// Who this node is.
    pub identity: Identity,
    /// Where it listens; port 0 takes any.
    pub listen: Vec<Multiaddr>,
    /// The other members. This node's own entry, if listed, is ignored.
    pub peers: Vec<Peer>,
    /// Bounds.
    pub limits: NetLimits,
}

/// Why a mesh could not be started. The operator must act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {reason}")]
    Listen {
        /// The address of the configuration.
        address: Multiaddr,
        /// What the transport says.
        reason: String,
    },
    /// The transport could not be built.
    #[error("cannot set up the transport: {0}")]
    Transport(String),
    /// More peers than a DON has.
    #[error("{peers} peers are more than the 30 a mesh can have")]
    TooManyPeers {
        /// How many were listed.
        peers: usize,
    },
    /// A peer is listed twice.
    #[error("peer {0} is listed twice")]
    RepeatedPeer(PeerId),
}

/// Why a frame was not queued. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Not a member of the mesh.
    #[error("the peer is not a member")]
    UnknownPeer,
    /// There is no stream to it at the moment.
    #[error("the peer is not connected")]
    NotConnected,
    /// It does not read fast enough.
    #[error("too many bytes wait for the peer")]
    QueueFull,
    /// Longer than any frame.
    #[error("the frame is too long")]
    TooLong,
}
