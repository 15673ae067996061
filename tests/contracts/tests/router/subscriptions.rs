//! Subscriptions and their consumers.

use alloy::primitives::{Address, B256, U256, aliases::U96};
use contract_tests::log;
use functions_types::abi::{Consumer, Link, Router, Subscription};

use crate::{ALICE, BOB, CAROL, CONSUMER, LINK, OWNER, Scene, config};

fn added(id: u64, consumer: Address) -> Router::SubscriptionConsumerAdded {
    Router::SubscriptionConsumerAdded { subscriptionId: id, consumer }
}

fn add(id: u64, consumer: Address) -> Router::addConsumerCall {
    Router::addConsumerCall { subscriptionId: id, consumer }
}

fn remove(id: u64, consumer: Address) -> Router::removeConsumerCall {
    Router::removeConsumerCall { subscriptionId: id, consumer }
}

fn consumers(scene: &Scene, id: u64) -> Vec<Address> {
    scene.view(&Router::getSubscriptionCall { subscriptionId: id }).consumers
}

#[test]
fn create_gives_rising_ids() {
    let mut scene = Scene::bare();
    let router = scene.router;
    let receipt = scene.run(ALICE, &Router::createSubscriptionCall {});
    assert_eq!(receipt.returns::<Router::createSubscriptionCall>(), 1);
    receipt.logs_are(&[log(router, &Router::SubscriptionCreated { subscriptionId: 1, owner: ALICE })]);
    let receipt = scene.run(BOB, &Router::createSubscriptionWithConsumerCall { consumer: Address::ZERO });
    assert_eq!(receipt.returns::<Router::createSubscriptionWithConsumerCall>(), 2);
    receipt.logs_are(&[
        log(router, &Router::SubscriptionCreated { subscriptionId: 2, owner: BOB }),
        log(router, &added(2, Address::ZERO)),
    ]);
    assert_eq!(scene.view(&Router::getSubscriptionCountCall {}), 2);
    let empty = Subscription {
        balance: U96::ZERO,
        owner: BOB,
        blockedBalance: U96::ZERO,
        proposedOwner: Address::ZERO,
        consumers: vec![Address::ZERO],
        flags: B256::ZERO,
    };
    assert_eq!(scene.view(&Router::getSubscriptionCall { subscriptionId: 2 }), empty);
    let missing = Router::getSubscriptionCall { subscriptionId: 3 };
    scene.world.view_fails(router, &missing, Router::InvalidSubscription {});
    assert_eq!(
        scene.view(&Router::getConfigCall {}),
        config(),
        "the count shares a word with the configuration"
    );
}

#[test]
fn add_consumer_checks_in_order() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let router = scene.router;
    scene.run(ALICE, &add(9, BOB)).fails(Router::InvalidSubscription {});
    scene.run(BOB, &add(id, BOB)).fails(Router::MustBeSubscriptionOwner {});
    scene.run(ALICE, &add(id, CONSUMER)).logs_are(&[]);
    scene.run(ALICE, &add(id, BOB)).logs_are(&[log(router, &added(id, BOB))]);
    scene.run(ALICE, &add(id, CAROL)).ok();
    // At the limit even a consumer that is on the list is refused.
    scene.run(ALICE, &add(id, BOB)).fails(Router::TooManyConsumers { maximumConsumers: 3 });
    assert_eq!(consumers(&scene, id), [CONSUMER, BOB, CAROL]);
    let known = Consumer { allowed: true, initiatedRequests: 0, completedRequests: 0 };
    assert_eq!(scene.view(&Router::getConsumerCall { client: BOB, subscriptionId: id }), known);
    let unknown = Consumer { allowed: false, initiatedRequests: 0, completedRequests: 0 };
    assert_eq!(scene.view(&Router::getConsumerCall { client: BOB, subscriptionId: 9 }), unknown);
}

#[test]
fn remove_consumer_moves_the_last_into_the_gap() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let router = scene.router;
    scene.run(ALICE, &add(id, BOB)).ok();
    scene.run(ALICE, &add(id, CAROL)).ok();
    scene.run(ALICE, &remove(9, BOB)).fails(Router::InvalidSubscription {});
    scene.run(BOB, &remove(id, BOB)).fails(Router::MustBeSubscriptionOwner {});
    scene.run(ALICE, &remove(id, OWNER)).fails(Router::InvalidConsumer {});
    let removed = Router::SubscriptionConsumerRemoved { subscriptionId: id, consumer: CONSUMER };
    scene.run(ALICE, &remove(id, CONSUMER)).logs_are(&[log(router, &removed)]);
    assert_eq!(consumers(&scene, id), [CAROL, BOB]);
    scene.run(ALICE, &remove(id, BOB)).ok();
    scene.run(ALICE, &remove(id, CAROL)).ok();
    assert!(consumers(&scene, id).is_empty());
    scene.run(ALICE, &add(id, CONSUMER)).ok();
    scene.request(id, 1);
    scene.run(ALICE, &remove(id, CONSUMER)).fails(Router::CannotRemoveWithPendingRequests {});
}

