//! Reports of several requests: what is decided is signed once more, together. Spec: agreement A36 to A39.
//!
//! Signing a decided outcome again says nothing new, so nothing is stored before it. Who asks waits a bounded time, and
//! sends the reports one by one when the signatures do not come.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use functions_report::ReportContext;

use super::{
    Protocol,
    allowance::REPORT_PRICE,
    check,
    request::{Cx, Request},
};
use crate::{
    Body, Effect, MAX_BATCH, Message, Misbehavior, OracleIndex, Outcome, ReadyBatch, ReportSignature,
    RequestEvent, RequestKey, Signer, Timer, TimerKind, Verifier, layout,
    message::{BatchEntry, BatchSignature},
    report,
};

/// What a member needs for its answer beside the way there and back, in milliseconds, when it has much to do.
const ANSWER_MS: u64 = 250;
/// How long a member that lacks a report waits for it before it forgets who asked for more, in milliseconds.
const KEEP_MS: u64 = 1_000;

/// What was asked and is not answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Batches {
    /// Own questions, by their first request.
    gathering: BTreeMap<RequestKey, Gathering>,
    /// The newest question of each peer about a report that is not here yet.
    asked: BTreeMap<OracleIndex, Asked>,
}

#[derive(Clone, Debug)]
struct Gathering {
    batch: Composed,
    signatures: BTreeMap<OracleIndex, ReportSignature>,
}

#[derive(Clone, Debug)]
struct Asked {
    entries: Vec<BatchEntry>,
    until: u64,
}

/// The report of several requests, not signed.
#[derive(Clone, Debug)]
struct Composed {
    entries: Vec<BatchEntry>,
    report: Vec<u8>,
    context: ReportContext,
    hash: B256,
}

impl Batches {
    /// Bytes kept of a peer.
    pub(super) fn bytes_of(&self, peer: OracleIndex) -> usize {
        self.asked.get(&peer).map_or(0, |asked| asked.entries.len() * size_of::<BatchEntry>())
    }
}

impl<S: Signer, V: Verifier> Protocol<S, V> {
    /// Asks the others to sign the reports of these requests as one. Spec: agreement A37.
    pub(super) fn gather(&mut self, now: u64, keys: &[RequestKey]) -> Vec<Effect> {
        let Some(&first) = keys.first() else { return vec![] };
        let Some(batch) = self.compose(keys).filter(|_| !self.batches.gathering.contains_key(&first)) else {
            return vec![Effect::Batched { first, batch: None }];
        };
        let signatures = BTreeMap::from([(self.me, self.signer.sign_report(&batch.hash))]);
        let message = self.message_of(first, Body::Batch(batch.entries.clone()));
        self.batches.gathering.insert(first, Gathering { batch, signatures });
        let wait = self.delays.pace(&self.roster).one_way_ms.saturating_mul(2).saturating_add(ANSWER_MS);
        let timer = Timer { key: first, kind: TimerKind::Batch };
        vec![Effect::Broadcast(message), Effect::SetTimer { timer, at: now.saturating_add(wait) }]
    }

    /// How many requests without a report this node would transmit first. Spec: agreement A37.
    pub(super) fn coming(&self) -> usize {
        let is_open = |request: &&Request| request.report.is_none() && !request.settled;
        let open = self.requests.values().filter(is_open);
        open.filter(|request| request.order.stage(self.me) == 0).count()
    }

    /// Nobody waits for the signatures any longer.
    pub(super) fn end_gathering(&mut self, first: &RequestKey) -> Vec<Effect> {
        let gathered = self.batches.gathering.remove(first);
        gathered.map(|_| Effect::Batched { first: *first, batch: None }).into_iter().collect()
    }

    /// Signs what a peer asks for, if it is decided here too. Spec: agreement A36, A38.
    pub(super) fn on_batch(
        &mut self,
        now: u64,
        from: OracleIndex,
        first: RequestKey,
        entries: Vec<BatchEntry>,
    ) -> Vec<Effect> {
        // As much work as a signature and a look at each report.
        self.spend(now, from, &first, REPORT_PRICE + entries.len() as u64);
        if let Err(reason) = check_form(&first, &entries) {
            self.allowances.of(from, now).fault(now);
            return vec![Effect::Blame { oracle: from, misbehavior: Misbehavior::InvalidBatch(reason) }];
        }
        self.batches.asked.insert(from, Asked { entries, until: now.saturating_add(KEEP_MS) });
        self.answer_batches(now)
    }

