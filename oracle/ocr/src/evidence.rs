//! What a node's records prove about one request: who observed what, who signed, and that the outcome follows.
//!
//! Whoever has the configuration checks it without trusting the node that gave it. The report's extra hash says what
//! its outcome rests on, the *basis*:
//!
//! | extra hash | the basis is | and proves |
//! | --- | --- | --- |
//! | [`layout::fast_evidence`] | a quorum of observations | that their authors saw the outcome itself |
//! | any other | observations whose [`layout::evidence_root`] it is | that [`outcome::decide`] makes the outcome of them |
//!
//! Nothing is kept for this alone: locks, votes and the own observation are records anyway, and go with the request. A
//! node that only adopted a report holds no basis; another member does.

use alloy_primitives::{Address, B256, B512, Bytes};
use functions_offchain_config::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Attested, Observation, OracleIndex, Outcome, Record, RecordError, RequestEvent, RequestKey,
    Roster, SignedObservation, Verifier,
    layout::{self, Domain},
    message::{Certificate, Proposal, Votes},
    outcome::{self, Rule},
    record::Fact,
    report,
};

/// Longest JSON form, in bytes: two observations of each of 31 members, in hexadecimal digits.
pub const MAX_EVIDENCE_BYTES: usize = 1 << 20;

/// See the module's documentation. The JSON form is what nodes serve; unknown fields are an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// The request.
    pub request_id: B256,
    /// Digest of the configuration under which all of this was signed.
    pub config_digest: B256,
    /// The coordinator of the event.
    pub coordinator: Address,
    /// The event's commitment, ABI-encoded.
    pub commitment: Bytes,
    /// Number of the method that the request's source asks for; none: the configuration's.
    pub aggregation: Option<u32>,
    /// What the report's outcome rests on, ascending by oracle; empty where this node does not hold it.
    pub basis: Vec<Said>,
    /// What the node holds of others beside it, one observation an oracle, ascending.
    pub others: Vec<Said>,
}

/// One oracle's observation with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Said {
    /// Its author's place in the configuration.
    pub oracle: u8,
    /// What kind of answer it is.
    pub kind: Kind,
    /// The answer's bytes; of a failure one, its code.
    pub data: Bytes,
    /// Commits to runtime, source, limits and HTTP exchanges of the run.
    pub metadata_hash: B256,
    /// Ed25519 signature over [`layout::observation`].
    pub signature: B512,
}

/// The kinds of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The script returned these bytes.
    Result,
    /// The script failed with this text.
    UserError,
    /// The node failed.
    NodeFailure,
}

