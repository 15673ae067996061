//! What a node knows about one request, and the context a step works in.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use alloy_primitives::B256;

use crate::{
    Answer, Attested, Body, Effect, Message, Misbehavior, OracleIndex, Order, Outcome, RequestEvent,
    RequestKey, Roster, SignedObservation, Signer, Timer, TimerKind, Verifier, View,
    choice::Choice,
    layout::{self, Domain},
    message::{Attest, Certificate, Prepare, Proposal, Status},
    outcome::{self, Rule},
    record::Fact,
    roster::FULL_ECHO_ORACLES,
};

use super::{
    allowance::{Bucket, Rate},
    delays::Pace,
    known::Known,
};

/// Attempts ahead of its own that a node listens to.
pub(crate) const ATTEMPTS_AHEAD: u32 = 2;
/// Attempts whose SIG are kept.
pub(crate) const ATTEST_ATTEMPTS: usize = 8;

/// Own locks kept in memory: STATUS speaks of the highest below the current attempt.
pub(crate) const LOCKS: usize = 3;

/// What a step may use, and the effects it collects.
pub(crate) struct Cx<'a> {
    pub(crate) roster: &'a Roster,
    pub(crate) me: OracleIndex,
    pub(crate) signer: &'a dyn Signer,
    pub(crate) verifier: &'a dyn Verifier,
    pub(crate) now: u64,
    pub(crate) pace: Pace,
    pub(crate) out: Vec<Effect>,
    /// Whose message the work of this step is for; this node itself without one.
    pub(crate) payer: Cell<OracleIndex>,
    /// Work done, by who made this node do it.
    pub(crate) costs: RefCell<BTreeMap<OracleIndex, u64>>,
    /// Whether the payer may be given again what it was given before.
    pub(crate) may_repeat: bool,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        roster: &'a Roster,
        me: OracleIndex,
        signer: &'a dyn Signer,
        verifier: &'a dyn Verifier,
        (now, pace): (u64, Pace),
    ) -> Self {
        Self {
            roster,
            me,
            signer,
            verifier,
            now,
            pace,
            out: Vec::new(),
            payer: Cell::new(me),
            costs: RefCell::default(),
            may_repeat: true,
        }
    }

    /// Counts work against the payer.
    pub(crate) fn spend(&self, price: u64) {
        *self.costs.borrow_mut().entry(self.payer.get()).or_default() += price;
    }

    pub(crate) fn persist(&mut self, key: RequestKey, fact: Fact) {
        self.out.push(Effect::Persist(fact.record(key)));
    }

    pub(crate) fn timer(&mut self, key: RequestKey, kind: TimerKind, at: u64) {
        self.out.push(Effect::SetTimer { timer: Timer { key, kind }, at });
    }

    pub(crate) fn blame(&mut self, oracle: OracleIndex, misbehavior: Misbehavior) {
        self.out.push(Effect::Blame { oracle, misbehavior });
    }

    pub(crate) fn message(&self, key: RequestKey, body: Body) -> Message {
        Message { config_digest: self.roster.config_digest(), key, sender: self.me, body }
    }

    /// Sends to one oracle, or to all others.
    pub(crate) fn say(&mut self, key: RequestKey, to: Option<OracleIndex>, body: Body) {
        let message = self.message(key, body);
        match to {
            Some(to) if to == self.me => {}
            Some(to) => self.out.push(Effect::Send { to, message }),
            None => self.out.push(Effect::Broadcast(message)),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) event: RequestEvent,
    pub(crate) key: RequestKey,
    pub(crate) domain: Domain,
    pub(crate) rule: Rule,
    /// Who leads, collects and transmits.
    pub(crate) order: Order,
    /// Silent, see [`crate::Protocol::set_quarantine`].
    pub(crate) quarantined: bool,
    /// The only outcome this node may sign, for it signed it under an earlier configuration.
    pub(crate) bound: Option<Outcome>,
    /// The chain has an answer, or the request expired.
    pub(crate) settled: bool,
    /// When what was said is said again.
    pub(crate) repeat_at: u64,
    /// The first repetition is due: the node waits for no more answers than the outcome function needs.
    pub(crate) patience_over: bool,
    /// The last moment for an observation has passed.
    pub(crate) last_call: bool,
    /// First verified observation of each author.
    pub(crate) observations: BTreeMap<OracleIndex, SignedObservation>,
    /// Authors whose second observation was reported.
    pub(crate) equivocators: BTreeSet<OracleIndex>,
    pub(crate) attempt: u32,
    /// End of the wait for the fast path, once it has begun.
    pub(crate) grace_until: Option<u64>,
    /// End of the first leader's wait for more observations.
    pub(crate) collect_until: Option<u64>,
    pub(crate) attempt_until: u64,
    /// When signatures go to everybody, once there is one.
    pub(crate) fallback_at: Option<u64>,
    /// Own locks by attempt.
    pub(crate) locks: BTreeMap<u32, Certificate>,
    /// SIG by attempt and author, with whether the signature was checked.
    pub(crate) attests: BTreeMap<u32, BTreeMap<OracleIndex, (Attest, bool)>>,
    /// STATUS of the highest attempt of each author.
    pub(crate) statuses: BTreeMap<OracleIndex, Status>,
    /// Accepted proposal by attempt.
    pub(crate) proposals: BTreeMap<u32, Proposal>,
    /// Own proposal of the current attempt.
    pub(crate) proposed: Option<Proposal>,
    pub(crate) prepares: BTreeMap<u32, BTreeMap<OracleIndex, Prepare>>,
    /// Highest attempt each other oracle was seen in.
    pub(crate) seen_attempts: BTreeMap<OracleIndex, u32>,
    pub(crate) report: Option<Attested>,
    /// When the report was known.
    pub(crate) report_at: u64,
    /// Next attempt for which a peer is answered with the report.
    pub(crate) answered: BTreeMap<OracleIndex, u32>,
    /// What the messages of each peer about this request may still cost.
    pub(crate) work: BTreeMap<OracleIndex, Bucket>,
    /// Peers to which everything will be said again when they may be told more.
    pub(crate) owed: BTreeSet<OracleIndex>,
}

