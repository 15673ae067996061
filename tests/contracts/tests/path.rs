//! A request all the way: consumer, Router, Coordinator, oracles, callback, books.

use alloy::{
    primitives::{Address, U256, address, aliases::U96},
    sol_types::{SolCall, SolEvent, SolValue},
};
use contract_tests::{GAS_PRICE, log, puppet, system::*};
use functions_rules::{Estimate, FulfillmentCost, Settlement, Software};
use functions_types::{FulfillResult, Juels, abi, cbor};

const CLIENT: Address = address!("000000000000000000000000000000000000c11e");
const SOURCE: &str = "return Functions.encodeUint256(42);";

fn juels(value: u128) -> U96 {
    U96::from(value)
}

fn system() -> System {
    System::new(billing_config())
}

/// The reservation by the rules, at the chain's gas price.
fn estimate(callback_gas_limit: u32) -> Estimate {
    Estimate {
        gas_price_wei: U256::from(GAS_PRICE),
        minimum_gas_price_wei: 100_000_000,
        over_estimation_bp: 5_000,
        gas_overhead_before_callback: 105_000,
        gas_overhead_after_callback: 93_942,
        callback_gas_limit,
        l1_fee_wei: U256::ZERO,
        wei_per_link: U256::from(WEI_PER_LINK),
        don_fee: Juels::from_uint96(1_333_333_333_333_333),
        admin_fee: Juels::ZERO,
        operation_fee: Juels::from_uint96(666_666_666_666_666),
    }
}

fn cost() -> FulfillmentCost {
    let e = estimate(0);
    FulfillmentCost::new::<Software>(
        e.gas_price_wei,
        U256::ZERO,
        e.wei_per_link,
        105_000 + 93_942,
        e.don_fee,
        e.operation_fee,
    )
    .expect("the figures fit")
}

/// LINK in the Router = subscription balance + everything oracles and owner can take out.
fn assert_conserved(system: &System) {
    let total = system.world.view(system.router, &abi::Router::getTotalBalanceCall {});
    assert_eq!(system.link_of(system.router), total.to::<u128>());
}

