//! Fulfillment: result codes, the callback, settlement, re-entrancy.

use alloy::{
    primitives::{
        Address, Bytes, U256,
        aliases::{U40, U72, U96},
        hex,
    },
    sol_types::{SolCall, SolEvent, SolValue},
};
use contract_tests::{Receipt, log, puppet};
use functions_types::abi::{Client, Commitment, Link, Router};

use crate::{
    ALICE, BOB, CONSUMER, COORDINATOR, LINK, OWNER, Scene, TRANSMITTER, config, fulfillment, on_chain,
    priced, send,
};

const CALLBACK_OVERHEAD: u64 = 150;

fn processed(receipt: &Receipt) -> Router::RequestProcessed {
    let last = receipt.ok().logs.last().expect("an event");
    Router::RequestProcessed::decode_log_data(&last.data).expect("RequestProcessed")
}

/// Asserts result `code` without any effect but the event.
#[track_caller]
fn refuses(scene: &mut Scene, commitment: &Commitment, receipt: Receipt, code: u8) {
    let event = Router::RequestNotProcessed {
        requestId: commitment.requestId,
        coordinator: commitment.coordinator,
        transmitter: TRANSMITTER,
        resultCode: code,
    };
    receipt.logs_are(&[log(scene.router, &event)]);
    let result = receipt.returns::<Router::fulfillCall>();
    assert_eq!((result.resultCode, result._1), (code, U96::ZERO));
    scene.assert_solvent();
}

#[test]
fn a_consumer_without_code_is_charged_without_gas() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    let receipt = scene.fulfill(&commitment);
    let result = receipt.returns::<Router::fulfillCall>();
    assert_eq!((result.resultCode, result._1), (1, U96::ZERO));
    receipt.logs_are(&[log(
        scene.router,
        &Router::RequestProcessed {
            requestId: commitment.requestId,
            subscriptionId: id,
            totalCostJuels: U96::from(5 * LINK),
            transmitter: TRANSMITTER,
            resultCode: 1,
            response: Bytes::from_static(b"response"),
            err: Bytes::from_static(b"error"),
            callbackReturnData: Bytes::new(),
        },
    )]);
    let subscription = scene.view(&Router::getSubscriptionCall { subscriptionId: id });
    assert_eq!(subscription.balance, U96::from(95 * LINK));
    assert_eq!(subscription.blockedBalance, U96::ZERO);
    let record = scene.view(&Router::getConsumerCall { client: CONSUMER, subscriptionId: id });
    assert_eq!((record.initiatedRequests, record.completedRequests), (1, 1));
    scene.assert_solvent();
    let again = scene.fulfill(&commitment);
    refuses(&mut scene, &commitment, again, 2);
}

#[test]
fn the_consumer_is_called_with_the_documented_arguments() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    scene.consumer_is(puppet::echoes());
    let receipt = scene.fulfill(&commitment);
    let event = processed(&receipt);
    let call = Client::handleOracleFulfillmentCall {
        requestId: commitment.requestId,
        response: Bytes::from_static(b"response"),
        err: Bytes::from_static(b"error"),
    };
    assert_eq!(event.callbackReturnData.as_ref(), &call.abi_encode()[..132], "132 bytes and no more");
    assert_eq!(event.resultCode, 0);
    let result = receipt.returns::<Router::fulfillCall>();
    assert_eq!(result._1 + U96::from(5 * LINK), event.totalCostJuels);
    assert_eq!(result._1 % U96::from(1_000), U96::ZERO, "1000 juels per gas");
    let balance = scene.view(&Router::getSubscriptionCall { subscriptionId: id }).balance;
    assert_eq!(balance + event.totalCostJuels, U96::from(100 * LINK));
    let all = Router::oracleWithdrawCall { recipient: BOB, amount: event.totalCostJuels };
    scene.run(COORDINATOR, &all).ok();
    scene.assert_solvent();
}

#[test]
fn the_callback_gets_exactly_its_gas() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    scene.consumer_is(puppet::returns_gas());
    let event = processed(&scene.fulfill(&commitment));
    let seen = U256::abi_decode(&event.callbackReturnData).expect("a number");
    assert_eq!(seen, U256::from(100_000 - 2));
}

