//! What the tool finds out on the chain before it sends anything, and how it says what to type next.

#[allow(dead_code, reason = "these tests use a part of it")]
mod common;

use alloy::primitives::{Address, address};
use common::{Folder, functions};
use functions_client::OracleConfig;
use functions_client::abi::Coordinator;
use functions_network::DEV_KEYS;
use functions_offchain_config::{OffchainConfig, Timing};
use serde_json::{Value, json};
use test_support::{Answer, Network, Proxy};

/// A contract of somebody's, which says nothing.
const VAULT: Address = address!("0x00000000000000000000000000000000aabbccdd");

/// Sets the DON's configuration again, with so many bytes as the most a request may have.
async fn limit(network: &Network, bytes: usize) {
    let (chain, coordinator) = (&network.contracts.chain, network.contracts.addresses.coordinator);
    let events = chain.events::<Coordinator::ConfigSet>(coordinator, 0, None).await.expect("logs");
    let (now, _) = events.last().expect("there is a configuration");
    let mut offchain = OffchainConfig::decode(now.offchainConfigVersion, &now.offchainConfig).expect("ours");
    offchain.limits.request_bytes = bytes;
    let config = OracleConfig {
        signers: now.signers.clone(),
        transmitters: now.transmitters.clone(),
        f: now.f,
        offchain_version: now.offchainConfigVersion,
        offchain: offchain.encode().expect("it is valid").into(),
    };
    network.contracts.set_config(&network.owner, &config).await.expect("the owner may");
}

