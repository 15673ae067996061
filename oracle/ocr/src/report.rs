//! The canonical report of one request or of several: which bytes are signed, and what a finished report holds.

use alloy_primitives::B256;
use functions_report::{Entry, Report, ReportContext, report};
use functions_types::RequestId;

use crate::{OracleIndex, Outcome, RequestEvent, RequestKey, Roster};

pub use functions_report::transmit::Signature as ReportSignature;

/// The report bytes of one request and outcome: one entry, the event's commitment as on-chain metadata, the
/// coordinator's 20-byte address as off-chain metadata.
pub fn encode(event: &RequestEvent, outcome: &Outcome) -> Vec<u8> {
    encode_all(&[(event, outcome)])
}

/// The report bytes of several requests, an entry each.
pub fn encode_all(decided: &[(&RequestEvent, &Outcome)]) -> Vec<u8> {
    let entries: Vec<Entry<'_>> = decided.iter().map(|(event, outcome)| entry(event, outcome)).collect();
    report::encode(&entries)
}

fn entry<'a>(event: &'a RequestEvent, outcome: &'a Outcome) -> Entry<'a> {
    let (result, error): (&[u8], &[u8]) = match outcome {
        Outcome::Result(bytes) => (bytes, &[]),
        Outcome::Error(bytes) => (&[], bytes),
    };
    Entry {
        request_id: RequestId(event.request),
        result,
        error,
        onchain_metadata: &event.commitment,
        offchain_metadata: event.coordinator.as_slice(),
    }
}

/// The requests that report bytes speak of, with their outcomes; none of bytes that are no report. Results and errors
/// without a byte look alike: it is a result.
pub fn decided_in(report: &[u8]) -> Vec<(B256, Outcome)> {
    let Ok(report) = Report::parse(report) else { return Vec::new() };
    let entries = (0..report.request_ids().len()).map_while(|index| report.entry(index).ok());
    let decided = |entry: Entry<'_>| {
        let is_error = !entry.error.is_empty();
        let bytes = if is_error { entry.error } else { entry.result };
        Outcome::from_parts(is_error, bytes.to_vec()).map(|outcome| (entry.request_id.0, outcome))
    };
    entries.filter_map(decided).collect()
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
    /// Requests that this node would transmit first and that had no report when this was given: more is coming.
    pub coming: usize,
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
            coming: 0,
        }
    }

    /// The signatures alone, in the order of the calldata.
    pub fn signatures(&self) -> Vec<ReportSignature> {
        self.attested.signatures.iter().map(|(_, signature)| *signature).collect()
    }

    /// Calldata of the coordinator's `transmit`.
    pub fn calldata(&self) -> Vec<u8> {
        calldata(&self.context, &self.report, &self.attested.signatures)
    }
}

/// A report of several requests that can be transmitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyBatch {
    /// The requests, in the report's order.
    pub keys: Vec<RequestKey>,
    /// Report bytes for `transmit`.
    pub report: Vec<u8>,
    /// The three context words.
    pub context: ReportContext,
    /// The hash the signatures cover.
    pub hash: B256,
    /// Exactly a quorum, ascending by signer.
    pub signatures: Vec<(OracleIndex, ReportSignature)>,
}

impl ReadyBatch {
    /// Calldata of the coordinator's `transmit`.
    pub fn calldata(&self) -> Vec<u8> {
        calldata(&self.context, &self.report, &self.signatures)
    }
}

fn calldata(
    context: &ReportContext,
    report: &[u8],
    signatures: &[(OracleIndex, ReportSignature)],
) -> Vec<u8> {
    let signatures: Vec<_> = signatures.iter().map(|(_, signature)| *signature).collect();
    functions_report::transmit::encode(&context.words(), report, &signatures)
}
