//! Several endpoints, some of which misbehave in every way known: the node's questions are answered all the same, by
//! those that can be believed.

use std::{ops::Deref, sync::Arc};

use alloy::primitives::Address;
use devchain::{ChainConfig, Config, Devchain};
use functions_node::chain::{Contact, Rpc, WantedChain};
use futures::FutureExt as _;
use serde_json::{Value, json};
use test_support::{ALL, Answer, Endpoints, until};

const ROUTER: Address = Address::repeat_byte(0x40);

struct World {
    endpoints: Endpoints,
    /// Questions through the endpoints.
    rpc: Arc<Rpc>,
}

impl Deref for World {
    type Target = Endpoints;

    fn deref(&self) -> &Endpoints {
        &self.endpoints
    }
}

async fn call(url: &str, method: &'static str, params: Value) -> Value {
    let rpc = Rpc::new(&[url.parse().expect("a URL")]).expect("a client");
    rpc.call(method, params).await.expect("the chain answers")
}

fn wanted() -> WantedChain {
    WantedChain { chain_id: 412_346, block: 0, hash: None, router: ROUTER }
}

impl World {
    /// A chain behind `count` endpoints.
    async fn start(count: usize) -> Self {
        let endpoints = Endpoints::start(count).await;
        endpoints.cheat("anvil_setCode", (ROUTER, "0x00")).await;
        let rpc = Arc::new(Rpc::new(&endpoints.urls()).expect("a client"));
        Self { endpoints, rpc }
    }

    async fn mine(&self) {
        self.cheat("evm_mine", ()).await;
    }

    fn state(&self, index: usize) -> &'static str {
        self.rpc.view()[index].state
    }

    async fn wait_for_state(&self, index: usize, state: &str) {
        until(&format!("endpoint {index} to be {state}"), async || {
            if self.state(index) == state { Ok(()) } else { Err(format!("{:?}", self.rpc.view())) }
        })
        .await;
    }
}