#[test]
fn ownership_of_a_subscription_moves_in_two_steps() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let router = scene.router;
    let propose = |new| Router::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: new };
    let accept = Router::acceptSubscriptionOwnerTransferCall { subscriptionId: id };
    scene.run(BOB, &propose(BOB)).fails(Router::MustBeSubscriptionOwner {});
    scene.run(ALICE, &propose(Address::ZERO)).fails(Router::InvalidCalldata {});
    scene.run(BOB, &accept).fails(Router::MustBeProposedOwner { proposedOwner: Address::ZERO });
    let requested = Router::SubscriptionOwnerTransferRequested { subscriptionId: id, from: ALICE, to: BOB };
    scene.run(ALICE, &propose(BOB)).logs_are(&[log(router, &requested)]);
    scene.run(ALICE, &propose(BOB)).fails(Router::InvalidCalldata {});
    scene.run(CAROL, &accept).fails(Router::MustBeProposedOwner { proposedOwner: BOB });
    let transferred = Router::SubscriptionOwnerTransferred { subscriptionId: id, from: ALICE, to: BOB };
    scene.run(BOB, &accept).logs_are(&[log(router, &transferred)]);
    let subscription = scene.view(&Router::getSubscriptionCall { subscriptionId: id });
    assert_eq!((subscription.owner, subscription.proposedOwner), (BOB, Address::ZERO));
    assert_eq!(subscription.balance, U96::from(100 * LINK));
    let missing = Router::acceptSubscriptionOwnerTransferCall { subscriptionId: 9 };
    scene.run(BOB, &missing).fails(Router::MustBeProposedOwner { proposedOwner: Address::ZERO });
}

#[test]
fn flags_choose_the_callback_tier() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let flags = |first: u8| {
        let mut flags = B256::repeat_byte(0xee);
        flags[0] = first;
        Router::setFlagsCall { subscriptionId: id, flags }
    };
    let valid = |limit| Router::isValidCallbackGasLimitCall { subscriptionId: id, callbackGasLimit: limit };
    scene.run(BOB, &flags(1)).fails_text("Only callable by owner");
    let missing = Router::setFlagsCall { subscriptionId: 9, flags: B256::ZERO };
    scene.run(OWNER, &missing).fails(Router::InvalidSubscription {});
    for (tier, limit) in [(0, 300_000), (1, 500_000), (2, 1_000_000)] {
        scene.run(OWNER, &flags(tier)).logs_are(&[]);
        assert_eq!(scene.view(&Router::getFlagsCall { subscriptionId: id }), flags(tier).flags);
        scene.view(&valid(limit));
        scene.world.view_fails(scene.router, &valid(limit + 1), Router::GasLimitTooBig { limit });
    }
    scene.run(OWNER, &flags(3)).ok();
    scene.world.view_fails(scene.router, &valid(0), Router::InvalidGasFlagValue { value: 3 });
    let unknown = Router::isValidCallbackGasLimitCall { subscriptionId: 9, callbackGasLimit: 300_000 };
    scene.view(&unknown);
}

#[test]
fn a_tier_beyond_the_third_works() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let mut config = config();
    config.maxCallbackGasLimits = vec![1, 2, 3, 4, 5];
    scene.run(OWNER, &Router::updateConfigCall { config }).ok();
    let mut flags = B256::ZERO;
    flags[0] = 4;
    scene.run(OWNER, &Router::setFlagsCall { subscriptionId: id, flags }).ok();
    let valid = |limit| Router::isValidCallbackGasLimitCall { subscriptionId: id, callbackGasLimit: limit };
    scene.view(&valid(5));
    scene.world.view_fails(scene.router, &valid(6), Router::GasLimitTooBig { limit: 5 });
}

