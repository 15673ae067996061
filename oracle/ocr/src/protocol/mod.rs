//! The state machine: one [`Request`] a request, and what belongs to none of them.

mod allowance;
mod batch;
mod buffer;
mod check;
mod delays;
mod fast;
mod held;
mod known;
mod late;
mod request;
mod slow;

use std::{collections::BTreeMap, fmt};

use allowance::Allowances;
use batch::Batches;
use buffer::Buffer;
use delays::Delays;
use request::{Cx, Request};

use crate::{
    Body, Curves, Earlier, Effect, Input, Message, Misbehavior, OracleIndex, Outcome, Record, RecordError,
    RequestKey, Roster, SignedObservation, Signer, Verifier, record::Fact,
};

/// The agreement protocol of one node under one configuration. See the crate's documentation for the rules.
#[derive(Clone)]
pub struct Protocol<S, V = Curves> {
    roster: Roster,
    me: OracleIndex,
    signer: S,
    verifier: V,
    requests: BTreeMap<RequestKey, Request>,
    buffer: Buffer,
    allowances: Allowances,
    delays: Delays,
    batches: Batches,
    quarantine_before_seconds: u64,
    /// What was said earlier about the request that is opened next.
    ahead: Option<(RequestKey, Earlier)>,
}

/// All that decides what the node will say, for tests that compare states. Keys are left out, and so is what peers may
/// still ask of it.
impl<S, V> fmt::Debug for Protocol<S, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { me, requests, buffer, delays, batches, quarantine_before_seconds, .. } = self;
        let mut out = out.debug_struct("Protocol");
        out.field("me", me).field("requests", requests).field("buffer", buffer).field("delays", delays);
        out.field("batches", batches);
        out.field("quarantine_before_seconds", quarantine_before_seconds).finish_non_exhaustive()
    }
}

/// What a node knows about a request, for people and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// This node's own observation, unless it keeps silent.
    pub own: Option<SignedObservation>,
    /// Observations held, own included, ascending by author.
    pub observations: Vec<SignedObservation>,
    /// Current attempt; 0 is the fast path.
    pub attempt: u32,
    /// The highest outcome locked.
    pub locked: Option<Outcome>,
    /// The finished report's outcome and signatures.
    pub report: Option<crate::Attested>,
    /// True when the node keeps silent about the request because it may have spoken before losing its records.
    pub quarantined: bool,
}

impl<S: Signer> Protocol<S> {
    /// A protocol without history that checks real signatures.
    pub fn new(roster: Roster, me: OracleIndex, signer: S) -> Self {
        Self::with_verifier(roster, me, signer, Curves)
    }

    /// A protocol with the records of an earlier run. Call [`Protocol::resume`] next.
    ///
    /// # Errors
    /// [`RecordError`] if a record cannot be read; the node must not start, because it would forget what it said.
    pub fn restore(
        roster: Roster,
        me: OracleIndex,
        signer: S,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Self, RecordError> {
        Self::new(roster, me, signer).load(records)
    }
}

impl<S: Signer, V: Verifier> Protocol<S, V> {
    /// A protocol without history and with another way to check signatures.
    pub fn with_verifier(roster: Roster, me: OracleIndex, signer: S, verifier: V) -> Self {
        Self {
            roster,
            me,
            signer,
            verifier,
            requests: BTreeMap::new(),
            buffer: Buffer::default(),
            allowances: Allowances::default(),
            delays: Delays::default(),
            batches: Batches::default(),
            quarantine_before_seconds: 0,
            ahead: None,
        }
    }

    /// Takes over the records of an earlier run, in any order. Spec: agreement A27.
    ///
    /// # Errors
    /// [`RecordError`] if a record cannot be read.
    pub fn load(mut self, records: impl IntoIterator<Item = Record>) -> Result<Self, RecordError> {
        self.take_back(records)?;
        Ok(self)
    }

