//! Subscriptions, withdrawals, ownership, the allow list and LINK: what owners and holders send, and what others change
//! meanwhile.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::{SolCall, SolValue},
};
use contract_tests::system::*;
use functions_types::abi::{self, AllowList as A, Coordinator as C, Link, Router as R};

use crate::{Dice, holder, send, system};

const HEIR: Address = Address::repeat_byte(0x88);
const ROUNDS: u64 = 60;

fn juels(amount: u128) -> U256 {
    U256::from(amount)
}

fn fund(system: &System, id: u64, amount: u128) -> Link::transferAndCallCall {
    Link::transferAndCallCall { to: system.router, amount: juels(amount), data: id.abi_encode().into() }
}

/// Gives LINK, or takes all of it away again.
fn give_or_take(system: &mut System, dice: &mut Dice, account: Address) {
    let has = system.link_of(account);
    let (from, to, amount) =
        if has > 0 && dice.one_in(2) { (account, SUBSCRIBER, has) } else { (SUBSCRIBER, account, LINK) };
    system.world.run(from, system.link, &Link::transferCall { to, amount: juels(amount) }).ok();
}

/// A subscription of the subscriber with so many consumers and this balance.
fn subscription(system: &mut System, consumers: u64, amount: u128) -> u64 {
    let receipt = system.world.run(SUBSCRIBER, system.router, &R::createSubscriptionCall {});
    let id = receipt.returns::<R::createSubscriptionCall>();
    for index in 0..consumers {
        let call = R::addConsumerCall { subscriptionId: id, consumer: holder(1_000 + index) };
        system.world.run(SUBSCRIBER, system.router, &call).ok();
    }
    if amount > 0 {
        system.world.run(SUBSCRIBER, system.link, &fund(system, id, amount)).ok();
    }
    id
}

/// A request, fulfilled by one of the oracles: fees for everybody.
fn earn(system: &mut System, dice: &mut Dice) {
    let (_, seen) = system.request("return 1", 100_000);
    let report = system.transmission(&[(&seen, b"r", b"")]);
    system.transmit(dice.below(4) as usize, &report).ok();
    system.world.advance(1);
}

/// Oracles and the Coordinator's owner take out everything.
fn spend(system: &mut System, owner: Address) {
    system.world.run(owner, system.coordinator, &C::oracleWithdrawAllCall {}).ok();
    let all = C::oracleWithdrawCall { recipient: owner, amount: U256::ZERO.to() };
    system.world.run(owner, system.coordinator, &all);
}

fn call(from: Address, to: Address, call: &impl SolCall) -> (Address, Address, Bytes) {
    (from, to, call.abi_encode().into())
}

#[test]
fn subscriptions() {
    let mut dice = Dice::new("subscriptions");
    let mut system = system();
    let router = system.router;
    for round in 0..ROUNDS {
        let others = |system: &mut System, dice: &mut Dice| {
            for _ in 0..dice.below(3) {
                let consumers = dice.below(3);
                let amount = u128::from(dice.below(2)) * LINK;
                subscription(system, consumers, amount);
            }
            earn(system, dice);
        };
        send(&mut system, &mut dice, call(SUBSCRIBER, router, &R::createSubscriptionCall {}), others);
        let create = R::createSubscriptionWithConsumerCall { consumer: holder(round) };
        send(&mut system, &mut dice, call(SUBSCRIBER, router, &create), others);
        let (consumers, amount) = (dice.below(4), u128::from(dice.below(2)) * LINK);
        let id = subscription(&mut system, consumers, amount);
        // Anybody may fund a subscription, its owner may make it poorer.
        let any = |system: &mut System, dice: &mut Dice| {
            if dice.one_in(2) {
                system.world.run(SUBSCRIBER, system.link, &fund(system, id, LINK)).ok();
            }
            earn(system, dice);
        };
        let add = R::addConsumerCall { subscriptionId: id, consumer: holder(1) };
        send(&mut system, &mut dice, call(SUBSCRIBER, router, &add), any);
        let propose = R::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: HEIR };
        send(&mut system, &mut dice, call(SUBSCRIBER, router, &propose), any);
        let accept = R::acceptSubscriptionOwnerTransferCall { subscriptionId: id };
        send(&mut system, &mut dice, call(HEIR, router, &accept), any);
        let remove = R::removeConsumerCall { subscriptionId: id, consumer: holder(1) };
        send(&mut system, &mut dice, call(HEIR, router, &remove), any);
    }
}

