//! Drives the real decisions of a delivery, as `oracle/src/transmit/{job,sender,look,gathering,carried}.rs` do.

use std::{rc::Rc, time::Duration};

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use functions_node::{
    chain::Reach,
    journal::{Transmission, TransmissionState},
    lifecycle::Report,
    transmit::{
        Deed as Did, Market, Mined, Price, Simulated, batch,
        delivery::{Assignment, Delivery, Effect, Look, Moment, Next, Seen, Standing, Step},
        is_confirmed,
    },
};
use oracle_ocr::MAX_BATCH;
use tokio::time::Instant;

use super::{Event, World};
use crate::{
    chain::{
        Block,
        contract::{AFFORDABLE, Deed},
        pool::Refusal,
        transaction::{Carried, Transaction},
    },
    don::account,
    node::Job,
};

/// Milliseconds between two looks at the chain.
const POLL_MS: u64 = 500;

/// Above it the reservation does not pay.
const CEILING_WEI: u128 = AFFORDABLE as u128;

/// An endpoint did not take or answer it.
pub(super) struct Trouble;

impl World {
    pub(super) fn instant(&self, time: u64) -> Instant {
        self.start + Duration::from_millis(time)
    }

    /// Starts a delivery; one that is under way is kept.
    pub(super) fn transmit(&mut self, shell: usize, report: Report) {
        let who = self.shells[shell].who;
        let Some(running) = &self.shells[shell].running else { return };
        let config = running.config.clone();
        if self.plan.is_honest(who) {
            let checked = self.invariants.on_report(who, &config, &report.ready);
            self.check(checked);
            let checked = self.timely.on_report(self.now, who, &config, report.ready.key);
            self.check(checked);
        }
        let Some(running) = &mut self.shells[shell].running else { return };
        let id = report.ready.key.request;
        if let Some(job) = running.jobs.get_mut(&id) {
            job.report.request_block = report.request_block;
            return;
        }
        let (delivery, step) = Delivery::begin(Assignment {
            request_id: id,
            stage: report.ready.stage as u64,
            delta_stage: Duration::from_millis(config.roster.timing().delta_stage_ms),
            poll_interval: Duration::from_millis(POLL_MS),
            timeout_timestamp: u64::from(report.commitment.timeout_timestamp),
        });
        let ready = Rc::new(Carried::alone(&report.ready));
        let stage = report.ready.stage;
        let before = config.roster.order(&id);
        let before = before.iter().take(stage).map(|index| account(config.node(index))).collect();
        let job = Job {
            delivery,
            report,
            before,
            ready,
            gathered: None,
            lingers: false,
            rides: false,
            answered: false,
            open: None,
            pause: None,
            serial: 0,
            simulated: None,
        };
        self.drive(shell, id, job, step);
    }

    /// The chain shows a response, or needs none.
    pub(super) fn answered(&mut self, shell: usize, id: B256) {
        let life = self.shells[shell].life;
        let Some(running) = &mut self.shells[shell].running else { return };
        let Some(job) = running.jobs.get_mut(&id) else { return };
        job.answered = true;
        if job.pause.is_some_and(|(_, or_answered)| or_answered) {
            let serial = job.serial;
            self.at(self.now, Event::Wake { shell, life, id, serial });
        }
    }

    pub(super) fn wake(&mut self, shell: usize, life: u32, id: B256, serial: u64) {
        if self.shells[shell].life != life {
            return;
        }
        let Some(running) = &mut self.shells[shell].running else { return };
        if running.jobs.get(&id).is_none_or(|job| job.serial != serial || job.pause.is_none()) {
            return;
        }
        let Some(mut job) = running.jobs.remove(&id) else { return };
        (job.pause, job.lingers) = (None, false);
        let step = self.hand(shell, &mut job, Seen::Woke);
        self.drive(shell, id, job, step);
    }

    pub(super) fn hand(&self, shell: usize, job: &mut Job, seen: Seen) -> Step {
        let unix_ms = self.shells[shell].clock(self.now);
        let final_block = self.view(shell).final_number();
        let moment = Moment { at: self.instant(self.now), unix_ms, answered: job.answered, final_block };
        job.delivery.on(moment, seen)
    }

    /// Asks and answers until the delivery pauses or is over.
    fn drive(&mut self, shell: usize, id: B256, job: Job, step: Step) {
        self.drive_on(shell, id, job, step, false);
    }

