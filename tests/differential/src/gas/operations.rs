//! The operations: for each the state it starts from, and the one transaction that is measured.
//!
//! Before everything stands the usual scene, in which the consumer has sent [`EARLIER`] batches of requests and the
//! first oracle has fulfilled them: the consumer is known, every book has something in it. Each operation starts from
//! there and leaves no trace.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolValue},
};
use functions_types::abi::{self, Coordinator as C, Link, Router as R};

use super::Gas;
use crate::{
    Receipt, Scene,
    chain::Side,
    scene::{
        CONSUMER, LINK, NATIVE_FEED, OWNER, Request, SUBSCRIBER, SUBSCRIPTION, billing_config, don_id,
        router_config,
    },
};

/// Data of an ordinary request, and of a large one.
const SMALL: [u8; 73] = [7; 73];
const LARGE: [u8; 1_024] = [7; 1_024];
/// What scripts usually return: one word.
const RESULT: [u8; 32] = [5; 32];
/// Batches of ten requests that came before: contracts in use, not contracts on their first day.
const EARLIER: usize = 10;
const CALLBACK_GAS: u32 = 100_000;
/// A consumer that is not on the list.
const NEWCOMER: Address = Address::repeat_byte(0xc0);
/// A contract nobody calls.
const ELSEWHERE: Address = Address::repeat_byte(0xe1);

/// Runs every operation on both chains.
pub(super) fn run(scene: Scene) -> Vec<(&'static str, Gas)> {
    let mut bench = Bench { scene, rows: Vec::new() };
    for _ in 0..EARLIER {
        let requests = bench.ten_requests();
        bench.transmit(&requests);
    }
    bench.requests();
    bench.fulfillments();
    bench.subscriptions();
    bench.withdrawals();
    bench.router_administration();
    bench.coordinator_administration();
    bench.views();
    bench.rows
}

struct Bench {
    scene: Scene,
    rows: Vec<(&'static str, Gas)>,
}

impl Bench {
    /// One transaction on both chains that must succeed; ours, and the gas of both.
    fn send(&mut self, from: Address, to: Address, data: &[u8]) -> (Receipt, Gas) {
        let send = |side: &mut Side| {
            let receipt = side.send(from, to, data.to_vec());
            receipt.ok();
            receipt
        };
        let (reference, ours) = (send(&mut self.scene.twin.reference), send(&mut self.scene.twin.ours));
        let gas = Gas { reference: reference.gas_used, ours: ours.gas_used };
        (ours, gas)
    }

    fn call<T: SolCall>(&mut self, from: Address, to: Address, call: &T) -> Gas {
        self.send(from, to, &call.abi_encode()).1
    }

