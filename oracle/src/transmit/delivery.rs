//! The decisions of one report's way to the chain. Pure: what was seen and when goes in, what to do next comes out; no
//! journal, clock, endpoint, log or channel. [`super::job`] performs what is asked for here and tells what it saw.
//!
//! A delivery asks one question at a time. What it wants stored or told comes with the next question and is done first.
//! Rules with arithmetic of their own are elsewhere: whose turn it is in [`super::stage`], whether to send in
//! [`super::gate`], the price in [`super::price`].
//!
//! One answer of one endpoint ends nothing: blocks leave the chain, endpoints lag. A delivery is over when the node's
//! own reading of the logs shows a response, when the request's time is up, or when too many of its transactions were
//! paid for in vain. Its transactions stay open in the journal until their blocks are final ([`super::leftovers`]).
//!
//! | phase | seen | first | then |
//! | --- | --- | --- | --- |
//! | loading | an open transaction | | seeking |
//! | loading | none, and it waited for its turn before | | looking |
//! | loading | none | | turning |
//! | turning | answered | tell unneeded | over |
//! | turning | it is too early | | early |
//! | turning | it is time, or a little later | | queueing |
//! | turning | it is long past | | looking |
//! | early | woken | | turning |
//! | queueing | a transaction of a node before waits for a block | | early |
//! | queueing | none does | | looking |
//! | queueing | none does, and others are coming | | lingering |
//! | lingering | woken | | looking |
//! | looking | send | | sending |
//! | looking | send, and enough others wait | | gathering |
//! | looking | drop | tell unneeded | over |
//! | looking | raise the gas | | looking |
//! | looking | undeliverable | tell undeliverable | over |
//! | looking | wait | say why | holding |
//! | looking | unfunded | say why | poor |
//! | holding | woken | | looking |
//! | poor | woken, answered | | looking |
//! | poor | woken | | counting |
//! | counting | enough | | looking |
//! | counting | too little | | poor |
//! | gathering | a transaction of several | | sending |
//! | gathering | one that another carries is among them | | looking |
//! | gathering | none came about | | looking |
//! | sending | it stands | tell submitted | seeking |
//! | seeking | paid | tell included | mined |
//! | seeking | unpaid, worth another | tell unpaid | failed |
//! | seeking | unpaid once too often | tell unpaid, tell undeliverable | over |
//! | seeking | unpaid, the request seems closed | tell unpaid | mined |
//! | seeking | no receipt | | checking |
//! | mined | woken, answered | | over |
//! | mined | woken | | seeking |
//! | failed | woken | | looking |
//! | checking | the nonce is used | | seeking everywhere |
//! | checking | free, never taken, answered | store dropped, tell unneeded | over |
//! | checking | free, never taken | | resending |
//! | checking | free, taken too long ago | | pricing |
//! | checking | free, taken | | resting |
//! | seeking everywhere | paid | tell included | mined |
//! | seeking everywhere | unpaid, worth another | tell unpaid | failed |
//! | seeking everywhere | unpaid once too often | tell unpaid, tell undeliverable | over |
//! | seeking everywhere | unpaid, the request seems closed | tell unpaid | mined |
//! | seeking everywhere | no receipt | store dropped | looking |
//! | resending | it stands | tell submitted | seeking |
//! | resending | refused for good | | looking |
//! | pricing | what gas costs | | bumping |
//! | pricing | more than may be offered | say why | bumping |
//! | bumping | it stands | | resting |
//! | resting | woken | | seeking |
//! | troubled | woken | | loading |
//! | over | anything | | over |
//! | any | trouble | | troubled |
//! | any | anything else | | loading |
//!
//! A transaction that was mined and did not process the request seems to have met a closed one; that is believed when
//! its block is final. Then, and after a revert or codes 3 and 4, another is worth it, after a pause that doubles.
//! A version that may not be offered more for is handed over once more as it is.
//!
//! A report goes with others once: whatever comes of that, then it goes alone.
//! Where it would look and the request is answered, it tells unneeded and is over. What is said or told about a
//! transaction is said or told once in a row.
//! After a restart a delivery begins with loading, whatever it was at: a stored transaction is resumed, never made
//! anew.

