//! Requests, by senders who do not wait for each other.

use alloy::{
    primitives::{Address, Bytes, I256},
    sol_types::SolCall,
};
use contract_tests::{puppet, system::*};
use functions_types::abi;

use crate::{Dice, holder, send, system};

const SENDERS: u64 = 8;

/// Senders with a consumer each, and the requests in flight.
struct Traffic {
    consumers: Vec<(Address, Address)>,
    open: Vec<abi::Coordinator::OracleRequest>,
    fulfilled: u64,
    timed_out: u64,
}

impl Traffic {
    /// Half of the consumers are Stylus programs that note their requests in fresh words, half EVM contracts that do
    /// nothing.
    fn begin(system: &mut System) -> Self {
        let mut consumers = Vec::new();
        for index in 0..SENDERS {
            let sender = Address::repeat_byte(0x50 + index as u8);
            let consumer = if index % 2 == 0 {
                let constructor =
                    abi::Constructors::consumerExampleCall { owner: sender, router: system.router };
                let (consumer, receipt) = system.world.deploy("consumer_example", &arguments(&constructor));
                receipt.ok();
                consumer
            } else {
                let consumer = Address::repeat_byte(0xc0 + index as u8);
                system.world.chain.set_code(consumer, puppet::forwards(system.router));
                consumer
            };
            system.add_consumer(consumer);
            consumers.push((sender, consumer));
        }
        Self { consumers, open: Vec::new(), fulfilled: 0, timed_out: 0 }
    }

    fn request(&self, system: &System, dice: &mut Dice) -> (Address, Address, Bytes) {
        let index = dice.below(SENDERS) as usize;
        let (sender, consumer) = self.consumers[index];
        let data = if index.is_multiple_of(2) {
            abi::ConsumerExample::sendRequestCall {
                source: "return 1;".repeat(1 + dice.below(20) as usize),
                encryptedSecretsUrls: Bytes::new(),
                donHostedSecretsSlotId: 0,
                donHostedSecretsVersion: dice.below(2),
                args: vec!["a".repeat(dice.below(50) as usize); dice.below(4) as usize],
                bytesArgs: vec![],
                subscriptionId: SUBSCRIPTION,
                callbackGasLimit: 100_000,
                donId: don_id(),
            }
            .abi_encode()
        } else {
            system.send_request(&vec![7; 1 + dice.below(900) as usize], 100_000).abi_encode()
        };
        (sender, consumer, data.into())
    }

    /// Something another one does.
    fn act(&mut self, system: &mut System, dice: &mut Dice) {
        match dice.below(10) {
            0..=3 => {
                let (from, to, data) = self.request(system, dice);
                let receipt = system.world.send(from, to, data);
                self.open.push(system.seen(&receipt));
            }
            4..=6 if !self.open.is_empty() => {
                let count = (1 + dice.below(10)).min(self.open.len() as u64) as usize;
                let at = dice.below((self.open.len() - count + 1) as u64) as usize;
                let requests: Vec<_> = self.open.drain(at..at + count).collect();
                let entries: Vec<_> =
                    requests.iter().map(|request| (request, &[5; 32][..], &[][..])).collect();
                let transmission = system.transmission(&entries);
                system.transmit(dice.below(4) as usize, &transmission).ok();
                self.fulfilled += count as u64;
            }
            7 => {
                let now = system.world.now();
                let is_late = |request: &abi::Coordinator::OracleRequest| {
                    u64::from(request.commitment.timeoutTimestamp) < now
                };
                let late: Vec<_> = self.open.extract_if(.., |request| is_late(request)).take(5).collect();
                let list = late.iter().map(System::stored).collect();
                let call = abi::Router::timeoutRequestsCall { requestsToTimeoutByCommitment: list };
                system.world.run(SUBSCRIBER, system.router, &call).ok();
                self.timed_out += late.len() as u64;
            }
            8 => {
                // Prices move; one time in ten the feeds become stale instead.
                let answer = I256::try_from(WEI_PER_LINK - dice.below(1_000_000)).unwrap();
                if dice.one_in(10) {
                    system.world.advance(86_401);
                } else {
                    for (feed, answer) in
                        [(system.native_feed, answer), (system.usd_feed, I256::unchecked_from(USD_PER_LINK))]
                    {
                        system.world.run(OWNER, feed, &abi::Feed::setAnswerCall { answer }).ok();
                    }
                }
            }
            _ => system.world.advance(1 + dice.below(60)),
        }
    }
}

