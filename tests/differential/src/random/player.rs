//! Plays a sequence on both chains: who is who at the moment, what has been seen, and housekeeping that keeps sequences
//! lively.

use std::{collections::HashMap, sync::LazyLock};

use alloy::{
    primitives::{Address, B256, Bytes, U256, address},
    sol_types::{SolCall, SolEvent},
};
use functions_types::abi::{Coordinator as C, Router as R};

use super::{
    Call, Case, Observer, Start,
    operation::{Operation, Part, Route, Sub, Who},
};
use crate::{
    Receipt, Scene, puppet,
    scene::{CONSUMER, LINK, OWNER, Oracle, Request, STRANGER, SUBSCRIBER, SUBSCRIPTION, don_id},
    tally::Tally,
};

mod act;
mod close;
mod report;

/// The contract at the end of the allow list's route.
pub const ALLOW_LIST: Address = address!("0000000000000000000000000000000000007E45");
/// Steps that the Router may stay paused, the main subscription closed, the DON without its Coordinator,
/// subscribers refused.
const PATIENCE: u8 = 3;

/// One sequence being played.
pub struct Player {
    /// Both chains and what stands on them.
    pub scene: Scene,
    /// How it began.
    pub start: Start,
    /// The subscription that is kept alive.
    pub main: u64,
    /// Requests seen, oldest first.
    pub requests: Vec<Request>,
    /// What happened so far.
    pub tally: Tally,
    observer: Option<Box<dyn Observer>>,
    objection: Option<String>,
    owners: HashMap<Address, Address>,
    /// Everybody who owned the Coordinator.
    payees: Vec<Address>,
    subscription_owner: Address,
    f: u8,
    paused: bool,
    closed: bool,
    astray: bool,
    guarded: bool,
    refused: bool,
    waited: u8,
}

impl Player {
    /// Plays a case to its end on a scene that begins as the case says.
    ///
    /// # Errors
    /// The first difference, or what the observer objects to.
    pub fn play(scene: Scene, case: &Case, observer: Box<dyn Observer>) -> Result<Tally, String> {
        let owners = [(scene.router, OWNER), (scene.coordinator, OWNER)].into();
        let mut player = Self {
            scene,
            start: case.start,
            main: SUBSCRIPTION,
            requests: Vec::new(),
            tally: Tally::default(),
            observer: Some(observer),
            objection: None,
            owners,
            payees: vec![OWNER],
            subscription_owner: SUBSCRIBER,
            f: 1,
            paused: false,
            closed: false,
            astray: false,
            guarded: false,
            refused: false,
            waited: 0,
        };
        player.scene.twin.watched.clear();
        player.scene.twin.both(|side| side.0.set_code(ALLOW_LIST, answer(true)));
        if case.start.free_gas {
            player.scene.free_gas();
        }
        for (index, operation) in case.operations().enumerate() {
            player.keep_alive();
            player.take(operation);
            if index % 8 == 7 {
                player.glance();
            }
            player.verdict().map_err(|text| format!("step {index}, {operation:?}\n{text}"))?;
        }
        player.close();
        player.verdict().map_err(|text| format!("at the end\n{text}"))?;
        if let Some(mut observer) = player.observer.take() {
            observer.end(&player).map_err(|text| format!("at the end\n{text}"))?;
        }
        player.tally.compared = player.scene.twin.compared;
        player.tally.excused = player.scene.twin.excused;
        player.scene.twin.settle();
        Ok(player.tally)
    }