    /// Does something and forgets that it happened, except for what it measured.
    fn aside(&mut self, act: impl FnOnce(&mut Self) -> Vec<(&'static str, Gas)>) {
        let twin = &mut self.scene.twin;
        let before = (twin.ours.0.snapshot(), twin.reference.0.snapshot());
        let rows = act(self);
        self.rows.extend(rows);
        let twin = &mut self.scene.twin;
        assert!(twin.ours.0.revert(before.0) && twin.reference.0.revert(before.1));
    }

    /// One operation from the usual state.
    fn measure<T: SolCall>(&mut self, name: &'static str, from: Address, to: Address, call: &T) {
        self.aside(|bench| vec![(name, bench.call(from, to, call))]);
    }

    fn send_request(&mut self, consumer: Address, data: &[u8]) -> (Receipt, Gas) {
        let call = self.scene.send_request(data, CALLBACK_GAS).abi_encode();
        self.send(SUBSCRIBER, consumer, &call)
    }

    fn request(&mut self, data: &[u8]) -> Request {
        let (receipt, _) = self.send_request(CONSUMER, data);
        self.scene.seen(&receipt)
    }

    fn ten_requests(&mut self) -> Vec<Request> {
        (0..10).map(|_| self.request(&SMALL)).collect()
    }

    fn transmit(&mut self, requests: &[Request]) -> Gas {
        let entries: Vec<_> = requests.iter().map(|request| (request, &RESULT[..], &[][..])).collect();
        let data = self.scene.report(&entries).calldata();
        self.send(self.scene.oracles[0].transmitter, self.scene.coordinator, &data).1
    }

    fn requests(&mut self) {
        self.aside(|b| vec![("sendRequest, 73 bytes", b.send_request(CONSUMER, &SMALL).1)]);
        self.aside(|b| vec![("sendRequest, 1 kB", b.send_request(CONSUMER, &LARGE).1)]);
        self.aside(|b| {
            b.request(&SMALL);
            vec![("sendRequest, 73 bytes, one pending", b.send_request(CONSUMER, &SMALL).1)]
        });
        self.aside(|b| {
            let code = crate::puppet::forwards(b.scene.router);
            b.scene.twin.both(|side| side.0.set_code(NEWCOMER, code.clone()));
            b.add_consumer(NEWCOMER);
            vec![("sendRequest, 73 bytes, first of a consumer", b.send_request(NEWCOMER, &SMALL).1)]
        });
        self.aside(|b| {
            b.propose(B256::repeat_byte(9), b.scene.coordinator);
            let call = R::sendRequestToProposedCall {
                subscriptionId: SUBSCRIPTION,
                data: SMALL.to_vec().into(),
                dataVersion: 1,
                callbackGasLimit: CALLBACK_GAS,
                donId: B256::repeat_byte(9),
            };
            vec![("sendRequestToProposed, 73 bytes", b.call(SUBSCRIBER, CONSUMER, &call))]
        });
        self.aside(|b| {
            let request = b.request(&SMALL);
            b.scene.advance(1_000);
            let call =
                R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![Scene::stored(&request)] };
            vec![("timeoutRequests, one", b.call(SUBSCRIBER, b.scene.router, &call))]
        });
    }

    fn fulfillments(&mut self) {
        self.aside(|b| {
            let request = b.request(&SMALL);
            let first = b.transmit(std::slice::from_ref(&request));
            let again = b.transmit(&[request]);
            vec![("transmit, one request", first), ("transmit, duplicate", again)]
        });
        self.aside(|b| {
            let requests = b.ten_requests();
            let gas = b.transmit(&requests);
            let each = Gas { reference: gas.reference / 10, ours: gas.ours / 10 };
            vec![("transmit, batch of 10, per request", each)]
        });
        self.aside(|b| {
            let request = b.request(&SMALL);
            let lower = U256::from(1_000_000_000_000_u64);
            b.scene.feed(NATIVE_FEED, 18, lower, U256::from(contract_tests::GENESIS_TIME));
            vec![("transmit, one request, cost exceeds commitment", b.transmit(&[request]))]
        });
    }

