//! The whole system on one chain: LINK, feeds, Router, Coordinator, four oracles, a funded subscription, the example
//! consumer.

use alloy::{
    primitives::{Address, B256, Bytes, I256, U256, address, keccak256},
    sol_types::{SolCall, SolEvent, SolValue},
};
use functions_report::{
    Entry, ReportContext, report,
    transmit::{self, Signature},
};
use functions_types::{Commitment, DonId, Juels, RequestId, abi};
use k256::ecdsa::SigningKey;

use crate::{Receipt, World};

/// Owner of Router and Coordinator.
pub const OWNER: Address = address!("0000000000000000000000000000000000000A11");
/// Owner of subscription 1 and of the example consumer.
pub const SUBSCRIBER: Address = address!("0000000000000000000000000000000000000B0b");
/// One LINK in juels.
pub const LINK: u128 = 1_000_000_000_000_000_000;
/// The subscription of [`SUBSCRIBER`].
pub const SUBSCRIPTION: u64 = 1;
/// Wei for one LINK on the native feed.
pub const WEI_PER_LINK: u64 = 6_000_000_000_000_000;
/// USD for one LINK on the USD feed, with 8 decimals.
pub const USD_PER_LINK: u64 = 1_500_000_000;

/// One oracle: the key it signs reports with, and the account it transmits from.
#[derive(Clone)]
pub struct Oracle {
    /// Signs reports.
    pub key: SigningKey,
    /// Address of `key`.
    pub signer: Address,
    /// Sends transactions.
    pub transmitter: Address,
}

/// Everything, wired together.
pub struct System {
    /// The chain.
    pub world: World,
    /// The LINK token.
    pub link: Address,
    /// LINK in wei, 18 decimals.
    pub native_feed: Address,
    /// LINK in USD, 8 decimals.
    pub usd_feed: Address,
    /// The Router.
    pub router: Address,
    /// The Coordinator behind the route [`don_id`].
    pub coordinator: Address,
    /// The example consumer, on the subscription's list.
    pub consumer: Address,
    /// The oracles of the configuration, f = 1.
    pub oracles: Vec<Oracle>,
    /// Digest of that configuration.
    pub digest: B256,
}

/// The DON of every system.
pub fn don_id() -> B256 {
    DonId::parse("fun-local-1").expect("a DON name").0
}

/// The Router's configuration.
pub fn router_config() -> abi::RouterConfig {
    abi::RouterConfig {
        maxConsumersPerSubscription: 3,
        handleOracleFulfillmentSelector: [0x0c, 0xa7, 0x61, 0x75].into(),
        gasForCallExactCheck: 5_000,
        maxCallbackGasLimits: vec![300_000, 500_000, 1_000_000],
        subscriptionDepositMinimumRequests: 1,
        subscriptionDepositJuels: U256::from(11 * LINK).to(),
        ..abi::RouterConfig::default()
    }
}

/// The Coordinator's configuration: two cents for the DON, one for its owner.
pub fn billing_config() -> abi::BillingConfig {
    abi::BillingConfig {
        fulfillmentGasPriceOverEstimationBP: 5_000,
        feedStalenessSeconds: 86_400,
        gasOverheadBeforeCallback: 105_000,
        gasOverheadAfterCallback: 93_942,
        minimumEstimateGasPriceWei: U256::from(100_000_000).to(),
        maxSupportedRequestDataVersion: 1,
        fallbackUsdPerUnitLink: 1_400_000_000,
        fallbackUsdPerUnitLinkDecimals: 8,
        fallbackNativePerUnitLink: U256::from(5_000_000_000_000_000_u64).to(),
        requestTimeoutSeconds: 300,
        donFeeCentsUsd: 2,
        operationFeeCentsUsd: 1,
    }
}

/// The constructor's arguments of a typed constructor.
pub fn arguments(call: &impl SolCall) -> Vec<u8> {
    call.abi_encode()[4..].to_vec()
}

impl System {
    /// Deploys and wires everything; the Coordinator has this configuration.
    pub fn new(billing: abi::BillingConfig) -> Self {
        Self::on(World::new(), billing)
    }

