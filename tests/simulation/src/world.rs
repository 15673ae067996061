//! Time, and everything that happens in it.

mod delivery;
mod endpoints;
mod engine;
mod faults;
mod gathering;
mod network;

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    rc::Rc,
};

use alloy::primitives::{Address, B256};
use functions_node::{
    chain::SeenRequest,
    lifecycle::{RequestRow, State},
    transmit::TransmitNote,
};
use oracle_ocr::{Message, Observation, RequestKey};
use test_signing::{Checks, Keys};
use tokio::time::Instant;

use crate::{
    adversary::Adversaries,
    chain::{
        Block, Chain,
        contract::{Asked, Call, Deed, End},
    },
    don::Config,
    invariants::{Invariants, timely::Timely},
    node::Shell,
    plan::{Actor, Answers, Attack, Fault, Plan, What},
    random::Random,
};

/// How long nodes have when nothing goes wrong any more, in milliseconds: longer than a request's timeout, because a
/// request that some cannot run is answered at its last call.
const PATIENCE_MS: u64 = 420_000;

/// How long what went wrong may go on when nothing new does, but for prices.
const LINGERING_MS: u64 = 7_000;

/// What a run showed.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The first rule that was broken.
    pub violation: Option<String>,
    /// Steps of all nodes.
    pub steps: u64,
    /// Messages sent.
    pub messages: u64,
    /// Processes that died.
    pub restarts: u64,
    /// Blocks that left the chain.
    pub taken_back: u64,
    /// Transactions mined, and those of them that paid for nothing.
    pub transactions: (u64, u64),
    /// Transactions of several reports, and the reports in them.
    pub batches: u64,
    /// See `batches`.
    pub batched: u64,
    /// Attempt that decided, of each report.
    pub attempts: Vec<u32>,
    /// Milliseconds until the last request was final.
    pub took: u64,
    /// Hash of everything that happened.
    pub history: u64,
}

enum Event {
    Block,
    Fault(usize),
    Heal,
    Start { shell: usize, life: u32 },
    Poll { shell: usize, life: u32 },
    Work { shell: usize, life: u32 },
    Tick { shell: usize, life: u32 },
    Deliver { shell: usize, from: usize, message: Rc<Message> },
    Finished { shell: usize, life: u32, key: RequestKey, run: u32, observation: Result<Observation, String> },
    Wake { shell: usize, life: u32, id: B256, serial: u64 },
    Turn { shell: usize, life: u32 },
    Note { shell: usize, life: u32, note: TransmitNote },
    Cheap,
}

/// See the module's documentation.
pub struct World {
    plan: Plan,
    random: Random,
    /// The chain's and the scripts' chance, apart from the network's.
    luck: Random,
    chain: Chain,
    configs: Vec<Rc<Config>>,
    /// Where the owner led the route, and when.
    routes: Vec<(u64, Address)>,
    keys: Vec<Keys>,
    checks: Checks,
    shells: Vec<Shell>,
    adversaries: Adversaries,
    queue: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    now: u64,
    /// The beginning on the clock that never jumps.
    start: Instant,
    invariants: Invariants,
    timely: Timely,
    summary: Summary,
    /// Events by the text that the journal keeps of them.
    events: BTreeMap<String, SeenRequest>,
    /// Which request of the plan an id is.
    numbers: BTreeMap<B256, usize>,
    cuts: Vec<(u64, u64)>,
    /// Whether what happens is printed.
    is_traced: bool,
}

impl World {
    /// The beginning of a run that is printed on standard error.
    #[must_use]
    pub fn traced(plan: Plan) -> Self {
        Self { is_traced: true, ..Self::new(plan) }
    }

