//! Fulfillment: its seven results, callbacks of every kind, callbacks that come back.

use alloy::{
    primitives::{Address, B256, Bytes, TxKind, U256},
    sol_types::{SolCall, SolError},
};
use differential_tests::{chain::Side, puppet, scene::*};
use functions_types::abi::{self, Coordinator as C, Router as R};

use crate::{scene, text};

/// The code in the first log that has one: where `resultCode` stands in both events.
fn code(receipt: &differential_tests::Receipt, router: Address) -> Option<u8> {
    let log = receipt.logs.iter().find(|log| log.address == router)?;
    Some(log.data.data[2 * 32 + 31])
}

#[test]
fn every_result() {
    let mut s = scene!();
    let r = s.router;
    let (c, from) = (s.coordinator, s.oracles[0].transmitter);
    let fulfill = |s: &mut Scene, request: &Request| {
        let report = s.report(&[(request, &[1; 32], &[])]);
        s.transmit("transmit", 0, &report)
    };
    // 1: the consumer has no code.
    let request = s.request(&[1], 100_000);
    assert_eq!(code(&fulfill(&mut s, &request), r), Some(1));
    // 2: the Coordinator still believes in a request that the Router forgot.
    let receipt = s.twin.run(
        c,
        r,
        &R::fulfillCall {
            response: vec![].into(),
            err: vec![].into(),
            juelsPerGas: U256::ZERO.to(),
            costWithoutCallback: U256::ZERO.to(),
            transmitter: from,
            commitment: Scene::stored(&request),
        },
    );
    assert_eq!(code(&receipt, r), Some(2));
    // 3: gas became dearer.
    let request = s.request(&[1], 100_000);
    s.twin.both(|side| side.0.set_base_fee(200_000_000));
    assert_eq!(code(&fulfill(&mut s, &request), r), Some(3));
    s.twin.both(|side| side.0.set_base_fee(100_000_000));
    // 4: more gas wanted after the callback than a transaction has. With a little too little, only the reference goes
    // on: ours wants enough for everything at the door, so that an estimate of its transmitter is not content with this
    // result.
    let config = abi::BillingConfig { gasOverheadAfterCallback: 1_000_000_000, ..billing_config() };
    s.twin.ok(OWNER, c, &C::updateConfigCall { config });
    let endless = s.request(&[1], 100_000);
    assert_eq!(code(&fulfill(&mut s, &endless), r), Some(4));
    s.twin.ok(OWNER, c, &C::updateConfigCall { config: billing_config() });
    let report = s.report(&[(&request, &[1; 32], &[])]).calldata();
    let little =
        |side: &mut Side| side.transact(from, TxKind::Call(c), U256::ZERO, report.clone().into(), 240_000);
    let (ours, theirs) = (little(&mut s.twin.ours), little(&mut s.twin.reference));
    assert!(!ours.success && ours.output.is_empty());
    assert_eq!(code(&theirs, r), Some(4));
    // 6: another commitment.
    let mut other = request.clone();
    other.commitment.donFee = U256::ONE.to();
    assert_eq!(code(&fulfill(&mut s, &other), r), Some(6));
    // 6: an admin fee, which the Coordinator hands back as zero.
    let config = abi::RouterConfig { adminFee: U256::from(5).to(), ..router_config() };
    s.twin.ok(OWNER, r, &R::updateConfigCall { config });
    let with_fee = s.request(&[1], 100_000);
    assert_eq!(code(&fulfill(&mut s, &with_fee), r), Some(6));
    // 0: by a Coordinator that hands it on.
    let client = puppet::returns(&[]);
    s.twin.both(|side| side.0.set_code(CONSUMER, client.clone()));
    let direct = R::fulfillCall {
        response: vec![1; 33].into(),
        err: vec![2; 31].into(),
        juelsPerGas: U256::ZERO.to(),
        costWithoutCallback: U256::from(1_000).to(),
        transmitter: STRANGER,
        commitment: Scene::stored(&with_fee),
    };
    let direct = R::fulfillCall {
        commitment: abi::Commitment { adminFee: U256::from(5).to(), ..direct.commitment.clone() },
        ..direct
    };
    assert_eq!(code(&s.twin.run(c, r, &direct), r), Some(0));
    s.twin.fails(STRANGER, r, &direct, R::OnlyCallableFromCoordinator::SELECTOR);
    // 5: more than there is, by a Coordinator that promised less.
    let request = s.request(&[1], 100_000);
    let stored = abi::Commitment { adminFee: U256::from(5).to(), ..Scene::stored(&request) };
    for cost in [100 * LINK, 99 * LINK, u128::MAX >> 32, (u128::MAX >> 32) - 4] {
        for juels_per_gas in [0, 1, u128::MAX >> 32, LINK / 100_000] {
            let call = R::fulfillCall {
                juelsPerGas: U256::from(juels_per_gas).to(),
                costWithoutCallback: U256::from(cost).to(),
                commitment: stored.clone(),
                ..direct.clone()
            };
            s.twin.run(c, r, &call);
        }
    }
    s.twin.ok(OWNER, r, &R::pauseCall {});
    let receipt = fulfill(&mut s, &request);
    s.twin.reverted("paused", &receipt, text("Pausable: paused"));
    s.books();
}

