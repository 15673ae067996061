//! Prices, requests, timeouts.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolError},
};
use differential_tests::{puppet, scene::*};
use functions_types::abi::{self, Coordinator as C, Router as R};

use crate::scene;

const SUB: u64 = SUBSCRIPTION;

/// Every price there is.
fn prices(s: &mut Scene) {
    let c = s.coordinator;
    s.twin.ask(c, &C::getWeiPerUnitLinkCall {});
    s.twin.ask(c, &C::getUsdPerUnitLinkCall {});
    s.twin.ask(c, &C::getDONFeeJuelsCall(vec![].into()));
    s.twin.ask(c, &C::getOperationFeeJuelsCall {});
    let ceiling = U256::from(1_000_000_000_000_000_u64);
    for (gas, price) in [
        (0, U256::ZERO),
        (300_000, U256::from(100_000_000)),
        (300_000, ceiling),
        (0, ceiling + U256::ONE),
        (0, U256::MAX),
        (300_001, U256::MAX),
        (u32::MAX, U256::ZERO),
    ] {
        let call = C::estimateCostCall {
            subscriptionId: SUB,
            data: vec![].into(),
            callbackGasLimit: gas,
            gasPriceWei: price,
        };
        s.twin.ask(c, &call);
    }
    let (router, call) = (s.router, s.send_request(&[1, 2, 3], 200_000));
    let _ = s.twin.call("request", CONSUMER, router, &call.abi_encode());
}

#[test]
fn feeds() {
    let mut s = scene!();
    let now = s.twin.ours.0.latest().header.timestamp;
    let most = (U256::ONE << 255) - U256::ONE;
    for staleness in [0, 1, 86_400, u32::MAX] {
        let config = abi::BillingConfig { feedStalenessSeconds: staleness, ..billing_config() };
        let c = s.coordinator;
        s.twin.ok(OWNER, c, &C::updateConfigCall { config });
        for updated in [now, now - 1, now - 2, now - 86_400, now - 86_401, now + 1, 0] {
            s.feed(NATIVE_FEED, 18, U256::from(6_000_000_000_000_000_u64), U256::from(updated));
            prices(&mut s);
            s.feed(USD_FEED, 8, U256::from(1_500_000_000), U256::from(updated));
            prices(&mut s);
        }
    }
    let stamp = U256::from(now);
    for answer in [U256::ZERO, U256::ONE, U256::from(7), U256::MAX, U256::ONE << 255, most, U256::ONE << 200]
    {
        for feed in [NATIVE_FEED, USD_FEED] {
            for decimals in [0, 8, 18, 40, 58, 59, 60, 77, 78, 255] {
                s.feed(feed, decimals, answer, stamp);
                prices(&mut s);
            }
            s.feed(NATIVE_FEED, 18, U256::from(6_000_000_000_000_000_u64), stamp);
            s.feed(USD_FEED, 8, U256::from(1_500_000_000), stamp);
        }
    }
    // Feeds that do not answer as feeds do.
    let word = |n: u8| B256::with_last_byte(n).to_vec();
    let codes = [
        puppet::returns(&[]),
        puppet::returns(&word(8)),
        puppet::returns(&[word(1), word(1), word(1), word(1), vec![0xff; 32]].concat()),
        puppet::returns(&[vec![0xff; 32], word(1), word(1), word(1), word(1)].concat()),
        puppet::returns(&[[0; 159].as_slice()].concat()),
        puppet::returns(&[[7; 200].as_slice()].concat()),
        puppet::reverts(&[1, 2, 3]),
        puppet::burns(),
        Default::default(),
    ];
    for code in codes {
        for feed in [NATIVE_FEED, USD_FEED] {
            s.twin.both(|side| side.0.set_code(feed, code.clone()));
            prices(&mut s);
            s.feed(NATIVE_FEED, 18, U256::from(6_000_000_000_000_000_u64), stamp);
            s.feed(USD_FEED, 8, U256::from(1_500_000_000), stamp);
        }
    }
}

