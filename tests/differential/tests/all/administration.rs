//! Configuration, routes, keys, ownership of both contracts.

use alloy::primitives::{Address, B256, Bytes, U256};
use differential_tests::scene::*;
use functions_types::abi::{self, Coordinator as C, Router as R};

use alloy::sol_types::SolError;

use crate::{scene, text};

const HEIR: Address = Address::repeat_byte(0x88);

#[test]
fn ownership() {
    let mut s = scene!();
    // The selectors are the same on both contracts.
    for to in [s.router, s.coordinator] {
        let t = &mut s.twin;
        let transfer = |to| R::transferOwnershipCall { to };
        t.fails(STRANGER, to, &transfer(HEIR), text("Only callable by owner"));
        t.fails(OWNER, to, &transfer(OWNER), text("Cannot transfer to self"));
        t.fails(HEIR, to, &R::acceptOwnershipCall {}, text("Must be proposed owner"));
        t.ok(OWNER, to, &transfer(HEIR));
        t.ok(OWNER, to, &transfer(HEIR));
        t.ok(OWNER, to, &transfer(Address::ZERO));
        t.fails(HEIR, to, &R::acceptOwnershipCall {}, text("Must be proposed owner"));
        t.ok(OWNER, to, &transfer(HEIR));
        t.ok(HEIR, to, &R::acceptOwnershipCall {});
        t.ask(to, &R::ownerCall {});
        t.fails(HEIR, to, &R::acceptOwnershipCall {}, text("Must be proposed owner"));
        t.fails(OWNER, to, &transfer(STRANGER), text("Only callable by owner"));
        t.ask(to, &R::typeAndVersionCall {});
    }
}

#[test]
fn router_configuration() {
    let mut s = scene!();
    let r = s.router;
    let configs = [
        abi::RouterConfig::default(),
        abi::RouterConfig {
            maxConsumersPerSubscription: u16::MAX,
            adminFee: U256::MAX.wrapping_to(),
            handleOracleFulfillmentSelector: [1, 2, 3, 4].into(),
            gasForCallExactCheck: u16::MAX,
            maxCallbackGasLimits: vec![u32::MAX; 20],
            subscriptionDepositMinimumRequests: u16::MAX,
            subscriptionDepositJuels: U256::MAX.wrapping_to(),
        },
        abi::RouterConfig { maxCallbackGasLimits: vec![5], ..router_config() },
        abi::RouterConfig { maxCallbackGasLimits: (1..=300).collect(), ..router_config() },
        router_config(),
    ];
    for config in configs {
        let call = R::updateConfigCall { config };
        s.twin.fails(STRANGER, r, &call, text("Only callable by owner"));
        s.twin.ok(OWNER, r, &call);
        s.twin.ask(r, &R::getConfigCall {});
        s.twin.ask(r, &R::getAdminFeeCall {});
        let c = s.coordinator;
        s.twin.ask(c, &C::getAdminFeeJuelsCall {});
        for flags in [0, 1, 2, 3, 19, 20, 255] {
            let flags = B256::repeat_byte(flags);
            s.twin.ok(OWNER, r, &R::setFlagsCall { subscriptionId: SUBSCRIPTION, flags });
            for callback_gas in [0, 5, 6, 300, 300_001, u32::MAX] {
                let call = R::isValidCallbackGasLimitCall {
                    subscriptionId: SUBSCRIPTION,
                    callbackGasLimit: callback_gas,
                };
                s.twin.ask(r, &call);
            }
        }
    }
}

