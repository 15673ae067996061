//! Authenticated, bounded streams between the oracles of a DON.
//!
//! A full mesh of at most 30 peers, known from configuration: TCP, Noise and Yamux through libp2p, no discovery, no
//! relaying. A peer is its Ed25519 identity; a connection of anybody else is refused in the handshake. Each
//! node opens one long-lived stream to each peer and writes length-prefixed frames to it; what travels in them is the
//! caller's.
//!
//! | bound | on | when exceeded |
//! | --- | --- | --- |
//! | frame length | each frame | the stream is closed, [`NetEvent::Violation`] |
//! | frames, bytes and streams per second | each sending peer, whatever streams it uses | reading waits, so the peer is slowed down |
//! | bytes waiting to be sent, 2 MiB | each receiving peer | [`SendError::QueueFull`], the frame is dropped |
//! | bytes waiting to be handled, 1 MiB | each sending peer | reading from it waits; others are not held up |
//! | connections | node and peer | refused |
//! | connections and streams that do not last | each peer | begun again after a pause that doubles, 5 s at most |
//!
//! Delivery is in order and best effort: frames may be lost around a disconnection. [`NetEvent::Connected`] says
//! that a fresh stream begins, the moment to say again what matters.
//!
//! The identity signs handshakes and nothing else.

mod backoff;
mod config;
mod door;
mod inbox;
mod link;
mod mesh;
mod net;
mod rate;

pub use config::{Identity, NetConfig, NetError, NetLimits, Peer, SendError};
pub use inbox::Events;
pub use libp2p::{Multiaddr, PeerId, identity::Keypair};
pub use net::Net;

/// Something that happened on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetEvent {
    /// A fresh stream to the peer is open; frames sent before may be lost.
    Connected(PeerId),
    /// The stream to the peer is gone; frames sent now are refused until it is back.
    Disconnected(PeerId),
    /// A frame arrived.
    Message {
        /// The authenticated peer.
        from: PeerId,
        /// The frame's content, at most [`NetLimits::frame_bytes`] long.
        bytes: Vec<u8>,
    },
    /// A probe of the connection and its answer took so long.
    RoundTrip {
        /// The peer.
        peer: PeerId,
        /// How long.
        took: std::time::Duration,
    },
    /// A peer announced a frame that is too long; its stream was closed.
    Violation {
        /// The peer.
        from: PeerId,
        /// The length it announced, in bytes.
        bytes: usize,
    },
}
