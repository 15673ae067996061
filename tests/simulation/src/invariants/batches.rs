//! What is signed together: only what is decided, and stored by who signs it (docs/spec/agreement.md A36). Every
//! signature counts for each of its requests ([`super::acceptable`]).

use std::{collections::BTreeMap, rc::Rc};

use alloy::primitives::B256;
use oracle_ocr::{
    Choice, OracleIndex, Outcome, RecordId, RequestEvent, RequestKey, Slot, Verifier as _, layout,
    message::BatchEntry, report,
};

use super::{Checked, Invariants, ensure};
use crate::{chain::transaction::Carried, don::Config, node::journal::Journal};

/// Reports of several requests that somebody has asked for.
#[derive(Default)]
pub(super) struct Batches {
    events: BTreeMap<RequestKey, RequestEvent>,
    /// Outcomes that scripts of honest nodes gave, by digest.
    outcomes: BTreeMap<B256, Outcome>,
    /// What is signed, by its hash.
    asked: BTreeMap<B256, Vec<BatchEntry>>,
}

impl Batches {
    pub(super) fn note_outcome(&mut self, outcome: Option<Outcome>) {
        self.outcomes.extend(outcome.map(|outcome| (layout::outcome(&outcome), outcome)));
    }

    /// The hash that is signed for these; none while nobody can know what their outcomes are.
    pub(super) fn hash(&mut self, digest: B256, entries: &[BatchEntry]) -> Option<B256> {
        let decided =
            |entry: &BatchEntry| Some((self.events.get(&entry.key)?, self.outcomes.get(&entry.outcome)?));
        let decided: Vec<_> = entries.iter().map(decided).collect::<Option<_>>()?;
        let requests: Vec<B256> = entries.iter().map(|entry| entry.key.request).collect();
        let hash = layout::batch_context(digest, &requests).signed_hash(&report::encode_all(&decided));
        self.asked.entry(hash).or_insert_with(|| entries.to_vec());
        Some(hash)
    }
}

impl Invariants {
    /// What signatures about a request are about.
    pub fn learn(&mut self, event: RequestEvent) {
        self.batches.events.entry(event.key()).or_insert(event);
    }

    /// An honest node signs what this hash is of.
    pub(super) fn check_batch(
        &mut self,
        who: usize,
        config: &Rc<Config>,
        hash: B256,
        disk: &Journal,
    ) -> Checked {
        let entries = self.batches.asked.get(&hash).cloned();
        let entries = entries.ok_or_else(|| format!("justification: {who} signs what nobody asked for"))?;
        for BatchEntry { key, outcome } in &entries {
            let id = RecordId { key: *key, slot: Slot::Report, attempt: 0 };
            ensure(disk.holds(config.digest, id), || {
                format!("durability: {who} signs with others what it has no stored report of")
            })?;
            let choice = Choice { outcome: *outcome, evidence: layout::fast_evidence(&key.request) };
            ensure(self.signatures.is_decided(config, (config.digest, *key), choice), || {
                format!("justification: {who} signs with others what is not decided")
            })?;
        }
        self.signatures.add_batch(who, hash, &entries)
    }

    /// An honest node has a report of several requests, as many as it asked for.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn on_batch(&mut self, who: usize, config: &Config, carried: &Carried, asked: usize) -> Checked {
        let signers: Vec<OracleIndex> = carried.signatures.iter().map(|(signer, _)| *signer).collect();
        ensure(signers.len() == config.roster.quorum(), || {
            format!("report: {who} has {} signatures under several", signers.len())
        })?;
        ensure(signers.windows(2).all(|pair| pair[0] < pair[1]), || "report: signers not ascending".into())?;
        ensure(carried.entries.len() == asked, || {
            format!("report: {who} has another one than it asked for")
        })?;
        let is_good = |(signer, signature): &(OracleIndex, _)| {
            let oracle = config.roster.oracle(*signer);
            oracle.is_some_and(|oracle| self.checks.verify_report(oracle, &carried.hash, signature))
        };
        ensure(carried.signatures.iter().all(is_good), || {
            format!("report: {who} has a bad signature under several")
        })?;
        self.signatures.check_batch(config, carried.hash)
    }

    /// A report was paid for under the configuration in force: perhaps before an honest node had it, but never without
    /// signatures of honest members.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn on_fulfilled(&mut self, in_force: &Config, carried: &Carried) -> Checked {
        match carried.choice() {
            Some((key, choice)) => {
                self.signatures.check(in_force, (carried.config_digest, key), carried.attempt, choice)
            }
            None => self.signatures.check_batch(in_force, carried.hash),
        }
    }
}