#[cfg(test)]
mod random;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
mod values;

use std::time::Duration;

use alloy::primitives::U256;
use tokio::time::Instant;

pub(super) use self::values::stuck_after;
pub use self::values::{Assignment, Effect, Look, Moment, Next, Seen, Standing, Step, Together};
use super::{
    batch::BATCH_MIN,
    funds::LOOK_EVERY,
    gate::{CARRIED, Decision, UNCONFIRMED},
    mined::{Deed, Mined},
    price::{self, Market},
    report::TransmitNote,
    stage,
};
use crate::chain::{Backoff, Reach};

/// Longest pause between two looks for a receipt.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// Longest pause between two looks at the gate while its reason stays the same, and at a transaction that is mined or
/// may not be offered more for.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// Transactions of one report that may be paid for in vain.
pub(super) const MAX_FAILURES: u32 = 4;

/// What a delivery waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Loading,
    Turning,
    Early,
    Queueing,
    Lingering,
    Looking,
    Holding,
    Gathering,
    Poor { need_wei: U256 },
    Counting { need_wei: U256 },
    Sending,
    Seeking(Standing, Reach),
    Mined(Standing),
    Failed,
    Checking(Standing),
    Resending(Standing),
    Pricing(Standing),
    Bumping(Standing),
    Resting(Standing),
    Troubled,
    Over,
}

/// One report's way to the chain.
#[derive(Clone, Debug)]
pub struct Delivery {
    assignment: Assignment,
    phase: Phase,
    /// Number of the next transaction.
    attempt: u64,
    /// When this node's wait for its turn began; it waits once.
    waits_since: Option<Instant>,
    had_turn: bool,
    gas_raises: u32,
    /// It went with others, or they did not come together.
    is_alone: bool,
    /// Transactions that were paid for without processing the request.
    failures: u32,
    /// The transaction that was told about last.
    told: Option<Mined>,
    /// Why the gate held it last.
    reason: String,
    pause: Duration,
    trouble: Backoff,
}

impl Delivery {
    /// A report that is new, or whose earlier delivery ended with its process.
    pub fn begin(assignment: Assignment) -> (Self, Step) {
        let delivery = Self {
            assignment,
            phase: Phase::Loading,
            attempt: 0,
            waits_since: None,
            had_turn: false,
            gas_raises: 0,
            is_alone: false,
            failures: 0,
            told: None,
            reason: String::new(),
            pause: assignment.poll_interval,
            trouble: Backoff::default(),
        };
        (delivery, then(Next::Load))
    }