#[test]
fn cancel_refunds_less_the_deposit_until_enough_is_completed() {
    let mut scene = Scene::new();
    let router = scene.router;
    let cancel = |id| Router::cancelSubscriptionCall { subscriptionId: id, to: BOB };
    let canceled = |id, juels: u128| Router::SubscriptionCanceled {
        subscriptionId: id,
        fundsRecipient: BOB,
        fundsAmount: U256::from(juels),
    };
    let paid = |scene: &Scene, juels: u128| {
        log(scene.link, &Link::Transfer_0 { from: router, to: BOB, value: U256::from(juels) })
    };

    let id = scene.subscription();
    scene.run(ALICE, &cancel(9)).fails(Router::InvalidSubscription {});
    scene.run(BOB, &cancel(id)).fails(Router::MustBeSubscriptionOwner {});
    let logs = [paid(&scene, 89 * LINK), log(router, &canceled(id, 89 * LINK))];
    scene.run(ALICE, &cancel(id)).logs_are(&logs);
    scene.world.view_fails(
        router,
        &Router::getSubscriptionCall { subscriptionId: id },
        Router::InvalidSubscription {},
    );
    let gone = scene.view(&Router::getConsumerCall { client: CONSUMER, subscriptionId: id });
    assert!(!gone.allowed);
    assert_eq!(scene.view(&Router::getTotalBalanceCall {}), U96::from(11 * LINK));
    scene.assert_solvent();

    // Completed once: nothing is kept.
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    scene.run(ALICE, &cancel(id)).fails(Router::CannotRemoveWithPendingRequests {});
    scene.fulfill(&commitment).ok();
    let logs = [paid(&scene, 95 * LINK), log(router, &canceled(id, 95 * LINK))];
    scene.run(ALICE, &cancel(id)).logs_are(&logs);

    // Less than the deposit: everything is kept, nothing is transferred.
    scene.run(ALICE, &Router::createSubscriptionCall {}).ok();
    scene.fund(3, LINK).ok();
    scene.run(ALICE, &cancel(3)).logs_are(&[log(router, &canceled(3, 0))]);
    scene.assert_solvent();

    // An empty one is just gone.
    scene.run(ALICE, &Router::createSubscriptionCall {}).ok();
    scene.run(ALICE, &cancel(4)).logs_are(&[log(router, &canceled(4, 0))]);

    // Forfeited deposits are the Router's owner's.
    let all = Router::ownerWithdrawCall { recipient: CAROL, amount: U96::ZERO };
    scene.run(OWNER, &all).ok();
    assert_eq!(scene.link_of(CAROL), U256::from(12 * LINK));
    scene.assert_solvent();
}

#[test]
fn owner_cancel_refunds_everything_to_the_subscriptions_owner() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    scene.request(id, 1);
    let call = Router::ownerCancelSubscriptionCall { subscriptionId: id };
    scene.run(ALICE, &call).fails_text("Only callable by owner");
    let missing = Router::ownerCancelSubscriptionCall { subscriptionId: 9 };
    scene.run(OWNER, &missing).fails(Router::InvalidSubscription {});
    scene.run(OWNER, &call).ok();
    assert_eq!(scene.link_of(ALICE), U256::from(100 * LINK));
    scene.assert_solvent();
}

#[test]
fn ranges_are_inclusive_and_show_closed_subscriptions_as_zero() {
    let mut scene = Scene::new();
    let range = |a, b| Router::getSubscriptionsInRangeCall { subscriptionIdStart: a, subscriptionIdEnd: b };
    let invalid = Router::InvalidCalldata {};
    scene.world.view_fails(scene.router, &range(0, 0), invalid);
    let first = scene.subscription();
    let second = scene.subscription();
    scene.run(ALICE, &add(second, BOB)).ok();
    scene.run(OWNER, &Router::ownerCancelSubscriptionCall { subscriptionId: first }).ok();
    let all = scene.view(&range(0, 2));
    assert_eq!(all.len(), 3);
    assert_eq!((all[0].owner, all[1].owner, all[2].owner), (Address::ZERO, Address::ZERO, ALICE));
    assert!(all[1].consumers.is_empty());
    assert_eq!(all[2], scene.view(&Router::getSubscriptionCall { subscriptionId: second }));
    assert_eq!(scene.view(&range(2, 2)).len(), 1);
    for (a, b) in [(2, 1), (1, 3), (3, 3), (0, u64::MAX)] {
        scene.world.view_fails(scene.router, &range(a, b), Router::InvalidCalldata {});
    }
}

#[test]
fn pending_request_exists_until_it_is_fulfilled() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let pending = Router::pendingRequestExistsCall { subscriptionId: id };
    assert!(!scene.view(&pending));
    let commitment = scene.request(id, 1);
    assert!(scene.view(&pending));
    scene.fulfill(&commitment).ok();
    assert!(!scene.view(&pending));
    assert!(!scene.view(&Router::pendingRequestExistsCall { subscriptionId: 9 }));
}
