//! The fast path: observe, lock, sign, assemble. Spec: agreement A7 to A14.

use std::collections::BTreeMap;

use super::{
    check,
    request::{ATTEMPTS_AHEAD, ATTEST_ATTEMPTS, Cx, LOCKS, Request},
};
use crate::{
    Answer, Attested, Body, FailureCode, Misbehavior, Observation, OracleIndex, Outcome, ReadyReport,
    SignedObservation, TimerKind,
    choice::Choice,
    layout,
    message::{Attest, Certificate, Votes},
    record::Fact,
    report,
};

/// Grace times that a lock of the fast path waits for signatures.
pub(super) const GRACES_AFTER_LOCK: u64 = 5;

impl Request {
    /// The own observation, once. Spec: agreement A7.
    pub(crate) fn observe(&mut self, cx: &mut Cx<'_>, observation: Observation) {
        if !self.needs_observation(cx.me) {
            return;
        }
        let fits = observation.answer.bytes().len() <= cx.roster.response_bytes();
        let observation = if fits { observation } else { Observation::failure(FailureCode::Refused) };
        let signature = cx.signer.sign_offchain(&layout::observation(&self.domain, cx.me, &observation));
        let signed = SignedObservation { sender: cx.me, observation, signature };
        cx.persist(self.key, Fact::Observation(signed.clone()));
        cx.say(self.key, None, Body::Observation(signed.clone()));
        self.observations.insert(cx.me, signed);
        self.advance(cx);
    }

    /// Without an answer of its own the node says so, which lets the others go on with theirs. Spec: agreement A8.
    pub(crate) fn on_last_call(&mut self, cx: &mut Cx<'_>) {
        self.last_call = true;
        self.observe(cx, Observation::failure(FailureCode::Deadline));
        self.advance(cx);
    }

    pub(crate) fn on_observation(&mut self, cx: &mut Cx<'_>, from: OracleIndex, signed: SignedObservation) {
        if signed.sender == cx.me {
            return self.add_observation(cx, from, signed);
        }
        if signed.sender != from {
            return cx.blame(from, Misbehavior::Impersonation(signed.sender));
        }
        let is_new = !self.observations.contains_key(&from);
        self.add_observation(cx, from, signed);
        // Right after the report a first observation has crossed it; else its author does not have the report.
        let crossed = cx.now < self.report_at.saturating_add(cx.roster.timing().t_grace_ms);
        if self.report.is_some() && !(is_new && crossed) {
            return self.tell_report(cx, from);
        }
        self.advance(cx);
    }

    /// Checks and keeps an observation that `from` brought.
    fn add_observation(&mut self, cx: &mut Cx<'_>, from: OracleIndex, signed: SignedObservation) {
        let author = signed.sender;
        let known = self.observations.get(&author);
        if known.is_some_and(|known| known.observation == signed.observation)
            || self.equivocators.contains(&author)
        {
            return;
        }
        if let Err(reason) = check::observation(cx, &self.domain, &signed) {
            return cx.blame(from, Misbehavior::BadSignature(reason));
        }
        self.hold(cx, signed);
    }

    /// Keeps a good observation if it is its author's first; a second one is reported once. Spec: agreement A9.
    pub(crate) fn hold(&mut self, cx: &mut Cx<'_>, signed: SignedObservation) {
        let author = signed.sender;
        let known = self.observations.get(&author);
        if author == cx.me && known.is_none_or(|known| known.observation != signed.observation) {
            // Signed with this node's key, and not here: its records are not all there, or it is not the only one.
            self.fall_silent(cx);
        }
        match self.observations.get(&author) {
            None => {
                self.observations.insert(author, signed);
            }
            Some(known) if known.observation == signed.observation || self.equivocators.contains(&author) => {
            }
            Some(known) => {
                let pair = Box::new((known.clone(), signed));
                self.equivocators.insert(author);
                cx.blame(author, Misbehavior::ConflictingObservation(pair));
            }
        }
    }

    /// A quorum of equal answers of scripts, while still in the fast path. Spec: agreement A10.
    pub(crate) fn try_fast_lock(&mut self, cx: &mut Cx<'_>) {
        if self.attempt != 0 || self.locks.contains_key(&0) {
            return;
        }
        let mut by_answer: BTreeMap<&Answer, Vec<&SignedObservation>> = BTreeMap::new();
        for signed in self.observations.values() {
            by_answer.entry(&signed.observation.answer).or_default().push(signed);
        }
        let quorum = cx.roster.quorum();
        let certified = by_answer.into_iter().find_map(|(answer, signed)| {
            let outcome = Outcome::of_answer(answer)?;
            (signed.len() >= quorum && self.may_sign(&outcome)).then_some((outcome, signed))
        });
        let Some((outcome, signed)) = certified else {
            return;
        };
        let votes = signed.iter().take(quorum);
        let votes =
            votes.map(|signed| (signed.sender, signed.observation.metadata_hash, signed.signature)).collect();
        let evidence = layout::fast_evidence(&self.key.request);
        let certificate = Certificate { attempt: 0, outcome, evidence, votes: Votes::Observations(votes) };
        // Whoever hears the same observations signs the same: the others get their time before the slow path.
        let grace_until =
            cx.now.saturating_add(cx.roster.timing().t_grace_ms.saturating_mul(GRACES_AFTER_LOCK));
        self.grace_until = Some(grace_until);
        cx.timer(self.key, TimerKind::Grace, grace_until);
        self.lock(cx, certificate);
    }

