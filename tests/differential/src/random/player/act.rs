//! Every operation as a transaction.

#![expect(non_snake_case, reason = "bindings are named after the arguments of the functions")]

use super::*;
use alloy::sol_types::SolValue;
use functions_types::abi::{self, Link};

use crate::{
    random::{
        free_price,
        operation::{Ask, BillingChange, Callback, Oracles, RouterChange},
    },
    scene::{NATIVE_FEED, USD_FEED, billing_config, router_config},
};

impl Player {
    /// Takes one step.
    pub(super) fn take(&mut self, operation: &Operation) {
        use Operation as Op;
        let (r, c, link) = (self.scene.router, self.scene.coordinator, self.scene.link);
        let amount = |juels: u128| U256::from(juels).wrapping_to();
        match *operation {
            Op::Create { by, consumer: None } => {
                drop(self.run(self.who(by, r), r, &R::createSubscriptionCall {}))
            }
            Op::Create { by, consumer: Some(consumer) } => {
                let consumer = self.who(consumer, r);
                self.run(self.who(by, r), r, &R::createSubscriptionWithConsumerCall { consumer });
            }
            Op::AddConsumer { by, subscription, consumer } => {
                let (subscriptionId, consumer) = (self.sub(subscription), self.who(consumer, r));
                self.run(self.who(by, r), r, &R::addConsumerCall { subscriptionId, consumer });
            }
            Op::RemoveConsumer { by, subscription, consumer } => {
                let (subscriptionId, consumer) = (self.sub(subscription), self.who(consumer, r));
                self.run(self.who(by, r), r, &R::removeConsumerCall { subscriptionId, consumer });
            }
            Op::Fund { subscription, juels } => self.fund(self.sub(subscription), juels),
            Op::PretendToFund { by, subscription, juels } => {
                // The token itself would credit what nobody paid.
                let by = if by == Who::Link { Who::Stranger } else { by };
                let data = self.sub(subscription).abi_encode().into();
                let call = R::onTokenTransferCall { _0: SUBSCRIBER, amount: U256::from(juels), data };
                self.run(self.who(by, r), r, &call);
            }
            Op::Donate { juels } => {
                drop(self.run(SUBSCRIBER, link, &Link::transferCall { to: r, amount: U256::from(juels) }));
            }
            Op::Recover { by, to } => {
                let to = self.who(to, r);
                self.run(self.who(by, r), r, &R::recoverFundsCall { to });
            }
            Op::ProposeHeir { by, subscription, heir } => {
                let (subscriptionId, newOwner) = (self.sub(subscription), self.who(heir, r));
                let call = R::proposeSubscriptionOwnerTransferCall { subscriptionId, newOwner };
                self.run(self.who(by, r), r, &call);
            }
            Op::Inherit { by, subscription } => {
                let subscriptionId = self.sub(subscription);
                self.run(self.who(by, r), r, &R::acceptSubscriptionOwnerTransferCall { subscriptionId });
            }
            Op::Cancel { by, subscription, to } => {
                let (subscriptionId, to) = (self.sub(subscription), self.who(to, r));
                self.run(self.who(by, r), r, &R::cancelSubscriptionCall { subscriptionId, to });
            }
            Op::OwnerCancel { by, subscription } => {
                let subscriptionId = self.sub(subscription);
                self.run(self.who(by, r), r, &R::ownerCancelSubscriptionCall { subscriptionId });
            }
            Op::SetFlags { by, subscription, tier, rest } => {
                let (subscriptionId, mut flags) = (self.sub(subscription), B256::repeat_byte(rest));
                flags[0] = tier;
                self.run(self.who(by, r), r, &R::setFlagsCall { subscriptionId, flags });
            }
            Op::Pause { by } => drop(self.run(self.who(by, r), r, &R::pauseCall {})),
            Op::Unpause { by } => drop(self.run(self.who(by, r), r, &R::unpauseCall {})),
            Op::Request(ref ask) => self.request(ask),
            Op::Burst { requests } => {
                for byte in 0..requests {
                    let call = self.scene.send_request(&[byte], 500);
                    let call = R::sendRequestCall { subscriptionId: self.main, ..call };
                    self.run(CONSUMER, r, &call);
                }
            }
            Op::Report(ref answer) => self.report(answer),
            Op::Fulfill { by, request, foreign, juels_per_gas, cost } => {
                self.fulfill(self.who(by, r), request, foreign, juels_per_gas, cost);
            }
            // Never twice the same: a Router numbers its requests, and ours counts on it.
            Op::Start { by } => {
                let request = abi::RequestMeta {
                    data: vec![1; 40].into(),
                    requestingContract: STRANGER,
                    availableBalance: amount(LINK),
                    subscriptionId: self.main,
                    initiatedRequests: self.requests.len() as u64,
                    callbackGasLimit: 500,
                    dataVersion: 1,
                    ..Default::default()
                };
                self.run(self.who(by, c), c, &C::startRequestCall { request });
            }
            Op::Forget { by, request } => {
                let Some(request) = self.known(request) else { return };
                let requestId = request.requestId;
                self.run(self.who(by, c), c, &C::deleteCommitmentCall { requestId });
            }
            Op::TimeOut { by, ref requests, late } => {
                if late {
                    self.scene.advance(301);
                }
                let list = requests.iter().filter_map(|age| self.known(*age));
                let requestsToTimeoutByCommitment = list.map(|request| Scene::stored(&request)).collect();
                self.run(self.who(by, r), r, &R::timeoutRequestsCall { requestsToTimeoutByCommitment });
            }
            Op::Wait { seconds } => self.scene.advance(seconds),
            Op::Prices { native, usd, age, base_fee } => self.prices(native, usd, age, base_fee),
            Op::RouterWithdraw { by, to, juels } => {
                let call = R::oracleWithdrawCall { recipient: self.who(to, r), amount: amount(juels) };
                self.run(self.who(by, r), r, &call);
            }
            Op::OwnerWithdraw { by, to, juels } => {
                let call = R::ownerWithdrawCall { recipient: self.who(to, r), amount: amount(juels) };
                self.run(self.who(by, r), r, &call);
            }
            Op::Withdraw { by, to, juels } => {
                let call = C::oracleWithdrawCall { recipient: self.who(to, c), amount: amount(juels) };
                self.run(self.who(by, c), c, &call);
            }
            Op::WithdrawAll { by } => drop(self.run(self.who(by, c), c, &C::oracleWithdrawAllCall {})),
            Op::Propose { by, route, to, twice } => {
                let to = if route == Route::AllowList { ALLOW_LIST } else { self.who(to, c) };
                let count = 1 + usize::from(twice);
                let call = R::proposeContractsUpdateCall {
                    proposedContractSetIds: [id(route), id(Route::Other)][..count].to_vec(),
                    proposedContractSetAddresses: [to, c][..count].to_vec(),
                };
                self.run(self.who(by, r), r, &call);
            }
            Op::Install { by } => drop(self.run(self.who(by, r), r, &R::updateContractsCall {})),
            Op::ConfigureRouter { by, change } => {
                let config = routing(change);
                self.run(self.who(by, r), r, &R::updateConfigCall { config });
            }
            Op::ConfigureBilling { by, change } => {
                let config = billing(change, self.start.free_gas);
                self.run(self.who(by, c), c, &C::updateConfigCall { config });
            }
            Op::ConfigureOracles { by, oracles } => self.configure(self.who(by, c), oracles),
            Op::SetKey { by, threshold, len } => {
                let (from, key): (_, Bytes) = (self.who(by, c), vec![len; usize::from(len)].into());
                if threshold {
                    self.run(from, c, &C::setThresholdPublicKeyCall { thresholdPublicKey: key });
                } else {
                    self.run(from, c, &C::setDONPublicKeyCall { donPublicKey: key });
                }
            }
            Op::SetAllowListId { by, route } => {
                drop(self.run(self.who(by, r), r, &R::setAllowListIdCall { allowListId: id(route) }));
            }
            Op::AllowAll { allowed } => self.allow_all(allowed),
            Op::TransferOwnership { by, of, to } => {
                let (of, to) = (self.part(of), self.who(to, r));
                self.run(self.who(by, of), of, &R::transferOwnershipCall { to });
            }
            Op::AcceptOwnership { by, of } => {
                let of = self.part(of);
                self.run(self.who(by, of), of, &R::acceptOwnershipCall {});
            }
            Op::HandOver { of, to } => {
                let (of, to) = (self.part(of), self.who(to, r));
                self.run(self.who(Who::Owner, of), of, &R::transferOwnershipCall { to });
                self.run(to, of, &R::acceptOwnershipCall {});
            }
            Op::Look { subscription, consumer, route, gas } => {
                self.look(self.sub(subscription), self.who(consumer, r), id(route), gas);
            }
        }
    }

