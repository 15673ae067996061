//! Reports and timeouts.

use alloy::{
    primitives::{Address, I256, U256},
    sol_types::{SolCall, SolEvent},
};
use contract_tests::{puppet, system::*};
use functions_types::abi;

use crate::{Dice, send, system};

const CONSUMER: Address = Address::repeat_byte(0xc7);

/// A system in which anybody may send through one consumer, whose code is its callback.
fn with_consumer() -> System {
    let mut system = system();
    system.add_consumer(CONSUMER);
    system
}

fn request(system: &mut System, callback_gas_limit: u32) -> abi::Coordinator::OracleRequest {
    system.world.chain.set_code(CONSUMER, puppet::forwards(system.router));
    let call = system.send_request(&[7; 73], callback_gas_limit).abi_encode();
    let receipt = system.world.send(SUBSCRIBER, CONSUMER, call);
    system.world.advance(1);
    system.seen(&receipt)
}

/// A callback that does little, or what it can with its gas.
fn change_callback(system: &mut System, dice: &mut Dice) {
    let code = match dice.below(5) {
        0 => puppet::returns(&[]),
        1 => puppet::returns(&[3; 400]),
        2 => puppet::reverts(&[6; 200]),
        3 => puppet::burns(),
        _ => puppet::echoes(),
    };
    system.world.chain.set_code(CONSUMER, code);
}

/// Everybody takes out what is theirs: pool and balances are empty, so that a report fills fresh words.
fn empty_the_books(system: &mut System) {
    system.world.run(OWNER, system.coordinator, &abi::Coordinator::oracleWithdrawAllCall {}).ok();
    let all = abi::Coordinator::oracleWithdrawCall { recipient: OWNER, amount: U256::ZERO.to() };
    system.world.run(OWNER, system.coordinator, &all);
}

#[test]
fn transmissions_need_what_was_estimated_and_fulfill_all() {
    let mut dice = Dice::new("transmit");
    let mut system = with_consumer();
    for _ in 0..400 {
        let limit = [0, 20_000, 100_000, 300_000][dice.below(4) as usize];
        let count = if dice.one_in(4) { 1 + dice.below(10) } else { 1 };
        let requests: Vec<_> = (0..count).map(|_| request(&mut system, limit)).collect();
        let answer = vec![5; dice.below(257) as usize];
        let entries: Vec<_> = requests.iter().map(|request| (request, &answer[..], &[][..])).collect();
        let transmission = system.transmission(&entries);
        change_callback(&mut system, &mut dice);
        let from = system.oracles[dice.below(4) as usize].transmitter;
        let call = (from, system.coordinator, transmission.calldata().into());
        let receipt = send(&mut system, &mut dice, call, |system, dice| {
            if dice.one_in(3) {
                let other = request(system, 20_000);
                let report = system.transmission(&[(&other, b"r", b"")]);
                system.world.chain.set_code(CONSUMER, puppet::returns(&[]));
                system.transmit(dice.below(4) as usize, &report).ok();
            }
            if dice.one_in(2) {
                empty_the_books(system);
            }
            if dice.one_in(10) {
                system.world.advance(86_401);
            } else if dice.one_in(5) {
                let answer = I256::try_from(WEI_PER_LINK).unwrap();
                system.world.run(OWNER, system.native_feed, &abi::Feed::setAnswerCall { answer }).ok();
            }
            change_callback(system, dice);
            system.world.advance(dice.below(30));
        });
        let topic = abi::Coordinator::OracleResponse::SIGNATURE_HASH;
        let answered = receipt.logs.iter().filter(|log| log.topics()[0] == topic).count() as u64;
        assert_eq!(answered, count, "callbacks with {limit} gas");
    }
}

#[test]
fn a_transmission_is_fulfilled_whole_or_fails() {
    let mut system = with_consumer();
    let requests: Vec<_> = (0..3).map(|_| request(&mut system, 100_000)).collect();
    let entries: Vec<_> = requests.iter().map(|request| (request, &[5; 32][..], &[][..])).collect();
    let data = system.transmission(&entries).calldata();
    system.world.chain.set_code(CONSUMER, puppet::burns());
    let (from, coordinator) = (system.oracles[0].transmitter, system.coordinator);
    let (mut failed, mut done) = (0, 0);
    system.world.send(from, CONSUMER, []);
    for gas in (50_000..1_500_000).step_by(25_000) {
        let before = system.world.chain.snapshot();
        let receipt = system.world.send_with_gas(from, coordinator, data.clone(), gas);
        if receipt.success {
            let topic = abi::Coordinator::OracleResponse::SIGNATURE_HASH;
            assert_eq!(receipt.logs.iter().filter(|log| log.topics()[0] == topic).count(), 3, "{gas}");
            done += 1;
        } else {
            failed += 1;
        }
        assert!(system.world.chain.revert(before));
    }
    assert!(failed > 10 && done > 10, "{failed} {done}");
}

#[test]
fn timeouts_need_what_was_estimated() {
    let mut dice = Dice::new("timeoutRequests");
    let mut system = with_consumer();
    for _ in 0..200 {
        let requests: Vec<_> = (0..1 + dice.below(6)).map(|_| request(&mut system, 100_000)).collect();
        system.world.advance(301);
        let list = requests.iter().map(System::stored).collect();
        let call = abi::Router::timeoutRequestsCall { requestsToTimeoutByCommitment: list }.abi_encode();
        let call = (SUBSCRIBER, system.router, call.into());
        send(&mut system, &mut dice, call, |system, dice| {
            let others: Vec<_> = (0..dice.below(12)).map(|_| request(system, 20_000)).collect();
            if let Some(other) = others.first() {
                let report = system.transmission(&[(other, b"r", b"")]);
                system.transmit(0, &report).ok();
            }
            system.world.advance(dice.below(400));
        });
    }
}
