//! LINK in and out.

use alloy::{
    primitives::{Address, Bytes, U256, aliases::U96, hex},
    sol_types::{SolCall, SolValue},
};
use contract_tests::{log, puppet};
use functions_types::abi::{Constructors, Link, Router};

use crate::{ALICE, BOB, CAROL, COORDINATOR, LINK, OWNER, Scene, config};

fn on_token_transfer(amount: U256, data: Vec<u8>) -> Router::onTokenTransferCall {
    Router::onTokenTransferCall { _0: BOB, amount, data: data.into() }
}

#[test]
fn funding_raises_the_balance_and_the_book() {
    let mut scene = Scene::new();
    scene.run(ALICE, &Router::createSubscriptionCall {}).ok();
    let router = scene.router;
    let funded = |old: u128, new: u128| Router::SubscriptionFunded {
        subscriptionId: 1,
        oldBalance: U256::from(old),
        newBalance: U256::from(new),
    };
    let receipt = scene.fund(1, LINK);
    assert_eq!(receipt.ok().logs.len(), 3);
    assert_eq!(receipt.logs[2], log(router, &funded(0, LINK)));
    assert_eq!(scene.fund(1, 5).ok().logs[2], log(router, &funded(LINK, LINK + 5)));
    let balance = scene.view(&Router::getSubscriptionCall { subscriptionId: 1 }).balance;
    assert_eq!(balance, U96::from(LINK + 5));
    assert_eq!(scene.view(&Router::getTotalBalanceCall {}), U96::from(LINK + 5));
    scene.assert_solvent();
}

#[test]
fn funding_fails_when_a_rule_is_broken() {
    let mut scene = Scene::new();
    scene.run(ALICE, &Router::createSubscriptionCall {}).ok();
    let one = U256::from(1);
    scene.run(BOB, &on_token_transfer(one, 1u64.abi_encode())).fails(Router::OnlyCallableFromLink {});
    let link = scene.link;
    for data in [vec![], vec![0; 31], vec![0; 33], vec![0; 64]] {
        scene.run(link, &on_token_transfer(one, data)).fails(Router::InvalidCalldata {});
    }
    let wide = U256::from(1u128 << 64).abi_encode();
    scene.run(link, &on_token_transfer(one, wide)).fails_empty();
    scene.run(link, &on_token_transfer(one, 9u64.abi_encode())).fails(Router::InvalidSubscription {});
    scene.fund(9, 1).fails(Router::InvalidSubscription {});
}

#[test]
fn funding_cuts_the_amount_to_96_bits_and_the_event_does_not() {
    let mut scene = Scene::new();
    scene.run(ALICE, &Router::createSubscriptionCall {}).ok();
    let link = scene.link;
    scene.run(link, &on_token_transfer(U256::from(7), 1u64.abi_encode())).ok();
    let amount = (U256::from(1) << 200) | (U256::from(1) << 128) | (U256::from(1) << 96) | U256::from(3);
    let event = Router::SubscriptionFunded {
        subscriptionId: 1,
        oldBalance: U256::from(7),
        newBalance: amount + U256::from(7),
    };
    let receipt = scene.run(link, &on_token_transfer(amount, 1u64.abi_encode()));
    receipt.logs_are(&[log(scene.router, &event)]);
    assert_eq!(scene.view(&Router::getSubscriptionCall { subscriptionId: 1 }).balance, U96::from(10));
    // The sums are checked, in the books at 96 bits and in the event at 256.
    let full = U256::from(U96::MAX);
    scene.run(link, &on_token_transfer(full, 1u64.abi_encode())).fails_panic(0x11);
    scene.run(link, &on_token_transfer(U256::MAX - full, 1u64.abi_encode())).ok();
    scene.run(link, &on_token_transfer(U256::MAX - full + U256::from(0), 1u64.abi_encode())).ok();
}