    pub(super) fn drive_on(&mut self, shell: usize, id: B256, mut job: Job, mut step: Step, has_turn: bool) {
        let life = self.shells[shell].life;
        for _ in 0..1_000 {
            for effect in std::mem::take(&mut step.first) {
                match effect {
                    Effect::Drop => self.settle(shell, &mut job, TransmissionState::Dropped),
                    Effect::Note(note) => self.at(self.now, Event::Note { shell, life, note }),
                    Effect::Waits { .. } => {}
                }
            }
            match step.then {
                Next::End => return,
                Next::Sleep { until, or_answered } => {
                    let pause = until.saturating_duration_since(self.instant(self.now));
                    let until = self.now + u64::try_from(pause.as_millis()).unwrap_or(u64::MAX / 2) + 1;
                    let until = if or_answered && job.answered { self.now } else { until };
                    job.serial += 1;
                    job.pause = Some((until, or_answered));
                    let serial = job.serial;
                    self.at(until, Event::Wake { shell, life, id, serial });
                    if let Some(running) = &mut self.shells[shell].running {
                        running.jobs.insert(id, job);
                    }
                    return;
                }
                Next::Linger { until } => {
                    let pause = until.saturating_duration_since(self.instant(self.now));
                    let is_full = self.waiting(shell).len() + 1 >= MAX_BATCH;
                    let wait = if is_full { 0 } else { u64::try_from(pause.as_millis()).unwrap_or(0) };
                    job.serial += 1;
                    job.pause = Some((self.now + wait, true));
                    job.lingers = true;
                    let serial = job.serial;
                    self.at(self.now + wait, Event::Wake { shell, life, id, serial });
                    if let Some(running) = &mut self.shells[shell].running {
                        running.jobs.insert(id, job);
                    }
                    return;
                }
                next @ Next::Look { .. } if !has_turn => return self.queue_up(shell, id, job, next),
                next => {
                    let asked = if self.is_traced { format!("{next:?}") } else { String::new() };
                    let seen = self.ask(shell, &mut job, next).unwrap_or(Seen::Trouble);
                    self.trace(self.shells[shell].who, || format!("{asked}: {seen:?}"));
                    step = self.hand(shell, &mut job, seen);
                }
            }
        }
        self.fail(format!("a delivery of node {} turns in a circle", self.shells[shell].who));
    }

    fn settle(&mut self, shell: usize, job: &mut Job, state: TransmissionState) {
        if let Some(mut row) = self.open_row(shell, job) {
            row.state = state;
            self.shells[shell].journal.put(row);
            job.open = None;
        }
    }

    fn open_row(&self, shell: usize, job: &Job) -> Option<Transmission> {
        self.shells[shell].journal.transmissions.get(&(job.report.ready.key.request, job.open?)).cloned()
    }

