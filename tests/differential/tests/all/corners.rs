//! Corners that the reference's own suite names and no other file here has.

use alloy::{
    primitives::{Address, B256, U256, address},
    sol_types::SolError,
};
use differential_tests::{puppet, scene::*};
use functions_types::abi::{self, Coordinator as C, Link, Router as R};

use crate::{scene, text};

const SUB: u64 = SUBSCRIPTION;

#[test]
fn requests_to_a_proposed_coordinator_and_their_errors() {
    let mut s = scene!();
    let (r, c, id) = (s.router, s.coordinator, B256::repeat_byte(9));
    let good = R::sendRequestToProposedCall {
        subscriptionId: SUB,
        data: vec![1; 73].into(),
        dataVersion: 1,
        callbackGasLimit: 100_000,
        donId: id,
    };
    let with = |change: &dyn Fn(&mut R::sendRequestToProposedCall)| {
        let mut call = good.clone();
        change(&mut call);
        call
    };
    s.twin.fails(CONSUMER, r, &good, R::RouteNotFound::SELECTOR);
    let proposal = R::proposeContractsUpdateCall {
        proposedContractSetIds: vec![id],
        proposedContractSetAddresses: vec![c],
    };
    s.twin.ok(OWNER, r, &proposal);
    s.twin.fails(CONSUMER, r, &with(&|c| c.donId = B256::ZERO), R::RouteNotFound::SELECTOR);
    s.twin.fails(CONSUMER, r, &with(&|c| c.donId = don_id()), R::RouteNotFound::SELECTOR);
    s.twin.ok(OWNER, r, &R::pauseCall {});
    s.twin.fails(CONSUMER, r, &with(&|c| c.donId = don_id()), R::RouteNotFound::SELECTOR);
    s.twin.fails(CONSUMER, r, &good, text("Pausable: paused"));
    s.twin.ok(OWNER, r, &R::unpauseCall {});
    s.twin.fails(CONSUMER, r, &with(&|c| c.subscriptionId = 5), R::InvalidSubscription::SELECTOR);
    s.twin.fails(STRANGER, r, &good, R::InvalidConsumer::SELECTOR);
    s.twin.fails(CONSUMER, r, &with(&|c| c.callbackGasLimit = 300_001), R::GasLimitTooBig::SELECTOR);
    s.twin.fails(CONSUMER, r, &with(&|c| c.data = vec![].into()), R::EmptyRequestData::SELECTOR);
    s.twin.fails(CONSUMER, r, &with(&|c| c.dataVersion = 2), C::UnsupportedRequestDataVersion::SELECTOR);
    let receipt = s.twin.ok(STRANGER, r, &R::createSubscriptionWithConsumerCall { consumer: CONSUMER });
    let poor: u64 = U256::from_be_slice(&receipt.output).to();
    s.twin.fails(CONSUMER, r, &with(&|c| c.subscriptionId = poor), C::InsufficientBalance::SELECTOR);
    let receipt = s.twin.ok(CONSUMER, r, &good);
    // It is fulfilled by the Coordinator that took it, live or not.
    let request = s.seen(&receipt);
    let report = s.report(&[(&request, &[1; 32], &[])]);
    s.transmit("transmit", 0, &report);
    s.books();
}

#[test]
fn the_cap_of_consumers_follows_the_configuration() {
    let mut s = scene!();
    let r = s.router;
    let add = |last| R::addConsumerCall { subscriptionId: SUB, consumer: Address::with_last_byte(last) };
    for (cap, consumer, fits) in [(3, 1, true), (1, 2, false), (2, 2, false), (3, 2, true), (3, 3, false)] {
        let config = abi::RouterConfig { maxConsumersPerSubscription: cap, ..router_config() };
        s.twin.ok(OWNER, r, &R::updateConfigCall { config });
        if fits {
            s.twin.ok(SUBSCRIBER, r, &add(consumer));
        } else {
            let error = R::TooManyConsumers { maximumConsumers: cap }.abi_encode();
            s.twin.fails(SUBSCRIBER, r, &add(consumer), error);
        }
    }
}

#[test]
fn money_sent_to_nobody() {
    // A token of today may refuse address zero; the reference's own takes it. What the token says is what counts.
    let mut s = scene!();
    s.free_gas();
    let (r, c, link) = (s.router, s.coordinator, s.link);
    let request = s.request(&[1], 1_000);
    let report = s.report(&[(&request, &[1; 32], &[])]);
    s.transmit("transmit", 0, &report);
    let nobody = Address::ZERO;
    let amount = U256::from(3).to();
    s.twin.run(c, r, &R::oracleWithdrawCall { recipient: nobody, amount });
    s.twin.run(OWNER, r, &R::ownerWithdrawCall { recipient: nobody, amount: U256::ZERO.to() });
    s.twin.run(s.oracles[0].transmitter, c, &C::oracleWithdrawCall { recipient: nobody, amount });
    s.twin.ok(SUBSCRIBER, link, &Link::transferCall { to: r, amount: U256::from(5) });
    s.twin.run(OWNER, r, &R::recoverFundsCall { to: nobody });
    s.twin.run(SUBSCRIBER, r, &R::cancelSubscriptionCall { subscriptionId: SUB, to: nobody });
    s.twin.ask(link, &Link::balanceOfCall { account: nobody });
    s.books();
}

/// No key opens the zero address, but a simulated call may come from it: what it owns does not exist.
#[test]
fn subscriptions_of_the_zero_address() {
    let (mut s, nobody) = (scene!(), Address::ZERO);
    let (r, link) = (s.router, s.link);
    let poke = |s: &mut Scene, id: u64| {
        let funding = s.funding(id, 1_000);
        s.twin.run(SUBSCRIBER, link, &funding);
        for from in [nobody, SUBSCRIBER] {
            s.twin.run(from, r, &R::addConsumerCall { subscriptionId: id, consumer: STRANGER });
            s.twin.run(from, r, &R::cancelSubscriptionCall { subscriptionId: id, to: STRANGER });
        }
        let request = R::sendRequestCall { subscriptionId: id, ..s.send_request(&[1], 1_000) };
        s.twin.run(CONSUMER, r, &request);
        s.twin.ask(r, &R::getSubscriptionCall { subscriptionId: id });
    };
    s.twin.run(nobody, r, &R::createSubscriptionCall {});
    poke(&mut s, SUB + 1);
    s.twin.run(nobody, r, &R::createSubscriptionWithConsumerCall { consumer: CONSUMER });
    poke(&mut s, SUB + 2);
    // Nobody was proposed, so nobody may accept.
    s.twin.run(nobody, r, &R::acceptSubscriptionOwnerTransferCall { subscriptionId: SUB });
    poke(&mut s, SUB);
    s.books();
}

/// The chains whose parent fee the reference asks of another oracle run no programs; where that oracle answers zero,
/// all else is equal.
#[test]
fn chains_that_cannot_run_programs() {
    const FEE_ORACLE: Address = address!("420000000000000000000000000000000000000F");
    for chain_id in [10, 420, 11_155_420, 8_453, 84_531, 84_532] {
        let mut s = scene!(Setup { chain_id, ..Setup::default() });
        s.twin.both(|side| side.0.set_code(FEE_ORACLE, puppet::returns(&[0; 32])));
        let request = s.request(&[1; 500], 100_000);
        let report = s.report(&[(&request, &[5; 40], &[])]);
        s.transmit("transmit", 1, &report);
        s.books();
    }
}
