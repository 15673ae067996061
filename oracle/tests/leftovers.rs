//! Transactions that no job watches, on a real chain in this process: each comes to its end.

use std::sync::Arc;

use alloy::{
    consensus::{TxEip1559, TxEnvelope, TypedTransaction},
    eips::eip2718::Encodable2718,
    network::{Ethereum, EthereumWallet, NetworkWallet},
    primitives::{Address, B256, Bytes, TxKind, U256, hex, keccak256},
    sol_types::SolEvent,
};
use functions_client::Chain;
use functions_node::{
    chain::Rpc,
    clock::now_ms,
    journal::{Journal, Transmission, TransmissionState, sqlite_url},
    transmit::{Funds, TransmitConfig, Transmitter},
};
use functions_types::abi::Coordinator;
use oracle_keys::Keystore;
use serde_json::{Value, json};
use test_support::{Answer, Endpoints, Schemas, until};

const COORDINATOR: Address = Address::repeat_byte(0xc0);
const ROUTER: Address = Address::repeat_byte(0x40);
const REQUEST: B256 = B256::repeat_byte(7);
/// Emits LOG2 with the first two words of the calldata as topics and the rest as data.
const EMITTER: [u8; 22] = hex!("6040360380604060003760203590600035906000a200");
/// What every transaction here offers per gas; the chain asks less.
const PRICE_WEI: u128 = 10_000_000_000;
const GAS: u64 = 200_000;

struct World {
    endpoints: Endpoints,
    rpc: Arc<Rpc>,
    journal: Journal,
    wallet: EthereumWallet,
    _home: tempfile::TempDir,
    /// Where the journal is, if it is no file.
    _schemas: Option<Schemas>,
}

impl World {
    async fn start() -> Self {
        Self::behind(1).await
    }

    /// With `count` endpoints, each in front of the same chain.
    async fn behind(count: usize) -> Self {
        let endpoints = Endpoints::start(count).await;
        let home = tempfile::tempdir().expect("a folder");
        let keys = Keystore::create(&home.path().join("keystore.json"), "a password that is long enough");
        let wallet = keys.expect("keys").wallet();
        let mut schemas = Schemas::of_env();
        let url = match &mut schemas {
            Some(schemas) => schemas.make().await,
            None => sqlite_url(&home.path().join("journal.sqlite")),
        };
        let journal = Journal::open(&url).await.expect("a journal");
        let rpc = Arc::new(Rpc::new(&endpoints.urls()).expect("a client"));
        let world = Self { endpoints, rpc, journal, wallet, _home: home, _schemas: schemas };
        let ether = U256::from(10_u64).pow(U256::from(18));
        world.endpoints.cheat("anvil_setBalance", (world.account(), ether)).await;
        world.endpoints.cheat("anvil_setCode", (COORDINATOR, Bytes::from_static(&EMITTER))).await;
        world
    }

    fn account(&self) -> Address {
        NetworkWallet::<Ethereum>::default_signer_address(&self.wallet)
    }

    fn chain(&self) -> &Chain {
        &self.endpoints.chain
    }

    /// A signed call of the coordinator that says a request was answered.
    async fn signed(&self, nonce: u64, request: B256) -> Bytes {
        let event = Coordinator::OracleResponse { requestId: request, transmitter: self.account() };
        let log = event.encode_log_data();
        let mut input: Vec<u8> = log.topics().iter().flat_map(|topic| topic.0).collect();
        input.extend_from_slice(&log.data);
        let unsigned = TypedTransaction::Eip1559(TxEip1559 {
            chain_id: self.chain().id(),
            nonce,
            gas_limit: GAS,
            max_fee_per_gas: PRICE_WEI,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(COORDINATOR),
            value: U256::ZERO,
            access_list: Default::default(),
            input: input.into(),
        });
        let signed = NetworkWallet::<Ethereum>::sign_transaction(&self.wallet, unsigned).await;
        let signed: TxEnvelope = signed.expect("signed");
        signed.encoded_2718().into()
    }

    /// A transaction about [`REQUEST`] as a job left it; it says that `answered` was.
    async fn left(&self, nonce: u64, answered: B256, sent_ms: u64) -> Transmission {
        let raw = self.signed(nonce, answered).await;
        let row = Transmission {
            request_id: REQUEST,
            attempt: 0,
            nonce,
            stage: 0,
            state: TransmissionState::Prepared,
            hashes: vec![keccak256(&raw)],
            raw,
            gas_limit: GAS,
            max_fee_wei: PRICE_WEI,
            sent_ms,
        };
        self.journal.put_transmission(&row).await.expect("stored");
        row
    }

    /// The node's part that sends, with nothing to do but what is left.
    fn transmitter(&self) -> Transmitter {
        let config = TransmitConfig {
            chain_id: self.chain().id(),
            router: ROUTER,
            coordinator: COORDINATOR,
            delta_stage: std::time::Duration::from_secs(300),
            poll_interval: std::time::Duration::from_millis(50),
            confirmations: 0,
            max_gas_price_wei: 100 * PRICE_WEI,
        };
        let funds = Arc::new(Funds::new(self.rpc.clone(), self.account()));
        let (rpc, journal, wallet) = (self.rpc.clone(), self.journal.clone(), self.wallet.clone());
        Transmitter::new(rpc, journal, wallet, funds, config).0
    }

