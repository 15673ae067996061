//! Timeouts.

use alloy::primitives::{Bytes, aliases::U96};
use contract_tests::{log, puppet};
use functions_types::abi::{Commitment, Router};

use crate::{BOB, CONSUMER, COORDINATOR, LINK, OWNER, Scene, priced};

fn time_out(list: &[Commitment]) -> Router::timeoutRequestsCall {
    Router::timeoutRequestsCall { requestsToTimeoutByCommitment: list.to_vec() }
}

#[test]
fn a_timeout_releases_the_reservation_and_charges_nothing() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let list = [scene.request(id, 1), scene.request(id, 2)];
    scene.run(BOB, &time_out(&list)).fails(Router::TimeoutNotExceeded {});
    scene.world.chain.set_next_timestamp(u64::from(list[0].timeoutTimestamp) - 1).expect("later");
    scene.run(BOB, &time_out(&list)).fails(Router::TimeoutNotExceeded {});
    scene.world.chain.set_next_timestamp(u64::from(list[0].timeoutTimestamp)).expect("later");
    let expected =
        list.clone().map(|c| log(scene.router, &Router::RequestTimedOut { requestId: c.requestId }));
    scene.run(BOB, &time_out(&list)).logs_are(&expected);
    let subscription = scene.view(&Router::getSubscriptionCall { subscriptionId: id });
    assert_eq!(subscription.blockedBalance, U96::ZERO);
    assert_eq!(subscription.balance, U96::from(100 * LINK));
    let record = scene.view(&Router::getConsumerCall { client: CONSUMER, subscriptionId: id });
    assert_eq!((record.initiatedRequests, record.completedRequests), (2, 2));
    scene.run(BOB, &time_out(&list)).fails(Router::InvalidCalldata {});
    let receipt = scene.fulfill(&list[0]);
    assert_eq!(receipt.returns::<Router::fulfillCall>().resultCode, 2);
    scene.assert_solvent();
}

#[test]
fn all_of_the_list_or_nothing() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let good = scene.request(id, 1);
    scene.world.advance(1_000);
    scene.run(BOB, &time_out(&[])).logs_are(&[]);
    let twice = [good.clone(), good.clone()];
    scene.run(BOB, &time_out(&twice)).fails(Router::InvalidCalldata {});
    scene.run(BOB, &time_out(&[good.clone(), priced(9)])).fails(Router::InvalidCalldata {});
    scene.world.chain.set_code(COORDINATOR, puppet::reverts(b"no"));
    scene.run(BOB, &time_out(std::slice::from_ref(&good))).fails_with(b"no");
    scene.world.chain.set_code(COORDINATOR, Bytes::new());
    scene.run(BOB, &time_out(std::slice::from_ref(&good))).fails_empty();
    scene.world.chain.set_code(COORDINATOR, puppet::returns(&[]));
    scene.run(BOB, &time_out(&[good])).ok();
    scene.assert_solvent();
}

#[test]
fn the_coordinator_is_told_to_forget() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let good = scene.request(id, 1);
    scene.world.advance(1_000);
    scene.world.chain.set_code(COORDINATOR, alloy::primitives::hex!("365f5f37365ffd").into());
    let call = functions_types::abi::Coordinator::deleteCommitmentCall { requestId: good.requestId };
    scene.run(BOB, &time_out(&[good])).fails_with(&alloy::sol_types::SolCall::abi_encode(&call));
}

#[test]
fn after_the_owner_closed_the_subscription_nothing_can_be_released() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let good = scene.request(id, 1);
    scene.run(OWNER, &Router::ownerCancelSubscriptionCall { subscriptionId: id }).ok();
    scene.world.advance(1_000);
    scene.run(BOB, &time_out(&[good])).fails_panic(0x11);
}
