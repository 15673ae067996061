//! Exact bytes that are signed or hashed.
//!
//! Every signed string is `tag ‖ D ‖ R ‖ H ‖ sender (1) ‖ fields`, where D is the config digest, R the request id,
//! H the commitment hash. Numbers are big endian; every field of variable length is preceded by its length.
//!
//! | string | tag | fields |
//! | --- | --- | --- |
//! | observation | `osa/obs/1` | kind (1), length (4), bytes, metadata hash (32) |
//! | status | `osa/status/1` | attempt (4), locked (1), lock attempt (4), outcome (32), evidence (32), count (1), count × (index (1), observation digest (32)) |
//! | proposal | `osa/prop/1` | attempt (4), outcome (32), evidence (32), keccak256 of the parts |
//! | prepare | `osa/prep/1` | attempt (4), keccak256(outcome ‖ evidence) |
//!
//! `outcome` is [`outcome`]'s digest, `evidence` the extra hash of the report (`reportContext[2]`).

use alloy_primitives::{B256, Keccak256, keccak256};
use functions_report::ReportContext;

use crate::{
    Observation, OracleIndex, Outcome, RequestKey, SignedObservation,
    choice::Choice,
    message::{Certificate, Proposal, StatusClaim},
};

/// What every signature of a request is bound to. Spec: agreement A3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// D: digest of the on-chain configuration.
    pub config_digest: B256,
    /// R and H.
    pub key: RequestKey,
}

impl Domain {
    fn start(&self, tag: &str, sender: OracleIndex) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(tag.as_bytes());
        bytes.extend_from_slice(self.config_digest.as_slice());
        bytes.extend_from_slice(self.key.request.as_slice());
        bytes.extend_from_slice(self.key.commitment.as_slice());
        bytes.push(sender.get());
        bytes
    }
}

/// Signed by an oracle once per request.
pub fn observation(domain: &Domain, sender: OracleIndex, observation: &Observation) -> Vec<u8> {
    let mut bytes = domain.start("osa/obs/1", sender);
    bytes.extend(observation_fields(observation));
    bytes
}

/// `sender ‖ fields` of an observation: what its digest and the evidence root hash.
pub fn observation_content(sender: OracleIndex, observation: &Observation) -> Vec<u8> {
    let mut bytes = vec![sender.get()];
    bytes.extend(observation_fields(observation));
    bytes
}

fn observation_fields(observation: &Observation) -> Vec<u8> {
    let answer = observation.answer.bytes();
    let mut bytes = Vec::with_capacity(answer.len() + 37);
    bytes.push(observation.answer.kind());
    bytes.extend_from_slice(&length(answer));
    bytes.extend_from_slice(answer);
    bytes.extend_from_slice(observation.metadata_hash.as_slice());
    bytes
}

/// Signed by an oracle that enters an attempt.
pub fn status(domain: &Domain, claim: &StatusClaim) -> Vec<u8> {
    let mut bytes = domain.start("osa/status/1", claim.sender);
    bytes.extend_from_slice(&claim.attempt.to_be_bytes());
    bytes.push(u8::from(claim.lock.is_some()));
    let lock = claim.lock.unwrap_or_default();
    bytes.extend_from_slice(&lock.attempt.to_be_bytes());
    bytes.extend_from_slice(lock.outcome.as_slice());
    bytes.extend_from_slice(lock.evidence.as_slice());
    bytes.push(u8::try_from(claim.held.len()).unwrap_or(u8::MAX));
    for (index, digest) in &claim.held {
        bytes.push(index.get());
        bytes.extend_from_slice(digest.as_slice());
    }
    bytes
}

/// Signed by the leader of an attempt.
pub fn proposal(
    domain: &Domain,
    sender: OracleIndex,
    attempt: u32,
    choice: &Choice,
    observations: &[SignedObservation],
    claims: &[StatusClaim],
) -> Vec<u8> {
    let mut parts = Keccak256::new();
    for observation in observations {
        parts.update(observation.digest());
    }
    for claim in claims {
        parts.update(keccak256(status(domain, claim)));
    }
    let mut bytes = domain.start("osa/prop/1", sender);
    bytes.extend_from_slice(&attempt.to_be_bytes());
    bytes.extend_from_slice(choice.outcome.as_slice());
    bytes.extend_from_slice(choice.evidence.as_slice());
    bytes.extend_from_slice(parts.finalize().as_slice());
    bytes
}