#[test]
fn the_callback_gets_exactly_its_gas_or_nothing_happens() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    scene.consumer_is(puppet::returns_gas());
    let call = fulfillment(&commitment).abi_encode();
    let (mut refused, mut reverted, mut done) = (0, 0, 0);
    let mut gas = 130_000;
    while done == 0 {
        let receipt = scene.world.send_with_gas(COORDINATOR, scene.router, call.clone(), gas);
        if receipt.success {
            let result = receipt.returns::<Router::fulfillCall>();
            if result.resultCode == 4 {
                refused += 1;
            } else {
                assert_eq!(result.resultCode, 0);
                let seen = U256::abi_decode(&processed(&receipt).callbackReturnData).expect("a number");
                assert_eq!(seen, U256::from(100_000 - 2), "at {gas} gas");
                done += 1;
            }
        } else {
            reverted += 1;
        }
        gas += 1_000;
        assert!(gas < 1_000_000, "never enough gas");
    }
    assert!(refused > 0 && reverted + refused + done > 2, "{refused} refused, {reverted} reverted");
    scene.assert_solvent();
}

#[test]
fn a_failing_callback_is_charged_what_it_burnt() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let reason = hex!("deadbeef00112233");
    let long = vec![7; 500];
    let cases: [(Bytes, &[u8], Option<u64>); 3] = [
        (puppet::burns(), &[], Some(100_000)),
        (puppet::reverts(&reason), &reason, None),
        (puppet::reverts(&long), &long[..132], None),
    ];
    for (n, (code, data, burnt)) in cases.into_iter().enumerate() {
        let commitment = scene.request(id, n as u8 + 1);
        scene.consumer_is(code);
        let receipt = scene.fulfill(&commitment);
        let event = processed(&receipt);
        assert_eq!((event.resultCode, event.callbackReturnData.as_ref()), (1, data));
        let gas = receipt.returns::<Router::fulfillCall>()._1.to::<u64>() / 1_000;
        match burnt {
            Some(burnt) => assert!((burnt..burnt + CALLBACK_OVERHEAD).contains(&gas), "{gas}"),
            None => assert!(gas < 500, "{gas}"),
        }
        scene.assert_solvent();
        scene.consumer_is(Bytes::new());
    }
}

#[test]
fn only_the_coordinator_of_the_commitment_may_fulfill() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    let call = fulfillment(&commitment);
    scene.run(BOB, &call).fails(Router::OnlyCallableFromCoordinator {});
    // A stranger who names himself learns that it is not his.
    let forged = Commitment { coordinator: BOB, ..commitment.clone() };
    let receipt = scene.run(BOB, &fulfillment(&forged));
    refuses(&mut scene, &forged, receipt, 6);
    let unknown = Commitment { requestId: Default::default(), ..forged };
    let receipt = scene.run(BOB, &fulfillment(&unknown));
    refuses(&mut scene, &unknown, receipt, 2);
}

#[test]
fn every_field_of_the_commitment_is_bound() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let good = scene.request(id, 1);
    let mut other = vec![good.clone(); 8];
    other[0].estimatedTotalCostJuels += U96::from(1);
    other[1].client = BOB;
    other[2].subscriptionId += 1;
    other[3].callbackGasLimit += 1;
    other[4].adminFee = U72::from(1);
    other[5].donFee += U72::from(1);
    other[6].gasOverheadBeforeCallback += U40::from(1);
    other[7].timeoutTimestamp += 1;
    for changed in other {
        let receipt = scene.fulfill(&changed);
        refuses(&mut scene, &changed, receipt, 6);
    }
    scene.fulfill(&good).ok();
}

#[test]
fn too_little_gas_is_code_four() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    scene.coordinator_answers(&Commitment { gasOverheadAfterCallback: U40::from(40_000_000), ..priced(1) });
    scene.run(CONSUMER, &send(id)).ok();
    let commitment =
        Commitment { gasOverheadAfterCallback: U40::from(40_000_000), ..on_chain(priced(1), id) };
    let receipt = scene.fulfill(&commitment);
    refuses(&mut scene, &commitment, receipt, 4);
    // The sum has 40 bits.
    scene.coordinator_answers(&Commitment { gasOverheadAfterCallback: U40::MAX, ..priced(2) });
    scene.run(CONSUMER, &send(id)).ok();
    let commitment = Commitment { gasOverheadAfterCallback: U40::MAX, ..on_chain(priced(2), id) };
    scene.fulfill(&commitment).fails_panic(0x11);
}

