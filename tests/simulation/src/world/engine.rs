//! A node's engine: tells the core what happens and does the work it asks for, as `oracle/src/engine` does.

use std::collections::{BTreeMap, VecDeque};

use alloy::primitives::{Address, B256, Bytes};
use functions_node::{
    chain::{Position, SeenRequest},
    lifecycle::{Core, Happening, Note, Order, RequestRow, Requested, Rules, Stored, Work},
    memory,
    transmit::{Progress, TransmitNote, batch::Pause},
};
use oracle_ocr::{Earlier, Observation, Protocol, Record, RequestEvent, RequestKey};

use super::{Event, World, endpoints::Shown};
use crate::{
    chain::{
        Block,
        contract::{Happened, SCRIPT},
    },
    don::{DON_ID, account},
    node::{Running, cursor::Cursor, journal::Journal},
    script,
};

/// Milliseconds between two looks of a node that is no member.
const MEMBERSHIP_MS: u64 = 2_000;
/// Starts that no run has a reason to reach.
const MOST_LIVES: u32 = 100;
/// Scripts that run at once on a node.
const SLOTS: usize = 4;

impl World {
    /// A process starts, or starts again under the configuration that its endpoint shows.
    pub(super) fn start(&mut self, shell: usize, life: u32) {
        if self.shells[shell].life != life || self.shells[shell].running.is_some() {
            return;
        }
        let view = self.view(shell);
        let config = view.state.config().cloned().filter(|_| !self.is_deaf(shell));
        let place = config.as_ref().and_then(|config| config.place(self.shells[shell].who));
        let (Some(config), Some(me)) = (config, place) else {
            return self.at(self.now + MEMBERSHIP_MS, Event::Start { shell, life });
        };
        let node = &mut self.shells[shell];
        if node.is_new {
            node.is_new = false;
            node.anchor = node.offset;
        }
        if node.journal.remembers_since == u64::MAX {
            node.journal.remembers_since = memory::starts_to_remember(view.seconds);
        }
        let keys = self.keys[node.who].clone();
        let mut protocol = Protocol::with_verifier(config.roster.clone(), me, keys, self.checks);
        let since = node.journal.remembers_since;
        protocol.set_quarantine(since);
        let rules = Rules {
            slots: SLOTS,
            max_waiting: 1_000,
            transmitter: account(node.who),
            coordinator: config.coordinator,
            don_id: DON_ID,
            config_count: config.count,
            known_block: view.state.configs.get(&config.coordinator).map_or(0, |(_, block)| *block),
            members: config.roster.indexes().collect(),
            quorum: config.roster.quorum(),
            run_limit_ms: 30_000,
        };
        let first_block = node.journal.cursors.get(&config.coordinator).copied().unwrap_or(0);
        let cursor = Cursor::new(first_block);
        let digest = config.digest;
        node.running = Some(Running {
            config,
            since: self.now,
            me,
            core: Core::new(rules, protocol),
            cursor,
            runs: BTreeMap::new(),
            jobs: BTreeMap::new(),
            queue: VecDeque::new(),
            is_taken: false,
            gathering: None,
            pause: Pause::default(),
            progress: Progress::default(),
            work_due: false,
            tick_at: u64::MAX,
            next_block: None,
        });
        let mut stored = Vec::new();
        for row in self.shells[shell].journal.unfinished() {
            let Some(seen) = self.read_event(shell, &row) else { continue };
            let key = RequestKey { request: row.view.request_id, commitment: row.commitment_hash };
            let settled = row.view.state.is_settled();
            let (records, earlier) = if settled { Default::default() } else { self.said(shell, digest, key) };
            stored.push(Stored { seen, row, records, earlier });
        }
        self.tell(shell, Happening::Restored { stored, first_block });
        self.work(shell, life);
        self.connect(shell);
        self.at(self.now, Event::Poll { shell, life });
    }

