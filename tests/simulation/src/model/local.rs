//! One honest member: the real protocol, its disk, its timers, and what it has said.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use alloy::primitives::B256;
use oracle_ocr::{
    Attested, Body, Choice, Effect, Input, Message, Observation, OracleIndex, Outcome, Protocol, Record,
    RecordId, RequestKey, Slot, Timer, TimerKind, layout,
};
use test_signing::{Checks, Keys};

use super::scene::{Scene, Words};
use crate::invariants::justified::justified;

/// The last attempt that is entered because time passes.
const LAST_ATTEMPT: u32 = 2;

/// What a member remembers of times.
const DEADLINES: [&str; 6] =
    ["repeat_at: ", "grace_until: ", "collect_until: ", "attempt_until: ", "report_at: ", "fallback_at: "];

/// What a member does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Act {
    /// Its script ends.
    Observe,
    /// A message arrives, by its number.
    Hear(u32),
    /// A timer is due.
    Ring(TimerKind),
}

/// How that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything is carried out.
    Whole,
    /// The process dies after so many records, and starts again with its disk or without.
    Dies { records: usize, keeps_disk: bool },
}

#[derive(Clone)]
pub(super) struct Local {
    me: OracleIndex,
    node: Protocol<Keys, Checks>,
    disk: BTreeMap<RecordId, Vec<u8>>,
    timers: BTreeMap<TimerKind, u64>,
    lives: u8,
    /// Messages by number, and to whom: one member, or all.
    pub(super) said: BTreeSet<(Option<OracleIndex>, u32)>,
    /// Votes that it has heard in this life, by number. Not part of its fingerprint: its memory holds those that count.
    votes: BTreeSet<u32>,
    /// Its report, if it has one: not part of its fingerprint, for it says nothing after it.
    pub(super) report: Option<Attested>,
}

impl Local {
    /// A member that knows of the request.
    pub(super) fn new(scene: &Scene, words: &mut Words, me: OracleIndex) -> Result<Self, String> {
        let mut local = Self {
            me,
            node: Self::process(scene, me, &BTreeMap::new())?,
            disk: BTreeMap::new(),
            timers: BTreeMap::new(),
            lives: 1,
            said: BTreeSet::new(),
            votes: BTreeSet::new(),
            report: None,
        };
        let effects = local.node.step(0, Input::Request(scene.event.clone()));
        local.carry_out(scene, words, None, &effects, usize::MAX)?;
        Ok(local)
    }

    fn process(
        scene: &Scene,
        me: OracleIndex,
        disk: &BTreeMap<RecordId, Vec<u8>>,
    ) -> Result<Protocol<Keys, Checks>, String> {
        let keys = scene.keys[usize::from(me.get())].clone();
        let records = disk.iter().map(|(id, body)| Record { id: *id, body: body.clone() });
        let node = Protocol::with_verifier(scene.config.roster.clone(), me, keys, Checks::Fast);
        node.load(records).map_err(|err| format!("durability: {me} cannot read its records: {err}"))
    }

