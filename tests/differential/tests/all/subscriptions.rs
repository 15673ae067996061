//! Subscriptions, their money, and who may touch them.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolError,
};
use differential_tests::{puppet, scene::*};
use functions_types::abi::{Link, Reverts, Router as R};

use crate::{scene, text};

const SUB: u64 = SUBSCRIPTION;
const HEIR: Address = Address::repeat_byte(0x88);

fn consumer(index: u8) -> Address {
    Address::repeat_byte(index)
}

#[test]
fn consumers() {
    let mut s = scene!();
    let r = s.router;
    let t = &mut s.twin;
    let add = |id, c| R::addConsumerCall { subscriptionId: id, consumer: c };
    let remove = |id, c| R::removeConsumerCall { subscriptionId: id, consumer: c };
    t.fails(STRANGER, r, &add(SUB, consumer(1)), R::MustBeSubscriptionOwner::SELECTOR);
    t.fails(SUBSCRIBER, r, &add(0, consumer(1)), R::InvalidSubscription::SELECTOR);
    t.fails(SUBSCRIBER, r, &add(9, consumer(1)), R::InvalidSubscription::SELECTOR);
    t.ok(SUBSCRIBER, r, &add(SUB, CONSUMER));
    t.ok(SUBSCRIBER, r, &add(SUB, Address::ZERO));
    t.ok(SUBSCRIBER, r, &add(SUB, consumer(2)));
    t.fails(SUBSCRIBER, r, &add(SUB, consumer(3)), R::TooManyConsumers::SELECTOR);
    t.fails(SUBSCRIBER, r, &add(SUB, CONSUMER), R::TooManyConsumers::SELECTOR);
    t.fails(SUBSCRIBER, r, &remove(SUB, consumer(3)), R::InvalidConsumer::SELECTOR);
    t.fails(STRANGER, r, &remove(SUB, CONSUMER), R::MustBeSubscriptionOwner::SELECTOR);
    t.fails(STRANGER, r, &remove(7, CONSUMER), R::InvalidSubscription::SELECTOR);
    t.ok(SUBSCRIBER, r, &remove(SUB, CONSUMER));
    t.fails(SUBSCRIBER, r, &remove(SUB, CONSUMER), R::InvalidConsumer::SELECTOR);
    t.ok(SUBSCRIBER, r, &remove(SUB, consumer(2)));
    t.ok(SUBSCRIBER, r, &remove(SUB, Address::ZERO));
    t.ok(SUBSCRIBER, r, &add(SUB, consumer(3)));
    t.ok(STRANGER, r, &R::createSubscriptionWithConsumerCall { consumer: consumer(3) });
    t.ok(STRANGER, r, &R::createSubscriptionWithConsumerCall { consumer: Address::ZERO });
    for (a, b) in [(0, 0), (0, 3), (1, 3), (2, 2), (3, 2), (0, 4), (4, 4), (u64::MAX, u64::MAX)] {
        t.ask(r, &R::getSubscriptionsInRangeCall { subscriptionIdStart: a, subscriptionIdEnd: b });
    }
    for id in [0, 1, 2, 3, 4, u64::MAX] {
        t.ask(r, &R::getSubscriptionCall { subscriptionId: id });
        t.ask(r, &R::getFlagsCall { subscriptionId: id });
        t.ask(r, &R::pendingRequestExistsCall { subscriptionId: id });
        for client in [CONSUMER, consumer(3), Address::ZERO] {
            t.ask(r, &R::getConsumerCall { client, subscriptionId: id });
        }
    }
}

#[test]
fn ranges_of_an_empty_router() {
    // The scene has subscription 1; a Router without any is reached by its id 0 only.
    let mut s = scene!();
    let r = s.router;
    s.twin.ok(OWNER, r, &R::ownerCancelSubscriptionCall { subscriptionId: SUB });
    for (a, b) in [(0, 0), (0, 1), (1, 1), (1, 0), (1, 2)] {
        s.twin.ask(r, &R::getSubscriptionsInRangeCall { subscriptionIdStart: a, subscriptionIdEnd: b });
    }
}