#[test]
fn routes_and_proposals() {
    let mut s = scene!();
    let (r, c) = (s.router, s.coordinator);
    let propose = |ids: &[u8], to: &[Address]| R::proposeContractsUpdateCall {
        proposedContractSetIds: ids.iter().map(|id| B256::repeat_byte(*id)).collect(),
        proposedContractSetAddresses: to.to_vec(),
    };
    let invalid = R::InvalidProposal::SELECTOR;
    let t = &mut s.twin;
    t.fails(STRANGER, r, &propose(&[1], &[HEIR, HEIR]), text("Only callable by owner"));
    t.fails(STRANGER, r, &R::updateContractsCall {}, text("Only callable by owner"));
    t.fails(OWNER, r, &propose(&[1], &[]), invalid);
    t.fails(OWNER, r, &propose(&[1], &[HEIR, HEIR]), invalid);
    t.fails(OWNER, r, &propose(&[1; 9], &[HEIR; 9]), invalid);
    t.fails(OWNER, r, &propose(&[1, 2], &[HEIR, Address::ZERO]), invalid);
    t.ok(OWNER, r, &propose(&[1, 2, 3, 4, 5, 6, 7, 8], &[HEIR; 8]));
    let look = |t: &mut differential_tests::Twin| {
        t.ask(r, &R::getProposedContractSetCall {});
        for id in 0..10 {
            t.ask(r, &R::getProposedContractByIdCall { id: B256::repeat_byte(id) });
            t.ask(r, &R::getContractByIdCall { id: B256::repeat_byte(id) });
        }
    };
    look(t);
    t.ok(OWNER, r, &propose(&[1, 1, 2], &[HEIR, STRANGER, HEIR]));
    look(t);
    t.ok(OWNER, r, &R::updateContractsCall {});
    look(t);
    t.ok(OWNER, r, &R::updateContractsCall {});
    t.fails(OWNER, r, &propose(&[3, 1], &[HEIR, STRANGER]), invalid);
    t.ok(OWNER, r, &propose(&[1], &[HEIR]));
    t.ok(OWNER, r, &propose(&[], &[]));
    look(t);
    t.ok(OWNER, r, &propose(&[9], &[c]));
    let request = R::sendRequestToProposedCall {
        subscriptionId: SUBSCRIPTION,
        data: vec![5].into(),
        dataVersion: 1,
        callbackGasLimit: 5,
        donId: B256::repeat_byte(9),
    };
    t.ok(CONSUMER, r, &request);
    t.fails(
        CONSUMER,
        r,
        &R::sendRequestToProposedCall { donId: don_id(), ..request },
        R::RouteNotFound::SELECTOR,
    );
    t.ask(r, &R::getContractByIdCall { id: don_id() });
}

#[test]
fn coordinator_configuration_and_keys() {
    let mut s = scene!();
    let c = s.coordinator;
    let configs = [
        abi::BillingConfig::default(),
        abi::BillingConfig {
            fulfillmentGasPriceOverEstimationBP: u32::MAX,
            feedStalenessSeconds: u32::MAX,
            gasOverheadBeforeCallback: u32::MAX,
            gasOverheadAfterCallback: u32::MAX,
            minimumEstimateGasPriceWei: U256::MAX.wrapping_to(),
            maxSupportedRequestDataVersion: u16::MAX,
            fallbackUsdPerUnitLink: u64::MAX,
            fallbackUsdPerUnitLinkDecimals: u8::MAX,
            fallbackNativePerUnitLink: U256::MAX.wrapping_to(),
            requestTimeoutSeconds: u32::MAX,
            donFeeCentsUsd: u16::MAX,
            operationFeeCentsUsd: u16::MAX,
        },
        billing_config(),
    ];
    for config in configs {
        let call = C::updateConfigCall { config };
        s.twin.fails(STRANGER, c, &call, text("Only callable by owner"));
        s.twin.ok(OWNER, c, &call);
        s.twin.ask(c, &C::getConfigCall {});
        let request = s.send_request(&[1], 100_000);
        let r = s.router;
        let _ = s.twin.call("request", CONSUMER, r, &alloy::sol_types::SolCall::abi_encode(&request));
    }
    s.twin.fails(STRANGER, c, &C::getDONPublicKeyCall {}, C::EmptyPublicKey::SELECTOR);
    s.twin.fails(STRANGER, c, &C::getThresholdPublicKeyCall {}, C::EmptyPublicKey::SELECTOR);
    for len in [0, 1, 31, 32, 33, 64, 500, 31, 1, 0] {
        let key = Bytes::from(vec![len as u8; len]);
        let (don, threshold) = (
            C::setDONPublicKeyCall { donPublicKey: key.clone() },
            C::setThresholdPublicKeyCall { thresholdPublicKey: key },
        );
        s.twin.fails(STRANGER, c, &don, text("Only callable by owner"));
        s.twin.fails(STRANGER, c, &threshold, text("Only callable by owner"));
        s.twin.run(OWNER, c, &don);
        s.twin.ask(c, &C::getDONPublicKeyCall {});
        s.twin.ask(c, &C::getThresholdPublicKeyCall {});
        s.twin.run(OWNER, c, &threshold);
        s.twin.ask(c, &C::getDONPublicKeyCall {});
        s.twin.ask(c, &C::getThresholdPublicKeyCall {});
    }
}

