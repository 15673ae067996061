//! Keeps the others from an end, so that they meet in attempts and some of them with a lock. Against locks that are
//! left out, and against collectors and leaders that nobody can do without.

use std::{collections::BTreeMap, rc::Rc};

use oracle_ocr::{Answer, Body, Message, RequestKey};

use super::{Adversary, Me, Sent};

/// Brings one member to a lock that the others do not have, says nothing that would make a report of it, and leaves the
/// rest to another attack, its vote for that lock too.
pub struct Divider {
    rest: Box<dyn Adversary>,
    answers: BTreeMap<RequestKey, Vec<Answer>>,
}

impl Divider {
    /// In front of this attack.
    #[must_use]
    pub fn new(rest: Box<dyn Adversary>) -> Self {
        Self { rest, answers: BTreeMap::new() }
    }

    /// The one member, the same for all that are faulty.
    fn favourite(me: &Me<'_>, key: RequestKey) -> usize {
        me.config.members[usize::from(key.request[0]) % me.config.members.len()]
    }

    /// The answer that most have.
    fn common(&self, key: RequestKey) -> Option<&Answer> {
        let answers = self.answers.get(&key)?;
        answers.iter().max_by_key(|answer| answers.iter().filter(|other| other == answer).count())
    }
}

impl Adversary for Divider {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let (key, is_favourite) = (message.key, to == Self::favourite(me, message.key));
        match &message.body {
            Body::Observation(signed) if is_favourite && signed.sender == me.place => {
                let answer = self.common(key).unwrap_or(&signed.observation.answer).clone();
                let message = me.message(key, Body::Observation(me.observe(key, answer)));
                vec![Sent { to, message, after: 0 }]
            }
            Body::Prepare(_) if is_favourite => self.rest.on_send(me, to, message),
            Body::Observation(_) | Body::Prepare(_) | Body::Attest(_) | Body::Report(_) => Vec::new(),
            Body::Status(_) | Body::Propose(_) | Body::Batch(_) | Body::BatchSignature(_) => {
                self.rest.on_send(me, to, message)
            }
        }
    }

    fn on_hear(&mut self, me: &mut Me<'_>, message: &Rc<Message>) -> Vec<Sent> {
        if let Body::Observation(signed) = &message.body
            && signed.observation.answer.is_from_script()
        {
            self.answers.entry(message.key).or_default().push(signed.observation.answer.clone());
        }
        self.rest.on_hear(me, message)
    }
}
