//! The Coordinator under the rules of 1.3.1, beside the reference of that version.

use alloy::{
    primitives::{U256, aliases::U40},
    sol_types::{SolCall, SolValue},
};
use differential_tests::{scene::*, twin::reference_code};
use functions_types::{
    FulfillResult,
    abi::{self, BillingConfigV131, Coordinator as C, CoordinatorV131 as New},
};

use crate::{malformed::damage, text};

/// Chains without and with an L1 fee, and what a unit of L1 data costs there.
const CHAINS: [(u64, u128); 4] =
    [(412_346, 1_000_000_000), (42_161, 0), (42_161, 1_000_000_000), (421_614, 7_777_777)];

fn config(old: abi::BillingConfig, transmit_tx_size_bytes: u16) -> BillingConfigV131 {
    BillingConfigV131 {
        fulfillmentGasPriceOverEstimationBP: old.fulfillmentGasPriceOverEstimationBP,
        feedStalenessSeconds: old.feedStalenessSeconds,
        gasOverheadBeforeCallback: old.gasOverheadBeforeCallback,
        gasOverheadAfterCallback: old.gasOverheadAfterCallback,
        minimumEstimateGasPriceWei: old.minimumEstimateGasPriceWei,
        maxSupportedRequestDataVersion: old.maxSupportedRequestDataVersion,
        fallbackUsdPerUnitLink: old.fallbackUsdPerUnitLink,
        fallbackUsdPerUnitLinkDecimals: old.fallbackUsdPerUnitLinkDecimals,
        fallbackNativePerUnitLink: old.fallbackNativePerUnitLink,
        requestTimeoutSeconds: old.requestTimeoutSeconds,
        donFeeCentsUsd: old.donFeeCentsUsd,
        operationFeeCentsUsd: old.operationFeeCentsUsd,
        transmitTxSizeBytes: transmit_tx_size_bytes,
    }
}

/// The usual scene, but the DON's route leads to a Coordinator of 1.3.1 on both chains.
fn scene(chain_id: u64, l1_price: u128) -> Option<Scene> {
    let code = reference_code("coordinator_1_3_1")?;
    let mut scene = Scene::with(Setup { chain_id, l1_price, ..Setup::default() })?;
    let config = config(billing_config(), 1_764);
    let (router, feeds) = (scene.router, (NATIVE_FEED, USD_FEED));
    let parameters = (router, config.clone(), feeds.0, feeds.1).abi_encode_params();
    let ours = (OWNER, router, config, feeds.0, feeds.1).abi_encode_params();
    scene.coordinator = place(&mut scene.twin, Some("coordinator_1_3_1"), &ours, [code, parameters].concat());
    scene.route(don_id(), scene.coordinator);
    scene.configure();
    Some(scene)
}

macro_rules! scenes {
    () => {
        CHAINS.into_iter().map_while(|(chain_id, l1_price)| scene(chain_id, l1_price))
    };
}

#[test]
fn configuration() {
    for mut s in scenes!() {
        let c = s.coordinator;
        s.twin.ask(c, &C::typeAndVersionCall {});
        s.twin.ask(c, &New::getConfigCall {});
        for (bytes, bp) in [(0, 0), (u16::MAX, u32::MAX), (1, 10_000), (1_764, 5_000)] {
            let old = abi::BillingConfig { fulfillmentGasPriceOverEstimationBP: bp, ..billing_config() };
            let call = New::updateConfigCall { config: config(old, bytes) };
            s.twin.fails(STRANGER, c, &call, text("Only callable by owner"));
            s.twin.ok(OWNER, c, &call);
            s.twin.ask(c, &New::getConfigCall {});
            // Neither knows the configuration of 1.3.0.
            s.twin.fails(OWNER, c, &C::updateConfigCall { config: billing_config() }, []);
        }
    }
}

