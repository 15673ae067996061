//! Construction, configuration, pause, ownership.

use alloy::{
    primitives::{Address, aliases::U72, fixed_bytes},
    sol_types::SolCall,
};
use contract_tests::{World, log};
use functions_types::{
    CONSTRUCTOR_SELECTOR,
    abi::{Constructors, Router, RouterConfig},
};

use crate::{ALICE, BOB, OWNER, Scene, config};

#[test]
fn constructor_stores_everything_and_emits_the_configuration() {
    let mut world = World::new();
    let arguments = Constructors::routerCall { owner: OWNER, link: BOB, config: config() }.abi_encode();
    let (router, receipt) = world.deploy("router", &arguments[4..]);
    receipt.logs_are(&[log(router, &Router::ConfigUpdated { _0: config() })]);
    assert_eq!(world.view(router, &Router::getConfigCall {}), config());
    assert_eq!(world.view(router, &Router::ownerCall {}), OWNER);
    assert_eq!(world.view(router, &Router::typeAndVersionCall {}), "Functions Router v1.0.0");
    assert_eq!(world.view(router, &Router::MAX_CALLBACK_RETURN_BYTESCall {}), 132);
    assert!(!world.view(router, &Router::pausedCall {}));
    assert!(world.view(router, &Router::getAllowListIdCall {}).is_zero());
}

#[test]
fn constructor_fails_when_called_again() {
    let mut scene = Scene::bare();
    let call = Constructors::routerCall { owner: BOB, link: BOB, config: config() }.abi_encode();
    let data = [&CONSTRUCTOR_SELECTOR, &call[4..]].concat();
    scene.world.send(BOB, scene.router, data).fails_empty();
    assert_eq!(scene.view(&Router::ownerCall {}), OWNER);
}

#[test]
fn constructor_fails_when_the_owner_is_zero() {
    let mut world = World::new();
    let call = Constructors::routerCall { owner: Address::ZERO, link: BOB, config: config() }.abi_encode();
    world.deploy("router", &call[4..]).1.fails_text("Cannot set owner to zero");
}

#[test]
fn update_config_replaces_the_whole_configuration() {
    let mut scene = Scene::bare();
    for tiers in [vec![], vec![1], vec![1, 2, 3, 4, 5, u32::MAX], vec![9; 20], vec![5, 6]] {
        let config = RouterConfig {
            maxConsumersPerSubscription: u16::MAX,
            adminFee: U72::MAX,
            handleOracleFulfillmentSelector: fixed_bytes!("ffffffff"),
            gasForCallExactCheck: u16::MAX,
            maxCallbackGasLimits: tiers,
            subscriptionDepositMinimumRequests: u16::MAX,
            subscriptionDepositJuels: U72::MAX,
        };
        let call = Router::updateConfigCall { config: config.clone() };
        scene.run(OWNER, &call).logs_are(&[log(scene.router, &Router::ConfigUpdated { _0: config.clone() })]);
        assert_eq!(scene.view(&Router::getConfigCall {}), config);
        assert_eq!(scene.view(&Router::getAdminFeeCall {}), U72::MAX);
    }
    assert_eq!(scene.view(&Router::getSubscriptionCountCall {}), 0);
    assert!(!scene.view(&Router::pausedCall {}));
    scene.run(BOB, &Router::updateConfigCall { config: config() }).fails_text("Only callable by owner");
}

