//! The right to look and send, one delivery at a time, and reports that go together when several wait for it.

use std::{mem, rc::Rc};

use alloy::primitives::B256;
use functions_node::{
    journal::Transmission,
    transmit::{
        TransmitNote,
        batch::{self, Waiting},
        delivery::{Next, Seen, Together},
    },
};
use oracle_ocr::{ReadyBatch, RequestKey};

use super::{Event, World};
use crate::{
    chain::{
        BASE_FEE, Block,
        contract::{AFFORDABLE, Deed},
        transaction::Carried,
    },
    don::account,
    node::Job,
};

/// Milliseconds that a look takes, and sending after it: meanwhile others come to wait.
const LOOK_MS: u64 = 20;

impl World {
    /// The delivery waits for its turn.
    pub(super) fn queue_up(&mut self, shell: usize, id: B256, job: Job, next: Next) {
        let Some(running) = &mut self.shells[shell].running else { return };
        running.jobs.insert(id, job);
        running.queue.push_back((id, next));
        self.call_next(shell);
    }

    /// Whoever waits longest gets the turn, unless somebody has it.
    fn call_next(&mut self, shell: usize) {
        let life = self.shells[shell].life;
        let Some(running) = &mut self.shells[shell].running else { return };
        if !running.queue.is_empty() && !mem::replace(&mut running.is_taken, true) {
            self.at(self.now + LOOK_MS, Event::Turn { shell, life });
        }
    }

    /// A delivery has the turn: it looks, and sends or leaves it.
    pub(super) fn turn(&mut self, shell: usize, life: u32) {
        if self.shells[shell].life != life {
            return;
        }
        while let Some(running) = &mut self.shells[shell].running {
            let Some((id, next)) = running.queue.pop_front() else { break };
            let Some(mut job) = running.jobs.remove(&id) else { continue };
            let seen = self.ask(shell, &mut job, next).unwrap_or(Seen::Trouble);
            self.trace(self.shells[shell].who, || format!("looks: {seen:?}"));
            let step = self.hand(shell, &mut job, seen);
            if step.then == Next::Gather {
                return self.gather(shell, id, job);
            }
            self.drive_on(shell, id, job, step, false);
            break;
        }
        self.release(shell);
    }

    fn release(&mut self, shell: usize) {
        if let Some(running) = &mut self.shells[shell].running {
            (running.is_taken, running.gathering) = (false, None);
        }
        self.call_next(shell);
    }

    /// The delivery is over before what it asked for came.
    pub(super) fn let_go(&mut self, shell: usize, id: B256) {
        let running = self.shells[shell].running.as_ref();
        if running.is_some_and(|running| running.gathering == Some(id)) {
            self.release(shell);
        }
    }

    /// Reports that wait and may go with another.
    pub(super) fn waiting(&self, shell: usize) -> Vec<&Job> {
        let Some(running) = &self.shells[shell].running else { return Vec::new() };
        if !running.pause.is_over(self.instant(self.now)) {
            return Vec::new();
        }
        let queued = running.queue.iter().filter_map(|(id, _)| running.jobs.get(id));
        let lingering = running.jobs.values().filter(|job| job.lingers);
        queued.chain(lingering).filter(|job| job.delivery.joins() && !job.rides).collect()
    }

    fn gather(&mut self, shell: usize, id: B256, job: Job) {
        let of = |job: &Job| Waiting {
            reported_ms: job.report.reported_ms,
            coordinator: job.report.commitment.coordinator,
            callback_gas: job.report.commitment.callback_gas_limit.into(),
        };
        let waiting = self.waiting(shell);
        let others: Vec<Waiting> = waiting.iter().map(|job| of(job)).collect();
        let chosen = batch::choose(&of(&job), &others).into_iter().map(|place| waiting[place]);
        let goes = |other: &&Job| {
            let timeout = u64::from(other.report.commitment.timeout_timestamp);
            self.look(shell, other).may_go_along(other.answered, timeout)
        };
        let along: Vec<RequestKey> = chosen.filter(goes).map(|job| job.report.ready.key).collect();
        let is_enough = batch::is_enough(along.len()) && !self.is_deaf(shell);
        let Some(running) = &mut self.shells[shell].running else { return };
        running.jobs.insert(id, job);
        running.gathering = Some(id);
        if !is_enough {
            return self.gathered(shell, id, None);
        }
        let first = running.jobs[&id].report.ready.key;
        let keys: Vec<RequestKey> = std::iter::once(first).chain(along).collect();
        self.trace(self.shells[shell].who, || format!("gathers {}", keys.len()));
        let life = self.shells[shell].life;
        self.at(self.now, Event::Note { shell, life, note: TransmitNote::Gather { keys } });
    }

