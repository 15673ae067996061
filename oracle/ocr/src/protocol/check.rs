//! Whether what others sent proves what it says, from its parts alone.
//!
//! What costs nothing is checked first, signatures last, and the first bad one ends it; what was checked before is not
//! checked again. Spec: agreement A30.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use super::{
    allowance::{OFFCHAIN_PRICE, REPORT_PRICE},
    known::Known,
    request::Cx,
};
use crate::{
    Answer, Attested, Observation, OracleIndex, Order, Outcome, ReportSignature, RequestEvent,
    SignedObservation,
    layout::{self, Domain},
    message::{Certificate, Prepare, Proposal, Status, StatusClaim, Votes},
    outcome::{self, Rule},
    report,
};

type Checked = Result<(), &'static str>;

/// An error text unless the claim holds.
fn ensure(holds: bool, otherwise: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn signed(cx: &Cx<'_>, by: OracleIndex, bytes: &[u8], signature: &[u8; 64]) -> bool {
    cx.spend(OFFCHAIN_PRICE);
    cx.roster.oracle(by).is_some_and(|oracle| cx.verifier.verify_offchain(oracle, bytes, signature))
}

fn ascending(authors: impl Iterator<Item = OracleIndex> + Clone) -> bool {
    authors.clone().zip(authors.skip(1)).all(|(one, next)| one < next)
}

fn fits(cx: &Cx<'_>, signed: &SignedObservation) -> Checked {
    let bytes = signed.observation.answer.bytes().len();
    ensure(bytes <= cx.roster.response_bytes(), "an observation that is too long")
}

pub(super) fn observation(cx: &Cx<'_>, domain: &Domain, observed: &SignedObservation) -> Checked {
    fits(cx, observed)?;
    let SignedObservation { sender, observation, signature } = observed;
    ensure(signed(cx, *sender, &layout::observation(domain, *sender, observation), signature), "observation")
}

pub(super) fn attest(cx: &Cx<'_>, by: OracleIndex, hash: &B256, signature: &ReportSignature) -> bool {
    cx.spend(REPORT_PRICE);
    cx.roster.oracle(by).is_some_and(|oracle| cx.verifier.verify_report(oracle, hash, signature))
}

pub(super) fn prepare(cx: &Cx<'_>, domain: &Domain, by: OracleIndex, prepare: &Prepare) -> bool {
    signed(cx, by, &layout::prepare(domain, by, prepare.attempt, &prepare.choice), &prepare.signature)
}

/// Exactly a quorum of good signatures of distinct signers, ascending. Spec: agreement A14.
pub(super) fn report(cx: &Cx<'_>, event: &RequestEvent, attested: &Attested) -> Checked {
    let Attested { attempt, outcome, evidence, signatures } = attested;
    ensure(signatures.len() == cx.roster.quorum(), "not exactly a quorum of signatures")?;
    ensure(ascending(signatures.iter().map(|(signer, _)| *signer)), "signers not ascending")?;
    let hash = report::signed_hash(cx.roster, event, *attempt, outcome, *evidence);
    let good = signatures.iter().all(|(signer, signature)| attest(cx, *signer, &hash, signature));
    ensure(good, "a bad signature")
}

pub(super) fn certificate(cx: &Cx<'_>, domain: &Domain, certificate: &Certificate) -> Checked {
    let Certificate { attempt, outcome, evidence, votes } = certificate;
    ensure(votes.len() >= cx.roster.quorum(), "a certificate without a quorum")?;
    let good = match votes {
        Votes::Observations(votes) => {
            ensure(*attempt == 0, "observations certify attempt 0 only")?;
            ensure(*evidence == layout::fast_evidence(&domain.key.request), "a fast certificate's evidence")?;
            let answer = match outcome {
                Outcome::Result(bytes) => Answer::Result(bytes.clone()),
                Outcome::Error(bytes) => Answer::UserError(bytes.clone()),
            };
            ensure(ascending(votes.iter().map(|(author, ..)| *author)), "votes not ascending")?;
            votes.iter().all(|(author, metadata_hash, signature)| {
                let observation = Observation { answer: answer.clone(), metadata_hash: *metadata_hash };
                signed(cx, *author, &layout::observation(domain, *author, &observation), signature)
            })
        }
        Votes::Prepares(votes) => {
            ensure(*attempt > 0, "votes certify later attempts only")?;
            ensure(ascending(votes.iter().map(|(author, _)| *author)), "votes not ascending")?;
            let choice = certificate.choice();
            votes.iter().all(|(author, signature)| {
                signed(cx, *author, &layout::prepare(domain, *author, *attempt, &choice), signature)
            })
        }
    };
    ensure(good, "a certificate with a bad signature")
}

fn claim_form(cx: &Cx<'_>, claim: &StatusClaim) -> Checked {
    let known = claim.held.iter().all(|(author, _)| cx.roster.oracle(*author).is_some());
    ensure(known && ascending(claim.held.iter().map(|(author, _)| *author)), "a wrong list of observations")?;
    ensure(claim.lock.is_none_or(|lock| lock.attempt < claim.attempt), "a lock of the future")
}

fn claim(cx: &Cx<'_>, domain: &Domain, claim: &StatusClaim) -> Checked {
    ensure(signed(cx, claim.sender, &layout::status(domain, claim), &claim.signature), "a bad signature")
}

fn proves(certificate: &Certificate, claim: &StatusClaim) -> bool {
    let choice = certificate.choice();
    claim.lock.is_some_and(|lock| {
        lock.attempt == certificate.attempt
            && lock.outcome == choice.outcome
            && lock.evidence == choice.evidence
    })
}

/// A STATUS; the leader of its attempt also wants its lock proven. It brings the observations that it lists, or none.
/// Spec: agreement A19.
pub(super) fn status(
    cx: &Cx<'_>,
    domain: &Domain,
    order: &Order,
    status: &Status,
    known: Known<'_>,
) -> Checked {
    let Status { claim: claimed, certificate: lock, observations } = status;
    claim_form(cx, claimed)?;
    let to_leader = order.leader(claimed.attempt) == cx.me;
    match lock {
        Some(lock) => ensure(proves(lock, claimed), "a certificate of another lock")?,
        None => ensure(claimed.lock.is_none() || !to_leader, "a lock without its certificate")?,
    }
    let brought = observations.iter().map(|signed| (signed.sender, signed.digest()));
    let as_listed = observations.is_empty() || brought.eq(claimed.held.iter().copied());
    ensure(as_listed, "other observations than it lists")?;
    observations.iter().try_for_each(|signed| fits(cx, signed))?;
    claim(cx, domain, claimed)?;
    if let Some(lock) = lock {
        certificate(cx, domain, lock)?;
    }
    let settled = |author| known.equivocators.contains(author);
    let mut new =
        observations.iter().filter(|signed| !settled(&signed.sender) && !known.has_observation(signed));
    new.try_for_each(|signed| observation(cx, domain, signed))
}

/// Authors whose observation `f + 1` of the claims list: an honest oracle holds it.
pub(super) fn required_authors(claims: &[StatusClaim], f: usize) -> Vec<OracleIndex> {
    let mut counts: BTreeMap<OracleIndex, usize> = BTreeMap::new();
    for (author, _) in claims.iter().flat_map(|claim| &claim.held) {
        *counts.entry(*author).or_default() += 1;
    }
    counts.into_iter().filter(|&(_, count)| count > f).map(|(author, _)| author).collect()
}

pub(super) fn proposal_layout(domain: &Domain, by: OracleIndex, proposal: &Proposal) -> Vec<u8> {
    let Proposal { attempt, observations, claims, .. } = proposal;
    layout::proposal(domain, by, *attempt, &proposal.choice(), observations, claims)
}

/// A proposal of leader `by`. Spec: agreement A23.
pub(super) fn proposal(
    cx: &Cx<'_>,
    domain: &Domain,
    rule: &Rule,
    by: OracleIndex,
    proposal: &Proposal,
    known: Known<'_>,
) -> Checked {
    let Proposal { attempt, claims, observations, certificate: lock, .. } = proposal;
    ensure(claims.len() >= cx.roster.live(), "too few STATUS")?;
    ensure(ascending(claims.iter().map(|claim| claim.sender)), "STATUS not ascending")?;
    ensure(claims.iter().all(|claim| claim.attempt == *attempt), "STATUS of another attempt")?;
    claims.iter().try_for_each(|one| claim_form(cx, one))?;
    let highest = claims.iter().filter_map(|claim| claim.lock.map(|lock| lock.attempt)).max();
    match (highest, lock) {
        (Some(highest), Some(lock)) => {
            ensure(lock.attempt == highest, "not the highest lock")?;
            ensure(claims.iter().any(|claim| proves(lock, claim)), "a lock that nobody claims")?;
            ensure(lock.choice() == proposal.choice(), "not the locked outcome")?;
            ensure(observations.is_empty(), "observations beside a lock")?;
        }
        (Some(_), None) => return Err("a lock is left out"),
        (None, Some(_)) => return Err("a lock that nobody claims"),
        (None, None) => follows(cx, domain, rule, proposal)?,
    }
    ensure(signed(cx, by, &proposal_layout(domain, by, proposal), &proposal.signature), "a bad signature")?;
    let mut new = claims.iter().filter(|claim| !known.has_claim(claim));
    new.try_for_each(|one| claim(cx, domain, one))?;
    let mut new = observations.iter().filter(|signed| !known.has_observation(signed));
    new.try_for_each(|signed| observation(cx, domain, signed))?;
    lock.as_ref().map_or(Ok(()), |lock| certificate(cx, domain, lock))
}

/// Without a lock: the outcome is that of the observations, and none is left out.
fn follows(cx: &Cx<'_>, domain: &Domain, rule: &Rule, proposal: &Proposal) -> Checked {
    let Proposal { claims, observations, .. } = proposal;
    ensure(ascending(observations.iter().map(|signed| signed.sender)), "observations not ascending")?;
    observations.iter().try_for_each(|signed| fits(cx, signed))?;
    let listed = |author: &OracleIndex| observations.iter().any(|signed| signed.sender == *author);
    ensure(required_authors(claims, cx.roster.f()).iter().all(listed), "observations are left out")?;
    let evidence = layout::evidence_root(domain, rule, observations);
    ensure(evidence == proposal.evidence, "another evidence root")?;
    let answers: Vec<&Answer> = observations.iter().map(|signed| &signed.observation.answer).collect();
    let decided = outcome::decide(rule, &answers, &evidence);
    ensure(decided.as_ref() == Some(&proposal.outcome), "not the outcome of its observations")
}
