//! What the faulty member can say: everything of a bounded kind that can be put together from what was signed, right
//! or wrong. It hears all that anybody says.
//!
//! Both observations; every vote that anybody gave, and the report that signatures make; STATUS without a lock, with
//! any lock that votes prove, and with one that too few prove; as leader, proposals of any `n - f` STATUS, and of
//! fewer, with any lock or any observations that leave out at most one, whether they are allowed or not; where it does
//! not lead, the proposal that a leader could make of all that it heard.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::B256;
use oracle_ocr::{
    Answer, Attested, Body, Choice, Message, Observation, OracleIndex, Outcome, ReportSignature,
    SignedObservation, Signer as _, layout,
    message::{Certificate, LockClaim, Prepare, Proposal, Status, StatusClaim, Votes},
    outcome::{Rule, decide},
    report,
};
use test_signing::Keys;

use super::scene::{Scene, Words};

/// Attempts it speaks in.
const ATTEMPTS: std::ops::RangeInclusive<u32> = 1..=2;

/// What the others have signed.
#[derive(Default)]
struct Heard {
    observations: BTreeMap<OracleIndex, SignedObservation>,
    claims: BTreeMap<u32, BTreeMap<OracleIndex, StatusClaim>>,
    /// Choices proposed or voted for, and by whom.
    votes: BTreeMap<(u32, Choice), BTreeMap<OracleIndex, [u8; 64]>>,
    signatures: BTreeMap<(u32, Choice), BTreeMap<OracleIndex, ReportSignature>>,
}

impl Heard {
    fn of(words: &Words, said: &BTreeSet<u32>) -> Self {
        let mut heard = Self::default();
        for message in said.iter().map(|number| words.get(*number)) {
            let sender = message.sender;
            match &message.body {
                Body::Observation(signed) if signed.sender == sender => {
                    heard.observations.insert(sender, signed.clone());
                }
                Body::Status(status) => {
                    let claim = status.claim.clone();
                    heard.claims.entry(claim.attempt).or_default().insert(sender, claim);
                }
                Body::Propose(proposal) => {
                    heard.votes.entry((proposal.attempt, proposal.choice())).or_default();
                }
                Body::Prepare(prepare) => {
                    let votes = heard.votes.entry((prepare.attempt, prepare.choice)).or_default();
                    votes.insert(sender, prepare.signature);
                }
                Body::Attest(attest) => {
                    let signatures = heard.signatures.entry((attest.attempt, attest.choice)).or_default();
                    signatures.insert(sender, attest.signature);
                }
                Body::Observation(_) | Body::Report(_) | Body::Batch(_) | Body::BatchSignature(_) => {}
            }
        }
        heard
    }
}

/// The faulty member at work.
struct Liar<'a> {
    scene: &'a Scene,
    words: &'a mut Words,
    heard: Heard,
    said: Vec<u32>,
}

/// The numbers of what it can say after the others have said this.
pub(super) fn menu(scene: &Scene, words: &mut Words, said: &BTreeSet<u32>) -> Vec<u32> {
    let heard = Heard::of(words, said);
    let mut liar = Liar { scene, words, heard, said: Vec::new() };
    for value in [1, 2] {
        let observation = liar.observe(value);
        liar.say(Body::Observation(observation));
    }
    liar.vote_and_sign();
    for attempt in ATTEMPTS {
        let locks = liar.locks(attempt);
        liar.enter(attempt, &locks);
        let leader = scene.config.roster.order(&scene.key.request).leader(attempt);
        if leader == scene.liar {
            liar.propose(attempt, &locks);
        } else {
            liar.usurp(attempt);
        }
    }
    liar.said
}

