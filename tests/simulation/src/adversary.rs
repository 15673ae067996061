//! Nodes that break the rules. Each attacks checks that the protocol must have; its module says which.
//!
//! | module | who | attacks |
//! | --- | --- | --- |
//! | [`quiet`] | `Mute`, `Late`, `Miser` | that nobody is waited for, that signatures come from all |
//! | [`equivocator`] | `Equivocator` | that one observation and one proposal of an author count |
//! | [`leader`] | `ForgingLeader`, `CherryPicker`, `Withholder` | that proposals are checked from their parts, and come from the leader |
//! | [`forger`] | `CertificateForger`, `LyingStatus` | that locks are proven, and the highest is kept |
//! | [`runner`] | `AttemptRunner` | that `f + 1` pull and fewer do not |
//! | [`noise`] | `BadSignature`, `Replayer`, `Garbage` | that every signature, sender, request and configuration is checked |
//! | [`divider`] | `Divider`, before any other | that locks stay, and that some collector and leader can be relied on |
//! | [`colluders`] | `Colluders` | that a quorum is one: faulty members sign whatever anybody signs |
//!
//! A `Twin` is two processes with one identity, each of which talks with a part of the others; the world runs both.

pub mod colluders;
pub mod divider;
pub mod equivocator;
pub mod forger;
pub mod leader;
pub mod noise;
pub mod quiet;
pub mod runner;

use std::{collections::BTreeMap, rc::Rc};

use oracle_ocr::{
    Answer, Body, Message, Observation, OracleIndex, RequestEvent, RequestKey, SignedObservation,
    Signer as _,
    layout::{self, Domain},
    message::{Proposal, StatusClaim},
    outcome::{Rule, decide},
};
use test_signing::Keys;

use crate::{
    don::Config,
    plan::{Actor, Attack, Plan},
    random::Random,
};

/// A message of a faulty node, and how late it leaves.
#[derive(Clone, Debug)]
pub struct Sent {
    /// To whom.
    pub to: usize,
    /// What.
    pub message: Rc<Message>,
    /// Milliseconds.
    pub after: u64,
}

/// One faulty node, as its attack sees it.
pub struct Me<'a> {
    /// The node.
    pub who: usize,
    /// Its place.
    pub place: OracleIndex,
    /// The configuration.
    pub config: &'a Config,
    /// Its keys.
    pub keys: &'a Keys,
    /// What requests are about.
    pub events: &'a BTreeMap<RequestKey, RequestEvent>,
    /// Chance.
    pub random: &'a mut Random,
}

/// What a faulty node does with what the rules make it say, and with what it hears.
pub trait Adversary {
    /// Instead of a message of its own.
    fn on_send(&mut self, _me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        vec![Sent { to, message: message.clone(), after: 0 }]
    }

    /// Because of a message of another.
    fn on_hear(&mut self, _me: &mut Me<'_>, _message: &Rc<Message>) -> Vec<Sent> {
        Vec::new()
    }
}

impl Me<'_> {
    /// What signatures about a request begin with.
    #[must_use]
    pub fn domain(&self, key: RequestKey) -> Domain {
        Domain { config_digest: self.config.digest, key }
    }

    /// A message of this node.
    #[must_use]
    pub fn message(&self, key: RequestKey, body: Body) -> Rc<Message> {
        Rc::new(Message { config_digest: self.config.digest, key, sender: self.place, body })
    }

    /// The same to everybody else.
    #[must_use]
    pub fn to_all(&self, message: &Rc<Message>) -> Vec<Sent> {
        let others = self.config.members.iter().filter(|other| **other != self.who);
        others.map(|to| Sent { to: *to, message: message.clone(), after: 0 }).collect()
    }

    /// An observation of this node with another answer.
    #[must_use]
    pub fn observe(&self, key: RequestKey, answer: Answer) -> SignedObservation {
        let observation = Observation { answer, metadata_hash: key.request };
        let bytes = layout::observation(&self.domain(key), self.place, &observation);
        SignedObservation { sender: self.place, observation, signature: self.keys.sign_offchain(&bytes) }
    }

    /// A STATUS signed again.
    pub fn sign_claim(&self, key: RequestKey, claim: &mut StatusClaim) {
        claim.sender = self.place;
        claim.signature = self.keys.sign_offchain(&layout::status(&self.domain(key), claim));
    }

    /// A proposal signed again.
    pub fn sign_proposal(&self, key: RequestKey, proposal: &mut Proposal) {
        let Proposal { attempt, observations, claims, .. } = &*proposal;
        let choice = proposal.choice();
        let bytes = layout::proposal(&self.domain(key), self.place, *attempt, &choice, observations, claims);
        proposal.signature = self.keys.sign_offchain(&bytes);
    }

    /// Gives a proposal the evidence and the outcome that its observations make; false when they make none.
    pub fn conclude(&self, key: RequestKey, proposal: &mut Proposal) -> bool {
        let rule = Rule::of(&self.config.roster, None);
        let observations = &proposal.observations;
        let evidence = layout::evidence_root(&self.domain(key), &rule, observations);
        let answers: Vec<&Answer> = observations.iter().map(|signed| &signed.observation.answer).collect();
        let Some(outcome) = decide(&rule, &answers, &evidence) else { return false };
        (proposal.outcome, proposal.evidence, proposal.certificate) = (outcome, evidence, None);
        true
    }
}

