//! Parts of messages to and from their protobuf form.

use alloy_primitives::B256;
use functions_types::members::MAX_MEMBERS;

use super::{
    Decoded, LONG_LIST, PbAttest, PbCertificate, PbClaim, PbHeld, PbLock, PbObservation, PbProposal,
    PbReport, PbVote, all, bytes64, choice, index, outcome, report_signature, report_signature_bytes, word,
};
use crate::{
    Answer, Attested, DecodeError, Observation, OracleIndex, SignedObservation,
    choice::Choice,
    message::{Attest, Certificate, LockClaim, Proposal, StatusClaim, Votes},
};

impl From<&SignedObservation> for PbObservation {
    fn from(signed: &SignedObservation) -> Self {
        Self {
            sender: signed.sender.get().into(),
            kind: signed.observation.answer.kind().into(),
            answer: signed.observation.answer.bytes().to_vec(),
            metadata_hash: signed.observation.metadata_hash.to_vec(),
            signature: signed.signature.to_vec(),
        }
    }
}

impl TryFrom<PbObservation> for SignedObservation {
    type Error = DecodeError;

    fn try_from(from: PbObservation) -> Decoded<Self> {
        let kind = u8::try_from(from.kind).map_err(|_| DecodeError::Field("observation kind"))?;
        Ok(Self {
            sender: index(from.sender)?,
            observation: Observation {
                answer: Answer::from_parts(kind, from.answer).ok_or(DecodeError::Field("observation"))?,
                metadata_hash: word(&from.metadata_hash, "metadata hash")?,
            },
            signature: bytes64(&from.signature)?,
        })
    }
}

impl From<&Attest> for PbAttest {
    fn from(attest: &Attest) -> Self {
        Self {
            attempt: attest.attempt,
            outcome: attest.choice.outcome.to_vec(),
            evidence: attest.choice.evidence.to_vec(),
            signature: report_signature_bytes(&attest.signature),
        }
    }
}

impl TryFrom<PbAttest> for Attest {
    type Error = DecodeError;

    fn try_from(from: PbAttest) -> Decoded<Self> {
        Ok(Self {
            attempt: from.attempt,
            choice: choice(&from.outcome, &from.evidence)?,
            signature: report_signature(&from.signature)?,
        })
    }
}

impl From<&StatusClaim> for PbClaim {
    fn from(claim: &StatusClaim) -> Self {
        let lock = claim.lock.map(|lock| PbLock {
            attempt: lock.attempt,
            outcome: lock.outcome.to_vec(),
            evidence: lock.evidence.to_vec(),
        });
        let held = claim
            .held
            .iter()
            .map(|(author, digest)| PbHeld { author: author.get().into(), digest: digest.to_vec() });
        Self {
            sender: claim.sender.get().into(),
            attempt: claim.attempt,
            lock,
            held: held.collect(),
            signature: claim.signature.to_vec(),
        }
    }
}

impl TryFrom<PbClaim> for StatusClaim {
    type Error = DecodeError;

    fn try_from(from: PbClaim) -> Decoded<Self> {
        let lock = |lock: PbLock| {
            let Choice { outcome, evidence } = choice(&lock.outcome, &lock.evidence)?;
            Ok(LockClaim { attempt: lock.attempt, outcome, evidence })
        };
        Ok(Self {
            sender: index(from.sender)?,
            attempt: from.attempt,
            lock: from.lock.map(lock).transpose()?,
            held: all(from.held)?,
            signature: bytes64(&from.signature)?,
        })
    }
}

impl TryFrom<PbHeld> for (OracleIndex, B256) {
    type Error = DecodeError;

    fn try_from(from: PbHeld) -> Decoded<Self> {
        Ok((index(from.author)?, word(&from.digest, "observation digest")?))
    }
}