impl Liar<'_> {
    fn say(&mut self, body: Body) {
        let (config_digest, key, sender) = (self.scene.config.digest, self.scene.key, self.scene.liar);
        let number = self.words.number(&Message { config_digest, key, sender, body });
        self.said.push(number);
    }

    fn keys(&self) -> &Keys {
        &self.scene.keys[usize::from(self.scene.liar.get())]
    }

    fn observe(&self, value: u8) -> SignedObservation {
        let observation = Observation::result(vec![value], B256::ZERO);
        let bytes = layout::observation(&self.scene.domain(), self.scene.liar, &observation);
        SignedObservation {
            sender: self.scene.liar,
            observation,
            signature: self.keys().sign_offchain(&bytes),
        }
    }

    fn vote(&self, attempt: u32, choice: Choice) -> [u8; 64] {
        let bytes = layout::prepare(&self.scene.domain(), self.scene.liar, attempt, &choice);
        self.keys().sign_offchain(&bytes)
    }

    fn vote_and_sign(&mut self) {
        let voted: Vec<(u32, Choice)> = self.heard.votes.keys().copied().collect();
        for (attempt, choice) in voted {
            let signature = self.vote(attempt, choice);
            self.say(Body::Prepare(Prepare { attempt, choice, signature }));
        }
        for ((attempt, choice), others) in self.heard.signatures.clone() {
            let Some(outcome) = self.words.outcomes.get(&choice.outcome).cloned() else { continue };
            let roster = &self.scene.config.roster;
            let hash = report::signed_hash(roster, &self.scene.event, attempt, &outcome, choice.evidence);
            let signature = self.keys().sign_report(&hash);
            let quorum = roster.quorum();
            let mut signatures: BTreeMap<_, _> = others.into_iter().take(quorum - 1).collect();
            signatures.insert(self.scene.liar, signature);
            let signatures = signatures.into_iter().collect();
            let attested = Attested { attempt, outcome, evidence: choice.evidence, signatures };
            self.say(Body::Report(Box::new(attested)));
        }
    }

    /// Certificates of locks below an attempt, with its own vote: proven ones, and one a vote short.
    fn locks(&self, attempt: u32) -> Vec<Certificate> {
        let quorum = self.scene.config.roster.quorum();
        let mut locks = Vec::new();
        for value in [1, 2] {
            let own = self.observe(value);
            let all = self.heard.observations.values().chain([&own]);
            let same = all.filter(|signed| signed.observation == own.observation);
            let mut votes: Vec<_> = same
                .map(|signed| (signed.sender, signed.observation.metadata_hash, signed.signature))
                .collect();
            votes.sort_by_key(|(author, ..)| *author);
            votes.truncate(quorum);
            let evidence = layout::fast_evidence(&self.scene.key.request);
            let outcome = Outcome::Result(vec![value]);
            locks.push(Certificate { attempt: 0, outcome, evidence, votes: Votes::Observations(votes) });
        }
        for ((of, choice), others) in self.heard.votes.iter().filter(|((of, _), _)| *of < attempt) {
            let Some(outcome) = self.words.outcomes.get(&choice.outcome).cloned() else { continue };
            let own = (self.scene.liar, self.vote(*of, *choice));
            let others = others.iter().map(|(voter, signature)| (*voter, *signature));
            let votes: BTreeMap<_, _> = others.take(quorum - 1).chain([own]).collect();
            let votes = Votes::Prepares(votes.into_iter().collect());
            locks.push(Certificate { attempt: *of, outcome, evidence: choice.evidence, votes });
        }
        locks.retain(|lock| lock.votes.len() + 1 >= quorum);
        locks
    }

    fn claim(&self, attempt: u32, lock: Option<&Certificate>) -> StatusClaim {
        let lock = lock.map(|lock| {
            let choice = lock.choice();
            LockClaim { attempt: lock.attempt, outcome: choice.outcome, evidence: choice.evidence }
        });
        let sender = self.scene.liar;
        let mut claim = StatusClaim { sender, attempt, lock, held: Vec::new(), signature: [0; 64] };
        claim.signature = self.keys().sign_offchain(&layout::status(&self.scene.domain(), &claim));
        claim
    }

    fn enter(&mut self, attempt: u32, locks: &[Certificate]) {
        for lock in [None].into_iter().chain(locks.iter().map(Some)) {
            let claim = self.claim(attempt, lock);
            let status = Status { claim, certificate: lock.cloned(), observations: Vec::new() };
            self.say(Body::Status(Box::new(status.clone())));
            if lock.is_some() {
                self.say(Body::Status(Box::new(Status { certificate: None, ..status })));
            }
        }
    }

    fn propose(&mut self, attempt: u32, locks: &[Certificate]) {
        let others: Vec<StatusClaim> =
            self.heard.claims.get(&attempt).into_iter().flat_map(BTreeMap::values).cloned().collect();
        let own = [None].into_iter().chain(locks.iter().map(Some)).map(|lock| self.claim(attempt, lock));
        let own: Vec<StatusClaim> = own.collect();
        let mut resting: Vec<Vec<StatusClaim>> = vec![others.clone()];
        for left_out in 0..=others.len() {
            let pair: Vec<StatusClaim> = others
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != left_out)
                .map(|(_, one)| one.clone())
                .collect();
            resting.extend(own.iter().map(|own| [pair.as_slice(), std::slice::from_ref(own)].concat()));
        }
        // Fewer than two of the others are refused whatever the rest is.
        resting.retain(|claims| (2..=3).contains(&claims.len()));
        let observations = self.choices_of_observations();
        for mut claims in resting {
            claims.sort_by_key(|claim| claim.sender);
            for lock in locks {
                let (outcome, evidence) = (lock.outcome.clone(), lock.evidence);
                self.put_forward(attempt, &claims, outcome, evidence, Vec::new(), Some(lock.clone()));
            }
            let rule = Rule::of(&self.scene.config.roster, None);
            for observations in &observations {
                let evidence = layout::evidence_root(&self.scene.domain(), &rule, observations);
                let answers: Vec<&Answer> =
                    observations.iter().map(|signed| &signed.observation.answer).collect();
                // Of too few observations, the first.
                let decided = decide(&rule, &answers, &evidence);
                let first = answers.first().and_then(|answer| Outcome::of_answer(answer));
                let Some(outcome) = decided.or(first) else { continue };
                self.put_forward(attempt, &claims, outcome, evidence, observations.clone(), None);
            }
        }
    }

    fn usurp(&mut self, attempt: u32) {
        let others = self.heard.claims.get(&attempt).into_iter().flat_map(BTreeMap::values).cloned();
        let mut claims: Vec<StatusClaim> = others.chain([self.claim(attempt, None)]).collect();
        claims.sort_by_key(|claim| claim.sender);
        let is_locked = claims.iter().any(|claim| claim.lock.is_some());
        if claims.len() < self.scene.config.roster.live() || is_locked {
            return;
        }
        let observations: Vec<SignedObservation> = self.heard.observations.values().cloned().collect();
        let rule = Rule::of(&self.scene.config.roster, None);
        let evidence = layout::evidence_root(&self.scene.domain(), &rule, &observations);
        let answers: Vec<&Answer> = observations.iter().map(|signed| &signed.observation.answer).collect();
        if let Some(outcome) = decide(&rule, &answers, &evidence) {
            self.put_forward(attempt, &claims, outcome, evidence, observations, None);
        }
    }

    /// All that the others observed but at most one, with either own or none.
    fn choices_of_observations(&self) -> Vec<Vec<SignedObservation>> {
        let others: Vec<SignedObservation> = self.heard.observations.values().cloned().collect();
        let mut sets = Vec::new();
        for left_out in 0..=others.len() {
            let kept = others.iter().enumerate().filter(|(at, _)| *at != left_out);
            let kept: Vec<SignedObservation> = kept.map(|(_, one)| one.clone()).collect();
            for own in [None, Some(1), Some(2)] {
                let mut set = kept.clone();
                set.extend(own.map(|value| self.observe(value)));
                set.sort_by_key(|signed| signed.sender);
                sets.push(set);
            }
        }
        sets.retain(|set| set.len() > self.scene.config.roster.f());
        sets
    }

    fn put_forward(
        &mut self,
        attempt: u32,
        claims: &[StatusClaim],
        outcome: Outcome,
        evidence: B256,
        observations: Vec<SignedObservation>,
        certificate: Option<Certificate>,
    ) {
        let claims = claims.to_vec();
        let mut proposal =
            Proposal { attempt, outcome, evidence, observations, claims, certificate, signature: [0; 64] };
        let Proposal { observations, claims, .. } = &proposal;
        let (domain, choice) = (self.scene.domain(), proposal.choice());
        let bytes = layout::proposal(&domain, self.scene.liar, attempt, &choice, observations, claims);
        proposal.signature = self.keys().sign_offchain(&bytes);
        self.say(Body::Propose(Box::new(proposal)));
    }
}