#[test]
fn two_thousand_requests_of_eight_senders_need_what_was_estimated() {
    let mut dice = Dice::new("requests");
    let mut system = system();
    let mut traffic = Traffic::begin(&mut system);
    for _ in 0..2_000 {
        let request = traffic.request(&system, &mut dice);
        let receipt = send(&mut system, &mut dice, request, |system, dice| {
            for _ in 0..dice.below(4) {
                traffic.act(system, dice);
            }
            system.world.advance(dice.below(30));
        });
        traffic.open.push(system.seen(&receipt));
    }
    println!("fulfilled {}, timed out {}, open {}", traffic.fulfilled, traffic.timed_out, traffic.open.len());
    assert!(traffic.fulfilled > 100 && traffic.timed_out > 10 && !traffic.open.is_empty());
}

#[test]
fn a_request_takes_the_same_gas_for_every_id_and_price() {
    let mut dice = Dice::new("same gas");
    let mut system = system();
    let traffic = Traffic::begin(&mut system);
    let (sender, consumer) = traffic.consumers[1];
    let data = system.send_request(&[7; 73], 100_000).abi_encode();
    let mut gas = std::collections::BTreeSet::new();
    for round in 0..500 {
        system.world.advance(1 + dice.below(7));
        if round == 400 {
            // Feeds that have become stale make no difference.
            system.world.advance(86_401);
        } else if round < 400 {
            let digits = 10_i64.pow(dice.below(9) as u32);
            for (feed, usual) in [(system.native_feed, WEI_PER_LINK), (system.usd_feed, USD_PER_LINK)] {
                let answer =
                    I256::unchecked_from(usual as i64 + (usual / 10) as i64 / digits * dice.below(9) as i64);
                system.world.run(OWNER, feed, &abi::Feed::setAnswerCall { answer }).ok();
            }
        }
        gas.insert(system.world.send(sender, consumer, data.clone()).ok().gas_used);
    }
    assert_eq!(gas.len(), 1, "{gas:?}");
}

/// Where the stretches of equal gas lie in a frame depends on the data; what they cannot spend exactly must not show.
#[test]
fn a_request_of_any_length_takes_the_same_gas_for_every_id_and_price() {
    let mut dice = Dice::new("every length");
    let mut system = system();
    let traffic = Traffic::begin(&mut system);
    let (sender, consumer) = traffic.consumers[1];
    let first = system.send_request(&[7], 100_000).abi_encode();
    system.world.send(sender, consumer, first).ok();
    let mut differing = Vec::new();
    for length in 1..=900 {
        let data = system.send_request(&vec![7; length], 100_000).abi_encode();
        let before = system.world.chain.snapshot();
        let gas = [(); 6].map(|()| {
            system.world.advance(1 + dice.below(7));
            let answer = I256::try_from(WEI_PER_LINK - dice.below(1_000_000_000)).unwrap();
            system.world.run(OWNER, system.native_feed, &abi::Feed::setAnswerCall { answer }).ok();
            system.world.send(sender, consumer, data.clone()).ok().gas_used
        });
        system.world.chain.revert(before);
        if gas.iter().any(|other| *other != gas[0]) {
            differing.push((length, gas));
        }
    }
    assert!(differing.is_empty(), "{} lengths: {differing:?}", differing.len());
}