#[test]
fn callbacks_of_every_kind() {
    let mut s = scene!();
    s.free_gas();
    let word = |n: u8| B256::with_last_byte(n).to_vec();
    let codes = [
        puppet::returns(&[]),
        puppet::returns(&word(1)),
        puppet::returns(&[7; 131]),
        puppet::returns(&[7; 132]),
        puppet::returns(&[7; 133]),
        puppet::returns(&[7; 5_000]),
        puppet::reverts(&[]),
        puppet::reverts(&[8; 133]),
        puppet::reverts(&[8; 20]),
        puppet::burns(),
        puppet::echoes(),
        puppet::returns_gas(),
        vec![0x5b, 0x5f, 0x56].into(),
        vec![0x5f, 0x5f, 0x55].into(),
        vec![0x33, 0xff].into(),
    ];
    for (index, code) in codes.into_iter().enumerate() {
        for (result, error) in
            [(vec![1; 32], vec![]), (vec![], vec![2; 5]), (vec![3; 700], vec![4; 33]), (vec![], vec![])]
        {
            s.twin.both(|side| side.0.set_code(CONSUMER, Bytes::new()));
            let request = s.request(&[1], 100_000);
            s.twin.both(|side| side.0.set_code(CONSUMER, code.clone()));
            let report = s.report(&[(&request, &result, &error)]);
            s.transmit(&format!("callback {index}"), 0, &report);
        }
    }
    s.books();
}

#[test]
fn callbacks_that_come_back() {
    let mut s = scene!();
    s.free_gas();
    let (r, c, link) = (s.router, s.coordinator, s.link);
    let mut next = s.send_request(&[9; 40], 5_000);
    next.subscriptionId = SUBSCRIPTION;
    let other = s.request(&[5], 1_000);
    let calls = |request: &Request, s: &Scene| -> Vec<(Address, Vec<u8>)> {
        let amount = U256::ONE.to();
        vec![
            (r, next.abi_encode()),
            (r, R::cancelSubscriptionCall { subscriptionId: SUBSCRIPTION, to: STRANGER }.abi_encode()),
            (r, R::removeConsumerCall { subscriptionId: SUBSCRIPTION, consumer: CONSUMER }.abi_encode()),
            (
                r,
                R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![Scene::stored(request)] }
                    .abi_encode(),
            ),
            (
                r,
                R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![Scene::stored(&other)] }
                    .abi_encode(),
            ),
            (r, R::getSubscriptionCall { subscriptionId: SUBSCRIPTION }.abi_encode()),
            (r, R::getConsumerCall { client: CONSUMER, subscriptionId: SUBSCRIPTION }.abi_encode()),
            (r, R::pendingRequestExistsCall { subscriptionId: SUBSCRIPTION }.abi_encode()),
            (r, R::createSubscriptionCall {}.abi_encode()),
            (r, R::oracleWithdrawCall { recipient: STRANGER, amount }.abi_encode()),
            (c, C::oracleWithdrawCall { recipient: STRANGER, amount }.abi_encode()),
            (c, s.report(&[(request, &[1; 32], &[])]).calldata()),
            (c, s.report(&[(&other, &[1; 32], &[])]).calldata()),
            (
                link,
                abi::Link::transferAndCallCall {
                    to: r,
                    amount: U256::from(3),
                    data: U256::from(SUBSCRIPTION).to_be_bytes::<32>().into(),
                }
                .abi_encode(),
            ),
        ]
    };
    s.twin.ok(SUBSCRIBER, link, &abi::Link::transferCall { to: CONSUMER, amount: U256::from(1_000) });
    let count = calls(&other, &s).len();
    for index in 0..count {
        s.twin.both(|side| side.0.set_code(CONSUMER, Bytes::new()));
        let request = s.request(&[index as u8], 300_000);
        let (to, data) = calls(&request, &s).swap_remove(index);
        let code = puppet::calls(to, &data);
        s.twin.both(|side| side.0.set_code(CONSUMER, code.clone()));
        let report = s.report(&[(&request, &[1; 32], &[])]);
        s.transmit(&format!("re-entrant callback {index}"), 0, &report);
        s.books();
    }
    // The consumer owns its subscription.
    s.twin.both(|side| side.0.set_code(CONSUMER, Bytes::new()));
    let receipt = s.twin.ok(CONSUMER, r, &R::createSubscriptionWithConsumerCall { consumer: CONSUMER });
    let id: u64 = U256::from_be_slice(&receipt.output).to();
    s.fund(id, LINK);
    let owned = R::sendRequestCall { subscriptionId: id, ..next.clone() };
    let owned = R::sendRequestCall { callbackGasLimit: 300_000, ..owned };
    for data in [
        R::cancelSubscriptionCall { subscriptionId: id, to: CONSUMER }.abi_encode(),
        R::removeConsumerCall { subscriptionId: id, consumer: CONSUMER }.abi_encode(),
        R::addConsumerCall { subscriptionId: id, consumer: STRANGER }.abi_encode(),
        R::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: STRANGER }.abi_encode(),
    ] {
        s.twin.both(|side| side.0.set_code(CONSUMER, Bytes::new()));
        let receipt = s.twin.ok(CONSUMER, r, &owned);
        let request = s.seen(&receipt);
        let code = puppet::calls(r, &data);
        s.twin.both(|side| side.0.set_code(CONSUMER, code.clone()));
        let report = s.report(&[(&request, &[1; 32], &[])]);
        s.transmit("callback of an owner", 0, &report);
        s.twin.ask(r, &R::getSubscriptionCall { subscriptionId: id });
        s.twin.ask(r, &R::getConsumerCall { client: CONSUMER, subscriptionId: id });
    }
}
