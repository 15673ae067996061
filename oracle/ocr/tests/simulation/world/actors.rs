//! What becomes of a message on its way out, by who sends it.

use oracle_ocr::{Body, Message, Signer as _, layout};

use super::{World, index};
use crate::scenario::{Actor, Mutation};

impl World {
    pub(super) fn send(
        &mut self,
        node: usize,
        copy: usize,
        to: usize,
        mut message: Message,
    ) -> Result<(), String> {
        let hide_locks = self.scenario.mutation == Mutation::HiddenLocks;
        if self.nodes[node].actor == Actor::Honest {
            self.invariants.on_send(index(node), &message, &self.nodes[node].disk)?;
        }
        if hide_locks || self.nodes[node].actor == Actor::Liar {
            self.hide_lock(node, &mut message);
        }
        let mut extra = 0;
        match self.nodes[node].actor {
            Actor::Mute => return Ok(()),
            Actor::Late(by) => extra = by,
            Actor::Twin(mask) if (mask >> to & 1 == 0) == (copy == 0) => return Ok(()),
            Actor::Miser
                if matches!(message.body, Body::Attest(_)) && to != (node + 1) % self.nodes.len() =>
            {
                return Ok(());
            }
            Actor::Garbage => {
                let mut bytes = message.encode();
                let place = self.below(bytes.len() as u64) as usize;
                bytes[place] ^= 1 << self.below(8);
                self.transmit(node, to, bytes, 0);
            }
            Actor::Replayer => {
                self.nodes[node].said.push(message.clone());
                for old in [self.nodes[node].said.clone(), self.nodes[node].heard.clone()] {
                    let place = self.below(old.len() as u64) as usize;
                    if let Some(old) = old.get(place) {
                        self.transmit(node, to, old.encode(), 0);
                    }
                }
            }
            _ => {}
        }
        self.transmit(node, to, message.encode(), extra);
        Ok(())
    }

    fn hide_lock(&self, node: usize, message: &mut Message) {
        let domain = layout::Domain { config_digest: message.config_digest, key: message.key };
        if let Body::Status(status) = &mut message.body {
            status.certificate = None;
            status.claim.lock = None;
            status.claim.signature =
                self.nodes[node].keys.sign_offchain(&layout::status(&domain, &status.claim));
        }
    }
}
