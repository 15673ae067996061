//! The whole system on both chains: LINK, feeds, Router, Coordinator, four oracles, a subscription with 100 LINK.

use alloy::{
    primitives::{Address, B256, Bytes, U256, address},
    sol_types::{SolCall, SolEvent, SolValue},
};
pub use contract_tests::system::{
    LINK, OWNER, Oracle, SUBSCRIBER, SUBSCRIPTION, Transmission, billing_config, don_id, router_config,
};
use contract_tests::{GENESIS_TIME, Receipt, puppet, system::arguments};
use functions_types::{Commitment, Juels, abi};

use crate::{
    chain::Side,
    twin::{Twin, reference_code},
};

/// An allowed consumer without code: its callback costs nothing, so books are equal whatever the gas price.
pub const CONSUMER: Address = address!("000000000000000000000000000000000000C0DE");
/// Nobody in particular.
pub const STRANGER: Address = address!("0000000000000000000000000000000000005742");
/// The LINK/native feed.
pub const NATIVE_FEED: Address = address!("0000000000000000000000000000000000FEED01");
/// The LINK/USD feed.
pub const USD_FEED: Address = address!("0000000000000000000000000000000000FEED02");
/// More juels than any book holds: the largest amount of 96 bits.
pub const MOST: u128 = u128::MAX >> 32;
const MINTER: Address = address!("0000000000000000000000000000000000004133");

/// What stands on the chain that is compared with the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pair {
    /// Both contracts are ours.
    #[default]
    Ours,
    /// Our Router with the reference's Coordinator.
    OurRouter,
    /// Our Coordinator with the reference's Router.
    OurCoordinator,
}

/// How a scene begins.
#[derive(Clone, Debug)]
pub struct Setup {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Wei per calldata unit.
    pub l1_price: u128,
    /// Of the Router.
    pub router: abi::RouterConfig,
    /// Of the Coordinator.
    pub billing: abi::BillingConfig,
    /// Whether an OCR2 configuration is set.
    pub configured: bool,
    /// Which contracts are ours.
    pub pair: Pair,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            l1_price: 0,
            router: router_config(),
            billing: billing_config(),
            configured: true,
            pair: Pair::Ours,
        }
    }
}

/// Everything, on both chains, at the same addresses.
pub struct Scene {
    /// The chains.
    pub twin: Twin,
    /// The LINK token, the same program on both.
    pub link: Address,
    /// The Router.
    pub router: Address,
    /// The Coordinator.
    pub coordinator: Address,
    /// The oracles, f = 1.
    pub oracles: Vec<Oracle>,
    /// Digest of their configuration.
    pub digest: B256,
}

impl Scene {
    /// The usual scene; `None`, with a line on stderr, when the reference has not been built.
    pub fn new() -> Option<Self> {
        Self::with(Setup::default())
    }

    /// A scene of one's own.
    pub fn with(setup: Setup) -> Option<Self> {
        let (router_code, coordinator_code) = (reference_code("router")?, reference_code("coordinator")?);
        let mut twin = Twin::new(setup.chain_id, setup.l1_price);
        let supply = U256::from(1_000_000 * LINK);
        let token = arguments(&abi::Constructors::linkTokenCall { owner: SUBSCRIBER, supply });
        let mut link = Address::ZERO;
        twin.both(|side| link = side.deploy(MINTER, "link_token", &token).0);
        for (feed, decimals, answer) in
            [(NATIVE_FEED, 18, 6_000_000_000_000_000_u64), (USD_FEED, 8, 1_500_000_000)]
        {
            twin.both(|side| {
                set_feed(side, feed, U256::from(decimals), U256::from(answer), U256::from(GENESIS_TIME))
            });
        }

        let call = abi::Constructors::routerCall { owner: OWNER, link, config: setup.router.clone() };
        let constructor = (link, setup.router.clone()).abi_encode_params();
        let code = [router_code, constructor].concat();
        let ours = setup.pair != Pair::OurCoordinator;
        let router = place(&mut twin, ours.then_some("router"), &arguments(&call), code);

        let call = abi::Constructors::coordinatorCall {
            owner: OWNER,
            router,
            config: setup.billing.clone(),
            linkToNativeFeed: NATIVE_FEED,
            linkToUsdFeed: USD_FEED,
        };
        let constructor = (router, setup.billing, NATIVE_FEED, USD_FEED).abi_encode_params();
        let code = [coordinator_code, constructor].concat();
        let ours = setup.pair != Pair::OurRouter;
        let coordinator = place(&mut twin, ours.then_some("coordinator"), &arguments(&call), code);

        let oracles = (1..=4_u8).map(Oracle::new).collect();
        let mut scene = Self { twin, link, router, coordinator, oracles, digest: B256::ZERO };
        scene.route(don_id(), coordinator);
        scene.twin.ok(SUBSCRIBER, router, &abi::Router::createSubscriptionCall {});
        scene.fund(SUBSCRIPTION, 100 * LINK);
        let consumer = CONSUMER;
        scene.twin.ok(
            SUBSCRIBER,
            router,
            &abi::Router::addConsumerCall { subscriptionId: SUBSCRIPTION, consumer },
        );
        if setup.configured {
            scene.configure();
        }
        scene.watch();
        Some(scene)
    }