#[test]
fn funding() {
    let mut dice = Dice::new("fund");
    let mut system = system();
    for _ in 0..ROUNDS {
        let (id, link) = (subscription(&mut system, 1, 0), system.link);
        let call = call(SUBSCRIBER, link, &fund(&system, id, LINK));
        send(&mut system, &mut dice, call, |system, dice| match dice.below(3) {
            // Its word becomes empty.
            0 => {
                let call = R::removeConsumerCall { subscriptionId: id, consumer: holder(1_000) };
                system.world.run(SUBSCRIBER, system.router, &call).ok();
            }
            1 => drop(system.world.run(SUBSCRIBER, system.link, &fund(system, id, 1))),
            _ => earn(system, dice),
        });
    }
}

#[test]
fn cancellations() {
    let mut dice = Dice::new("cancel");
    let mut system = system();
    let (router, link) = (system.router, system.link);
    for round in 0..ROUNDS {
        let (consumers, amount) = (dice.below(4), u128::from(dice.below(2)) * 20 * LINK);
        let id = subscription(&mut system, consumers, amount);
        let by_router = dice.one_in(2);
        let to = if by_router { SUBSCRIBER } else { holder(round % 5) };
        let cancel = if by_router {
            call(OWNER, router, &R::ownerCancelSubscriptionCall { subscriptionId: id })
        } else {
            call(SUBSCRIBER, router, &R::cancelSubscriptionCall { subscriptionId: id, to })
        };
        send(&mut system, &mut dice, cancel, |system, dice| {
            if dice.one_in(2) {
                system.world.run(SUBSCRIBER, link, &fund(system, id, 30 * LINK)).ok();
            }
            if dice.one_in(2) {
                let all = R::ownerWithdrawCall { recipient: OWNER, amount: U256::ZERO.to() };
                system.world.run(OWNER, router, &all).ok();
            }
            if to != SUBSCRIBER {
                give_or_take(system, dice, to);
            }
            for index in 0..if by_router { dice.below(4) } else { 0 } {
                let call = R::addConsumerCall { subscriptionId: id, consumer: holder(2_000 + index) };
                system.world.run(SUBSCRIBER, router, &call).ok();
            }
        });
    }
}

#[test]
fn withdrawals() {
    let mut dice = Dice::new("withdrawals");
    let mut system = system();
    let (router, coordinator, link) = (system.router, system.coordinator, system.link);
    for round in 0..ROUNDS {
        earn(&mut system, &mut dice);
        let to = holder(round % 4);
        let others = |system: &mut System, dice: &mut Dice| {
            match dice.below(3) {
                0 => earn(system, dice),
                1 => spend(system, OWNER),
                _ => {}
            }
            earn(system, dice);
            give_or_take(system, dice, to);
        };
        let oracle = system.oracles[dice.below(4) as usize].transmitter;
        let some = C::oracleWithdrawCall { recipient: to, amount: U256::from(1).to() };
        send(&mut system, &mut dice, call(oracle, coordinator, &some), others);
        let all = C::oracleWithdrawCall { recipient: to, amount: U256::ZERO.to() };
        send(&mut system, &mut dice, call(OWNER, coordinator, &all), others);
        send(
            &mut system,
            &mut dice,
            call(OWNER, coordinator, &C::oracleWithdrawAllCall {}),
            |system, dice| {
                others(system, dice);
                let oracle = system.oracles[dice.below(4) as usize].transmitter;
                give_or_take(system, dice, oracle);
            },
        );
        // All there is, which is nothing at first: then a deposit is forfeited.
        let all = R::ownerWithdrawCall { recipient: to, amount: U256::ZERO.to() };
        send(&mut system, &mut dice, call(OWNER, router, &all), |system, dice| {
            let id = subscription(system, 1, 20 * LINK);
            let cancel = R::cancelSubscriptionCall { subscriptionId: id, to: SUBSCRIBER };
            system.world.run(SUBSCRIBER, router, &cancel).ok();
            give_or_take(system, dice, to);
        });
        // LINK that is in no book: none at first.
        let recover = call(OWNER, router, &R::recoverFundsCall { to });
        send(&mut system, &mut dice, recover, |system, dice| {
            let gift = Link::transferCall { to: router, amount: juels(LINK) };
            system.world.run(SUBSCRIBER, link, &gift).ok();
            give_or_take(system, dice, to);
        });
    }
}