#[test]
fn oracle_withdraw_pays_what_was_earned() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    scene.fulfill(&commitment).ok();
    let withdraw = |juels: u128| Router::oracleWithdrawCall { recipient: CAROL, amount: U96::from(juels) };
    scene.run(COORDINATOR, &withdraw(0)).fails(Router::InvalidCalldata {});
    let earned = 5 * LINK;
    let balance = |juels: u128| Router::InsufficientBalance { currentBalanceJuels: U96::from(juels) };
    scene.run(COORDINATOR, &withdraw(earned + 1)).fails(balance(earned));
    scene.run(BOB, &withdraw(1)).fails(balance(0));
    let transfer = Link::Transfer_0 { from: scene.router, to: CAROL, value: U256::from(2 * LINK) };
    let expected = [log(scene.link, &transfer)];
    scene.run(COORDINATOR, &withdraw(2 * LINK)).logs_are(&expected);
    scene.assert_solvent();
    scene.run(COORDINATOR, &withdraw(3 * LINK)).ok();
    scene.run(COORDINATOR, &withdraw(1)).fails(balance(0));
    assert_eq!(scene.link_of(CAROL), U256::from(earned));
    scene.assert_solvent();
}

#[test]
fn owner_withdraw_checks_owner_and_balance() {
    let mut scene = Scene::new();
    let withdraw = |juels: u128| Router::ownerWithdrawCall { recipient: CAROL, amount: U96::from(juels) };
    scene.run(BOB, &withdraw(0)).fails_text("Only callable by owner");
    let none = Router::InsufficientBalance { currentBalanceJuels: U96::ZERO };
    scene.run(OWNER, &withdraw(1)).fails(none);
    let nothing = Link::Transfer_0 { from: scene.router, to: CAROL, value: U256::ZERO };
    let expected = [log(scene.link, &nothing)];
    scene.run(OWNER, &withdraw(0)).logs_are(&expected);
}

#[test]
fn recover_funds_sends_on_what_is_in_no_book() {
    let mut scene = Scene::new();
    scene.subscription();
    let recover = Router::recoverFundsCall { to: CAROL };
    scene.run(BOB, &recover).fails_text("Only callable by owner");
    scene.run(OWNER, &recover).logs_are(&[]);
    let value = U256::from(3 * LINK);
    let stray = Link::transferCall { to: scene.router, amount: value };
    scene.world.run(OWNER, scene.link, &stray).ok();
    let expected = [
        log(scene.link, &Link::Transfer_0 { from: scene.router, to: CAROL, value }),
        log(scene.router, &Router::FundsRecovered { to: CAROL, amount: value }),
    ];
    scene.run(OWNER, &recover).logs_are(&expected);
    scene.assert_solvent();
}

#[test]
fn a_token_that_misbehaves_is_noticed() {
    let mut scene = Scene::bare();
    let token = Address::with_last_byte(0x99);
    let arguments = Constructors::routerCall { owner: OWNER, link: token, config: config() }.abi_encode();
    let (router, _) = scene.world.deploy("router", &arguments[4..]);
    scene.router = router;
    let pay = Router::ownerWithdrawCall { recipient: CAROL, amount: U96::ZERO };
    scene.run(OWNER, &pay).fails_text("Address: call to non-contract");
    scene.run(OWNER, &Router::recoverFundsCall { to: CAROL }).fails_empty();
    let cases: [(Bytes, Result<(), &[u8]>); 6] = [
        (puppet::returns(&[]), Ok(())),
        (puppet::returns(&U256::from(1).abi_encode()), Ok(())),
        (puppet::returns(&[1]), Err(&[])),
        (puppet::returns(&U256::from(2).abi_encode()), Err(&[])),
        (puppet::reverts(&hex!("deadbeef")), Err(&hex!("deadbeef"))),
        (puppet::returns(&U256::MAX.abi_encode()), Err(&[])),
    ];
    for (code, outcome) in cases {
        scene.world.chain.set_code(token, code);
        let receipt = scene.run(OWNER, &pay);
        match outcome {
            Ok(()) => _ = receipt.ok(),
            Err(data) => _ = receipt.fails_with(data),
        }
    }
    scene.world.chain.set_code(token, puppet::reverts(&[]));
    scene.run(OWNER, &pay).fails_text("SafeERC20: low-level call failed");
    scene.world.chain.set_code(token, puppet::returns(&U256::ZERO.abi_encode()));
    scene.run(OWNER, &pay).fails_text("SafeERC20: ERC20 operation did not succeed");
}