    /// Takes the answer to the last question; the table of the module.
    pub fn on(&mut self, now: Moment, seen: Seen) -> Step {
        match (self.phase, seen) {
            (Phase::Over, _) => then(Next::End),
            (_, Seen::Trouble) => {
                let until = now.at + self.trouble.next_pause();
                self.go(Phase::Troubled, Next::Sleep { until, or_answered: false })
            }
            (Phase::Loading, Seen::Stored { failures, open: Some(standing), .. }) => {
                self.failures = failures;
                self.watch(standing)
            }
            (Phase::Loading, Seen::Stored { attempts, failures, open: None }) => {
                (self.attempt, self.failures) = (attempts, failures);
                if self.had_turn { self.enter_gate(now) } else { self.turn() }
            }
            (Phase::Turning, Seen::Progress(progress)) => self.on_progress(now, progress),
            (Phase::Early, Seen::Woke) => self.turn(),
            (Phase::Queueing, Seen::Ahead { pending: true, .. }) => {
                let until = now.at + self.assignment.poll_interval;
                self.go(Phase::Early, Next::Sleep { until, or_answered: true })
            }
            (Phase::Queueing, Seen::Ahead { window, .. }) if !window.is_zero() && self.joins() => {
                let until = now.at + window;
                self.go(Phase::Lingering, Next::Linger { until })
            }
            (Phase::Queueing, Seen::Ahead { .. }) | (Phase::Lingering, Seen::Woke) => self.enter_gate(now),
            (Phase::Looking, Seen::Looked(look)) => self.on_look(now, look),
            (Phase::Gathering, Seen::Gathered(Some(together))) if !now.answered && !together.carried => {
                let (attempt, Together { gas_limit, price, .. }) = (self.attempt, together);
                self.go(Phase::Sending, Next::Send { attempt, gas_limit, price })
            }
            (Phase::Gathering, Seen::Gathered(_)) => {
                self.is_alone = true;
                self.look(now)
            }
            (Phase::Holding, Seen::Woke) | (Phase::Counting { .. }, Seen::Funds { enough: true }) => {
                self.gas_raises = 0;
                self.look(now)
            }
            (Phase::Poor { .. }, Seen::Woke) if now.answered => self.look(now),
            (Phase::Poor { need_wei }, Seen::Woke) => {
                self.go(Phase::Counting { need_wei }, Next::AskFunds { need_wei })
            }
            (Phase::Counting { need_wei }, Seen::Funds { enough: false }) => {
                self.wait_for_funds(now, need_wei)
            }
            (Phase::Sending | Phase::Resending(_), Seen::Stands(standing)) => self.submitted(standing),
            (Phase::Seeking(standing, _), Seen::Receipt(Some(mined))) => self.on_mined(now, standing, mined),
            (Phase::Mined(_), Seen::Woke) if now.answered => self.over(vec![]),
            (Phase::Mined(standing), Seen::Woke) => self.seek(standing, Reach::First),
            (Phase::Failed, Seen::Woke) => self.enter_gate(now),
            (Phase::Seeking(standing, Reach::First), Seen::Receipt(None)) => {
                self.go(Phase::Checking(standing), Next::AskNonce)
            }
            // It may have been mined between the two questions, or one endpoint lags: everybody was asked.
            (Phase::Seeking(..), Seen::Receipt(None)) => {
                let step = self.enter_gate(now);
                before(Effect::Drop, step)
            }
            (Phase::Checking(standing), Seen::NonceUsed(true)) => self.seek(standing, Reach::All),
            (Phase::Checking(standing), Seen::NonceUsed(false)) => self.on_unmined(now, standing),
            (Phase::Resending(_), Seen::Refused) => self.enter_gate(now),
            (Phase::Pricing(standing), Seen::Market { market, ceiling_wei }) => {
                self.on_market(now, standing, market, ceiling_wei)
            }
            (Phase::Bumping(_), Seen::Stands(standing)) => self.rest(now, standing),
            (Phase::Resting(standing), Seen::Woke) => self.seek(standing, Reach::First),
            // What does not fit is met like a restart: what is stored decides.
            (_, _) => self.go(Phase::Loading, Next::Load),
        }
    }

    fn go(&mut self, phase: Phase, next: Next) -> Step {
        self.phase = phase;
        then(next)
    }

    fn over(&mut self, first: Vec<Effect>) -> Step {
        self.phase = Phase::Over;
        Step { first, then: Next::End }
    }

    fn unneeded(&mut self) -> Step {
        let request_id = self.assignment.request_id;
        self.over(vec![Effect::Note(TransmitNote::Unneeded { request_id })])
    }

    fn undeliverable(&mut self, reason: String) -> Step {
        let request_id = self.assignment.request_id;
        self.over(vec![Effect::Note(TransmitNote::Undeliverable { request_id, reason })])
    }

    /// When its turn comes, while it waits for that.
    #[must_use]
    pub fn is_early(&self) -> bool {
        self.phase == Phase::Early
    }

