//! The slow path: a leader per attempt, for answers that differ and oracles that are silent.
//! Spec: agreement A16 to A25.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    check,
    request::{ATTEMPTS_AHEAD, Cx, Request},
};
use crate::{
    Answer, Body, Misbehavior, OracleIndex, SignedObservation, TimerKind, layout,
    message::{Certificate, LockClaim, Prepare, Proposal, Status, StatusClaim, Votes},
    outcome,
    record::Fact,
};

/// Longest attempt, in milliseconds.
const LONGEST_ATTEMPT_MS: u64 = 8_000;

impl Request {
    /// Leaves the fast path when it cannot succeed or has taken too long. Spec: agreement A16.
    pub(crate) fn consider_slow_path(&mut self, cx: &mut Cx<'_>) {
        if self.attempt != 0 || !self.is_active() {
            return;
        }
        let (n, have) = (cx.roster.n(), self.observations.len());
        if have >= cx.roster.live() && self.grace_until.is_none() {
            let until = cx.now.saturating_add(cx.roster.timing().t_grace_ms);
            self.grace_until = Some(until);
            cx.timer(self.key, TimerKind::Grace, until);
        }
        let grace_over = self.grace_until.is_some_and(|until| cx.now >= until);
        let hopeless = have >= cx.roster.live() && self.top_count() + (n - have) < cx.roster.quorum();
        let enough = self.last_call || self.patience_over && self.has_outcome();
        // A lock waits for signatures, not for observations.
        if grace_over || !self.locks.contains_key(&0) && (hopeless || enough) {
            self.enter(cx, 1);
        }
    }

    /// How often the most frequent answer of scripts was seen.
    fn top_count(&self) -> usize {
        let mut counts: BTreeMap<&Answer, usize> = BTreeMap::new();
        let answers = self.observations.values().map(|signed| &signed.observation.answer);
        for answer in answers.filter(|answer| answer.is_from_script()) {
            *counts.entry(answer).or_default() += 1;
        }
        counts.into_values().max().unwrap_or(0)
    }

    /// Whether a leader with what this node knows could propose something.
    pub(crate) fn can_propose(&self) -> bool {
        let claimed = |status: &Status| status.claim.lock.is_some();
        !self.locks.is_empty() || self.statuses.values().any(claimed) || self.has_outcome()
    }

    /// Whether fewer than `n - f` members are known to be as far: in the next attempt they would not meet this node
    /// either. In attempt 1 only the leader hears of the others. Spec: agreement A18.
    pub(crate) fn is_ahead(&self, cx: &Cx<'_>) -> bool {
        let as_far = self.seen_attempts.values().filter(|attempt| **attempt >= self.attempt).count();
        self.attempt > 1 && as_far + 1 < cx.roster.live()
    }

    /// Enters an attempt; nothing below it is locked, prepared or signed from here on. Spec: agreement A17.
    pub(crate) fn enter(&mut self, cx: &mut Cx<'_>, attempt: u32) {
        if !self.is_active() || attempt <= self.attempt {
            return;
        }
        self.attempt = attempt;
        self.collect_until = None;
        self.proposed = None;
        self.prepares = self.prepares.split_off(&attempt);
        // The proposal before may still be what late signatures attest.
        self.proposals = self.proposals.split_off(&attempt.saturating_sub(1));
        cx.persist(self.key, Fact::Attempt(attempt));
        self.arm_attempt(cx);
        let status = self.status(cx);
        self.statuses.insert(cx.me, status);
        self.say_status(cx, None);
        self.advance(cx);
    }

    /// Spec: agreement A18, A35.
    pub(crate) fn arm_attempt(&mut self, cx: &mut Cx<'_>) {
        let base = cx.pace.attempt_ms;
        let doubled = base.saturating_mul(1 << (self.attempt.saturating_sub(1)).min(20));
        self.attempt_until = cx.now.saturating_add(doubled.min(LONGEST_ATTEMPT_MS.max(base)));
        cx.timer(self.key, TimerKind::Attempt(self.attempt), self.attempt_until);
    }

    /// The own STATUS of the current attempt.
    pub(crate) fn status(&self, cx: &mut Cx<'_>) -> Status {
        let lock = self.locks.range(..self.attempt).next_back().map(|(_, lock)| lock.clone());
        let claimed = lock.as_ref().map(|lock| {
            let choice = lock.choice();
            LockClaim { attempt: lock.attempt, outcome: choice.outcome, evidence: choice.evidence }
        });
        let mut claim = StatusClaim {
            sender: cx.me,
            attempt: self.attempt,
            lock: claimed,
            held: self.observations.iter().map(|(&author, signed)| (author, signed.digest())).collect(),
            signature: [0; 64],
        };
        claim.signature = cx.signer.sign_offchain(&layout::status(&self.domain, &claim));
        Status { claim, certificate: lock, observations: self.observations.values().cloned().collect() }
    }