#[test]
fn ownership_and_configuration_of_the_coordinator() {
    let mut dice = Dice::new("Coordinator");
    let mut system = system();
    let coordinator = system.coordinator;
    let (mut owner, mut heir) = (OWNER, HEIR);
    for _ in 0..ROUNDS {
        let others = |system: &mut System, dice: &mut Dice| match dice.below(3) {
            0 => spend(system, owner),
            1 => earn(system, dice),
            _ => {
                let oracle = system.oracles[dice.below(4) as usize].transmitter;
                let all = C::oracleWithdrawCall { recipient: oracle, amount: U256::ZERO.to() };
                system.world.run(oracle, coordinator, &all);
            }
        };
        // Six oracles in turn: members leave, come back, and keep what is theirs meanwhile.
        let first = dice.below(6);
        system.oracles = (0..4).map(|index| Oracle::new(1 + ((first + index) % 6) as u8)).collect();
        let set = C::setConfigCall {
            _signers: system.oracles.iter().map(|oracle| oracle.signer).collect(),
            _transmitters: system.oracles.iter().map(|oracle| oracle.transmitter).collect(),
            _f: 1,
            _onchainConfig: Bytes::new(),
            _offchainConfigVersion: 1,
            _offchainConfig: vec![1; dice.below(2_000) as usize].into(),
        };
        // While it is not set, the former oracles act.
        let former = (0..6).map(|index| Oracle::new(1 + index)).collect::<Vec<_>>();
        send(&mut system, &mut dice, call(owner, coordinator, &set), |system, dice| {
            for oracle in &former {
                if dice.one_in(2) {
                    let all = C::oracleWithdrawCall { recipient: OWNER, amount: U256::ZERO.to() };
                    system.world.run(oracle.transmitter, coordinator, &all);
                }
            }
            if dice.one_in(2) {
                spend(system, owner);
            }
        });
        earn(&mut system, &mut dice);
        let share = C::setSharedOverheadCall { sharedOverheadGas: dice.below(2) as u32 };
        send(&mut system, &mut dice, call(owner, coordinator, &share), others);
        let transfer = call(owner, coordinator, &C::transferOwnershipCall { to: heir });
        send(&mut system, &mut dice, transfer, others);
        let accept = call(heir, coordinator, &C::acceptOwnershipCall {});
        send(&mut system, &mut dice, accept, others);
        (owner, heir) = (heir, owner);
    }
}

#[test]
fn the_allow_list() {
    let mut dice = Dice::new("allow list");
    let mut system = system();
    let config = abi::AllowListConfig { enabled: true, signerPublicKey: HEIR };
    let constructor = abi::Constructors::allowListCall {
        owner: OWNER,
        config,
        initialAllowedSenders: (0..30).map(holder).collect(),
        initialBlockedSenders: (30..60).map(holder).collect(),
    };
    let (list, receipt) = system.world.deploy("allow_list", &arguments(&constructor));
    receipt.ok();
    let change = |dice: &mut Dice| {
        let sender = holder(dice.below(60));
        if dice.one_in(2) {
            A::blockSenderCall { sender }.abi_encode()
        } else {
            A::unblockSenderCall { sender }.abi_encode()
        }
    };
    for _ in 0..4 * ROUNDS {
        let data = change(&mut dice).into();
        send(&mut system, &mut dice, (OWNER, list, data), |system, dice| {
            for _ in 0..dice.below(6) {
                let data = change(dice);
                system.world.send(OWNER, list, data).ok();
            }
        });
    }
}

#[test]
fn link() {
    let mut dice = Dice::new("LINK");
    let mut system = system();
    let link = system.link;
    let spender = holder(77);
    let approve = Link::approveCall { spender, amount: U256::MAX >> 1 };
    system.world.run(SUBSCRIBER, link, &approve).ok();
    for round in 0..2 * ROUNDS {
        let to = holder(round % 3);
        let others = |system: &mut System, dice: &mut Dice| give_or_take(system, dice, to);
        let amount = juels(u128::from(dice.below(3)));
        let transfer = Link::transferCall { to, amount };
        send(&mut system, &mut dice, call(SUBSCRIBER, link, &transfer), others);
        let transfer = Link::transferFromCall { from: SUBSCRIBER, to, amount };
        send(&mut system, &mut dice, call(spender, link, &transfer), others);
        let transfer = Link::transferAndCallCall { to, amount, data: Bytes::new() };
        send(&mut system, &mut dice, call(SUBSCRIBER, link, &transfer), others);
    }
}