#[test]
fn prices_at_the_edges_of_the_configuration() {
    let mut s = scene!();
    let c = s.coordinator;
    let base = billing_config;
    let configs = [
        abi::BillingConfig { fulfillmentGasPriceOverEstimationBP: 0, ..base() },
        abi::BillingConfig { fulfillmentGasPriceOverEstimationBP: u32::MAX, ..base() },
        abi::BillingConfig { gasOverheadBeforeCallback: u32::MAX, ..base() },
        abi::BillingConfig { gasOverheadAfterCallback: u32::MAX - 105_000, ..base() },
        abi::BillingConfig { gasOverheadBeforeCallback: 0, gasOverheadAfterCallback: 0, ..base() },
        abi::BillingConfig { minimumEstimateGasPriceWei: U256::from((1_u64 << 40) - 1).to(), ..base() },
        abi::BillingConfig { minimumEstimateGasPriceWei: U256::ZERO.to(), ..base() },
        abi::BillingConfig { donFeeCentsUsd: u16::MAX, operationFeeCentsUsd: u16::MAX, ..base() },
        abi::BillingConfig { donFeeCentsUsd: 0, operationFeeCentsUsd: 0, ..base() },
        abi::BillingConfig { fallbackNativePerUnitLink: U256::ZERO.to(), ..base() },
        abi::BillingConfig { fallbackNativePerUnitLink: U256::ONE.to(), ..base() },
        abi::BillingConfig { fallbackNativePerUnitLink: U256::MAX.wrapping_to(), ..base() },
        abi::BillingConfig { fallbackUsdPerUnitLink: 0, ..base() },
        abi::BillingConfig { fallbackUsdPerUnitLink: u64::MAX, fallbackUsdPerUnitLinkDecimals: 0, ..base() },
        abi::BillingConfig { fallbackUsdPerUnitLink: 1, fallbackUsdPerUnitLinkDecimals: 4, ..base() },
        abi::BillingConfig { fallbackUsdPerUnitLink: 1, fallbackUsdPerUnitLinkDecimals: 11, ..base() },
        abi::BillingConfig { fallbackUsdPerUnitLinkDecimals: 60, ..base() },
        abi::BillingConfig { fallbackUsdPerUnitLinkDecimals: 255, ..base() },
        abi::BillingConfig { requestTimeoutSeconds: u32::MAX, ..base() },
        abi::BillingConfig { requestTimeoutSeconds: 0, maxSupportedRequestDataVersion: 0, ..base() },
    ];
    for config in configs {
        s.twin.ok(OWNER, c, &C::updateConfigCall { config });
        prices(&mut s);
        let now = U256::from(s.twin.ours.0.latest().header.timestamp);
        let day = U256::from(100_000);
        s.feed(NATIVE_FEED, 18, U256::ONE, now - day);
        s.feed(USD_FEED, 8, U256::ONE, now - day);
        prices(&mut s);
        s.feed(NATIVE_FEED, 18, U256::from(6_000_000_000_000_000_u64), now);
        s.feed(USD_FEED, 8, U256::from(1_500_000_000), now);
    }
}

#[test]
fn requests_and_their_errors() {
    let mut s = scene!();
    let r = s.router;
    let good = s.send_request(&[1; 73], 100_000);
    let with = |change: &dyn Fn(&mut R::sendRequestCall)| {
        let mut call = good.clone();
        change(&mut call);
        call
    };
    s.twin.fails(CONSUMER, r, &with(&|c| c.donId = B256::ZERO), R::RouteNotFound::SELECTOR);
    s.twin.fails(CONSUMER, r, &with(&|c| c.subscriptionId = 0), R::InvalidSubscription::SELECTOR);
    s.twin.fails(CONSUMER, r, &with(&|c| c.subscriptionId = 5), R::InvalidSubscription::SELECTOR);
    s.twin.fails(STRANGER, r, &good, R::InvalidConsumer::SELECTOR);
    s.twin.fails(STRANGER, r, &with(&|c| c.data = vec![].into()), R::InvalidConsumer::SELECTOR);
    s.twin.fails(CONSUMER, r, &with(&|c| c.callbackGasLimit = 300_001), R::GasLimitTooBig::SELECTOR);
    s.twin.ok(OWNER, r, &R::setFlagsCall { subscriptionId: SUB, flags: B256::repeat_byte(3) });
    s.twin.fails(CONSUMER, r, &with(&|c| c.data = vec![].into()), R::InvalidGasFlagValue::SELECTOR);
    s.twin.ok(OWNER, r, &R::setFlagsCall { subscriptionId: SUB, flags: B256::repeat_byte(1) });
    s.twin.fails(CONSUMER, r, &with(&|c| c.data = vec![].into()), R::EmptyRequestData::SELECTOR);
    s.twin.fails(CONSUMER, r, &with(&|c| c.dataVersion = 2), C::UnsupportedRequestDataVersion::SELECTOR);
    for (len, gas, version) in [(1, 0, 0), (31, 1, 1), (32, 100_000, 0), (33, 500_000, 1), (1_024, 5, 1)] {
        let call = with(&|c| {
            c.data = vec![len as u8; len].into();
            c.callbackGasLimit = gas;
            c.dataVersion = version;
        });
        s.twin.ok(CONSUMER, r, &call);
    }
    // The same again is another request, because it counts.
    s.twin.ok(CONSUMER, r, &good);
    s.twin.ok(CONSUMER, r, &good);
    // Nothing left.
    let receipt = s.twin.ok(STRANGER, r, &R::createSubscriptionWithConsumerCall { consumer: CONSUMER });
    let id: u64 = U256::from_be_slice(&receipt.output).to();
    let poor = with(&|c| c.subscriptionId = id);
    s.twin.fails(CONSUMER, r, &poor, C::InsufficientBalance::SELECTOR);
    s.fund(id, LINK / 50);
    for _ in 0..4 {
        s.twin.run(CONSUMER, r, &poor);
    }
    s.twin.ask(r, &R::getSubscriptionCall { subscriptionId: id });
    s.twin.ask(r, &R::getConsumerCall { client: CONSUMER, subscriptionId: id });
    // An admin fee is part of the reservation.
    let config = abi::RouterConfig { adminFee: U256::from(77_777).to(), ..router_config() };
    s.twin.ok(OWNER, r, &R::updateConfigCall { config });
    s.twin.ok(CONSUMER, r, &good);
    prices(&mut s);
}

