//! The canonical report of one request: which bytes are signed, and what a finished report holds.

use alloy_primitives::B256;
use functions_report::{Entry, ReportContext, report};
use functions_types::RequestId;

use crate::{OracleIndex, Outcome, RequestEvent, RequestKey, Roster};

pub use functions_report::transmit::Signature as ReportSignature;

/// The report bytes of one request and outcome: one entry, the event's commitment as on-chain metadata, the
/// coordinator's 20-byte address as off-chain metadata.
pub fn encode(event: &RequestEvent, outcome: &Outcome) -> Vec<u8> {
    let (result, error): (&[u8], &[u8]) = match outcome {
        Outcome::Result(bytes) => (bytes, &[]),
        Outcome::Error(bytes) => (&[], bytes),
    };
    report::encode(&[Entry {
        request_id: RequestId(event.request),
        result,
        error,
        onchain_metadata: &event.commitment,
        offchain_metadata: event.coordinator.as_slice(),
    }])
}

/// The context of a report: epoch is the attempt (0 for the fast path), round 0, extra hash the evidence.
pub fn context(roster: &Roster, attempt: u32, evidence: B256) -> ReportContext {
    ReportContext { config_digest: roster.config_digest(), epoch: attempt, round: 0, extra_hash: evidence }
}

/// The hash an oracle signs to attest `outcome`.
pub fn signed_hash(
    roster: &Roster,
    event: &RequestEvent,
    attempt: u32,
    outcome: &Outcome,
    evidence: B256,
) -> B256 {
    context(roster, attempt, evidence).signed_hash(&encode(event, outcome))
}

/// An outcome with a quorum of signatures: self-proving, the same for every node that saw the same signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// Attempt that decided: 0 is the fast path.
    pub attempt: u32,
    /// What goes on chain.
    pub outcome: Outcome,
    /// Extra hash of the report.
    pub evidence: B256,
    /// Exactly a quorum, ascending by signer.
    pub signatures: Vec<(OracleIndex, ReportSignature)>,
}

/// A report that can be transmitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyReport {
    /// The request.
    pub key: RequestKey,
    /// Outcome, attempt, evidence and signatures.
    pub attested: Attested,
    /// Report bytes for `transmit`.
    pub report: Vec<u8>,
    /// The three context words; `.words()` gives them as `transmit` takes them.
    pub context: ReportContext,
    /// The hash the signatures cover.
    pub hash: B256,
    /// This node's transmission stage, from 0: it may send `stage * delta_stage_ms` after the report was made.
    pub stage: usize,
}

impl ReadyReport {
    pub(crate) fn of(roster: &Roster, stage: usize, event: &RequestEvent, attested: &Attested) -> Self {
        let report = encode(event, &attested.outcome);
        let context = context(roster, attested.attempt, attested.evidence);
        Self {
            key: event.key(),
            hash: context.signed_hash(&report),
            attested: attested.clone(),
            report,
            context,
            stage,
        }
    }

    /// The signatures alone, in the order of the calldata.
    pub fn signatures(&self) -> Vec<ReportSignature> {
        self.attested.signatures.iter().map(|(_, signature)| *signature).collect()
    }

    /// Calldata of the coordinator's `transmit`.
    pub fn calldata(&self) -> Vec<u8> {
        functions_report::transmit::encode(&self.context.words(), &self.report, &self.signatures())
    }
}
