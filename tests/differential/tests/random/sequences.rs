//! Random sequences of everything everybody can do, honest or not. `FUZZ_SEQUENCES` says how many, `FUZZ_SEED` which first.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{SolCall, SolEvent},
};
use differential_tests::{Receipt, puppet, scene::*};
use functions_types::abi::{self, Coordinator as C, Link, Router as R};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// Operations in a sequence.
const LENGTH: usize = 40;

/// One sequence: the chains, what happened on them, and the dice.
struct Sequence {
    scene: Scene,
    dice: ChaCha8Rng,
    requests: Vec<Request>,
    /// Requests that were fulfilled.
    closed: usize,
    /// A subscription that is kept alive.
    main: u64,
    /// Gas is free, so that consumers may have code.
    free: bool,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn random_sequences() {
    let first = number("FUZZ_SEED", 1);
    let (mut opened, mut closed) = (0, 0);
    for seed in first..first + number("FUZZ_SEQUENCES", 25) {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let chain_id = [412_346, 42_161][dice.next_u32() as usize % 2];
        let l1_price = [0, 1_000_000][dice.next_u32() as usize % 2];
        let free = dice.next_u32().is_multiple_of(2);
        let mut billing = billing_config();
        if free {
            billing.fallbackNativePerUnitLink = U256::from(10).pow(U256::from(40)).to();
        }
        let pairs = [Pair::Ours, Pair::Ours, Pair::OurRouter, Pair::OurCoordinator];
        let pair = pairs[dice.next_u32() as usize % 4];
        let setup = Setup { chain_id, l1_price, billing, pair, ..Setup::default() };
        let Some(scene) = Scene::with(setup) else { return };
        let mut sequence =
            Sequence { scene, dice, requests: Vec::new(), closed: 0, free, main: SUBSCRIPTION };
        if free {
            sequence.scene.free_gas();
        }
        for step in 0..LENGTH {
            sequence.revive();
            sequence.step();
            if !sequence.scene.twin.differences.is_empty() {
                eprintln!("FUZZ_SEED={seed} differs at step {step}");
                return;
            }
        }
        sequence.scene.books();
        let count = sequence.scene.twin.view(sequence.scene.router, &R::getSubscriptionCountCall {});
        let all = R::getSubscriptionsInRangeCall { subscriptionIdStart: 0, subscriptionIdEnd: count };
        sequence.scene.twin.ask(sequence.scene.router, &all);
        if !sequence.scene.twin.differences.is_empty() {
            eprintln!("FUZZ_SEED={seed} differs at its end");
            return;
        }
        opened += sequence.requests.len();
        closed += sequence.closed;
    }
    eprintln!(
        "{} sequences from seed {first}: {opened} requests, {closed} fulfilled",
        number("FUZZ_SEQUENCES", 25)
    );
}

impl Sequence {
    fn below(&mut self, n: usize) -> usize {
        (self.dice.next_u64() % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn user(&mut self) -> Address {
        if self.one_in(8) {
            self.pick(&[OWNER, self.scene.link, self.scene.coordinator])
        } else {
            self.pick(&[SUBSCRIBER, SUBSCRIBER, SUBSCRIBER, STRANGER, CONSUMER])
        }
    }

    fn consumer(&mut self) -> Address {
        self.pick(&[
            CONSUMER,
            CONSUMER,
            Address::repeat_byte(0xc1),
            Address::repeat_byte(0xc2),
            STRANGER,
            Address::ZERO,
        ])
    }

    fn id(&mut self) -> u64 {
        self.pick(&[self.main, self.main, self.main, self.main, self.main, self.main, 1, 2, 3, 0, 9])
    }

    fn owner(&mut self) -> Address {
        if self.one_in(6) { self.user() } else { OWNER }
    }

    fn juels(&mut self) -> u128 {
        self.pick(&[0, 1, LINK / 100, LINK, 10 * LINK, 5_000 * LINK])
    }

    fn run<T: SolCall>(&mut self, from: Address, to: Address, call: &T) -> Receipt {
        self.scene.twin.run(from, to, call)
    }

    /// Mostly ends a pause, and opens a new subscription when the main one is gone.
    fn revive(&mut self) {
        let r = self.scene.router;
        if self.scene.twin.view(r, &R::pausedCall {}) && !self.one_in(3) {
            self.run(OWNER, r, &R::unpauseCall {});
        }
        let main = R::getConsumerCall { client: CONSUMER, subscriptionId: self.main };
        if !self.scene.twin.view(r, &main).allowed && self.one_in(2) {
            let call = R::createSubscriptionWithConsumerCall { consumer: CONSUMER };
            let receipt = self.run(SUBSCRIBER, r, &call);
            if receipt.success {
                self.main = U256::from_be_slice(&receipt.output).to();
                self.scene.fund(self.main, 50 * LINK);
            }
        }
        if self.requests.is_empty() {
            self.request();
        }
    }

    fn step(&mut self) {
        let (r, c, link) = (self.scene.router, self.scene.coordinator, self.scene.link);
        let (id, consumer, user) = (self.id(), self.consumer(), self.user());
        match self.below(34) {
            0 => drop(self.run(user, r, &R::createSubscriptionCall {})),
            1 => drop(self.run(user, r, &R::createSubscriptionWithConsumerCall { consumer })),
            2 | 3 => drop(self.run(user, r, &R::addConsumerCall { subscriptionId: id, consumer })),
            4 => drop(self.run(user, r, &R::removeConsumerCall { subscriptionId: id, consumer })),
            5 | 6 => {
                let juels = self.juels();
                self.scene.fund(id, juels);
            }
            7 => {
                let call = R::proposeSubscriptionOwnerTransferCall { subscriptionId: id, newOwner: consumer };
                self.run(user, r, &call);
                self.run(consumer, r, &R::acceptSubscriptionOwnerTransferCall { subscriptionId: id });
            }
            8 => drop(self.run(user, r, &R::cancelSubscriptionCall { subscriptionId: id, to: consumer })),
            9 => {
                let (from, flags) = (self.owner(), B256::repeat_byte(self.below(4) as u8));
                self.run(from, r, &R::setFlagsCall { subscriptionId: id, flags });
                if self.one_in(3) {
                    self.run(from, r, &R::ownerCancelSubscriptionCall { subscriptionId: id });
                }
            }
            10 => {
                let from = self.owner();
                if self.one_in(3) {
                    self.run(from, r, &R::pauseCall {});
                } else {
                    self.run(from, r, &R::unpauseCall {});
                }
            }
            11..=17 => self.request(),
            18..=23 => self.transmit(),
            24 => {
                let list: Vec<_> = (0..=self.below(2)).filter_map(|_| self.known()).collect();
                let requests = list.iter().map(Scene::stored).collect();
                self.run(user, r, &R::timeoutRequestsCall { requestsToTimeoutByCommitment: requests });
            }
            25 => {
                let seconds = self.pick(&[1, 13, 150, 300, 301, 86_401]);
                self.scene.advance(seconds);
            }
            26 | 27 => self.prices(),
            28 => self.withdraw(),
            29 => self.configure(),
            30 => {
                let amount = U256::from(self.juels());
                self.run(SUBSCRIBER, link, &Link::transferCall { to: r, value: amount });
                let from = self.owner();
                self.run(from, r, &R::recoverFundsCall { to: consumer });
            }
            31 => {
                let proposal = R::proposeContractsUpdateCall {
                    proposedContractSetIds: vec![don_id(), B256::repeat_byte(7)],
                    proposedContractSetAddresses: vec![self.pick(&[c, c, STRANGER, consumer]), c],
                };
                let from = self.owner();
                self.run(from, r, &proposal);
                if self.one_in(3) {
                    self.run(from, r, &R::updateContractsCall {});
                }
            }
            32 => {
                let Some(request) = self.known() else { return };
                let mut commitment = Scene::stored(&request);
                let from = self.pick(&[STRANGER, c, c]);
                if from == STRANGER && self.one_in(2) {
                    commitment.coordinator = STRANGER;
                }
                let (result, juels) = (vec![1; self.below(70)], self.juels());
                let call = R::fulfillCall {
                    response: result.into(),
                    err: vec![].into(),
                    juelsPerGas: U256::ZERO.to(),
                    costWithoutCallback: U256::from(juels).to(),
                    transmitter: user,
                    commitment,
                };
                self.run(from, r, &call);
            }
            _ => {
                let client = consumer;
                self.scene.twin.ask(r, &R::getSubscriptionCall { subscriptionId: id });
                self.scene.twin.ask(r, &R::getConsumerCall { client, subscriptionId: id });
                self.scene.twin.ask(r, &R::pendingRequestExistsCall { subscriptionId: id });
                self.scene.twin.ask(r, &R::getProposedContractSetCall {});
                self.scene.twin.ask(c, &C::getWeiPerUnitLinkCall {});
                self.scene.twin.ask(c, &C::getUsdPerUnitLinkCall {});
                self.scene.twin.ask(c, &C::latestConfigDetailsCall {});
                self.scene.books();
            }
        }
    }

    fn known(&mut self) -> Option<Request> {
        if self.requests.is_empty() {
            return None;
        }
        // The newest are more often open.
        let back = if self.one_in(3) {
            self.below(self.requests.len())
        } else {
            self.below(self.requests.len().min(3))
        };
        Some(self.requests[self.requests.len() - 1 - back].clone())
    }

    fn request(&mut self) {
        let (mut id, mut consumer, r) = (self.id(), self.consumer(), self.scene.router);
        if !self.one_in(4) {
            (id, consumer) = (self.main, CONSUMER);
        }
        let data = vec![self.below(256) as u8; self.pick(&[1, 31, 32, 33, 73, 73, 73, 200, 1_000, 0])];
        // Between the small and the large limits lies what a callback that calls the Router takes, which
        // differs between the engines.
        let gas = self.pick(&[0, 500, 500, 500, 300_000, 300_000, 300_000, 300_001, 700_000]);
        let route = if self.one_in(12) { self.pick(&[B256::repeat_byte(7), B256::ZERO]) } else { don_id() };
        let version = self.pick(&[1, 1, 1, 1, 1, 1, 1, 0, 2]);
        let call = R::sendRequestCall {
            subscriptionId: id,
            data: data.into(),
            dataVersion: version,
            callbackGasLimit: gas,
            donId: route,
        };
        self.scene.twin.both(|side| side.0.set_code(consumer, Bytes::new()));
        let receipt = if self.one_in(8) {
            let R::sendRequestCall { subscriptionId, data, dataVersion, callbackGasLimit, donId } = call;
            let call =
                R::sendRequestToProposedCall { subscriptionId, data, dataVersion, callbackGasLimit, donId };
            self.run(consumer, r, &call)
        } else {
            self.run(consumer, r, &call)
        };
        if receipt.success && !receipt.logs.is_empty() {
            self.requests.push(self.scene.seen(&receipt));
        }
        if self.free && consumer != Address::ZERO {
            let next = self.scene.send_request(&[3; 9], 5_000).abi_encode();
            let cancel = R::cancelSubscriptionCall { subscriptionId: id, to: consumer }.abi_encode();
            let codes = [
                puppet::returns(&[5; 140]),
                puppet::reverts(&[6; 40]),
                puppet::burns(),
                puppet::echoes(),
                puppet::calls(r, &next),
                puppet::calls(r, &cancel),
            ];
            let code = codes[self.below(codes.len())].clone();
            self.scene.twin.both(|side| side.0.set_code(consumer, code.clone()));
        }
    }

    fn transmit(&mut self) {
        let count = self.pick(&[1, 1, 1, 2, 4]);
        let mut list: Vec<_> = (0..count).filter_map(|_| self.known()).collect();
        if list.is_empty() {
            return;
        }
        if self.one_in(10) {
            let index = self.below(list.len());
            match self.below(5) {
                0 => list[index].commitment.donFee = U256::from(1).to(),
                1 => list[index].commitment.coordinator = STRANGER,
                2 => list[index].commitment.client = STRANGER,
                3 => list[index].requestId = B256::repeat_byte(1),
                _ => list[index].commitment.requestId = B256::repeat_byte(1),
            }
        }
        let (result, error) = (vec![1; self.below(300)], vec![2; self.below(40)]);
        let entries: Vec<(&Request, &[u8], &[u8])> =
            list.iter().map(|request| (request, &result[..], &error[..])).collect();
        let mut report = self.scene.report(&entries);
        if self.one_in(10) {
            match self.below(5) {
                0 => report.signatures[1] = report.signatures[0],
                1 => drop(report.signatures.pop()),
                2 => report.signatures[2].v ^= 1,
                3 => report.report[self.dice.next_u32() as usize % 320] ^= 1,
                _ => report.context[1][30] ^= 1,
            }
        }
        let from = if self.one_in(10) {
            self.user()
        } else {
            let i = self.below(4);
            self.scene.oracles[i].transmitter
        };
        let c = self.scene.coordinator;
        let data = report.calldata();
        // A batch may open new requests from its callbacks; those are left to time out.
        let receipt = self.scene.twin.send("transmit", from, c, &data);
        let processed = abi::Router::RequestProcessed::SIGNATURE_HASH;
        self.closed += receipt.logs.iter().filter(|log| log.topics().first() == Some(&processed)).count();
    }

    fn prices(&mut self) {
        let now = self.scene.twin.ours.0.latest().header.timestamp;
        let age = self.pick(&[0, 0, 0, 100, 90_000]);
        let stamp = U256::from(now - age);
        let base_fee = self.pick(&[100_000_000_u64, 100_000_000, 20_000_000, 110_000_000, 1_000_000_000]);
        let usd = self.pick(&[
            1_500_000_000_u64,
            1_500_000_001,
            1_499_999_999,
            700_000_000,
            700_000_000,
            900_000_007,
            1,
            0,
        ]);
        self.scene.feed(USD_FEED, 8, U256::from(usd), stamp);
        self.scene.twin.both(|side| side.0.set_base_fee(base_fee));
        if !self.free {
            let wei =
                self.pick(&[6_000_000_000_000_000_u64, 5_500_000_000_000_000, 7_000_000_000_000_000, 0]);
            self.scene.feed(NATIVE_FEED, 18, U256::from(wei), stamp);
        }
    }

    fn withdraw(&mut self) {
        let (r, c) = (self.scene.router, self.scene.coordinator);
        let oracle = self.below(4);
        let from = if self.one_in(3) { self.owner() } else { self.scene.oracles[oracle].transmitter };
        let (recipient, juels) = (self.consumer(), self.juels());
        let amount = U256::from(juels).to();
        match self.below(4) {
            0 => drop(self.run(from, c, &C::oracleWithdrawAllCall {})),
            1 => drop(self.run(from, r, &R::oracleWithdrawCall { recipient, amount })),
            2 => drop(self.run(from, r, &R::ownerWithdrawCall { recipient, amount })),
            _ => drop(self.run(from, c, &C::oracleWithdrawCall { recipient, amount })),
        }
    }

    fn configure(&mut self) {
        let (r, c, from) = (self.scene.router, self.scene.coordinator, self.owner());
        match self.below(3) {
            0 => {
                let call = self.scene.set_config();
                let receipt = self.run(from, c, &call);
                if let (true, Some(log)) = (receipt.success, receipt.logs.last()) {
                    self.scene.digest = B256::from_slice(&log.data.data[32..64]);
                }
            }
            1 => {
                let config = abi::BillingConfig {
                    feedStalenessSeconds: self.pick(&[0, 86_400, 50]),
                    fulfillmentGasPriceOverEstimationBP: self.pick(&[0, 5_000, 1]),
                    requestTimeoutSeconds: self.pick(&[0, 300, 100_000]),
                    donFeeCentsUsd: self.pick(&[0, 2, 320]),
                    operationFeeCentsUsd: self.pick(&[0, 1, 99]),
                    ..billing_config()
                };
                let fallback = if self.free {
                    U256::from(10).pow(U256::from(40)).to()
                } else {
                    config.fallbackNativePerUnitLink
                };
                let config = abi::BillingConfig { fallbackNativePerUnitLink: fallback, ..config };
                self.run(from, c, &C::updateConfigCall { config });
            }
            _ => {
                let config = abi::RouterConfig {
                    maxConsumersPerSubscription: self.pick(&[0, 3, 100]),
                    adminFee: U256::from(self.pick(&[0, 0, 0, 5])).to(),
                    subscriptionDepositMinimumRequests: self.pick(&[0, 1, 2]),
                    ..router_config()
                };
                self.run(from, r, &R::updateConfigCall { config });
            }
        }
    }
}