/// Signed by an oracle that accepts a proposal, once per attempt.
pub fn prepare(domain: &Domain, sender: OracleIndex, attempt: u32, choice: &Choice) -> Vec<u8> {
    let mut bytes = domain.start("osa/prep/1", sender);
    bytes.extend_from_slice(&attempt.to_be_bytes());
    bytes.extend_from_slice(choice.digest().as_slice());
    bytes
}

/// Digest of an outcome: keccak256(`osa/outcome/1` ‖ kind (0 result, 1 error) ‖ length (4) ‖ bytes).
pub fn outcome(outcome: &Outcome) -> B256 {
    let bytes = outcome.bytes();
    let mut hash = Keccak256::new();
    hash.update(b"osa/outcome/1");
    hash.update([u8::from(outcome.is_error())]);
    hash.update(length(bytes));
    hash.update(bytes);
    hash.finalize()
}

/// Extra hash of a fast-path report: keccak256(`osa/fast/1` ‖ R).
pub fn fast_evidence(request: &B256) -> B256 {
    keccak256([b"osa/fast/1".as_slice(), request.as_slice()].concat())
}

/// Extra hash of a report of several fast-path outcomes: keccak256(`osa/batch/1` ‖ count (1) ‖ each R, in the report's
/// order). Like that of each alone, it follows from the requests.
pub fn batch_evidence<'a>(requests: impl ExactSizeIterator<Item = &'a B256>) -> B256 {
    let mut hash = Keccak256::new();
    hash.update(b"osa/batch/1");
    hash.update([u8::try_from(requests.len()).unwrap_or(u8::MAX)]);
    requests.for_each(|request| hash.update(request));
    hash.finalize()
}

/// The context of a report of several fast-path outcomes: epoch 0, round 1, extra hash [`batch_evidence`].
pub fn batch_context(config_digest: B256, requests: &[B256]) -> ReportContext {
    ReportContext { config_digest, epoch: 0, round: 1, extra_hash: batch_evidence(requests.iter()) }
}

/// Evidence root of a set of observations sorted by sender: keccak256 of `osa/evidence/1` ‖ D ‖ R ‖ H ‖
/// outcome function version (1) ‖ method (1) ‖ n (1) ‖ f (1) ‖ count (1) ‖ the observations' digests.
pub fn evidence_root(
    domain: &Domain,
    rule: &crate::outcome::Rule,
    observations: &[SignedObservation],
) -> B256 {
    let mut hash = Keccak256::new();
    hash.update(b"osa/evidence/1");
    hash.update(domain.config_digest);
    hash.update(domain.key.request);
    hash.update(domain.key.commitment);
    let small = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let method = u8::try_from(rule.method.code()).unwrap_or(u8::MAX);
    hash.update([crate::outcome::VERSION, method, small(rule.n), small(rule.f), small(observations.len())]);
    for observation in observations {
        hash.update(observation.digest());
    }
    hash.finalize()
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}

impl SignedObservation {
    /// Identifies the observation inside one request: keccak256 of sender, kind, length, bytes and metadata hash.
    /// Two digests of one sender prove equivocation, whatever the signatures' encodings.
    pub fn digest(&self) -> B256 {
        keccak256(observation_content(self.sender, &self.observation))
    }
}

impl Proposal {
    /// What is proposed, by digest.
    pub fn choice(&self) -> Choice {
        Choice { outcome: outcome(&self.outcome), evidence: self.evidence }
    }
}

impl Certificate {
    /// What is locked, by digest.
    pub fn choice(&self) -> Choice {
        Choice { outcome: outcome(&self.outcome), evidence: self.evidence }
    }
}