    /// Answers who asked for signatures under reports that are all here.
    pub(super) fn answer_batches(&mut self, now: u64) -> Vec<Effect> {
        self.batches.asked.retain(|_, asked| now < asked.until);
        let mut effects = Vec::new();
        let peers: Vec<OracleIndex> = self.batches.asked.keys().copied().collect();
        for peer in peers {
            let Some(asked) = self.batches.asked.get(&peer) else { continue };
            let keys: Vec<RequestKey> = asked.entries.iter().map(|entry| entry.key).collect();
            let agrees = |batch: &Composed| batch.entries == asked.entries;
            let (Some(batch), Some(&first)) = (self.compose(&keys).filter(agrees), keys.first()) else {
                continue;
            };
            let signed = BatchSignature { hash: batch.hash, signature: self.signer.sign_report(&batch.hash) };
            let message = self.message_of(first, Body::BatchSignature(signed));
            effects.push(Effect::Send { to: peer, message });
            self.batches.asked.remove(&peer);
        }
        effects
    }

    /// With a quorum of signatures there is a report of all. Spec: agreement A39.
    pub(super) fn on_batch_signature(
        &mut self,
        now: u64,
        from: OracleIndex,
        first: RequestKey,
        signed: BatchSignature,
    ) -> Vec<Effect> {
        let BatchSignature { hash, signature } = signed;
        let Some(gathering) = self.batches.gathering.get_mut(&first) else { return vec![] };
        // One that comes too late is about an earlier report.
        if gathering.batch.hash != hash || gathering.signatures.contains_key(&from) {
            return vec![];
        }
        let pace = self.delays.pace(&self.roster);
        let cx = Cx::new(&self.roster, self.me, &self.signer, &self.verifier, (now, pace));
        let is_good = check::attest(&cx, from, &hash, &signature);
        if is_good {
            gathering.signatures.insert(from, signature);
        }
        let is_enough = gathering.signatures.len() >= self.roster.quorum();
        self.spend(now, from, &first, REPORT_PRICE);
        if !is_good {
            self.allowances.of(from, now).fault(now);
            return vec![Effect::Blame { oracle: from, misbehavior: Misbehavior::BadSignature("batch") }];
        }
        if !is_enough {
            return vec![];
        }
        match self.batches.gathering.remove(&first) {
            Some(Gathering { batch: Composed { entries, report, context, hash }, signatures }) => {
                let keys = entries.iter().map(|entry| entry.key).collect();
                let signatures = signatures.into_iter().collect();
                let batch = ReadyBatch { keys, report, context, hash, signatures };
                vec![Effect::Batched { first, batch: Some(Box::new(batch)) }]
            }
            None => vec![],
        }
    }

    /// The report of these requests, if each is decided, may be signed, and goes to the same Coordinator.
    fn compose(&self, keys: &[RequestKey]) -> Option<Composed> {
        let decided = |key: &RequestKey| {
            let request: &Request = self.requests.get(key)?;
            Some((&request.event, request.decided()?))
        };
        let decided: Vec<(&RequestEvent, &Outcome)> = keys.iter().map(decided).collect::<Option<_>>()?;
        let (event, _) = decided.first()?;
        let is_one = decided.iter().all(|(other, _)| other.coordinator == event.coordinator);
        if !is_one {
            return None;
        }
        let entry = |(key, (_, outcome)): (&RequestKey, &(_, &Outcome))| BatchEntry {
            key: *key,
            outcome: layout::outcome(outcome),
        };
        let entries: Vec<BatchEntry> = keys.iter().zip(&decided).map(entry).collect();
        check_form(keys.first()?, &entries).ok()?;
        let requests: Vec<B256> = keys.iter().map(|key| key.request).collect();
        let report = report::encode_all(&decided);
        let context = layout::batch_context(self.roster.config_digest(), &requests);
        Some(Composed { entries, hash: context.signed_hash(&report), report, context })
    }

    fn message_of(&self, key: RequestKey, body: Body) -> Message {
        Message { config_digest: self.roster.config_digest(), key, sender: self.me, body }
    }

    fn spend(&mut self, now: u64, peer: OracleIndex, key: &RequestKey, work: u64) {
        let n = self.roster.n();
        if let Some(request) = self.requests.get_mut(key) {
            request.work_of(peer, n, now).take(now, work);
        }
        self.allowances.of(peer, now).spend(now, work);
    }
}

/// Two to [`MAX_BATCH`] different requests, the message's first.
fn check_form(first: &RequestKey, entries: &[BatchEntry]) -> Result<(), &'static str> {
    if entries.len() < 2 || entries.len() > MAX_BATCH {
        return Err("too few requests, or too many");
    }
    if entries.first().is_none_or(|entry| entry.key != *first) {
        return Err("another request than it is about");
    }
    let mut requests: Vec<B256> = entries.iter().map(|entry| entry.key.request).collect();
    requests.sort_unstable();
    requests.dedup();
    if requests.len() == entries.len() { Ok(()) } else { Err("a request twice") }
}
