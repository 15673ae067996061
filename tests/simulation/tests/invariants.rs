//! The rules hold honest nodes to what the specification says, and to no more.
#![allow(missing_docs)]

use std::{collections::BTreeSet, rc::Rc};

use alloy::primitives::B256;
use oracle_ocr::{
    Answer, Body, Message, Observation, OracleIndex, Order, Record, RecordId, RequestKey, SignedObservation,
    Signer as _, Slot,
    layout::{self, Domain},
    message::{Prepare, Proposal, StatusClaim},
    outcome::{Rule, decide},
};
use simulation::{don::Config, invariants::Invariants, node::journal::Journal};
use test_signing::{Checks, Keys};

const KEY: RequestKey = RequestKey { request: B256::repeat_byte(1), commitment: B256::repeat_byte(2) };

struct Don {
    keys: Vec<Keys>,
    config: Rc<Config>,
    order: Order,
}

impl Don {
    fn new(n: usize) -> Self {
        let keys: Vec<Keys> = (0..n).map(|who| Keys::of(who, false)).collect();
        let config = Rc::new(Config::new(1, (0..n).collect(), &keys));
        let order = config.roster.order(&KEY.request);
        Self { keys, config, order }
    }

    fn domain(&self) -> Domain {
        Domain { config_digest: self.config.digest, key: KEY }
    }

    fn sign(&self, by: OracleIndex, bytes: &[u8]) -> [u8; 64] {
        self.keys[self.config.node(by)].sign_offchain(bytes)
    }

    fn message(&self, sender: OracleIndex, body: Body) -> Rc<Message> {
        Rc::new(Message { config_digest: self.config.digest, key: KEY, sender, body })
    }

    /// What the first leader may propose when all say the same.
    fn proposal(&self) -> Proposal {
        let (domain, leader) = (self.domain(), self.order.leader(1));
        let observations = self.config.roster.indexes().map(|sender| {
            let observation =
                Observation { answer: Answer::Result(vec![7]), metadata_hash: B256::repeat_byte(3) };
            let signature = self.sign(sender, &layout::observation(&domain, sender, &observation));
            SignedObservation { sender, observation, signature }
        });
        let observations: Vec<SignedObservation> = observations.collect();
        let held: Vec<_> = observations.iter().map(|signed| (signed.sender, signed.digest())).collect();
        let claims = self.config.roster.indexes().map(|sender| {
            let mut claim =
                StatusClaim { sender, attempt: 1, lock: None, held: held.clone(), signature: [0; 64] };
            claim.signature = self.sign(sender, &layout::status(&domain, &claim));
            claim
        });
        let claims: Vec<StatusClaim> = claims.collect();
        let rule = Rule::of(&self.config.roster, None);
        let evidence = layout::evidence_root(&domain, &rule, &observations);
        let answers: Vec<&Answer> = observations.iter().map(|signed| &signed.observation.answer).collect();
        let outcome = decide(&rule, &answers, &evidence).expect("they agree");
        let certificate = None;
        let mut proposal =
            Proposal { attempt: 1, outcome, evidence, observations, claims, certificate, signature: [0; 64] };
        let bytes = layout::proposal(
            &domain,
            leader,
            1,
            &proposal.choice(),
            &proposal.observations,
            &proposal.claims,
        );
        proposal.signature = self.sign(leader, &bytes);
        proposal
    }
}

/// An honest member that has met these proposals votes for the outcome of the first.
fn vote(don: &Don, met: &[Rc<Message>]) -> Result<(), String> {
    let voter = don.order.leader(2);
    let who = don.config.node(voter);
    let mut rules = Invariants::new(BTreeSet::from([who]), Checks::Fast);
    met.iter().for_each(|message| rules.on_meet(who, message));
    let Some(Body::Propose(proposal)) = met.first().map(|message| &message.body) else {
        return Err("no proposal".to_owned());
    };
    let choice = proposal.choice();
    let signature = don.sign(voter, &layout::prepare(&don.domain(), voter, 1, &choice));
    let vote = don.message(voter, Body::Prepare(Prepare { attempt: 1, choice, signature }));
    let mut disk = Journal::default();
    let id = RecordId { key: KEY, slot: Slot::Prepare, attempt: 1 };
    disk.commit(don.config.digest, vec![Record { id, body: Vec::new() }], Vec::new(), None);
    rules.on_send(who, &don.config, &vote, &disk, &[])
}

/// Others say again in their own name what the leader proposes, each a little differently, before it comes itself.
#[test]
fn a_vote_is_justified_however_often_others_said_its_proposal_before() {
    let don = Don::new(31);
    let leader = don.order.leader(1);
    let said = don.message(leader, Body::Propose(Box::new(don.proposal())));
    let mut met = Vec::new();
    for sender in don.config.roster.indexes().filter(|sender| *sender != leader) {
        for mark in 0..4 {
            let mut proposal = don.proposal();
            proposal.signature[0] ^= mark;
            met.push(don.message(sender, Body::Propose(Box::new(proposal))));
        }
    }
    let refused = vote(&don, &met).expect_err("the leader has not proposed");
    assert!(refused.ends_with("for what somebody else than the leader proposed"), "{refused}");
    met.push(said);
    assert_eq!(vote(&don, &met), Ok(()));
}
