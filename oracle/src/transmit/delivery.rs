//! The decisions of one report's way to the chain. Pure: what was seen and when goes in, what to do next comes out; no
//! journal, clock, endpoint, log or channel. [`super::job`] performs what is asked for here and tells what it saw.
//!
//! A delivery asks one question at a time. What it wants stored or told comes with the next question and is done first.
//! Rules with arithmetic of their own are elsewhere: whose turn it is in [`super::stage`], whether to send in
//! [`super::gate`], the price in [`super::price`].
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
//! | looking | send | | sending |
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
//! | sending | it stands | tell submitted | seeking |
//! | seeking | paid | store included, tell included | over |
//! | seeking | unpaid, worth another | store unpaid, tell unpaid | looking |
//! | seeking | unpaid, for good | store unpaid, tell unpaid | over |
//! | seeking | no receipt | | checking |
//! | checking | the nonce is used | | seeking everywhere |
//! | checking | free, never taken, answered | store dropped, tell unneeded | over |
//! | checking | free, never taken | | resending |
//! | checking | free, taken too long ago | | pricing |
//! | checking | free, taken | | resting |
//! | seeking everywhere | paid | store included, tell included | over |
//! | seeking everywhere | unpaid, worth another | store unpaid, tell unpaid | looking |
//! | seeking everywhere | unpaid, for good | store unpaid, tell unpaid | over |
//! | seeking everywhere | no receipt | store dropped | looking |
//! | resending | it stands | tell submitted | seeking |
//! | resending | refused for good | | looking |
//! | pricing | the base fee | | bumping |
//! | bumping | it stands | | resting |
//! | resting | woken | | seeking |
//! | troubled | woken | | loading |
//! | over | anything | | over |
//! | any | trouble | | troubled |
//! | any | anything else | | loading |
//!
//! Where it would look and the request is answered, it tells unneeded and is over. What is said is said once in a row.
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

pub use self::values::{Effect, Look, Moment, Next, Seen, Standing, Step, Terms};
use super::{
    funds::LOOK_EVERY,
    gate::{Decision, GateInput, UNCONFIRMED, decide},
    mined::{Deed, Mined},
    price,
    report::TransmitNote,
    stage,
};
use crate::{
    chain::{Backoff, Reach},
    journal::TransmissionState,
};

/// Longest pause between two looks for a receipt.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// Longest pause between two looks at the gate while its reason stays the same.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// What a delivery waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Loading,
    Turning,
    Early,
    Queueing,
    Looking,
    Holding,
    Poor { need_wei: U256 },
    Counting { need_wei: U256 },
    Sending,
    Seeking(Standing, Reach),
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
    terms: Terms,
    phase: Phase,
    /// Number of the next transaction.
    attempt: u64,
    /// When this node's wait for its turn began; it waits once.
    waits_since: Option<Instant>,
    had_turn: bool,
    gas_raises: u32,
    /// Why the gate held it last.
    reason: String,
    pause: Duration,
    trouble: Backoff,
}