    /// Sends the own STATUS: in full to the leader; the bare claim to the others from attempt 2 on, so that
    /// attempts converge. Spec: agreement A19.
    pub(crate) fn say_status(&self, cx: &mut Cx<'_>, only: Option<OracleIndex>) {
        let Some(status) = self.statuses.get(&cx.me).filter(|status| status.claim.attempt == self.attempt)
        else {
            return;
        };
        let leader = self.order.leader(self.attempt);
        for to in cx.roster.indexes().filter(|&to| only.is_none_or(|only| only == to)) {
            if to == leader {
                cx.say(self.key, Some(to), Body::Status(Box::new(status.clone())));
            } else if self.attempt >= 2 {
                let bare = Status { claim: status.claim.clone(), certificate: None, observations: vec![] };
                cx.say(self.key, Some(to), Body::Status(Box::new(bare)));
            }
        }
    }

    /// Spec: agreement A19.
    pub(crate) fn on_status(&mut self, cx: &mut Cx<'_>, from: OracleIndex, mut status: Status) {
        let attempt = status.claim.attempt;
        if status.claim.sender != from {
            return cx.blame(from, Misbehavior::Impersonation(status.claim.sender));
        }
        if self.report.is_some() {
            return self.answer(cx, from, attempt);
        }
        let latest = self.statuses.get(&from).map_or(0, |known| known.claim.attempt);
        if attempt < self.attempt.max(1) || attempt <= latest || self.settled {
            return;
        }
        if let Err(reason) = check::status(cx, &self.domain, &self.order, &status, self.known()) {
            return cx.blame(from, Misbehavior::InvalidStatus(reason));
        }
        // What is kept of a peer is its claim and its proof: the observations have one place.
        for signed in std::mem::take(&mut status.observations) {
            self.hold(cx, signed);
        }
        self.statuses.insert(from, status);
        self.note_attempt(cx, from, attempt);
        self.advance(cx);
    }

    /// `f + 1` oracles in higher attempts include an honest one. Spec: agreement A18, A20.
    pub(crate) fn note_attempt(&mut self, cx: &mut Cx<'_>, oracle: OracleIndex, attempt: u32) {
        let was_ahead = self.is_ahead(cx);
        let seen = self.seen_attempts.entry(oracle).or_default();
        *seen = attempt.max(*seen);
        if was_ahead && !self.is_ahead(cx) {
            // Whoever waited for the others has a whole attempt together with them.
            self.arm_attempt(cx);
        }
        let mut attempts: Vec<u32> = self.seen_attempts.values().copied().collect();
        attempts.sort_unstable_by_key(|&attempt| Reverse(attempt));
        if let Some(&pulled) = attempts.get(cx.roster.f()) {
            self.enter(cx, pulled);
        }
    }

    /// As leader, once `n - f` oracles have entered. Spec: agreement A21.
    pub(crate) fn try_propose(&mut self, cx: &mut Cx<'_>) {
        if self.attempt == 0 || self.order.leader(self.attempt) != cx.me || self.proposed.is_some() {
            return;
        }
        let mut present: Vec<&Status> =
            self.statuses.values().filter(|status| status.claim.attempt == self.attempt).collect();
        if present.len() < cx.roster.live() {
            return;
        }
        let rank = |status: &&Status| {
            let locked = status.claim.lock.map(|lock| lock.attempt);
            (Reverse(locked), status.claim.sender)
        };
        present.sort_unstable_by_key(rank);
        let certificate = present.first().and_then(|status| status.certificate.clone());
        present.truncate(cx.roster.live());
        let mut claims: Vec<StatusClaim> = present.into_iter().map(|status| status.claim.clone()).collect();
        claims.sort_unstable_by_key(|claim| claim.sender);
        let observations: Vec<SignedObservation> = match certificate {
            Some(_) => vec![],
            None => self.observations.values().cloned().collect(),
        };
        if certificate.is_none() && !self.may_propose(cx, &claims) {
            return;
        }
        let (outcome, evidence) = match &certificate {
            Some(lock) => (lock.outcome.clone(), lock.evidence),
            None => {
                let evidence = layout::evidence_root(&self.domain, &self.rule, &observations);
                let answers: Vec<&Answer> =
                    observations.iter().map(|signed| &signed.observation.answer).collect();
                match outcome::decide(&self.rule, &answers, &evidence) {
                    Some(outcome) => (outcome, evidence),
                    None => return,
                }
            }
        };
        let attempt = self.attempt;
        let mut proposal =
            Proposal { attempt, outcome, evidence, observations, claims, certificate, signature: [0; 64] };
        proposal.signature = cx.signer.sign_offchain(&check::proposal_layout(&self.domain, cx.me, &proposal));
        cx.persist(self.key, Fact::Proposal(proposal.clone()));
        cx.say(self.key, None, Body::Propose(Box::new(proposal.clone())));
        self.proposed = Some(proposal.clone());
        self.accept(cx, proposal);
    }