#[test]
fn funding_and_recovery() {
    let mut s = scene!();
    let (r, link) = (s.router, s.link);
    for data in
        [vec![], vec![1; 31], vec![0; 32], vec![0xff; 32], vec![1; 33], B256::with_last_byte(9).to_vec()]
    {
        for (from, to) in [(SUBSCRIBER, link), (link, r), (STRANGER, r)] {
            if to == link {
                let call =
                    Link::transferAndCallCall { to: r, amount: U256::from(3), data: data.clone().into() };
                s.twin.run(from, to, &call);
            } else {
                let call =
                    R::onTokenTransferCall { _0: STRANGER, amount: U256::from(3), data: data.clone().into() };
                s.twin.run(from, to, &call);
            }
        }
    }
    s.fund(SUB, 0);
    s.fund(SUB, 5);
    s.twin.ok(OWNER, r, &R::recoverFundsCall { to: STRANGER });
    s.twin.ok(SUBSCRIBER, link, &Link::transferCall { to: r, amount: U256::from(77) });
    s.twin.fails(STRANGER, r, &R::recoverFundsCall { to: STRANGER }, text("Only callable by owner"));
    s.twin.ok(OWNER, r, &R::recoverFundsCall { to: STRANGER });
    s.twin.ok(OWNER, r, &R::recoverFundsCall { to: Address::ZERO });
    // Amounts beyond 96 bits, which no honest token names: cut in the book, whole in the event.
    let word = B256::with_last_byte(1).0;
    for amount in [
        U256::from(1) << 96,
        (U256::from(1) << 96) + U256::from(7),
        U256::MAX,
        (U256::from(1) << 96) - U256::from(1),
    ] {
        s.twin.run(link, r, &R::onTokenTransferCall { _0: STRANGER, amount, data: word.into() });
    }
}

#[test]
fn owner_transfer() {
    let mut s = scene!();
    let r = s.router;
    let t = &mut s.twin;
    let propose = |id, to| R::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: to };
    let accept = |id| R::acceptSubscriptionOwnerTransferCall { subscriptionId: id };
    t.fails(STRANGER, r, &propose(SUB, HEIR), R::MustBeSubscriptionOwner::SELECTOR);
    t.fails(SUBSCRIBER, r, &propose(8, HEIR), R::InvalidSubscription::SELECTOR);
    t.fails(SUBSCRIBER, r, &propose(SUB, Address::ZERO), R::InvalidCalldata::SELECTOR);
    t.fails(HEIR, r, &accept(SUB), R::MustBeProposedOwner::SELECTOR);
    t.fails(HEIR, r, &accept(8), R::MustBeProposedOwner::SELECTOR);
    t.ok(SUBSCRIBER, r, &propose(SUB, HEIR));
    t.fails(SUBSCRIBER, r, &propose(SUB, HEIR), R::InvalidCalldata::SELECTOR);
    t.fails(STRANGER, r, &accept(SUB), R::MustBeProposedOwner::SELECTOR);
    t.ok(SUBSCRIBER, r, &propose(SUB, SUBSCRIBER));
    t.ok(SUBSCRIBER, r, &accept(SUB));
    t.ok(SUBSCRIBER, r, &propose(SUB, HEIR));
    t.ok(HEIR, r, &accept(SUB));
    t.fails(SUBSCRIBER, r, &propose(SUB, HEIR), R::MustBeSubscriptionOwner::SELECTOR);
    t.run(Address::ZERO, r, &accept(8));
}