/// What a caller does afterwards is not the Coordinator's to know: it makes three requests and more of its own.
#[test]
fn several_requests_in_one_transaction_need_what_was_estimated() {
    let mut dice = Dice::new("several requests");
    let mut system = system();
    let mut traffic = Traffic::begin(&mut system);
    let (sender, caller) = (holder(1), Address::repeat_byte(0xca));
    let call = system.send_request(&[7; 73], 100_000).abi_encode();
    system.world.chain.set_code(caller, puppet::calls_often(system.router, &call, 12));
    system.add_consumer(caller);
    for _ in 0..100 {
        send(&mut system, &mut dice, (sender, caller, Bytes::new()), |system, dice| {
            for _ in 0..dice.below(3) {
                traffic.act(system, dice);
            }
            system.world.advance(dice.below(30));
        });
    }
}

/// With more requests in flight than the table of open ones has room for, each is known and each is closed.
#[test]
fn every_request_is_known_when_the_table_overflows() {
    const REQUESTS: usize = 3_300;
    let mut dice = Dice::new("overflow");
    let mut system = system();
    let mut traffic = Traffic::begin(&mut system);
    let (mut usual, mut dearer) = (0, 0);
    while traffic.open.len() < REQUESTS {
        // While there is room, an estimate is enough.
        if (2_000..2_400).contains(&traffic.open.len()) && dice.one_in(3) {
            let request = traffic.request(&system, &mut dice);
            let receipt = send(&mut system, &mut dice, request, |system, dice| {
                for _ in 0..dice.below(3) {
                    system.world.advance(1);
                    let (from, to, data) = traffic.request(system, dice);
                    let receipt = system.world.send(from, to, data);
                    traffic.open.push(system.seen(&receipt));
                }
                system.world.advance(1);
            });
            traffic.open.push(system.seen(&receipt));
        } else {
            let (sender, consumer) = traffic.consumers[1];
            let data = system.send_request(&[7; 73], 100_000).abi_encode();
            let receipt = system.world.send(sender, consumer, data);
            traffic.open.push(system.seen(&receipt));
            *(if receipt.gas_used < 170_000 { &mut usual } else { &mut dearer }) += 1;
        }
    }
    println!("{usual} requests found room, {dearer} did not");
    assert!(usual > 2_000 && dearer > 100, "{usual} {dearer}");
    system.world.advance(10);
    // In any order: half are fulfilled, half time out; then all are gone.
    let mut requests = std::mem::take(&mut traffic.open);
    for at in (1..requests.len()).rev() {
        requests.swap(at, dice.below(at as u64 + 1) as usize);
    }
    let (fulfilled, late) = requests.split_at(REQUESTS / 2);
    for batch in fulfilled.chunks(10) {
        let entries: Vec<_> = batch.iter().map(|request| (request, &[5; 32][..], &[][..])).collect();
        let transmission = system.transmission(&entries);
        // Transmitted, then three or more logs of each.
        assert!(system.transmit(0, &transmission).ok().logs.len() > 3 * batch.len());
    }
    system.world.advance(301);
    for batch in late.chunks(10) {
        let list = batch.iter().map(System::stored).collect();
        let call = abi::Router::timeoutRequestsCall { requestsToTimeoutByCommitment: list };
        system.world.run(SUBSCRIBER, system.router, &call).ok();
    }
    for request in requests.iter().step_by(7) {
        let transmission = system.transmission(&[(request, b"r", b"")]);
        system.transmit(1, &transmission).logs_are(&[]);
    }
    assert!(system.subscription().blockedBalance.is_zero());
    // The table is empty again.
    let (sender, consumer) = traffic.consumers[1];
    let data = system.send_request(&[7; 73], 100_000).abi_encode();
    for _ in 0..50 {
        system.world.advance(1);
        assert!(system.world.send(sender, consumer, data.clone()).ok().gas_used < 170_000);
    }
}