    /// What a node said about a request, under this configuration and under others.
    fn said(&mut self, shell: usize, digest: B256, key: RequestKey) -> (Vec<Record>, Earlier) {
        let (records, others) = self.shells[shell].journal.said(digest, key);
        match Earlier::read(&others) {
            Ok(earlier) => (records, earlier),
            Err(err) => {
                self.fail(format!("durability: records of another configuration cannot be read: {err}"));
                (records, Earlier::default())
            }
        }
    }

    /// The event of a stored row, unless it is another coordinator's.
    fn read_event(&self, shell: usize, row: &RequestRow) -> Option<SeenRequest> {
        let seen = self.events.get(&row.event)?;
        let is_same = seen.commitment_hash == row.commitment_hash;
        (is_same && self.serves(shell, &seen.commitment.coordinator)).then(|| seen.clone())
    }

    fn serves(&self, shell: usize, coordinator: &Address) -> bool {
        let running = self.shells[shell].running.as_ref();
        running.is_some_and(|running| running.config.coordinator == *coordinator)
    }

    pub(super) fn tell(&mut self, shell: usize, happening: Happening) {
        let now = self.shells[shell].clock(self.now);
        self.summary.steps += 1;
        if let Some(running) = &mut self.shells[shell].running {
            running.core.on(now, happening);
            self.ask_for_work(shell);
        }
    }

    /// What was told is worked on soon; what comes meanwhile shares the commit.
    pub(super) fn ask_for_work(&mut self, shell: usize) {
        let life = self.shells[shell].life;
        let Some(running) = &mut self.shells[shell].running else { return };
        if !running.work_due {
            running.work_due = true;
            let wait = self.random.below(self.plan.sync_ms + 1);
            self.at(self.now + wait, Event::Work { shell, life });
        }
    }

    pub(super) fn poll(&mut self, shell: usize, life: u32) {
        if self.shells[shell].life != life || self.shells[shell].running.is_none() {
            return;
        }
        let pause = if self.plan.exact { 250 } else { 250 + self.luck.below(500) };
        self.at(self.now + pause, Event::Poll { shell, life });
        if self.is_deaf(shell) {
            return;
        }
        // Everything heard before is committed before the chain is read.
        self.work(shell, life);
        let Some(view) = self.agreed_head(shell) else {
            return self.fail("forgery: a node takes for the newest block what is none".to_owned());
        };
        let withheld = self.now < self.shells[shell].withheld_until;
        let now = self.now;
        let Some(running) = &mut self.shells[shell].running else { return };
        let batch = running.cursor.poll(now, &view, withheld);
        running.next_block = Some(batch.durable_next);
        if let Some(first) = batch.rewound {
            self.tell(shell, Happening::Rewound { first });
        }
        for block in &batch.blocks {
            self.read_block(shell, block);
        }
        let seconds = batch.head.seconds;
        self.tell(shell, Happening::Finalised { block: batch.head.final_number() });
        self.tell(shell, Happening::Dated { seconds });
        if batch.caught_up {
            self.tell(shell, Happening::CaughtUp { height: batch.head.number, seconds });
        }
        self.tell(shell, Happening::Explain);
        self.tend(shell);
    }