    /// The same scene once more, on forks of both chains.
    pub fn fork(&self) -> Self {
        let Self { link, router, coordinator, digest, .. } = *self;
        Self { twin: self.twin.fork(), oracles: self.oracles.clone(), link, router, coordinator, digest }
    }

    /// What is compared after every change.
    fn watch(&mut self) {
        let range = abi::Router::getSubscriptionsInRangeCall { subscriptionIdStart: 0, subscriptionIdEnd: 1 };
        let consumer = abi::Router::getConsumerCall { client: CONSUMER, subscriptionId: SUBSCRIPTION };
        self.twin.watched = vec![
            (self.router, range.abi_encode()),
            (self.router, consumer.abi_encode()),
            (self.router, abi::Router::getTotalBalanceCall {}.abi_encode()),
            (self.router, abi::Router::getSubscriptionCountCall {}.abi_encode()),
        ];
        for account in [self.router, SUBSCRIBER, STRANGER] {
            self.twin.watch_link(self.link, account);
        }
    }

    /// Proposes and installs a route.
    pub fn route(&mut self, id: B256, to: Address) {
        let propose = abi::Router::proposeContractsUpdateCall {
            proposedContractSetIds: vec![id],
            proposedContractSetAddresses: vec![to],
        };
        self.twin.ok(OWNER, self.router, &propose);
        self.twin.ok(OWNER, self.router, &abi::Router::updateContractsCall {});
    }

    /// `transferAndCall` of LINK for a subscription.
    pub fn funding(&self, subscription: u64, juels: u128) -> abi::Link::transferAndCallCall {
        abi::Link::transferAndCallCall {
            to: self.router,
            amount: U256::from(juels),
            data: subscription.abi_encode().into(),
        }
    }

    /// Funds a subscription from the subscriber's LINK.
    pub fn fund(&mut self, subscription: u64, juels: u128) -> Receipt {
        let call = self.funding(subscription, juels);
        self.twin.run(SUBSCRIBER, self.link, &call)
    }

    /// Timestamp of the newest block.
    pub fn now(&self) -> u64 {
        self.twin.ours.0.latest().header.timestamp
    }

    /// `setConfig` of the oracles.
    pub fn set_config(&self) -> abi::Coordinator::setConfigCall {
        abi::Coordinator::setConfigCall {
            _signers: self.oracles.iter().map(|oracle| oracle.signer).collect(),
            _transmitters: self.oracles.iter().map(|oracle| oracle.transmitter).collect(),
            _f: 1,
            _onchainConfig: Bytes::new(),
            _offchainConfigVersion: 1,
            _offchainConfig: vec![1, 2, 3].into(),
        }
    }

    /// Sets it on both.
    pub fn configure(&mut self) {
        let receipt = self.twin.ok(OWNER, self.coordinator, &self.set_config());
        if let Some(log) = receipt.logs.last() {
            self.digest =
                abi::Coordinator::ConfigSet::decode_log(log).expect("ConfigSet is last").configDigest;
        }
    }

    /// Sets what a feed answers.
    pub fn feed(&mut self, feed: Address, decimals: u64, answer: U256, updated_at: U256) {
        self.twin.both(|side| set_feed(side, feed, U256::from(decimals), answer, updated_at));
    }

    /// Wei per LINK so high that no gas costs a juel: books are equal whatever the callback's gas.
    pub fn free_gas(&mut self) {
        let answer = U256::from(10).pow(U256::from(40));
        self.feed(NATIVE_FEED, 18, answer, U256::from(GENESIS_TIME));
    }

    /// Moves time on both.
    pub fn advance(&mut self, seconds: u64) {
        self.twin.both(|side| {
            side.0.increase_time(seconds).expect("time is left");
            side.0.mine();
        });
    }