#[test]
fn a_request_travels_all_the_way() {
    let mut system = system();
    let (receipt, seen) = system.request(SOURCE, 100_000);
    let reserved = estimate(100_000).juels::<Software>().unwrap().get();
    let request_id = seen.requestId;
    let data = functions_types::FunctionsRequest { source: SOURCE.into(), ..Default::default() };
    let data = data.encode(cbor::Framing::Pairs);
    assert_eq!(seen.commitment.estimatedTotalCostJuels, juels(reserved));
    let commitment = abi::Commitment {
        requestId: request_id,
        coordinator: system.coordinator,
        estimatedTotalCostJuels: juels(reserved),
        client: system.consumer,
        subscriptionId: SUBSCRIPTION,
        callbackGasLimit: 100_000,
        adminFee: U256::from(666_666_666_666_666_u64).to(),
        donFee: U256::from(1_333_333_333_333_333_u64).to(),
        gasOverheadBeforeCallback: U256::from(105_000).to(),
        gasOverheadAfterCallback: U256::from(93_942).to(),
        timeoutTimestamp: system.world.now() as u32 + 300,
    };
    let requested = abi::Coordinator::OracleRequest {
        requestId: request_id,
        requestingContract: system.consumer,
        requestInitiator: SUBSCRIBER,
        subscriptionId: SUBSCRIPTION,
        subscriptionOwner: SUBSCRIBER,
        data: data.clone().into(),
        dataVersion: 1,
        flags: Default::default(),
        callbackGasLimit: 100_000,
        commitment,
    };
    let started = abi::Router::RequestStart {
        requestId: request_id,
        donId: don_id(),
        subscriptionId: SUBSCRIPTION,
        subscriptionOwner: SUBSCRIBER,
        requestingContract: system.consumer,
        requestInitiator: SUBSCRIBER,
        data: data.into(),
        dataVersion: 1,
        callbackGasLimit: 100_000,
        estimatedTotalCostJuels: juels(reserved),
    };
    receipt.logs_are(&[
        log(system.coordinator, &requested),
        log(system.router, &started),
        log(system.consumer, &abi::Client::RequestSent { id: request_id }),
    ]);
    assert_eq!(system.subscription().blockedBalance, juels(reserved));

    let result = U256::from(42).abi_encode();
    let transmission = system.transmission(&[(&seen, &result, &[])]);
    let receipt = system.transmit(2, &transmission);
    let transmitter = system.oracles[2].transmitter;
    let (router, coordinator, consumer) = (system.router, system.coordinator, system.consumer);

    let processed = abi::Router::RequestProcessed::decode_log(&receipt.ok().logs[3]).unwrap().data;
    let cost = cost();
    let callback = processed.totalCostJuels.to::<u128>() - cost.without_callback.get();
    let gas_used = (callback / cost.juels_per_gas.0.get()) as u64;
    assert!((5_000..100_000).contains(&gas_used), "callback gas {gas_used}");
    let settlement =
        Settlement::new(Juels::ZERO, cost.without_callback, cost.juels_per_gas, gas_used).unwrap();
    receipt.logs_are(&[
        log(coordinator, &abi::Coordinator::Transmitted { configDigest: system.digest, epoch: 7 }),
        log(
            consumer,
            &abi::ConsumerExample::Response {
                requestId: request_id,
                response: result.clone().into(),
                err: Default::default(),
            },
        ),
        log(consumer, &abi::Client::RequestFulfilled { id: request_id }),
        log(
            router,
            &abi::Router::RequestProcessed {
                requestId: request_id,
                subscriptionId: SUBSCRIPTION,
                totalCostJuels: juels(settlement.total_cost.get()),
                transmitter,
                resultCode: FulfillResult::Fulfilled.code(),
                response: result.clone().into(),
                err: Default::default(),
                callbackReturnData: Default::default(),
            },
        ),
        log(
            coordinator,
            &abi::Coordinator::RequestBilled {
                requestId: request_id,
                juelsPerGas: juels(cost.juels_per_gas.0.get()),
                l1FeeShareWei: U256::ZERO,
                callbackCostJuels: juels(settlement.callback_cost.get()),
                donFeeJuels: U256::from(1_333_333_333_333_333_u64).to(),
                adminFeeJuels: Default::default(),
                operationFeeJuels: U256::from(666_666_666_666_666_u64).to(),
            },
        ),
        log(coordinator, &abi::Coordinator::OracleResponse { requestId: request_id, transmitter }),
    ]);

    let subscription = system.subscription();
    assert_eq!(subscription.balance, juels(100 * LINK - settlement.total_cost.get()));
    assert_eq!(subscription.blockedBalance, juels(0));
    assert_eq!(system.world.view(consumer, &abi::ConsumerExample::lastResponseCall {}).as_ref(), result);
    assert_eq!(system.world.view(consumer, &abi::ConsumerExample::lastRequestIdCall {}), request_id);
    assert_conserved(&system);

    // What was paid can be taken out, to the last juel but the dust of the pool.
    system.world.run(OWNER, coordinator, &abi::Coordinator::oracleWithdrawAllCall {}).ok();
    let pay = abi::Coordinator::oracleWithdrawCall { recipient: OWNER, amount: juels(0) };
    system.world.run(OWNER, coordinator, &pay).ok();
    let share = 1_333_333_333_333_333 / 4;
    let paid = cost.gas_overhead.get() + settlement.callback_cost.get() + share;
    assert_eq!(system.link_of(transmitter), paid);
    assert_eq!(system.link_of(system.oracles[0].transmitter), share);
    assert_eq!(system.link_of(OWNER), 666_666_666_666_666);
    assert_eq!(system.link_of(router), 100 * LINK - settlement.total_cost.get() + 1_333_333_333_333_333 % 4);
    assert_conserved(&system);
}

#[test]
fn estimate_cost_equals_the_reservation() {
    let system = system();
    let ask = abi::Coordinator::estimateCostCall {
        subscriptionId: SUBSCRIPTION,
        data: Default::default(),
        callbackGasLimit: 100_000,
        gasPriceWei: U256::from(GAS_PRICE),
    };
    let asked = system.world.view(system.coordinator, &ask);
    assert_eq!(asked, juels(estimate(100_000).juels::<Software>().unwrap().get()));
    let ask = |callback, price: u64| abi::Coordinator::estimateCostCall {
        callbackGasLimit: callback,
        gasPriceWei: U256::from(price),
        ..ask.clone()
    };
    let world = &system.world;
    world.view_fails(system.coordinator, &ask(300_001, 1), abi::Router::GasLimitTooBig { limit: 300_000 });
    world.view_fails(
        system.coordinator,
        &ask(1, 1_000_000_000_000_001),
        abi::Coordinator::InvalidCalldata {},
    );
    world.view(system.coordinator, &ask(1, 1_000_000_000_000_000));
}