    fn read_block(&mut self, shell: usize, block: &Block) {
        let at = |tx_hash| Position { block_number: block.number, block_hash: block.hash, tx_hash };
        let Some(logs) = self.logs(shell, block) else {
            return self.fail("forgery: one endpoint keeps the others from agreeing".to_owned());
        };
        let made_up = self.made_up(block);
        for log in logs {
            let event = match log {
                Shown::True(place) | Shown::Changed(place) => Some(&block.events[place]),
                Shown::MadeUp => made_up.as_ref(),
            };
            let Some(event) = event else { continue };
            let happening = match event {
                // The logs of other coordinators are not asked for.
                Happened::Requested(asked) if !self.serves(shell, &asked.commitment.coordinator) => continue,
                Happened::Configured(config) if !self.serves(shell, &config.coordinator) => continue,
                Happened::Requested(asked) => {
                    let mut seen = asked.seen(block.number, block.hash);
                    if matches!(log, Shown::Changed(_)) {
                        seen.data = Bytes::from_static(b"forged");
                        seen.log_json += " forged";
                    }
                    self.numbers.insert(seen.request_id, asked.number);
                    self.events.entry(seen.log_json.clone()).or_insert_with(|| seen.clone());
                    self.adversaries.learn(|| event_of(&seen), asked.key());
                    self.invariants.learn(event_of(&seen));
                    let Some(running) = &self.shells[shell].running else { return };
                    let digest = running.config.digest;
                    let row = self.shells[shell].journal.rows.get(&seen.request_id).cloned();
                    let (records, earlier) = self.said(shell, digest, asked.key());
                    Happening::Requested(Box::new(Requested { seen, row, records, earlier }))
                }
                Happened::Responded { id, transmitter, tx_hash } => {
                    Happening::Responded { id: *id, transmitter: *transmitter, at: at(*tx_hash) }
                }
                Happened::Processed { id, code } => Happening::Processed { id: *id, code: *code },
                Happened::NotProcessed { id, code } => Happening::NotProcessed { id: *id, code: *code },
                Happened::TimedOut(id) => Happening::TimedOut { id: *id, block: block.number },
                Happened::Configured(config) => {
                    Happening::Configured { count: config.count, digest: config.digest }
                }
                Happened::Routed(coordinator) => {
                    Happening::Routed { don_id: DON_ID, coordinator: *coordinator }
                }
            };
            self.tell(shell, happening);
        }
    }

    pub(super) fn tick(&mut self, shell: usize, life: u32) {
        let (clock, now) = (self.shells[shell].clock(self.now), self.now);
        if self.shells[shell].life != life {
            return;
        }
        let running = self.shells[shell].running.as_mut().filter(|running| running.tick_at <= now);
        let Some(running) = running else { return };
        running.tick_at = u64::MAX;
        running.core.tick(clock);
        self.summary.steps += 1;
        self.work(shell, life);
    }

    /// Does all that is asked for.
    pub(super) fn work(&mut self, shell: usize, life: u32) {
        loop {
            let clock = self.shells[shell].clock(self.now);
            if self.shells[shell].life != life {
                return;
            }
            let Some(running) = &mut self.shells[shell].running else { return };
            running.work_due = false;
            let work = running.core.take_work(clock);
            let is_over = work.is_over;
            let asks_more = self.carry_out(shell, work);
            if self.shells[shell].life != life {
                return;
            }
            if is_over {
                let node = &mut self.shells[shell];
                node.running = None;
                node.life += 1;
                let (life, who) = (node.life, node.who);
                if life > MOST_LIVES {
                    return self.fail(format!("bounds: node {who} started {life} times"));
                }
                return self.at(self.now + 1, Event::Start { shell, life });
            }
            if !asks_more {
                break;
            }
        }
        self.set_tick(shell, life);
    }

    fn set_tick(&mut self, shell: usize, life: u32) {
        let now = self.now;
        let node = &self.shells[shell];
        let Some(at) = node.running.as_ref().and_then(|running| running.core.next_at()) else { return };
        // The engine looks at its clock at least once a second.
        let at = node.moment(now, at).clamp(now + 1, now + 1_000);
        let Some(running) = &mut self.shells[shell].running else { return };
        if at < running.tick_at {
            running.tick_at = at;
            self.at(at, Event::Tick { shell, life });
        }
    }

