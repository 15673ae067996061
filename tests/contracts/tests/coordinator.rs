//! What the Coordinator answers besides transmissions: construction, configuration, keys, ownership, requests,
//! malformed calls.

use alloy::{
    primitives::{Address, B256, Bytes, U256, address},
    sol_types::{SolCall, SolValue},
};
use contract_tests::{World, log, system::*};
use functions_types::abi::{self, Coordinator};

const STRANGER: Address = address!("0000000000000000000000000000000000005791");
const ROUTER: Address = address!("0000000000000000000000000000000000002077");

fn constructor(owner: Address, router: Address) -> Vec<u8> {
    arguments(&abi::Constructors::coordinatorCall {
        owner,
        router,
        config: billing_config(),
        linkToNativeFeed: Address::repeat_byte(1),
        linkToUsdFeed: Address::repeat_byte(2),
    })
}

/// A Coordinator whose Router is an account of the test.
fn alone() -> (World, Address) {
    let mut world = World::new();
    let (coordinator, receipt) = world.deploy("coordinator", &constructor(OWNER, ROUTER));
    let updated = Coordinator::ConfigUpdated { config: billing_config() };
    receipt.logs_are(&[log(coordinator, &updated)]);
    (world, coordinator)
}

fn meta() -> abi::RequestMeta {
    abi::RequestMeta {
        data: b"x".into(),
        requestingContract: STRANGER,
        availableBalance: U256::from(100 * LINK).to(),
        subscriptionId: 1,
        callbackGasLimit: 100_000,
        dataVersion: 1,
        subscriptionOwner: SUBSCRIBER,
        ..abi::RequestMeta::default()
    }
}

#[test]
fn construction_fails_when_owner_or_router_is_missing_and_happens_once() {
    let mut world = World::new();
    let (_, receipt) = world.deploy("coordinator", &constructor(Address::ZERO, ROUTER));
    receipt.fails_text("Cannot set owner to zero");
    let (_, receipt) = world.deploy("coordinator", &constructor(OWNER, Address::ZERO));
    receipt.fails(Coordinator::RouterMustBeSet {});
    let (mut world, coordinator) = alone();
    let again = [&functions_types::CONSTRUCTOR_SELECTOR[..], &constructor(STRANGER, ROUTER)].concat();
    world.send(STRANGER, coordinator, again).fails_empty();
    assert_eq!(world.view(coordinator, &Coordinator::ownerCall {}), OWNER);
    let version = world.view(coordinator, &Coordinator::typeAndVersionCall {});
    assert_eq!(version, "Functions Coordinator v1.3.0");
}

#[test]
fn configuration_is_replaced_by_the_owner_only() {
    let (mut world, coordinator) = alone();
    assert_eq!(world.view(coordinator, &Coordinator::getConfigCall {}), billing_config());
    let config = abi::BillingConfig {
        requestTimeoutSeconds: u32::MAX,
        fallbackUsdPerUnitLink: u64::MAX,
        fallbackNativePerUnitLink: alloy::primitives::aliases::U224::MAX,
        minimumEstimateGasPriceWei: alloy::primitives::aliases::U40::MAX,
        ..abi::BillingConfig::default()
    };
    let call = Coordinator::updateConfigCall { config: config.clone() };
    world.run(STRANGER, coordinator, &call).fails_text("Only callable by owner");
    let updated = Coordinator::ConfigUpdated { config: config.clone() };
    world.run(OWNER, coordinator, &call).logs_are(&[log(coordinator, &updated)]);
    assert_eq!(world.view(coordinator, &Coordinator::getConfigCall {}), config);
    let calldata = call.abi_encode();
    for (word, first) in [
        (0, 28),
        (1, 28),
        (2, 28),
        (3, 28),
        (4, 27),
        (5, 30),
        (6, 24),
        (7, 31),
        (8, 4),
        (9, 28),
        (10, 30),
        (11, 30),
    ] {
        let mut dirty = calldata.clone();
        dirty[4 + word * 32 + first - 1] = 1;
        world.send(STRANGER, coordinator, dirty).fails_empty();
    }
    world.send(OWNER, coordinator, calldata[..calldata.len() - 1].to_vec()).fails_empty();
}