#[test]
fn cancelling_and_the_deposit() {
    let mut s = scene!();
    s.free_gas();
    let r = s.router;
    let cancel = |id, to| R::cancelSubscriptionCall { subscriptionId: id, to };
    s.twin.fails(STRANGER, r, &cancel(SUB, STRANGER), R::MustBeSubscriptionOwner::SELECTOR);
    s.twin.fails(SUBSCRIBER, r, &cancel(5, STRANGER), R::InvalidSubscription::SELECTOR);
    let request = s.request(&[1], 1_000);
    s.twin.fails(SUBSCRIBER, r, &cancel(SUB, STRANGER), R::CannotRemoveWithPendingRequests::SELECTOR);
    let remove = R::removeConsumerCall { subscriptionId: SUB, consumer: CONSUMER };
    s.twin.fails(SUBSCRIBER, r, &remove, R::CannotRemoveWithPendingRequests::SELECTOR);
    s.twin.ask(r, &R::pendingRequestExistsCall { subscriptionId: SUB });
    let report = s.report(&[(&request, &[1; 32], &[])]);
    s.transmit("fulfill", 0, &report);
    s.books();
    s.twin.ok(SUBSCRIBER, r, &cancel(SUB, STRANGER));
    s.twin.fails(SUBSCRIBER, r, &cancel(SUB, STRANGER), R::InvalidSubscription::SELECTOR);
    s.books();
    // Below the threshold: the deposit stays, up to the balance.
    for balance in [0, 5 * LINK, 11 * LINK, 30 * LINK] {
        let receipt =
            s.twin.ok(SUBSCRIBER, r, &R::createSubscriptionWithConsumerCall { consumer: consumer(1) });
        let id = U256::from_be_slice(&receipt.output).to();
        s.fund(id, balance);
        s.twin.ok(SUBSCRIBER, r, &cancel(id, STRANGER));
        s.books();
    }
    for amount in [0, 1, 1_000 * LINK, 0] {
        let call = R::ownerWithdrawCall { recipient: HEIR, amount: U256::from(amount).to() };
        s.twin.run(OWNER, r, &call);
        s.twin.run(STRANGER, r, &call);
        s.books();
    }
    s.twin.ask(r, &R::getSubscriptionsInRangeCall { subscriptionIdStart: 0, subscriptionIdEnd: 5 });
}

#[test]
fn owner_cancel_flags_and_orphans() {
    let mut s = scene!();
    let r = s.router;
    let cancel = R::ownerCancelSubscriptionCall { subscriptionId: SUB };
    let flags = |id, byte| R::setFlagsCall { subscriptionId: id, flags: B256::repeat_byte(byte) };
    s.twin.fails(STRANGER, r, &cancel, text("Only callable by owner"));
    s.twin.fails(STRANGER, r, &flags(SUB, 1), text("Only callable by owner"));
    s.twin.fails(OWNER, r, &flags(9, 1), R::InvalidSubscription::SELECTOR);
    s.twin.fails(
        OWNER,
        r,
        &R::ownerCancelSubscriptionCall { subscriptionId: 9 },
        R::InvalidSubscription::SELECTOR,
    );
    for byte in [1, 2, 3, 0xff, 0] {
        s.twin.ok(OWNER, r, &flags(SUB, byte));
        for limit in [0, 300_000, 300_001, 500_001, 1_000_000, 1_000_001, u32::MAX] {
            s.twin.ask(r, &R::isValidCallbackGasLimitCall { subscriptionId: SUB, callbackGasLimit: limit });
        }
    }
    let request = s.request(&[1], 1_000);
    s.twin.ok(OWNER, r, &R::pauseCall {});
    s.twin.ok(OWNER, r, &flags(SUB, 0));
    s.twin.ok(OWNER, r, &cancel);
    s.twin.ok(OWNER, r, &R::unpauseCall {});
    // A request without its subscription: never fulfilled, never timed out.
    let report = s.report(&[(&request, &[1; 32], &[])]);
    let receipt = s.transmit("fulfill an orphan", 0, &report);
    s.twin.reverted("orphan", &receipt, R::InvalidSubscription::SELECTOR);
    s.advance(301);
    let list = vec![Scene::stored(&request)];
    let panic = Reverts::Panic { code: U256::from(0x11) }.abi_encode();
    s.twin.fails(STRANGER, r, &R::timeoutRequestsCall { requestsToTimeoutByCommitment: list }, panic);
}