    /// Everything that differed, or the observer's objection.
    fn verdict(&mut self) -> Result<(), String> {
        let found = self.scene.twin.settle();
        let wrong: Vec<String> = found.into_iter().chain(self.objection.take()).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// Ends a pause, a closed main subscription, a lost route and a refusing allow list after some steps; opens a first
    /// request.
    fn keep_alive(&mut self) {
        let (r, c) = (self.scene.router, self.scene.coordinator);
        if !(self.paused || self.closed || self.astray || self.refused) {
            self.waited = 0;
        } else if self.waited < PATIENCE {
            self.waited += 1;
        } else {
            self.waited = 0;
            let owner = self.owners[&r];
            if self.paused {
                self.run(owner, r, &R::unpauseCall {});
            }
            if self.astray {
                self.install(don_id(), c);
            }
            if self.refused {
                self.allow_all(true);
            }
            if self.closed {
                let call = R::createSubscriptionWithConsumerCall { consumer: CONSUMER };
                let receipt = self.run(SUBSCRIBER, r, &call);
                if receipt.success {
                    self.main = U256::from_be_slice(&receipt.output).to();
                    (self.closed, self.subscription_owner) = (false, SUBSCRIBER);
                    self.fund(self.main, 50 * LINK);
                }
            }
        }
        if self.requests.is_empty() {
            let call = self.scene.send_request(&[7; 73], 500);
            let call = R::sendRequestCall { subscriptionId: self.main, ..call };
            self.run(CONSUMER, r, &call);
        }
    }

    fn run<T: SolCall>(&mut self, from: Address, to: Address, call: &T) -> Receipt {
        self.send(T::SIGNATURE, Call { from, to, data: call.abi_encode() })
    }

    fn send(&mut self, label: &str, mut call: Call) -> Receipt {
        // No chain has transactions of address zero.
        if call.from == Address::ZERO {
            call.from = STRANGER;
        }
        let mut observer = self.observer.take();
        if let Some(observer) = &mut observer {
            observer.before(self, &call);
        }
        let receipt = self.scene.twin.send(label, call.from, call.to, &call.data);
        self.tally.call(call.to, call.selector(), receipt.success, &receipt.output);
        self.see(&receipt);
        if let Some(observer) = &mut observer {
            let objection = observer.after(self, &call, &receipt).err();
            self.objection = self.objection.take().or(objection);
        }
        self.observer = observer;
        receipt
    }

    /// Takes note of what the logs of a transaction tell.
    fn see(&mut self, receipt: &Receipt) {
        for log in &receipt.logs {
            self.tally.log(log);
            let main = Some(&B256::from(U256::from(self.main)));
            match log.topics().first() {
                Some(&C::OracleRequest::SIGNATURE_HASH) => {
                    let request = C::OracleRequest::decode_log(log).expect("OracleRequest").data;
                    self.requests.push(request);
                }
                Some(&C::ConfigSet::SIGNATURE_HASH) => {
                    self.scene.digest = B256::from_slice(&log.data.data[32..64])
                }
                Some(&R::Paused::SIGNATURE_HASH) => self.paused = true,
                Some(&R::Unpaused::SIGNATURE_HASH) => self.paused = false,
                Some(&R::OwnershipTransferred::SIGNATURE_HASH) => {
                    let owner = Address::from_word(log.topics()[2]);
                    self.owners.insert(log.address, owner);
                    self.payees.push(owner);
                }
                Some(&R::SubscriptionCanceled::SIGNATURE_HASH) if log.topics().get(1) == main => {
                    self.closed = true
                }
                Some(&R::SubscriptionConsumerRemoved::SIGNATURE_HASH) if log.topics().get(1) == main => {
                    self.closed |= log.data.data[12..32] == CONSUMER[..];
                }
                Some(&R::SubscriptionOwnerTransferred::SIGNATURE_HASH) if log.topics().get(1) == main => {
                    self.subscription_owner = Address::from_slice(&log.data.data[44..64]);
                }
                Some(&R::ContractUpdated::SIGNATURE_HASH) if log.data.data[..32] == don_id()[..] => {
                    self.astray = log.data.data[76..96] != self.scene.coordinator[..];
                }
                Some(&R::ContractUpdated::SIGNATURE_HASH) if log.data.data[..32] == B256::ZERO[..] => {
                    self.guarded = log.data.data[76..96] == ALLOW_LIST[..];
                }
                _ => {}
            }
        }
    }

    fn who(&self, who: Who, of: Address) -> Address {
        match who {
            Who::Owner => self.owners.get(&of).copied().unwrap_or(OWNER),
            Who::SubscriptionOwner => self.subscription_owner,
            Who::Subscriber => SUBSCRIBER,
            Who::Consumer => CONSUMER,
            Who::OtherConsumer(n) => Address::repeat_byte(0xc0 + n),
            Who::Oracle(n) => self.scene.oracles[usize::from(n) % self.scene.oracles.len()].transmitter,
            Who::Stranger => STRANGER,
            Who::Router => self.scene.router,
            Who::Coordinator => self.scene.coordinator,
            Who::Link => self.scene.link,
            Who::Zero => Address::ZERO,
        }
    }

    fn sub(&self, subscription: Sub) -> u64 {
        match subscription {
            Sub::Main => self.main,
            Sub::Id(id) => id,
        }
    }

    fn part(&self, part: Part) -> Address {
        match part {
            Part::Router => self.scene.router,
            Part::Coordinator => self.scene.coordinator,
        }
    }

    /// A request by its age among those seen: 0 is the newest.
    fn known(&self, age: u8) -> Option<Request> {
        let count = self.requests.len();
        (count > 0).then(|| self.requests[count - 1 - usize::from(age) % count].clone())
    }

    fn fund(&mut self, subscription: u64, juels: u128) {
        let link = self.scene.link;
        let call = self.scene.funding(subscription, juels);
        self.run(SUBSCRIBER, link, &call);
    }

    /// A view on both chains.
    fn ask<T: SolCall>(&mut self, to: Address, call: &T) {
        let result = self.scene.twin.call(T::SIGNATURE, Address::ZERO, to, &call.abi_encode());
        let (success, output) = match &result {
            Ok(output) => (true, output),
            Err(output) => (false, output),
        };
        self.tally.call(to, T::SELECTOR, success, output);
    }

    /// Who owns a contract now.
    pub fn owner_of(&self, contract: Address) -> Option<Address> {
        self.owners.get(&contract).copied()
    }
}

/// The id of a route.
pub fn id(route: Route) -> B256 {
    match route {
        Route::Don => don_id(),
        Route::Other => B256::repeat_byte(7),
        Route::AllowList => B256::ZERO,
    }
}

/// A contract that answers yes or no.
fn answer(yes: bool) -> Bytes {
    puppet::returns(B256::with_last_byte(u8::from(yes)).as_slice())
}

/// Those who may become oracles; the first four are it at the beginning.
static CANDIDATES: LazyLock<Vec<Oracle>> = LazyLock::new(|| (1..=7).map(Oracle::new).collect());
