//! One node: the real lifecycle, protocol and deliveries in a shell as thin as the simulation allows.
//!
//! Modelled, because the real thing is not pure: the engine's loop (`oracle/src/engine`), the journal, the log cursor,
//! and the sender (`oracle/src/transmit/{job,sender,look}.rs`). What decides is the real code.

pub mod cursor;
pub mod journal;

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use alloy::primitives::{Address, B256};
use functions_node::{
    lifecycle::{Core, Report},
    transmit::{
        Price, Progress, Simulated,
        batch::Pause,
        delivery::{Delivery, Next},
    },
};
use oracle_ocr::{OracleIndex, RequestKey};

use self::{cursor::Cursor, journal::Journal};
use test_signing::{Checks, Keys};

use crate::{
    chain::{EPOCH_MS, transaction::Carried},
    don::Config,
};

/// One process and its disk. A twin has two.
pub struct Shell {
    /// Whose identity it has.
    pub who: usize,
    /// 0, or 1 for the second of twins.
    pub copy: usize,
    /// The nodes it talks with, as a mask.
    pub hears: u64,
    /// Grows with every start: what was meant for an earlier one is dropped.
    pub life: u32,
    /// While it runs as a member.
    pub running: Option<Running>,
    /// Its disk.
    pub journal: Journal,
    /// Its wall clock's distance from the true time, in milliseconds.
    pub offset: i64,
    /// The distance when its process started: from then on it counts what passed.
    pub anchor: i64,
    /// Whether its process has not started yet.
    pub is_new: bool,
    /// How fast its wall clock goes wrong, in parts per million.
    pub drift: i64,
    /// Its endpoint shows the chain of so long ago, until then.
    pub lag: (u64, u64),
    /// Its endpoint leaves out logs until then.
    pub withheld_until: u64,
    /// Its endpoint does not answer until then.
    pub deaf_until: u64,
    /// One of its endpoints forges until then.
    pub forged_until: u64,
    /// It dies at its next work: at which point, for how long, and whether with its disk.
    pub doom: Option<(u8, u64, bool)>,
    /// How often it ran which request's script.
    pub tries: BTreeMap<B256, u32>,
}

/// What a process has in memory.
pub struct Running {
    /// The configuration it serves.
    pub config: Rc<Config>,
    /// When it started.
    pub since: u64,
    /// Its place in it.
    pub me: OracleIndex,
    /// Lifecycle, protocol and timers.
    pub core: Core<Keys, Checks>,
    /// Its reading of the chain.
    pub cursor: Cursor,
    /// Scripts that run, each by the number of its run.
    pub runs: BTreeMap<RequestKey, u32>,
    /// Deliveries under way.
    pub jobs: BTreeMap<B256, Job>,
    /// Those that wait for the right to look and send, and with which question.
    pub queue: VecDeque<(B256, Next)>,
    /// Whether somebody has it, or the next one gets it soon.
    pub is_taken: bool,
    /// Whose report is being signed together with others.
    pub gathering: Option<B256>,
    /// How long reports go alone because they did not come together.
    pub pause: Pause,
    /// What others delivered.
    pub progress: Progress,
    /// Whether its next commit is on its way.
    pub work_due: bool,
    /// When its timers are looked at.
    pub tick_at: u64,
    /// The cursor to store with the next commit.
    pub next_block: Option<u64>,
}

/// A report's delivery.
pub struct Job {
    /// The real decisions.
    pub delivery: Delivery,
    /// The report.
    pub report: Report,
    /// Accounts of the nodes before this one in the request's order.
    pub before: Vec<Address>,
    /// What transactions carry.
    pub ready: Rc<Carried>,
    /// What its next transaction carries instead, and offers.
    pub gathered: Option<(Rc<Carried>, Price)>,
    /// It waits for others to go with.
    pub lingers: bool,
    /// Another's transaction carries it.
    pub rides: bool,
    /// Whether the chain was seen to need it no more.
    pub answered: bool,
    /// Number of the transaction whose fate is open.
    pub open: Option<u64>,
    /// When its pause ends, whether an answer ends it, and which pause it is.
    pub pause: Option<(u64, bool)>,
    /// Tells pauses apart.
    pub serial: u64,
    /// What the gate saw last.
    pub simulated: Option<Simulated>,
}

impl Shell {
    /// A process that has not started, with an empty disk.
    #[must_use]
    pub fn new(who: usize, copy: usize, hears: u64) -> Self {
        Self {
            who,
            copy,
            hears,
            life: 0,
            running: None,
            journal: Journal::default(),
            offset: 0,
            anchor: 0,
            is_new: true,
            drift: 0,
            lag: (0, 0),
            withheld_until: 0,
            deaf_until: 0,
            forged_until: 0,
            doom: None,
            tries: BTreeMap::new(),
        }
    }

    /// Its clock, in unix milliseconds: the wall's when it started, and what passed since.
    #[must_use]
    pub fn clock(&self, now: u64) -> u64 {
        let drift = i64::try_from(now).unwrap_or(0) * self.drift / 1_000_000;
        (EPOCH_MS + now).saturating_add_signed(self.anchor + drift)
    }

    /// When its clock will show a time, about.
    #[must_use]
    pub fn moment(&self, now: u64, clock: u64) -> u64 {
        now + clock.saturating_sub(self.clock(now))
    }

    /// What it knows of a request, for people.
    #[must_use]
    pub fn account_of(&self, id: &B256) -> String {
        let serves = self.running.as_ref().map(|running| running.config.count);
        let row = self.journal.rows.get(id);
        let state = row.map(|row| format!("{} {:?}", row.view.state, row.view.reason));
        let has_job = self.running.as_ref().is_some_and(|running| running.jobs.contains_key(id));
        format!("node {} serves {serves:?} state {state:?} delivers {has_job}", self.who)
    }
}
