//! Late peers and restarts: what was said is said again, a report is shown to whoever still works.

use super::{
    fast::GRACES_AFTER_LOCK,
    request::{Cx, Request},
};
use crate::{Body, Earlier, Effect, OracleIndex, ReadyReport, TimerKind, record::Fact};

impl Request {
    /// Answers a peer that still works with the report, once per peer and attempt. Spec: agreement A15.
    pub(crate) fn answer(&mut self, cx: &mut Cx<'_>, to: OracleIndex, attempt: u32) {
        let next = self.answered.entry(to).or_default();
        if attempt < *next {
            return;
        }
        if let Some(report) = self.report.as_ref().filter(|_| cx.may_repeat) {
            *next = attempt.saturating_add(1);
            cx.say(self.key, Some(to), Body::Report(Box::new(report.clone())));
        }
    }

    /// Gives the report to a peer that shows it does not have it. Spec: agreement A15.
    pub(crate) fn tell_report(&mut self, cx: &mut Cx<'_>, to: OracleIndex) {
        if let Some(report) = self.report.as_ref().filter(|_| cx.may_repeat) {
            cx.say(self.key, Some(to), Body::Report(Box::new(report.clone())));
        }
    }

    /// Repeats the latest own messages, which change nothing for a peer that has them: to one peer after a
    /// reconnection, to all after a restart. Spec: agreement A26.
    pub(crate) fn say_again(&mut self, cx: &mut Cx<'_>, to: Option<OracleIndex>) {
        if let Some(peer) = to {
            self.answered.remove(&peer);
        }
        if let Some(report) = &self.report {
            if !self.settled {
                cx.say(self.key, to, Body::Report(Box::new(report.clone())));
            }
            return;
        }
        if let Some(theirs) = to.and_then(|peer| self.observations.get(&peer)) {
            cx.say(self.key, to, Body::Observation(theirs.clone()));
        }
        if !self.is_active() {
            return;
        }
        if let Some(own) = self.observations.get(&cx.me) {
            cx.say(self.key, to, Body::Observation(own.clone()));
        }
        self.say_status(cx, to);
        if let Some(proposal) = &self.proposed {
            cx.say(self.key, to, Body::Propose(Box::new(proposal.clone())));
        }
        let vote = self.prepares.get(&self.attempt).and_then(|votes| votes.get(&cx.me));
        if let Some(vote) = vote {
            cx.say(self.key, to, Body::Prepare(vote.clone()));
        }
        self.say_attest(cx, to);
    }

    /// Goes on under this configuration with what was said under earlier ones. Spec: agreement A34.
    pub(crate) fn take_along(&mut self, cx: &mut Cx<'_>, said: Earlier) {
        let Earlier { observation, bound, quarantined } = said;
        if quarantined {
            self.fall_silent(cx);
        }
        if let Some(outcome) = bound.filter(|_| self.bound.is_none()) {
            cx.persist(self.key, Fact::Bound(outcome.clone()));
            self.bound = Some(outcome);
        }
        if let Some(observation) = observation {
            self.observe(cx, observation);
        }
    }

    /// Says nothing more about the request. Spec: agreement A28.
    pub(crate) fn fall_silent(&mut self, cx: &mut Cx<'_>) {
        if !self.quarantined {
            self.quarantined = true;
            cx.persist(self.key, Fact::Quarantine);
        }
    }

    /// Takes one record of an earlier run back.
    pub(crate) fn recall(&mut self, me: OracleIndex, fact: Fact) {
        match fact {
            Fact::Event(_) => {}
            Fact::Observation(signed) => {
                self.observations.insert(me, signed);
            }
            Fact::Attempt(attempt) => self.attempt = attempt,
            Fact::Lock(certificate) => {
                self.locks.insert(certificate.attempt, certificate);
            }
            Fact::Proposal(proposal) => {
                let newer = self.proposed.as_ref().is_none_or(|known| known.attempt < proposal.attempt);
                if newer {
                    self.proposed = Some(proposal);
                }
            }
            Fact::Prepare(proposal, prepare) => {
                self.prepares.entry(prepare.attempt).or_default().insert(me, prepare);
                self.proposals.insert(proposal.attempt, proposal);
            }
            Fact::Attest(attest) => {
                self.attests.entry(attest.attempt).or_default().insert(me, (attest, true));
            }
            Fact::Report(attested) => self.report = Some(attested),
            Fact::Quarantine => self.quarantined = true,
            Fact::Bound(outcome) => self.bound = Some(outcome),
        }
    }

    /// Continues after a restart. Spec: agreement A27.
    pub(crate) fn resume(&mut self, cx: &mut Cx<'_>) {
        if let Some(report) = &self.report {
            let ready = ReadyReport::of(cx.roster, self.order.stage(cx.me), &self.event, report);
            cx.out.push(Effect::Report(Box::new(ready)));
            return self.say_again(cx, None);
        }
        self.arm_repeat(cx);
        self.proposed = self.proposed.take().filter(|proposal| proposal.attempt == self.attempt);
        self.prepares = self.prepares.split_off(&self.attempt);
        if self.attempt == 0 && self.locks.contains_key(&0) {
            let grace = cx.roster.timing().t_grace_ms.saturating_mul(GRACES_AFTER_LOCK);
            let until = cx.now.saturating_add(grace);
            self.grace_until = Some(until);
            cx.timer(self.key, TimerKind::Grace, until);
        }
        if self.attempt > 0 {
            self.arm_attempt(cx);
            let status = self.status(cx);
            self.statuses.insert(cx.me, status);
        }
        self.say_again(cx, None);
        self.advance(cx);
    }
}
