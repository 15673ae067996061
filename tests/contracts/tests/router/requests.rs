//! Sending requests.

use alloy::{
    primitives::{
        Address, B256, Bytes, U256,
        aliases::{U40, U72, U96},
        b256, hex, keccak256,
    },
    sol_types::{SolCall, SolValue},
};
use contract_tests::{log, puppet};
use functions_types::abi::{Commitment, Coordinator, RequestMeta, Router};

use crate::{ALICE, BOB, CAROL, CONSUMER, COORDINATOR, DON, LINK, OWNER, Scene, on_chain, priced, send};

#[test]
fn send_request_reserves_and_announces() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    scene.consumer_is(puppet::calls(scene.router, &send(id).abi_encode()));
    let receipt = scene.world.send(CAROL, CONSUMER, Bytes::new());
    let request_id = priced(1).requestId;
    assert_eq!(receipt.returns::<Router::sendRequestCall>(), request_id);
    let event = Router::RequestStart {
        requestId: request_id,
        donId: DON,
        subscriptionId: id,
        subscriptionOwner: ALICE,
        requestingContract: CONSUMER,
        requestInitiator: CAROL,
        data: Bytes::from_static(b"return 42"),
        dataVersion: 1,
        callbackGasLimit: 100_000,
        estimatedTotalCostJuels: U96::from(10 * LINK),
    };
    receipt.logs_are(&[log(scene.router, &event)]);
    let subscription = scene.view(&Router::getSubscriptionCall { subscriptionId: id });
    assert_eq!(subscription.blockedBalance, U96::from(10 * LINK));
    assert_eq!(subscription.balance, U96::from(100 * LINK));
    let record = scene.view(&Router::getConsumerCall { client: CONSUMER, subscriptionId: id });
    assert_eq!((record.initiatedRequests, record.completedRequests), (1, 0));
    scene.assert_solvent();
}

#[test]
fn the_coordinator_is_told_everything() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let mut flags = B256::repeat_byte(9);
    flags[0] = 1;
    scene.run(OWNER, &Router::setFlagsCall { subscriptionId: id, flags }).ok();
    let mut config = crate::config();
    config.adminFee = U72::from(12);
    scene.run(OWNER, &Router::updateConfigCall { config }).ok();
    scene.request(id, 1);
    let second = scene.request(id, 2);
    // With an admin fee that the commitment does not have, the hash does not fit: code 6, still pending.
    scene.fulfill(&second).ok();
    let with_fee = Commitment { adminFee: U72::from(12), ..second };
    scene.fulfill(&with_fee).ok();

    // It reverts with its calldata, so that the caller sees what was asked.
    scene.world.chain.set_code(COORDINATOR, hex!("365f5f37365ffd").into());
    let mut call = send(id);
    call.dataVersion = 7;
    call.callbackGasLimit = 400_000;
    call.data = vec![0xab; 77].into();
    let asked = Coordinator::startRequestCall {
        request: RequestMeta {
            data: call.data.clone(),
            flags,
            requestingContract: CONSUMER,
            availableBalance: U96::from(100 * LINK - 5 * LINK - 12 - with_gas(&scene, id) - 10 * LINK),
            adminFee: U72::from(12),
            subscriptionId: id,
            initiatedRequests: 2,
            callbackGasLimit: 400_000,
            dataVersion: 7,
            completedRequests: 1,
            subscriptionOwner: ALICE,
        },
    };
    scene.run(CONSUMER, &call).fails_with(&asked.abi_encode());
}

/// What the one callback cost, in juels: what the balance lacks beyond the fixed costs.
fn with_gas(scene: &Scene, id: u64) -> u128 {
    let balance = scene.view(&Router::getSubscriptionCall { subscriptionId: id }).balance;
    100 * LINK - 5 * LINK - 12 - balance.to::<u128>()
}

#[test]
fn send_request_checks_in_order() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let unknown_don = |mut call: Router::sendRequestCall| {
        call.donId = B256::ZERO;
        call
    };
    scene.run(OWNER, &Router::pauseCall {}).ok();
    scene.run(BOB, &unknown_don(send(9))).fails(Router::RouteNotFound { id: B256::ZERO });
    scene.run(BOB, &send(9)).fails_text("Pausable: paused");
    scene.run(OWNER, &Router::unpauseCall {}).ok();
    let mut bad = send(9);
    bad.callbackGasLimit = 300_001;
    bad.data = Bytes::new();
    scene.run(BOB, &bad).fails(Router::InvalidSubscription {});
    bad.subscriptionId = id;
    scene.run(BOB, &bad).fails(Router::InvalidConsumer {});
    let flags = B256::repeat_byte(3);
    scene.run(OWNER, &Router::setFlagsCall { subscriptionId: id, flags }).ok();
    scene.run(CONSUMER, &bad).fails(Router::InvalidGasFlagValue { value: 3 });
    scene.run(OWNER, &Router::setFlagsCall { subscriptionId: id, flags: B256::ZERO }).ok();
    scene.run(CONSUMER, &bad).fails(Router::GasLimitTooBig { limit: 300_000 });
    bad.callbackGasLimit = 300_000;
    scene.run(CONSUMER, &bad).fails(Router::EmptyRequestData {});
    bad.data = Bytes::from_static(b"x");
    scene.world.chain.set_code(COORDINATOR, puppet::reverts(b"because"));
    scene.run(CONSUMER, &bad).fails_with(b"because");
    scene.world.chain.set_code(COORDINATOR, Bytes::new());
    scene.run(CONSUMER, &bad).fails_empty();
    scene.request(id, 1);
    let duplicate = Router::DuplicateRequestId { requestId: priced(1).requestId };
    scene.run(CONSUMER, &send(id)).fails(duplicate);
    scene.run(ALICE, &send(id)).fails(Router::InvalidConsumer {});
}

