//! The contracts, as far as nodes depend on them: one fulfillment a request, a quorum of signatures of distinct members
//! in force, the commitment, the price, the timeout.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use alloy::primitives::{Address, B256, Bytes};
use functions_node::chain::{Position, SeenRequest};
use functions_types::{Commitment, RequestId, SubscriptionId};
use oracle_ocr::{OracleIndex, Outcome, ReportSignature, RequestKey, Verifier as _};
use test_signing::Checks;

use super::transaction::{Carried, Transaction};
use crate::{
    don::{Config, owner, request_id},
    plan::Identity,
};

/// Seconds from a request to its timeout.
pub const TIMEOUT_SECONDS: u64 = 300;
/// Wei per gas up to which the reservation suffices.
pub const AFFORDABLE: u64 = super::BASE_FEE * 4;

/// What every request asks for.
pub const SCRIPT: &[u8] = b"script";

/// What users do.
#[derive(Clone, Debug)]
pub enum Call {
    /// A consumer asks.
    Request {
        /// Which request of the plan.
        number: usize,
        /// What it is in another block.
        identity: Identity,
    },
    /// The owner sets a configuration of its coordinator.
    Configure(Rc<Config>),
    /// The owner leads the route to a coordinator.
    Route(Address),
    /// Somebody gives up a request.
    GiveUp(B256),
}

/// An event.
#[derive(Clone, Debug)]
pub enum Happened {
    /// A request.
    Requested(Rc<Asked>),
    /// A response.
    Responded {
        /// The request.
        id: B256,
        /// Who is reimbursed.
        transmitter: Address,
        /// The transaction.
        tx_hash: B256,
    },
    /// A settlement with its code, 0 or 1.
    Processed {
        /// The request.
        id: B256,
        /// 0 or 1.
        code: u8,
    },
    /// A refusal with its code.
    NotProcessed {
        /// The request.
        id: B256,
        /// 2 to 6.
        code: u8,
    },
    /// A request was given up.
    TimedOut(B256),
    /// A configuration was set.
    Configured(Rc<Config>),
    /// The route leads to a coordinator.
    Routed(Address),
}

/// A request in a block.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which request of the plan.
    pub number: usize,
    /// Its commitment.
    pub commitment: Commitment,
    /// Hash of the commitment.
    pub commitment_hash: B256,
    /// Seconds of its block.
    pub seconds: u64,
}

impl Asked {
    /// The event in a block, as a node reads it. The journal's text is the place where the simulation finds it again.
    #[must_use]
    pub fn seen(&self, block_number: u64, block_hash: B256) -> SeenRequest {
        let tx_hash = self.commitment.request_id.0;
        SeenRequest {
            request_id: self.commitment.request_id.0,
            commitment_hash: self.commitment_hash,
            commitment: self.commitment,
            requesting_contract: self.commitment.client,
            request_initiator: Address::repeat_byte(9),
            subscription_id: self.commitment.subscription_id.0,
            subscription_owner: Address::ZERO,
            data: Bytes::from_static(SCRIPT),
            data_version: 1,
            flags: B256::ZERO,
            at: Position { block_number, block_hash, tx_hash },
            block_timestamp: self.seconds,
            log_json: format!("{} {}", self.commitment.request_id.0, block_hash),
        }
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> RequestKey {
        RequestKey { request: self.commitment.request_id.0, commitment: self.commitment_hash }
    }
}

/// How a request ended on chain.
#[derive(Clone, Debug)]
pub enum End {
    /// With this outcome.
    Fulfilled(Outcome),
    /// Without.
    GivenUp,
}

/// What a transaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It fulfilled the request with this code, 0 or 1.
    Paid(u8),
    /// The router refused it with this code.
    Refused(u8),
    /// The request was not open any more.
    CameSecond,
    /// It reverted, for this reason.
    Reverted(&'static str),
    /// It carried nothing.
    Cancelled,
}

/// What the contracts hold.
#[derive(Clone, Debug)]
pub struct State {
    /// Where the route leads.
    pub coordinator: Address,
    /// Each coordinator's configuration in force, and the block in which it was set.
    pub configs: BTreeMap<Address, (Rc<Config>, u64)>,
    /// Open requests.
    pub open: BTreeMap<B256, Rc<Asked>>,
    /// Requests that ended, and how.
    pub ended: BTreeMap<B256, (Rc<Asked>, End)>,
    /// Next nonce of each account.
    pub nonces: BTreeMap<Address, u64>,
}

impl State {
    /// With the first configuration and nothing else.
    #[must_use]
    pub fn new(config: &Rc<Config>) -> Self {
        Self {
            coordinator: config.coordinator,
            configs: BTreeMap::from([(config.coordinator, (config.clone(), 0))]),
            open: BTreeMap::new(),
            ended: BTreeMap::new(),
            nonces: BTreeMap::new(),
        }
    }