    async fn stored(&self) -> Transmission {
        let rows = self.journal.transmissions_of(REQUEST).await.expect("rows");
        rows.into_iter().next().expect("the row")
    }

    async fn wait_for(&self, what: &str, is_so: impl Fn(&Transmission) -> bool) -> Transmission {
        until(what, async || {
            let row = self.stored().await;
            if is_so(&row) { Ok(row) } else { Err(format!("{row:?}")) }
        })
        .await
    }

    /// Waits until the transaction, in a block that is not final, is not looked at.
    async fn wait_until_noted(&self) {
        until("its block to be noted", async || {
            let nonce = self.nonce().await;
            let due = self.journal.due_transmissions(0, nonce).await.expect("rows");
            if nonce > 0 && due.is_empty() { Ok(()) } else { Err(format!("nonce {nonce}, due {due:?}")) }
        })
        .await;
    }

    async fn wait_for_nonce(&self, wanted: u64) {
        until("the account's nonces to be used", async || match self.nonce().await {
            nonce if nonce == wanted => Ok(()),
            other => Err(format!("nonce {other}")),
        })
        .await;
    }

    async fn nonce(&self) -> u64 {
        self.chain().nonce(self.account()).await.expect("the chain answers")
    }

    async fn head(&self) -> u64 {
        self.rpc.head().await.expect("the chain answers").height()
    }
}

#[tokio::test]
async fn one_that_was_never_handed_over_is_and_is_settled_when_its_block_is_final() {
    for (answered, end) in [(REQUEST, TransmissionState::Included), (B256::ZERO, TransmissionState::Unpaid)] {
        let world = World::start().await;
        world.left(0, answered, now_ms()).await;
        let mut transmitter = world.transmitter();
        world.wait_for("it to be sent", |row| row.state == TransmissionState::Sent).await;
        world.wait_until_noted().await;
        assert_eq!(world.stored().await.state, TransmissionState::Sent, "its block may leave the chain");
        transmitter.saw(world.head().await, 0);
        let row = world.wait_for("its end", |row| !row.state.is_open()).await;
        assert_eq!((row.state, row.hashes.len()), (end, 1));
        transmitter.shutdown();
    }
}

#[tokio::test]
async fn one_whose_block_leaves_the_chain_is_handed_over_again() {
    let world = World::start().await;
    let before = world.endpoints.cheat("evm_snapshot", ()).await;
    world.left(0, REQUEST, now_ms()).await;
    let mut transmitter = world.transmitter();
    world.wait_until_noted().await;
    assert_eq!(world.endpoints.cheat("evm_revert", (before,)).await, true);
    assert_eq!(world.nonce().await, 0);
    world.wait_for_nonce(1).await;
    transmitter.saw(world.head().await, 0);
    world.wait_for("its end", |row| row.state == TransmissionState::Included).await;
    transmitter.shutdown();
}

#[tokio::test]
async fn one_whose_nonce_another_used_is_dropped() {
    let world = World::start().await;
    let other = world.signed(0, B256::repeat_byte(9)).await;
    world.endpoints.cheat("eth_sendRawTransaction", (other,)).await;
    assert_eq!(world.nonce().await, 1);
    world.left(0, REQUEST, now_ms()).await;
    let mut transmitter = world.transmitter();
    world.wait_for("its end", |row| row.state == TransmissionState::Dropped).await;
    transmitter.shutdown();
}

#[tokio::test]
async fn an_old_one_is_cancelled_and_its_nonce_used() {
    let world = World::start().await;
    let left = world.left(0, REQUEST, 0).await;
    let mut transmitter = world.transmitter();
    let row = world.wait_for("a second version", |row| row.hashes.len() == 2).await;
    assert!(row.max_fee_wei > left.max_fee_wei, "{row:?}");
    world.wait_for_nonce(1).await;
    // It is the version that does nothing.
    transmitter.saw(world.head().await, 0);
    world.wait_for("its end", |row| row.state == TransmissionState::Unpaid).await;
    transmitter.shutdown();
}

#[tokio::test]
async fn t3_nonces_before_it_that_nobody_uses_are_filled() {
    // The chain takes nothing behind a gap: the transaction waits for it.
    let world = World::start().await;
    world.left(2, REQUEST, now_ms()).await;
    let mut transmitter = world.transmitter();
    world.wait_for_nonce(3).await;
    let filled = world.journal.transmissions_of(B256::ZERO).await.expect("rows");
    assert_eq!(filled.iter().map(|row| row.nonce).collect::<Vec<_>>(), [0, 1]);
    transmitter.saw(world.head().await, 0);
    world.wait_for("its end", |row| row.state == TransmissionState::Included).await;
    transmitter.shutdown();
}

