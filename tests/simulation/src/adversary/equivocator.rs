//! Says different things to different members. Against counting more than one observation, proposal, vote or signature
//! of an author.

use std::rc::Rc;

use oracle_ocr::{Body, Choice, Message, Signer as _, layout, message::Prepare};

use super::{Adversary, Me, Sent, lie};

/// See the module's documentation.
pub struct Equivocator;

impl Adversary for Equivocator {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let honest = Sent { to, message: message.clone(), after: 0 };
        let key = message.key;
        if !to.is_multiple_of(2) {
            return vec![honest];
        }
        let other = match &message.body {
            Body::Observation(_) => Body::Observation(me.observe(key, lie(key, to))),
            Body::Prepare(prepare) => {
                let choice = Choice { outcome: key.request, evidence: prepare.choice.evidence };
                let bytes = layout::prepare(&me.domain(key), me.place, prepare.attempt, &choice);
                let signature = me.keys.sign_offchain(&bytes);
                Body::Prepare(Prepare { attempt: prepare.attempt, choice, signature })
            }
            Body::Propose(proposal) if proposal.certificate.is_none() => {
                // Its own observation is another one here, so that both proposals are allowed.
                let mut other = (**proposal).clone();
                for signed in &mut other.observations {
                    if signed.sender == me.place {
                        *signed = me.observe(key, lie(key, to));
                    }
                }
                if !me.conclude(key, &mut other) {
                    return vec![honest];
                }
                me.sign_proposal(key, &mut other);
                Body::Propose(Box::new(other))
            }
            _ => return vec![honest],
        };
        let other = Sent { message: me.message(key, other), ..honest.clone() };
        // Some hear both.
        if me.random.percent(20) { vec![other, honest] } else { vec![other] }
    }
}
