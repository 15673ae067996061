//! The Router over WASM: every function and every error of its ABI, with the Coordinator and the consumer
//! played by puppets. What the real Coordinator does with it is tested beside it.

mod admin;
mod calldata;
mod fulfill;
mod funds;
mod gas;
mod requests;
mod routes;
mod subscriptions;
mod timeouts;

use alloy::{
    primitives::{
        Address, B256, Bytes, U256, address,
        aliases::{U40, U72, U96},
        b256, fixed_bytes, keccak256,
    },
    sol_types::{SolCall, SolValue},
};
use contract_tests::{Receipt, World, puppet};
use functions_types::abi::{Commitment, Constructors, Link, Router, RouterConfig};

/// The Router's owner, who holds all LINK.
const OWNER: Address = address!("00000000000000000000000000000000000000a0");
/// Owner of every subscription.
const ALICE: Address = address!("00000000000000000000000000000000000000a1");
/// Somebody else.
const BOB: Address = address!("00000000000000000000000000000000000000a2");
/// Sends transactions to contracts that send requests.
const CAROL: Address = address!("90F79bf6EB2c4f870365E785982E1f101E93b906");
/// Where the Coordinator's puppet stands.
const COORDINATOR: Address = address!("0165878A594ca255338adfa4d48449f69242Eb8F");
/// Where the consumer's puppet stands.
const CONSUMER: Address = address!("8A791620dd6260079BF849Dc5567aDC3F2FdC318");
/// An oracle.
const TRANSMITTER: Address = address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f");
/// `fun-local-1`.
const DON: B256 = b256!("66756e2d6c6f63616c2d31000000000000000000000000000000000000000000");
const LINK: u128 = 1_000_000_000_000_000_000;

struct Scene {
    world: World,
    router: Address,
    link: Address,
}

fn config() -> RouterConfig {
    RouterConfig {
        maxConsumersPerSubscription: 3,
        adminFee: U72::ZERO,
        handleOracleFulfillmentSelector: fixed_bytes!("0ca76175"),
        gasForCallExactCheck: 5_000,
        maxCallbackGasLimits: vec![300_000, 500_000, 1_000_000],
        subscriptionDepositMinimumRequests: 1,
        subscriptionDepositJuels: U72::from(11 * LINK),
    }
}

impl Scene {
    /// LINK and a Router that has no routes.
    fn bare() -> Self {
        let mut world = World::new();
        let supply = U256::from(1_000_000_000 * LINK);
        let arguments = Constructors::linkTokenCall { owner: OWNER, supply }.abi_encode();
        let (link, receipt) = world.deploy("link_token", &arguments[4..]);
        receipt.ok();
        let arguments = Constructors::routerCall { owner: OWNER, link, config: config() }.abi_encode();
        let (router, receipt) = world.deploy("router", &arguments[4..]);
        receipt.ok();
        Self { world, router, link }
    }

    /// [`Self::bare`] with a route from [`DON`] to [`COORDINATOR`], which answers with [`priced`].
    fn new() -> Self {
        let mut scene = Self::bare();
        scene.set_route(DON, COORDINATOR);
        scene.coordinator_answers(&priced(1));
        scene
    }

    fn set_route(&mut self, id: B256, to: Address) {
        self.run(OWNER, &propose(&[(id, to)])).ok();
        self.run(OWNER, &Router::updateContractsCall {}).ok();
    }

    fn coordinator_answers(&mut self, commitment: &Commitment) {
        self.world.chain.set_code(COORDINATOR, puppet::returns(&commitment.abi_encode()));
    }

    fn consumer_is(&mut self, code: Bytes) {
        self.world.chain.set_code(CONSUMER, code);
    }

    fn run<C: SolCall>(&mut self, from: Address, call: &C) -> Receipt {
        self.world.run(from, self.router, call)
    }

    fn view<C: SolCall>(&self, call: &C) -> C::Return {
        self.world.view(self.router, call)
    }