    fn subscriptions(&mut self) {
        let r = self.scene.router;
        let id = SUBSCRIPTION;
        self.measure("createSubscription", SUBSCRIBER, r, &R::createSubscriptionCall {});
        let call = R::createSubscriptionWithConsumerCall { consumer: NEWCOMER };
        self.measure("createSubscriptionWithConsumer", SUBSCRIBER, r, &call);
        let call =
            Link::transferAndCallCall { to: r, amount: U256::from(LINK), data: id.abi_encode().into() };
        self.measure("fund (LINK.transferAndCall)", SUBSCRIBER, self.scene.link, &call);
        self.aside(|b| {
            b.call(SUBSCRIBER, r, &R::createSubscriptionCall {});
            let value = U256::from(LINK);
            let call = Link::transferAndCallCall { to: r, amount: value, data: 2_u64.abi_encode().into() };
            let fund = b.call(SUBSCRIBER, b.scene.link, &call);
            let call = R::addConsumerCall { subscriptionId: 2, consumer: NEWCOMER };
            let add = b.call(SUBSCRIBER, r, &call);
            vec![("fund, first of a subscription", fund), ("addConsumer, first of a subscription", add)]
        });
        let call = R::addConsumerCall { subscriptionId: id, consumer: NEWCOMER };
        self.measure("addConsumer", SUBSCRIBER, r, &call);
        self.aside(|b| {
            b.add_consumer(NEWCOMER);
            let call = R::removeConsumerCall { subscriptionId: id, consumer: NEWCOMER };
            vec![("removeConsumer", b.call(SUBSCRIBER, r, &call))]
        });
        self.aside(|b| {
            let call = R::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: ELSEWHERE };
            let propose = b.call(SUBSCRIBER, r, &call);
            let accept = R::acceptSubscriptionOwnerTransferCall { subscriptionId: id };
            vec![
                ("proposeSubscriptionOwnerTransfer", propose),
                ("acceptSubscriptionOwnerTransfer", b.call(ELSEWHERE, r, &accept)),
            ]
        });
        let call = R::cancelSubscriptionCall { subscriptionId: id, to: SUBSCRIBER };
        self.measure("cancelSubscription", SUBSCRIBER, r, &call);
        let call = R::ownerCancelSubscriptionCall { subscriptionId: id };
        self.measure("ownerCancelSubscription", OWNER, r, &call);
        let mut flags = B256::ZERO;
        flags[0] = 1;
        self.measure("setFlags", OWNER, r, &R::setFlagsCall { subscriptionId: id, flags });
    }

    fn add_consumer(&mut self, consumer: Address) {
        let call = R::addConsumerCall { subscriptionId: SUBSCRIPTION, consumer };
        self.call(SUBSCRIBER, self.scene.router, &call);
    }

    fn withdrawals(&mut self) {
        let (r, c) = (self.scene.router, self.scene.coordinator);
        let transmitter = self.scene.oracles[0].transmitter;
        let call = C::oracleWithdrawCall { recipient: ELSEWHERE, amount: U256::from(1_000).to() };
        self.measure("Coordinator.oracleWithdraw", transmitter, c, &call);
        self.measure("oracleWithdrawAll", OWNER, c, &C::oracleWithdrawAllCall {});
        let call = R::oracleWithdrawCall { recipient: ELSEWHERE, amount: U256::from(1_000).to() };
        self.measure("Router.oracleWithdraw", c, r, &call);
        self.aside(|b| {
            // A subscription cancelled early leaves its deposit to the Router.
            b.call(SUBSCRIBER, r, &R::createSubscriptionCall {});
            let data = 2_u64.abi_encode().into();
            let fund = Link::transferAndCallCall { to: r, amount: U256::from(20 * LINK), data };
            b.call(SUBSCRIBER, b.scene.link, &fund);
            b.call(SUBSCRIBER, r, &R::cancelSubscriptionCall { subscriptionId: 2, to: SUBSCRIBER });
            let call = R::ownerWithdrawCall { recipient: ELSEWHERE, amount: U256::ZERO.to() };
            vec![("ownerWithdraw", b.call(OWNER, r, &call))]
        });
        self.aside(|b| {
            let gift = Link::transferCall { to: r, amount: U256::from(LINK) };
            b.call(SUBSCRIBER, b.scene.link, &gift);
            vec![("recoverFunds", b.call(OWNER, r, &R::recoverFundsCall { to: ELSEWHERE }))]
        });
    }

    fn propose(&mut self, id: B256, to: Address) -> Gas {
        let call = R::proposeContractsUpdateCall {
            proposedContractSetIds: vec![id],
            proposedContractSetAddresses: vec![to],
        };
        self.call(OWNER, self.scene.router, &call)
    }