    /// Tells states apart. When a timer is due does not: it rings at any moment.
    pub(super) fn fingerprint(&self) -> u64 {
        let Self { me, node, disk, timers, lives, said, votes: _, report } = self;
        let mut hasher = DefaultHasher::new();
        (me, lives, said, report.is_some()).hash(&mut hasher);
        if !self.has_ended() {
            let text = format!("{node:?}");
            let is_due = |part: &str| DEADLINES.iter().any(|name| part.starts_with(name));
            for part in text.split(", ") {
                // Whether there is a deadline, and not which.
                if is_due(part) { part.contains("None").hash(&mut hasher) } else { part.hash(&mut hasher) }
            }
            (disk, timers.keys().collect::<Vec<_>>()).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Whether it says nothing more that could matter: it has a report, which anybody can have, or it is silent.
    pub(super) fn has_ended(&self) -> bool {
        self.report.is_some() || self.disk.keys().any(|id| id.slot == Slot::Quarantine)
    }

    /// What it may do besides hearing.
    pub(super) fn own_acts(&self) -> Vec<Act> {
        if self.has_ended() {
            return Vec::new();
        }
        if self.is_to_observe() {
            return vec![Act::Observe];
        }
        let may_ring = |kind: &TimerKind| match kind {
            // Repetition changes nothing for who has heard; who has not may hear at any time.
            TimerKind::Repeat => false,
            TimerKind::Attempt(attempt) => *attempt < LAST_ATTEMPT,
            _ => true,
        };
        self.timers.keys().copied().filter(may_ring).map(Act::Ring).collect()
    }

    /// Whether its script has not ended.
    pub(super) fn is_to_observe(&self) -> bool {
        !self.has_ended() && self.node.unobserved().next().is_some()
    }

    /// Whether messages matter to it. Before its script has ended they wait.
    pub(super) fn listens(&self) -> bool {
        !self.has_ended() && !self.is_to_observe()
    }

    /// What becomes of it; none when it has no more than the records before it dies.
    pub(super) fn after(
        &self,
        scene: &Scene,
        words: &mut Words,
        act: Act,
        end: End,
    ) -> Result<Option<Self>, String> {
        let (mut next, mut now) = (self.clone(), 0);
        let input = match act {
            Act::Observe => {
                // Another run of the script may see another value.
                let value = scene.values[usize::from(self.me.get())];
                let value = if self.lives > 1 { 3 - value } else { value };
                let observation = Observation::result(vec![value], B256::ZERO);
                Input::Observed { key: scene.key, observation }
            }
            Act::Hear(number) => {
                let message = (**words.get(number)).clone();
                if matches!(message.body, Body::Prepare(_)) {
                    next.votes.insert(number);
                }
                Input::Message { from: message.sender, message }
            }
            Act::Ring(kind) => {
                now = next.timers.remove(&kind).unwrap_or(0);
                Input::Timer(Timer { key: scene.key, kind })
            }
        };
        let effects = next.node.step(now, input);
        let only_waits = effects.iter().all(|effect| matches!(effect, Effect::SetTimer { .. }));
        if matches!(act, Act::Ring(_)) && only_waits && end == End::Whole {
            // It rang in vain.
            return Ok(Some(self.clone()));
        }
        let most = match end {
            End::Whole => usize::MAX,
            End::Dies { records, .. } => records,
        };
        let persisted = next.carry_out(scene, words, Some(act), &effects, most)?;
        if let End::Dies { records, keeps_disk } = end {
            if persisted < records {
                return Ok(None);
            }
            next.start_again(scene, words, keeps_disk)?;
        }
        Ok(Some(next))
    }

    fn start_again(&mut self, scene: &Scene, words: &mut Words, keeps_disk: bool) -> Result<(), String> {
        if !keeps_disk {
            self.disk.clear();
            self.report = None;
        }
        self.node = Self::process(scene, self.me, &self.disk)?;
        if !keeps_disk {
            self.node.set_quarantine(scene.event.event_seconds + 1);
        }
        self.timers.clear();
        self.votes.clear();
        self.lives += 1;
        let mut effects = self.node.resume(0);
        effects.extend(self.node.step(0, Input::Request(scene.event.clone())));
        self.carry_out(scene, words, None, &effects, usize::MAX)?;
        Ok(())
    }

    /// Carries effects out in their order until so many records are stored; how many were.
    fn carry_out(
        &mut self,
        scene: &Scene,
        words: &mut Words,
        act: Option<Act>,
        effects: &[Effect],
        most: usize,
    ) -> Result<usize, String> {
        let mut records = 0;
        for effect in effects {
            if records == most {
                break;
            }
            match effect {
                Effect::Persist(record) => {
                    self.store(record)?;
                    records += 1;
                }
                Effect::Send { to, message } => self.say(scene, words, act, Some(*to), message)?,
                Effect::Broadcast(message) => self.say(scene, words, act, None, message)?,
                Effect::SetTimer { timer, at } => {
                    self.timers.insert(timer.kind, *at);
                }
                Effect::Report(ready) => self.report = Some(ready.attested.clone()),
                Effect::Batched { .. } => {}
                Effect::Blame { oracle, misbehavior } => {
                    ensure(*oracle == scene.liar, || {
                        format!("order: {} blames honest {oracle} for {misbehavior}", self.me)
                    })?;
                }
            }
        }
        Ok(records)
    }

    fn store(&mut self, record: &Record) -> Result<(), String> {
        let before = self.disk.insert(record.id, record.body.clone());
        let may_change = matches!(record.id.slot, Slot::Attempt | Slot::Quarantine);
        let is_same = before.is_none_or(|before| before == record.body);
        let (me, slot, attempt) = (self.me, record.id.slot, record.id.attempt);
        let is_act = matches!(slot, Slot::Lock | Slot::Prepare | Slot::Attest);
        let entered = self.entered(record.id.key);
        ensure(!is_act || attempt >= entered, || {
            format!("order: {me} stores its {slot:?} of attempt {attempt}, being in {entered}")
        })?;
        ensure(may_change || is_same, || format!("once: {me} replaced its {slot:?} of attempt {attempt}"))
    }

    /// The attempt that it has stored.
    fn entered(&self, key: RequestKey) -> u32 {
        let stored = self.disk.get(&RecordId { key, slot: Slot::Attempt, attempt: 0 });
        stored.and_then(|body| body.as_slice().try_into().ok()).map_or(0, u32::from_be_bytes)
    }

    fn say(
        &mut self,
        scene: &Scene,
        words: &mut Words,
        act: Option<Act>,
        to: Option<OracleIndex>,
        message: &Message,
    ) -> Result<(), String> {
        let (me, key, number) = (self.me, scene.key, words.number(message));
        let stored = |slot, attempt| self.disk.contains_key(&RecordId { key, slot, attempt });
        let is_new = !self.said.iter().any(|(_, known)| *known == number);
        let durable = match &message.body {
            Body::Observation(signed) if signed.sender != me => true,
            Body::Observation(_) => {
                let others = |body: &Body| matches!(body, Body::Observation(signed) if signed.sender == me);
                self.once(words, number, others, "signed two observations")?;
                stored(Slot::Observation, 0)
            }
            Body::Prepare(prepare) => {
                let attempt = prepare.attempt;
                let others = |body: &Body| matches!(body, Body::Prepare(other) if other.attempt == attempt);
                self.once(words, number, others, "voted twice")?;
                // What a start says again was justified when it was stored.
                if is_new && act.is_some() {
                    self.justify(scene, words, act, attempt, prepare.choice)?;
                }
                stored(Slot::Prepare, attempt)
            }
            Body::Attest(attest) => {
                let attempt = attest.attempt;
                let others = |body: &Body| matches!(body, Body::Attest(other) if other.attempt == attempt);
                self.once(words, number, others, "signed twice")?;
                // What a start says again rested on what is forgotten.
                if is_new && act.is_some() {
                    self.check_lock(scene, words, attempt, attest.choice)?;
                }
                stored(Slot::Lock, attempt) && stored(Slot::Attest, attempt)
            }
            Body::Status(status) => {
                let claim = &status.claim;
                let locks = self.disk.keys().filter(|id| id.slot == Slot::Lock && id.attempt < claim.attempt);
                let highest = locks.map(|id| id.attempt).max();
                let claimed = claim.lock.map(|lock| lock.attempt);
                ensure(claimed == highest, || {
                    format!("once: {me} claims {claimed:?} and holds {highest:?}")
                })?;
                stored(Slot::Attempt, 0)
            }
            Body::Propose(proposal) => stored(Slot::Proposal, proposal.attempt),
            Body::Report(_) | Body::Batch(_) | Body::BatchSignature(_) => stored(Slot::Report, 0),
        };
        let name = message.body.name();
        ensure(durable, || format!("order: {me} says {name} before it is stored"))?;
        self.said.insert((to, number));
        Ok(())
    }

    fn once(
        &self,
        words: &Words,
        number: u32,
        others: impl Fn(&Body) -> bool,
        what: &str,
    ) -> Result<(), String> {
        let mut said = self.said.iter().filter(|(_, known)| *known != number);
        let again = said.any(|(_, known)| others(&words.get(*known).body));
        ensure(!again, || format!("once: {} {what}", self.me))
    }

    /// A vote follows the proposal that has just come, or the member's own.
    fn justify(
        &self,
        scene: &Scene,
        words: &Words,
        act: Option<Act>,
        attempt: u32,
        choice: Choice,
    ) -> Result<(), String> {
        let heard = match act {
            Some(Act::Hear(number)) => Some(number),
            _ => None,
        };
        let leader = scene.config.roster.order(&scene.key.request).leader(attempt);
        let mut why = "nobody proposed".to_owned();
        for number in self.said.iter().map(|(_, number)| *number).chain(heard) {
            let message = words.get(number);
            let Body::Propose(proposal) = &message.body else { continue };
            if proposal.attempt == attempt && proposal.choice() == choice {
                match justified(&scene.config, &Checks::Fast, message, proposal, leader) {
                    Ok(()) => return Ok(()),
                    Err(reason) => why = reason,
                }
            }
        }
        Err(format!("justification: {} voted in {attempt} for what {why}", self.me))
    }

    /// A signature rests on a quorum: of equal observations that it holds, or of votes that it heard and its own.
    fn check_lock(&self, scene: &Scene, words: &Words, attempt: u32, choice: Choice) -> Result<(), String> {
        let quorum = scene.config.roster.quorum();
        let votes = if attempt == 0 {
            let held = self.node.view(&scene.key).map(|view| view.observations).unwrap_or_default();
            let outcomes = held.iter().filter_map(|signed| Outcome::of_answer(&signed.observation.answer));
            outcomes.filter(|outcome| layout::outcome(outcome) == choice.outcome).count()
        } else {
            let own = self.said.iter().map(|(_, number)| number);
            let voters = own.chain(&self.votes).filter_map(|number| {
                let message = words.get(*number);
                let Body::Prepare(vote) = &message.body else { return None };
                (vote.attempt == attempt && vote.choice == choice).then_some(message.sender)
            });
            voters.collect::<BTreeSet<_>>().len()
        };
        ensure(votes >= quorum, || {
            format!("justification: {} locked in {attempt} with {votes} votes of {quorum}", self.me)
        })
    }

    /// Its signatures: attempt and choice.
    pub(super) fn signed(&self, words: &Words) -> Vec<(u32, Choice)> {
        let attests = self.said.iter().filter_map(|(_, number)| match &words.get(*number).body {
            Body::Attest(attest) => Some((attest.attempt, attest.choice)),
            _ => None,
        });
        attests.collect()
    }
}

pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