    fn turn(&mut self) -> Step {
        self.go(Phase::Turning, Next::AskProgress)
    }

    fn on_progress(&mut self, now: Moment, progress: Option<Instant>) -> Step {
        if now.answered {
            return self.unneeded();
        }
        let since = *self.waits_since.get_or_insert(now.at);
        let due = stage::due(self.assignment.stage, self.assignment.delta_stage, since, progress);
        if now.at < due {
            self.go(Phase::Early, Next::Sleep { until: due, or_answered: true })
        } else if now.at < due + self.assignment.stuck_after() {
            self.go(Phase::Queueing, Next::AskAhead)
        } else {
            self.enter_gate(now)
        }
    }

    /// The gate, as if for the first time.
    fn enter_gate(&mut self, now: Moment) -> Step {
        self.had_turn = true;
        self.gas_raises = 0;
        self.reason.clear();
        self.pause = self.assignment.poll_interval;
        self.look(now)
    }

    /// Whether it may be sent in one transaction with others: nothing has gone wrong with it yet.
    #[must_use]
    pub const fn joins(&self) -> bool {
        !self.is_alone && self.attempt == 0 && self.gas_raises == 0
    }

    fn look(&mut self, now: Moment) -> Step {
        if now.answered {
            return self.unneeded();
        }
        let gas_raises = self.gas_raises;
        self.go(Phase::Looking, Next::Look { gas_raises })
    }

    fn on_look(&mut self, now: Moment, look: Look) -> Step {
        let Look { waiting, gas_limit, need_wei, .. } = look;
        match look.decide(now.answered, self.assignment.timeout_timestamp, self.gas_raises) {
            Decision::Send(_) if waiting + 1 >= BATCH_MIN && self.joins() => {
                self.go(Phase::Gathering, Next::Gather)
            }
            Decision::Send(price) => {
                let attempt = self.attempt;
                self.go(Phase::Sending, Next::Send { attempt, gas_limit, price })
            }
            Decision::Drop => self.unneeded(),
            Decision::RaiseGas => {
                self.gas_raises += 1;
                self.look(now)
            }
            Decision::Undeliverable(code) => {
                let reason =
                    code.map_or_else(|| "the transaction reverts".to_owned(), |code| format!("code {code}"));
                self.undeliverable(reason)
            }
            Decision::Unfunded(reason) => {
                let step = self.wait_for_funds(now, need_wei);
                self.say(reason, true, step)
            }
            Decision::Wait(reason) => {
                self.is_alone |= reason == CARRIED;
                // What did not change for a while is asked for less often.
                if reason != self.reason {
                    self.pause = self.assignment.poll_interval;
                } else if reason != UNCONFIRMED {
                    self.pause = (self.pause * 2).min(self.assignment.poll_interval.max(MAX_WAIT));
                }
                let until = now.at + self.pause;
                let step = self.go(Phase::Holding, Next::Sleep { until, or_answered: true });
                self.say(reason, false, step)
            }
        }
    }

    /// Says why it waits unless that was the last thing said.
    fn say(&mut self, reason: String, theirs: bool, step: Step) -> Step {
        if reason == self.reason {
            return step;
        }
        self.reason.clone_from(&reason);
        before(Effect::Waits { reason, theirs }, step)
    }

    fn wait_for_funds(&mut self, now: Moment, need_wei: U256) -> Step {
        let until = now.at + LOOK_EVERY;
        self.go(Phase::Poor { need_wei }, Next::Sleep { until, or_answered: true })
    }

    fn submitted(&mut self, standing: Standing) -> Step {
        let step = self.watch(standing);
        let Some(tx_hash) = standing.tx_hash else { return step };
        let (request_id, stage) = (self.assignment.request_id, standing.stage);
        before(Effect::Note(TransmitNote::Submitted { request_id, tx_hash, stage }), step)
    }