#[test]
fn set_config() {
    let mut s = scene!(Setup { configured: false, ..Setup::default() });
    let c = s.coordinator;
    let look = |s: &mut Scene| {
        s.twin.ask(c, &C::latestConfigDetailsCall {});
        s.twin.ask(c, &C::latestConfigDigestAndEpochCall {});
        s.twin.ask(c, &C::transmittersCall {});
    };
    look(&mut s);
    let good = s.set_config();
    let with = |signers: usize, transmitters: usize, f: u8| C::setConfigCall {
        _signers: (0..signers).map(|i| Address::with_last_byte(i as u8 + 1)).collect(),
        _transmitters: (0..transmitters).map(|i| Address::with_last_byte(i as u8 + 101)).collect(),
        _f: f,
        ..good.clone()
    };
    let config = |message: &str| C::InvalidConfig { message: message.into() }.abi_encode();
    for from in [STRANGER, OWNER] {
        s.twin.fails(from, c, &with(32, 0, 0), config("too many signers"));
        s.twin.fails(from, c, &with(31, 0, 0), config("f must be positive"));
        s.twin.fails(from, c, &with(31, 30, 11), config("oracle addresses out of registration"));
        s.twin.fails(from, c, &with(3, 3, 1), config("faulty-oracle f too high"));
        s.twin.fails(from, c, &with(31, 31, 11), config("faulty-oracle f too high"));
        s.twin.fails(from, c, &with(31, 31, 255), config("faulty-oracle f too high"));
        s.twin.fails(from, c, &with(0, 0, 1), config("faulty-oracle f too high"));
    }
    s.twin.fails(STRANGER, c, &good, text("Only callable by owner"));
    let changed = |change: &dyn Fn(&mut C::setConfigCall)| {
        let mut call = good.clone();
        change(&mut call);
        call
    };
    type Change<'a> = &'a dyn Fn(&mut C::setConfigCall);
    let cases: [(Change<'_>, &str); 7] = [
        (&|c| c._signers[3] = Address::ZERO, "signer must not be empty"),
        (&|c| c._transmitters[3] = Address::ZERO, "transmitter must not be empty"),
        (&|c| c._signers[3] = c._signers[0], "repeated signer address"),
        (&|c| c._transmitters[3] = c._transmitters[0], "repeated transmitter address"),
        (&|c| c._signers[3] = c._transmitters[0], "repeated signer address"),
        (&|c| c._transmitters[0] = c._signers[0], "repeated transmitter address"),
        (&|c| c._transmitters[0] = c._signers[3], "repeated signer address"),
    ];
    for round in 0..2 {
        for (change, message) in &cases {
            s.twin.fails(OWNER, c, &changed(change), config(message));
        }
        s.twin.ok(OWNER, c, &good);
        look(&mut s);
        s.advance(40 * (round + 1));
        s.twin.ok(OWNER, c, &with(31, 31, 10));
        look(&mut s);
        s.twin.ok(OWNER, c, &with(4, 4, 1));
        look(&mut s);
        s.advance(7);
        let long = C::setConfigCall {
            _onchainConfig: vec![7; 33].into(),
            _offchainConfigVersion: u64::MAX,
            _offchainConfig: vec![9; 1_000].into(),
            ..good.clone()
        };
        s.twin.ok(OWNER, c, &long);
        look(&mut s);
    }
    // Roles change places.
    let swapped = C::setConfigCall {
        _signers: good._transmitters.clone(),
        _transmitters: good._signers.iter().rev().copied().collect(),
        ..good.clone()
    };
    s.twin.ok(OWNER, c, &swapped);
    look(&mut s);
}
