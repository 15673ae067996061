//! What must hold, whatever happens. Only honest oracles are held to it.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use oracle_ocr::{
    Body, Choice, MAX_MESSAGE_BYTES, Message, OracleIndex, Outcome, ReadyReport, Record, RecordId,
    RequestKey, Slot, layout,
};

type Checked = Result<(), String>;

/// What honest oracles have said so far.
pub(crate) struct Invariants {
    quorum: usize,
    /// Keys that may sign anything.
    faulty: usize,
    observed: BTreeMap<(OracleIndex, RequestKey), B256>,
    prepared: BTreeMap<(OracleIndex, RequestKey, u32), Choice>,
    attested: BTreeMap<(OracleIndex, RequestKey, u32), Choice>,
    signers: BTreeMap<(RequestKey, u32, Choice), BTreeSet<OracleIndex>>,
    /// The one outcome of each request that a quorum may have signed.
    signable: BTreeMap<RequestKey, B256>,
    /// Answers of honest oracles, as outcomes.
    supported: BTreeMap<RequestKey, BTreeSet<Outcome>>,
    pub(crate) reports: BTreeMap<RequestKey, BTreeMap<OracleIndex, (u32, Outcome)>>,
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

impl Invariants {
    pub(crate) fn new(quorum: usize, faulty: usize) -> Self {
        Self {
            quorum,
            faulty,
            observed: BTreeMap::new(),
            prepared: BTreeMap::new(),
            attested: BTreeMap::new(),
            signers: BTreeMap::new(),
            signable: BTreeMap::new(),
            supported: BTreeMap::new(),
            reports: BTreeMap::new(),
        }
    }

    /// An honest oracle sends a message; `disk` is what it would have after a crash now.
    pub(crate) fn on_send(
        &mut self,
        by: OracleIndex,
        message: &Message,
        disk: &BTreeMap<RecordId, Record>,
    ) -> Checked {
        let key = message.key;
        let stored = |slot, attempt| disk.get(&RecordId { key, slot, attempt });
        let bytes = message.encode().len();
        ensure(bytes <= MAX_MESSAGE_BYTES, || format!("bounds: a message of {bytes} bytes"))?;
        let durable = match &message.body {
            // Told back to its author.
            Body::Observation(signed) if signed.sender != by => true,
            Body::Observation(signed) => {
                let known = *self.observed.entry((by, key)).or_insert(signed.digest());
                ensure(known == signed.digest(), || format!("once: {by} signed two observations"))?;
                let outcome = Outcome::of_answer(&signed.observation.answer);
                self.supported.entry(key).or_default().extend(outcome);
                stored(Slot::Observation, 0).is_some()
            }
            Body::Prepare(prepare) => {
                let known = *self.prepared.entry((by, key, prepare.attempt)).or_insert(prepare.choice);
                ensure(known == prepare.choice, || {
                    format!("once: {by} prepared twice in {}", prepare.attempt)
                })?;
                stored(Slot::Prepare, prepare.attempt).is_some()
            }
            Body::Attest(attest) => {
                let known = *self.attested.entry((by, key, attest.attempt)).or_insert(attest.choice);
                ensure(known == attest.choice, || {
                    format!("once: {by} attested twice in {}", attest.attempt)
                })?;
                self.signers.entry((key, attest.attempt, attest.choice)).or_default().insert(by);
                self.check_agreement(key)?;
                stored(Slot::Lock, attest.attempt).is_some() && stored(Slot::Attest, attest.attempt).is_some()
            }
            Body::Status(status) => {
                let current = stored(Slot::Attempt, 0).map(|record| record.body.clone());
                current.is_some_and(|current| current >= status.claim.attempt.to_be_bytes().to_vec())
            }
            Body::Propose(proposal) => stored(Slot::Proposal, proposal.attempt).is_some(),
            Body::Report(_) | Body::Batch(_) | Body::BatchSignature(_) => stored(Slot::Report, 0).is_some(),
        };
        ensure(durable, || format!("durability: {by} sent {} before it was stored", message.body.name()))
    }

    /// At most one outcome can ever collect a quorum, counting every faulty key as signing everything.
    fn check_agreement(&mut self, key: RequestKey) -> Checked {
        for ((_, attempt, choice), signers) in
            self.signers.range(first(key)..).take_while(|((k, ..), _)| *k == key)
        {
            if signers.len() + self.faulty < self.quorum {
                continue;
            }
            let known = *self.signable.entry(key).or_insert(choice.outcome);
            ensure(known == choice.outcome, || {
                format!("agreement: two signable outcomes, one in attempt {attempt}")
            })?;
        }
        Ok(())
    }

    /// An honest oracle has a report.
    pub(crate) fn on_report(&mut self, by: OracleIndex, ready: &ReadyReport) -> Checked {
        let attested = &ready.attested;
        let signers: Vec<OracleIndex> = attested.signatures.iter().map(|(signer, _)| *signer).collect();
        ensure(signers.len() == self.quorum, || format!("report: {} signatures", signers.len()))?;
        ensure(signers.windows(2).all(|pair| pair[0] < pair[1]), || "report: signers not ascending".into())?;
        let reports = self.reports.entry(ready.key).or_default();
        reports.insert(by, (attested.attempt, attested.outcome.clone()));
        let same = reports.values().all(|(_, outcome)| *outcome == attested.outcome);
        ensure(same, || "agreement: two reports with different outcomes".into())?;
        let digest = layout::outcome(&attested.outcome);
        let known = *self.signable.entry(ready.key).or_insert(digest);
        ensure(known == digest, || "agreement: a report of another outcome than was signable".into())?;
        // Only answers of scripts that differ make an error that no script gave.
        let texts = [&b"DON_DIVERGED "[..], b"DON_USER_ERRORS_DIFFER "];
        let differ = texts.iter().any(|text| attested.outcome.bytes().starts_with(text));
        let canonical = attested.outcome.is_error() && differ;
        let supported =
            self.supported.get(&ready.key).is_some_and(|answers| answers.contains(&attested.outcome));
        ensure(canonical || supported, || {
            format!("justification: no honest oracle saw {:?}", attested.outcome)
        })
    }
}

fn first(key: RequestKey) -> (RequestKey, u32, Choice) {
    (key, 0, Choice { outcome: B256::ZERO, evidence: B256::ZERO })
}
