//! Whether a proposal follows from what it rests on, and what observations make: both computed anew from the
//! specification (docs/spec/agreement.md A21 to A23, and the outcome table of the protocol), beside the node's code.

use std::collections::BTreeMap;

use alloy::primitives::B256;
use oracle_ocr::{
    Answer, FailureCode, Message, OracleIndex, Outcome, Verifier as _, layout,
    message::{Certificate, Proposal, StatusClaim, Votes},
    outcome::Rule,
};

use crate::don::Config;
use test_signing::Checks;

/// Why a proposal is not allowed.
///
/// # Errors
/// The reason, as the end of a sentence.
pub fn justified(
    config: &Config,
    checks: &Checks,
    message: &Message,
    proposal: &Proposal,
    leader: OracleIndex,
) -> Result<(), String> {
    let roster = &config.roster;
    let domain = layout::Domain { config_digest: config.digest, key: message.key };
    let signed = |by: OracleIndex, bytes: &[u8], signature: &[u8; 64]| {
        roster.oracle(by).is_some_and(|oracle| checks.verify_offchain(oracle, bytes, signature))
    };
    let fail = |holds: bool, why: &str| if holds { Ok(()) } else { Err(why.to_owned()) };
    let Proposal { attempt, claims, observations, certificate, outcome, evidence, .. } = proposal;
    let bytes = layout::proposal(&domain, leader, *attempt, &proposal.choice(), observations, claims);
    fail(message.sender == leader, "somebody else than the leader proposed")?;
    fail(signed(leader, &bytes, &proposal.signature), "the leader did not sign")?;
    let mut senders: Vec<OracleIndex> = claims.iter().map(|claim| claim.sender).collect();
    senders.dedup();
    fail(
        senders.len() >= roster.n() - roster.f() && senders.len() == claims.len(),
        "rests on too few STATUS",
    )?;
    fail(senders.windows(2).all(|pair| pair[0] < pair[1]), "rests on STATUS in no order")?;
    let good = |claim: &StatusClaim| {
        claim.attempt == *attempt && signed(claim.sender, &layout::status(&domain, claim), &claim.signature)
    };
    fail(claims.iter().all(good), "rests on STATUS of others or of another attempt")?;
    let highest = claims.iter().filter_map(|claim| claim.lock).max_by_key(|lock| lock.attempt);
    if let Some(lock) = highest {
        let Some(certificate) = certificate else { return Err("leaves a lock out".to_owned()) };
        fail(certificate.attempt == lock.attempt, "passes over the highest lock")?;
        fail(
            certificate.outcome == *outcome && certificate.evidence == *evidence,
            "is not the locked outcome",
        )?;
        return certified(config, &domain, &signed, certificate);
    }
    fail(certificate.is_none(), "rests on a lock that nobody claims")?;
    let authors: Vec<OracleIndex> = observations.iter().map(|observed| observed.sender).collect();
    fail(authors.windows(2).all(|pair| pair[0] < pair[1]), "counts an observation twice")?;
    let good = observations.iter().all(|observed| {
        let bytes = layout::observation(&domain, observed.sender, &observed.observation);
        signed(observed.sender, &bytes, &observed.signature)
    });
    fail(good, "rests on an observation that its author did not sign")?;
    let mut listed: BTreeMap<OracleIndex, usize> = BTreeMap::new();
    for (author, _) in claims.iter().flat_map(|claim| &claim.held) {
        *listed.entry(*author).or_default() += 1;
    }
    let left_out = listed.iter().any(|(author, count)| *count > roster.f() && !authors.contains(author));
    fail(!left_out, "leaves observations out")?;
    let rule = Rule::of(roster, None);
    fail(*evidence == layout::evidence_root(&domain, &rule, observations), "has other evidence")?;
    let answers: Vec<&Answer> = observations.iter().map(|observed| &observed.observation.answer).collect();
    let computed = outcome_of(roster.n(), roster.f(), &answers, evidence);
    fail(computed.as_ref() == Some(outcome), "does not follow from its observations")
}

fn certified(
    config: &Config,
    domain: &layout::Domain,
    signed: &impl Fn(OracleIndex, &[u8], &[u8; 64]) -> bool,
    certificate: &Certificate,
) -> Result<(), String> {
    let Certificate { attempt, outcome, votes, .. } = certificate;
    let choice = certificate.choice();
    let mut voters: Vec<OracleIndex> = Vec::new();
    let good = match votes {
        Votes::Observations(votes) => votes.iter().all(|(author, metadata_hash, signature)| {
            voters.push(*author);
            let answer = match outcome {
                Outcome::Result(bytes) => Answer::Result(bytes.clone()),
                Outcome::Error(bytes) => Answer::UserError(bytes.clone()),
            };
            let observation = oracle_ocr::Observation { answer, metadata_hash: *metadata_hash };
            *attempt == 0 && signed(*author, &layout::observation(domain, *author, &observation), signature)
        }),
        Votes::Prepares(votes) => votes.iter().all(|(author, signature)| {
            voters.push(*author);
            *attempt > 0 && signed(*author, &layout::prepare(domain, *author, *attempt, &choice), signature)
        }),
    };
    voters.sort_unstable();
    voters.dedup();
    if good && voters.len() >= config.roster.quorum() {
        return Ok(());
    }
    Err("rests on a lock without a quorum".to_owned())
}

/// The outcome function in mode, written once more.
#[must_use]
pub fn outcome_of(n: usize, f: usize, answers: &[&Answer], evidence: &B256) -> Option<Outcome> {
    if answers.len() < 2 * f + 1 {
        return None;
    }
    let mut results: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut errors: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut failures: BTreeMap<u8, usize> = BTreeMap::new();
    for answer in answers {
        match answer {
            Answer::Result(bytes) => *results.entry(bytes).or_default() += 1,
            Answer::UserError(bytes) => *errors.entry(bytes).or_default() += 1,
            Answer::NodeFailure(code) => *failures.entry(*code as u8).or_default() += 1,
        }
    }
    let (k, u): (usize, usize) = (results.values().sum(), errors.values().sum());
    let top = |counts: &BTreeMap<&[u8], usize>| {
        let most = counts.values().copied().max().unwrap_or(0);
        counts.iter().find(|(_, count)| **count == most).map(|(bytes, _)| (bytes.to_vec(), most))
    };
    if let Some((value, count)) = top(&results)
        && count > f
        && 2 * count > k + u
    {
        return Some(Outcome::Result(value));
    }
    if let Some((text, count)) = top(&errors)
        && count > f
        && u > k
    {
        return Some(Outcome::Error(text));
    }
    let secrets = [FailureCode::SecretsMissing, FailureCode::Decryption].map(|code| code as u8);
    let code = secrets.into_iter().find(|code| failures.get(code).is_some_and(|count| *count > f));
    let reason = match code {
        Some(_) => "DON_SECRETS",
        None if k + u < 2 * f + 1 => return None,
        None if u > k => "DON_USER_ERRORS_DIFFER",
        None => "DON_DIVERGED",
    };
    let most = top(&results).map_or(0, |(_, count)| count);
    let need = (f + 1).max((k + u) / 2 + 1);
    let code = code.map(|code| format!(" code={code}")).unwrap_or_default();
    let mark: String = evidence[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let obs = answers.len();
    let text =
        format!("{reason} n={n} f={f} obs={obs} ok={k} err={u} top={most} need={need} mode{code} ev={mark}");
    Some(Outcome::Error(text.into_bytes()))
}