    /// The same on a chain of one's own.
    pub fn on(mut world: World, billing: abi::BillingConfig) -> Self {
        let supply = U256::from(1_000_000 * LINK);
        let deploy = |world: &mut World, name: &str, arguments: Vec<u8>| {
            let (address, receipt) = world.deploy(name, &arguments);
            receipt.ok();
            address
        };
        let constructor = abi::Constructors::linkTokenCall { owner: SUBSCRIBER, supply };
        let link = deploy(&mut world, "link_token", arguments(&constructor));
        let feed = |decimals, answer: u64| {
            let answer = I256::try_from(answer).expect("a positive answer");
            arguments(&abi::Constructors::priceFeedCall { owner: OWNER, decimals, answer })
        };
        let native_feed = deploy(&mut world, "price_feed", feed(18, WEI_PER_LINK));
        let usd_feed = deploy(&mut world, "price_feed", feed(8, USD_PER_LINK));
        let constructor = abi::Constructors::routerCall { owner: OWNER, link, config: router_config() };
        let router = deploy(&mut world, "router", arguments(&constructor));
        let constructor = abi::Constructors::coordinatorCall {
            owner: OWNER,
            router,
            config: billing,
            linkToNativeFeed: native_feed,
            linkToUsdFeed: usd_feed,
        };
        let coordinator = deploy(&mut world, "coordinator", arguments(&constructor));
        let constructor = abi::Constructors::consumerExampleCall { owner: SUBSCRIBER, router };
        let consumer = deploy(&mut world, "consumer_example", arguments(&constructor));

        let (ids, to) = (vec![don_id()], vec![coordinator]);
        let propose = abi::Router::proposeContractsUpdateCall {
            proposedContractSetIds: ids,
            proposedContractSetAddresses: to,
        };
        world.run(OWNER, router, &propose).ok();
        world.run(OWNER, router, &abi::Router::updateContractsCall {}).ok();
        world.run(SUBSCRIBER, router, &abi::Router::createSubscriptionCall {}).ok();
        let fund = abi::Link::transferAndCallCall {
            to: router,
            amount: U256::from(100 * LINK),
            data: SUBSCRIPTION.abi_encode().into(),
        };
        world.run(SUBSCRIBER, link, &fund).ok();

        let oracles = (1..=4_u8).map(Oracle::new).collect();
        let mut system = Self {
            world,
            link,
            native_feed,
            usd_feed,
            router,
            coordinator,
            consumer,
            oracles,
            digest: B256::ZERO,
        };
        system.add_consumer(consumer);
        let receipt = system.configure();
        let set = abi::Coordinator::ConfigSet::decode_log(&receipt.ok().logs[0]).expect("ConfigSet");
        system.digest = set.configDigest;
        system
    }

    /// Puts a contract on the subscription's list.
    pub fn add_consumer(&mut self, consumer: Address) {
        let call = abi::Router::addConsumerCall { subscriptionId: SUBSCRIPTION, consumer };
        self.world.run(SUBSCRIBER, self.router, &call).ok();
    }

    /// Sets the oracles as the OCR2 configuration.
    pub fn configure(&mut self) -> Receipt {
        let call = abi::Coordinator::setConfigCall {
            _signers: self.oracles.iter().map(|oracle| oracle.signer).collect(),
            _transmitters: self.oracles.iter().map(|oracle| oracle.transmitter).collect(),
            _f: 1,
            _onchainConfig: Bytes::new(),
            _offchainConfigVersion: 1,
            _offchainConfig: vec![1, 2].into(),
        };
        self.world.run(OWNER, self.coordinator, &call)
    }

    /// Calldata of `Router.sendRequest`.
    pub fn send_request(&self, data: &[u8], callback_gas_limit: u32) -> abi::Router::sendRequestCall {
        abi::Router::sendRequestCall {
            subscriptionId: SUBSCRIPTION,
            data: data.to_vec().into(),
            dataVersion: 1,
            callbackGasLimit: callback_gas_limit,
            donId: don_id(),
        }
    }

    /// Has the example consumer send a script; what the oracles see.
    pub fn request(
        &mut self,
        source: &str,
        callback_gas_limit: u32,
    ) -> (Receipt, abi::Coordinator::OracleRequest) {
        let call = abi::ConsumerExample::sendRequestCall {
            source: source.into(),
            encryptedSecretsUrls: Bytes::new(),
            donHostedSecretsSlotId: 0,
            donHostedSecretsVersion: 0,
            args: vec![],
            bytesArgs: vec![],
            subscriptionId: SUBSCRIPTION,
            callbackGasLimit: callback_gas_limit,
            donId: don_id(),
        };
        let receipt = self.world.run(SUBSCRIBER, self.consumer, &call);
        let seen = self.seen(&receipt);
        (receipt, seen)
    }

