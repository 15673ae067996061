//! The event queue, the network, the disks and the oracles.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, keccak256};
use functions_offchain_config::{Member, Method, OffchainConfig, Timing};
use functions_types::limits::Limits;
use oracle_ocr::{
    Curves, Effect, Input, Message, OracleIndex, Outcome, Protocol, Record, RecordId, RequestEvent,
    RequestKey, Roster, Timer,
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use test_signing::{Checks, Keys};

use crate::{
    invariants::Invariants,
    scenario::{Actor, Mutation, Scenario},
};

mod actors;
mod faults;
mod scripts;

/// How long the simulated DON has after stabilisation.
const PATIENCE_MS: u64 = 300_000;

/// How often the chain makes a block.
const BLOCK_MS: u64 = 2_000;
/// How long a node waits before it tries a script again.
const RETRY_MS: u64 = 20_000;

/// What a run showed.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) violation: Option<String>,
    pub(crate) steps: usize,
    pub(crate) messages: usize,
    pub(crate) restarts: usize,
    pub(crate) first_report_at: Option<u64>,
    /// Attempt that decided each request, lowest of all oracles.
    pub(crate) attempts: Vec<u32>,
    pub(crate) outcomes: Vec<Outcome>,
    /// Hash of everything that happened.
    pub(crate) history: B256,
}

enum Event {
    Seen { node: usize, request: usize },
    Executed { node: usize, copy: usize, key: RequestKey, life: u32 },
    Deliver { to: usize, from: usize, bytes: Vec<u8> },
    Timer { node: usize, copy: usize, timer: Timer, at: u64, life: u32 },
    Restart { node: usize },
    Healed,
    Block,
}

struct Node {
    actor: Actor,
    keys: Keys,
    /// One protocol; two for twins; none while crashed.
    copies: Vec<Protocol<Keys, Checks>>,
    disk: BTreeMap<RecordId, Record>,
    timers: BTreeMap<(usize, Timer), u64>,
    /// Added to the world's time; restarts do not change it.
    clock_offset: u64,
    life: u32,
    seen: BTreeSet<usize>,
    tries: BTreeMap<RequestKey, u32>,
    said: Vec<Message>,
    heard: Vec<Message>,
}

pub(crate) struct World {
    scenario: Scenario,
    rng: ChaCha8Rng,
    roster: Roster,
    checks: Checks,
    nodes: Vec<Node>,
    events: Vec<RequestEvent>,
    queue: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    now: u64,
    invariants: Invariants,
    out: Summary,
    groups: u32,
}

impl World {
    pub(crate) fn new(mut scenario: Scenario) -> Self {
        let n = scenario.n;
        let f = (n - 1) / 3;
        let mut rng = ChaCha8Rng::seed_from_u64(scenario.seed ^ 0x5eed);
        if scenario.mutation == Mutation::TooManyTwins {
            scenario.actors = vec![Actor::Honest; n];
            for actor in scenario.actors.iter_mut().take(n.div_ceil(2)) {
                *actor = Actor::Twin(rng.next_u32());
            }
        }
        if scenario.mutation == Mutation::Amnesia {
            scenario.crashes = 40;
            scenario.stable_at = scenario.stable_at.max(8_000);
        }
        let keys: Vec<Keys> = (0..n).map(|who| Keys::of(who, scenario.real_signatures)).collect();
        let roster = roster(f, &keys);
        let checks = if scenario.real_signatures { Checks::Real(Curves) } else { Checks::Fast };
        let nodes = keys.into_iter().zip(&scenario.actors).map(|(keys, actor)| Node {
            actor: *actor,
            keys,
            copies: vec![],
            disk: BTreeMap::new(),
            timers: BTreeMap::new(),
            clock_offset: if scenario.exact { 0 } else { u64::from(rng.next_u32() % 5_000) },
            life: 0,
            seen: BTreeSet::new(),
            tries: BTreeMap::new(),
            said: vec![],
            heard: vec![],
        });
        let nodes: Vec<Node> = nodes.collect();
        let faulty = scenario.actors.iter().filter(|actor| **actor != Actor::Honest).count();
        let invariants = Invariants::new(roster.quorum(), faulty);
        let events = (0..scenario.requests).map(|request| {
            let mut commitment = vec![request as u8; 352];
            commitment[..8].copy_from_slice(&scenario.seed.to_be_bytes());
            let timeout = (scenario.stable_at / 1_000) as u32 + 60;
            commitment[348..].copy_from_slice(&timeout.to_be_bytes());
            let request = keccak256(&commitment);
            RequestEvent {
                request,
                coordinator: Address::repeat_byte(7),
                commitment,
                aggregation: None,
                event_seconds: 1,
                seen_at: 0,
            }
        });
        let events = events.collect();
        let mut world = Self {
            scenario,
            rng,
            roster,
            checks,
            nodes,
            events,
            queue: BTreeMap::new(),
            sequence: 0,
            now: 0,
            invariants,
            out: Summary::default(),
            groups: 0,
        };
        world.start();
        world
    }

