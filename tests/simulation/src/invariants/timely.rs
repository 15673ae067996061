//! Promises about time, where nothing but faulty members stands in the way.
//!
//! * A quorum of honest signatures becomes a report everywhere without the fallback's wait: of `f + 1` collectors one
//!   is honest (docs/spec/agreement.md A12).
//! * Whoever has no report a stage after it signed has told everybody its signature (A12).
//! * A member that missed all of it hears the report from those who have it: it says its observation again (A15, A26).

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::B256;
use oracle_ocr::{Body, Message, RecordId, RequestKey, Slot};

use super::{Checked, ensure};
use crate::{don::Config, node::Shell};

/// Milliseconds from the quorum's last signature to the last report: two delays, commits, and the time until the
/// slowest has read the request; less than the fallback's.
const WITHOUT_FALLBACK_MS: u64 = 1_600;
/// Milliseconds after which the fallback is over.
const FALLBACK_MS: u64 = 4_000;
/// Milliseconds in which a late member says its observation twice, the first time perhaps before the others were there.
const LATE_MS: u64 = 20_000;

/// When what was said.
#[derive(Debug)]
pub struct Timely {
    /// Nothing goes wrong but what faulty members do.
    is_quiet: bool,
    /// Honest signatures of a request under a configuration, and when they were a quorum.
    signed: BTreeMap<(B256, RequestKey), (Vec<usize>, Option<u64>)>,
    /// When a node had its report.
    reported: BTreeMap<(B256, RequestKey), BTreeMap<usize, u64>>,
    /// When a node signed first, and whether it told all.
    told: BTreeMap<(B256, RequestKey, usize), (u64, bool)>,
    /// Since when the chain has been without an answer of a request.
    open: BTreeMap<RequestKey, u64>,
    /// Requests of which the chain has had an answer.
    answered: BTreeSet<B256>,
}

impl Timely {
    /// Nothing was said yet.
    #[must_use]
    pub const fn new(is_quiet: bool) -> Self {
        Self {
            is_quiet,
            signed: BTreeMap::new(),
            reported: BTreeMap::new(),
            told: BTreeMap::new(),
            open: BTreeMap::new(),
            answered: BTreeSet::new(),
        }
    }

    /// An honest member tells its signature to so many.
    pub fn on_signature(
        &mut self,
        now: u64,
        who: usize,
        config: &Config,
        message: &Message,
        receivers: usize,
    ) {
        let (key, Body::Attest(attest)) = (message.key, &message.body) else { return };
        let (_, told) = self.told.entry((config.digest, key, who)).or_insert((now, false));
        *told |= receivers + 1 == config.members.len();
        // In the fast path there is one choice.
        if attest.attempt > 0 {
            return;
        }
        let (signers, since) = self.signed.entry((config.digest, key)).or_default();
        if !signers.contains(&who) {
            signers.push(who);
        }
        if signers.len() >= config.roster.quorum() {
            since.get_or_insert(now);
        }
    }

    /// An honest member has a report.
    ///
    /// # Errors
    /// When it came too late.
    pub fn on_report(&mut self, now: u64, who: usize, config: &Config, key: RequestKey) -> Checked {
        let reported = self.reported.entry((config.digest, key)).or_default();
        let is_first = reported.insert(who, now).is_none();
        let since = self.signed.get(&(config.digest, key)).and_then(|(_, since)| *since);
        let waited = since.map_or(0, |since| now.saturating_sub(since));
        ensure(!self.is_quiet || !is_first || waited <= WITHOUT_FALLBACK_MS, || {
            format!("delay: {who} has its report {waited} ms after a quorum of honest members signed")
        })
    }

    /// The chain has an answer of the request.
    pub fn on_answer(&mut self, id: B256) {
        self.answered.insert(id);
    }

    /// The chain has no answer of these requests. Nobody who works on one stays behind those who have its report; with
    /// each honest node comes since when nothing stands in its way.
    ///
    /// # Errors
    /// When somebody does.
    pub fn look_for_late(
        &mut self,
        now: u64,
        in_force: &Config,
        open: &[RequestKey],
        honest: &[(&Shell, u64)],
    ) -> Checked {
        let before = std::mem::take(&mut self.open);
        self.open = open.iter().map(|key| (*key, before.get(key).copied().unwrap_or(now))).collect();
        self.look_for_misers(now, in_force, honest)?;
        let waits_long = self.open.iter().filter(|(_, since)| is_long(now, **since));
        waits_long.map(|(key, _)| key).try_for_each(|key| self.look_for_late_at(now, in_force, *key, honest))
    }

    fn look_for_misers(&self, now: u64, of: &Config, honest: &[(&Shell, u64)]) -> Checked {
        let never_answered =
            |key: &RequestKey| self.open.contains_key(key) && !self.answered.contains(&key.request);
        for (shell, _) in honest {
            let Some(running) = shell.running.as_ref().filter(|running| running.config.digest == of.digest)
            else {
                continue;
            };
            for key in self.open.keys().filter(|key| never_answered(key)) {
                let told = self.told.get(&(of.digest, *key, shell.who));
                let is_due = |(at, told): &&(u64, bool)| {
                    !told && *at > running.since && now > at + FALLBACK_MS && !has_ended(shell, of, *key)
                };
                ensure(!told.is_some_and(|told| is_due(&told)), || {
                    format!("delay: {} has no report and tells few its signature", shell.who)
                })?;
            }
        }
        Ok(())
    }

    fn look_for_late_at(&self, now: u64, of: &Config, key: RequestKey, honest: &[(&Shell, u64)]) -> Checked {
        let Some(reported) = self.reported.get(&(of.digest, key)) else { return Ok(()) };
        let serves =
            |shell: &Shell| shell.running.as_ref().is_some_and(|running| running.config.digest == of.digest);
        let there = honest.iter().filter(|(shell, since)| serves(shell) && is_long(now, *since));
        let has_told = |shell: &Shell| {
            reported.get(&shell.who).is_some_and(|since| is_long(now, *since))
                && holds(shell, of, key, Slot::Report)
        };
        let works = |shell: &Shell| holds(shell, of, key, Slot::Observation) && !has_ended(shell, of, key);
        let late = there.clone().find(|(shell, _)| works(shell)).map(|(shell, _)| shell.who);
        let late = late.filter(|_| there.clone().any(|(shell, _)| has_told(shell)));
        ensure(late.is_none(), || {
            let who = late.unwrap_or_default();
            format!("delay: {who} is not told the report that others have")
        })
    }
}

fn holds(shell: &Shell, of: &Config, key: RequestKey, slot: Slot) -> bool {
    shell.journal.holds(of.digest, RecordId { key, slot, attempt: 0 })
}

/// Whether a node has nothing more to say about a request.
fn has_ended(shell: &Shell, of: &Config, key: RequestKey) -> bool {
    holds(shell, of, key, Slot::Report) || holds(shell, of, key, Slot::Quarantine)
}

fn is_long(now: u64, since: u64) -> bool {
    now.saturating_sub(since) > LATE_MS
}