#[test]
fn keys_are_stored_as_given() {
    let (mut world, coordinator) = alone();
    world.view_fails(coordinator, &Coordinator::getDONPublicKeyCall {}, Coordinator::EmptyPublicKey {});
    world.view_fails(coordinator, &Coordinator::getThresholdPublicKeyCall {}, Coordinator::EmptyPublicKey {});
    for len in [1, 31, 32, 33, 64, 500] {
        let key: Bytes = vec![7; len].into();
        let don = Coordinator::setDONPublicKeyCall { donPublicKey: key.clone() };
        world.run(STRANGER, coordinator, &don).fails_text("Only callable by owner");
        world.run(OWNER, coordinator, &don).logs_are(&[]);
        let threshold =
            Coordinator::setThresholdPublicKeyCall { thresholdPublicKey: [&key[..], &[1]].concat().into() };
        world.run(OWNER, coordinator, &threshold).ok();
        assert_eq!(world.view(coordinator, &Coordinator::getDONPublicKeyCall {}), key);
        assert_eq!(world.view(coordinator, &Coordinator::getThresholdPublicKeyCall {}).len(), len + 1);
    }
    let empty = Coordinator::setDONPublicKeyCall { donPublicKey: Bytes::new() };
    world.run(OWNER, coordinator, &empty).fails(Coordinator::EmptyPublicKey {});
}

#[test]
fn ownership_moves_in_two_steps() {
    let (mut world, coordinator) = alone();
    let to = |to| Coordinator::transferOwnershipCall { to };
    world.run(STRANGER, coordinator, &to(STRANGER)).fails_text("Only callable by owner");
    world.run(OWNER, coordinator, &to(OWNER)).fails_text("Cannot transfer to self");
    let requested = Coordinator::OwnershipTransferRequested { from: OWNER, to: STRANGER };
    world.run(OWNER, coordinator, &to(STRANGER)).logs_are(&[log(coordinator, &requested)]);
    let accept = Coordinator::acceptOwnershipCall {};
    world.run(OWNER, coordinator, &accept).fails_text("Must be proposed owner");
    let moved = Coordinator::OwnershipTransferred { from: OWNER, to: STRANGER };
    world.run(STRANGER, coordinator, &accept).logs_are(&[log(coordinator, &moved)]);
    assert_eq!(world.view(coordinator, &Coordinator::ownerCall {}), STRANGER);
    world.run(STRANGER, coordinator, &accept).fails_text("Must be proposed owner");
}

#[test]
fn the_router_alone_opens_and_forgets_requests() {
    let (mut world, coordinator) = alone();
    let start = Coordinator::startRequestCall { request: meta() };
    world.run(STRANGER, coordinator, &start).fails(Coordinator::OnlyCallableByRouter {});
    let delete = Coordinator::deleteCommitmentCall { requestId: B256::repeat_byte(3) };
    world.run(STRANGER, coordinator, &delete).fails(Coordinator::OnlyCallableByRouter {});
    let deleted = Coordinator::CommitmentDeleted { requestId: B256::repeat_byte(3) };
    world.run(ROUTER, coordinator, &delete).logs_are(&[log(coordinator, &deleted)]);
    let newer = Coordinator::startRequestCall { request: abi::RequestMeta { dataVersion: 2, ..meta() } };
    world.run(ROUTER, coordinator, &newer).fails(Coordinator::UnsupportedRequestDataVersion {});
    // The feeds of this Coordinator have no code.
    world.run(ROUTER, coordinator, &start).fails_empty();
    let mut dirty = start.abi_encode();
    dirty[4 + 32 + 2 * 32] = 1; // requestingContract
    world.send(STRANGER, coordinator, dirty.clone()).fails(Coordinator::OnlyCallableByRouter {});
    world.send(ROUTER, coordinator, dirty).fails_empty();
}

#[test]
fn a_request_returns_its_commitment_and_counts_from_the_consumer() {
    let mut system = System::new(billing_config());
    let (router, coordinator) = (system.router, system.coordinator);
    let start = |request| Coordinator::startRequestCall { request };
    let receipt = system.world.run(router, coordinator, &start(meta()));
    let commitment = receipt.returns::<Coordinator::startRequestCall>();
    assert_eq!(receipt.output.as_ref(), commitment.abi_encode());
    let seen = system.seen(&receipt);
    assert_eq!(
        functions_types::Commitment::from(seen.commitment).with_admin_fee(functions_types::Juels::ZERO),
        commitment.clone().into()
    );
    let preimage = functions_types::RequestIdPreimage {
        coordinator,
        requesting_contract: STRANGER,
        subscription_id: functions_types::SubscriptionId(1),
        nonce: 1,
        data_hash: alloy::primitives::keccak256(b"x"),
        data_version: 1,
        callback_gas_limit: 100_000,
        estimated_total_cost_juels: functions_types::Juels::from_uint96(
            commitment.estimatedTotalCostJuels.to(),
        ),
        timeout_timestamp: commitment.timeoutTimestamp,
        request_initiator: router,
    };
    assert_eq!(preimage.request_id().0, commitment.requestId);
    let overflow = abi::RequestMeta { initiatedRequests: u64::MAX, ..meta() };
    system.world.run(router, coordinator, &start(overflow)).fails_panic(0x11);
    let overflow = abi::RequestMeta { callbackGasLimit: u32::MAX, ..meta() };
    system.world.run(router, coordinator, &start(overflow)).fails_panic(0x11);
    let poor = abi::RequestMeta {
        availableBalance: commitment.estimatedTotalCostJuels
            - U256::from(1).to::<alloy::primitives::aliases::U96>(),
        ..meta()
    };
    system.world.run(router, coordinator, &start(poor)).fails(Coordinator::InsufficientBalance {});
}

