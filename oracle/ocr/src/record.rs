//! What must survive a crash, one record a fact.
//!
//! | slot | attempt | body |
//! | --- | --- | --- |
//! | `Event` | 0 | the request as the chain told it: coordinator, commitment, times |
//! | `Observation` | 0 | own OBS |
//! | `Attempt` | 0 | current attempt (4 bytes) |
//! | `Lock` | a | certificate |
//! | `Proposal` | a | own PROPOSE, as leader |
//! | `Prepare` | a | the proposal accepted and own vote |
//! | `Attest` | a | own SIG |
//! | `Report` | 0 | outcome and its signatures |
//! | `Quarantine` | 0 | nothing: the node keeps silent about the request |
//! | `Bound` | 0 | the outcome signed under an earlier configuration |

use alloy_primitives::Address;
use functions_offchain_config::Method;
use prost::Message as _;

use crate::{
    Attested, DecodeError, Outcome, RequestEvent, RequestKey, SignedObservation,
    message::{Attest, Certificate, Prepare, Proposal},
    wire::{self, PbAttest, PbCertificate, PbObservation, PbProposal, PbReport},
};

/// Kind of a record; the number is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Slot {
    /// The event as seen.
    Event = 1,
    /// Own observation.
    Observation = 2,
    /// Current attempt.
    Attempt = 3,
    /// A lock with its certificate.
    Lock = 4,
    /// Own proposal.
    Proposal = 5,
    /// Own vote with the proposal voted for.
    Prepare = 6,
    /// Own report signature.
    Attest = 7,
    /// The finished report.
    Report = 8,
    /// The request is older than what this node remembers.
    Quarantine = 9,
    /// The only outcome this node may sign.
    Bound = 10,
}

impl Slot {
    /// The slot of a stored number.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Event,
            2 => Self::Observation,
            3 => Self::Attempt,
            4 => Self::Lock,
            5 => Self::Proposal,
            6 => Self::Prepare,
            7 => Self::Attest,
            8 => Self::Report,
            9 => Self::Quarantine,
            10 => Self::Bound,
            _ => return None,
        })
    }
}

/// Primary key of a record under one configuration: a record replaces the one with the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// The request.
    pub key: RequestKey,
    /// What is stored.
    pub slot: Slot,
    /// The attempt, 0 where there is one record a request.
    pub attempt: u32,
}

/// One durable fact. The body is opaque to storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it is stored.
    pub id: RecordId,
    /// The content, at most a message long.
    pub body: Vec<u8>,
}

/// A stored record that cannot be read: the database is damaged or of another version. The operator must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The body is malformed.
    #[error("record {id:?} cannot be decoded")]
    Malformed {
        /// Which record.
        id: Box<RecordId>,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// Records of a request whose event is missing.
    #[error("request {0:?} has records but no event")]
    NoEvent(Box<RequestKey>),
}