    fn request(&mut self, ask: &Ask) {
        let (r, consumer) = (self.scene.router, self.who(ask.by, self.scene.router));
        let call = R::sendRequestCall {
            subscriptionId: self.sub(ask.subscription),
            data: vec![ask.len as u8; usize::from(ask.len)].into(),
            dataVersion: ask.version,
            callbackGasLimit: ask.gas,
            donId: id(ask.route),
        };
        if ask.proposed {
            let R::sendRequestCall { subscriptionId, data, dataVersion, callbackGasLimit, donId } = call;
            let call =
                R::sendRequestToProposedCall { subscriptionId, data, dataVersion, callbackGasLimit, donId };
            self.run(consumer, r, &call);
        } else {
            self.run(consumer, r, &call);
        }
        let contracts = [r, self.scene.coordinator, self.scene.link, Address::ZERO];
        if self.start.free_gas && !contracts.contains(&consumer) {
            let code = self.callback(ask.callback, consumer);
            self.scene.twin.both(|side| side.0.set_code(consumer, code.clone()));
        }
    }

    fn callback(&self, callback: Callback, consumer: Address) -> Bytes {
        let (r, subscriptionId) = (self.scene.router, self.main);
        match callback {
            Callback::None => Bytes::new(),
            Callback::Returns(len) => puppet::returns(&vec![5; usize::from(len)]),
            Callback::Reverts(len) => puppet::reverts(&vec![6; usize::from(len)]),
            Callback::Burns => puppet::burns(),
            Callback::Echoes => puppet::echoes(),
            Callback::Requests => {
                let next = R::sendRequestCall { subscriptionId, ..self.scene.send_request(&[3; 9], 500) };
                puppet::calls(r, &next.abi_encode())
            }
            Callback::Cancels => {
                let call = R::cancelSubscriptionCall { subscriptionId, to: consumer };
                puppet::calls(r, &call.abi_encode())
            }
            Callback::TimesOut => {
                let list = self.known(0).iter().map(Scene::stored).collect();
                let call = R::timeoutRequestsCall { requestsToTimeoutByCommitment: list };
                puppet::calls(r, &call.abi_encode())
            }
            Callback::Withdraws => {
                let call = C::oracleWithdrawCall { recipient: consumer, amount: U256::ZERO.to() };
                puppet::calls(self.scene.coordinator, &call.abi_encode())
            }
            Callback::Funds => {
                let call = self.scene.funding(subscriptionId, 1);
                puppet::calls(self.scene.link, &call.abi_encode())
            }
        }
    }

