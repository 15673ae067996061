//! Leaders that propose what they may not, and members that propose though they lead nothing. Against taking a
//! proposal's word: signature and leader, STATUS, locks, observations left out, evidence, outcome.

use std::{collections::BTreeMap, rc::Rc};

use oracle_ocr::{
    Body, Message, OracleIndex, Outcome, RequestKey, SignedObservation,
    message::{Proposal, StatusClaim},
    outcome::{Rule, decide},
};

use super::{Adversary, Me, Sent, lie};

/// Proposes outcomes that do not follow; and, leader or not, what it makes of the STATUS that it hears.
#[derive(Default)]
pub struct ForgingLeader {
    claims: BTreeMap<(RequestKey, u32), BTreeMap<OracleIndex, StatusClaim>>,
    observations: BTreeMap<RequestKey, BTreeMap<OracleIndex, SignedObservation>>,
}

impl ForgingLeader {
    fn note(&mut self, message: &Message) {
        match &message.body {
            Body::Status(status) => {
                let claim = status.claim.clone();
                self.claims.entry((message.key, claim.attempt)).or_default().insert(claim.sender, claim);
                for signed in &status.observations {
                    self.keep(message.key, signed);
                }
            }
            Body::Observation(signed) => self.keep(message.key, signed),
            _ => {}
        }
    }

    fn keep(&mut self, key: RequestKey, signed: &SignedObservation) {
        self.observations.entry(key).or_default().entry(signed.sender).or_insert_with(|| signed.clone());
    }

    /// A proposal that would be allowed if everybody might lead.
    fn usurp(&self, me: &Me<'_>, key: RequestKey, attempt: u32) -> Option<Proposal> {
        let claims = self.claims.get(&(key, attempt))?;
        let observations = self.observations.get(&key)?;
        if claims.len() < me.config.roster.live() || claims.values().any(|claim| claim.lock.is_some()) {
            return None;
        }
        let mut proposal = Proposal {
            attempt,
            outcome: Outcome::Result(Vec::new()),
            evidence: key.request,
            observations: observations.values().cloned().collect(),
            claims: claims.values().cloned().collect(),
            certificate: None,
            signature: [0; 64],
        };
        me.conclude(key, &mut proposal).then(|| {
            me.sign_proposal(key, &mut proposal);
            proposal
        })
    }
}

impl Adversary for ForgingLeader {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        self.note(message);
        let key = message.key;
        let Body::Propose(proposal) = &message.body else {
            return vec![Sent { to, message: message.clone(), after: 0 }];
        };
        let mut forged = (**proposal).clone();
        match me.random.below(6) {
            // An outcome that nobody gave, or that one member gave.
            0 => forged.outcome = Outcome::Result(b"forged".to_vec()),
            1 => {
                let first = forged.observations.first().map(|signed| &signed.observation.answer);
                let Some(outcome) = first.and_then(Outcome::of_answer) else { return Vec::new() };
                forged.outcome = outcome;
            }
            // Too few STATUS.
            2 => {
                forged.claims.truncate(me.config.roster.f() + 1);
            }
            // Other evidence.
            3 => {
                forged.evidence = key.commitment;
                let answers: Vec<_> =
                    forged.observations.iter().map(|signed| &signed.observation.answer).collect();
                let rule = Rule::of(&me.config.roster, None);
                let Some(outcome) = decide(&rule, &answers, &forged.evidence) else { return Vec::new() };
                forged.outcome = outcome;
            }
            // An observation that its author did not make.
            4 => {
                let place = me.place;
                let Some(other) = forged.observations.iter_mut().find(|signed| signed.sender != place) else {
                    return Vec::new();
                };
                other.observation.answer = lie(key, to);
                if !me.conclude(key, &mut forged) {
                    return Vec::new();
                }
            }
            // A STATUS that nobody signed.
            _ => {
                if let Some(claim) = forged.claims.last_mut() {
                    claim.lock = None;
                    claim.held.clear();
                }
            }
        }
        me.sign_proposal(key, &mut forged);
        vec![Sent { to, message: me.message(key, Body::Propose(Box::new(forged))), after: 0 }]
    }

    fn on_hear(&mut self, me: &mut Me<'_>, message: &Rc<Message>) -> Vec<Sent> {
        self.note(message);
        let Body::Status(status) = &message.body else { return Vec::new() };
        match self.usurp(me, message.key, status.claim.attempt) {
            Some(proposal) => me.to_all(&me.message(message.key, Body::Propose(Box::new(proposal)))),
            None => Vec::new(),
        }
    }
}

/// Leaves out what it does not like: observations, STATUS that name a lock, and the lock itself.
pub struct CherryPicker;

impl Adversary for CherryPicker {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let honest = Sent { to, message: message.clone(), after: 0 };
        let Body::Propose(proposal) = &message.body else { return vec![honest] };
        let (key, f) = (message.key, me.config.roster.f());
        let mut picked = (**proposal).clone();
        if let Some(certificate) = picked.certificate.take() {
            // The lock's own outcome with other evidence, or what a minority saw.
            picked.outcome = match (certificate.outcome, to.is_multiple_of(2)) {
                (Outcome::Result(_), true) => Outcome::Error(b"picked".to_vec()),
                (outcome, _) => outcome,
            };
        } else {
            // The rarest answers stay.
            let count = |signed: &SignedObservation| {
                let same = |other: &&SignedObservation| other.observation.answer == signed.observation.answer;
                proposal.observations.iter().filter(same).count()
            };
            picked.observations.sort_by_key(count);
            picked.observations.truncate(2 * f + 1);
            picked.observations.sort_by_key(|signed| signed.sender);
            if !me.conclude(key, &mut picked) {
                return vec![honest];
            }
        }
        me.sign_proposal(key, &mut picked);
        vec![Sent { message: me.message(key, Body::Propose(Box::new(picked))), ..honest }]
    }
}
