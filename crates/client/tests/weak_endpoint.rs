//! An endpoint with moments of weakness does not end what a caller has begun.

use alloy::primitives::{Address, U256};
use functions_client::{Account, Chain, ClientError, abi::Router};
use functions_network::dev_account;
use functions_rpc::Fault;
use serde_json::Value;
use test_support::{ALL, Answer, Endpoints, Proxy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn moments() -> Vec<Answer> {
    vec![
        Answer::Status(500, "", None),
        Answer::Status(502, "<html>bad gateway</html>", None),
        Answer::Status(429, "", Some(0)),
        Answer::Page("<html>maintenance</html>"),
        Answer::Page(""),
        Answer::Cut,
        Answer::Error(-32_005, "limit exceeded"),
        Answer::Error(-32_603, "internal error"),
        Answer::Error(-32_000, "header not found"),
    ]
}

struct World {
    endpoints: Endpoints,
    /// The chain as the endpoint shows it.
    chain: Chain,
    account: Account,
    to: Address,
}

impl World {
    async fn start() -> Self {
        let endpoints = Endpoints::start(1).await;
        let chain = Chain::connect(&endpoints.proxies[0].url).await.expect("the chain answers");
        Self { endpoints, chain, account: dev_account(0), to: Address::repeat_byte(7) }
    }

    fn proxy(&self) -> &Proxy {
        &self.endpoints.proxies[0]
    }

    async fn transfer(&self) {
        self.chain.transfer(&self.account, self.to, U256::from(5)).await.expect("sent");
    }

    async fn balance(&self) -> U256 {
        self.chain.balance(self.to).await.expect("a balance")
    }
}

#[tokio::test]
async fn questions_and_transactions_survive_moments_of_weakness() {
    let world = World::start().await;
    let mut sent = U256::ZERO;
    for answer in moments() {
        world.proxy().answer(ALL, Answer::EveryNth(2, Box::new(answer)));
        for _ in 0..3 {
            let logs = world.chain.events::<Router::RequestProcessed>(world.to, 0, None).await.expect("logs");
            assert!(logs.is_empty());
            world.transfer().await;
            sent += U256::from(5);
        }
        world.proxy().heal();
        assert_eq!(world.balance().await, sent, "each transfer happened once");
    }
    // Null in place of the logs is none.
    world.proxy().answer("eth_getLogs", Answer::EveryNth(2, Box::new(Answer::Result(Value::Null))));
    for _ in 0..4 {
        world.chain.events::<Router::RequestProcessed>(world.to, 0, None).await.expect("logs");
    }
}

#[tokio::test]
async fn a_transaction_whose_answer_was_lost_is_not_sent_twice() {
    let world = World::start().await;
    // The chain takes it, and the first answer is cut.
    world.proxy().answer("eth_sendRawTransaction", Answer::First(1, Box::new(Answer::Cut)));
    world.transfer().await;
    assert!(world.proxy().asked("eth_sendRawTransaction") > 1);
    world.proxy().heal();
    world.transfer().await;
    assert_eq!(world.balance().await, U256::from(10));
}

#[tokio::test]
async fn a_transaction_answered_with_anothers_hash_is_known_by_its_own() {
    let world = World::start().await;
    // The chain takes it: it is found by its own hash.
    let other = format!("0x{}", "11".repeat(32));
    let says = other.clone();
    let changed = Answer::changed(move |_, _| says.clone().into());
    world.proxy().answer("eth_sendRawTransaction", Answer::First(1, Box::new(changed)));
    world.transfer().await;
    assert_eq!(world.balance().await, U256::from(5));
    // The chain does not get it: that is said of its own hash, and at once.
    world.proxy().answer("eth_sendRawTransaction", Answer::Result(other.clone().into()));
    let sent = world.chain.transfer(&world.account, world.to, U256::from(5)).await;
    let error = sent.expect_err("another's hash");
    let ClientError::Unclear { hash, .. } = &error else { panic!("{error}") };
    assert_ne!(hash.to_string(), other);
    let said = error.to_string();
    assert!(said.contains(&other) && said.contains("is not its hash"), "{said}");
    assert!(world.proxy().asked("eth_getTransactionReceipt") < 10, "nobody waits for another's receipt");
}

#[tokio::test]
async fn a_denial_is_said_at_once() {
    let world = World::start().await;
    world.proxy().answer("eth_getBalance", Answer::Status(401, "no key", None));
    let err = world.chain.balance(Address::ZERO).await.expect_err("denied");
    let text = format!("{err:?}");
    assert!(text.contains("401") && text.contains("no key"), "{text}");
    assert_eq!(world.proxy().asked("eth_getBalance"), 1);
}

#[tokio::test]
async fn a_wish_for_a_longer_pause_than_anybody_waits_ends_the_question() {
    let world = World::start().await;
    world.proxy().answer("eth_getBalance", Answer::Status(429, "", Some(100_000)));
    let err = world.chain.balance(Address::ZERO).await.expect_err("busy for a day");
    assert!(format!("{err:?}").contains("429"), "{err:?}");
    assert_eq!(world.proxy().asked("eth_getBalance"), 1);
}

#[tokio::test]
async fn an_answer_to_another_question_is_none() {
    let world = World::start().await;
    for page in [
        r#"{"jsonrpc":"2.0","id":987654321,"result":"0x5"}"#,
        r#"{"jsonrpc":"2.0","id":null,"result":"0x5"}"#,
        r#"{"jsonrpc":"2.0","id":987654321,"error":{"code":3,"message":"execution reverted"}}"#,
    ] {
        world.proxy().answer("eth_getBalance", Answer::Page(page));
        let err = world.chain.balance(Address::ZERO).await.expect_err("not its answer");
        assert!(matches!(err.fault(), Some(Fault::Broken(_))), "{page}: {err:?}");
        // A moment of weakness of a proxy that mixes answers up is survived.
        world.proxy().answer("eth_getBalance", Answer::EveryNth(2, Box::new(Answer::Page(page))));
        for _ in 0..3 {
            world.balance().await;
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_redirects_is_named_with_its_target() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move {
        for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut question = [0; 4096];
            let _ = stream.read(&mut question).await.expect("a question");
            let target = "location: http://other.example:8/rpc\r\ncontent-length: 0\r\nconnection: close";
            let answer = format!("HTTP/1.1 {status}\r\n{target}\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("answered");
        }
    });
    for status in [301, 302, 307, 308] {
        let err = Chain::connect(&url).await.expect_err("nobody is followed");
        assert!(err.to_string().contains(&format!("HTTP {status}")), "{err}");
        assert!(err.to_string().contains("http://other.example:8/rpc"), "{err}");
        assert!(err.fault().expect("a fault").advice().contains("redirects"));
    }
    serving.await.expect("it served");
}

#[tokio::test]
async fn every_refusal_of_an_endpoint_has_its_own_advice() {
    let world = World::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for status in [401, 403, 404, 429, 500, 503] {
        world.proxy().answer("eth_getBalance", Answer::Status(status, "no", None));
        let err = world.chain.balance(Address::ZERO).await.expect_err("refused");
        assert!(seen.insert(err.fault().expect("a fault").advice()), "{status}: {seen:?}");
    }
}
