//! How much memory peers take. Spec: agreement A33.

use super::request::Request;
use crate::{Body, Message, OracleIndex};

impl Request {
    /// Wire bytes of what is kept of a peer about this request: observation, STATUS, votes, signatures, proposals.
    pub(crate) fn held_bytes(&self, roster: &crate::Roster, peer: OracleIndex) -> usize {
        let mut held = Vec::new();
        held.extend(self.observations.get(&peer).cloned().map(Body::Observation));
        held.extend(self.statuses.get(&peer).cloned().map(|status| Body::Status(Box::new(status))));
        let prepares = self.prepares.values().filter_map(|votes| votes.get(&peer));
        held.extend(prepares.cloned().map(Body::Prepare));
        let attests = self.attests.values().filter_map(|group| group.get(&peer));
        held.extend(attests.map(|(attest, _)| Body::Attest(attest.clone())));
        let is_theirs = |attempt: u32| self.order.leader(attempt) == peer;
        let proposals = self.proposals.values().filter(|proposal| is_theirs(proposal.attempt));
        held.extend(proposals.cloned().map(|proposal| Body::Propose(Box::new(proposal))));
        let wire = |body| {
            Message { config_digest: roster.config_digest(), key: self.key, sender: peer, body }
                .encode()
                .len()
        };
        held.into_iter().map(wire).sum()
    }
}
