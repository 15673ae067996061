//! Messages between nodes: delays, loss, repetition, cuts, and what faulty nodes make of theirs.

use std::rc::Rc;

use oracle_ocr::{Message, OracleIndex};

use super::{Event, World};
use crate::{adversary::Sent, don::Config};

impl World {
    /// A process says something to one member, or to all others.
    pub(super) fn say(
        &mut self,
        shell: usize,
        config: &Rc<Config>,
        to: Option<OracleIndex>,
        message: Message,
    ) {
        let who = self.shells[shell].who;
        let receivers: Vec<usize> = match to {
            Some(to) => vec![config.node(to)],
            None => config.members.iter().copied().filter(|other| *other != who).collect(),
        };
        let message = Rc::new(message);
        if self.plan.is_honest(who) {
            let disk = &self.shells[shell].journal;
            let checked = self.invariants.on_send(who, config, &message, disk, &receivers);
            self.check(checked);
            self.timely.on_signature(self.now, who, config, &message, receivers.len());
            for to in receivers {
                self.carry(who, to, message.clone(), 0);
            }
            return;
        }
        let hears = self.shells[shell].hears;
        for to in receivers.into_iter().filter(|to| hears >> (to % 64) & 1 == 1) {
            let said = self.adversaries.on_send(who, config, to, &message);
            self.send_all(who, said);
        }
    }

    fn send_all(&mut self, who: usize, said: Vec<Sent>) {
        for Sent { to, message, after } in said {
            self.carry(who, to, message, after);
        }
    }

    fn carry(&mut self, from: usize, to: usize, message: Rc<Message>, after: u64) {
        self.summary.messages += 1;
        let wild = self.now < self.plan.calm_at;
        let copies = if wild && self.random.percent(self.plan.duplication) { 2 } else { 1 };
        for _ in 0..copies {
            if wild && self.random.percent(self.plan.loss) || self.is_cut(from, to) {
                continue;
            }
            let most = if wild { self.plan.wild_delay } else { self.plan.calm_delay };
            let delay = if self.plan.exact { most } else { 1 + self.random.below(most) };
            for shell in 0..self.shells.len() {
                let node = &self.shells[shell];
                if node.who == to && node.hears >> (from % 64) & 1 == 1 {
                    let message = message.clone();
                    self.at(self.now + delay + after, Event::Deliver { shell, from, message });
                }
            }
        }
    }

    pub(super) fn is_cut(&self, one: usize, other: usize) -> bool {
        let now = self.now;
        let parts = |mask: u64| (mask >> (one % 64) & 1) != (mask >> (other % 64) & 1);
        self.cuts.iter().any(|(mask, until)| *until > now && parts(*mask))
    }

    pub(super) fn deliver(&mut self, shell: usize, from: usize, message: &Rc<Message>) {
        let clock = self.shells[shell].clock(self.now);
        let who = self.shells[shell].who;
        let Some(running) = &mut self.shells[shell].running else { return };
        let config = running.config.clone();
        let Some(place) = config.place(from) else { return };
        self.summary.steps += 1;
        running.core.hear(clock, place, (**message).clone());
        self.ask_for_work(shell);
        if self.plan.is_honest(who) {
            return self.invariants.on_meet(who, message);
        }
        let said = self.adversaries.on_hear(who, &config, message);
        self.send_all(who, said);
    }
}
