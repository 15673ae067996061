//! What the two hot functions cost, so that a change that makes them dearer is seen.

use alloy::primitives::Bytes;
use contract_tests::puppet;

use crate::{CONSUMER, COORDINATOR, Scene, fulfillment, send};

/// Gas of whole transactions to the Router with a puppet on the other side, on the compiler of Debian's or
/// rustup's route alike: bounds, because the two routes differ by a few hundred gas.
const SEND_REQUEST_GAS: u64 = 90_000;
const FULFILL_GAS: u64 = 75_000;

#[test]
fn sending_and_fulfilling_stay_cheap() {
    let mut scene = Scene::new();
    let id = scene.subscription();
    scene.request(id, 1);
    let second = scene.request(id, 2);
    scene.consumer_is(puppet::returns(&[]));
    scene.fulfill(&second).ok();
    scene.consumer_is(Bytes::new());
    let third = {
        let priced = crate::priced(3);
        scene.coordinator_answers(&priced);
        let receipt = scene.run(CONSUMER, &send(id));
        println!("sendRequest, second of a subscription: {} gas", receipt.ok().gas_used);
        assert!(receipt.gas_used < SEND_REQUEST_GAS, "{}", receipt.gas_used);
        crate::on_chain(priced, id)
    };
    scene.consumer_is(puppet::returns(&[]));
    let receipt = scene.run(COORDINATOR, &fulfillment(&third));
    println!("fulfill, empty callback: {} gas", receipt.ok().gas_used);
    assert!(receipt.gas_used < FULFILL_GAS, "{}", receipt.gas_used);
}
