//! Messages that nobody should act on. Against leaving any signature, sender, request or configuration unchecked.

use std::rc::Rc;

use oracle_ocr::{Body, Message};

use super::{Adversary, Me, Sent};

/// Messages that [`Replayer`] remembers.
const REMEMBERED: usize = 300;

/// Signs badly: everything else is right.
pub struct BadSignature;

impl Adversary for BadSignature {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let honest = Sent { to, message: message.clone(), after: 0 };
        if me.random.percent(30) {
            return vec![honest];
        }
        let mut bad = (**message).clone();
        match &mut bad.body {
            Body::Observation(signed) => signed.signature[5] ^= 1,
            Body::Attest(attest) => attest.signature.r[5] ^= 1,
            Body::Status(status) => status.claim.signature[5] ^= 1,
            Body::Propose(proposal) => proposal.signature[5] ^= 1,
            Body::Prepare(prepare) => prepare.signature[5] ^= 1,
            Body::Batch(entries) => {
                if let Some(entry) = entries.last_mut() {
                    entry.outcome.0[5] ^= 1;
                }
            }
            Body::BatchSignature(signed) => signed.signature.r[5] ^= 1,
            Body::Report(report) => {
                if let Some((_, signature)) = report.signatures.first_mut() {
                    signature.r[5] ^= 1;
                }
            }
        }
        vec![Sent { message: Rc::new(bad), ..honest }]
    }
}

/// Says old things again: its own and others', in their name and in its own, of this request and of another.
#[derive(Default)]
pub struct Replayer {
    known: Vec<Rc<Message>>,
}

impl Replayer {
    fn keep(&mut self, message: &Rc<Message>) {
        if self.known.len() < REMEMBERED {
            self.known.push(message.clone());
        }
    }
}

impl Adversary for Replayer {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        self.keep(message);
        let mut old = (*me.random.pick(&self.known)).clone();
        match me.random.below(4) {
            0 => {}
            1 => old.sender = me.place,
            2 => (old.sender, old.key) = (me.place, message.key),
            _ => (old.sender, old.config_digest) = (me.place, me.config.digest),
        }
        vec![Sent { to, message: Rc::new(old), after: 0 }, Sent { to, message: message.clone(), after: 0 }]
    }

    fn on_hear(&mut self, _: &mut Me<'_>, message: &Rc<Message>) -> Vec<Sent> {
        self.keep(message);
        Vec::new()
    }
}

/// Sends damaged bytes beside good ones.
pub struct Garbage;

impl Adversary for Garbage {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let mut bytes = message.encode();
        let place = usize::try_from(me.random.below(bytes.len() as u64)).unwrap_or(0);
        bytes[place] ^= 1 << me.random.below(8);
        let damaged = Message::decode(&bytes).ok();
        let damaged = damaged.map(|damaged| Sent { to, message: Rc::new(damaged), after: 0 });
        damaged.into_iter().chain([Sent { to, message: message.clone(), after: 0 }]).collect()
    }
}