    /// Commits, then says and does; true when orders were answered at once.
    fn carry_out(&mut self, shell: usize, work: Work) -> bool {
        let who = self.shells[shell].who;
        if let Some(err) = &work.unreadable {
            self.fail(format!("durability: node {who} cannot read its records: {err}"));
            return false;
        }
        for note in &work.notes {
            self.on_lifecycle_note(shell, note);
        }
        let Some(running) = &mut self.shells[shell].running else { return false };
        let next_block = running.next_block.take();
        let config = running.config.clone();
        let is_something = work.is_durable() || !work.messages.is_empty() || !work.orders.is_empty();
        let doom = self.shells[shell].doom.filter(|_| is_something).map(|(point, ..)| point);
        if doom == Some(0) {
            self.crash(shell);
            return false;
        }
        if work.is_durable() || next_block.is_some() {
            if self.plan.is_honest(who) {
                let checked = self.invariants.on_commit(who, &config, &work.records);
                self.check(checked);
            }
            for record in &work.records {
                self.trace(who, || format!("stores {:?} {}", record.id.slot, record.id.attempt));
                self.note(b"disk", who, &record.body);
            }
            for row in work.rows.values() {
                self.trace(who, || format!("{} {:?}", row.view.state, row.view.reason));
            }
            let rows = work.rows.into_values().collect();
            let cursor = next_block.map(|next| (config.coordinator, next));
            self.shells[shell].journal.commit(config.digest, work.records, rows, cursor);
        }
        if doom == Some(1) {
            self.crash(shell);
            return false;
        }
        let half = work.messages.len() / 2;
        for (place, (to, message)) in work.messages.into_iter().enumerate() {
            if place == half && doom == Some(2) {
                self.crash(shell);
                return false;
            }
            self.trace(who, || format!("says {} to {to:?}", message.body.name()));
            self.say(shell, &config, to, message);
        }
        let half = work.orders.len() / 2;
        let mut asks_more = false;
        for (place, order) in work.orders.into_iter().enumerate() {
            if place == half && doom.is_some() {
                self.crash(shell);
                return false;
            }
            asks_more |= self.obey(shell, order);
        }
        if doom.is_some() {
            self.crash(shell);
            return false;
        }
        asks_more
    }

    fn on_lifecycle_note(&mut self, shell: usize, note: &Note) {
        if let Note::Blamed { oracle, misbehavior } = note {
            let who = self.shells[shell].who;
            let Some(running) = &self.shells[shell].running else { return };
            let culprit = running.config.node(*oracle);
            if self.plan.is_honest(who) && self.plan.is_honest(culprit) {
                self.fail(format!("blame: node {who} blamed honest node {culprit} for {misbehavior}"));
            }
        }
    }

    /// True when the order was answered at once.
    fn obey(&mut self, shell: usize, order: Order) -> bool {
        self.trace(self.shells[shell].who, || match &order {
            Order::Transmit(_) => "delivers".to_owned(),
            other => format!("{other:?}"),
        });
        match order {
            Order::Run(key) => return self.run_script(shell, key),
            Order::EndRun(key) => {
                if let Some(running) = &mut self.shells[shell].running {
                    running.runs.remove(&key);
                }
            }
            Order::Read(key) => {
                let Some(running) = &self.shells[shell].running else { return false };
                let digest = running.config.digest;
                let (records, earlier) = self.said(shell, digest, key);
                self.tell(shell, Happening::Read { key, records, earlier });
                return true;
            }
            Order::Transmit(report) => self.transmit(shell, *report),
            Order::Batched { first, batch } => self.batched(shell, first, batch.map(|batch| *batch)),
            Order::Answered(id) => self.answered(shell, id),
            Order::Cancel(id) => {
                if let Some(running) = &mut self.shells[shell].running {
                    running.jobs.remove(&id);
                    self.let_go(shell, id);
                }
            }
            Order::Progressed { transmitter, reported_ms } => {
                let at = self.instant(self.now);
                if let Some(running) = &mut self.shells[shell].running {
                    running.progress.note(transmitter, reported_ms, at);
                }
            }
        }
        false
    }