    /// The configuration in force where the route leads.
    #[must_use]
    pub fn config(&self) -> Option<&Rc<Config>> {
        self.config_of(&self.coordinator)
    }

    /// The configuration in force of a coordinator.
    #[must_use]
    pub fn config_of(&self, coordinator: &Address) -> Option<&Rc<Config>> {
        self.configs.get(coordinator).map(|(config, _)| config)
    }

    /// The coordinator that a report goes to; none when nothing in it is open.
    #[must_use]
    pub fn coordinator_of(&self, carried: &Carried) -> Option<Address> {
        let asked = carried.entries.iter().find_map(|(key, _)| self.open.get(&key.request));
        asked.map(|asked| asked.commitment.coordinator)
    }

    /// The next nonce of an account.
    #[must_use]
    pub fn nonce(&self, account: &Address) -> u64 {
        self.nonces.get(account).copied().unwrap_or(0)
    }

    /// Carries out what a user does in the block with this number, hash and time.
    pub(super) fn call(&mut self, call: &Call, at: (u64, B256, u64), events: &mut Vec<Happened>) {
        let (number, block_hash, seconds) = at;
        match call {
            Call::Request { number, identity } => {
                let asked = Rc::new(asked(*number, self.coordinator, *identity, block_hash, seconds));
                self.open.insert(asked.commitment.request_id.0, asked.clone());
                events.push(Happened::Requested(asked));
            }
            Call::Configure(config) => {
                // A call that comes again after blocks were taken back is an older one.
                let known = self.config_of(&config.coordinator);
                if known.is_none_or(|known| known.count < config.count) {
                    self.configs.insert(config.coordinator, (config.clone(), number));
                    events.push(Happened::Configured(config.clone()));
                }
            }
            Call::Route(coordinator) => {
                self.coordinator = *coordinator;
                events.push(Happened::Routed(*coordinator));
            }
            Call::GiveUp(id) => {
                let is_over = |asked: &Rc<Asked>| u64::from(asked.commitment.timeout_timestamp) < seconds;
                if self.open.get(id).is_some_and(is_over)
                    && let Some(asked) = self.open.remove(id)
                {
                    self.ended.insert(*id, (asked, End::GivenUp));
                    events.push(Happened::TimedOut(*id));
                }
            }
        }
    }

    /// Runs a node's transaction; its nonce is the account's next.
    pub(super) fn transmit(
        &mut self,
        transaction: &Transaction,
        base_fee: u64,
        checks: &Checks,
        events: &mut Vec<Happened>,
    ) -> Vec<Deed> {
        *self.nonces.entry(transaction.from).or_default() += 1;
        let Some(carried) = &transaction.report else { return Vec::new() };
        let deeds = self.judge(transaction.from, carried, base_fee, checks);
        for ((key, outcome), deed) in carried.entries.iter().zip(&deeds) {
            let id = key.request;
            match *deed {
                Deed::Paid(code) => {
                    if let Some(asked) = self.open.remove(&id) {
                        self.ended.insert(id, (asked, End::Fulfilled(outcome.clone())));
                    }
                    let (transmitter, tx_hash) = (transaction.from, transaction.hash);
                    events.push(Happened::Responded { id, transmitter, tx_hash });
                    events.push(Happened::Processed { id, code });
                }
                Deed::Refused(code) => events.push(Happened::NotProcessed { id, code }),
                Deed::CameSecond | Deed::Reverted(_) | Deed::Cancelled => {}
            }
        }
        deeds
    }