impl Request {
    pub(crate) fn new(roster: &Roster, event: RequestEvent) -> Self {
        let key = event.key();
        Self {
            domain: Domain { config_digest: roster.config_digest(), key },
            rule: Rule::of(roster, event.aggregation),
            order: roster.order(&event.request),
            event,
            key,
            quarantined: false,
            bound: None,
            settled: false,
            repeat_at: 0,
            patience_over: false,
            last_call: false,
            observations: BTreeMap::new(),
            equivocators: BTreeSet::new(),
            attempt: 0,
            grace_until: None,
            collect_until: None,
            attempt_until: 0,
            fallback_at: None,
            locks: BTreeMap::new(),
            attests: BTreeMap::new(),
            statuses: BTreeMap::new(),
            proposals: BTreeMap::new(),
            proposed: None,
            prepares: BTreeMap::new(),
            seen_attempts: BTreeMap::new(),
            report: None,
            report_at: 0,
            answered: BTreeMap::new(),
            work: BTreeMap::new(),
            owed: BTreeSet::new(),
        }
    }

    /// Whether what was signed under earlier configurations lets this node sign the outcome. Spec: agreement A34.
    pub(crate) fn may_sign(&self, outcome: &Outcome) -> bool {
        self.bound.as_ref().is_none_or(|bound| bound == outcome)
    }

    /// The outcome, if it is decided and may be signed together with others: it rests on the fast path's evidence, from
    /// which a batch's follows. Spec: agreement A36.
    pub(crate) fn decided(&self) -> Option<&Outcome> {
        let is_open = !self.quarantined && !self.settled;
        let report = self.report.as_ref().filter(|_| is_open)?;
        let is_fast = report.evidence == layout::fast_evidence(&self.key.request);
        (is_fast && self.may_sign(&report.outcome)).then_some(&report.outcome)
    }

    pub(crate) fn arm_repeat(&mut self, cx: &mut Cx<'_>) {
        self.repeat_at = cx.now.saturating_add(cx.roster.timing().t_obs_ms);
        cx.timer(self.key, TimerKind::Repeat, self.repeat_at);
    }

    /// Spec: agreement A8: the chain's time leaves no more than agreement and transmission need, and this node,
    /// however late it met the request, has had its time too.
    pub(crate) fn is_last_call(&self, chain_seconds: u64) -> bool {
        let late = chain_seconds >= self.event.last_call_seconds();
        late && self.patience_over && !self.last_call && self.is_active()
    }

    /// Answers observed by scripts that the outcome function could decide on.
    pub(crate) fn has_outcome(&self) -> bool {
        let answers: Vec<&Answer> =
            self.observations.values().map(|signed| &signed.observation.answer).collect();
        outcome::decide(&self.rule, &answers, &B256::ZERO).is_some()
    }

    /// Whether so many more answers could not change what comes out.
    pub(crate) fn is_settled_without(&self, missing: usize) -> bool {
        let answers: Vec<&Answer> =
            self.observations.values().map(|signed| &signed.observation.answer).collect();
        outcome::is_settled(&self.rule, &answers, missing)
    }