    /// The request a receipt's first log announces.
    pub fn seen(&self, receipt: &Receipt) -> abi::Coordinator::OracleRequest {
        let log = receipt
            .ok()
            .logs
            .iter()
            .find(|log| log.topics()[0] == abi::Coordinator::OracleRequest::SIGNATURE_HASH);
        let log = log.expect("a request was opened");
        assert_eq!(log.address, self.coordinator);
        abi::Coordinator::OracleRequest::decode_log_validate(log).expect("OracleRequest").data
    }

    /// A signed report of the first three oracles: the calldata of `transmit`.
    pub fn transmission(&self, entries: &[(&abi::Coordinator::OracleRequest, &[u8], &[u8])]) -> Transmission {
        self.sign(Transmission::report(entries, self.coordinator.as_slice()), &[0, 1, 2])
    }

    /// Signs any bytes with these oracles.
    pub fn sign(&self, report: Vec<u8>, oracles: &[usize]) -> Transmission {
        Transmission::sign(self.digest, report, oracles.iter().map(|index| &self.oracles[*index]))
    }

    /// Sends a transmission from an oracle.
    pub fn transmit(&mut self, oracle: usize, transmission: &Transmission) -> Receipt {
        self.world.send(self.oracles[oracle].transmitter, self.coordinator, transmission.calldata())
    }

    /// The subscription.
    pub fn subscription(&self) -> abi::Subscription {
        self.world.view(self.router, &abi::Router::getSubscriptionCall { subscriptionId: SUBSCRIPTION })
    }

    /// LINK of an address, in juels.
    pub fn link_of(&self, account: Address) -> u128 {
        self.world.view(self.link, &abi::Link::balanceOfCall { account }).to()
    }

    /// The commitment of a request in the form the Router keeps.
    pub fn stored(request: &abi::Coordinator::OracleRequest) -> abi::Commitment {
        Commitment::from(request.commitment.clone()).with_admin_fee(Juels::ZERO).into()
    }
}

/// A report with its context and signatures, open to damage.
#[derive(Clone)]
pub struct Transmission {
    /// Context words.
    pub context: [[u8; 32]; 3],
    /// Report bytes.
    pub report: Vec<u8>,
    /// Signatures over both.
    pub signatures: Vec<Signature>,
}

impl Transmission {
    /// The bytes of a report of these requests, each with its result and error.
    pub fn report(
        entries: &[(&abi::Coordinator::OracleRequest, &[u8], &[u8])],
        offchain_metadata: &[u8],
    ) -> Vec<u8> {
        let metadata: Vec<_> = entries.iter().map(|(request, ..)| request.commitment.abi_encode()).collect();
        let entries: Vec<_> = entries
            .iter()
            .zip(&metadata)
            .map(|((request, result, error), metadata)| Entry {
                request_id: RequestId(request.requestId),
                result,
                error,
                onchain_metadata: metadata,
                offchain_metadata,
            })
            .collect();
        report::encode(&entries)
    }

    /// Any bytes as a report, signed by these oracles under a configuration's digest.
    pub fn sign<'a>(digest: B256, report: Vec<u8>, oracles: impl Iterator<Item = &'a Oracle>) -> Self {
        let context = ReportContext { config_digest: digest, epoch: 7, round: 1, extra_hash: B256::ZERO };
        let hash = context.signed_hash(&report);
        let signatures = oracles.map(|oracle| oracle.sign(&hash)).collect();
        Self { context: context.words(), report, signatures }
    }

    /// Calldata of `transmit`.
    pub fn calldata(&self) -> Vec<u8> {
        transmit::encode(&self.context, &self.report, &self.signatures)
    }
}

impl Oracle {
    /// An oracle with a key made of `seed`.
    pub fn new(seed: u8) -> Self {
        let key = SigningKey::from_slice(keccak256([b's', seed]).as_slice()).expect("a valid scalar");
        let point = key.verifying_key().to_encoded_point(false);
        let signer = Address::from_raw_public_key(&point.as_bytes()[1..]);
        Self { key, signer, transmitter: Address::repeat_byte(0x70 + seed) }
    }

    /// Signs a report's hash.
    pub fn sign(&self, hash: &B256) -> Signature {
        let (signature, id) = self.key.sign_prehash_recoverable(hash.as_slice()).expect("a signature");
        let (r, s) = signature.split_bytes();
        Signature { r: r.into(), s: s.into(), v: id.to_byte() }
    }
}
