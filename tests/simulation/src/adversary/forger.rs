//! False words about locks. Against believing a lock without a quorum behind it, and against passing over the highest.

use std::{collections::BTreeMap, rc::Rc};

use oracle_ocr::{
    Answer, Body, Message, OracleIndex, Outcome, RequestKey, SignedObservation, layout,
    message::{Certificate, LockClaim, StatusClaim, Votes},
};

use super::{Adversary, Me, Sent};

/// Makes certificates of what it has: too few votes, one vote many times, votes with others' names.
#[derive(Default)]
pub struct CertificateForger {
    observations: BTreeMap<RequestKey, BTreeMap<OracleIndex, SignedObservation>>,
}

impl CertificateForger {
    fn certificate(&self, me: &mut Me<'_>, key: RequestKey) -> Option<Certificate> {
        let observations = self.observations.get(&key)?;
        let all: Vec<&SignedObservation> = observations.values().collect();
        let chosen = me.random.pick(&all);
        let outcome = Outcome::of_answer(&chosen.observation.answer)?;
        let same = |signed: &&&SignedObservation| signed.observation.answer == chosen.observation.answer;
        let vote =
            |signed: &&SignedObservation| (signed.sender, signed.observation.metadata_hash, signed.signature);
        let mut votes: Vec<_> = all.iter().filter(same).map(vote).collect();
        let quorum = me.config.roster.quorum();
        match me.random.below(3) {
            // Too few.
            0 => votes.truncate(quorum - 1),
            // The same again.
            1 => votes = votes.iter().cycle().take(quorum).copied().collect(),
            // In others' names.
            _ => {
                let names = me.config.roster.indexes().take(quorum);
                votes = names.map(|name| (name, key.request, [3; 64])).collect();
            }
        }
        votes.sort_by_key(|(author, ..)| *author);
        let evidence = layout::fast_evidence(&key.request);
        Some(Certificate { attempt: 0, outcome, evidence, votes: Votes::Observations(votes) })
    }
}

fn claim_lock(me: &Me<'_>, key: RequestKey, claim: &mut StatusClaim, certificate: &Certificate) {
    let choice = certificate.choice();
    let (outcome, evidence) = (choice.outcome, choice.evidence);
    claim.lock = Some(LockClaim { attempt: certificate.attempt, outcome, evidence });
    me.sign_claim(key, claim);
}

impl Adversary for CertificateForger {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let honest = Sent { to, message: message.clone(), after: 0 };
        let key = message.key;
        let body = match &message.body {
            Body::Status(status) if status.certificate.is_none() => {
                let Some(certificate) = self.certificate(me, key) else { return vec![honest] };
                let mut forged = (**status).clone();
                claim_lock(me, key, &mut forged.claim, &certificate);
                forged.certificate = Some(certificate);
                Body::Status(Box::new(forged))
            }
            Body::Propose(proposal) if proposal.certificate.is_none() => {
                let Some(certificate) = self.certificate(me, key) else { return vec![honest] };
                let mut forged = (**proposal).clone();
                let place = me.place;
                let Some(own) = forged.claims.iter_mut().find(|claim| claim.sender == place) else {
                    return vec![honest];
                };
                claim_lock(me, key, own, &certificate);
                (forged.outcome, forged.evidence) = (certificate.outcome.clone(), certificate.evidence);
                forged.certificate = Some(certificate);
                forged.observations.clear();
                me.sign_proposal(key, &mut forged);
                Body::Propose(Box::new(forged))
            }
            _ => return vec![honest],
        };
        vec![Sent { message: me.message(key, body), ..honest }]
    }

    fn on_hear(&mut self, _: &mut Me<'_>, message: &Rc<Message>) -> Vec<Sent> {
        if let Body::Observation(signed) = &message.body
            && !matches!(signed.observation.answer, Answer::NodeFailure(_))
        {
            let known = self.observations.entry(message.key).or_default();
            known.entry(signed.sender).or_insert_with(|| signed.clone());
        }
        Vec::new()
    }
}

/// Hides its lock, or claims one that it does not have or cannot have yet.
pub struct LyingStatus;

impl Adversary for LyingStatus {
    fn on_send(&mut self, me: &mut Me<'_>, to: usize, message: &Rc<Message>) -> Vec<Sent> {
        let honest = Sent { to, message: message.clone(), after: 0 };
        let (key, Body::Status(status)) = (message.key, &message.body) else { return vec![honest] };
        let mut lying = (**status).clone();
        lying.certificate = None;
        lying.claim.lock = match me.random.below(4) {
            0 => {
                let attempt = lying.claim.attempt + 1;
                Some(LockClaim { attempt, outcome: key.request, evidence: key.commitment })
            }
            1 => Some(LockClaim { attempt: 0, outcome: key.request, evidence: key.commitment }),
            _ => None,
        };
        if me.random.percent(30) {
            lying.observations.clear();
            lying.claim.held.clear();
        }
        me.sign_claim(key, &mut lying.claim);
        vec![Sent { message: me.message(key, Body::Status(Box::new(lying))), ..honest }]
    }
}