    /// Takes requests up from their records while the engine runs, whatever it has in memory about them, as
    /// [`Protocol::restore`] and [`Protocol::resume`] do at a start. What was said under other configurations since
    /// goes before anything else. Spec: agreement A34.
    ///
    /// # Errors
    /// [`RecordError`] if a record cannot be read; then nothing was changed.
    pub fn recall(
        &mut self,
        now: u64,
        records: impl IntoIterator<Item = Record>,
        earlier: &Earlier,
    ) -> Result<Vec<Effect>, RecordError> {
        let keys = self.take_back(records)?;
        let mut effects = Vec::new();
        for key in keys {
            effects.extend(self.with(now, &key, |request, cx| {
                request.take_along(cx, earlier.clone());
                request.resume(cx);
            }));
            for (from, message) in self.buffer.take(now, &key) {
                effects.extend(self.receive(now, from, message));
            }
        }
        Ok(effects)
    }

    /// The requests whose records these are.
    fn take_back(
        &mut self,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Vec<RequestKey>, RecordError> {
        let mut facts: BTreeMap<RequestKey, Vec<Fact>> = BTreeMap::new();
        for record in records {
            facts.entry(record.id.key).or_default().push(Fact::decode(&record)?);
        }
        let mut requests = Vec::new();
        for (key, facts) in facts {
            let event = facts.iter().find_map(|fact| match fact {
                Fact::Event(event) if event.key() == key => Some(event.clone()),
                _ => None,
            });
            let event = event.ok_or_else(|| RecordError::NoEvent(Box::new(key)))?;
            let mut request = Request::new(&self.roster, event);
            facts.into_iter().for_each(|fact| request.recall(self.me, fact));
            requests.push((key, request));
        }
        let keys = requests.iter().map(|(key, _)| *key).collect();
        self.requests.extend(requests);
        Ok(keys)
    }

    /// Keeps the node silent (no OBS, STATUS, PREPARE, SIG) about requests whose event is older than
    /// `event_seconds` (unix), because an earlier run without surviving records may have spoken about them.
    /// Records of such requests that did survive are unaffected; that a request is quarantined is a record too.
    /// Spec: agreement A28.
    pub fn set_quarantine(&mut self, event_seconds: u64) {
        self.quarantine_before_seconds = event_seconds;
    }

    /// After [`Protocol::restore`]: arms timers, repeats what was said last, and gives finished reports again.
    pub fn resume(&mut self, now: u64) -> Vec<Effect> {
        let pace = self.delays.pace(&self.roster);
        let mut effects = Vec::new();
        for request in self.requests.values_mut() {
            let mut cx = Cx::new(&self.roster, self.me, &self.signer, &self.verifier, (now, pace));
            request.resume(&mut cx);
            effects.append(&mut cx.out);
        }
        effects
    }

    /// The roster.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// This node's position.
    pub fn me(&self) -> OracleIndex {
        self.me
    }

    /// Requests in memory.
    pub fn keys(&self) -> impl Iterator<Item = RequestKey> {
        self.requests.keys().copied()
    }

    /// What is known about a request, if it is in memory.
    pub fn view(&self, key: &RequestKey) -> Option<View> {
        self.requests.get(key).map(|request| request.view(self.me))
    }

    /// Wire bytes of all that is kept of a peer: of each request at most 64 KiB, and 1 MiB about requests not seen yet.
    pub fn held_bytes(&self, peer: OracleIndex) -> usize {
        let requests = self.requests.values().map(|request| request.held_bytes(&self.roster, peer));
        requests.sum::<usize>() + self.buffer.bytes_of(peer) + self.batches.bytes_of(peer)
    }

    /// Requests that still need this node's observation: what to execute after a restart.
    pub fn unobserved(&self) -> impl Iterator<Item = RequestKey> {
        let me = self.me;
        self.requests.iter().filter(move |(_, request)| request.needs_observation(me)).map(|(key, _)| *key)
    }

    /// Takes one input at a time `now` (milliseconds, the same clock as [`crate::RequestEvent::seen_at`]) and returns
    /// what to do, in order.
    pub fn step(&mut self, now: u64, input: Input) -> Vec<Effect> {
        let mut effects = self.take(now, input);
        let reported = effects.iter_mut().filter_map(|effect| match effect {
            Effect::Report(ready) => Some(ready),
            _ => None,
        });
        let reported: Vec<_> = reported.collect();
        if !reported.is_empty() {
            let coming = self.coming();
            reported.into_iter().for_each(|ready| ready.coming = coming);
            effects.extend(self.answer_batches(now));
        }
        effects
    }

    fn take(&mut self, now: u64, input: Input) -> Vec<Effect> {
        match input {
            Input::Request(event) => self.open(now, event),
            Input::Earlier { key, said } if self.requests.contains_key(&key) => {
                self.with(now, &key, |request, cx| request.take_along(cx, *said))
            }
            Input::Earlier { key, said } => {
                self.ahead = Some((key, *said));
                vec![]
            }
            Input::Observed { key, observation } => {
                self.with(now, &key, |request, cx| request.observe(cx, observation))
            }
            Input::Message { from, message } => self.receive(now, from, message),
            Input::ChainTime(seconds) => self.chain_time(now, seconds),
            Input::Batch(keys) => self.gather(now, &keys),
            Input::Timer(timer) if timer.kind == crate::TimerKind::Batch => self.end_gathering(&timer.key),
            Input::Timer(timer) => self.with(now, &timer.key, |request, cx| request.timer(cx, timer.kind)),
            Input::Connected(peer) => self.connected(now, peer),
            Input::RoundTrip { oracle, millis } => {
                if self.roster.oracle(oracle).is_some() && oracle != self.me {
                    self.delays.measured(oracle, millis);
                }
                vec![]
            }
            Input::Settled(key) => self.with(now, &key, |request, _| request.settle()),
            Input::Forget(key) => {
                self.requests.remove(&key);
                self.end_gathering(&key)
            }
        }
    }

    /// Spec: agreement A4.
    fn open(&mut self, now: u64, event: crate::RequestEvent) -> Vec<Effect> {
        let key = event.key();
        if self.requests.contains_key(&key) {
            return vec![];
        }
        let pace = self.delays.pace(&self.roster);
        let mut request = Request::new(&self.roster, event);
        let mut cx = Cx::new(&self.roster, self.me, &self.signer, &self.verifier, (now, pace));
        cx.persist(key, Fact::Event(request.event.clone()));
        if request.event.event_seconds < self.quarantine_before_seconds {
            request.fall_silent(&mut cx);
        }
        request.arm_repeat(&mut cx);
        // Before what peers have said meanwhile: that may ask for a signature.
        if let Some((_, said)) = self.ahead.take().filter(|(ahead, _)| *ahead == key) {
            request.take_along(&mut cx, said);
        }
        let mut effects = cx.out;
        self.requests.insert(key, request);
        for (from, message) in self.buffer.take(now, &key) {
            effects.extend(self.receive(now, from, message));
        }
        effects
    }

    /// Spec: agreement A6, A30, A31.
    fn receive(&mut self, now: u64, from: OracleIndex, message: Message) -> Vec<Effect> {
        if message.config_digest != self.roster.config_digest()
            || self.roster.oracle(from).is_none()
            || from == self.me
        {
            return vec![];
        }
        let pace = self.delays.pace(&self.roster);
        let blamed = |misbehavior| vec![Effect::Blame { oracle: from, misbehavior }];
        let allowance = self.allowances.of(from, now);
        if !allowance.is_heard(now) {
            return blamed(Misbehavior::Flood);
        }
        if message.sender != from {
            allowance.fault(now);
            return blamed(Misbehavior::Impersonation(message.sender));
        }
        let Some(request) = self.requests.get_mut(&message.key) else {
            return match self.buffer.put(now, from, &message) {
                Ok(()) => vec![],
                Err(misbehavior) => blamed(misbehavior),
            };
        };
        if !request.work_of(from, self.roster.n(), now).has_any(now) {
            return blamed(Misbehavior::Flood);
        }
        let body = match message.body {
            Body::Batch(entries) => return self.on_batch(now, from, message.key, entries),
            Body::BatchSignature(signed) => return self.on_batch_signature(now, from, message.key, signed),
            body => body,
        };
        let mut cx = Cx::new(&self.roster, self.me, &self.signer, &self.verifier, (now, pace));
        cx.payer.set(from);
        cx.may_repeat = allowance.repeats.has_any(now);
        match body {
            Body::Observation(observation) => request.on_observation(&mut cx, from, observation),
            Body::Attest(attest) => request.on_attest(&mut cx, from, attest),
            Body::Status(status) => request.on_status(&mut cx, from, *status),
            Body::Propose(proposal) => request.on_propose(&mut cx, from, *proposal),
            Body::Prepare(prepare) => request.on_prepare(&mut cx, from, prepare),
            Body::Report(report) => request.on_report(&mut cx, from, *report),
            Body::Batch(_) | Body::BatchSignature(_) => {}
        }
        let (costs, effects) = (cx.costs.take(), cx.out);
        for (peer, work) in costs {
            request.work_of(peer, self.roster.n(), now).take(now, work);
            self.allowances.of(peer, now).spend(now, work);
        }
        self.charge(now, from, &effects);
        effects
    }

    /// Counts bad messages against whoever is blamed, and reports that `from` was given again against `from`.
    fn charge(&mut self, now: u64, from: OracleIndex, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Blame { oracle, .. } => self.allowances.of(*oracle, now).fault(now),
                Effect::Send { to, message } if *to == from && matches!(message.body, Body::Report(_)) => {
                    self.allowances.of(from, now).repeats.take(now, message.encode().len() as u64);
                }
                _ => {}
            }
        }
    }