#[test]
fn costs_are_judged_by_the_worst_case() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    let with = |per_gas: u128, rest: u128| Router::fulfillCall {
        juelsPerGas: U96::from(per_gas),
        costWithoutCallback: U96::from(rest),
        ..fulfillment(&commitment)
    };
    // 100 000 gas at 10^14 juels are the estimate of 10 LINK.
    let receipt = scene.run(COORDINATOR, &with(LINK / 10_000, 1));
    refuses(&mut scene, &commitment, receipt, 3);
    let receipt = scene.run(COORDINATOR, &with(LINK / 1_000, 1));
    refuses(&mut scene, &commitment, receipt, 5);
    let receipt = scene.run(COORDINATOR, &with(0, 100 * LINK));
    refuses(&mut scene, &commitment, receipt, 3);
    let receipt = scene.run(COORDINATOR, &with(0, 100 * LINK + 1));
    refuses(&mut scene, &commitment, receipt, 5);
    scene.run(COORDINATOR, &with(u128::MAX >> 32, 0)).fails_panic(0x11);
    scene.run(COORDINATOR, &with(1, (1 << 96) - 1)).fails_panic(0x11);
    let receipt = scene.run(COORDINATOR, &with(LINK / 10_000, 0));
    assert_eq!(receipt.returns::<Router::fulfillCall>().resultCode, 1);
    scene.assert_solvent();
}

#[test]
fn an_admin_fee_goes_to_the_router() {
    let mut scene = Scene::new();
    let mut with_fee = config();
    with_fee.adminFee = U72::from(LINK);
    scene.run(OWNER, &Router::updateConfigCall { config: with_fee }).ok();
    let id = scene.subscription();
    let commitment = Commitment { adminFee: U72::from(LINK), ..scene.request(id, 1) };
    let event = processed(&scene.fulfill(&commitment));
    assert_eq!(event.totalCostJuels, U96::from(6 * LINK));
    scene.run(OWNER, &Router::ownerWithdrawCall { recipient: BOB, amount: U96::from(LINK) }).ok();
    let more = Router::oracleWithdrawCall { recipient: BOB, amount: U96::from(5 * LINK) };
    scene.run(COORDINATOR, &more).ok();
    assert_eq!(scene.link_of(BOB), U256::from(6 * LINK));
    scene.assert_solvent();
}

#[test]
fn a_subscription_closed_meanwhile_reverts() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    scene.run(OWNER, &Router::ownerCancelSubscriptionCall { subscriptionId: id }).ok();
    scene.fulfill(&commitment).fails(Router::InvalidSubscription {});
}

#[test]
fn a_callback_may_send_the_next_request() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let first = scene.request(id, 1);
    scene.coordinator_answers(&priced(2));
    scene.consumer_is(puppet::calls(scene.router, &send(id).abi_encode()));
    // The tier that such a callback needs.
    let flags = alloy::primitives::B256::right_padding_from(&[1]);
    scene.run(OWNER, &Router::setFlagsCall { subscriptionId: id, flags }).ok();
    let mut second = send(id);
    second.callbackGasLimit = 500_000;
    scene.fulfill(&first).ok();

    // The inner request ran out of 100 000 gas or not; with 500 000 it surely succeeds.
    let before = scene.view(&Router::getConsumerCall { client: CONSUMER, subscriptionId: id });
    scene.coordinator_answers(&priced(3));
    scene.run(CONSUMER, &second).ok();
    let generous = Commitment { callbackGasLimit: 500_000, ..on_chain(priced(3), id) };
    scene.coordinator_answers(&priced(4));
    let receipt = scene.fulfill(&generous);
    assert_eq!(processed(&receipt).resultCode, 0);
    assert_eq!(receipt.logs.len(), 2, "RequestStart of the inner, RequestProcessed of the outer");
    let after = scene.view(&Router::getConsumerCall { client: CONSUMER, subscriptionId: id });
    assert_eq!(after.initiatedRequests, before.initiatedRequests + 2);
    assert_eq!(after.completedRequests, before.completedRequests + 1);
    let subscription = scene.view(&Router::getSubscriptionCall { subscriptionId: id });
    let pending = after.initiatedRequests - after.completedRequests;
    assert_eq!(subscription.blockedBalance, U96::from(10 * LINK) * U96::from(pending));
    scene.assert_solvent();
    // The inner request is as good as any other.
    scene.consumer_is(Bytes::new());
    let receipt = scene.fulfill(&on_chain(priced(4), id));
    assert_eq!(receipt.returns::<Router::fulfillCall>().resultCode, 1);
}