    pub(super) fn ask(&mut self, shell: usize, job: &mut Job, next: Next) -> Result<Seen, Trouble> {
        let id = job.report.ready.key.request;
        let me = account(self.shells[shell].who);
        let asks_nobody = matches!(next, Next::Load | Next::AskProgress);
        if self.is_deaf(shell) && !asks_nobody {
            return Err(Trouble);
        }
        let view = self.view(shell);
        Ok(match next {
            Next::Load => {
                let mut rows = self.shells[shell].journal.transmissions_of(id);
                let attempts = rows.len() as u64;
                let open = rows.pop_if(|row| row.state.is_open());
                job.open = open.as_ref().map(|row| row.attempt);
                let in_vain = |row: &&Transmission| {
                    matches!(row.state, TransmissionState::Sent | TransmissionState::Unpaid)
                };
                let failures = u32::try_from(rows.iter().filter(in_vain).count()).unwrap_or(u32::MAX);
                Seen::Stored { attempts, failures, open: open.as_ref().map(standing) }
            }
            Next::AskProgress => {
                let Some(running) = &self.shells[shell].running else { return Err(Trouble) };
                let delta = running.config.roster.timing().delta_stage_ms;
                Seen::Progress(running.progress.last(&job.before, job.report.reported_ms + delta))
            }
            Next::AskAhead => {
                let waits = |account: &Address| {
                    self.chain.pool.pending_nonce(&view.state, account) > view.state.nonce(account)
                };
                let coming = match job.report.ready.stage {
                    0 => job.report.ready.coming,
                    _ => self.soon(shell),
                };
                Seen::Ahead { pending: job.before.iter().any(waits), window: batch::window(coming) }
            }
            Next::Look { .. } => {
                let waiting = if job.delivery.joins() { self.waiting(shell).len() } else { 0 };
                let look = self.look(shell, job);
                let simulated = self.agreed_trial(shell, look.simulated.clone()).ok_or(Trouble)?;
                let look = Look { waiting, simulated, ..look };
                job.simulated = Some(look.simulated.clone());
                Seen::Looked(look)
            }
            Next::AskFunds { .. } => Seen::Funds { enough: true },
            Next::Send { attempt, gas_limit, price } => {
                if !matches!(job.simulated.take(), Some(Simulated::Code(0 | 1))) {
                    self.fail(
                        "cost: a transaction is sent that its simulation does not speak for".to_owned(),
                    );
                }
                return self.send(shell, job, attempt, gas_limit, price);
            }
            Next::AskReceipt(reach) => {
                let row = self.open_row(shell, job).ok_or(Trouble)?;
                let head = if reach == Reach::First { view } else { self.chain.head().clone() };
                let mined = row.hashes.iter().rev().find_map(|hash| {
                    let (block, deed) = self.chain.deed(&head, hash, &id)?;
                    Some(Mined { tx_hash: *hash, block, deed: did(deed) })
                });
                Seen::Receipt(mined)
            }
            Next::AskNonce => {
                let row = self.open_row(shell, job).ok_or(Trouble)?;
                Seen::NonceUsed(self.agreed_nonce(shell, view.state.nonce(&me)).ok_or(Trouble)? > row.nonce)
            }
            Next::Resend => {
                let mut row = self.open_row(shell, job).ok_or(Trouble)?;
                match self.hand_over(shell, &mut row) {
                    Ok(()) => Seen::Stands(standing(&row)),
                    Err(Trouble) => Seen::Refused,
                }
            }
            Next::AskMarket => {
                let ceiling_wei = if job.answered { u128::MAX } else { CEILING_WEI };
                Seen::Market { market: market(&view), ceiling_wei }
            }
            Next::Bump { price, cancel } => {
                let mut row = self.open_row(shell, job).ok_or(Trouble)?;
                row.max_fee_wei = price.max_fee_wei;
                row.sent_ms = self.shells[shell].clock(self.now);
                let known = row.hashes.last().and_then(|hash| self.shells[shell].journal.signed.get(hash));
                let carried =
                    known.and_then(|signed| signed.report.clone()).unwrap_or_else(|| job.ready.clone());
                self.sign(shell, (!cancel).then_some(carried), &mut row);
                self.shells[shell].journal.put(row.clone());
                if self.hand_over(shell, &mut row).is_err() {
                    row.state = TransmissionState::Sent;
                    self.shells[shell].journal.put(row.clone());
                }
                Seen::Stands(standing(&row))
            }
            Next::Gather | Next::Linger { .. } | Next::Sleep { .. } | Next::End => return Err(Trouble),
        })
    }

    /// How many reports of a node wait to be sent, or will within the window.
    fn soon(&self, shell: usize) -> usize {
        let until = self.now + u64::try_from(batch::WINDOW.as_millis()).expect("short");
        let jobs = self.shells[shell].running.iter().flat_map(|running| running.jobs.values());
        let early = jobs.filter(|job| {
            job.delivery.joins() && job.delivery.is_early() && job.pause.is_some_and(|(due, _)| due <= until)
        });
        self.waiting(shell).len() + early.count()
    }

    pub(super) fn look(&self, shell: usize, job: &Job) -> Look {
        let (view, me) = (self.view(shell), account(self.shells[shell].who));
        let deeds = view.state.judge(me, &job.ready, view.base_fee, &self.checks);
        let simulated = match deeds.first() {
            Some(Deed::Paid(code) | Deed::Refused(code)) => Simulated::Code(*code),
            Some(Deed::Reverted(why)) => Simulated::Reverts((*why).to_owned()),
            Some(Deed::CameSecond | Deed::Cancelled) | None => Simulated::Code(2),
        };
        Look {
            chain_time: view.seconds,
            market: market(&view),
            ceiling_wei: CEILING_WEI,
            carried: self.is_carried(shell, &job.report.ready.key.request, &view),
            waiting: 0,
            confirmed: is_confirmed(view.number, job.report.request_block, 1),
            gas_limit: 1_000_000,
            need_wei: U256::from(1),
            simulated,
        }
    }

    fn send(
        &mut self,
        shell: usize,
        job: &mut Job,
        attempt: u64,
        gas_limit: u64,
        price: Price,
    ) -> Result<Seen, Trouble> {
        let id = job.report.ready.key.request;
        let carried = job.gathered.take().map_or_else(|| job.ready.clone(), |(carried, _)| carried);
        if self.carries_any(shell, &carried, &self.view(shell)) {
            self.fail("cost: a report is sent beside a transaction that carries it".to_owned());
        }
        let nonce = self.next_nonce(shell)?;
        let mut row = Transmission {
            request_id: id,
            attempt,
            nonce,
            stage: job.report.ready.stage as u64,
            state: TransmissionState::Prepared,
            hashes: Vec::new(),
            raw: Bytes::new(),
            gas_limit,
            max_fee_wei: price.max_fee_wei,
            sent_ms: self.shells[shell].clock(self.now),
        };
        self.sign(shell, Some(carried.clone()), &mut row);
        self.shells[shell].journal.put(row.clone());
        self.hand_over(shell, &mut row)?;
        job.open = Some(attempt);
        self.tell_others(shell, id, &carried, &row);
        Ok(Seen::Stands(standing(&row)))
    }

