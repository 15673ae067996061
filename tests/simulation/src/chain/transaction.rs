//! What nodes send to the chain.

use std::rc::Rc;

use alloy::primitives::{Address, B256};
use oracle_ocr::{
    Choice, OracleIndex, Outcome, ReadyBatch, ReadyReport, ReportSignature, RequestKey, layout, report,
};

/// A node's transaction.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The account.
    pub from: Address,
    /// The account's nonce.
    pub nonce: u64,
    /// Wei per gas that it pays at most.
    pub max_fee: u128,
    /// Its hash.
    pub hash: B256,
    /// What it carries; nothing, when all it does is to use its nonce.
    pub report: Option<Rc<Carried>>,
}

/// The signed report of one request, or of several.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The requests with their outcomes, in the report's order.
    pub entries: Vec<(RequestKey, Outcome)>,
    /// The configuration it was signed under.
    pub config_digest: B256,
    /// The attempt that decided, and the evidence.
    pub attempt: u32,
    /// See `attempt`.
    pub evidence: B256,
    /// What was signed.
    pub hash: B256,
    /// By whom.
    pub signatures: Vec<(OracleIndex, ReportSignature)>,
}

impl Carried {
    /// The report of one request.
    #[must_use]
    pub fn alone(ready: &ReadyReport) -> Self {
        let attested = &ready.attested;
        Self {
            entries: vec![(ready.key, attested.outcome.clone())],
            config_digest: ready.context.config_digest,
            attempt: attested.attempt,
            evidence: attested.evidence,
            hash: ready.context.signed_hash(&ready.report),
            signatures: attested.signatures.clone(),
        }
    }

    /// The report of several; its bytes say the outcomes.
    #[must_use]
    pub fn of(batch: &ReadyBatch) -> Self {
        let decided = report::decided_in(&batch.report);
        let entries = batch.keys.iter().zip(decided).filter(|(key, (id, _))| key.request == *id);
        Self {
            entries: entries.map(|(key, (_, outcome))| (*key, outcome)).collect(),
            config_digest: batch.context.config_digest,
            attempt: batch.context.epoch,
            evidence: batch.context.extra_hash,
            hash: batch.context.signed_hash(&batch.report),
            signatures: batch.signatures.clone(),
        }
    }

    /// Whether it carries the report of a request.
    #[must_use]
    pub fn holds(&self, id: &B256) -> bool {
        self.entries.iter().any(|(key, _)| key.request == *id)
    }

    /// What the members attested whose signatures are under a report of one request.
    #[must_use]
    pub fn choice(&self) -> Option<(RequestKey, Choice)> {
        match &self.entries[..] {
            [(key, outcome)] => {
                Some((*key, Choice { outcome: layout::outcome(outcome), evidence: self.evidence }))
            }
            _ => None,
        }
    }
}
