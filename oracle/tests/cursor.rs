//! The log cursor on a real chain in this process: events come once, in order, and again when blocks left the chain.

#[path = "cursor/agreement.rs"]
mod agreement;

use std::{ops::Deref, sync::Arc};

use alloy::{
    primitives::{Address, B256, Bytes, U256, hex},
    sol_types::SolEvent,
};
use functions_client::{Account, chain::Transaction};
use functions_network::dev_account;
use functions_node::chain::{ChainEvent, CursorConfig, LogCursor, Rpc};
use functions_node::config::Finality;
use functions_types::{Commitment, Juels, RequestId, SubscriptionId, abi::Coordinator};
use serde_json::{Value, json};
use test_support::{Answer, Endpoints, until};

const COORDINATOR: Address = Address::repeat_byte(0xc0);
const ROUTER: Address = Address::repeat_byte(0x40);
/// Emits LOG3 with the first three words of the calldata as topics and the rest as data.
const EMITTER: [u8; 26] = hex!("606036038060606000376040359060203590600035906000a300");

struct World {
    endpoints: Endpoints,
    /// Questions through the endpoints.
    rpc: Arc<Rpc>,
    account: Account,
}

impl Deref for World {
    type Target = Endpoints;

    fn deref(&self) -> &Endpoints {
        &self.endpoints
    }
}

impl World {
    async fn start() -> Self {
        Self::behind(1).await
    }

    /// A chain behind `count` endpoints.
    async fn behind(count: usize) -> Self {
        let endpoints = Endpoints::start(count).await;
        let rpc = Arc::new(Rpc::new(&endpoints.urls()).expect("a client"));
        endpoints.cheat("anvil_setCode", (COORDINATOR, Bytes::from_static(&EMITTER))).await;
        Self { endpoints, rpc, account: dev_account(0) }
    }

    fn cursor(&self, confirmations: u64, max_range: u64) -> LogCursor {
        LogCursor::new(self.rpc.clone(), self.config(confirmations, max_range))
    }

    fn config(&self, confirmations: u64, max_range: u64) -> CursorConfig {
        CursorConfig {
            coordinator: COORDINATOR,
            router: ROUTER,
            confirmations,
            max_range,
            first_block: 0,
            finality: Finality::default(),
        }
    }

