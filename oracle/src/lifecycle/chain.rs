//! What the chain says, and what it means for a request.

use std::collections::HashSet;

use alloy::primitives::{Address, B256};
use oracle_ocr::{Earlier, Input, Record, RequestKey};

use super::{
    Action, EXPIRY_GRACE_SECONDS, LEAVE_WITHIN_MS, Lifecycle, Note, Order, Requested, State, Stored,
    active::Active,
};
use crate::chain::{Position, SeenRequest};

impl Lifecycle {
    /// Puts stored requests back to work: the protocol takes up what is open, and says again what it said last.
    pub(super) fn restored(&mut self, stored: Vec<Stored>, first_block: u64) {
        let all = stored.len();
        for Stored { seen, row, records, earlier } in stored {
            let mut request = Active::stored(seen, row, first_block);
            request.earlier = earlier;
            let (id, is_open) = (request.id(), !request.state().is_settled());
            self.requests.insert(request);
            if is_open {
                self.to_start.push(id);
                self.recall(id, records);
            }
        }
        if all > 0 {
            self.note(Note::Resumed { stored: all, open: self.to_start.len() });
        }
    }

    pub(super) fn requested(&mut self, now: u64, requested: Requested) {
        let Requested { seen, row, records, earlier } = requested;
        let id = seen.request_id;
        if let Some(known) = self.requests.get_mut(&id) {
            let same = known.seen.commitment_hash == seen.commitment_hash;
            if same && known.state() != State::Orphaned {
                if known.reread(&seen) {
                    let report = known.report.clone().filter(|_| !known.state().is_settled());
                    self.requests.touch(id);
                    if let Some(report) = report {
                        self.order(Order::Transmit(Box::new(report)));
                    }
                }
                return;
            }
            self.note(Note::SeenAgain { id, same });
            if same {
                return self.revive(seen, records, earlier);
            }
            // Another commitment is another request: nothing signed for the old one is ever used.
            self.order(Order::Cancel(id));
            self.forget(id);
        } else if row.is_some_and(|row| {
            row.commitment_hash == seen.commitment_hash && row.view.state != State::Orphaned
        }) {
            return;
        }
        let (block, subscription) = (seen.at.block_number, seen.subscription_id);
        self.note(Note::Seen { id, block, subscription });
        self.note(Note::Entered(State::Seen));
        let mut request = Active::new(seen, now);
        request.earlier = earlier;
        if let Some(reason) = self.lacks_room_for(subscription) {
            request.end(State::Refused, Some(&reason));
            self.note(Note::Refused { id, reason });
            self.note(Note::Entered(State::Refused));
            return self.requests.store(request.row);
        }
        self.requests.insert(request);
        self.requests.touch(id);
        self.to_start.push(id);
        self.recall(id, records);
    }

    /// Why one more request of a subscription cannot wait here, if so. A subscription has at most as many waiting as
    /// there is room for more: one alone gets half of all, and another always finds room.
    fn lacks_room_for(&self, subscription: u64) -> Option<String> {
        let most = self.rules.max_waiting;
        let (all, own) = self.requests.open_and_of(subscription);
        (own >= most.saturating_sub(all)).then(|| {
            format!(
                "{all} requests wait already, {own} of subscription {subscription}; of runner.max_waiting = {most} a \
                 subscription gets no more than is left for others"
            )
        })
    }

    /// The same request in another block: results are kept.
    fn revive(&mut self, seen: SeenRequest, records: Vec<Record>, earlier: Earlier) {
        let id = seen.request_id;
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.revive(seen);
        request.earlier = earlier;
        let (is_unheld, report) = (request.is_unheld(), request.report.clone());
        self.requests.touch(id);
        match report {
            Some(report) => self.order(Order::Transmit(Box::new(report))),
            None => {
                if is_unheld {
                    self.recall(id, records);
                }
                self.to_start.push(id);
            }
        }
    }

    /// The protocol takes a request up from its records, if there are any. What was said under another configuration
    /// since is told with them: a configuration may come back.
    fn recall(&mut self, id: B256, records: Vec<Record>) {
        if records.is_empty() {
            return;
        }
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.rests = false;
        let earlier = std::mem::take(&mut request.earlier);
        self.out.push(Action::Recall(records, Box::new(earlier)));
    }

    /// The records of a request whose response left the chain.
    pub(super) fn read(&mut self, key: RequestKey, records: Vec<Record>, earlier: Earlier) {
        let Some(request) = self.requests.keyed_mut(&key) else { return };
        if request.state().is_settled() || request.report.is_some() {
            return;
        }
        request.earlier = earlier;
        if request.is_unheld() {
            self.recall(key.request, records);
        }
        self.to_start.push(key.request);
    }

    pub(super) fn responded(&mut self, now: u64, id: B256, transmitter: Address, at: Position) {
        let by_us = transmitter == self.rules.transmitter;
        let Some(request) = self.requests.get_mut(&id) else { return };
        let reported_ms = request.row.view.times_ms.reported.unwrap_or(now);
        let is_first = request.include(now, transmitter, by_us, at);
        request.rests = true;
        let key = request.key();
        self.requests.touch(id);
        if is_first {
            self.note(Note::Entered(State::Included));
            self.note(Note::Responded { id, tx_hash: at.tx_hash, by_us });
        }
        self.order(Order::Progressed { transmitter, reported_ms });
        self.order(Order::Answered(id));
        self.schedule.remove(&id);
        self.agree(Input::Settled(key));
    }

