//! The reference's own consumer on both Routers, each Router with the other's Coordinator, and the gas a callback is
//! given.

use alloy::{
    primitives::{Address, Bytes, TxKind, U256},
    sol,
    sol_types::{SolCall, SolError, SolEvent, SolValue},
};
use differential_tests::{chain::Side, puppet, scene::*, twin::reference_code};
use functions_types::abi::{self, Coordinator as C, Router as R};

use crate::scene;

sol! {
    interface Example {
        function sendRequest(string source, bytes secrets, string[] args, uint64 subscriptionId, bytes32 jobId) external;
        function s_lastRequestId() external view returns (bytes32);
        function s_lastResponse() external view returns (bytes32);
        function s_lastError() external view returns (bytes32);
        function s_lastResponseLength() external view returns (uint32);
        function handleOracleFulfillment(bytes32 requestId, bytes response, bytes err) external;
    }
}

/// The upstream example travels all the way, on every pair of Router and Coordinator.
#[test]
fn the_example_of_the_reference() {
    for pair in [Pair::Ours, Pair::OurRouter, Pair::OurCoordinator] {
        let mut s = scene!(Setup { pair, ..Setup::default() });
        s.free_gas();
        let r = s.router;
        let Some(code) = reference_code("client") else { return };
        let code = [code, r.abi_encode()].concat();
        let mut client = STRANGER;
        s.twin.both(|side: &mut Side| client = side.create(SUBSCRIBER, code.clone()).0);
        s.twin.ok(SUBSCRIBER, r, &R::addConsumerCall { subscriptionId: SUBSCRIPTION, consumer: client });
        for (result, error) in [(vec![1; 32], vec![]), (vec![], vec![2; 256]), (vec![3; 5], vec![])] {
            let call = Example::sendRequestCall {
                source: "return 1".into(),
                secrets: vec![9; 20].into(),
                args: vec!["a".into(), "b".into()],
                subscriptionId: SUBSCRIPTION,
                jobId: don_id(),
            };
            let receipt = s.twin.ok(SUBSCRIBER, client, &call);
            let request = s.seen(&receipt);
            let direct = Example::handleOracleFulfillmentCall {
                requestId: request.requestId,
                response: Bytes::new(),
                err: Bytes::new(),
            };
            s.twin.fails(STRANGER, client, &direct, abi::Client::OnlyRouterCanFulfill::SELECTOR);
            let report = s.report(&[(&request, &result, &error)]);
            let receipt = s.transmit("transmit", 0, &report);
            let fulfilled = abi::Client::RequestFulfilled::SIGNATURE_HASH;
            assert!(receipt.logs.iter().any(|log| log.topics()[0] == fulfilled));
            s.twin.ask(client, &Example::s_lastRequestIdCall {});
            s.twin.ask(client, &Example::s_lastResponseCall {});
            s.twin.ask(client, &Example::s_lastResponseLengthCall {});
            s.twin.ask(client, &Example::s_lastErrorCall {});
        }
        s.books();
    }
}

/// What the Router and the Coordinator refuse, the consumer's caller is told.
#[test]
fn refusals_pass_through_the_client() {
    let mut s = scene!();
    let (r, c) = (s.router, s.coordinator);
    let Some(code) = reference_code("client") else { return };
    let code = [code, r.abi_encode()].concat();
    let mut client = STRANGER;
    s.twin.both(|side: &mut Side| client = side.create(SUBSCRIBER, code.clone()).0);
    let call = Example::sendRequestCall {
        source: "return 1".into(),
        secrets: Bytes::new(),
        args: vec![],
        subscriptionId: SUBSCRIPTION,
        jobId: don_id(),
    };
    s.twin.fails(SUBSCRIBER, client, &call, R::InvalidConsumer::SELECTOR);
    s.twin.ok(SUBSCRIBER, r, &R::addConsumerCall { subscriptionId: SUBSCRIPTION, consumer: client });
    let config = abi::RouterConfig { maxCallbackGasLimits: vec![5], ..router_config() };
    s.twin.ok(OWNER, r, &R::updateConfigCall { config });
    s.twin.fails(SUBSCRIBER, client, &call, R::GasLimitTooBig { limit: 5 }.abi_encode());
    s.twin.ok(OWNER, r, &R::updateConfigCall { config: router_config() });
    let config = abi::BillingConfig { donFeeCentsUsd: u16::MAX, ..billing_config() };
    s.twin.ok(OWNER, c, &C::updateConfigCall { config });
    s.twin.ok(SUBSCRIBER, r, &R::createSubscriptionWithConsumerCall { consumer: client });
    let poor = Example::sendRequestCall { subscriptionId: SUBSCRIPTION + 1, ..call };
    s.twin.fails(SUBSCRIBER, client, &poor, C::InsufficientBalance::SELECTOR);
}

