//! Leaders that propose what they may not, and members that propose though they lead nothing. Against taking a
//! proposal's word: signature and leader, STATUS, locks, observations left out, evidence, outcome.

use std::{collections::BTreeMap, rc::Rc};

use oracle_ocr::{
    Body, Message, OracleIndex, Outcome, RequestKey, SignedObservation,
    message::{Proposal, StatusClaim},
    outcome::{Rule, decide},
};

use super::{Adversary, Me, Sent, lie};

/// What was heard.
#[derive(Default)]
struct Heard {
    claims: BTreeMap<(RequestKey, u32), BTreeMap<OracleIndex, StatusClaim>>,
    observations: BTreeMap<RequestKey, BTreeMap<OracleIndex, SignedObservation>>,
}

impl Heard {
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

    /// Puts all observations and what follows from them in the place of a lock; false when nothing does.
    fn pass_over_lock(&self, me: &Me<'_>, key: RequestKey, proposal: &mut Proposal) -> bool {
        let Some(observations) = self.observations.get(&key) else { return false };
        proposal.observations = observations.values().cloned().collect();
        me.conclude(key, proposal)
    }
}

/// Proposes outcomes that do not follow; and, leader or not, what it makes of the STATUS that it hears. It does not say
/// what it saw, so that the others need a leader.
#[derive(Default)]
pub struct ForgingLeader {
    heard: Heard,
}

impl ForgingLeader {
    /// A proposal that would be allowed if everybody might lead.
    fn usurp(&self, me: &Me<'_>, key: RequestKey, attempt: u32) -> Option<Proposal> {
        let claims = self.heard.claims.get(&(key, attempt))?;
        let observations = self.heard.observations.get(&key)?;
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
        self.heard.note(message);
        let key = message.key;
        let proposal = match &message.body {
            Body::Propose(proposal) => proposal,
            Body::Observation(_) => return Vec::new(),
            _ => return vec![Sent { to, message: message.clone(), after: 0 }],
        };
        let mut forged = (**proposal).clone();
        match me.random.below(8) {
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
            // Other evidence, which shows only where the outcome does not name it.
            3..=5 => {
                forged.evidence = key.commitment;
                let answers: Vec<_> =
                    forged.observations.iter().map(|signed| &signed.observation.answer).collect();
                let rule = Rule::of(&me.config.roster, None);
                let Some(outcome) = decide(&rule, &answers, &forged.evidence) else { return Vec::new() };
                forged.outcome = outcome;
            }
            // An observation that its author did not make.
            6 => {
                let place = me.place;
                let Some(other) = forged.observations.iter_mut().find(|signed| signed.sender != place) else {
                    return Vec::new();
                };
                other.observation.answer = lie(key, to);
                if !me.conclude(key, &mut forged) {
                    return Vec::new();
                }
            }
            // STATUS that nobody signed, so that a lock can be passed over.
            _ => {
                for claim in forged.claims.iter_mut().filter(|claim| claim.sender != me.place) {
                    claim.lock = None;
                    claim.held.clear();
                }
                if forged.certificate.is_some() && !self.heard.pass_over_lock(me, key, &mut forged) {
                    return Vec::new();
                }
            }
        }
        me.sign_proposal(key, &mut forged);
        vec![Sent { to, message: me.message(key, Body::Propose(Box::new(forged))), after: 0 }]
    }

    fn on_hear(&mut self, me: &mut Me<'_>, message: &Rc<Message>) -> Vec<Sent> {
        self.heard.note(message);
        let Body::Status(status) = &message.body else { return Vec::new() };
        match self.usurp(me, message.key, status.claim.attempt) {
            Some(proposal) => me.to_all(&me.message(message.key, Body::Propose(Box::new(proposal)))),
            None => Vec::new(),
        }
    }
}

/// Leaves out what it does not like: observations, and the lock.
#[derive(Default)]
pub struct CherryPicker {
    heard: Heard,
}

impl CherryPicker {
    /// In the place of a lock that STATUS name: the same outcome with other evidence, or what observations make.
    fn without_lock(&self, me: &mut Me<'_>, key: RequestKey, picked: &mut Proposal) -> bool {
        let Some(certificate) = picked.certificate.take() else { return false };
        match (me.random.below(3), certificate.outcome) {
            (0, Outcome::Result(_)) => picked.outcome = Outcome::Error(b"picked".to_vec()),
            (0, outcome) => picked.outcome = outcome,
            _ => return self.heard.pass_over_lock(me, key, picked),
        }
        true
    }

    /// Only the rarest answers, or only the observations that it may not leave out.
    fn fewer(me: &mut Me<'_>, key: RequestKey, picked: &mut Proposal) -> bool {
        let f = me.config.roster.f();
        if me.random.percent(50) {
            let all = picked.observations.clone();
            let count = |signed: &SignedObservation| {
                let same = |other: &&SignedObservation| other.observation.answer == signed.observation.answer;
                all.iter().filter(same).count()
            };
            picked.observations.sort_by_key(count);
            picked.observations.truncate(2 * f + 1);
            picked.observations.sort_by_key(|signed| signed.sender);
        } else {
            keep_required(me, key, picked);
        }
        me.conclude(key, picked)
    }
}

impl Adversary for CherryPicker {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        self.heard.note(message);
        let honest = Sent { to, message: message.clone(), after: 0 };
        let Body::Propose(proposal) = &message.body else { return vec![honest] };
        let (key, mut picked) = (message.key, (**proposal).clone());
        let is_picked = match picked.certificate {
            Some(_) => self.without_lock(me, key, &mut picked),
            None => Self::fewer(me, key, &mut picked),
        };
        if !is_picked {
            return vec![honest];
        }
        me.sign_proposal(key, &mut picked);
        vec![Sent { message: me.message(key, Body::Propose(Box::new(picked))), ..honest }]
    }

    fn on_hear(&mut self, _: &mut Me<'_>, message: &Rc<Message>) -> Vec<Sent> {
        self.heard.note(message);
        Vec::new()
    }
}

/// Leaves the observations of which nobody notices that they are left out. Its own STATUS lists none, which is allowed.
fn keep_required(me: &Me<'_>, key: RequestKey, picked: &mut Proposal) {
    let place = me.place;
    for claim in picked.claims.iter_mut().filter(|claim| claim.sender == place) {
        claim.held.clear();
        me.sign_claim(key, claim);
    }
    let Proposal { claims, observations, .. } = picked;
    let lists = |claim: &&StatusClaim, author| claim.held.iter().any(|(held, _)| *held == author);
    let listed = |author| claims.iter().filter(|claim| lists(claim, author)).count();
    observations.retain(|signed| listed(signed.sender) > me.config.roster.f());
}

/// Says nothing of what it saw, so that others list less, and proposes no more than they list: too little for an
/// outcome.
pub struct Withholder;

impl Adversary for Withholder {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let honest = Sent { to, message: message.clone(), after: 0 };
        match &message.body {
            Body::Observation(_) => Vec::new(),
            Body::Propose(proposal) if proposal.certificate.is_none() => {
                let mut picked = (**proposal).clone();
                keep_required(me, message.key, &mut picked);
                if !me.conclude(message.key, &mut picked) {
                    return vec![honest];
                }
                me.sign_proposal(message.key, &mut picked);
                vec![Sent { message: me.message(message.key, Body::Propose(Box::new(picked))), ..honest }]
            }
            _ => vec![honest],
        }
    }
}