#[test]
fn pause_stops_what_it_must_and_nothing_else() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    scene.run(BOB, &Router::pauseCall {}).fails_text("Only callable by owner");
    scene.run(BOB, &Router::unpauseCall {}).fails_text("Only callable by owner");
    scene.run(OWNER, &Router::unpauseCall {}).fails_text("Pausable: not paused");
    let router = scene.router;
    scene.run(OWNER, &Router::pauseCall {}).logs_are(&[log(router, &Router::Paused { account: OWNER })]);
    assert!(scene.view(&Router::pausedCall {}));
    scene.run(OWNER, &Router::pauseCall {}).fails_text("Pausable: paused");

    let paused = "Pausable: paused";
    scene.run(ALICE, &Router::createSubscriptionCall {}).fails_text(paused);
    scene.run(ALICE, &Router::createSubscriptionWithConsumerCall { consumer: BOB }).fails_text(paused);
    scene.run(ALICE, &Router::addConsumerCall { subscriptionId: id, consumer: BOB }).fails_text(paused);
    scene.run(ALICE, &Router::removeConsumerCall { subscriptionId: id, consumer: BOB }).fails_text(paused);
    let call = Router::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: BOB };
    scene.run(ALICE, &call).fails_text(paused);
    scene.run(BOB, &Router::acceptSubscriptionOwnerTransferCall { subscriptionId: id }).fails_text(paused);
    scene.run(ALICE, &Router::cancelSubscriptionCall { subscriptionId: id, to: BOB }).fails_text(paused);
    scene.fund(id, 1).fails_text(paused);
    scene
        .run(BOB, &Router::oracleWithdrawCall { recipient: BOB, amount: Default::default() })
        .fails_text(paused);
    let none = Router::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![] };
    scene.run(BOB, &none).fails_text(paused);
    scene.run(BOB, &crate::send(id)).fails_text(paused);
    scene.run(BOB, &crate::fulfillment(&crate::priced(1))).fails_text(paused);

    scene.run(OWNER, &Router::setFlagsCall { subscriptionId: id, flags: crate::DON }).ok();
    scene.run(OWNER, &Router::setAllowListIdCall { allowListId: crate::DON }).ok();
    scene.run(OWNER, &Router::ownerWithdrawCall { recipient: BOB, amount: Default::default() }).ok();
    scene.run(OWNER, &Router::recoverFundsCall { to: BOB }).ok();
    scene.run(OWNER, &Router::ownerCancelSubscriptionCall { subscriptionId: id }).ok();
    scene.run(OWNER, &Router::unpauseCall {}).logs_are(&[log(router, &Router::Unpaused { account: OWNER })]);
    assert!(!scene.view(&Router::pausedCall {}));
    assert_eq!(
        scene.view(&Router::getConfigCall {}),
        config(),
        "the pause shares a word with the configuration"
    );
}

#[test]
fn ownership_moves_in_two_steps() {
    let mut scene = Scene::bare();
    let router = scene.router;
    scene.run(BOB, &Router::transferOwnershipCall { to: BOB }).fails_text("Only callable by owner");
    scene.run(OWNER, &Router::transferOwnershipCall { to: OWNER }).fails_text("Cannot transfer to self");
    scene.run(BOB, &Router::acceptOwnershipCall {}).fails_text("Must be proposed owner");
    scene
        .run(OWNER, &Router::transferOwnershipCall { to: BOB })
        .logs_are(&[log(router, &Router::OwnershipTransferRequested { from: OWNER, to: BOB })]);
    scene
        .run(OWNER, &Router::transferOwnershipCall { to: Address::ZERO })
        .logs_are(&[log(router, &Router::OwnershipTransferRequested { from: OWNER, to: Address::ZERO })]);
    scene.run(BOB, &Router::acceptOwnershipCall {}).fails_text("Must be proposed owner");
    scene.run(OWNER, &Router::transferOwnershipCall { to: BOB }).ok();
    scene.run(ALICE, &Router::acceptOwnershipCall {}).fails_text("Must be proposed owner");
    assert_eq!(scene.view(&Router::ownerCall {}), OWNER);
    scene
        .run(BOB, &Router::acceptOwnershipCall {})
        .logs_are(&[log(router, &Router::OwnershipTransferred { from: OWNER, to: BOB })]);
    assert_eq!(scene.view(&Router::ownerCall {}), BOB);
    scene.run(BOB, &Router::acceptOwnershipCall {}).fails_text("Must be proposed owner");
    scene.run(OWNER, &Router::pauseCall {}).fails_text("Only callable by owner");
}
