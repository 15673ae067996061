//! Malformed calls: short, dirty, hostile, unknown, with value. All of them revert without data.

use alloy::{
    primitives::{Bytes, U256, aliases::U96, hex},
    sol_types::{SolCall, SolValue},
};
use functions_types::abi::Router;

use crate::{
    ALICE, BOB, CONSUMER, COORDINATOR, DON, OWNER, Scene, config, fulfillment, priced, propose, send,
};

/// One well-formed call of every function with arguments, by whoever may make it.
fn calls() -> Vec<(alloy::primitives::Address, Vec<u8>)> {
    let (id, consumer) = (1, CONSUMER);
    let amount = U96::from(1);
    vec![
        (BOB, Router::acceptSubscriptionOwnerTransferCall { subscriptionId: id }.abi_encode()),
        (ALICE, Router::addConsumerCall { subscriptionId: id, consumer }.abi_encode()),
        (ALICE, Router::cancelSubscriptionCall { subscriptionId: id, to: BOB }.abi_encode()),
        (ALICE, Router::createSubscriptionWithConsumerCall { consumer }.abi_encode()),
        (COORDINATOR, fulfillment(&priced(1)).abi_encode()),
        (BOB, Router::getConsumerCall { client: BOB, subscriptionId: id }.abi_encode()),
        (BOB, Router::getContractByIdCall { id: DON }.abi_encode()),
        (BOB, Router::getFlagsCall { subscriptionId: id }.abi_encode()),
        (BOB, Router::getProposedContractByIdCall { id: DON }.abi_encode()),
        (BOB, Router::getSubscriptionCall { subscriptionId: id }.abi_encode()),
        (
            BOB,
            Router::getSubscriptionsInRangeCall { subscriptionIdStart: 1, subscriptionIdEnd: 1 }.abi_encode(),
        ),
        (BOB, Router::isValidCallbackGasLimitCall { subscriptionId: id, callbackGasLimit: 1 }.abi_encode()),
        (
            BOB,
            Router::onTokenTransferCall { _0: BOB, amount: U256::from(1), data: Bytes::new() }.abi_encode(),
        ),
        (BOB, Router::oracleWithdrawCall { recipient: BOB, amount }.abi_encode()),
        (OWNER, Router::ownerCancelSubscriptionCall { subscriptionId: id }.abi_encode()),
        (OWNER, Router::ownerWithdrawCall { recipient: BOB, amount }.abi_encode()),
        (BOB, Router::pendingRequestExistsCall { subscriptionId: id }.abi_encode()),
        (OWNER, propose(&[(DON, BOB)]).abi_encode()),
        (
            ALICE,
            Router::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: BOB }.abi_encode(),
        ),
        (OWNER, Router::recoverFundsCall { to: BOB }.abi_encode()),
        (ALICE, Router::removeConsumerCall { subscriptionId: id, consumer }.abi_encode()),
        (CONSUMER, send(id).abi_encode()),
        (OWNER, Router::setAllowListIdCall { allowListId: DON }.abi_encode()),
        (OWNER, Router::setFlagsCall { subscriptionId: id, flags: DON }.abi_encode()),
        (BOB, Router::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![priced(1)] }.abi_encode()),
        (OWNER, Router::transferOwnershipCall { to: BOB }.abi_encode()),
        (OWNER, Router::updateConfigCall { config: config() }.abi_encode()),
    ]
}

#[test]
fn every_function_refuses_arguments_that_are_cut_off() {
    let mut scene = Scene::new();
    scene.subscription();
    for (from, data) in calls() {
        // Without the last word every one of them misses something, padding included.
        let cut = data.len() - 32;
        scene.world.send(from, scene.router, data[..cut].to_vec()).fails_empty();
        scene.world.send(from, scene.router, data[..4].to_vec()).fails_empty();
    }
}