    fn chain_time(&mut self, now: u64, seconds: u64) -> Vec<Effect> {
        let pace = self.delays.pace(&self.roster);
        let mut effects = Vec::new();
        for request in self.requests.values_mut().filter(|request| request.is_last_call(seconds)) {
            let mut cx = Cx::new(&self.roster, self.me, &self.signer, &self.verifier, (now, pace));
            request.on_last_call(&mut cx);
            effects.append(&mut cx.out);
        }
        effects
    }

    /// Says again what a peer that connected again may have missed: at once as far as it may be told, the rest when it
    /// may be told more. Spec: agreement A32.
    fn connected(&mut self, now: u64, peer: OracleIndex) -> Vec<Effect> {
        if self.roster.oracle(peer).is_none() || peer == self.me {
            return vec![];
        }
        let pace = self.delays.pace(&self.roster);
        let repeats = &mut self.allowances.of(peer, now).repeats;
        let mut effects = Vec::new();
        for request in self.requests.values_mut().filter(|request| !request.owed.contains(&peer)) {
            let mut cx = Cx::new(&self.roster, self.me, &self.signer, &self.verifier, (now, pace));
            request.say_again(&mut cx, Some(peer));
            let wait = repeats.take(now, cx.out.iter().map(wire_bytes).sum());
            if wait == 0 {
                effects.append(&mut cx.out);
            } else {
                request.owed.insert(peer);
                let timer = crate::Timer { key: request.key, kind: crate::TimerKind::Again(peer) };
                effects.push(Effect::SetTimer { timer, at: now.saturating_add(wait) });
            }
        }
        effects
    }

    fn with(
        &mut self,
        now: u64,
        key: &RequestKey,
        act: impl FnOnce(&mut Request, &mut Cx<'_>),
    ) -> Vec<Effect> {
        let pace = self.delays.pace(&self.roster);
        let Some(request) = self.requests.get_mut(key) else {
            return vec![];
        };
        let mut cx = Cx::new(&self.roster, self.me, &self.signer, &self.verifier, (now, pace));
        act(request, &mut cx);
        cx.out
    }
}

/// Bytes that an effect sends to one peer.
fn wire_bytes(effect: &Effect) -> u64 {
    match effect {
        Effect::Send { message, .. } | Effect::Broadcast(message) => message.encode().len() as u64,
        _ => 0,
    }
}