/// Why evidence does not prove a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// It is about something else.
    #[error("it is of another {0} than the report")]
    Other(&'static str),
    /// The report itself is not signed as it must be.
    #[error("the report has {0}")]
    Report(&'static str),
    /// An observation that nobody could have made.
    #[error("the observation of oracle {0} is malformed")]
    Malformed(u8),
    /// An observation whose signature is not its author's.
    #[error("oracle {0} did not sign the observation shown as its own")]
    Signature(u8),
    /// Nothing about what the outcome rests on.
    #[error("it does not hold the observations that the outcome rests on; ask another node")]
    NoBasis,
    /// The observations are not those that were agreed on.
    #[error("its observations do not have the report's extra hash: one was left out, added or changed")]
    Root,
    /// The observations do not lead to the outcome.
    #[error("the outcome does not follow from its observations")]
    Outcome,
}

impl Evidence {
    /// What the records of one request under one configuration hold; `None` without its event.
    ///
    /// # Errors
    /// [`RecordError`] when one cannot be read.
    pub fn read(config_digest: B256, records: &[Record]) -> Result<Option<Self>, RecordError> {
        let facts = records.iter().map(Fact::decode).collect::<Result<Vec<_>, _>>()?;
        let (mut event, mut attested, mut held) = (None, None, Held::default());
        for fact in facts {
            match fact {
                Fact::Event(found) => event = Some(found),
                Fact::Report(found) => attested = Some(found),
                Fact::Observation(own) => held.alone.push(own),
                Fact::Lock(certificate) => held.certificate(&certificate),
                Fact::Proposal(proposal) | Fact::Prepare(proposal, _) => held.proposal(proposal),
                Fact::Attempt(_) | Fact::Attest(_) | Fact::Quarantine | Fact::Bound(_) => {}
            }
        }
        let Some(event) = event else { return Ok(None) };
        let wanted = attested.map(|attested: Attested| (attested.evidence, attested.outcome));
        let place = held.sets.iter().position(|(set, _)| wanted.as_ref() == Some(set));
        let basis = place.map(|place| held.sets.swap_remove(place).1).unwrap_or_default();
        let mut others: Vec<SignedObservation> = held.alone;
        others.extend(held.sets.into_iter().flat_map(|(_, set)| set));
        others.sort_by_key(|signed| (signed.sender, signed.digest()));
        others.retain(|other| !basis.iter().any(|signed| signed.digest() == other.digest()));
        others.dedup_by_key(|signed| signed.sender);
        Ok(Some(Self {
            request_id: event.request,
            config_digest,
            coordinator: event.coordinator,
            commitment: event.commitment.into(),
            aggregation: event.aggregation.map(Method::code),
            basis: basis.into_iter().map(Said::from).collect(),
            others: others.into_iter().map(Said::from).collect(),
        }))
    }

    /// Checks that every observation shown is its author's, that the report is signed by a quorum of `roster`, and that
    /// its outcome rests on the basis.
    ///
    /// # Errors
    /// The first [`Flaw`].
    pub fn verify(&self, roster: &Roster, report: &Attested, verifier: &impl Verifier) -> Result<(), Flaw> {
        let event = self.event().ok_or(Flaw::Other("method"))?;
        let Attested { attempt, outcome, evidence, .. } = report;
        let hash = report::signed_hash(roster, &event, *attempt, outcome, *evidence);
        self.verify_signed(roster, &event, report, &hash, verifier)
    }

    /// As [`Evidence::verify`], where the report came with others: `batch` are the bytes of the report of all, `report`
    /// is what they say of this request, with the evidence of its own and the signatures under all.
    ///
    /// # Errors
    /// The first [`Flaw`].
    pub fn verify_in_batch(
        &self,
        roster: &Roster,
        report: &Attested,
        batch: &[u8],
        verifier: &impl Verifier,
    ) -> Result<(), Flaw> {
        let event = self.event().ok_or(Flaw::Other("method"))?;
        let entries = functions_report::Report::parse(batch).map_err(|_| Flaw::Other("form"))?;
        let requests: Vec<B256> = entries.request_ids().iter().map(B256::from).collect();
        let place = requests.iter().position(|id| *id == event.request).ok_or(Flaw::Other("request"))?;
        let entry = entries.entry(place).map_err(|_| Flaw::Other("form"))?;
        let says = if report.outcome.is_error() { entry.error } else { entry.result };
        if entry.onchain_metadata != event.commitment || says != report.outcome.bytes() {
            return Err(Flaw::Other("request"));
        }
        if report.evidence != layout::fast_evidence(&event.request) {
            return Err(Flaw::Root);
        }
        let hash = layout::batch_context(roster.config_digest(), &requests).signed_hash(batch);
        self.verify_signed(roster, &event, report, &hash, verifier)
    }

    fn verify_signed(
        &self,
        roster: &Roster,
        event: &RequestEvent,
        report: &Attested,
        hash: &B256,
        verifier: &impl Verifier,
    ) -> Result<(), Flaw> {
        if self.config_digest != roster.config_digest() {
            return Err(Flaw::Other("configuration"));
        }
        check_report(roster, hash, report, verifier)?;
        let domain = Domain { config_digest: self.config_digest, key: event.key() };
        let basis = check_observations(&self.basis, roster, &domain, verifier)?;
        check_observations(&self.others, roster, &domain, verifier)?;
        if basis.is_empty() {
            return Err(Flaw::NoBasis);
        }
        if report.evidence == layout::fast_evidence(&self.request_id) {
            let agrees = |signed: &SignedObservation| {
                Outcome::of_answer(&signed.observation.answer).as_ref() == Some(&report.outcome)
            };
            let proves = basis.len() >= roster.quorum() && basis.iter().all(agrees);
            return if proves { Ok(()) } else { Err(Flaw::Outcome) };
        }
        let rule = Rule::of(roster, event.aggregation);
        if layout::evidence_root(&domain, &rule, &basis) != report.evidence {
            return Err(Flaw::Root);
        }
        let answers: Vec<&Answer> = basis.iter().map(|signed| &signed.observation.answer).collect();
        let follows = outcome::decide(&rule, &answers, &report.evidence).as_ref() == Some(&report.outcome);
        if follows { Ok(()) } else { Err(Flaw::Outcome) }
    }

    /// The request, as signatures speak of it; `None` for a method that this version does not know.
    fn event(&self) -> Option<RequestEvent> {
        let aggregation = match self.aggregation {
            Some(code) => Some(Method::from_code(code)?),
            None => None,
        };
        Some(RequestEvent {
            request: self.request_id,
            coordinator: self.coordinator,
            commitment: self.commitment.to_vec(),
            aggregation,
            event_seconds: 0,
            seen_at: 0,
        })
    }

    /// Names the request under its commitment.
    pub fn key(&self) -> RequestKey {
        RequestKey { request: self.request_id, commitment: alloy_primitives::keccak256(&self.commitment) }
    }
}

/// Observations found in records, with what rests on them.
#[derive(Default)]
struct Held {
    alone: Vec<SignedObservation>,
    sets: Vec<((B256, Outcome), Vec<SignedObservation>)>,
}

impl Held {
    fn certificate(&mut self, certificate: &Certificate) {
        let Votes::Observations(votes) = &certificate.votes else { return };
        let answer = match &certificate.outcome {
            Outcome::Result(bytes) => Answer::Result(bytes.clone()),
            Outcome::Error(bytes) => Answer::UserError(bytes.clone()),
        };
        let signed = |(sender, metadata_hash, signature): &(OracleIndex, B256, [u8; 64])| SignedObservation {
            sender: *sender,
            observation: Observation { answer: answer.clone(), metadata_hash: *metadata_hash },
            signature: *signature,
        };
        let set = votes.iter().map(signed).collect();
        self.sets.push(((certificate.evidence, certificate.outcome.clone()), set));
    }

    fn proposal(&mut self, proposal: Proposal) {
        if let Some(certificate) = &proposal.certificate {
            self.certificate(certificate);
        }
        if !proposal.observations.is_empty() {
            self.sets.push(((proposal.evidence, proposal.outcome), proposal.observations));
        }
    }
}

fn check_report(
    roster: &Roster,
    hash: &B256,
    attested: &Attested,
    verifier: &impl Verifier,
) -> Result<(), Flaw> {
    let signatures = &attested.signatures;
    if signatures.len() != roster.quorum() {
        return Err(Flaw::Report("not exactly a quorum of signatures"));
    }
    let signers = signatures.iter().map(|(signer, _)| *signer);
    if !ascends(signers) {
        return Err(Flaw::Report("signers that are not ascending"));
    }
    let is_good = |(signer, signature): &(OracleIndex, report::ReportSignature)| {
        roster.oracle(*signer).is_some_and(|oracle| verifier.verify_report(oracle, hash, signature))
    };
    if signatures.iter().all(is_good) { Ok(()) } else { Err(Flaw::Report("a bad signature")) }
}

fn check_observations(
    said: &[Said],
    roster: &Roster,
    domain: &Domain,
    verifier: &impl Verifier,
) -> Result<Vec<SignedObservation>, Flaw> {
    let mut checked: Vec<SignedObservation> = Vec::new();
    for one in said {
        let signed = one.signed().ok_or(Flaw::Malformed(one.oracle))?;
        if checked.last().is_some_and(|last| last.sender >= signed.sender) {
            return Err(Flaw::Malformed(one.oracle));
        }
        let bytes = layout::observation(domain, signed.sender, &signed.observation);
        let author = roster.oracle(signed.sender).ok_or(Flaw::Signature(one.oracle))?;
        if !verifier.verify_offchain(author, &bytes, &signed.signature) {
            return Err(Flaw::Signature(one.oracle));
        }
        checked.push(signed);
    }
    Ok(checked)
}

fn ascends(mut oracles: impl Iterator<Item = OracleIndex>) -> bool {
    let Some(mut last) = oracles.next() else { return true };
    oracles.all(|next| std::mem::replace(&mut last, next) < next)
}

impl Said {
    /// The observation, if any oracle could have made it.
    fn signed(&self) -> Option<SignedObservation> {
        let kind = match self.kind {
            Kind::Result => 0,
            Kind::UserError => 1,
            Kind::NodeFailure => 2,
        };
        Some(SignedObservation {
            sender: OracleIndex::new(self.oracle),
            observation: Observation {
                answer: Answer::from_parts(kind, self.data.to_vec())?,
                metadata_hash: self.metadata_hash,
            },
            signature: self.signature.0,
        })
    }
}

impl From<SignedObservation> for Said {
    fn from(signed: SignedObservation) -> Self {
        let SignedObservation { sender, observation, signature } = signed;
        let kind = match observation.answer {
            Answer::Result(_) => Kind::Result,
            Answer::UserError(_) => Kind::UserError,
            Answer::NodeFailure(_) => Kind::NodeFailure,
        };
        Self {
            oracle: sender.get(),
            kind,
            data: observation.answer.bytes().to_vec().into(),
            metadata_hash: observation.metadata_hash,
            signature: signature.into(),
        }
    }
}