/// Whatever gas a transmitter sends: a callback gets exactly what it asked for, or the request stays open.
#[test]
fn a_callback_never_gets_less() {
    const LIMIT: u32 = 100_000;
    let mut s = scene!();
    s.free_gas();
    let request = s.request(&[1], LIMIT);
    s.twin.both(|side| side.0.set_code(CONSUMER, puppet::returns_gas()));
    let data = Bytes::from(s.report(&[(&request, &[1; 32], &[])]).calldata());
    let (from, c) = (s.oracles[0].transmitter, s.coordinator);
    let mut results = [0; 3];
    for gas in (60_000..520_000).step_by(2_500) {
        for side in [&mut s.twin.ours, &mut s.twin.reference] {
            let before = side.0.snapshot();
            let receipt = side.transact(from, TxKind::Call(c), U256::ZERO, data.clone(), gas);
            let given = receipt.logs.iter().find_map(|log| R::RequestProcessed::decode_log(log).ok());
            let refused = receipt.logs.iter().find_map(|log| R::RequestNotProcessed::decode_log(log).ok());
            match (receipt.success, given, refused) {
                (false, None, None) => results[0] += 1,
                (true, None, Some(refused)) => {
                    assert_eq!(refused.resultCode, 4);
                    results[1] += 1;
                }
                (true, Some(given), None) => {
                    assert_eq!(given.resultCode, 0);
                    let gas = U256::from(LIMIT - 2).abi_encode();
                    assert_eq!(given.callbackReturnData.as_ref(), gas, "with {gas:?} gas");
                    results[2] += 1;
                }
                other => panic!("with {gas} gas: {other:?}"),
            }
            assert!(side.0.revert(before));
        }
    }
    assert!(results.iter().all(|count| *count > 10), "{results:?}");
}

/// At real prices the callback's gas is billed: the same but for the engine's own overhead.
#[test]
fn the_price_of_a_callback() {
    let mut s = scene!();
    s.twin.watched.clear();
    for code in [puppet::returns(&[]), puppet::burns(), puppet::reverts(&[1; 100])] {
        s.twin.both(|side| side.0.set_code(CONSUMER, Bytes::new()));
        let request = s.request(&[1], 100_000);
        s.twin.both(|side| side.0.set_code(CONSUMER, code.clone()));
        let data = s.report(&[(&request, &[1; 32], &[])]).calldata();
        let (from, c) = (s.oracles[0].transmitter, s.coordinator);
        let bill = |side: &mut Side| {
            let receipt = side.send(from, c, data.clone());
            let billed = receipt.logs.iter().find_map(|log| C::RequestBilled::decode_log(log).ok());
            let mut billed = billed.expect("RequestBilled").data;
            let gas: u128 = billed.callbackCostJuels.to::<u128>() / billed.juelsPerGas.to::<u128>();
            billed.callbackCostJuels = U256::ZERO.to();
            (gas, billed.encode_data())
        };
        let (ours, theirs) = (bill(&mut s.twin.ours), bill(&mut s.twin.reference));
        assert_eq!(ours.1, theirs.1);
        assert!(ours.0.abs_diff(theirs.0) <= 200, "{} and {} gas", ours.0, theirs.0);
    }
}

/// A Coordinator without a Router is not built.
#[test]
fn a_router_must_be_set() {
    let mut s = scene!();
    let Some(code) = reference_code("coordinator") else { return };
    let config = billing_config();
    let constructor = (Address::ZERO, config.clone(), NATIVE_FEED, USD_FEED);
    let (_, theirs) = s.twin.reference.create(OWNER, [code, constructor.abi_encode_params()].concat());
    let call = abi::Constructors::coordinatorCall {
        owner: OWNER,
        router: Address::ZERO,
        config,
        linkToNativeFeed: NATIVE_FEED,
        linkToUsdFeed: USD_FEED,
    };
    let (_, ours) = s.twin.ours.deploy(OWNER, "coordinator", &call.abi_encode()[4..]);
    s.twin.compare("constructor without a Router", &ours, &theirs);
    s.twin.reverted("constructor", &ours, C::RouterMustBeSet::SELECTOR);
}