#[test]
fn withdrawals_fail_when_there_is_nothing() {
    let mut system = System::new(billing_config());
    let coordinator = system.coordinator;
    let pay = |amount: u64| Coordinator::oracleWithdrawCall {
        recipient: STRANGER,
        amount: U256::from(amount).to(),
    };
    system.world.run(STRANGER, coordinator, &pay(0)).fails(abi::Router::InvalidCalldata {});
    system.world.run(STRANGER, coordinator, &pay(1)).fails(Coordinator::InsufficientBalance {});
    let all = Coordinator::oracleWithdrawAllCall {};
    system.world.run(STRANGER, coordinator, &all).fails_text("Only callable by owner");
    system.world.run(OWNER, coordinator, &all).logs_are(&[]);
    assert_eq!(system.world.view(coordinator, &Coordinator::getAdminFeeJuelsCall {}).to::<u64>(), 0);
}

#[test]
fn prices_come_from_the_feeds() {
    let mut system = System::new(billing_config());
    let coordinator = system.coordinator;
    let wei = |system: &System| system.world.view(coordinator, &Coordinator::getWeiPerUnitLinkCall {});
    assert_eq!(wei(&system), U256::from(WEI_PER_LINK));
    let usd = system.world.view(coordinator, &Coordinator::getUsdPerUnitLinkCall {});
    assert_eq!((usd._0, usd._1), (U256::from(USD_PER_LINK), 8));
    let don = system.world.view(coordinator, &Coordinator::getDONFeeJuelsCall(Bytes::new()));
    assert_eq!(don.to::<u64>(), 1_333_333_333_333_333);
    let operation = system.world.view(coordinator, &Coordinator::getOperationFeeJuelsCall {});
    assert_eq!(operation.to::<u64>(), 666_666_666_666_666);
    system.world.advance(86_401);
    let nothing = Coordinator::oracleWithdrawAllCall {};
    system.world.run(OWNER, coordinator, &nothing).ok(); // a block at the new time
    assert_eq!(wei(&system), U256::from(5_000_000_000_000_000_u64));
    let usd = system.world.view(coordinator, &Coordinator::getUsdPerUnitLinkCall {});
    assert_eq!((usd._0, usd._1), (U256::from(1_400_000_000), 8));
}

#[test]
fn unknown_functions_and_value_end_without_data() {
    let (mut world, coordinator) = alone();
    for data in [&[][..], &[1, 2, 3], &[1, 2, 3, 4], &[0x8d, 0xa5, 0xcb]] {
        world.send(STRANGER, coordinator, data.to_vec()).fails_empty();
    }
    let owner = Coordinator::ownerCall {}.abi_encode();
    world.send_value(STRANGER, coordinator, owner.clone(), U256::ONE).fails_empty();
    world.send(STRANGER, coordinator, [owner, vec![9; 7]].concat()).ok();
}

#[test]
fn operations_stay_within_their_gas() {
    let mut system = System::new(billing_config());
    let (receipt, seen) = system.request("return Functions.encodeUint256(42);", 100_000);
    let request = receipt.gas_used;
    let transmission = system.transmission(&[(&seen, &[0; 32], &[])]);
    let transmit = system.transmit(0, &transmission).gas_used;
    let again = system.transmit(1, &transmission).gas_used;
    println!("request through the consumer {request}, transmit {transmit}, duplicate {again}");
    assert!(request < 450_000, "request {request}");
    assert!(transmit < 500_000, "transmit {transmit}");
    assert!(again < 120_000, "duplicate {again}");
}