    /// Stores a lock, then attests it. Spec: agreement A11.
    pub(crate) fn lock(&mut self, cx: &mut Cx<'_>, certificate: Certificate) {
        let (attempt, choice) = (certificate.attempt, certificate.choice());
        let hash =
            report::signed_hash(cx.roster, &self.event, attempt, &certificate.outcome, certificate.evidence);
        let attest = Attest { attempt, choice, signature: cx.signer.sign_report(&hash) };
        cx.persist(self.key, Fact::Lock(certificate.clone()));
        cx.persist(self.key, Fact::Attest(attest.clone()));
        self.locks.insert(attempt, certificate);
        while self.locks.len() > LOCKS {
            self.locks.pop_first();
        }
        self.attests.entry(attempt).or_default().insert(cx.me, (attest, true));
        // Later locks do not put off what collectors that are silent make necessary.
        let stage_ms = cx.roster.timing().delta_stage_ms;
        let fallback_at = *self.fallback_at.get_or_insert(cx.now.saturating_add(stage_ms));
        if cx.roster.n() <= crate::FULL_ECHO_ORACLES || cx.now >= fallback_at {
            return self.say_attest(cx, None);
        }
        for oracle in cx.roster.indexes().filter(|&oracle| self.is_collector(cx.roster, oracle)) {
            self.say_attest(cx, Some(oracle));
        }
        cx.timer(self.key, TimerKind::Fallback, fallback_at);
    }

    /// Sends the latest own SIG.
    pub(crate) fn say_attest(&self, cx: &mut Cx<'_>, to: Option<OracleIndex>) {
        let own = self.attests.values().rev().find_map(|group| group.get(&cx.me));
        if let Some((attest, _)) = own {
            cx.say(self.key, to, Body::Attest(attest.clone()));
        }
    }

    pub(crate) fn on_attest(&mut self, cx: &mut Cx<'_>, from: OracleIndex, attest: Attest) {
        if self.report.is_some() || self.settled {
            return;
        }
        let attempt = attest.attempt;
        if attempt <= self.attempt.saturating_add(ATTEMPTS_AHEAD) {
            self.attests.entry(attempt).or_default().entry(from).or_insert((attest, false));
            while self.attests.len() > ATTEST_ATTEMPTS {
                self.attests.pop_first();
            }
        }
        self.note_attempt(cx, from, attempt);
        self.advance(cx);
    }

    /// A quorum of good signatures for one choice of one attempt. Spec: agreement A13.
    pub(crate) fn try_assemble(&mut self, cx: &mut Cx<'_>) {
        let quorum = cx.roster.quorum();
        let mut candidates: BTreeMap<(u32, Choice), usize> = BTreeMap::new();
        for (attempt, group) in &self.attests {
            for (attest, _) in group.values() {
                *candidates.entry((*attempt, attest.choice)).or_default() += 1;
            }
        }
        candidates.retain(|_, count| *count >= quorum);
        for (attempt, choice) in candidates.into_keys() {
            if let Some(outcome) = self.outcome_of(&choice)
                && let Some(attested) = self.assemble(cx, attempt, choice, outcome)
            {
                return self.finish(cx, attested, true);
            }
        }
    }

    fn assemble(
        &mut self,
        cx: &mut Cx<'_>,
        attempt: u32,
        choice: Choice,
        outcome: Outcome,
    ) -> Option<Attested> {
        let hash = report::signed_hash(cx.roster, &self.event, attempt, &outcome, choice.evidence);
        let group = self.attests.get_mut(&attempt)?;
        let mut bad = Vec::new();
        for (&oracle, (attest, checked)) in
            group.iter_mut().filter(|(_, (attest, _))| attest.choice == choice)
        {
            if !*checked {
                // Whoever's message comes now, this is the work of the signature's author.
                let payer = cx.payer.replace(oracle);
                *checked = check::attest(cx, oracle, &hash, &attest.signature);
                cx.payer.set(payer);
            }
            if !*checked {
                bad.push(oracle);
            }
        }
        for oracle in bad {
            group.remove(&oracle);
            cx.blame(oracle, Misbehavior::BadSignature("attest"));
        }
        let good = group.iter().filter(|(_, (attest, checked))| *checked && attest.choice == choice);
        let signatures: Vec<_> =
            good.map(|(&oracle, (attest, _))| (oracle, attest.signature)).take(cx.roster.quorum()).collect();
        let enough = signatures.len() == cx.roster.quorum();
        enough.then_some(Attested { attempt, outcome, evidence: choice.evidence, signatures })
    }

    /// Adopts a report and stops. One that was assembled here is passed on. Spec: agreement A14.
    pub(crate) fn finish(&mut self, cx: &mut Cx<'_>, attested: Attested, assembled: bool) {
        cx.persist(self.key, Fact::Report(attested.clone()));
        if assembled && self.is_collector(cx.roster, cx.me) {
            cx.say(self.key, None, Body::Report(Box::new(attested.clone())));
        }
        let ready = ReadyReport::of(cx.roster, self.order.stage(cx.me), &self.event, &attested);
        cx.out.push(crate::Effect::Report(Box::new(ready)));
        self.report = Some(attested);
        self.report_at = cx.now;
    }

    /// Spec: agreement A14.
    pub(crate) fn on_report(&mut self, cx: &mut Cx<'_>, from: OracleIndex, attested: Attested) {
        if self.report.as_ref().is_some_and(|known| known.outcome == attested.outcome) {
            return;
        }
        if let Err(reason) = check::report(cx, &self.event, &attested) {
            return cx.blame(from, Misbehavior::InvalidReport(reason));
        }
        if self.report.is_some() {
            return cx.blame(from, Misbehavior::ContradictingReport);
        }
        self.finish(cx, attested, false);
    }
}