    fn start(&mut self) {
        for node in 0..self.nodes.len() {
            let copies = if matches!(self.nodes[node].actor, Actor::Twin(_)) { 2 } else { 1 };
            for _ in 0..copies {
                let protocol = self.protocol(node);
                self.nodes[node].copies.push(protocol);
            }
            for request in 0..self.events.len() {
                let at = if self.scenario.exact {
                    0
                } else if self.chance(10) {
                    self.below(self.scenario.stable_at + 1)
                } else {
                    request as u64 * 300 + self.below(250)
                };
                self.at(at, Event::Seen { node, request });
            }
        }
        let healed = self.scenario.stable_at;
        self.at(healed, Event::Healed);
        self.at(BLOCK_MS, Event::Block);
    }

    fn protocol(&self, node: usize) -> Protocol<Keys, Checks> {
        let keys = self.nodes[node].keys.clone();
        Protocol::with_verifier(self.roster.clone(), index(node), keys, self.checks)
    }

    /// Runs until every honest oracle has every report, a rule is broken, or patience ends.
    pub(crate) fn run(mut self) -> Summary {
        while let Some(((time, _), event)) = self.queue.pop_first() {
            self.now = time;
            if self.out.violation.is_some() || time > self.scenario.stable_at + PATIENCE_MS || self.is_done()
            {
                break;
            }
            self.handle(event);
        }
        if self.out.violation.is_none() && !self.is_done() && self.must_end() {
            self.out.violation = Some(self.unfinished());
        }
        for reports in self.invariants.reports.values() {
            self.out.attempts.extend(reports.values().map(|(attempt, _)| *attempt).min());
            self.out.outcomes.extend(reports.values().map(|(_, outcome)| outcome.clone()).next());
        }
        self.out
    }

    fn is_done(&self) -> bool {
        let honest = self.nodes.iter().filter(|node| node.actor == Actor::Honest).count();
        let complete = |event: &RequestEvent| {
            self.invariants.reports.get(&event.key()).is_some_and(|r| r.len() == honest)
        };
        self.events.iter().all(complete)
    }

    /// With fewer than f + 1 honest oracles that can run the script, there may be no answer.
    fn must_end(&self) -> bool {
        let able = |(node, state): &(usize, &Node)| state.actor == Actor::Honest && self.is_able(*node);
        self.nodes.iter().enumerate().filter(able).count() > self.roster.f()
    }