#[tokio::test]
async fn nothing_is_sent_that_would_be_lost() {
    let network = Network::start(Timing::default()).await;
    let folder = Folder::new();
    let key = folder.file("owner.key", DEV_KEYS[0]);
    let at = [
        "--rpc-url",
        &network.devchain.greeting.rpc_url,
        "--router",
        &network.contracts.addresses.router.to_string(),
        "--link",
        &network.contracts.addresses.link.to_string(),
    ]
    .map(str::to_owned);
    let at_contracts: Vec<&str> = at[2..].iter().map(String::as_str).collect();
    let owner = network.owner.address();
    let types = async |words: &[&str]| {
        let at: Vec<&str> = at.iter().map(String::as_str).collect();
        functions(&[words, &at[..], &["--key-file", &key]].concat()).await
    };
    let consumer = network.consumer.address().to_string();

    // A request longer than the DON's own configuration allows, and than the default.
    let subscription = network.subscription.to_string();
    let script =
        folder.file("long.js", format!("return Functions.encodeUint256(7n); // {}", "x".repeat(1_000)));
    let send = [
        "request",
        "send",
        "--consumer",
        &consumer,
        "--subscription",
        &subscription,
        "--don-id",
        test_support::DON,
        "--source",
        &script,
        "--no-wait",
    ];
    limit(&network, 1_000).await;
    let before = network.cheat("eth_getTransactionCount", (owner, "latest")).await;
    let refused = types(&send).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("request too big (max 1000 bytes)"), "{refused:?}");
    assert!(refused.stderr.contains("the DON's configuration"), "{refused:?}");
    assert_eq!(network.cheat("eth_getTransactionCount", (owner, "latest")).await, before, "nothing was sent");
    let long = serde_json::json!(["a".repeat(31_000)]).to_string();
    let send_long = [&send[..], &["--args", &long]].concat();
    limit(&network, 30_720).await;
    let refused = types(&send_long).await;
    assert!(refused.stderr.contains("request too big (max 30720 bytes)"), "{refused:?}");
    limit(&network, 40_000).await;
    assert_eq!(types(&send_long).await.code, Some(0), "it may be more than the default");
    assert_eq!(types(&send).await.code, Some(0), "the configuration in force counts");

    // A function of a contract that sends no requests is not called, whatever it does.
    let before = network.cheat("eth_getTransactionCount", (owner, "latest")).await;
    let call = ["request", "send", "--call", "transfer(address,uint256)", "--with", &consumer, "--with", "5"];
    let contracts = &network.contracts.addresses;
    for (contract, what) in [
        (contracts.link, "the LINK token"),
        (contracts.router, "Functions Router"),
        (contracts.coordinator, "Functions Coordinator"),
        (Address::with_last_byte(1), "kept for the chain's precompiles"),
    ] {
        let refused = types(&[&call[..], &["--consumer", &contract.to_string()]].concat()).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(what) && refused.stderr.contains("sends no requests"), "{refused:?}");
    }
    assert_eq!(network.cheat("eth_getTransactionCount", (owner, "latest")).await, before, "nothing was sent");

    // LINK for a contract: its consumer only when told so, another with a warning.
    let create = async |words: &[&str]| {
        let made = types(&[&["sub", "create", "--fund", "1", "--json"], words].concat()).await.done();
        made["subscriptionId"].to_string()
    };
    let id = create(&["--consumer", &consumer]).await;
    let refused = types(&["sub", "cancel", &id, "--to", &consumer]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("is a consumer of subscription"), "{refused:?}");
    assert!(refused.stderr.contains("--to-consumer"), "{refused:?}");
    let paid = types(&["sub", "cancel", &id, "--to", &consumer, "--to-consumer", "--json"]).await;
    let told = format!("{consumer} is a contract");
    assert!(paid.stderr.contains(&told), "{paid:?}");
    assert!(paid.done()["warnings"][0].as_str().expect("a warning").contains(&told));

    let vault = VAULT.to_string();
    // Code that says nothing, and code that halts whatever it is asked.
    for code in ["0x00", "0xfe"] {
        network.cheat("anvil_setCode", (VAULT, code)).await;
        let paid = types(&["sub", "cancel", &create(&[]).await, "--to", &vault, "--json"]).await;
        assert!(paid.stderr.contains("warning: ") && paid.stderr.contains(&vault), "{paid:?}");
        assert_eq!(paid.done()["warnings"].as_array().map(Vec::len), Some(1));
    }
    // An account that has delegated to code is still somebody's.
    network.cheat("anvil_setCode", (VAULT, format!("0xef0100{}", "11".repeat(20)))).await;
    let id = create(&[]).await;
    let paid = types(&["sub", "cancel", &id, "--to", &vault, "--json"]).await.done();
    assert_eq!(paid["warnings"], json!([]));

    // What an endpoint fails to say of a payee is no leave to pay it.
    let failing = Proxy::start(&network.devchain.greeting.rpc_url).await;
    let second = Answer::EveryNth(2, Box::new(Answer::Error(-32000, "the disk is full")));
    let coordinator = network.contracts.addresses.coordinator.to_string();
    let id = create(&[]).await;
    failing.answer("eth_call", second);
    let words = ["sub", "cancel", &id, "--to", &coordinator, "--rpc-url", &failing.url, "--key-file", &key];
    let refused = functions(&[&words[..], &at_contracts[..]].concat()).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("the disk is full"), "{refused:?}");
    let info = ["sub", "info", &id, "--rpc-url", &network.devchain.greeting.rpc_url];
    let info = functions(&[&info[..], &at_contracts[..]].concat()).await;
    assert_eq!(info.code, Some(0), "nothing was sent: {info:?}");

    // What to type next leads to the same contracts.
    let id = create(&[]).await;
    let at: Vec<&str> = at.iter().map(String::as_str).collect();
    let info = functions(&[&["sub", "info", &id][..], &at].concat()).await;
    let line =
        info.stdout.lines().find_map(|line| line.split_once("add one with: functions ")).expect("advice").1;
    let words = line.replace("ADDRESS", &consumer).replace("FILE", &key);
    let words: Vec<&str> = words.split(' ').collect();
    assert_eq!(functions(&words).await.code, Some(0), "{line}");
    let info: Value = functions(&[&["sub", "info", &id, "--json"][..], &at].concat()).await.done();
    assert_eq!(info["consumers"][0]["address"], consumer, "{info}");
}