#[test]
fn a_pause_stops_what_it_stops() {
    let mut s = scene!();
    let r = s.router;
    s.twin.fails(OWNER, r, &R::unpauseCall {}, text("Pausable: not paused"));
    s.twin.fails(STRANGER, r, &R::pauseCall {}, text("Only callable by owner"));
    s.twin.ok(OWNER, r, &R::pauseCall {});
    s.twin.fails(OWNER, r, &R::pauseCall {}, text("Pausable: paused"));
    s.twin.fails(STRANGER, r, &R::unpauseCall {}, text("Only callable by owner"));
    s.twin.ask(r, &R::pausedCall {});
    let paused = text("Pausable: paused");
    s.twin.fails(STRANGER, r, &R::createSubscriptionCall {}, paused.clone());
    s.twin.fails(STRANGER, r, &R::createSubscriptionWithConsumerCall { consumer: HEIR }, paused.clone());
    s.twin.fails(STRANGER, r, &R::addConsumerCall { subscriptionId: 9, consumer: HEIR }, paused.clone());
    s.twin.fails(STRANGER, r, &R::removeConsumerCall { subscriptionId: 9, consumer: HEIR }, paused.clone());
    s.twin.fails(STRANGER, r, &R::cancelSubscriptionCall { subscriptionId: 9, to: HEIR }, paused.clone());
    s.twin.fails(
        STRANGER,
        r,
        &R::proposeSubscriptionOwnerTransferCall { subscriptionId: 9, newOwner: HEIR },
        paused.clone(),
    );
    s.twin.fails(STRANGER, r, &R::acceptSubscriptionOwnerTransferCall { subscriptionId: 9 }, paused.clone());
    s.twin.fails(
        STRANGER,
        r,
        &R::oracleWithdrawCall { recipient: HEIR, amount: U256::ZERO.to() },
        paused.clone(),
    );
    s.twin.fails(
        STRANGER,
        r,
        &R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![] },
        paused.clone(),
    );
    s.twin.fails(
        STRANGER,
        r,
        &R::onTokenTransferCall { _0: HEIR, amount: U256::ZERO, data: vec![].into() },
        paused.clone(),
    );
    let call = s.send_request(&[], 1);
    s.twin.fails(STRANGER, r, &call, paused.clone());
    let nowhere = R::sendRequestCall { donId: B256::repeat_byte(5), ..call };
    s.twin.fails(STRANGER, r, &nowhere, R::RouteNotFound::SELECTOR);
    s.fund(SUB, 5);
    s.twin.ok(OWNER, r, &R::updateContractsCall {});
    s.twin.ok(OWNER, r, &R::ownerWithdrawCall { recipient: HEIR, amount: U256::ZERO.to() });
    s.twin.ok(OWNER, r, &R::updateConfigCall { config: router_config() });
    s.twin.ok(OWNER, r, &R::recoverFundsCall { to: HEIR });
    s.twin.ok(OWNER, r, &R::unpauseCall {});
    s.fund(SUB, 5);
}