    /// The first nonce neither the chain nor an own waiting transaction uses.
    fn next_nonce(&mut self, shell: usize) -> Result<u64, Trouble> {
        let view = self.view(shell);
        let pending = self.chain.pool.pending_nonce(&view.state, &account(self.shells[shell].who));
        let mut next = self.agreed_nonce(shell, pending).ok_or(Trouble)?;
        for mut row in self.shells[shell].journal.open_transmissions() {
            if row.nonce >= next && self.hand_over(shell, &mut row).is_ok() {
                next = row.nonce + 1;
            }
        }
        Ok(next)
    }

    fn sign(&mut self, shell: usize, report: Option<Rc<Carried>>, row: &mut Transmission) {
        let node = &mut self.shells[shell];
        let from = account(node.who);
        let parts: [&[u8]; 5] = [
            from.as_slice(),
            &row.nonce.to_be_bytes(),
            &row.max_fee_wei.to_be_bytes(),
            report.as_ref().map_or(&[][..], |report| report.hash.as_slice()),
            &[u8::try_from(node.copy).unwrap_or(0)],
        ];
        let hash = keccak256(parts.concat());
        row.hashes.push(hash);
        let transaction = Transaction { from, nonce: row.nonce, max_fee: row.max_fee_wei, hash, report };
        node.journal.signed.insert(hash, transaction);
    }

    /// Transactions that no delivery watches come to an end as well (`oracle/src/transmit/leftovers.rs`, without
    /// replacing old ones).
    pub(super) fn tend(&mut self, shell: usize) {
        let (view, me) = (self.view(shell), account(self.shells[shell].who));
        for mut row in self.shells[shell].journal.open_transmissions() {
            let running = self.shells[shell].running.as_ref();
            if running.is_some_and(|running| running.jobs.contains_key(&row.request_id)) {
                continue;
            }
            let mined = row.hashes.iter().find_map(|hash| self.chain.deed(&view, hash, &row.request_id));
            let state = match mined {
                Some((block, Deed::Paid(_))) if block <= view.final_number() => TransmissionState::Included,
                Some((block, _)) if block <= view.final_number() => TransmissionState::Unpaid,
                Some(_) => continue,
                None if view.state.nonce(&me) > row.nonce => TransmissionState::Dropped,
                None => {
                    // What the pool says is not needed: the next look finds out.
                    let _ = self.hand_over(shell, &mut row);
                    continue;
                }
            };
            row.state = state;
            self.shells[shell].journal.put(row);
        }
    }

    /// Gives the newest version to the pool.
    fn hand_over(&mut self, shell: usize, row: &mut Transmission) -> Result<(), Trouble> {
        let hash = row.hashes.last().copied().unwrap_or_default();
        let transaction = self.shells[shell].journal.signed.get(&hash).cloned().ok_or(Trouble)?;
        let state = self.chain.head().state.clone();
        match self.chain.pool.add(&state, transaction) {
            Ok(()) | Err(Refusal::AlreadyKnown | Refusal::NonceTooLow) => {}
            Err(_) => {
                let head = self.chain.head();
                if row.hashes.iter().all(|hash| self.chain.deed(head, hash, &row.request_id).is_none()) {
                    row.state = TransmissionState::Dropped;
                    self.shells[shell].journal.put(row.clone());
                    return Err(Trouble);
                }
            }
        }
        if row.state == TransmissionState::Prepared {
            row.state = TransmissionState::Sent;
            self.shells[shell].journal.put(row.clone());
        }
        Ok(())
    }
}

fn standing(row: &Transmission) -> Standing {
    Standing {
        attempt: row.attempt,
        stage: row.stage,
        tx_hash: row.hashes.last().copied(),
        is_prepared: row.state == TransmissionState::Prepared,
        price: Price { max_fee_wei: row.max_fee_wei, tip_wei: 0 },
        sent_ms: row.sent_ms,
    }
}

fn market(view: &Block) -> Market {
    Market { base_fee_wei: view.base_fee.into(), tip_wei: 0 }
}

const fn did(deed: Deed) -> Did {
    match deed {
        Deed::Paid(_) => Did::Paid,
        Deed::Refused(code) => Did::Refused(code),
        Deed::CameSecond => Did::CameSecond,
        Deed::Reverted(_) => Did::Reverted,
        Deed::Cancelled => Did::Cancelled,
    }
}