    /// Emits a request event; its block.
    async fn request(&self, id: u8) -> u64 {
        let commitment = Commitment {
            request_id: RequestId(B256::repeat_byte(id)),
            coordinator: COORDINATOR,
            estimated_total_cost_juels: Juels::from_uint96(1),
            client: Address::repeat_byte(1),
            subscription_id: SubscriptionId(1),
            callback_gas_limit: 100_000,
            ..Commitment::default()
        };
        let event = Coordinator::OracleRequest {
            requestId: commitment.request_id.0,
            requestingContract: commitment.client,
            requestInitiator: Address::ZERO,
            subscriptionId: 1,
            subscriptionOwner: Address::ZERO,
            data: Bytes::from_static(b"source"),
            dataVersion: 1,
            flags: B256::ZERO,
            callbackGasLimit: 100_000,
            commitment: commitment.into(),
        };
        let log = event.encode_log_data();
        let mut input: Vec<u8> = log.topics().iter().flat_map(|topic| topic.0).collect();
        input.extend_from_slice(&log.data);
        let tx = Transaction { to: Some(COORDINATOR), input: input.into(), value: U256::ZERO, gas: None };
        let receipt = self.chain.transact(&self.account, "emit a request", tx).await.expect("mined");
        receipt.block_number.expect("in a block")
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
    let world = World { account: dev_account(1), ..world };
    assert_eq!(world.request(3).await, lost);
    let (found, rewound) = drain(&mut cursor).await;
    assert_eq!(found, [3]);
    assert_eq!(rewound, Some(lost));
}

/// Looks until `count` requests were found; looks that fail are repeated.
async fn find(cursor: &mut LogCursor, count: usize) -> Vec<u8> {
    let mut found = Vec::new();
    until(&format!("{count} requests to be found"), async || {
        if let Ok(batch) = cursor.poll().await {
            assert_eq!(batch.rewound_to, None, "nothing left the chain");
            found.extend(ids(&batch.events));
        }
        if found.len() < count { Err(format!("{found:?}")) } else { Ok(()) }
    })
    .await;
    found
}

fn nothing() -> Answer {
    Answer::Result(json!([]))
}

#[tokio::test]
async fn l3_poll_asks_again_when_the_header_contradicts_an_empty_answer() {
    // One weak moment of the only endpoint,
    let world = World::start().await;
    let block = world.request(1).await;
    let mut cursor = world.cursor(1, 1_000);
    world.proxies[0].answer("eth_getLogs", Answer::First(1, Box::new(nothing())));
    let batch = cursor.poll().await.expect("the chain answers");
    assert_eq!(ids(&batch.events), [1]);
    assert!(batch.durable_next <= block, "a first reading settles nothing");

    // and an endpoint whose index lags behind its headers for good, beside one that is whole.
    let world = World::behind(2).await;
    world.request(1).await;
    world.proxies[0].answer("eth_getLogs", nothing());
    let mut cursor = world.cursor(1, 1_000);
    assert_eq!(drain(&mut cursor).await, (vec![1], None));
}

#[tokio::test]
async fn poll_asks_for_all_again_when_the_last_header_contradicts_an_empty_answer() {
    // Several blocks in one query, and only the last one's header is known: where it speaks of a log, the others are
    // doubted too.
    let world = World::start().await;
    for id in 1..=3 {
        world.request(id).await;
    }
    world.proxies[0].answer("eth_getLogs", Answer::First(1, Box::new(nothing())));
    let batch = world.cursor(1, 1_000).poll().await.expect("the chain answers");
    assert_eq!(ids(&batch.events), [1, 2, 3]);
}

#[tokio::test]
async fn poll_asks_more_than_once_when_answers_left_out_logs_lately() {
    let world = World::start().await;
    let mut cursor = world.cursor(1, 1_000);
    world.request(1).await;
    world.proxies[0].answer("eth_getLogs", Answer::First(1, Box::new(nothing())));
    assert_eq!(drain(&mut cursor).await, (vec![1], None));
    // No header speaks of the next request: another block follows it, and both are read at once.
    for id in 2..=4 {
        let asked = world.proxies[0].asked("eth_getLogs");
        world.proxies[0].answer("eth_getLogs", Answer::First(asked + 1, Box::new(nothing())));
        world.request(id).await;
        world.cheat("anvil_mine", ("0x1",)).await;
        assert_eq!(drain(&mut cursor).await, (vec![id], None));
    }
    // An endpoint in step with the questions hides nothing either.
    world.proxies[0].answer("eth_getLogs", Answer::EveryNth(3, Box::new(nothing())));
    for id in 5..=12 {
        world.request(id).await;
        world.cheat("anvil_mine", ("0x1",)).await;
        assert_eq!(drain(&mut cursor).await, (vec![id], None));
    }
}

#[tokio::test]
async fn l3_the_final_reading_finds_what_all_earlier_ones_missed() {
    let world = World::start().await;
    let mut cursor = world.cursor(1, 1_000);
    let hidden = world.request(1).await;
    // The block's logs are missing whenever they are asked for, and nothing else ever is, until it is read for the last
    // time: once when it is new, at two ages, and once more when it is final.
    let asked = std::sync::atomic::AtomicU32::new(0);
    world.proxies[0].answer(
        "eth_getLogs",
        Answer::changed(move |params, mut logs| {
            let number = |value: &Value| {
                value.as_str().and_then(|text| U256::from_str_radix(text.trim_start_matches("0x"), 16).ok())
            };
            let (from, to) = (number(&params[0]["fromBlock"]), number(&params[0]["toBlock"]));
            let covers = from.zip(to).is_none_or(|(from, to)| (from..=to).contains(&U256::from(hidden)));
            if covers && asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 4 {
                let list = logs.as_array_mut().expect("logs");
                list.retain(|log| number(&log["blockNumber"]) != Some(U256::from(hidden)));
            }
            logs
        }),
    );
    world.cheat("anvil_mine", ("0x1",)).await;
    assert_eq!(drain(&mut cursor).await, (vec![], None));
    world.request(2).await;
    assert_eq!(find(&mut cursor, 2).await, [2, 1]);
}

#[tokio::test]
async fn poll_reads_again_and_finds_what_all_endpoints_hid() {
    let world = World::start().await;
    let mut cursor = world.cursor(1, 1_000);
    world.proxies[0].answer("eth_getLogs", nothing());
    let mut first = 0;
    for id in 1..=3 {
        let block = world.request(id).await;
        first = if id == 1 { block } else { first };
        assert_eq!(drain(&mut cursor).await, (vec![], None));
    }
    world.proxies[0].heal();
    // A later request comes first; the earlier ones are found without a new start.
    world.request(4).await;
    let found = find(&mut cursor, 4).await;
    assert_eq!(found, [4, 1, 2, 3]);
    assert!(cursor.poll().await.expect("an answer").durable_next <= first);
    // Nothing is given twice, and in time the blocks are settled.
    until(&format!("the blocks to {first} to be settled"), async || {
        let batch = cursor.poll().await.expect("the chain answers");
        assert_eq!(ids(&batch.events), [] as [u8; 0]);
        if batch.durable_next > first { Ok(()) } else { Err(batch.durable_next.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn poll_misses_nothing_when_answers_are_now_and_then_empty_or_bad() {
    let world = World::start().await;
    world.proxies[0].answer("eth_getLogs", Answer::EveryNth(3, Box::new(nothing())));
    world.proxies[0].answer("*", Answer::EveryNth(5, Box::new(Answer::Status(503, "", None))));
    let mut cursor = world.cursor(1, 5);
    let mut found = Vec::new();
    for id in 1..=40 {
        world.request(id).await;
        if let Ok(batch) = cursor.poll().await {
            found.extend(ids(&batch.events));
        }
    }
    let left = 40 - found.len();
    found.extend(find(&mut cursor, left).await);
    found.sort_unstable();
    assert_eq!(found, (1..=40).collect::<Vec<u8>>());
}

#[tokio::test]
async fn poll_keeps_what_it_has_when_block_times_are_hard_to_get() {
    let world = World::start().await;
    for id in 1..=30 {
        world.request(id).await;
    }
    // No block times in the logs, and every third header is not answered.
    world.proxies[0].answer(
        "eth_getLogs",
        Answer::changed(|_, mut logs| {
            for log in logs.as_array_mut().into_iter().flatten() {
                log.as_object_mut().expect("a log").remove("blockTimestamp");
            }
            logs
        }),
    );
    let weak = Answer::Status(429, "", Some(0));
    world.proxies[0].answer("eth_getBlockByNumber", Answer::EveryNth(3, Box::new(weak)));
    let mut cursor = world.cursor(1, 1_000);
    let found = find(&mut cursor, 30).await;
    assert_eq!(found, (1..=30).collect::<Vec<u8>>());
    let headers = world.proxies[0].asked("eth_getBlockByNumber");
    assert!(headers <= 60, "a header is asked for again only when it was not answered: {headers}");
}

#[tokio::test]
async fn l3_a_block_that_the_endpoint_does_not_have_is_no_reorganisation() {
    let world = World::start().await;
    world.request(1).await;
    let mut cursor = world.cursor(1, 1_000);
    assert_eq!(drain(&mut cursor).await, (vec![1], None));
    world.cheat("anvil_mine", ("0x3",)).await;
    world.proxies[0].answer(
        "eth_getBlockByNumber",
        Answer::changed(|params, truth| if params[0] == "latest" { truth } else { Value::Null }),
    );
    let err = cursor.poll().await.expect_err("it cannot be told whether the chain moved");
    assert!(err.to_string().contains("no endpoint has block"), "{err}");
    world.proxies[0].heal();
    world.request(2).await;
    assert_eq!(find(&mut cursor, 1).await, [2]);
}

#[tokio::test]
async fn a_head_that_does_not_follow_its_parent_is_not_believed() {
    let world = World::behind(2).await;
    world.request(1).await;
    let mut cursor = world.cursor(1, 1_000);
    assert_eq!(drain(&mut cursor).await, (vec![1], None));
    // Given an endpoint that invents a newest block of its own, well formed,
    world.proxies[0].answer(
        "eth_getBlockByNumber",
        Answer::changed(|params, mut truth| {
            if params[0] == "latest" {
                truth["parentHash"] = json!(B256::repeat_byte(0x66));
                let header: alloy::consensus::Header =
                    serde_json::from_value(truth.clone()).expect("a header");
                truth["hash"] = json!(header.hash_slow());
            }
            truth
        }),
    );
    // then the other one is believed, and nothing is taken back.
    world.request(2).await;
    assert_eq!(find(&mut cursor, 1).await, [2]);
    world.request(3).await;
    assert_eq!(find(&mut cursor, 1).await, [3]);
}

#[tokio::test]
async fn a_reorganisation_needs_both_endpoints_when_there_are_two() {
    let world = World::behind(2).await;
    world.request(1).await;
    world.cheat("anvil_mine", ("0x3",)).await;
    let mut cursor = world.cursor(1, 1_000);
    assert_eq!(drain(&mut cursor).await, (vec![1], None));
    // Given an endpoint that shows a known height with another block, well formed,
    world.proxies[0].answer(
        "eth_getBlockByNumber",
        Answer::changed(|params, mut truth| {
            if params[0] != "latest" {
                truth["extraData"] = json!("0x01");
                let header: alloy::consensus::Header =
                    serde_json::from_value(truth.clone()).expect("a header");
                truth["hash"] = json!(header.hash_slow());
            }
            truth
        }),
    );
    world.cheat("anvil_mine", ("0x3",)).await;
    let err = cursor.poll().await.expect_err("the endpoints disagree");
    assert!(err.to_string().contains("disagree"), "{err}");
    world.proxies[0].heal();
    world.request(2).await;
    assert_eq!(find(&mut cursor, 1).await, [2]);
}

#[tokio::test]
async fn finality_follows_the_depth_that_is_configured() {
    let world = World::start().await;
    world.cheat("anvil_mine", ("0x14",)).await;
    let mut finals = Vec::new();
    for finality in [Finality::Depth(1), Finality::Depth(7), Finality::Depth(1_000)] {
        let config = CursorConfig { finality, ..world.config(1, 1_000) };
        let batch = LogCursor::new(world.rpc.clone(), config).poll().await.expect("the chain answers");
        finals.push(batch.head.height() - batch.final_block);
        assert!(batch.head.height() >= 20);
    }
    assert_eq!(finals[..2], [1, 7]);
    assert!(finals[2] >= 20, "the genesis is always final");
}

#[tokio::test]
async fn l6_one_endpoint_alone_does_not_say_how_late_it_is() {
    let world = World::behind(2).await;
    // Where headers hash as they should, an altered time is no answer at all.
    let rpc = Rpc::new(&world.urls()).expect("a client").checking_hashes(false);
    let mut cursor = LogCursor::new(Arc::new(rpc), world.config(1, 1_000));
    let before = cursor.poll().await.expect("the chain answers").seconds;
    let late = Answer::changed(|_, mut block| {
        block["timestamp"] = json!("0xffffffff");
        block
    });
    world.proxies[0].answer("eth_getBlockByNumber", late);
    let batch = cursor.poll().await.expect("the chain answers");
    assert_eq!(batch.head.timestamp.to::<u64>(), 0xffff_ffff, "it was the one that was asked");
    assert!(batch.seconds < before + 1_000, "{} after {before}", batch.seconds);
    // What both show is so.
    world.proxies[0].heal();
    world.cheat("evm_increaseTime", ("0x2710",)).await;
    world.cheat("anvil_mine", ("0x1",)).await;
    until("the time that both show", async || {
        let seconds = cursor.poll().await.expect("the chain answers").seconds;
        if seconds >= before + 10_000 { Ok(()) } else { Err(seconds.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn l4_an_answer_larger_than_anybody_reads_halves_the_range() {
    let world = World::start().await;
    world.cheat("anvil_mine", ("0x10",)).await;
    let mut cursor = world.cursor(1, 1_000);
    world.proxies[0].answer("eth_getLogs", Answer::First(1, Box::new(Answer::Endless)));
    let batch = cursor.poll().await.expect("the next one is smaller");
    assert_eq!((batch.caught_up, cursor.next_block()), (false, 0));
    let blocks = batch.head.height() + 1;
    cursor.poll().await.expect("the chain answers");
    assert_eq!(cursor.next_block(), blocks / 2);
    assert_eq!(drain(&mut cursor).await, (vec![], None));
}