/// All faulty nodes of a run.
pub struct Adversaries {
    attacks: BTreeMap<usize, Box<dyn Adversary>>,
    keys: Vec<Keys>,
    events: BTreeMap<RequestKey, RequestEvent>,
    random: Random,
}

impl Adversaries {
    /// Those of a plan.
    #[must_use]
    pub fn new(plan: &Plan, keys: &[Keys]) -> Self {
        let mut attacks = BTreeMap::new();
        for (who, actor) in plan.actors.iter().enumerate() {
            if let Actor::Faulty(attack) = actor {
                let attack = adversary(*attack);
                let divided = |attack| Box::new(divider::Divider::new(attack)) as Box<dyn Adversary>;
                attacks.insert(who, if plan.is_divided { divided(attack) } else { attack });
            }
        }
        Self { attacks, keys: keys.to_vec(), events: BTreeMap::new(), random: Random::new(plan.seed, 4) }
    }

    /// Everybody can read the chain.
    pub fn learn(&mut self, event: impl FnOnce() -> RequestEvent, key: RequestKey) {
        if !self.attacks.is_empty() {
            self.events.entry(key).or_insert_with(event);
        }
    }

    /// What becomes of a message that the rules make node `who` send.
    pub fn on_send(&mut self, who: usize, config: &Config, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        self.with(who, config, |attack, me| attack.on_send(me, to, message))
    }

    /// What node `who` says because it heard something.
    pub fn on_hear(&mut self, who: usize, config: &Config, message: &Rc<Message>) -> Vec<Sent> {
        self.with(who, config, |attack, me| attack.on_hear(me, message))
    }

    fn with(
        &mut self,
        who: usize,
        config: &Config,
        act: impl FnOnce(&mut dyn Adversary, &mut Me<'_>) -> Vec<Sent>,
    ) -> Vec<Sent> {
        let (Some(attack), Some(place)) = (self.attacks.get_mut(&who), config.place(who)) else {
            return Vec::new();
        };
        let (keys, events, random) = (&self.keys[who], &self.events, &mut self.random);
        act(attack.as_mut(), &mut Me { who, place, config, keys, events, random })
    }
}

fn adversary(attack: Attack) -> Box<dyn Adversary> {
    match attack {
        Attack::Mute => Box::new(quiet::Mute),
        Attack::Late(by) => Box::new(quiet::Late(by)),
        Attack::Miser => Box::new(quiet::Miser),
        Attack::Equivocator => Box::new(equivocator::Equivocator),
        Attack::Twin(_) => Box::new(Obedient),
        Attack::ForgingLeader => Box::new(leader::ForgingLeader::default()),
        Attack::CherryPicker => Box::new(leader::CherryPicker::default()),
        Attack::Withholder => Box::new(leader::Withholder),
        Attack::CertificateForger => Box::new(forger::CertificateForger::default()),
        Attack::LyingStatus => Box::new(forger::LyingStatus),
        Attack::AttemptRunner => Box::new(runner::AttemptRunner),
        Attack::BadSignature => Box::new(noise::BadSignature),
        Attack::Replayer => Box::new(noise::Replayer::default()),
        Attack::Garbage => Box::new(noise::Garbage),
        Attack::Colluders => Box::new(colluders::Colluders::default()),
    }
}

/// Says what the rules say.
struct Obedient;

impl Adversary for Obedient {}

/// Two values that faulty nodes agree on without a word.
#[must_use]
pub fn lie(key: RequestKey, to: usize) -> Answer {
    Answer::Result(vec![0xbb, key.request[0], u8::from(to.is_multiple_of(2))])
}