#[test]
fn a_client_without_code_is_charged_without_callback_gas() {
    let mut system = system();
    system.add_consumer(CLIENT);
    let request = system.send_request(b"x", 50_000);
    let receipt = system.world.run(CLIENT, system.router, &request);
    let seen = system.seen(&receipt);
    let transmission = system.transmission(&[(&seen, b"r", b"")]);
    let receipt = system.transmit(0, &transmission);
    let processed = abi::Router::RequestProcessed::decode_log(&receipt.ok().logs[1]).unwrap().data;
    assert_eq!(processed.resultCode, FulfillResult::UserCallbackError.code());
    assert_eq!(processed.totalCostJuels, juels(cost().without_callback.get()));
    assert_eq!(system.subscription().balance, juels(100 * LINK - cost().without_callback.get()));
    assert_conserved(&system);
}

#[test]
fn a_callback_may_send_the_next_request() {
    let mut system = system();
    let send = system.send_request(b"again", 250_000);
    system.world.chain.set_code(CLIENT, puppet::calls(system.router, &send.abi_encode()));
    system.add_consumer(CLIENT);
    let receipt = system.world.send(SUBSCRIBER, CLIENT, []);
    let first = system.seen(&receipt);
    let transmission = system.transmission(&[(&first, b"r", b"")]);
    let receipt = system.transmit(1, &transmission);
    let second = system.seen(&receipt);
    assert_ne!(first.requestId, second.requestId);
    assert_eq!(second.requestInitiator, system.oracles[1].transmitter);
    let processed =
        receipt.logs.iter().find(|log| log.topics()[0] == abi::Router::RequestProcessed::SIGNATURE_HASH);
    let processed = abi::Router::RequestProcessed::decode_log(processed.unwrap()).unwrap().data;
    assert_eq!(processed.resultCode, FulfillResult::Fulfilled.code());
    assert_eq!(processed.callbackReturnData.as_ref(), second.requestId);
    assert_eq!(system.subscription().blockedBalance, second.commitment.estimatedTotalCostJuels);
    assert_eq!(
        system.subscription().balance.to::<u128>(),
        100 * LINK - processed.totalCostJuels.to::<u128>()
    );
    assert_conserved(&system);
    let transmission = system.transmission(&[(&second, b"", b"e")]);
    system.transmit(3, &transmission).ok();
    assert_conserved(&system);
}

#[test]
fn a_batch_is_billed_entry_by_entry() {
    let mut system = system();
    let requests: Vec<_> = (0..3).map(|_| system.request(SOURCE, 100_000).1).collect();
    let entries: Vec<_> = requests.iter().map(|seen| (seen, &b"r"[..], &b""[..])).collect();
    // The same id twice: its second entry is unknown to the Router by then.
    let entries = [entries.as_slice(), &entries[..1]].concat();
    let transmission = system.transmission(&entries);
    let receipt = system.transmit(0, &transmission);
    let count = |topic| receipt.ok().logs.iter().filter(|log| log.topics()[0] == topic).count();
    assert_eq!(count(abi::Coordinator::OracleResponse::SIGNATURE_HASH), 3);
    assert_eq!(count(abi::Router::RequestNotProcessed::SIGNATURE_HASH), 1);
    let refused = receipt.logs.last().unwrap();
    let refused = abi::Router::RequestNotProcessed::decode_log(refused).unwrap().data;
    assert_eq!(refused.resultCode, FulfillResult::InvalidRequestId.code());
    assert_eq!(system.subscription().blockedBalance, juels(0));
    assert_conserved(&system);
}

#[test]
fn a_duplicate_transmission_ends_silently() {
    let mut system = system();
    let (_, seen) = system.request(SOURCE, 100_000);
    let transmission = system.transmission(&[(&seen, b"r", b"")]);
    system.transmit(0, &transmission).ok();
    let balance = system.subscription().balance;
    system.transmit(1, &transmission).logs_are(&[]);
    // Nobody in particular, with nothing signed: still silent.
    let unsigned = Transmission { signatures: vec![], ..transmission };
    system.world.send(CLIENT, system.coordinator, unsigned.calldata()).logs_are(&[]);
    assert_eq!(system.subscription().balance, balance);
}