#[test]
fn gas_prices_and_the_parent_chains_fee() {
    for chain_id in [42_161, 421_614, 421_613, 412_346, 1] {
        let mut s = scene!(Setup { chain_id, l1_price: 1_000_000_000, ..Setup::default() });
        for gas_price in [100_000_000_u64, 3_000_001, 1_000_000_007, 40_000_000_000] {
            s.twin.both(|side| side.0.set_base_fee(gas_price));
            let request = s.request(&[1; 500], 100_000);
            prices(&mut s);
            let report = s.report(&[(&request, &[5; 40], &[])]);
            // The consumer has no code: every juel is determined.
            s.transmit("fulfill", 1, &report);
            s.books();
        }
    }
}

#[test]
fn other_coordinators() {
    // What the Router makes of a Coordinator that answers something else.
    let mut s = scene!();
    let (r, other, id) = (s.router, Address::repeat_byte(0x99), B256::repeat_byte(8));
    s.route(id, other);
    let request = s.request(&[1; 73], 100_000);
    let good = Scene::stored(&request);
    let own = abi::Commitment {
        requestId: B256::repeat_byte(0x42),
        client: STRANGER,
        adminFee: U256::from(9).to(),
        ..good.clone()
    };
    let answer = |c: &abi::Commitment| puppet::returns(&alloy::sol_types::SolValue::abi_encode(c));
    let mut dirty = alloy::sol_types::SolValue::abi_encode(&own);
    dirty[32] = 1;
    let codes = [
        Default::default(),
        puppet::returns(&[]),
        puppet::returns(&alloy::sol_types::SolValue::abi_encode(&own)[..351]),
        puppet::returns(&dirty),
        puppet::reverts(&[1, 2, 3, 4]),
        puppet::reverts(&[]),
        puppet::burns(),
        answer(&good),
        answer(&own),
        answer(&own),
        answer(&abi::Commitment { requestId: B256::ZERO, ..own.clone() }),
        answer(&abi::Commitment {
            requestId: B256::repeat_byte(3),
            estimatedTotalCostJuels: U256::from(u128::MAX >> 32).to(),
            ..own.clone()
        }),
        answer(&abi::Commitment {
            requestId: B256::repeat_byte(5),
            estimatedTotalCostJuels: U256::ONE.to(),
            ..own
        }),
    ];
    for code in codes {
        s.twin.both(|side| side.0.set_code(other, code.clone()));
        let call = R::sendRequestCall { donId: id, ..s.send_request(&[1, 2], 5) };
        s.twin.run(CONSUMER, r, &call);
    }
}

#[test]
fn timeouts() {
    let mut s = scene!();
    let (r, c) = (s.router, s.coordinator);
    let first = s.request(&[1], 1_000);
    let second = s.request(&[2], 1_000);
    let call = |list: &[&Request]| R::timeoutRequestsCall {
        requestsToTimeoutByCommitment: list.iter().map(|request| Scene::stored(request)).collect(),
    };
    s.twin.ok(STRANGER, r, &call(&[]));
    s.twin.fails(STRANGER, r, &call(&[&first]), R::TimeoutNotExceeded::SELECTOR);
    let event_form = R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![first.commitment.clone()] };
    s.twin.fails(STRANGER, r, &event_form, R::InvalidCalldata::SELECTOR);
    let unknown = abi::Commitment { requestId: B256::ZERO, ..Scene::stored(&first) };
    let unknown = R::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![unknown] };
    s.twin.fails(STRANGER, r, &unknown, R::InvalidCalldata::SELECTOR);
    s.advance(299);
    s.twin.fails(STRANGER, r, &call(&[&first]), R::TimeoutNotExceeded::SELECTOR);
    s.advance(1);
    s.twin.fails(STRANGER, r, &call(&[&first, &first]), R::InvalidCalldata::SELECTOR);
    s.twin.ok(STRANGER, r, &call(&[&second, &first]));
    s.twin.fails(STRANGER, r, &call(&[&first]), R::InvalidCalldata::SELECTOR);
    let report = s.report(&[(&first, &[1], &[])]);
    s.transmit("fulfill what timed out", 0, &report);
    let delete = C::deleteCommitmentCall { requestId: B256::ZERO };
    s.twin.fails(STRANGER, c, &delete, C::OnlyCallableByRouter::SELECTOR);
    s.twin.ok(r, c, &delete);
    let request = abi::RequestMeta::default();
    s.twin.fails(OWNER, c, &C::startRequestCall { request }, C::OnlyCallableByRouter::SELECTOR);
}