    /// `sendRequest` of some data.
    pub fn send_request(&self, data: &[u8], callback_gas_limit: u32) -> abi::Router::sendRequestCall {
        abi::Router::sendRequestCall {
            subscriptionId: SUBSCRIPTION,
            data: data.to_vec().into(),
            dataVersion: 1,
            callbackGasLimit: callback_gas_limit,
            donId: don_id(),
        }
    }

    /// The consumer sends a request on both; what the oracles see.
    pub fn request(&mut self, data: &[u8], callback_gas_limit: u32) -> Request {
        let call = self.send_request(data, callback_gas_limit);
        let receipt = self.twin.ok(CONSUMER, self.router, &call);
        self.seen(&receipt)
    }

    /// The request that a receipt announces.
    pub fn seen(&self, receipt: &Receipt) -> Request {
        let hash = abi::Coordinator::OracleRequest::SIGNATURE_HASH;
        let log = receipt.logs.iter().find(|log| log.topics().first() == Some(&hash));
        abi::Coordinator::OracleRequest::decode_log(log.expect("a request was opened"))
            .expect("OracleRequest")
            .data
    }

    /// A report of these requests, signed by the first three oracles.
    pub fn report(&self, entries: &[(&Request, &[u8], &[u8])]) -> Transmission {
        self.sign(Transmission::report(entries, &[]), &[0, 1, 2])
    }

    /// Any bytes, signed by these oracles.
    pub fn sign(&self, report: Vec<u8>, oracles: &[usize]) -> Transmission {
        Transmission::sign(self.digest, report, oracles.iter().map(|index| &self.oracles[*index]))
    }

    /// An oracle transmits on both.
    pub fn transmit(&mut self, label: &str, oracle: usize, transmission: &Transmission) -> Receipt {
        let from = self.oracles[oracle].transmitter;
        self.twin.send(label, from, self.coordinator, &transmission.calldata())
    }

    /// What an account can take out of the Coordinator, seen by taking it out of a copy; compared.
    pub fn books(&mut self) {
        let owners = self.oracles.iter().map(|oracle| oracle.transmitter).chain([OWNER, STRANGER]);
        for account in owners.collect::<Vec<_>>() {
            for amount in [0_u128, 1, MOST] {
                let amount = U256::from(amount).to();
                let call = abi::Coordinator::oracleWithdrawCall { recipient: STRANGER, amount };
                let _ = self.twin.call("books", account, self.coordinator, &call.abi_encode());
            }
        }
        let most = U256::from(MOST).to();
        let call = abi::Router::ownerWithdrawCall { recipient: OWNER, amount: most }.abi_encode();
        let _ = self.twin.call("books", OWNER, self.router, &call);
        let call = abi::Router::oracleWithdrawCall { recipient: OWNER, amount: most }.abi_encode();
        let _ = self.twin.call("books", self.coordinator, self.router, &call);
    }

    /// The commitment of a request as the contracts keep it.
    pub fn stored(request: &Request) -> abi::Commitment {
        Commitment::from(request.commitment.clone()).with_admin_fee(Juels::ZERO).into()
    }
}

/// What oracles see of a request.
pub type Request = abi::Coordinator::OracleRequest;

/// Deploys a contract on both chains, from the owner's next nonce: `program`, if named, on one, the reference's
/// creation code on the other.
pub fn place(twin: &mut Twin, program: Option<&str>, arguments: &[u8], code: Vec<u8>) -> Address {
    let (at, mut ours) = match program {
        Some(program) => twin.ours.deploy(OWNER, program, arguments),
        None => twin.ours.create(OWNER, code.clone()),
    };
    let (same, mut theirs) = twin.reference.create(OWNER, code);
    assert_eq!(at, same, "the contracts stand at the same address");
    // What a constructor returns is code on one chain and nothing on the other.
    if ours.success && theirs.success {
        (ours.output, theirs.output) = (Bytes::new(), Bytes::new());
    }
    twin.compare("constructor", &ours, &theirs);
    at
}

/// A contract that answers `latestRoundData()` and, by its first word, `decimals()`.
fn set_feed(side: &mut Side, feed: Address, decimals: U256, answer: U256, updated_at: U256) {
    let words = [decimals, answer, U256::ZERO, updated_at, U256::ZERO];
    side.0.set_code(feed, puppet::returns(&words.map(|word| word.to_be_bytes::<32>()).concat()));
}
