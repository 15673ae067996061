//! The log cursor on a real chain in this process: events come once, in order, and again when blocks left the chain.

use std::sync::Arc;

use alloy::{
    primitives::{
        Address, B256, Bytes, U256,
        aliases::{U40, U72, U96},
        hex,
    },
    sol_types::SolEvent,
};
use devchain::{Config, DEV_ACCOUNTS, Devchain, Handle};
use functions_client::{Account, Chain, chain::Transaction};
use functions_node::chain::{ChainEvent, CursorConfig, LogCursor, Rpc};
use functions_types::abi::{Commitment, Coordinator};

const COORDINATOR: Address = Address::repeat_byte(0xc0);
const ROUTER: Address = Address::repeat_byte(0x40);
/// Emits LOG3 with the first three words of the calldata as topics and the rest as data.
const EMITTER: [u8; 26] = hex!("606036038060606000376040359060203590600035906000a300");

struct World {
    _handle: Handle,
    rpc: Arc<Rpc>,
    chain: Chain,
    account: Account,
}

impl World {
    async fn start() -> Self {
        let handle = Devchain::start(Config::default()).await.expect("the chain starts");
        let url = handle.rpc_url.parse().expect("a URL");
        let rpc = Arc::new(Rpc::new(&[url]).expect("a client"));
        let chain = Chain::connect(&handle.rpc_url).await.expect("the chain answers");
        let account = Account::from_hex(&DEV_ACCOUNTS[0].private_key.to_string()).expect("a key");
        let world = Self { _handle: handle, rpc, chain, account };
        let _: serde_json::Value = world
            .rpc
            .call("anvil_setCode", (COORDINATOR, Bytes::from_static(&EMITTER)))
            .await
            .expect("code is set");
        world
    }

    fn cursor(&self, confirmations: u64, max_range: u64) -> LogCursor {
        let config = CursorConfig {
            coordinator: COORDINATOR,
            router: ROUTER,
            confirmations,
            max_range,
            first_block: 0,
        };
        LogCursor::new(self.rpc.clone(), config)
    }

    /// Emits a request event; its block.
    async fn request(&self, id: u8) -> u64 {
        let commitment = Commitment {
            requestId: B256::repeat_byte(id),
            coordinator: COORDINATOR,
            estimatedTotalCostJuels: U96::from(1),
            client: Address::repeat_byte(1),
            subscriptionId: 1,
            callbackGasLimit: 100_000,
            adminFee: U72::ZERO,
            donFee: U72::ZERO,
            gasOverheadBeforeCallback: U40::ZERO,
            gasOverheadAfterCallback: U40::ZERO,
            timeoutTimestamp: 0,
        };
        let event = Coordinator::OracleRequest {
            requestId: commitment.requestId,
            requestingContract: commitment.client,
            requestInitiator: Address::ZERO,
            subscriptionId: 1,
            subscriptionOwner: Address::ZERO,
            data: Bytes::from_static(b"source"),
            dataVersion: 1,
            flags: B256::ZERO,
            callbackGasLimit: 100_000,
            commitment,
        };
        let log = event.encode_log_data();
        let mut input: Vec<u8> = log.topics().iter().flat_map(|topic| topic.0).collect();
        input.extend_from_slice(&log.data);
        let tx = Transaction { to: Some(COORDINATOR), input: input.into(), value: U256::ZERO, gas: None };
        let receipt = self.chain.transact(&self.account, "emit a request", tx).await.expect("mined");
        receipt.block_number.expect("in a block")
    }

    async fn cheat(&self, method: &'static str, params: impl serde::Serialize) -> serde_json::Value {
        let params = serde_json::to_value(params).expect("JSON");
        self.rpc.call(method, params).await.expect("a development chain knows the method")
    }
}

fn ids(events: &[ChainEvent]) -> Vec<u8> {
    events
        .iter()
        .map(|event| match event {
            ChainEvent::Request(seen) => seen.request_id.0[0],
            other => panic!("unexpected {other:?}"),
        })
        .collect()
}

/// Polls until everything is read; the events, and where reading went back to.
async fn drain(cursor: &mut LogCursor) -> (Vec<u8>, Option<u64>) {
    let (mut found, mut rewound) = (Vec::new(), None);
    loop {
        let batch = cursor.poll().await.expect("the chain answers");
        found.extend(ids(&batch.events));
        rewound = rewound.or(batch.rewound_to);
        if batch.caught_up {
            return (found, rewound);
        }
    }
}

#[tokio::test]
async fn poll_reads_each_request_once_in_bounded_ranges() {
    let world = World::start().await;
    for id in 1..=5 {
        world.request(id).await;
    }
    let mut cursor = world.cursor(1, 2);
    assert_eq!(drain(&mut cursor).await, (vec![1, 2, 3, 4, 5], None));
    assert_eq!(drain(&mut cursor).await, (vec![], None));
    world.request(6).await;
    assert_eq!(drain(&mut cursor).await, (vec![6], None));
}

#[tokio::test]
async fn poll_waits_for_the_confirmations_asked_for() {
    let world = World::start().await;
    world.request(1).await;
    let mut cursor = world.cursor(3, 100);
    assert_eq!(drain(&mut cursor).await.0, [] as [u8; 0]);
    world.cheat("anvil_mine", ("0x2",)).await;
    assert_eq!(drain(&mut cursor).await.0, [1]);
}

#[tokio::test]
async fn poll_fills_in_the_timestamp_of_the_requests_block() {
    let world = World::start().await;
    let block = world.request(1).await;
    let batch = world.cursor(1, 1_000).poll().await.expect("the chain answers");
    let header = world.rpc.header(block).await.expect("an answer").expect("the block");
    match &batch.events[..] {
        [ChainEvent::Request(seen)] => {
            assert_eq!(seen.block_timestamp, header.timestamp.to::<u64>());
            assert_eq!(seen.at.block_hash, header.hash);
        }
        other => panic!("unexpected {other:?}"),
    }
}

#[tokio::test]
async fn poll_reads_again_when_blocks_left_the_chain() {
    let world = World::start().await;
    world.request(1).await;
    let snapshot = world.cheat("evm_snapshot", ()).await;
    let lost = world.request(2).await;
    let mut cursor = world.cursor(1, 1);
    assert_eq!(drain(&mut cursor).await.0, [1, 2]);

    world.cheat("evm_revert", (snapshot,)).await;
    // A shorter chain proves nothing yet; another block at the same height does.
    let account = Account::from_hex(&DEV_ACCOUNTS[1].private_key.to_string()).expect("a key");
    let world = World { account, ..world };
    assert_eq!(world.request(3).await, lost);
    let (found, rewound) = drain(&mut cursor).await;
    assert_eq!(found, [3]);
    assert_eq!(rewound, Some(lost));
}