impl From<&Certificate> for PbCertificate {
    fn from(certificate: &Certificate) -> Self {
        let vote = |author: OracleIndex, metadata_hash: Vec<u8>, signature: &[u8; 64]| PbVote {
            author: author.get().into(),
            metadata_hash,
            signature: signature.to_vec(),
        };
        let votes = match &certificate.votes {
            Votes::Observations(votes) => votes
                .iter()
                .map(|(author, hash, signature)| vote(*author, hash.to_vec(), signature))
                .collect(),
            Votes::Prepares(votes) => {
                votes.iter().map(|(author, signature)| vote(*author, Vec::new(), signature)).collect()
            }
        };
        Self {
            attempt: certificate.attempt,
            is_error: certificate.outcome.is_error(),
            outcome: certificate.outcome.bytes().to_vec(),
            evidence: certificate.evidence.to_vec(),
            votes,
        }
    }
}

impl TryFrom<PbCertificate> for Certificate {
    type Error = DecodeError;

    fn try_from(from: PbCertificate) -> Decoded<Self> {
        if from.votes.len() > MAX_MEMBERS {
            return Err(DecodeError::Field(LONG_LIST));
        }
        let votes = if from.attempt == 0 {
            let vote = |vote: &PbVote| {
                Ok((
                    index(vote.author)?,
                    word(&vote.metadata_hash, "metadata hash")?,
                    bytes64(&vote.signature)?,
                ))
            };
            Votes::Observations(from.votes.iter().map(vote).collect::<Decoded<_>>()?)
        } else {
            let vote = |vote: &PbVote| Ok((index(vote.author)?, bytes64(&vote.signature)?));
            Votes::Prepares(from.votes.iter().map(vote).collect::<Decoded<_>>()?)
        };
        Ok(Self {
            attempt: from.attempt,
            outcome: outcome(from.is_error, from.outcome)?,
            evidence: word(&from.evidence, "evidence")?,
            votes,
        })
    }
}

impl From<&Proposal> for PbProposal {
    fn from(proposal: &Proposal) -> Self {
        Self {
            attempt: proposal.attempt,
            is_error: proposal.outcome.is_error(),
            outcome: proposal.outcome.bytes().to_vec(),
            evidence: proposal.evidence.to_vec(),
            observations: proposal.observations.iter().map(Into::into).collect(),
            claims: proposal.claims.iter().map(Into::into).collect(),
            certificate: proposal.certificate.as_ref().map(Into::into),
            signature: proposal.signature.to_vec(),
        }
    }
}

impl TryFrom<PbProposal> for Proposal {
    type Error = DecodeError;

    fn try_from(from: PbProposal) -> Decoded<Self> {
        Ok(Self {
            attempt: from.attempt,
            outcome: outcome(from.is_error, from.outcome)?,
            evidence: word(&from.evidence, "evidence")?,
            observations: all(from.observations)?,
            claims: all(from.claims)?,
            certificate: from.certificate.map(TryInto::try_into).transpose()?,
            signature: bytes64(&from.signature)?,
        })
    }
}

impl From<&Attested> for PbReport {
    fn from(report: &Attested) -> Self {
        let signatures = report.signatures.iter().map(|(author, signature)| PbVote {
            author: author.get().into(),
            metadata_hash: Vec::new(),
            signature: report_signature_bytes(signature),
        });
        Self {
            attempt: report.attempt,
            is_error: report.outcome.is_error(),
            outcome: report.outcome.bytes().to_vec(),
            evidence: report.evidence.to_vec(),
            signatures: signatures.collect(),
        }
    }
}

impl TryFrom<PbReport> for Attested {
    type Error = DecodeError;

    fn try_from(from: PbReport) -> Decoded<Self> {
        if from.signatures.len() > MAX_MEMBERS {
            return Err(DecodeError::Field(LONG_LIST));
        }
        let signature = |vote: &PbVote| Ok((index(vote.author)?, report_signature(&vote.signature)?));
        Ok(Self {
            attempt: from.attempt,
            outcome: outcome(from.is_error, from.outcome)?,
            evidence: word(&from.evidence, "evidence")?,
            signatures: from.signatures.iter().map(signature).collect::<Decoded<_>>()?,
        })
    }
}