    /// Whether the node still works towards a report by speaking.
    pub(crate) fn is_active(&self) -> bool {
        !self.settled && !self.quarantined && self.report.is_none()
    }

    pub(crate) fn needs_observation(&self, me: OracleIndex) -> bool {
        self.is_active() && !self.observations.contains_key(&me)
    }

    pub(crate) fn view(&self, me: OracleIndex) -> View {
        View {
            // Words that only peers remember are not this run's own.
            own: self.observations.get(&me).filter(|_| !self.quarantined).cloned(),
            observations: self.observations.values().cloned().collect(),
            attempt: self.attempt,
            locked: self.locks.last_key_value().map(|(_, lock)| lock.outcome.clone()),
            report: self.report.clone(),
            quarantined: self.quarantined,
        }
    }

    /// What a peer's messages about this request may still cost. Spec: agreement A30.
    pub(crate) fn work_of(&mut self, peer: OracleIndex, n: usize, now: u64) -> &mut Bucket {
        self.work.entry(peer).or_insert_with(|| Bucket::new(Rate::of_request(n), now))
    }

    /// What need not be checked again.
    pub(crate) fn known(&self) -> Known<'_> {
        Known { observations: &self.observations, equivocators: &self.equivocators, statuses: &self.statuses }
    }

    /// Spec: agreement A29.
    pub(crate) fn settle(&mut self) {
        self.settled = true;
    }

    /// Everything that may have become possible.
    pub(crate) fn advance(&mut self, cx: &mut Cx<'_>) {
        if self.settled || self.report.is_some() {
            return;
        }
        if self.is_active() {
            self.try_fast_lock(cx);
            self.try_propose(cx);
            self.try_lock(cx);
        }
        self.try_assemble(cx);
        self.consider_slow_path(cx);
    }

    /// The due timer's work; a timer that comes early is set again. Spec: agreement A18, A26.
    pub(crate) fn timer(&mut self, cx: &mut Cx<'_>, kind: TimerKind) {
        if let TimerKind::Again(peer) = kind {
            self.owed.remove(&peer);
            return self.say_again(cx, Some(peer));
        }
        if !self.is_active() {
            return;
        }
        let due = match kind {
            TimerKind::Repeat => Some(self.repeat_at),
            TimerKind::Grace => self.grace_until,
            TimerKind::Collect => self.collect_until,
            TimerKind::Attempt(attempt) => (attempt == self.attempt).then_some(self.attempt_until),
            TimerKind::Fallback => Some(cx.now),
            TimerKind::Again(_) | TimerKind::Batch => None,
        };
        let Some(due) = due else {
            return;
        };
        if cx.now < due {
            return cx.timer(self.key, kind, due);
        }
        match kind {
            TimerKind::Repeat => {
                self.patience_over = true;
                self.say_again(cx, None);
                self.arm_repeat(cx);
                self.advance(cx);
            }
            TimerKind::Grace | TimerKind::Collect => self.advance(cx),
            // Without anything to propose, another leader would not help: the attempt goes on until there is.
            TimerKind::Attempt(_) if !self.can_propose() || self.is_ahead(cx) => self.arm_attempt(cx),
            TimerKind::Attempt(attempt) => self.enter(cx, attempt.saturating_add(1)),
            TimerKind::Fallback | TimerKind::Again(_) | TimerKind::Batch => self.say_attest(cx, None),
        }
    }

    /// The outcome behind a choice, if this node has met it.
    pub(crate) fn outcome_of(&self, choice: &Choice) -> Option<Outcome> {
        let locks =
            self.locks.values().filter(|lock| lock.choice() == *choice).map(|lock| lock.outcome.clone());
        let proposals = self.proposals.values().filter(|p| p.choice() == *choice).map(|p| p.outcome.clone());
        if let Some(outcome) = locks.chain(proposals).next() {
            return Some(outcome);
        }
        if choice.evidence != layout::fast_evidence(&self.key.request) {
            return None;
        }
        let answers = self.observations.values().map(|signed| &signed.observation.answer);
        answers.filter_map(Outcome::of_answer).find(|outcome| layout::outcome(outcome) == choice.outcome)
    }

    /// Whether an oracle distributes reports and gets signatures directly. Spec: agreement A12.
    pub(crate) fn is_collector(&self, roster: &Roster, oracle: OracleIndex) -> bool {
        roster.n() <= FULL_ECHO_ORACLES || self.order.stage(oracle) <= roster.f()
    }
}