    fn fulfill(&mut self, from: Address, request: u8, foreign: bool, juels_per_gas: u128, cost: u128) {
        let Some(request) = self.known(request) else { return };
        let r = self.scene.router;
        let mut commitment = Scene::stored(&request);
        if foreign {
            commitment.coordinator = from;
        }
        // The gas of a callback differs between the engines: it has a price only where consumers have no code.
        let juels_per_gas = if self.start.free_gas { 0 } else { juels_per_gas };
        let call = R::fulfillCall {
            response: vec![1; 40].into(),
            err: Bytes::new(),
            juelsPerGas: U256::from(juels_per_gas).wrapping_to(),
            costWithoutCallback: U256::from(cost).wrapping_to(),
            transmitter: STRANGER,
            commitment,
        };
        self.run(from, r, &call);
    }

    /// Sets what the allow list answers to all, at the end of a route.
    pub(super) fn allow_all(&mut self, allowed: bool) {
        if !self.guarded {
            self.install(id(Route::AllowList), ALLOW_LIST);
        }
        self.refused = self.guarded && !allowed;
        self.scene.twin.both(|side| side.0.set_code(ALLOW_LIST, answer(allowed)));
    }

    /// The owner proposes and installs a route.
    pub(super) fn install(&mut self, id: B256, to: Address) {
        let (r, owner) = (self.scene.router, self.who(Who::Owner, self.scene.router));
        let proposal = R::proposeContractsUpdateCall {
            proposedContractSetIds: vec![id],
            proposedContractSetAddresses: vec![to],
        };
        self.run(owner, r, &proposal);
        self.run(owner, r, &R::updateContractsCall {});
    }