    /// Without a lock: enough observations, none left out that `f + 1` oracles hold, and the first leader
    /// has given the last ones a little time if they can still change what comes out, and if the attempt has it.
    fn may_propose(&mut self, cx: &mut Cx<'_>, claims: &[StatusClaim]) -> bool {
        let have = self.observations.len();
        if self.attempt == 1 && !self.is_settled_without(cx.roster.n() - have) {
            let grace = self.grace_until.unwrap_or(cx.now.saturating_add(cx.roster.timing().t_grace_ms));
            let latest = self.attempt_until.saturating_sub(cx.pace.after_proposal_ms());
            let until = *self.collect_until.get_or_insert(grace.min(latest));
            if cx.now < until {
                cx.timer(self.key, TimerKind::Collect, until);
                return false;
            }
        }
        let required = check::required_authors(claims, cx.roster.f());
        have > 2 * cx.roster.f() && required.iter().all(|author| self.observations.contains_key(author))
    }

    /// Spec: agreement A23.
    pub(crate) fn on_propose(&mut self, cx: &mut Cx<'_>, from: OracleIndex, proposal: Proposal) {
        let attempt = proposal.attempt;
        if self.report.is_some() {
            return self.answer(cx, from, attempt);
        }
        if attempt < self.attempt.max(1) || self.settled {
            return;
        }
        if self.order.leader(attempt) != from {
            return cx.blame(from, Misbehavior::InvalidProposal("not the leader of the attempt"));
        }
        if let Some(known) = self.proposals.get(&attempt) {
            if known.choice() != proposal.choice() {
                cx.blame(from, Misbehavior::ConflictingProposal(attempt));
            }
            return;
        }
        if let Err(reason) = check::proposal(cx, &self.domain, &self.rule, from, &proposal, self.known()) {
            return cx.blame(from, Misbehavior::InvalidProposal(reason));
        }
        for signed in &proposal.observations {
            self.hold(cx, signed.clone());
        }
        for claim in &proposal.claims {
            if claim.sender != cx.me {
                self.note_attempt(cx, claim.sender, attempt);
            }
        }
        if self.attempt == attempt {
            self.accept(cx, proposal);
        }
        self.advance(cx);
    }

    /// One vote an attempt, stored with what it is for. Spec: agreement A24.
    fn accept(&mut self, cx: &mut Cx<'_>, proposal: Proposal) {
        let (attempt, choice) = (proposal.attempt, proposal.choice());
        let votes = self.prepares.entry(attempt).or_default();
        if !self.settled && !self.quarantined && self.report.is_none() && !votes.contains_key(&cx.me) {
            let signature = cx.signer.sign_offchain(&layout::prepare(&self.domain, cx.me, attempt, &choice));
            let prepare = Prepare { attempt, choice, signature };
            votes.insert(cx.me, prepare.clone());
            cx.persist(self.key, Fact::Prepare(proposal.clone(), prepare.clone()));
            cx.say(self.key, None, Body::Prepare(prepare));
        }
        self.proposals.insert(attempt, proposal);
    }

    /// Spec: agreement A24.
    pub(crate) fn on_prepare(&mut self, cx: &mut Cx<'_>, from: OracleIndex, prepare: Prepare) {
        let attempt = prepare.attempt;
        if self.report.is_some() {
            return self.answer(cx, from, attempt);
        }
        if attempt < self.attempt.max(1) || self.settled {
            return;
        }
        if attempt <= self.attempt.saturating_add(ATTEMPTS_AHEAD) {
            let known = self.prepares.get(&attempt).and_then(|votes| votes.get(&from));
            if known.is_some_and(|known| known.choice == prepare.choice) {
                return;
            }
            if !check::prepare(cx, &self.domain, from, &prepare) {
                return cx.blame(from, Misbehavior::BadSignature("prepare"));
            }
            if known.is_some() {
                return cx.blame(from, Misbehavior::ConflictingPrepare(attempt));
            }
            self.prepares.entry(attempt).or_default().insert(from, prepare);
        }
        self.note_attempt(cx, from, attempt);
        self.advance(cx);
    }

    /// A quorum of votes for the proposal accepted in the current attempt. Spec: agreement A25.
    pub(crate) fn try_lock(&mut self, cx: &mut Cx<'_>) {
        if self.attempt == 0 || self.locks.contains_key(&self.attempt) {
            return;
        }
        let (Some(proposal), Some(votes)) =
            (self.proposals.get(&self.attempt), self.prepares.get(&self.attempt))
        else {
            return;
        };
        if !self.may_sign(&proposal.outcome) {
            return;
        }
        let choice = proposal.choice();
        let quorum = cx.roster.quorum();
        let votes = votes.iter().filter(|(_, prepare)| prepare.choice == choice).take(quorum);
        let votes: Vec<_> = votes.map(|(&oracle, prepare)| (oracle, prepare.signature)).collect();
        if votes.len() < quorum {
            return;
        }
        let (attempt, outcome, evidence) = (self.attempt, proposal.outcome.clone(), proposal.evidence);
        self.lock(cx, Certificate { attempt, outcome, evidence, votes: Votes::Prepares(votes) });
    }
}