    /// What a report would do with each of its requests.
    #[must_use]
    pub fn judge(&self, from: Address, carried: &Carried, base_fee: u64, checks: &Checks) -> Vec<Deed> {
        let all = |deed| vec![deed; carried.entries.len()];
        let Some(to) = self.coordinator_of(carried) else { return all(Deed::CameSecond) };
        match self.refusal(from, to, carried, checks) {
            Some(why) => all(Deed::Reverted(why)),
            None => carried.entries.iter().map(|(key, _)| self.judge_entry(to, key, base_fee)).collect(),
        }
    }

    fn judge_entry(&self, to: Address, key: &RequestKey, base_fee: u64) -> Deed {
        match self.open.get(&key.request).filter(|asked| asked.commitment.coordinator == to) {
            None => Deed::CameSecond,
            Some(asked) if asked.commitment_hash != key.commitment => Deed::Refused(6),
            Some(_) if base_fee > AFFORDABLE => Deed::Refused(3),
            Some(asked) => Deed::Paid(u8::from(asked.number % 5 == 4)),
        }
    }

    /// Why the whole report is refused.
    fn refusal(
        &self,
        from: Address,
        to: Address,
        carried: &Carried,
        checks: &Checks,
    ) -> Option<&'static str> {
        let Some(config) = self.config_of(&to) else { return Some("no configuration") };
        if config.place(owner(&from)).is_none() {
            return Some("not a transmitter");
        }
        let Carried { signatures, hash, .. } = carried;
        if signatures.len() != config.roster.quorum() {
            return Some("not exactly a quorum of signatures");
        }
        // The signers are recovered: under which configuration they signed, in which order, is not looked at.
        let signed = |signature: &ReportSignature, signer: OracleIndex| {
            config.roster.oracle(signer).is_some_and(|oracle| checks.verify_report(oracle, hash, signature))
        };
        let signer = |(place, signature): &(OracleIndex, ReportSignature)| {
            let likely = Some(*place).filter(|place| signed(signature, *place));
            likely.or_else(|| config.roster.indexes().find(|signer| signed(signature, *signer)))
        };
        let signers: Option<BTreeSet<OracleIndex>> = signatures.iter().map(signer).collect();
        signers.is_none_or(|signers| signers.len() != signatures.len()).then_some("a bad signature")
    }
}

fn asked(number: usize, coordinator: Address, identity: Identity, block_hash: B256, seconds: u64) -> Asked {
    let mark = if identity == Identity::Fresh { block_hash } else { B256::ZERO };
    let id = request_id(number, mark);
    let fee = if identity == Identity::Shifting { u128::from(block_hash[31]) } else { 5 };
    // The same commitment has the same timeout, wherever the block.
    let from = if identity == Identity::Stable { super::EPOCH_MS / 1_000 + 60 } else { seconds };
    let commitment = Commitment {
        request_id: RequestId(id),
        coordinator,
        estimated_total_cost_juels: functions_types::Juels::from_uint96(1_000),
        client: Address::repeat_byte(0xc1),
        subscription_id: SubscriptionId(number as u64 % 3),
        callback_gas_limit: 100_000,
        admin_fee: functions_types::Juels::ZERO,
        don_fee: functions_types::Juels::from_uint96(fee),
        gas_overhead_before_callback: 1,
        gas_overhead_after_callback: 2,
        timeout_timestamp: u32::try_from(from + TIMEOUT_SECONDS).unwrap_or(u32::MAX),
    };
    Asked { number, commitment_hash: commitment.hash(), commitment, seconds }
}