impl Delivery {
    /// A report that is new, or whose earlier delivery ended with its process.
    pub fn begin(terms: Terms) -> (Self, Step) {
        let delivery = Self {
            terms,
            phase: Phase::Loading,
            attempt: 0,
            waits_since: None,
            had_turn: false,
            gas_raises: 0,
            reason: String::new(),
            pause: terms.poll_interval,
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
            (Phase::Loading, Seen::Stored { open: Some(standing), .. }) => self.watch(standing),
            (Phase::Loading, Seen::Stored { attempts, open: None }) => {
                self.attempt = attempts;
                if self.had_turn { self.enter_gate(now) } else { self.turn() }
            }
            (Phase::Turning, Seen::Progress(progress)) => self.on_progress(now, progress),
            (Phase::Early, Seen::Woke) => self.turn(),
            (Phase::Queueing, Seen::Pending(true)) => {
                let until = now.at + self.terms.poll_interval;
                self.go(Phase::Early, Next::Sleep { until, or_answered: true })
            }
            (Phase::Queueing, Seen::Pending(false)) => self.enter_gate(now),
            (Phase::Looking, Seen::Looked(look)) => self.on_look(now, look),
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
            (Phase::Seeking(..), Seen::Receipt(Some(mined))) => self.settle(now, mined),
            (Phase::Seeking(standing, Reach::First), Seen::Receipt(None)) => {
                self.go(Phase::Checking(standing), Next::AskNonce)
            }
            // It may have been mined between the two questions, or one endpoint lags: everybody was asked.
            (Phase::Seeking(..), Seen::Receipt(None)) => {
                let step = self.enter_gate(now);
                before(Effect::Settle(TransmissionState::Dropped), step)
            }
            (Phase::Checking(standing), Seen::NonceUsed(true)) => self.seek(standing, Reach::All),
            (Phase::Checking(standing), Seen::NonceUsed(false)) => self.on_unmined(now, standing),
            (Phase::Resending(_), Seen::Refused) => self.enter_gate(now),
            (Phase::Pricing(standing), Seen::BaseFee(base_fee_wei)) => {
                let max_fee_wei = price::raised(standing.max_fee_wei, base_fee_wei);
                self.go(Phase::Bumping(standing), Next::Bump { max_fee_wei })
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
        let request_id = self.terms.request_id;
        self.over(vec![Effect::Note(TransmitNote::Unneeded { request_id })])
    }

    fn turn(&mut self) -> Step {
        self.go(Phase::Turning, Next::AskProgress)
    }

    fn on_progress(&mut self, now: Moment, progress: Option<Instant>) -> Step {
        if now.answered {
            return self.unneeded();
        }
        let since = *self.waits_since.get_or_insert(now.at);
        let due = stage::due(self.terms.stage, self.terms.delta_stage, since, progress);
        if now.at < due {
            self.go(Phase::Early, Next::Sleep { until: due, or_answered: true })
        } else if now.at < due + self.terms.stuck_after() {
            self.go(Phase::Queueing, Next::AskPending)
        } else {
            self.enter_gate(now)
        }
    }

    /// The gate, as if for the first time.
    fn enter_gate(&mut self, now: Moment) -> Step {
        self.had_turn = true;
        self.gas_raises = 0;
        self.reason.clear();
        self.pause = self.terms.poll_interval;
        self.look(now)
    }

    fn look(&mut self, now: Moment) -> Step {
        if now.answered {
            return self.unneeded();
        }
        let gas_raises = self.gas_raises;
        self.go(Phase::Looking, Next::Look { gas_raises })
    }

    fn on_look(&mut self, now: Moment, look: Look) -> Step {
        let Look { chain_time, base_fee_wei, confirmed, gas_limit, need_wei, simulated } = look;
        let decision = decide(&GateInput {
            answered: now.answered,
            confirmed,
            chain_time,
            timeout_timestamp: self.terms.timeout_timestamp,
            gas_raises: self.gas_raises,
            simulated,
        });
        match decision {
            Decision::Send => {
                let (attempt, max_fee_wei) = (self.attempt, price::offer(base_fee_wei));
                self.go(Phase::Sending, Next::Send { attempt, gas_limit, max_fee_wei })
            }
            Decision::Drop => self.unneeded(),
            Decision::RaiseGas => {
                self.gas_raises += 1;
                self.look(now)
            }
            Decision::Undeliverable(code) => {
                let request_id = self.terms.request_id;
                let reason =
                    code.map_or_else(|| "the transaction reverts".to_owned(), |code| format!("code {code}"));
                self.over(vec![Effect::Note(TransmitNote::Undeliverable { request_id, reason })])
            }
            Decision::Unfunded(reason) => {
                let step = self.wait_for_funds(now, need_wei);
                self.say(reason, true, step)
            }
            Decision::Wait(reason) => {
                // What did not change for a while is asked for less often.
                if reason != self.reason {
                    self.pause = self.terms.poll_interval;
                } else if reason != UNCONFIRMED {
                    self.pause = (self.pause * 2).min(self.terms.poll_interval.max(MAX_WAIT));
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
        let (request_id, stage) = (self.terms.request_id, standing.stage);
        before(Effect::Note(TransmitNote::Submitted { request_id, tx_hash, stage }), step)
    }

    fn watch(&mut self, standing: Standing) -> Step {
        self.attempt = standing.attempt + 1;
        self.pause = self.terms.poll_interval;
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
            before(Effect::Settle(TransmissionState::Dropped), step)
        } else if standing.is_prepared {
            self.go(Phase::Resending(standing), Next::Resend)
        } else if age > self.terms.stuck_after() {
            self.go(Phase::Pricing(standing), Next::AskBaseFee)
        } else {
            self.rest(now, standing)
        }
    }

    /// The chain's response is the sign to look for the receipt; without it there is less and less reason to.
    fn rest(&mut self, now: Moment, standing: Standing) -> Step {
        let until = now.at + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_LOOK.max(self.terms.poll_interval));
        self.go(Phase::Resting(standing), Next::Sleep { until, or_answered: !now.answered })
    }

    fn settle(&mut self, now: Moment, mined: Mined) -> Step {
        let (request_id, tx_hash) = (self.terms.request_id, mined.tx_hash);
        let (state, note) = match mined.deed {
            Deed::Paid => (TransmissionState::Included, TransmitNote::Included { request_id, tx_hash }),
            deed => {
                (TransmissionState::Unpaid, TransmitNote::Unpaid { request_id, tx_hash, code: deed.code() })
            }
        };
        let step = if deserves_another(mined.deed) { self.enter_gate(now) } else { self.over(vec![]) };
        before(Effect::Settle(state), before(Effect::Note(note), step))
    }
}

/// Whether the gate decides anew after a transaction that did this. Codes 3 and 4 may pass with a lower price or more
/// gas; a revert may have been the gas limit.
const fn deserves_another(deed: Deed) -> bool {
    matches!(deed, Deed::Refused(3 | 4) | Deed::Reverted)
}

const fn then(next: Next) -> Step {
    Step { first: Vec::new(), then: next }
}

fn before(effect: Effect, mut step: Step) -> Step {
    step.first.insert(0, effect);
    step
}