    fn router_administration(&mut self) {
        let r = self.scene.router;
        self.aside(|b| {
            let pause = b.call(OWNER, r, &R::pauseCall {});
            vec![("pause", pause), ("unpause", b.call(OWNER, r, &R::unpauseCall {}))]
        });
        let mut config = router_config();
        config.maxConsumersPerSubscription = 100;
        self.measure("Router.updateConfig", OWNER, r, &R::updateConfigCall { config });
        let call = R::setAllowListIdCall { allowListId: B256::repeat_byte(1) };
        self.measure("setAllowListId", OWNER, r, &call);
        self.aside(|b| {
            let propose = b.propose(don_id(), ELSEWHERE);
            let update = b.call(OWNER, r, &R::updateContractsCall {});
            vec![("proposeContractsUpdate", propose), ("updateContracts", update)]
        });
        self.aside(|b| {
            let propose = b.call(OWNER, r, &R::transferOwnershipCall { to: ELSEWHERE });
            let accept = b.call(ELSEWHERE, r, &R::acceptOwnershipCall {});
            vec![("Router.transferOwnership", propose), ("Router.acceptOwnership", accept)]
        });
    }

    fn coordinator_administration(&mut self) {
        let c = self.scene.coordinator;
        let mut config = billing_config();
        config.donFeeCentsUsd = 5;
        self.measure("Coordinator.updateConfig", OWNER, c, &C::updateConfigCall { config });
        let call = self.scene.set_config();
        self.measure("setConfig, four oracles", OWNER, c, &call);
        let call = C::setDONPublicKeyCall { donPublicKey: vec![7; 64].into() };
        self.measure("setDONPublicKey", OWNER, c, &call);
        let call = C::setThresholdPublicKeyCall { thresholdPublicKey: vec![b'7'; 700].into() };
        self.measure("setThresholdPublicKey, 700 bytes", OWNER, c, &call);
        self.aside(|b| {
            let propose = b.call(OWNER, c, &C::transferOwnershipCall { to: ELSEWHERE });
            let accept = b.call(ELSEWHERE, c, &C::acceptOwnershipCall {});
            vec![("Coordinator.transferOwnership", propose), ("Coordinator.acceptOwnership", accept)]
        });
    }

    fn views(&mut self) {
        let (r, c, id) = (self.scene.router, self.scene.coordinator, SUBSCRIPTION);
        let call = C::estimateCostCall {
            subscriptionId: id,
            data: SMALL.to_vec().into(),
            callbackGasLimit: CALLBACK_GAS,
            gasPriceWei: U256::from(100_000_000),
        };
        self.measure("estimateCost", SUBSCRIBER, c, &call);
        self.measure("getSubscription", SUBSCRIBER, r, &R::getSubscriptionCall { subscriptionId: id });
        let call = R::getConsumerCall { client: CONSUMER, subscriptionId: id };
        self.measure("getConsumer", SUBSCRIBER, r, &call);
        self.measure("Router.getConfig", SUBSCRIBER, r, &R::getConfigCall {});
        self.measure("getContractById", SUBSCRIBER, r, &R::getContractByIdCall { id: don_id() });
        let call = R::isValidCallbackGasLimitCall { subscriptionId: id, callbackGasLimit: CALLBACK_GAS };
        self.measure("isValidCallbackGasLimit", SUBSCRIBER, r, &call);
        self.measure(
            "pendingRequestExists",
            SUBSCRIBER,
            r,
            &R::pendingRequestExistsCall { subscriptionId: id },
        );
        self.measure("getTotalBalance", SUBSCRIBER, r, &R::getTotalBalanceCall {});
        self.measure("Coordinator.getConfig", SUBSCRIBER, c, &C::getConfigCall {});
        self.measure("getDONFeeJuels", SUBSCRIBER, c, &C::getDONFeeJuelsCall(SMALL.to_vec().into()));
        self.measure("getWeiPerUnitLink", SUBSCRIBER, c, &C::getWeiPerUnitLinkCall {});
        self.measure("getUsdPerUnitLink", SUBSCRIBER, c, &C::getUsdPerUnitLinkCall {});
        self.measure("latestConfigDetails", SUBSCRIBER, c, &C::latestConfigDetailsCall {});
        self.measure("transmitters", SUBSCRIBER, c, &C::transmittersCall {});
        self.measure("typeAndVersion", SUBSCRIBER, c, &abi::Coordinator::typeAndVersionCall {});
    }
}