    /// A subscription of [`ALICE`] for [`CONSUMER`] with 100 LINK.
    fn subscription(&mut self) -> u64 {
        let receipt = self.run(ALICE, &Router::createSubscriptionWithConsumerCall { consumer: CONSUMER });
        let id = receipt.returns::<Router::createSubscriptionWithConsumerCall>();
        self.fund(id, 100 * LINK).ok();
        id
    }

    fn fund(&mut self, id: u64, juels: u128) -> Receipt {
        let call = Link::transferAndCallCall {
            to: self.router,
            amount: U256::from(juels),
            data: id.abi_encode().into(),
        };
        self.world.run(OWNER, self.link, &call)
    }

    fn link_of(&self, holder: Address) -> U256 {
        self.world.view(self.link, &Link::balanceOfCall { account: holder })
    }

    /// Sends request `n` of subscription `id`; returns its commitment in on-chain form.
    fn request(&mut self, id: u64, n: u8) -> Commitment {
        let priced = priced(n);
        self.coordinator_answers(&priced);
        self.run(CONSUMER, &send(id)).ok();
        on_chain(priced, id)
    }

    /// The Coordinator fulfills `commitment` at 1000 juels per gas and 5 LINK without the callback.
    fn fulfill(&mut self, commitment: &Commitment) -> Receipt {
        self.run(COORDINATOR, &fulfillment(commitment))
    }

    /// Every LINK in the Router is in its books.
    fn assert_solvent(&self) {
        let count = self.view(&Router::getSubscriptionCountCall {});
        let mut sum = U256::ZERO;
        if count > 0 {
            let call =
                Router::getSubscriptionsInRangeCall { subscriptionIdStart: 1, subscriptionIdEnd: count };
            for subscription in self.view(&call) {
                assert!(subscription.blockedBalance <= subscription.balance, "blocked above balance");
                sum += U256::from(subscription.balance);
            }
        }
        let book = U256::from(self.view(&Router::getTotalBalanceCall {}));
        assert!(sum <= book, "subscriptions hold more than the book");
        assert_eq!(book, self.link_of(self.router), "book and token disagree");
    }
}

/// What the Coordinator's puppet answers to request `n`: the fields the Router overrides are nonsense.
fn priced(n: u8) -> Commitment {
    Commitment {
        requestId: keccak256([n]),
        coordinator: BOB,
        estimatedTotalCostJuels: U96::from(10 * LINK),
        client: BOB,
        subscriptionId: 77,
        callbackGasLimit: 7,
        adminFee: U72::from(7),
        donFee: U72::from(3),
        gasOverheadBeforeCallback: U40::from(40_000),
        gasOverheadAfterCallback: U40::from(50_000),
        timeoutTimestamp: (contract_tests::GENESIS_TIME + 300) as u32,
    }
}

/// The same with the Router's own values.
fn on_chain(priced: Commitment, id: u64) -> Commitment {
    Commitment {
        coordinator: COORDINATOR,
        client: CONSUMER,
        subscriptionId: id,
        callbackGasLimit: 100_000,
        adminFee: U72::ZERO,
        ..priced
    }
}

fn send(id: u64) -> Router::sendRequestCall {
    Router::sendRequestCall {
        subscriptionId: id,
        data: Bytes::from_static(b"return 42"),
        dataVersion: 1,
        callbackGasLimit: 100_000,
        donId: DON,
    }
}

fn fulfillment(commitment: &Commitment) -> Router::fulfillCall {
    Router::fulfillCall {
        response: Bytes::from_static(b"response"),
        err: Bytes::from_static(b"error"),
        juelsPerGas: U96::from(1_000),
        costWithoutCallback: U96::from(5 * LINK),
        transmitter: TRANSMITTER,
        commitment: commitment.clone(),
    }
}

fn propose(set: &[(B256, Address)]) -> Router::proposeContractsUpdateCall {
    let (ids, addresses) = set.iter().copied().unzip();
    Router::proposeContractsUpdateCall {
        proposedContractSetIds: ids,
        proposedContractSetAddresses: addresses,
    }
}
