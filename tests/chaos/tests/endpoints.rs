//! Endpoints of the chain that refuse, stall, forget and forge while requests run.

use chaos_tests::{Dice, Requests};
use serde_json::{Value, json};
use test_support::{ALL, Answer, Network, Setup};

/// Logs in which another script is asked for: 42 became 43.
fn forged() -> Answer {
    Answer::changed(|_, truth| {
        let text = truth.to_string().replace("36283432", "36283433");
        serde_json::from_str(&text).expect("still JSON")
    })
}

fn mischief() -> Vec<(&'static str, &'static str, Answer)> {
    vec![
        ("refuses", ALL, Answer::Status(401, "no", None)),
        ("is busy", ALL, Answer::Status(429, "slow down", Some(1))),
        ("breaks", ALL, Answer::Status(502, "<html>", None)),
        ("cuts", ALL, Answer::Cut),
        ("stalls", ALL, Answer::Hang),
        ("stalls over logs", "eth_getLogs", Answer::Hang),
        ("forgets logs", "eth_getLogs", Answer::Result(json!([]))),
        ("forgets receipts", "eth_getTransactionReceipt", Answer::Result(Value::Null)),
        ("forgets blocks", "eth_getBlockByNumber", Answer::Result(Value::Null)),
        ("takes no transaction", "eth_sendRawTransaction", Answer::Error(-32_000, "txpool is full")),
        ("forges logs", "eth_getLogs", forged()),
        (
            "fails one time in three",
            ALL,
            Answer::EveryNth(3, Box::new(Answer::Error(-32_603, "internal error"))),
        ),
    ]
}

async fn befall(with_second_endpoint: bool, rounds: usize) {
    let mut dice = Dice::of("endpoints", rounds);
    let setup = Setup { behind_proxies: true, with_second_endpoint, ..Setup::default() };
    let network = Network::launch(setup).await;
    network.wait_until_all_ready().await;
    let mut requests = Requests::default();
    let mischief = mischief();
    for round in 0..dice.rounds() {
        let (name, method, answer) = &mischief[dice.below(mischief.len())];
        // One node at a time may be cheated; more may be left without a chain, for a while.
        let many = if name.starts_with("forge") || dice.below(2) == 0 { 1 } else { 3 };
        let who = dice.some_of(network.nodes.len(), many);
        println!("round {round}: the endpoint of {who:?} {name}");
        requests.send(&network, 1).await;
        for &node in &who {
            network.proxies[node].answer(method, answer.clone());
        }
        requests.send(&network, 3).await;
        if many == 1 {
            // The other three are enough.
            requests.settle(&network).await;
        }
        for proxy in &network.proxies {
            proxy.heal();
        }
    }
    requests.end_well(&network).await;
}

#[tokio::test]
async fn requests_are_answered_once_when_the_only_endpoint_misbehaves() {
    befall(false, 8).await;
}

#[tokio::test]
async fn requests_are_answered_once_when_the_preferred_endpoint_misbehaves() {
    befall(true, 6).await;
}