    fn unfinished(&self) -> String {
        let mut text = String::from("liveness: not every honest oracle has every report;");
        for (node, state) in self.nodes.iter().enumerate() {
            for (request, event) in self.events.iter().enumerate() {
                let view = state.copies.first().and_then(|protocol| protocol.view(&event.key()));
                if let Some(view) = view.filter(|view| view.report.is_none()) {
                    let (attempt, have) = (view.attempt, view.observations.len());
                    text += &format!(" node {node} request {request} attempt {attempt} observations {have};");
                }
            }
        }
        text
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Seen { node, request } => self.see(node, request),
            Event::Executed { node, copy, key, life } => {
                if self.nodes[node].life != life {
                    return;
                }
                match self.answer(node, copy, life, key) {
                    Some(observation) => self.step(node, copy, Input::Observed { key, observation }),
                    None if self.is_able(node) => {
                        let at = self.now + self.below(RETRY_MS);
                        self.at(at, Event::Executed { node, copy, key, life });
                    }
                    None => {}
                }
            }
            Event::Deliver { to, from, bytes } => self.deliver(to, from, &bytes),
            Event::Timer { node, copy, timer, at, life } => {
                let state = &mut self.nodes[node];
                if state.life == life && state.timers.get(&(copy, timer)) == Some(&at) {
                    state.timers.remove(&(copy, timer));
                    self.step(node, copy, Input::Timer(timer));
                }
            }
            Event::Restart { node } => self.restart(node),
            Event::Block => {
                for node in 0..self.nodes.len() {
                    for copy in 0..self.nodes[node].copies.len() {
                        self.step(node, copy, Input::ChainTime(self.now / 1_000));
                    }
                }
                self.at(self.now + BLOCK_MS, Event::Block);
            }
            Event::Healed => {
                let nodes = if self.scenario.reconnects { self.nodes.len() } else { 0 };
                for node in 0..nodes {
                    for peer in (0..self.nodes.len()).filter(|peer| *peer != node) {
                        for copy in 0..self.nodes[node].copies.len() {
                            self.step(node, copy, Input::Connected(index(peer)));
                        }
                    }
                }
            }
        }
    }

    fn see(&mut self, node: usize, request: usize) {
        self.nodes[node].seen.insert(request);
        for copy in 0..self.nodes[node].copies.len() {
            let mut event = self.events[request].clone();
            event.seen_at = self.local(node);
            let key = event.key();
            self.step(node, copy, Input::Request(event));
            self.execute(node, copy, key);
        }
    }

    fn deliver(&mut self, to: usize, from: usize, bytes: &[u8]) {
        let Ok(message) = Message::decode(bytes) else {
            return;
        };
        if self.nodes[to].actor == Actor::Replayer {
            self.nodes[to].heard.push(message.clone());
        }
        for copy in 0..self.nodes[to].copies.len() {
            self.step(to, copy, Input::Message { from: index(from), message: message.clone() });
        }
    }

    /// One step of one of them; an honest oracle may crash between two of its effects.
    fn step(&mut self, node: usize, copy: usize, input: Input) {
        let now = self.local(node);
        let Some(protocol) = self.nodes[node].copies.get_mut(copy) else {
            return;
        };
        self.out.steps += 1;
        let effects = protocol.step(now, input);
        self.apply(node, copy, effects);
    }

    fn apply(&mut self, node: usize, copy: usize, mut effects: Vec<Effect>) {
        if self.scenario.mutation == Mutation::LazyDisk {
            effects.sort_by_key(|effect| matches!(effect, Effect::Persist(_)));
        }
        let may_crash = self.nodes[node].actor == Actor::Honest && self.now < self.scenario.stable_at;
        let crash = may_crash && self.below(1_000) < u64::from(self.scenario.crashes);
        let crash_at = if crash { self.below(effects.len() as u64 + 1) as usize } else { usize::MAX };
        for (place, effect) in effects.into_iter().enumerate() {
            if place == crash_at {
                break;
            }
            if let Err(violation) = self.effect(node, copy, effect) {
                self.out.violation.get_or_insert(violation);
            }
        }
        if crash {
            self.crash(node);
        }
    }

    fn effect(&mut self, node: usize, copy: usize, effect: Effect) -> Result<(), String> {
        let is_honest = self.nodes[node].actor == Actor::Honest;
        match effect {
            Effect::Persist(record) => {
                self.note(b"disk", node, &record.body);
                self.nodes[node].disk.insert(record.id, record);
            }
            Effect::Send { to, message } => self.send(node, copy, usize::from(to.get()), message)?,
            Effect::Broadcast(message) => {
                for to in (0..self.nodes.len()).filter(|to| *to != node) {
                    self.send(node, copy, to, message.clone())?;
                }
            }
            Effect::SetTimer { timer, at } => {
                let at_world = at.saturating_sub(self.nodes[node].clock_offset).max(self.now);
                let life = self.nodes[node].life;
                self.nodes[node].timers.insert((copy, timer), at_world);
                self.at(at_world, Event::Timer { node, copy, timer, at: at_world, life });
            }
            Effect::Report(ready) => {
                if is_honest {
                    self.out.first_report_at.get_or_insert(self.now);
                    self.invariants.on_report(index(node), &ready)?;
                    let is_fair = !self.scenario.answers.agree() || !ready.attested.outcome.is_error();
                    if !is_fair && self.scenario.mutation == Mutation::None {
                        return Err(format!("fairness: {:?} is billed", ready.attested.outcome));
                    }
                }
            }
            Effect::Batched { .. } => {}
            Effect::Blame { oracle, misbehavior } => {
                let culprit = self.nodes[usize::from(oracle.get())].actor;
                let excused = culprit != Actor::Honest || self.scenario.mutation != Mutation::None;
                if is_honest && !excused {
                    return Err(format!("blame: honest {oracle} was blamed by {node} for {misbehavior}"));
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, what: &[u8], node: usize, bytes: &[u8]) {
        let now = self.now.to_be_bytes();
        self.out.history =
            keccak256([self.out.history.as_slice(), what, &now, &[node as u8], bytes].concat());
    }

    fn local(&self, node: usize) -> u64 {
        self.now + self.nodes[node].clock_offset
    }

    fn at(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.queue.insert((time, self.sequence), event);
    }

    fn below(&mut self, most: u64) -> u64 {
        self.rng.next_u64() % most.max(1)
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < u64::from(percent)
    }
}

fn index(node: usize) -> OracleIndex {
    OracleIndex::new(node as u8)
}

fn roster(f: usize, keys: &[Keys]) -> Roster {
    let signers: Vec<Address> = keys.iter().map(Keys::signer).collect();
    let members = keys.iter().map(|keys| Member {
        peer_id: String::new(),
        addresses: vec![],
        offchain_public_key: keys.offchain(),
    });
    let config = OffchainConfig {
        members: members.collect(),
        timing: Timing { t_obs_ms: 5_000, ..Timing::default() },
        limits: Limits::DEFAULT,
        options: functions_types::limits::RunOptions::default(),
        method: Method::Mode,
        allow_unbound_secrets: false,
    };
    Roster::new(B256::repeat_byte(0xd1), f as u8, &signers, &signers, &config).unwrap()
}