#[test]
fn a_request_times_out_and_releases_its_reservation() {
    let mut system = system();
    let (_, seen) = system.request(SOURCE, 100_000);
    let call =
        abi::Router::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![System::stored(&seen)] };
    system.world.run(CLIENT, system.router, &call).fails(abi::Router::TimeoutNotExceeded {});
    system.world.advance(300);
    let event_form =
        abi::Router::timeoutRequestsCall { requestsToTimeoutByCommitment: vec![seen.commitment.clone()] };
    system.world.run(CLIENT, system.router, &event_form).fails(abi::Router::InvalidCalldata {});
    let deleted = abi::Coordinator::CommitmentDeleted { requestId: seen.requestId };
    let timed_out = abi::Router::RequestTimedOut { requestId: seen.requestId };
    let logs = [log(system.coordinator, &deleted), log(system.router, &timed_out)];
    system.world.run(CLIENT, system.router, &call).logs_are(&logs);
    assert_eq!(system.subscription().blockedBalance, juels(0));
    assert_eq!(system.subscription().balance, juels(100 * LINK));
    let transmission = system.transmission(&[(&seen, b"r", b"")]);
    system.transmit(0, &transmission).logs_are(&[]);
    assert_conserved(&system);
}

#[test]
fn a_poor_subscription_is_refused_before_any_oracle_works() {
    let mut system = system();
    let expensive = abi::BillingConfig { donFeeCentsUsd: u16::MAX, ..billing_config() };
    let call = abi::Coordinator::updateConfigCall { config: expensive };
    system.world.run(OWNER, system.coordinator, &call).ok();
    system.add_consumer(CLIENT);
    // 655.35 USD at 15 USD per LINK fit twice in 100 LINK, not three times.
    let request = system.send_request(b"x", 50_000);
    system.world.run(CLIENT, system.router, &request).ok();
    system.world.run(CLIENT, system.router, &request).ok();
    system.world.run(CLIENT, system.router, &request).fails(abi::Coordinator::InsufficientBalance {});
}

#[test]
fn an_unaffordable_fulfillment_leaves_the_request_open() {
    let mut system = system();
    let (_, seen) = system.request(SOURCE, 100_000);
    let answer = alloy::primitives::I256::try_from(WEI_PER_LINK / 100).unwrap();
    system.world.run(OWNER, system.native_feed, &abi::Feed::setAnswerCall { answer }).ok();
    let transmission = system.transmission(&[(&seen, b"r", b"")]);
    let receipt = system.transmit(0, &transmission);
    let refused = abi::Router::RequestNotProcessed::decode_log(&receipt.ok().logs[1]).unwrap().data;
    assert_eq!(refused.resultCode, FulfillResult::CostExceedsCommitment.code());
    assert_eq!(receipt.logs.len(), 2);
    let answer = alloy::primitives::I256::try_from(WEI_PER_LINK).unwrap();
    system.world.run(OWNER, system.native_feed, &abi::Feed::setAnswerCall { answer }).ok();
    assert_eq!(system.transmit(0, &transmission).ok().logs.len(), 6);
    assert_conserved(&system);
}

#[test]
fn the_example_consumer_answers_only_the_router_and_only_once() {
    let mut system = system();
    let (_, seen) = system.request(SOURCE, 100_000);
    let call = abi::Client::handleOracleFulfillmentCall {
        requestId: seen.requestId,
        response: b"r".into(),
        err: Default::default(),
    };
    system.world.run(CLIENT, system.consumer, &call).fails(abi::Client::OnlyRouterCanFulfill {});
    system.world.run(system.router, system.consumer, &call).ok();
    let unexpected = [&[0xd0, 0x68, 0xbf, 0x5b][..], seen.requestId.as_slice()].concat();
    system.world.run(system.router, system.consumer, &call).fails_with(&unexpected);
}

#[test]
fn arbitrum_chains_are_asked_for_the_l1_fee() {
    let mut world = contract_tests::World::with_chain_id(421_614);
    let debug = address!("00000000000000000000000000000000000000FF");
    world.send(OWNER, debug, alloy::primitives::keccak256("becomeChainOwner()")[..4].to_vec()).ok();
    let mut system = System::on(world, billing_config());
    let set_price = [
        &alloy::primitives::keccak256("setL1PricePerUnit(uint256)")[..4],
        &U256::from(1_000_000).abi_encode(),
    ];
    let owner = address!("0000000000000000000000000000000000000070");
    system.world.send(OWNER, owner, set_price.concat()).ok();
    let (_, seen) = system.request(SOURCE, 100_000);
    assert!(
        seen.commitment.estimatedTotalCostJuels > juels(estimate(100_000).juels::<Software>().unwrap().get())
    );
    let transmission = system.transmission(&[(&seen, b"r", b"")]);
    let receipt = system.transmit(0, &transmission);
    let billed =
        receipt.ok().logs.iter().find_map(|log| abi::Coordinator::RequestBilled::decode_log(log).ok());
    let share = billed.expect("the reservation covers a small L1 fee").l1FeeShareWei;
    assert!(share > U256::ZERO && share % U256::from(16_000_000) == U256::ZERO, "{share}");
}