/// A decoded record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Event(RequestEvent),
    Observation(SignedObservation),
    Attempt(u32),
    Lock(Certificate),
    Proposal(Proposal),
    Prepare(Proposal, Prepare),
    Attest(Attest),
    Report(Attested),
    Quarantine,
    Bound(Outcome),
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbEvent {
    #[prost(bytes = "vec", tag = "1")]
    coordinator: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    commitment: Vec<u8>,
    #[prost(uint64, tag = "3")]
    event_seconds: u64,
    #[prost(uint64, tag = "4")]
    seen_at: u64,
    #[prost(uint32, optional, tag = "5")]
    aggregation: Option<u32>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbPrepared {
    #[prost(message, required, tag = "1")]
    proposal: PbProposal,
    #[prost(bytes = "vec", tag = "2")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct PbBound {
    #[prost(bool, tag = "1")]
    is_error: bool,
    #[prost(bytes = "vec", tag = "2")]
    outcome: Vec<u8>,
}

impl Fact {
    pub(crate) fn record(&self, key: RequestKey) -> Record {
        let (slot, attempt, body) = match self {
            Self::Event(event) => {
                let RequestEvent { coordinator, commitment, aggregation, event_seconds, seen_at, .. } = event;
                let (event_seconds, seen_at) = (*event_seconds, *seen_at);
                let (coordinator, commitment) = (coordinator.to_vec(), commitment.clone());
                let aggregation = aggregation.map(Method::code);
                let body = PbEvent { coordinator, commitment, event_seconds, seen_at, aggregation };
                (Slot::Event, 0, body.encode_to_vec())
            }
            Self::Observation(signed) => (Slot::Observation, 0, PbObservation::from(signed).encode_to_vec()),
            Self::Attempt(attempt) => (Slot::Attempt, 0, attempt.to_be_bytes().to_vec()),
            Self::Lock(lock) => (Slot::Lock, lock.attempt, PbCertificate::from(lock).encode_to_vec()),
            Self::Proposal(proposal) => {
                (Slot::Proposal, proposal.attempt, PbProposal::from(proposal).encode_to_vec())
            }
            Self::Prepare(proposal, prepare) => {
                let body = PbPrepared { proposal: proposal.into(), signature: prepare.signature.to_vec() };
                (Slot::Prepare, prepare.attempt, body.encode_to_vec())
            }
            Self::Attest(attest) => (Slot::Attest, attest.attempt, PbAttest::from(attest).encode_to_vec()),
            Self::Report(report) => (Slot::Report, 0, PbReport::from(report).encode_to_vec()),
            Self::Quarantine => (Slot::Quarantine, 0, Vec::new()),
            Self::Bound(outcome) => {
                let body = PbBound { is_error: outcome.is_error(), outcome: outcome.bytes().to_vec() };
                (Slot::Bound, 0, body.encode_to_vec())
            }
        };
        Record { id: RecordId { key, slot, attempt }, body }
    }

    pub(crate) fn decode(record: &Record) -> Result<Self, RecordError> {
        Self::read(record).map_err(|source| RecordError::Malformed { id: Box::new(record.id), source })
    }

    fn read(record: &Record) -> Result<Self, DecodeError> {
        let body = record.body.as_slice();
        Ok(match record.id.slot {
            Slot::Event => {
                let event: PbEvent = wire::parse(body)?;
                Self::Event(RequestEvent {
                    request: record.id.key.request,
                    coordinator: Address::try_from(event.coordinator.as_slice())
                        .map_err(|_| DecodeError::Field("coordinator"))?,
                    commitment: event.commitment,
                    aggregation: event
                        .aggregation
                        .map(|code| Method::from_code(code).ok_or(DecodeError::Field("aggregation")))
                        .transpose()?,
                    event_seconds: event.event_seconds,
                    seen_at: event.seen_at,
                })
            }
            Slot::Observation => Self::Observation(wire::parse::<PbObservation>(body)?.try_into()?),
            Slot::Attempt => {
                Self::Attempt(u32::from_be_bytes(body.try_into().map_err(|_| DecodeError::Field("attempt"))?))
            }
            Slot::Lock => Self::Lock(wire::parse::<PbCertificate>(body)?.try_into()?),
            Slot::Proposal => Self::Proposal(wire::parse::<PbProposal>(body)?.try_into()?),
            Slot::Prepare => {
                let PbPrepared { proposal, signature } = wire::parse(body)?;
                let proposal = crate::message::Proposal::try_from(proposal)?;
                let signature =
                    signature.as_slice().try_into().map_err(|_| DecodeError::Field("signature"))?;
                let prepare = Prepare { attempt: proposal.attempt, choice: proposal.choice(), signature };
                Self::Prepare(proposal, prepare)
            }
            Slot::Attest => Self::Attest(wire::parse::<PbAttest>(body)?.try_into()?),
            Slot::Report => Self::Report(wire::parse::<PbReport>(body)?.try_into()?),
            Slot::Quarantine => Self::Quarantine,
            Slot::Bound => {
                let PbBound { is_error, outcome } = wire::parse(body)?;
                let outcome = Outcome::from_parts(is_error, outcome).ok_or(DecodeError::Field("outcome"))?;
                Self::Bound(outcome)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn event_keeps_its_aggregation_and_older_records_have_none() {
        let methods = (0..5).map(Method::from_code).chain([None]);
        for aggregation in methods {
            let event = RequestEvent {
                request: [1; 32].into(),
                coordinator: Address::repeat_byte(2),
                commitment: vec![3; 352],
                aggregation,
                event_seconds: 4,
                seen_at: 5,
            };
            let record = Fact::Event(event.clone()).record(event.key());
            assert_eq!(Fact::decode(&record).unwrap(), Fact::Event(event));
        }
        let known = PbEvent { coordinator: vec![2; 20], aggregation: Some(5), ..PbEvent::default() };
        let key = RequestKey { request: [1; 32].into(), commitment: [3; 32].into() };
        let id = RecordId { key, slot: Slot::Event, attempt: 0 };
        let body = known.encode_to_vec();
        assert!(Fact::decode(&Record { id, body }).is_err(), "of a later version: the node must not start");
    }
}
