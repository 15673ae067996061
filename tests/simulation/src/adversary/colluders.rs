//! All faulty members together sign whatever any member signs, and observe what each wants to hear. Against a quorum
//! that is none: two of them need no honest member in common.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use alloy::primitives::B256;
use oracle_ocr::{
    Answer, Attested, Body, Choice, Message, Outcome, RequestKey, Signer as _, layout,
    message::{Attest, Prepare},
    report,
};

use super::{Adversary, Me, Sent};

/// See the module's documentation.
#[derive(Default)]
pub struct Colluders {
    outcomes: BTreeMap<B256, Outcome>,
    answers: BTreeMap<RequestKey, Vec<Answer>>,
    said: BTreeSet<(RequestKey, u32, Choice, u8)>,
}

impl Colluders {
    fn vote(&mut self, me: &Me<'_>, key: RequestKey, attempt: u32, choice: Choice) -> Vec<Sent> {
        if attempt == 0 || !self.said.insert((key, attempt, choice, 0)) {
            return Vec::new();
        }
        let bytes = layout::prepare(&me.domain(key), me.place, attempt, &choice);
        let prepare = Prepare { attempt, choice, signature: me.keys.sign_offchain(&bytes) };
        me.to_all(&me.message(key, Body::Prepare(prepare)))
    }

    fn attest(&mut self, me: &Me<'_>, key: RequestKey, attempt: u32, choice: Choice) -> Vec<Sent> {
        let (Some(event), Some(outcome)) = (me.events.get(&key), self.outcomes.get(&choice.outcome)) else {
            return Vec::new();
        };
        if !self.said.insert((key, attempt, choice, 1)) {
            return Vec::new();
        }
        let hash = report::signed_hash(&me.config.roster, event, attempt, outcome, choice.evidence);
        let attest = Attest { attempt, choice, signature: me.keys.sign_report(&hash) };
        me.to_all(&me.message(key, Body::Attest(attest)))
    }

    /// A report of their own making: with their signatures alone, or with others' names below.
    fn steal(&mut self, me: &Me<'_>, key: RequestKey) -> Vec<Sent> {
        let outcome = Outcome::Result(b"theft".to_vec());
        let evidence = layout::fast_evidence(&key.request);
        let choice = Choice { outcome: layout::outcome(&outcome), evidence };
        let Some(event) = me.events.get(&key).filter(|_| self.said.insert((key, 0, choice, 2))) else {
            return Vec::new();
        };
        let hash = report::signed_hash(&me.config.roster, event, 0, &outcome, evidence);
        let signature = me.keys.sign_report(&hash);
        let names = me.config.roster.indexes().take(me.config.roster.quorum());
        let alone = vec![(me.place, signature)];
        let forged = names.map(|name| (name, signature)).collect();
        let reports = [alone, forged].map(|signatures| {
            let attested = Attested { attempt: 0, outcome: outcome.clone(), evidence, signatures };
            me.to_all(&me.message(key, Body::Report(Box::new(attested))))
        });
        reports.into_iter().flatten().collect()
    }

    fn learn(&mut self, key: RequestKey, answer: &Answer) {
        if let Some(outcome) = Outcome::of_answer(answer) {
            self.outcomes.insert(layout::outcome(&outcome), outcome);
        }
        let known = self.answers.entry(key).or_default();
        if !known.contains(answer) {
            known.push(answer.clone());
        }
    }
}

impl Adversary for Colluders {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let key = message.key;
        if let Body::Observation(_) = &message.body
            && let Some(known) = self.answers.get(&key).filter(|known| known.len() > 1)
        {
            // To each half of the others what some of them say themselves.
            let answer = known[to % known.len()].clone();
            let message = me.message(key, Body::Observation(me.observe(key, answer)));
            return vec![Sent { to, message, after: 0 }];
        }
        vec![Sent { to, message: message.clone(), after: 0 }]
    }

    fn on_hear(&mut self, me: &mut Me<'_>, message: &Rc<Message>) -> Vec<Sent> {
        let key = message.key;
        match &message.body {
            Body::Observation(signed) => {
                self.learn(key, &signed.observation.answer);
                self.steal(me, key)
            }
            Body::Propose(proposal) => {
                self.outcomes.insert(layout::outcome(&proposal.outcome), proposal.outcome.clone());
                let (attempt, choice) = (proposal.attempt, proposal.choice());
                let mut said = self.vote(me, key, attempt, choice);
                said.extend(self.attest(me, key, attempt, choice));
                said
            }
            Body::Prepare(prepare) => {
                let mut said = self.vote(me, key, prepare.attempt, prepare.choice);
                said.extend(self.attest(me, key, prepare.attempt, prepare.choice));
                said
            }
            Body::Attest(attest) => self.attest(me, key, attest.attempt, attest.choice),
            Body::Status(_) | Body::Report(_) | Body::Batch(_) | Body::BatchSignature(_) => Vec::new(),
        }
    }
}