    fn run_script(&mut self, shell: usize, key: RequestKey) -> bool {
        let row = self.shells[shell].journal.rows.get(&key.request);
        let row = row.filter(|row| row.commitment_hash == key.commitment).cloned();
        let Some(seen) = row.and_then(|row| self.read_event(shell, &row)) else {
            self.tell(shell, Happening::Unrunnable { key });
            return true;
        };
        if seen.data.as_ref() != SCRIPT && self.plan.is_honest(self.shells[shell].who) {
            self.fail("forgery: a node runs another script than the chain has".to_owned());
        }
        let node = &mut self.shells[shell];
        let (who, copy, life) = (node.who, node.copy, node.life);
        let tries = node.tries.entry(key.request).or_default();
        *tries += 1;
        let tries = *tries - 1;
        let number = self.numbers.get(&key.request).copied().unwrap_or(0);
        let observation = script::answer(self.plan.answers, who, copy, life, number, tries);
        if let Some(running) = &mut node.running {
            running.runs.insert(key, tries);
        }
        let took = script::duration(&mut self.luck, &self.plan, who);
        self.at(self.now + took, Event::Finished { shell, life, key, run: tries, observation });
        false
    }

    pub(super) fn finished(
        &mut self,
        shell: usize,
        life: u32,
        key: RequestKey,
        run: u32,
        observation: Result<Observation, String>,
    ) {
        let node = &mut self.shells[shell];
        let running = node.running.as_mut().filter(|_| node.life == life);
        // One that was ended says nothing any more.
        if running.is_some_and(|running| running.runs.get(&key) == Some(&run)) {
            self.tell(shell, Happening::Finished { key, observation });
        }
    }

    pub(super) fn transmit_note(&mut self, shell: usize, life: u32, note: TransmitNote) {
        if self.shells[shell].life != life {
            return;
        }
        self.work(shell, life);
        let happening = match note {
            TransmitNote::Submitted { request_id: id, tx_hash, stage }
            | TransmitNote::Carried { request_id: id, tx_hash, stage } => {
                let Some(running) = &self.shells[shell].running else { return };
                let is_held = running.core.lifecycle().holds(&id);
                let stored = self.shells[shell].journal.rows.get(&id).filter(|_| !is_held);
                Happening::Submitted { id, tx_hash, stage, stored: stored.cloned().map(Box::new) }
            }
            TransmitNote::Gather { keys } => {
                let clock = self.shells[shell].clock(self.now);
                if let Some(running) = &mut self.shells[shell].running {
                    running.core.gather(clock, keys);
                    self.ask_for_work(shell);
                }
                return;
            }
            TransmitNote::Unpaid { request_id: id, code, .. } => Happening::Unpaid { id, code },
            TransmitNote::Undeliverable { request_id: id, reason } => Happening::Undeliverable { id, reason },
            TransmitNote::Included { .. } | TransmitNote::Unneeded { .. } => return,
        };
        self.tell(shell, happening);
    }

    /// The process dies with what it had in memory.
    pub(super) fn crash(&mut self, shell: usize) {
        let node = &mut self.shells[shell];
        let Some((_, down, amnesia)) = node.doom.take() else { return };
        node.running = None;
        node.is_new = true;
        node.life += 1;
        let (life, who) = (node.life, node.who);
        if amnesia {
            node.journal = Journal { remembers_since: u64::MAX, ..Journal::default() };
            self.invariants.forget(who);
        }
        self.summary.restarts += 1;
        self.trace(who, || format!("dies, with its disk: {amnesia}"));
        self.note(b"dies", who, &[]);
        self.at(self.now + 1 + down, Event::Start { shell, life });
    }
}

fn event_of(seen: &SeenRequest) -> RequestEvent {
    RequestEvent {
        aggregation: None,
        request: seen.request_id,
        coordinator: seen.commitment.coordinator,
        commitment: seen.onchain_metadata(),
        event_seconds: seen.block_timestamp,
        seen_at: 0,
    }
}