fn bad_answers() -> Vec<(&'static str, Answer)> {
    vec![
        ("401", Answer::Status(401, "unauthorized", None)),
        ("402", Answer::Status(402, "", None)),
        ("403", Answer::Status(403, "<html>forbidden</html>", None)),
        ("404", Answer::Status(404, "not found", None)),
        ("405", Answer::Status(405, "", None)),
        ("410", Answer::Status(410, "", None)),
        ("301", Answer::Status(301, "", None)),
        ("400", Answer::Status(400, "bad request", None)),
        ("429", Answer::Status(429, "", Some(30))),
        ("500", Answer::Status(500, "oops", None)),
        ("502", Answer::Status(502, "<html>", None)),
        ("503", Answer::Status(503, "", Some(30))),
        ("an error in a 500", Answer::Status(500, r#"{"id":1,"error":{"code":-32603,"message":"x"}}"#, None)),
        ("a page", Answer::Page("<!doctype html><title>Welcome</title>")),
        ("nothing", Answer::Page("")),
        ("null as the whole", Answer::Page("null")),
        ("a list", Answer::Page("[]")),
        ("no result", Answer::Page(r#"{"jsonrpc":"2.0","id":1}"#)),
        ("another id", Answer::Page(r#"{"jsonrpc":"2.0","id":18446744073709551615,"result":"0x1"}"#)),
        ("error as text", Answer::Page(r#"{"jsonrpc":"2.0","error":"no"}"#)),
        ("cut JSON", Answer::Cut),
        ("endless JSON", Answer::Endless),
        ("-32001", Answer::Error(-32_001, "resource not found")),
        ("-32601", Answer::Error(-32_601, "the method does not exist/is not available")),
        ("-32005", Answer::Error(-32_005, "limit exceeded")),
        ("-32603", Answer::Error(-32_603, "internal error")),
        ("-32000", Answer::Error(-32_000, "header not found")),
        ("-32602", Answer::Error(-32_602, "invalid params")),
        ("an unknown error", Answer::Error(42, "the moon is full")),
        ("null", Answer::Result(Value::Null)),
        ("a wrong shape", Answer::Result(json!({ "surprise": true }))),
        ("another wrong shape", Answer::Result(json!([[]]))),
        ("a number", Answer::Result(json!(7))),
    ]
}

#[tokio::test]
async fn l4_every_bad_answer_sends_the_question_on() {
    for (name, answer) in bad_answers() {
        // Given a preferred endpoint that answers everything badly, from the start or only after the first contact,
        for from_the_start in [true, false] {
            let world = World::start(2).await;
            if from_the_start {
                world.proxies[0].answer(ALL, answer.clone());
            }
            let contact = world.rpc.connect(&wanted()).await;
            assert!(matches!(contact, Contact::Found(_)), "{name}: {contact:?}");
            world.proxies[0].answer(ALL, answer.clone());
            // then every question is answered, by the other.
            world.mine().await;
            let height = world.rpc.head().await.unwrap_or_else(|err| panic!("{name}: {err}")).height();
            assert!(height >= 1, "{name}");
            world.rpc.balance(ROUTER).await.unwrap_or_else(|err| panic!("{name}: {err}"));
            world.rpc.header(1).await.unwrap_or_else(|err| panic!("{name}: {err}")).expect("block 1");
            assert!(world.proxies[0].lied() > 0, "{name}: the preferred one was asked");
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_left_and_taken_up_again() {
    let world = World::start(2).await;
    assert!(matches!(world.rpc.connect(&wanted()).await, Contact::Found(_)));
    let monitor = tokio::spawn({
        let rpc = world.rpc.clone();
        async move { rpc.monitor().await }
    });
    world.proxies[0].answer(ALL, Answer::Hang);
    world.rpc.head().await.expect("the other answers");
    assert_eq!(world.state(0), "down");
    // While it is down nobody waits for it.
    let lied = world.proxies[0].lied();
    for _ in 0..20 {
        world.rpc.balance(ROUTER).await.expect("the other answers");
    }
    assert!(world.proxies[0].lied() <= lied + 1, "at most a probe");

    // When it answers again, it is preferred again.
    world.proxies[0].heal();
    world.wait_for_state(0, "up").await;
    let before = world.proxies[0].asked("eth_getBalance");
    world.rpc.balance(ROUTER).await.expect("an answer");
    assert_eq!(world.proxies[0].asked("eth_getBalance"), before + 1);
    monitor.abort();
}

#[tokio::test]
async fn an_endpoint_that_stands_still_while_others_advance_is_left_until_it_moves() {
    let world = World::start(2).await;
    assert!(matches!(world.rpc.connect(&wanted()).await, Contact::Found(_)));
    let monitor = tokio::spawn({
        let rpc = world.rpc.clone();
        async move { rpc.monitor().await }
    });
    let frozen = world.cheat("eth_getBlockByNumber", ("latest", false)).await;
    world.proxies[0].answer(
        "eth_getBlockByNumber",
        Answer::changed(move |params, truth| if params[0] == "latest" { frozen.clone() } else { truth }),
    );
    // A chain that stands still is no reproach.
    world.rpc.head().await.expect("a head");
    assert_eq!(world.state(0), "up");
    world.mine().await;
    world.wait_for_state(0, "behind").await;
    assert_eq!(world.rpc.head().await.expect("a head").height(), 1);
    world.proxies[0].heal();
    world.wait_for_state(0, "up").await;
    monitor.abort();
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_never_believed() {
    // Given chains with the same id, of which only one has our Router, and one with another id,
    let ours = World::start(2).await;
    ours.mine().await;
    let start = |chain| Devchain::start(Config { chain, ..Config::default() });
    let twin = start(ChainConfig { arbos_version: 51, ..ChainConfig::default() }).await.expect("a chain");
    let other = start(ChainConfig { chain_id: 7, ..ChainConfig::default() }).await.expect("a chain");
    let hash = |url: String| async move {
        call(&url, "eth_getBlockByNumber", json!(["0x0", false])).await["hash"].clone()
    };
    assert_ne!(hash(twin.rpc_url.clone()).await, hash(ours.rpc_url().to_owned()).await, "they differ");
    let urls = |list: &[&str]| list.iter().map(|url| url.parse().expect("a URL")).collect::<Vec<_>>();

    // then the right one is found behind the wrong ones,
    let rpc = Rpc::new(&urls(&[&twin.rpc_url, &other.rpc_url, ours.rpc_url()])).expect("a client");
    assert!(rpc.met().now_or_never().is_none(), "nobody knows yet which is right");
    let Contact::Found(genesis) = rpc.connect(&wanted()).await else { panic!("{:?}", rpc.view()) };
    assert!(rpc.met().now_or_never().is_some());
    assert_eq!(json!(genesis), hash(ours.rpc_url().to_owned()).await);
    assert_eq!(rpc.head().await.expect("a head").height(), ours.rpc.head().await.expect("a head").height());

    // and only wrong ones are an error that says so.
    let rpc = Rpc::new(&urls(&[&twin.rpc_url, &other.rpc_url])).expect("a client");
    let known = WantedChain { hash: Some(genesis), ..wanted() };
    let Contact::Foreign(said) = rpc.connect(&known).await else { panic!("{:?}", rpc.view()) };
    assert!(said.contains("chain id") && said.contains("block 0"), "{said}");
    // A node under which the chain was replaced waits for it, and is told why for as long as it does.
    for _ in 0..2 {
        let err = rpc.head().await.expect_err("nobody can be believed");
        assert!(err.is_transient() && err.to_string().contains("another chain"), "{err}");
    }

    // When the only good one fails, the wrong one is not taken in its place.
    let rpc = Rpc::new(&urls(&[&ours.proxies[0].url, &twin.rpc_url])).expect("a client");
    assert!(matches!(rpc.connect(&known).await, Contact::Found(_)));
    ours.proxies[0].answer(ALL, Answer::Status(404, "", None));
    let err = rpc.head().await.expect_err("nobody can be believed");
    assert!(err.is_transient(), "{err}");
    assert_eq!(rpc.view()[1].state, "foreign");
}

#[tokio::test]
async fn headers_that_do_not_hash_right_are_no_answer() {
    let world = World::start(2).await;
    world.mine().await;
    assert!(matches!(world.rpc.connect(&wanted()).await, Contact::Found(_)));
    world.proxies[0].answer(
        "eth_getBlockByNumber",
        Answer::changed(|_, mut truth| {
            truth["timestamp"] = json!("0x1");
            truth
        }),
    );
    assert_ne!(world.rpc.head().await.expect("a head").timestamp.to::<u64>(), 1);
    world.proxies[0].answer(
        "eth_getBlockByNumber",
        Answer::changed(|_, mut truth| {
            truth["number"] = json!("0x99");
            truth
        }),
    );
    assert_ne!(world.rpc.head().await.expect("a head").height(), 0x99);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let world = World::start(1).await;
    world.proxies[0].answer("eth_getBalance", Answer::Status(429, "slow down", Some(3600)));
    // The only endpoint wants to be left alone for longer than anybody waits: it is asked once.
    let err = world.rpc.balance(ROUTER).await.expect_err("nobody answers");
    assert!(err.to_string().contains("slow down"), "{err}");
    assert!(world.rpc.balance(ROUTER).await.is_err());
    assert_eq!(world.proxies[0].asked("eth_getBalance"), 1);
}

#[tokio::test]
async fn one_weak_endpoint_is_enough() {
    // Every third answer is bad, in turn of several kinds, and there is no other endpoint.
    let world = World::start(1).await;
    for answer in [
        Answer::Status(502, "", None),
        Answer::Cut,
        Answer::Error(-32_005, "request rate limited"),
        Answer::Status(429, "", Some(0)),
    ] {
        world.proxies[0].answer(ALL, Answer::EveryNth(3, Box::new(answer)));
        for _ in 0..20 {
            world.rpc.balance(ROUTER).await.expect("an answer at the second or third attempt");
        }
    }
    assert!(world.proxies[0].lied() >= 20);
}

#[tokio::test]
async fn questions_that_everybody_refuses_are_refused() {
    let world = World::start(2).await;
    for proxy in &world.proxies {
        proxy.answer("eth_getBalance", Answer::Error(-32_602, "no such thing"));
    }
    let err = world.rpc.balance(ROUTER).await.expect_err("refused");
    assert!(!err.is_transient() && err.to_string().contains("no such thing"), "{err}");
    // That is no reproach: both go on.
    assert!(world.rpc.view().iter().all(|view| view.state == "up"), "{:?}", world.rpc.view());
}
