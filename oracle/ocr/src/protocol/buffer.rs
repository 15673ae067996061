//! Messages about requests this node has not seen yet.

use std::collections::{BTreeMap, VecDeque};

use crate::{Message, Misbehavior, OracleIndex, RequestKey};

/// How long such a message is kept, in milliseconds.
pub(crate) const KEEP_MS: u64 = 30_000;
/// How many bytes of one peer are kept.
pub(crate) const KEEP_BYTES: usize = 1 << 20;

#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    peers: BTreeMap<OracleIndex, Peer>,
}

#[derive(Clone, Debug, Default)]
struct Peer {
    queue: VecDeque<Held>,
    bytes: usize,
}

/// A message in its wire form, so that what is counted is what is held.
#[derive(Clone, Debug)]
struct Held {
    until: u64,
    key: RequestKey,
    wire: Box<[u8]>,
}

impl Held {
    fn bytes(&self) -> usize {
        self.wire.len() + size_of::<Self>()
    }
}

impl Buffer {
    /// Keeps a message for a while. Spec: agreement A5.
    ///
    /// # Errors
    /// [`Misbehavior::Flood`] if the peer has no room left; the message is dropped.
    pub(crate) fn put(&mut self, now: u64, from: OracleIndex, message: &Message) -> Result<(), Misbehavior> {
        let peer = self.peers.entry(from).or_default();
        peer.expire(now);
        let (until, key) = (now.saturating_add(KEEP_MS), message.key);
        let held = Held { until, key, wire: message.encode().into() };
        if peer.bytes + held.bytes() > KEEP_BYTES {
            return Err(Misbehavior::Flood);
        }
        peer.bytes += held.bytes();
        peer.queue.push_back(held);
        Ok(())
    }

    /// Bytes kept of a peer.
    pub(crate) fn bytes_of(&self, peer: OracleIndex) -> usize {
        self.peers.get(&peer).map_or(0, |peer| peer.bytes)
    }

    /// Everything kept about a request, in the order of arrival of each peer.
    pub(crate) fn take(&mut self, now: u64, key: &RequestKey) -> Vec<(OracleIndex, Message)> {
        let mut taken = Vec::new();
        for (&from, peer) in &mut self.peers {
            peer.expire(now);
            let (mine, rest): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(&mut peer.queue).into_iter().partition(|held| held.key == *key);
            peer.queue = rest;
            peer.bytes -= mine.iter().map(Held::bytes).sum::<usize>();
            taken.extend(mine.iter().filter_map(|held| Some((from, Message::decode(&held.wire).ok()?))));
        }
        taken
    }
}

impl Peer {
    fn expire(&mut self, now: u64) {
        while self.queue.front().is_some_and(|held| held.until <= now) {
            if let Some(held) = self.queue.pop_front() {
                self.bytes -= held.bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use alloy_primitives::B256;

    use super::{Buffer, KEEP_BYTES, KEEP_MS};
    use crate::{Body, Message, Misbehavior, Observation, OracleIndex, RequestKey, SignedObservation};

    fn message(request: u8, bytes: usize) -> Message {
        let sender = OracleIndex::new(2);
        let observation = Observation::result(vec![0; bytes], B256::ZERO);
        let key = RequestKey { request: B256::repeat_byte(request), commitment: B256::ZERO };
        let body = Body::Observation(SignedObservation { sender, observation, signature: [1; 64] });
        Message { config_digest: B256::ZERO, key, sender, body }
    }

    #[test]
    fn put_refuses_more_than_a_peer_may_have() {
        let (mut buffer, peer) = (Buffer::default(), OracleIndex::new(2));
        let kept = (0..2_000).take_while(|_| buffer.put(0, peer, &message(1, 4_000)).is_ok()).count();
        assert!(kept * 4_000 < KEEP_BYTES && (kept + 2) * 4_400 > KEEP_BYTES, "kept {kept}");
        assert_eq!(buffer.put(0, OracleIndex::new(3), &message(1, 4_000)), Ok(()));
        assert_eq!(buffer.put(KEEP_MS - 1, peer, &message(1, 4_000)), Err(Misbehavior::Flood));
        assert_eq!(buffer.put(KEEP_MS, peer, &message(1, 4_000)), Ok(()));
    }

    #[test]
    fn take_returns_only_the_request_asked_for() {
        let (mut buffer, peer) = (Buffer::default(), OracleIndex::new(2));
        for request in [1, 2, 1] {
            buffer.put(0, peer, &message(request, 10)).unwrap();
        }
        assert_eq!(buffer.take(1, &message(1, 10).key).len(), 2);
        assert_eq!(buffer.take(1, &message(1, 10).key).len(), 0);
        assert_eq!(buffer.take(KEEP_MS, &message(2, 10).key).len(), 0);
    }
}
