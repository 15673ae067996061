//! What goes wrong, when its time has come.

use std::rc::Rc;

use alloy::primitives::Address;
use oracle_ocr::OracleIndex;

use super::{Event, World};
use crate::{
    chain::contract::Call,
    don::{COORDINATORS, Config},
    plan::What,
};

impl World {
    pub(super) fn strike(&mut self, place: usize) {
        let now = self.now;
        match self.plan.faults[place].what.clone() {
            What::Crash { node, down, point } => self.doom(node, (point, down, false)),
            What::Amnesia { node, down } => {
                self.doom(node, (0, down, true));
                // The disk is lost at once, whatever the process was at.
                for shell in self.shells_of(node) {
                    self.crash(shell);
                }
            }
            What::Cut { mask, lasts, is_noticed } => {
                self.cuts.push((mask, now + lasts));
                if is_noticed {
                    self.at(now + lasts, Event::Heal);
                }
            }
            What::Reorg { depth, shuffled } => {
                self.summary.taken_back += depth as u64;
                self.chain.reorganise(now, depth, shuffled, &mut self.luck);
                self.look_at_block();
            }
            What::Jump { node, by } => {
                for shell in self.shells_of(node) {
                    self.shells[shell].offset += by;
                }
            }
            What::Lag { node, by, lasts } => {
                for shell in self.shells_of(node) {
                    self.shells[shell].lag = (by, now + lasts);
                }
            }
            What::Withhold { node, lasts } => {
                for shell in self.shells_of(node) {
                    self.shells[shell].withheld_until = now + lasts;
                }
            }
            What::Deaf { node, lasts } => {
                for shell in self.shells_of(node) {
                    self.shells[shell].deaf_until = now + lasts;
                }
            }
            What::Forge { mask, lasts } => {
                for shell in self.shells.iter_mut().filter(|shell| mask >> (shell.who % 64) & 1 == 1) {
                    shell.forged_until = now + lasts;
                }
            }
            What::Rotate { members } => self.configure(self.coordinator(), members),
            What::Route { to } => {
                let to = COORDINATORS[to % COORDINATORS.len()];
                if self.configs.iter().all(|config| config.coordinator != to) {
                    let members = self.configs.last().map(|config| config.members.clone());
                    self.configure(to, members.unwrap_or_default());
                }
                self.routes.push((now, to));
                self.chain.calls.push((now, Call::Route(to)));
            }
            What::Forget => self.chain.pool.clear(),
            What::Price { times, lasts } => {
                self.chain.price = times;
                self.at(now + lasts, Event::Cheap);
            }
        }
    }

    /// Where the owner led the route last.
    pub(super) fn coordinator(&self) -> Address {
        self.routes.last().map_or(COORDINATORS[0], |(_, to)| *to)
    }

    fn configure(&mut self, coordinator: Address, members: Vec<usize>) {
        let count = self.configs.len() as u64 + 1;
        let config = Rc::new(Config::new(count, members, &self.keys).of(coordinator));
        let checked = self.invariants.on_config(&config);
        self.check(checked);
        self.configs.push(config.clone());
        self.chain.calls.push((self.now, Call::Configure(config)));
    }

    fn shells_of(&self, who: usize) -> Vec<usize> {
        (0..self.shells.len()).filter(|shell| self.shells[*shell].who == who).collect()
    }

    fn doom(&mut self, who: usize, doom: (u8, u64, bool)) {
        for shell in self.shells_of(who) {
            self.shells[shell].doom = Some(doom);
        }
    }

    /// The links that stand again say so.
    pub(super) fn heal(&mut self) {
        let now = self.now;
        self.cuts.retain(|(_, until)| *until > now);
        for shell in 0..self.shells.len() {
            self.connect(shell);
        }
    }

    /// A process meets all others again.
    pub(super) fn connect(&mut self, shell: usize) {
        for other in 0..self.shells.len() {
            if other != shell && self.shells[other].who != self.shells[shell].who {
                self.meet(shell, other);
                self.meet(other, shell);
            }
        }
    }

    fn meet(&mut self, shell: usize, other: usize) {
        let clock = self.shells[shell].clock(self.now);
        let peer = self.shells[other].who;
        if self.is_cut(self.shells[shell].who, peer) || self.shells[other].running.is_none() {
            return;
        }
        let Some(running) = &mut self.shells[shell].running else { return };
        let Some(place) = running.config.place(peer).filter(|place| *place != running.me) else { return };
        let place: OracleIndex = place;
        running.core.connected(clock, place);
        self.ask_for_work(shell);
    }
}