#[test]
fn an_answer_that_is_no_commitment_reverts_without_data() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let good = priced(1).abi_encode();
    let cut = &good[..good.len() - 1];
    scene.world.chain.set_code(COORDINATOR, puppet::returns(cut));
    scene.run(CONSUMER, &send(id)).fails_empty();
    // A bit above each value that has one.
    for (word, byte) in
        [(1, 11), (2, 19), (3, 11), (4, 23), (5, 27), (6, 22), (7, 22), (8, 26), (9, 26), (10, 27)]
    {
        let mut dirty = good.clone();
        dirty[32 * word + byte] = 1;
        scene.world.chain.set_code(COORDINATOR, puppet::returns(&dirty));
        scene.run(CONSUMER, &send(id)).fails_empty();
    }
    let long = [good.as_slice(), &[1; 64]].concat();
    scene.world.chain.set_code(COORDINATOR, puppet::returns(&long));
    scene.run(CONSUMER, &send(id)).ok();
}

/// The reference's own figures: request id, stored hash and the data part of `RequestStart`.
#[test]
fn a_request_equals_the_reference_byte_for_byte() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let owner = alloy::primitives::address!("70997970C51812dc3A010C7d01b50e0d17dc79C8");
    scene
        .run(ALICE, &Router::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: owner })
        .ok();
    scene.run(owner, &Router::acceptSubscriptionOwnerTransferCall { subscriptionId: id }).ok();
    let request_id = b256!("b310270d52fe2b25447aab1d71a2eedb6887c45e0222970433601a57b5ad8a63");
    scene.coordinator_answers(&Commitment {
        requestId: request_id,
        estimatedTotalCostJuels: U96::from(9_640_216_666_666_665u64),
        donFee: U72::from(1_333_333_333_333_333u64),
        gasOverheadBeforeCallback: U40::from(105_000),
        gasOverheadAfterCallback: U40::from(93_942),
        timeoutTimestamp: 1_700_000_302,
        ..priced(1)
    });
    let mut call = send(id);
    call.data = hex!("a366736f75726365782372657475726e2046756e6374696f6e732e656e636f646555696e74323536283432293b6c636f64654c616e6775616765006c636f64654c6f636174696f6e00").into();
    assert_eq!(
        keccak256(&call.data),
        b256!("859c42633c0964c4b4a9e33ca4428ce7cbf052f93ee6fd3ebb03fb14f9c0162e")
    );
    scene.consumer_is(puppet::calls(scene.router, &call.abi_encode()));
    let receipt = scene.world.send(CAROL, CONSUMER, Bytes::new());
    let expected = hex!(
        "00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c80000000000000000000000008a791620dd6260079bf849dc5567adc3f2fdc31800000000000000000000000090f79bf6eb2c4f870365e785982e1f101e93b90600000000000000000000000000000000000000000000000000000000000000e0000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000000186a000000000000000000000000000000000000000000000000000223fb9d9f976a90000000000000000000000000000000000000000000000000000000000000049a366736f75726365782372657475726e2046756e6374696f6e732e656e636f646555696e74323536283432293b6c636f64654c616e6775616765006c636f64654c6f636174696f6e000000000000000000000000000000000000000000000000"
    );
    assert_eq!(receipt.ok().logs[0].data.data.as_ref(), expected);
    let slot = keccak256([request_id.as_slice(), &U256::from(10).to_be_bytes::<32>()].concat());
    let number = scene.world.chain.latest().number();
    let stored = scene.world.chain.state_at(number).slot(scene.router, slot.into());
    assert_eq!(B256::from(stored), b256!("1c99283e19e4cff15fef689f96736e5f13d0246de6827041469c0b45451371fe"));
}

#[test]
fn the_router_insists_on_its_own_values_in_the_commitment() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    let commitment = scene.request(id, 1);
    let own = on_chain(priced(1), id);
    assert_eq!(commitment.abi_encode(), own.abi_encode());
    let returned = Commitment { coordinator: COORDINATOR, ..priced(1) };
    let receipt = scene.fulfill(&returned);
    assert_eq!(receipt.returns::<Router::fulfillCall>().resultCode, 6, "what the Coordinator said is not it");
    assert_eq!(scene.fulfill(&own).returns::<Router::fulfillCall>().resultCode, 1);
    assert_eq!(scene.link_of(Address::ZERO), U256::ZERO);
}