/// Opens a request with a generous callback, lets the callback make `call` from [`CONSUMER`], and returns
/// what the call raised or returned.
fn within_callback(scene: &mut Scene, id: u64, target: Address, call: &[u8]) -> Router::RequestProcessed {
    let flags = alloy::primitives::B256::right_padding_from(&[2]);
    scene.run(OWNER, &Router::setFlagsCall { subscriptionId: id, flags }).ok();
    let mut request = send(id);
    request.callbackGasLimit = 1_000_000;
    scene.coordinator_answers(&priced(1));
    scene.run(CONSUMER, &request).ok();
    scene.consumer_is(puppet::calls(target, call));
    let commitment = Commitment { callbackGasLimit: 1_000_000, ..on_chain(priced(1), id) };
    let event = processed(&scene.fulfill(&commitment));
    scene.assert_solvent();
    event
}

/// A subscription whose owner is its consumer.
fn own_subscription(scene: &mut Scene) -> u64 {
    let receipt = scene.run(CONSUMER, &Router::createSubscriptionWithConsumerCall { consumer: CONSUMER });
    let id = receipt.returns::<Router::createSubscriptionWithConsumerCall>();
    scene.fund(id, 100 * LINK).ok();
    id
}

#[test]
fn a_callback_cannot_cancel_or_remove_or_time_out_its_own_request() {
    let pending = &hex!("06eb10c8")[..];
    let cancel = Router::cancelSubscriptionCall { subscriptionId: 1, to: BOB }.abi_encode();
    let remove = Router::removeConsumerCall { subscriptionId: 1, consumer: CONSUMER }.abi_encode();
    let own = Commitment { callbackGasLimit: 1_000_000, ..on_chain(priced(1), 1) };
    let timeout = Router::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![own] }.abi_encode();
    for (call, error) in [(cancel, pending), (remove, pending), (timeout, &hex!("8129bbcd")[..])] {
        let mut scene = Scene::new();
        let id = own_subscription(&mut scene);
        let router = scene.router;
        let event = within_callback(&mut scene, id, router, &call);
        assert_eq!((event.resultCode, event.callbackReturnData.as_ref()), (1, error));
    }
}

#[test]
fn a_callback_may_fund_its_subscription() {
    let mut scene = Scene::new();
    let id = own_subscription(&mut scene);
    let (router, link) = (scene.router, scene.link);
    let gift = Link::transferCall { to: CONSUMER, amount: U256::from(7 * LINK) };
    scene.world.run(OWNER, link, &gift).ok();
    let value = U256::from(7 * LINK);
    let call = Link::transferAndCallCall { to: router, amount: value, data: id.abi_encode().into() };
    let event = within_callback(&mut scene, id, link, &call.abi_encode());
    assert_eq!(event.resultCode, 0);
    let balance = scene.view(&Router::getSubscriptionCall { subscriptionId: id }).balance;
    assert_eq!(balance + event.totalCostJuels, U96::from(107 * LINK), "both effects are there");
}

#[test]
fn a_callback_may_take_everything_else_out_and_the_settlement_notices() {
    // The subscription's owner of the Router cancels from within the callback: nothing is left to charge.
    let mut scene = Scene::new();
    let id = scene.subscription();
    scene.run(OWNER, &Router::transferOwnershipCall { to: CONSUMER }).ok();
    let flags = alloy::primitives::B256::right_padding_from(&[2]);
    scene.run(OWNER, &Router::setFlagsCall { subscriptionId: id, flags }).ok();
    scene.run(CONSUMER, &Router::acceptOwnershipCall {}).ok();
    let mut request = send(id);
    request.callbackGasLimit = 1_000_000;
    scene.run(CONSUMER, &request).ok();
    let cancel = Router::ownerCancelSubscriptionCall { subscriptionId: id }.abi_encode();
    scene.consumer_is(puppet::calls(scene.router, &cancel));
    let commitment = Commitment { callbackGasLimit: 1_000_000, ..on_chain(priced(1), id) };
    let nothing = Router::InsufficientBalance { currentBalanceJuels: U96::ZERO };
    scene.fulfill(&commitment).fails(nothing);
    assert_eq!(
        scene.view(&Router::getSubscriptionCall { subscriptionId: id }).owner,
        ALICE,
        "all rolled back"
    );
}

#[test]
fn the_configured_selector_is_called() {
    let mut scene = Scene::new();
    let mut changed = config();
    changed.handleOracleFulfillmentSelector = alloy::primitives::fixed_bytes!("01020304");
    scene.run(OWNER, &Router::updateConfigCall { config: changed }).ok();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    scene.consumer_is(puppet::echoes());
    let event = processed(&scene.fulfill(&commitment));
    assert_eq!(event.callbackReturnData[..4], hex!("01020304"));
}