#[tokio::test]
async fn one_far_above_the_accounts_nonce_is_given_up_and_fills_nothing() {
    // Given what a wrong nonce of an endpoint leaves behind, and what waits behind a gap that can be filled,
    let world = World::start().await;
    world.left(0xffff, REQUEST, now_ms()).await;
    // when it is looked at it ends, and nothing was paid for it.
    let mut transmitter = world.transmitter();
    world.wait_for("its end", |row| row.state == TransmissionState::Dropped).await;
    assert!(world.journal.transmissions_of(B256::ZERO).await.expect("rows").is_empty());
    assert_eq!(world.nonce().await, 0);
    transmitter.shutdown();
}

#[tokio::test]
async fn nonces_are_those_that_enough_endpoints_have_reached() {
    let world = World::behind(3).await;
    let rpc = Rpc::new(&world.endpoints.urls()).expect("a client").agreeing(2);
    for wrong in ["0xffff", "0x0"] {
        let proxies = &world.endpoints.proxies;
        proxies[0].answer("eth_getTransactionCount", Answer::Result(json!(wrong)));
        proxies[0].answer("eth_getBalance", Answer::Result(json!(wrong)));
        let ether = world.chain().balance(world.account()).await.expect("the chain answers");
        assert_eq!(rpc.balance(world.account()).await.expect("two agree"), ether, "{wrong}");
        let raw = world.signed(world.nonce().await, B256::repeat_byte(8)).await;
        world.endpoints.cheat("eth_sendRawTransaction", (raw,)).await;
        let nonce = rpc.nonce(world.account(), "latest").await.expect("two agree");
        assert_eq!(nonce, world.nonce().await, "{wrong}");
        // With the third gone, what both of the others have reached.
        proxies[2].answer(test_support::ALL, Answer::Status(403, "", None));
        let nonce = rpc.nonce(world.account(), "latest").await.expect("both have reached it");
        assert!(nonce <= world.nonce().await, "{wrong}: {nonce}");
        proxies[2].heal();
        until("the third to be believed again", async || {
            let nonce = rpc.nonce(world.account(), "latest").await.expect("two answer");
            if nonce == world.nonce().await { Ok(()) } else { Err(format!("nonce {nonce}")) }
        })
        .await;
    }
}

#[tokio::test]
async fn one_that_an_endpoint_refuses_or_says_it_has_reaches_another() {
    for words in [
        "already known",
        "nonce too low: next nonce 5, tx nonce 0",
        "replacement transaction underpriced",
        "insufficient funds for gas * price + value",
        "execution reverted",
    ] {
        let world = World::behind(2).await;
        world.endpoints.proxies[0].answer("eth_sendRawTransaction", Answer::Error(-32_000, words));
        world.left(0, REQUEST, now_ms()).await;
        let mut transmitter = world.transmitter();
        world.wait_for_nonce(1).await;
        transmitter.saw(world.head().await, 0);
        let row = world.wait_for("its end", |row| !row.state.is_open()).await;
        assert_eq!((row.state, row.hashes.len()), (TransmissionState::Included, 1), "{words}");
        transmitter.shutdown();
    }
}

#[tokio::test]
async fn one_that_an_endpoint_takes_and_keeps_to_itself_reaches_another() {
    let world = World::behind(2).await;
    let left = world.left(0, REQUEST, now_ms()).await;
    world.endpoints.proxies[0].answer("eth_sendRawTransaction", Answer::Result(json!(left.hashes[0])));
    let mut transmitter = world.transmitter();
    world.wait_for_nonce(1).await;
    transmitter.saw(world.head().await, 0);
    let row = world.wait_for("its end", |row| !row.state.is_open()).await;
    assert_eq!((row.state, row.hashes.len()), (TransmissionState::Included, 1));
    transmitter.shutdown();
}

#[tokio::test]
async fn one_whose_nonce_is_used_is_not_given_up_while_its_receipt_may_be_late() {
    // Given one that was mined, and an endpoint that knows it from the sequencer and not yet from a block,
    let world = World::start().await;
    let left = world.left(0, REQUEST, now_ms()).await;
    world.endpoints.cheat("eth_sendRawTransaction", (left.raw.clone(),)).await;
    let proxy = &world.endpoints.proxies[0];
    proxy.answer("eth_sendRawTransaction", Answer::Error(-32_000, "nonce too low"));
    proxy.answer("eth_getTransactionReceipt", Answer::Result(Value::Null));
    proxy.answer("eth_getTransactionCount", Answer::Result(json!("0x0")));
    // when it is handed over again it stays open,
    let mut transmitter = world.transmitter();
    let row = world.wait_for("it to be handed over", |row| row.state != TransmissionState::Prepared).await;
    assert_eq!(row.state, TransmissionState::Sent);
    // until the receipt is there.
    proxy.heal();
    transmitter.saw(world.head().await, 0);
    world.wait_for("its end", |row| row.state == TransmissionState::Included).await;
    transmitter.shutdown();
}