#[test]
fn terms_of_service() {
    let mut s = scene!();
    let r = s.router;
    let list = Address::repeat_byte(0x77);
    let calls = |s: &mut Scene| {
        s.twin.run(STRANGER, r, &R::createSubscriptionCall {});
        s.twin.run(STRANGER, r, &R::createSubscriptionWithConsumerCall { consumer: HEIR });
        s.twin.run(SUBSCRIBER, r, &R::addConsumerCall { subscriptionId: SUB, consumer: HEIR });
        s.twin.run(SUBSCRIBER, r, &R::removeConsumerCall { subscriptionId: SUB, consumer: HEIR });
        s.twin.run(
            SUBSCRIBER,
            r,
            &R::proposeSubscriptionOwnerTransferCall { subscriptionId: SUB, newOwner: HEIR },
        );
        s.twin.run(HEIR, r, &R::acceptSubscriptionOwnerTransferCall { subscriptionId: SUB });
        s.twin.run(STRANGER, r, &R::acceptSubscriptionOwnerTransferCall { subscriptionId: SUB });
        s.twin.run(STRANGER, r, &R::cancelSubscriptionCall { subscriptionId: SUB, to: HEIR });
        s.twin.run(SUBSCRIBER, r, &R::cancelSubscriptionCall { subscriptionId: 7, to: HEIR });
        let call = s.send_request(&[1], 1);
        s.twin.run(CONSUMER, r, &call);
    };
    s.route(B256::ZERO, list);
    let word = |n: u8| B256::with_last_byte(n).to_vec();
    let codes = [
        puppet::returns(&word(0)),
        puppet::returns(&word(2)),
        puppet::returns(&word(1)[1..]),
        puppet::returns(&[]),
        puppet::returns(&[[0; 31].as_slice(), &[1], &[9; 40]].concat()),
        puppet::reverts(&[]),
        puppet::reverts(&[1, 2, 3]),
        puppet::reverts(&puppet::burns()),
        Default::default(),
        puppet::returns(&word(1)),
    ];
    for code in codes {
        s.twin.both(|side| side.0.set_code(list, code.clone()));
        calls(&mut s);
    }
    s.twin.ok(OWNER, r, &R::setAllowListIdCall { allowListId: B256::repeat_byte(3) });
    s.twin.ask(r, &R::getAllowListIdCall {});
    calls(&mut s);
    // What the list is asked.
    s.twin.ok(OWNER, r, &R::setAllowListIdCall { allowListId: B256::ZERO });
    s.twin.both(|side| side.0.set_code(list, vec![0x36, 0x5f, 0x5f, 0x37, 0x36, 0x5f, 0xfd].into()));
    calls(&mut s);
}

#[test]
fn oracle_withdrawals_of_the_router() {
    let mut s = scene!();
    s.free_gas();
    let (r, c) = (s.router, s.coordinator);
    let request = s.request(&[1], 1_000);
    let report = s.report(&[(&request, &[1; 32], &[])]);
    s.transmit("fulfill", 0, &report);
    let withdraw = |amount: u128| R::oracleWithdrawCall { recipient: HEIR, amount: U256::from(amount).to() };
    s.twin.fails(STRANGER, r, &withdraw(0), R::InvalidCalldata::SELECTOR);
    s.twin.fails(STRANGER, r, &withdraw(1), R::InsufficientBalance::SELECTOR);
    s.twin.fails(c, r, &withdraw(LINK), R::InsufficientBalance::SELECTOR);
    s.twin.ok(c, r, &withdraw(5));
    // A token that does not do what it should: what the safe wrapper says.
    let link = s.link;
    let word = |n: u8| B256::with_last_byte(n).to_vec();
    let codes = [
        puppet::returns(&word(0)),
        puppet::returns(&word(2)),
        puppet::returns(&[1; 31]),
        puppet::returns(&[]),
        puppet::reverts(&[]),
        puppet::reverts(&[1, 2, 3]),
        puppet::burns(),
        Default::default(),
    ];
    s.twin.watched.clear();
    for code in codes {
        s.twin.both(|side| side.0.set_code(link, code.clone()));
        s.twin.run(c, r, &withdraw(1));
        s.twin.run(OWNER, r, &R::recoverFundsCall { to: HEIR });
        s.twin.run(OWNER, r, &R::ownerWithdrawCall { recipient: HEIR, amount: U256::ZERO.to() });
        let call = R::cancelSubscriptionCall { subscriptionId: SUB, to: HEIR };
        let _ = s.twin.call(
            "cancel with a broken token",
            SUBSCRIBER,
            r,
            &alloy::sol_types::SolCall::abi_encode(&call),
        );
    }
}