#[test]
fn unknown_selectors_short_calldata_and_value_revert_without_data() {
    let mut scene = Scene::new();
    for data in [&hex!("")[..], &hex!("00"), &hex!("a4c0ed"), &hex!("00000000"), &hex!("ffffffff")] {
        scene.world.send(BOB, scene.router, data.to_vec()).fails_empty();
    }
    let value = U256::from(1);
    scene.world.send_value(BOB, scene.router, Bytes::new(), value).fails_empty();
    for (from, data) in calls() {
        scene.world.send_value(from, scene.router, data, value).fails_empty();
    }
    let create = Router::createSubscriptionCall {}.abi_encode();
    scene.world.send_value(BOB, scene.router, create, value).fails_empty();
}

#[test]
fn dirty_static_values_revert_before_any_check() {
    let mut scene = Scene::new();
    scene.subscription();
    let router = scene.router;
    // (call, word, byte of the word that must be zero)
    let dirty: [(Vec<u8>, usize, usize); 16] = [
        (Router::addConsumerCall { subscriptionId: 1, consumer: BOB }.abi_encode(), 0, 23),
        (Router::addConsumerCall { subscriptionId: 1, consumer: BOB }.abi_encode(), 1, 11),
        (Router::getConsumerCall { client: BOB, subscriptionId: 1 }.abi_encode(), 0, 0),
        (Router::oracleWithdrawCall { recipient: BOB, amount: U96::from(1) }.abi_encode(), 1, 19),
        (Router::ownerWithdrawCall { recipient: BOB, amount: U96::from(1) }.abi_encode(), 1, 19),
        (Router::isValidCallbackGasLimitCall { subscriptionId: 1, callbackGasLimit: 1 }.abi_encode(), 1, 27),
        (send(1).abi_encode(), 2, 29),
        (send(1).abi_encode(), 3, 27),
        (fulfillment(&priced(1)).abi_encode(), 2, 19),
        (fulfillment(&priced(1)).abi_encode(), 4, 11),
        (fulfillment(&priced(1)).abi_encode(), 6, 11),
        (fulfillment(&priced(1)).abi_encode(), 11, 22),
        (fulfillment(&priced(1)).abi_encode(), 15, 27),
        (propose(&[(DON, BOB)]).abi_encode(), 5, 11),
        (Router::updateConfigCall { config: config() }.abi_encode(), 3, 4),
        (Router::updateConfigCall { config: config() }.abi_encode(), 9, 27),
    ];
    for (mut data, word, byte) in dirty {
        let at = 4 + 32 * word + byte;
        assert_eq!(data[at], 0);
        data[at] = 1;
        scene.world.send(BOB, router, data).fails_empty();
    }
}

#[test]
fn hostile_offsets_and_lengths_revert_without_data() {
    let mut scene = Scene::new();
    scene.subscription();
    let router = scene.router;
    // (call, word that holds an offset or a length)
    let dynamic: [(Vec<u8>, usize); 9] = [
        (send(1).abi_encode(), 1),
        (send(1).abi_encode(), 5),
        (fulfillment(&priced(1)).abi_encode(), 0),
        (fulfillment(&priced(1)).abi_encode(), 1),
        (propose(&[(DON, BOB)]).abi_encode(), 0),
        (propose(&[(DON, BOB)]).abi_encode(), 2),
        (Router::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![priced(1)] }.abi_encode(), 0),
        (Router::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![priced(1)] }.abi_encode(), 1),
        (Router::updateConfigCall { config: config() }.abi_encode(), 0),
    ];
    for (data, word) in dynamic {
        for value in [U256::MAX, U256::from(u64::MAX), U256::from(1) << 32, U256::from(data.len())] {
            let mut data = data.clone();
            data[4 + 32 * word..][..32].copy_from_slice(&value.abi_encode());
            scene.world.send(OWNER, router, data).fails_empty();
        }
    }
}

#[test]
fn bytes_after_the_last_argument_are_ignored() {
    let mut scene = Scene::new();
    scene.subscription();
    for call in [Router::getFlagsCall { subscriptionId: 1 }.abi_encode(), Router::ownerCall {}.abi_encode()] {
        let more = [call.as_slice(), &[0xff; 40]].concat();
        assert_eq!(scene.world.call(scene.router, more), scene.world.call(scene.router, call));
    }
    let data = [send(1).abi_encode().as_slice(), &[0xff; 7]].concat();
    scene.world.send(CONSUMER, scene.router, data).ok();
}