    fn prices(&mut self, native: u64, usd: u64, age: i64, base_fee: u64) {
        let stamp = U256::from(self.scene.now().saturating_add_signed(-age));
        self.scene.feed(USD_FEED, 8, U256::from(usd), stamp);
        self.scene.twin.both(|side| side.0.set_base_fee(base_fee));
        if !self.start.free_gas {
            self.scene.feed(NATIVE_FEED, 18, U256::from(native), stamp);
        }
    }

    fn configure(&mut self, from: Address, oracles: Oracles) {
        let (first, count, f) = match oracles {
            Oracles::Four(first) => (usize::from(first), 4, 1),
            Oracles::Seven => (0, 7, 2),
            Oracles::NoFault => (0, 4, 0),
            Oracles::TooFew => (0, 6, 2),
            _ => (1, 4, 1),
        };
        let set = CANDIDATES.iter().cycle().skip(first).take(count).cloned().collect();
        let before = std::mem::replace(&mut self.scene.oracles, set);
        let mut call = C::setConfigCall { _f: f, ..self.scene.set_config() };
        match oracles {
            Oracles::RepeatedSigner => call._signers[2] = call._signers[1],
            Oracles::RepeatedTransmitter => call._transmitters[2] = call._signers[0],
            Oracles::EmptyTransmitter => call._transmitters[3] = Address::ZERO,
            _ => {}
        }
        let receipt = self.run(from, self.scene.coordinator, &call);
        if receipt.success {
            self.f = f;
        } else {
            self.scene.oracles = before;
        }
    }
}

fn routing(change: RouterChange) -> abi::RouterConfig {
    abi::RouterConfig {
        maxConsumersPerSubscription: change.consumers,
        adminFee: U256::from(change.admin_fee).to(),
        subscriptionDepositMinimumRequests: change.deposit_requests,
        ..router_config()
    }
}

fn billing(change: BillingChange, free_gas: bool) -> abi::BillingConfig {
    let usual = billing_config();
    abi::BillingConfig {
        feedStalenessSeconds: change.staleness,
        fulfillmentGasPriceOverEstimationBP: change.over_estimation,
        requestTimeoutSeconds: change.timeout,
        donFeeCentsUsd: change.don_fee,
        operationFeeCentsUsd: change.operation_fee,
        gasOverheadAfterCallback: match free_gas && change.endless_gas {
            true => 1_000_000_000,
            false => usual.gasOverheadAfterCallback,
        },
        fallbackNativePerUnitLink: match free_gas {
            true => free_price().to(),
            false => usual.fallbackNativePerUnitLink,
        },
        ..usual
    }
}