    /// The beginning of a run.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let real = plan.real_signatures;
        let keys: Vec<Keys> = (0..plan.actors.len()).map(|who| Keys::of(who, real)).collect();
        let checks = if real { Checks::Real(oracle_ocr::Curves) } else { Checks::Fast };
        let config = Rc::new(Config::new(1, (0..plan.n).collect(), &keys));
        let honest: BTreeSet<usize> = (0..plan.actors.len()).filter(|who| plan.is_honest(*who)).collect();
        let mut world = Self {
            random: Random::new(plan.seed, 2),
            luck: Random::new(plan.seed, 3),
            chain: Chain::new(&config, checks),
            invariants: Invariants::new(honest, checks),
            timely: Timely::new(plan.is_quiet()),
            adversaries: Adversaries::new(&plan, &keys),
            configs: vec![config],
            routes: Vec::new(),
            keys,
            checks,
            shells: Vec::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            now: 0,
            start: Instant::now(),
            summary: Summary::default(),
            events: BTreeMap::new(),
            numbers: BTreeMap::new(),
            cuts: Vec::new(),
            is_traced: false,
            plan,
        };
        world.begin();
        world
    }

    fn begin(&mut self) {
        let checked = self.invariants.on_config(&self.configs[0]);
        self.check(checked);
        for who in 0..self.plan.actors.len() {
            match self.plan.actors[who] {
                Actor::Faulty(Attack::Twin(mask)) => {
                    self.shells.push(Shell::new(who, 0, mask));
                    self.shells.push(Shell::new(who, 1, !mask));
                }
                _ => self.shells.push(Shell::new(who, 0, u64::MAX)),
            }
        }
        for shell in 0..self.shells.len() {
            if !self.plan.exact {
                self.shells[shell].offset = i64::try_from(self.luck.below(4_000)).unwrap_or(0) - 2_000;
                self.shells[shell].drift = i64::try_from(self.luck.below(400)).unwrap_or(0) - 200;
            }
            let at = if self.plan.exact { 0 } else { self.luck.below(500) };
            self.at(at, Event::Start { shell, life: 0 });
        }
        for number in 0..self.plan.requests {
            let at = 1_000 + number as u64 * self.plan.spacing;
            self.chain.calls.push((at, Call::Request { number, identity: self.plan.identity }));
        }
        for place in 0..self.plan.faults.len() {
            self.at(self.plan.faults[place].at, Event::Fault(place));
        }
        self.at(self.plan.calm_at, Event::Heal);
        self.at(self.plan.block_ms, Event::Block);
    }

    /// Runs until every request is final and every node has nothing left to do, a rule is broken, or patience ends.
    #[must_use]
    pub fn run(mut self) -> Summary {
        let end = self.plan.calm_at + self.plan.requests as u64 * self.plan.spacing + PATIENCE_MS;
        while let Some(((time, _), event)) = self.queue.pop_first() {
            self.now = time;
            if self.summary.violation.is_some() || time > end {
                break;
            }
            let is_block = matches!(event, Event::Block);
            self.handle(event);
            if is_block && self.is_done() {
                break;
            }
        }
        if self.summary.violation.is_none() && !self.is_done() {
            self.fail(self.unfinished());
        }
        self.summary.took = self.now;
        self.summary.attempts = self.invariants.attempts();
        self.count_transactions();
        self.summary
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Block => {
                let certain = self.plan.exact;
                self.chain.grow(self.now, &mut self.luck, certain);
                self.look_at_block();
                self.at(self.now + self.plan.block_ms, Event::Block);
            }
            Event::Fault(place) => self.strike(place),
            Event::Heal => self.heal(),
            Event::Cheap => self.chain.price = 1,
            Event::Start { shell, life } => self.start(shell, life),
            Event::Poll { shell, life } => self.poll(shell, life),
            Event::Work { shell, life } => self.work(shell, life),
            Event::Tick { shell, life } => self.tick(shell, life),
            Event::Deliver { shell, from, message } => self.deliver(shell, from, &message),
            Event::Finished { shell, life, key, run, observation } => {
                self.finished(shell, life, key, run, observation);
            }
            Event::Wake { shell, life, id, serial } => self.wake(shell, life, id, serial),
            Event::Turn { shell, life } => self.turn(shell, life),
            Event::Note { shell, life, note } => self.transmit_note(shell, life, note),
        }
    }

    /// What a new block must not show.
    fn look_at_block(&mut self) {
        let block = self.chain.head().clone();
        for (transaction, deeds) in &block.mined {
            let Some(carried) = &transaction.report else { continue };
            let paid = carried.entries.iter().zip(deeds).filter(|(_, deed)| matches!(deed, Deed::Paid(_)));
            let paid: Vec<B256> = paid.map(|((key, _), _)| key.request).collect();
            paid.iter().for_each(|id| self.timely.on_answer(*id));
            // The configuration is set before reports are taken.
            let ended = paid.first().and_then(|id| block.state.ended.get(id));
            let coordinator = ended.map(|(asked, _)| asked.commitment.coordinator);
            if let Some(config) = coordinator.and_then(|of| block.state.config_of(&of)) {
                let checked = self.invariants.on_fulfilled(config, carried);
                self.check(checked);
            }
        }
        self.look_for_late(&block);
        // Whoever paid for a request that nobody answered takes it back.
        let seconds = block.seconds;
        let over: Vec<B256> = block
            .state
            .open
            .iter()
            .filter(|(_, asked)| u64::from(asked.commitment.timeout_timestamp) + 5 < seconds)
            .map(|(id, _)| *id)
            .collect();
        self.chain.calls.extend(over.into_iter().map(|id| (self.now, Call::GiveUp(id))));
    }

    fn look_for_late(&mut self, block: &Block) {
        let Some(config) = block.state.config() else { return };
        let is_early = |asked: &&Rc<Asked>| {
            let is_routed = asked.commitment.coordinator == block.state.coordinator;
            is_routed && u64::from(asked.commitment.timeout_timestamp) > block.seconds
        };
        let open: Vec<RequestKey> =
            block.state.open.values().filter(is_early).map(|asked| asked.key()).collect();
        let calm = self.plan.calm_at + LINGERING_MS;
        let since = |shell: &Shell| shell.running.as_ref().map_or(calm, |running| running.since.max(calm));
        let honest = self.shells.iter().filter(|shell| self.plan.is_honest(shell.who));
        let honest: Vec<(&Shell, u64)> = honest.map(|shell| (shell, since(shell))).collect();
        let checked = self.timely.look_for_late(self.now, config, &open, &honest);
        self.check(checked);
    }

    fn is_done(&self) -> bool {
        if self.now < self.plan.calm_at || !self.chain.calls.is_empty() {
            return false;
        }
        let head = self.chain.head();
        let Some(last) = head.at(head.final_number()) else { return false };
        if !head.state.open.is_empty() || last.state.ended.len() < head.state.ended.len() {
            return false;
        }
        // A request that left the chain for good is forgotten much later.
        let members = head.state.config().map(|config| config.members.as_slice()).unwrap_or_default();
        let waits = |row: &RequestRow| self.waits(row);
        let mut honest = self.shells.iter().filter(|shell| self.plan.is_honest(shell.who));
        honest.all(|shell| !members.contains(&shell.who) || !shell.journal.rows.values().any(waits))
    }

    /// Whether a row stands for work or for something the chain may take back, though its request ended on chain.
    fn waits(&self, row: &RequestRow) -> bool {
        let state = &self.chain.head().state;
        // A coordinator that the route has left is not served to the last.
        let is_same = state.ended.get(&row.view.request_id).is_some_and(|(asked, _)| {
            asked.commitment_hash == row.commitment_hash && asked.commitment.coordinator == state.coordinator
        });
        is_same && (!row.view.state.is_settled() || row.view.state == State::Included)
    }

    fn unfinished(&self) -> String {
        let head = self.chain.head();
        let mut text = format!("stuck: {} requests open;", head.state.open.len());
        for shell in self.shells.iter().filter(|shell| self.plan.is_honest(shell.who)) {
            let rows = shell.journal.rows.values().filter(|row| self.waits(row));
            for row in rows {
                let number = self.numbers.get(&row.view.request_id);
                text += &format!(
                    " node {} request {number:?} {} {:?};",
                    shell.who, row.view.state, row.view.reason
                );
            }
            if shell.running.is_none() {
                text += &format!(" node {} does not run;", shell.who);
            }
        }
        text
    }

    /// Nothing is paid for twice, and nobody waits for a timeout in vain.
    fn count_transactions(&mut self) {
        let mut block: Option<Rc<Block>> = Some(self.chain.head().clone());
        while let Some(at) = block {
            self.summary.transactions.0 += at.mined.len() as u64;
            let is_paid = |deed: &Deed| matches!(deed, Deed::Paid(_));
            let paid = at.mined.iter().filter(|(_, deeds)| deeds.iter().any(is_paid)).count();
            let carried = at.mined.iter().filter(|(_, deeds)| deeds.len() > 1);
            self.summary.batches += carried.clone().count() as u64;
            self.summary.batched += carried.map(|(_, deeds)| deeds.len() as u64).sum::<u64>();
            self.summary.transactions.1 += (at.mined.len() - paid) as u64;
            block = at.parent.clone();
        }
        let head = self.chain.head().clone();
        let given_up: Vec<B256> = head
            .state
            .ended
            .iter()
            .filter(|(_, (_, end))| matches!(end, End::GivenUp))
            .map(|(id, _)| *id)
            .collect();
        // Members who locked a text that answers differ cannot sign another under the next configuration (A34).
        let differ = !matches!(self.plan.answers, Answers::Agree | Answers::SomeFail);
        let is_rotated = |of| self.configs.iter().filter(|config| config.coordinator == of).count() > 1;
        // What fewer than 2f + 1 members can run has no outcome.
        let is_excused = |id: &B256| {
            let asked = head.state.ended.get(id).map(|(asked, _)| asked.clone());
            asked.is_some_and(|asked| {
                let of = asked.commitment.coordinator;
                differ && is_rotated(of) || self.is_left(of)
            })
        };
        let is_hopeless = self.plan.answers == Answers::SomeNever;
        let lost: Vec<B256> = given_up.into_iter().filter(|id| !is_hopeless && !is_excused(id)).collect();
        for id in lost {
            let number = self.numbers.get(&id).copied().unwrap_or_default();
            let seen: Vec<String> = self.shells.iter().map(|shell| shell.account_of(&id)).collect();
            self.fail(format!("loss: request {number} was not answered in time; {}", seen.join("; ")));
        }
        let is_quiet =
            self.plan.faults.is_empty() && self.plan.actors.iter().all(|actor| *actor == Actor::Honest);
        let (sent, unpaid) = self.summary.transactions;
        if is_quiet
            && self.plan.loss == 0
            && self.plan.exact
            && (sent + self.summary.batched - self.summary.batches, unpaid) != (self.plan.requests as u64, 0)
        {
            self.fail(format!("cost: {sent} transactions, {unpaid} of them for nothing, without a fault"));
        }
    }

    /// Whether the route left a coordinator whose requests not everybody can be asked to end: nodes go with the route
    /// at their next start, or when they see no open request (`Lifecycle::leave`).
    fn is_left(&self, coordinator: Address) -> bool {
        let stays = |fault: &Fault| {
            matches!(
                fault.what,
                What::Route { .. } | What::Cut { .. } | What::Jump { .. } | What::Forget | What::Forge { .. }
            )
        };
        let is_bound =
            self.routes.len() == 1 && self.plan.slow.is_empty() && self.plan.faults.iter().all(stays);
        !is_bound && self.chain.head().state.coordinator != coordinator
    }

    fn trace(&self, who: usize, what: impl FnOnce() -> String) {
        if self.is_traced {
            eprintln!("{:>7} node {who}: {}", self.now, what());
        }
    }

    fn check(&mut self, checked: Result<(), String>) {
        if let Err(violation) = checked {
            self.fail(violation);
        }
    }

    fn fail(&mut self, violation: String) {
        let at = self.now;
        self.summary.violation.get_or_insert_with(|| format!("{violation} (at {at} ms)"));
    }

    fn note(&mut self, what: &[u8], who: usize, content: &[u8]) {
        let mut hasher = DefaultHasher::new();
        (self.summary.history, what, self.now, who, content).hash(&mut hasher);
        self.summary.history = hasher.finish();
    }

    fn at(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.queue.insert((time.max(self.now), self.sequence), event);
    }

    /// The newest block as a node's endpoint shows it.
    fn view(&self, shell: usize) -> Rc<Block> {
        let shell = &self.shells[shell];
        let (by, until) = shell.lag;
        let ago = if self.now < until { by } else { 0 };
        self.chain.head_at(self.now.saturating_sub(ago)).clone()
    }

    fn is_deaf(&self, shell: usize) -> bool {
        self.now < self.shells[shell].deaf_until
    }
}