    fn watch(&mut self, standing: Standing) -> Step {
        self.attempt = standing.attempt + 1;
        self.pause = self.assignment.poll_interval;
        self.seek(standing, Reach::First)
    }

    fn seek(&mut self, standing: Standing, reach: Reach) -> Step {
        self.go(Phase::Seeking(standing, reach), Next::AskReceipt(reach))
    }

    /// No version is in a block, and the nonce is free.
    fn on_unmined(&mut self, now: Moment, standing: Standing) -> Step {
        let age = Duration::from_millis(now.unix_ms.saturating_sub(standing.sent_ms));
        if standing.is_prepared && now.answered {
            let step = self.unneeded();
            before(Effect::Drop, step)
        } else if standing.is_prepared {
            self.go(Phase::Resending(standing), Next::Resend)
        } else if age > self.assignment.stuck_after() {
            self.go(Phase::Pricing(standing), Next::AskMarket)
        } else {
            self.rest(now, standing)
        }
    }

    /// The chain's response is the sign to look for the receipt; without it there is less and less reason to.
    fn rest(&mut self, now: Moment, standing: Standing) -> Step {
        let until = now.at + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_LOOK.max(self.assignment.poll_interval));
        self.go(Phase::Resting(standing), Next::Sleep { until, or_answered: !now.answered })
    }

    /// A stuck version is offered more for. When its request is answered, all it has left to do is to use its nonce.
    fn on_market(&mut self, now: Moment, standing: Standing, market: Market, ceiling_wei: u128) -> Step {
        match price::raised(standing.price, market, ceiling_wei) {
            Some(price) => {
                let cancel = now.answered;
                self.go(Phase::Bumping(standing), Next::Bump { price, cancel })
            }
            None => {
                self.pause = MAX_WAIT;
                let step = self.go(Phase::Bumping(standing), Next::Resend);
                self.say("the transaction waits: more may not be offered for it".to_owned(), false, step)
            }
        }
    }

    fn on_mined(&mut self, now: Moment, standing: Standing, mined: Mined) -> Step {
        let is_news = self.told.replace(mined) != Some(mined);
        let is_paid = mined.deed == Deed::Paid;
        let is_failure = is_worth_another(mined.deed) || (!is_paid && mined.block <= now.final_block);
        let step = if !is_failure {
            let until = now.at + self.pause;
            self.pause = (self.pause * 2).min(MAX_WAIT.max(self.assignment.poll_interval));
            self.go(Phase::Mined(standing), Next::Sleep { until, or_answered: true })
        } else {
            self.fail(now)
        };
        if !is_news {
            return step;
        }
        let (request_id, tx_hash) = (self.assignment.request_id, mined.tx_hash);
        let note = if is_paid {
            TransmitNote::Included { request_id, tx_hash }
        } else {
            TransmitNote::Unpaid { request_id, tx_hash, code: mined.deed.code() }
        };
        before(Effect::Note(note), step)
    }

    /// It was paid for in vain: the next one waits, twice as long each time, and there are only so many.
    fn fail(&mut self, now: Moment) -> Step {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= MAX_FAILURES {
            let failures = self.failures;
            return self.undeliverable(format!("{failures} transactions did not process the request"));
        }
        let pause = self.assignment.stuck_after().saturating_mul(1 << (self.failures - 1));
        self.go(Phase::Failed, Next::Sleep { until: now.at + pause, or_answered: true })
    }
}

/// Whether the gate decides anew after a transaction that did this, before its block is final. Codes 3 and 4 may pass
/// with a lower price or more gas; a revert may have been the gas limit; a transfer of nothing was made when the
/// request seemed answered.
const fn is_worth_another(deed: Deed) -> bool {
    matches!(deed, Deed::Refused(3 | 4) | Deed::Reverted | Deed::Cancelled)
}

const fn then(next: Next) -> Step {
    Step { first: Vec::new(), then: next }
}

fn before(effect: Effect, mut step: Step) -> Step {
    step.first.insert(0, effect);
    step
}
