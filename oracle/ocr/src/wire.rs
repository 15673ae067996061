//! The protobuf form of messages. Field numbers never change their meaning.

use alloy_primitives::B256;
use functions_types::members::MAX_MEMBERS;
use prost::Message as _;

use crate::{
    Body, DecodeError, Message, OracleIndex, Outcome, ReportSignature, RequestKey,
    choice::Choice,
    message::{BatchEntry, BatchSignature, MAX_BATCH, MAX_MESSAGE_BYTES, Prepare, Status},
};

mod parts;

/// A list with more items than an oracle set has members.
const LONG_LIST: &str = "list with more items than members";

type Decoded<T> = Result<T, DecodeError>;

#[derive(Clone, PartialEq, prost::Message)]
struct Envelope {
    #[prost(bytes = "vec", tag = "1")]
    config_digest: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    request: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    commitment: Vec<u8>,
    #[prost(uint32, tag = "4")]
    sender: u32,
    #[prost(oneof = "Content", tags = "5, 6, 7, 8, 9, 10, 11, 12")]
    content: Option<Content>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Content {
    #[prost(message, tag = "5")]
    Observation(PbObservation),
    #[prost(message, tag = "6")]
    Attest(PbAttest),
    #[prost(message, tag = "7")]
    Status(PbStatus),
    #[prost(message, tag = "8")]
    Propose(PbProposal),
    #[prost(message, tag = "9")]
    Prepare(PbPrepare),
    #[prost(message, tag = "10")]
    Report(PbReport),
    #[prost(message, tag = "11")]
    Batch(PbBatch),
    #[prost(message, tag = "12")]
    BatchSignature(PbBatchSignature),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PbObservation {
    #[prost(uint32, tag = "1")]
    sender: u32,
    #[prost(uint32, tag = "2")]
    kind: u32,
    #[prost(bytes = "vec", tag = "3")]
    answer: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    metadata_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PbAttest {
    #[prost(uint32, tag = "1")]
    attempt: u32,
    #[prost(bytes = "vec", tag = "2")]
    outcome: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    evidence: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbStatus {
    #[prost(message, required, tag = "1")]
    claim: PbClaim,
    #[prost(message, optional, tag = "2")]
    certificate: Option<PbCertificate>,
    #[prost(message, repeated, tag = "3")]
    observations: Vec<PbObservation>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbClaim {
    #[prost(uint32, tag = "1")]
    sender: u32,
    #[prost(uint32, tag = "2")]
    attempt: u32,
    #[prost(message, optional, tag = "3")]
    lock: Option<PbLock>,
    #[prost(message, repeated, tag = "4")]
    held: Vec<PbHeld>,
    #[prost(bytes = "vec", tag = "5")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbLock {
    #[prost(uint32, tag = "1")]
    attempt: u32,
    #[prost(bytes = "vec", tag = "2")]
    outcome: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    evidence: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbHeld {
    #[prost(uint32, tag = "1")]
    author: u32,
    #[prost(bytes = "vec", tag = "2")]
    digest: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PbCertificate {
    #[prost(uint32, tag = "1")]
    attempt: u32,
    #[prost(bool, tag = "2")]
    is_error: bool,
    #[prost(bytes = "vec", tag = "3")]
    outcome: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    evidence: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    votes: Vec<PbVote>,
}

/// The metadata hash is present exactly in certificates of attempt 0.
#[derive(Clone, PartialEq, prost::Message)]
struct PbVote {
    #[prost(uint32, tag = "1")]
    author: u32,
    #[prost(bytes = "vec", tag = "2")]
    metadata_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PbProposal {
    #[prost(uint32, tag = "1")]
    attempt: u32,
    #[prost(bool, tag = "2")]
    is_error: bool,
    #[prost(bytes = "vec", tag = "3")]
    outcome: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    evidence: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    observations: Vec<PbObservation>,
    #[prost(message, repeated, tag = "6")]
    claims: Vec<PbClaim>,
    #[prost(message, optional, tag = "7")]
    certificate: Option<PbCertificate>,
    #[prost(bytes = "vec", tag = "8")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbPrepare {
    #[prost(uint32, tag = "1")]
    attempt: u32,
    #[prost(bytes = "vec", tag = "2")]
    outcome: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    evidence: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PbReport {
    #[prost(uint32, tag = "1")]
    attempt: u32,
    #[prost(bool, tag = "2")]
    is_error: bool,
    #[prost(bytes = "vec", tag = "3")]
    outcome: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    evidence: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    signatures: Vec<PbVote>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbBatch {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<PbBatchEntry>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbBatchEntry {
    #[prost(bytes = "vec", tag = "1")]
    request: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    commitment: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    outcome: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbBatchSignature {
    #[prost(bytes = "vec", tag = "1")]
    hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    signature: Vec<u8>,
}

pub(crate) fn encode(message: &Message) -> Vec<u8> {
    let content = match &message.body {
        Body::Observation(observation) => Content::Observation(observation.into()),
        Body::Attest(attest) => Content::Attest(attest.into()),
        Body::Status(status) => Content::Status(PbStatus {
            claim: (&status.claim).into(),
            certificate: status.certificate.as_ref().map(Into::into),
            observations: status.observations.iter().map(Into::into).collect(),
        }),
        Body::Propose(proposal) => Content::Propose((&**proposal).into()),
        Body::Prepare(prepare) => Content::Prepare(PbPrepare {
            attempt: prepare.attempt,
            outcome: prepare.choice.outcome.to_vec(),
            evidence: prepare.choice.evidence.to_vec(),
            signature: prepare.signature.to_vec(),
        }),
        Body::Report(report) => Content::Report((&**report).into()),
        Body::Batch(entries) => Content::Batch(PbBatch { entries: entries.iter().map(Into::into).collect() }),
        Body::BatchSignature(signed) => Content::BatchSignature(PbBatchSignature {
            hash: signed.hash.to_vec(),
            signature: report_signature_bytes(&signed.signature),
        }),
    };
    Envelope {
        config_digest: message.config_digest.to_vec(),
        request: message.key.request.to_vec(),
        commitment: message.key.commitment.to_vec(),
        sender: message.sender.get().into(),
        content: Some(content),
    }
    .encode_to_vec()
}

pub(crate) fn decode(bytes: &[u8]) -> Decoded<Message> {
    let envelope: Envelope = parse(bytes)?;
    let body = match envelope.content.ok_or(DecodeError::Field("content"))? {
        Content::Observation(observation) => Body::Observation(observation.try_into()?),
        Content::Attest(attest) => Body::Attest(attest.try_into()?),
        Content::Status(status) => Body::Status(Box::new(Status {
            claim: status.claim.try_into()?,
            certificate: status.certificate.map(TryInto::try_into).transpose()?,
            observations: all(status.observations)?,
        })),
        Content::Propose(proposal) => Body::Propose(Box::new(proposal.try_into()?)),
        Content::Prepare(prepare) => Body::Prepare(Prepare {
            attempt: prepare.attempt,
            choice: choice(&prepare.outcome, &prepare.evidence)?,
            signature: bytes64(&prepare.signature)?,
        }),
        Content::Report(report) => Body::Report(Box::new(report.try_into()?)),
        Content::Batch(batch) if batch.entries.len() > MAX_BATCH => {
            return Err(DecodeError::Field("batch with more requests than a report"));
        }
        Content::Batch(batch) => Body::Batch(all(batch.entries)?),
        Content::BatchSignature(signed) => Body::BatchSignature(BatchSignature {
            hash: word(&signed.hash, "hash")?,
            signature: report_signature(&signed.signature)?,
        }),
    };
    Ok(Message {
        config_digest: word(&envelope.config_digest, "config digest")?,
        key: RequestKey {
            request: word(&envelope.request, "request")?,
            commitment: word(&envelope.commitment, "commitment")?,
        },
        sender: index(envelope.sender)?,
        body,
    })
}

/// Parses one protobuf message.
pub(crate) fn parse<T: prost::Message + Default>(bytes: &[u8]) -> Decoded<T> {
    T::decode(bytes).map_err(|error| DecodeError::Protobuf(error.to_string()))
}

pub(crate) fn word(bytes: &[u8], field: &'static str) -> Decoded<B256> {
    B256::try_from(bytes).map_err(|_| DecodeError::Field(field))
}

fn bytes64(bytes: &[u8]) -> Decoded<[u8; 64]> {
    bytes.try_into().map_err(|_| DecodeError::Field("signature"))
}

fn index(index: u32) -> Decoded<OracleIndex> {
    u8::try_from(index)
        .ok()
        .filter(|&index| usize::from(index) < MAX_MEMBERS)
        .map(OracleIndex::new)
        .ok_or(DecodeError::Field("oracle index"))
}

/// At most one item an oracle.
fn all<T: TryInto<U, Error = DecodeError>, U>(items: Vec<T>) -> Decoded<Vec<U>> {
    if items.len() > MAX_MEMBERS {
        return Err(DecodeError::Field(LONG_LIST));
    }
    items.into_iter().map(TryInto::try_into).collect()
}

fn choice(outcome: &[u8], evidence: &[u8]) -> Decoded<Choice> {
    Ok(Choice { outcome: word(outcome, "outcome digest")?, evidence: word(evidence, "evidence")? })
}

fn outcome(is_error: bool, bytes: Vec<u8>) -> Decoded<Outcome> {
    Outcome::from_parts(is_error, bytes).ok_or(DecodeError::Field("outcome"))
}

/// `r ‖ s ‖ v`.
fn report_signature(bytes: &[u8]) -> Decoded<ReportSignature> {
    let bytes: &[u8; 65] = bytes.try_into().map_err(|_| DecodeError::Field("report signature"))?;
    let [rs @ .., v] = bytes;
    let (r, s) = rs.split_at(32);
    let part = |part: &[u8]| part.try_into().map_err(|_| DecodeError::Field("report signature"));
    if *v > 1 {
        return Err(DecodeError::Field("recovery id"));
    }
    Ok(ReportSignature { r: part(r)?, s: part(s)?, v: *v })
}

fn report_signature_bytes(signature: &ReportSignature) -> Vec<u8> {
    [signature.r.as_slice(), &signature.s, &[signature.v]].concat()
}

impl From<&BatchEntry> for PbBatchEntry {
    fn from(entry: &BatchEntry) -> Self {
        Self {
            request: entry.key.request.to_vec(),
            commitment: entry.key.commitment.to_vec(),
            outcome: entry.outcome.to_vec(),
        }
    }
}

impl TryFrom<PbBatchEntry> for BatchEntry {
    type Error = DecodeError;

    fn try_from(from: PbBatchEntry) -> Decoded<Self> {
        let key = RequestKey {
            request: word(&from.request, "request")?,
            commitment: word(&from.commitment, "commitment")?,
        };
        Ok(Self { key, outcome: word(&from.outcome, "outcome digest")? })
    }
}

impl Message {
    /// The wire form.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// The message of a wire form. Signatures are checked later, by the protocol.
    ///
    /// # Errors
    /// [`DecodeError`]; the peer that sent it must act.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(DecodeError::TooLong { bytes: bytes.len() });
        }
        decode(bytes)
    }
}