    /// The protocol's answer.
    pub(super) fn batched(&mut self, shell: usize, first: B256, batch: Option<ReadyBatch>) {
        let now = self.instant(self.now);
        let who = self.shells[shell].who;
        let Some(running) = &mut self.shells[shell].running else { return };
        if running.gathering != Some(first) {
            return;
        }
        running.pause.note(now, batch.is_some());
        let config = running.config.clone();
        self.trace(who, || format!("has a report of {:?}", batch.as_ref().map(|batch| batch.keys.len())));
        let carried = batch.map(|batch| {
            let carried = Carried::of(&batch);
            if self.plan.is_honest(who) {
                let checked = self.invariants.on_batch(who, &config, &carried, batch.keys.len());
                self.check(checked);
            }
            Rc::new(carried)
        });
        // As a whole it is tried at the newest block.
        let (view, me) = (self.view(shell), account(who));
        let is_taken = |carried: &Rc<Carried>| {
            let deeds = view.state.judge(me, carried, view.base_fee, &self.checks);
            !deeds.iter().any(|deed| matches!(deed, Deed::Reverted(_)))
        };
        let carried = carried.filter(is_taken).filter(|_| !self.is_deaf(shell));
        self.gathered(shell, first, carried);
    }

    fn gathered(&mut self, shell: usize, id: B256, carried: Option<Rc<Carried>>) {
        let view = self.view(shell);
        let Some(running) = &mut self.shells[shell].running else { return };
        let Some(mut job) = running.jobs.remove(&id) else { return self.release(shell) };
        let price = functions_node::transmit::Price {
            max_fee_wei: u128::from(view.base_fee * 2).min(AFFORDABLE.into()).max(BASE_FEE.into()),
            tip_wei: 0,
        };
        let together = |report| Together {
            gas_limit: 2_000_000,
            price,
            carried: self.carries_any(shell, report, &view),
        };
        let seen = Seen::Gathered(carried.as_deref().map(together));
        job.gathered = carried.map(|carried| (carried, price));
        let step = self.hand(shell, &mut job, seen);
        if !matches!(step.then, Next::Send { .. }) {
            job.gathered = None;
        }
        // Who goes alone after all looks again, before anybody else.
        self.drive_on(shell, id, job, step, true);
        self.release(shell);
    }

    /// Whether an open transaction of the node carries a request in another's name, and may still be mined.
    pub(super) fn is_carried(&self, shell: usize, id: &B256, view: &Rc<Block>) -> bool {
        let node = &self.shells[shell];
        let nonce = view.state.nonce(&account(node.who));
        let carries = |row: &Transmission| {
            let newest = row.hashes.last().and_then(|hash| node.journal.signed.get(hash));
            let carried = newest.and_then(|newest| newest.report.as_ref());
            row.request_id != *id && row.nonce >= nonce && carried.is_some_and(|carried| carried.holds(id))
        };
        node.journal.open_transmissions().iter().any(carries)
    }

    /// The same of any request of a report.
    pub(super) fn carries_any(&self, shell: usize, report: &Carried, view: &Rc<Block>) -> bool {
        report.entries.iter().any(|(key, _)| self.is_carried(shell, &key.request, view))
    }

    pub(super) fn tell_others(&mut self, shell: usize, first: B256, carried: &Carried, row: &Transmission) {
        let life = self.shells[shell].life;
        let tx_hash = row.hashes.last().copied().unwrap_or_default();
        for (key, _) in carried.entries.iter().filter(|(key, _)| key.request != first) {
            if let Some(running) = &mut self.shells[shell].running
                && let Some(job) = running.jobs.get_mut(&key.request)
            {
                job.rides = true;
            }
            let (request_id, stage) = (key.request, 0);
            let note = TransmitNote::Carried { request_id, tx_hash, stage };
            self.at(self.now, Event::Note { shell, life, note });
        }
    }
}