#[test]
fn estimates() {
    for mut s in scenes!() {
        let c = s.coordinator;
        for (bytes, bp, minimum) in [
            (1_764, 5_000, 100_000_000_u64),
            (0, 0, 0),
            (1, 1, 1),
            (u16::MAX, 12_345, 3),
            (1_764, u32::MAX, 0),
        ] {
            let old = abi::BillingConfig {
                fulfillmentGasPriceOverEstimationBP: bp,
                minimumEstimateGasPriceWei: U40::from(minimum),
                ..billing_config()
            };
            s.twin.ok(OWNER, c, &New::updateConfigCall { config: config(old, bytes) });
            for gas_price in
                [0_u64, 1, 99_999_999, 100_000_001, 123_456_789, 1_000_000_000_000_000, 1_000_000_000_000_001]
            {
                for gas in [0, 1, 100_003, 300_000, 300_001] {
                    let call = C::estimateCostCall {
                        subscriptionId: SUBSCRIPTION,
                        data: vec![1; 40].into(),
                        callbackGasLimit: gas,
                        gasPriceWei: U256::from(gas_price),
                    };
                    s.twin.ask(c, &call);
                }
            }
        }
        // What overflows in the one overflows in the other.
        let old = abi::BillingConfig {
            gasOverheadBeforeCallback: u32::MAX,
            fulfillmentGasPriceOverEstimationBP: u32::MAX,
            ..billing_config()
        };
        s.twin.ok(OWNER, c, &New::updateConfigCall { config: config(old, 9) });
        s.request_refused();
    }
}

trait Refused {
    fn request_refused(&mut self);
}

impl Refused for Scene {
    /// A request both refuse, whatever the reason.
    fn request_refused(&mut self) {
        let call = self.send_request(&[1; 40], 100_000);
        assert!(!self.twin.run(CONSUMER, self.router, &call).success);
    }
}

#[test]
fn requests_and_reports() {
    for mut s in scenes!() {
        let requests: Vec<_> =
            [1_usize, 73, 700].iter().map(|len| s.request(&vec![7; *len], 100_000)).collect();
        // The share of the L1 fee follows the length of the calldata and the number of entries.
        let one = s.report(&[(&requests[0], &[5; 32], &[])]);
        s.transmit("one", 0, &one);
        let two = s.report(&[(&requests[1], &[5; 257], &[]), (&requests[2], &[], &[6; 31])]);
        s.transmit("two", 1, &two);
        s.books();
        let link = s.link;
        for account in [s.router, OWNER, SUBSCRIBER] {
            s.twin.ask(link, &abi::Link::balanceOfCall { account });
        }
    }
}

#[test]
fn a_larger_transmit_than_was_estimated_is_not_paid() {
    let Some(mut s) = scene(42_161, 50_000_000) else { return };
    let c = s.coordinator;
    let old = abi::BillingConfig { fulfillmentGasPriceOverEstimationBP: 0, ..billing_config() };
    s.twin.ok(OWNER, c, &New::updateConfigCall { config: config(old, 100) });
    let request = s.request(&[1; 73], 100_000);
    let report = s.report(&[(&request, &[5; 256], &[])]);
    let receipt = s.transmit("too large", 0, &report);
    assert!(receipt.success);
    let refused = receipt.logs.iter().find_map(|log| {
        alloy::sol_types::SolEvent::decode_log(log)
            .ok()
            .map(|event: alloy::primitives::Log<abi::Router::RequestNotProcessed>| event.resultCode)
    });
    assert_eq!(refused, Some(FulfillResult::CostExceedsCommitment.code()));
    s.books();
}

#[test]
fn damaged_calldata() {
    let Some(mut s) = scene(42_161, 1_000_000) else { return };
    let c = s.coordinator;
    let call = New::updateConfigCall { config: config(billing_config(), 1_764) }.abi_encode();
    damage(&mut s.twin, "updateConfig", OWNER, c, &call);
    damage(&mut s.twin, "updateConfig", STRANGER, c, &call);
    damage(&mut s.twin, "getConfig", STRANGER, c, &New::getConfigCall {}.abi_encode());
}