    /// Shown with the row's next change, which the response in the same transaction brings.
    pub(super) fn processed(&mut self, id: B256, code: u8) {
        if let Some(request) = self.requests.get_mut(&id) {
            request.row.view.result_code = Some(code);
        }
    }

    /// Earlier configurations are met again while the chain's past is read.
    pub(super) fn configured(&mut self, count: u64, digest: B256) {
        if count > self.rules.config_count {
            self.note(Note::Reconfigured { digest });
            self.out.push(Action::Stop);
        }
    }

    /// Earlier routes are met again while the chain's past is read: the newest counts.
    pub(super) fn routed(&mut self, now: u64, don_id: B256, coordinator: Address) {
        if don_id == self.rules.don_id {
            self.routed_to = Some(coordinator).filter(|to| *to != self.rules.coordinator);
            self.leaves_at = None;
            self.leave(now);
        }
    }

    /// Goes to the coordinator that the route leads to: as soon as this one's requests have ended, which no other node
    /// would answer, and not much later whatever becomes of them.
    pub(super) fn leave(&mut self, now: u64) {
        let Some(coordinator) = self.routed_to.filter(|_| self.caught_up) else { return };
        let leaves_at = match self.leaves_at {
            Some(at) => at,
            None => {
                let open = self.requests.open();
                self.note(Note::Rerouted { coordinator, open });
                now.saturating_add(LEAVE_WITHIN_MS)
            }
        };
        self.leaves_at = Some(leaves_at);
        if self.requests.open() == 0 || now >= leaves_at {
            self.out.push(Action::Stop);
        }
    }

    pub(super) fn rewound(&mut self, first: u64) {
        self.note(Note::Rewound { first });
        self.unsay(|block, _| block >= first);
    }

    /// The chain does not show any more what lies in the blocks that `is_gone` names, by their number and by whether
    /// the chain was asked about it since the start.
    fn unsay(&mut self, is_gone: impl Fn(u64, bool) -> bool) {
        let lost_event = |request: &Active| is_gone(request.row.block_number, request.event_is_checked);
        let lost_end = |request: &Active| {
            request.end_block().is_some_and(|block| is_gone(block, request.end_is_checked))
        };
        for id in self.requests.ids_where(|request| lost_end(request) && !lost_event(request)) {
            let Some(request) = self.requests.get_mut(&id) else { continue };
            request.take_back();
            // Not before its records are read.
            self.to_start.retain(|other| *other != id);
            let (key, report) = (request.key(), request.report.clone());
            self.requests.touch(id);
            self.order(Order::Cancel(id));
            self.order(match report {
                Some(report) => Order::Transmit(Box::new(report)),
                None => Order::Read(key),
            });
        }
        for id in self.requests.ids_where(lost_event) {
            let Some(request) = self.requests.get_mut(&id) else { continue };
            request.orphan();
            self.requests.touch(id);
            self.schedule.remove(&id);
            self.order(Order::Cancel(id));
        }
    }

    /// The router gave the request up. The block may leave the chain: it stays in memory until that is final.
    pub(super) fn timed_out(&mut self, id: B256, block: u64) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        if request.time_out(block) {
            self.rest(id, State::Expired, Some("timed out on chain"));
        }
    }

    /// Responses and timeouts up to the final block stay: nothing more is kept in memory about them.
    pub(super) fn finalised(&mut self, block: u64) {
        let is_done = |request: &Active| {
            request.end_is_checked && request.end_block().is_some_and(|of_end| of_end <= block)
        };
        for id in self.requests.ids_where(is_done) {
            let Some(request) = self.requests.get_mut(&id) else { continue };
            if request.state() == State::Included {
                self.end(id, State::Final, None);
            } else {
                request.row.view.timed_out_block = None;
                self.requests.touch(id);
                self.forget(id);
            }
        }
    }

    /// Gives up what nobody answered, and forgets what ended without success when it is too late for a change of mind.
    pub(super) fn dated(&mut self, seconds: u64) {
        let is_over =
            |request: &Active| request.row.timeout_timestamp.saturating_add(EXPIRY_GRACE_SECONDS) < seconds;
        for id in self.requests.ids_where(|request| !request.state().is_settled() && is_over(request)) {
            self.end(id, State::Expired, Some("no response in time"));
        }
        let dead = self.requests.ids_where(|request| {
            matches!(request.state(), State::Undeliverable | State::Orphaned) && is_over(request)
        });
        for id in dead {
            self.forget(id);
        }
    }

    /// Everything up to the block at `height`, of this time, has been read.
    pub(super) fn caught_up(&mut self, now: u64, height: u64, seconds: u64) {
        // An endpoint that lags behind what is known already has not shown what came since.
        if height < self.rules.known_block {
            return;
        }
        self.caught_up = true;
        // What an earlier run read and this one did not left the chain meanwhile.
        self.unsay(|block, is_checked| !is_checked && block <= height);
        let mut opened = HashSet::new();
        for id in std::mem::take(&mut self.to_start) {
            if opened.insert(id) {
                self.start(id);
            }
        }
        self.chain_seconds = seconds;
        self.agree(Input::ChainTime(seconds));
        self.leave(now);
    }
}
