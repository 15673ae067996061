//! What a transmitter earned, on its way to the operator, and the keys that are kept until it is there.

use std::fs;

use alloy::primitives::{Address, U256};
use functions_client::Account;
use functions_client::stylus::{STYLUS_DEPLOYER, StylusDeployer};
use functions_offchain_config::Timing;
use functions_types::abi::{Feed, Link};
use serde_json::Value;
use test_support::{Answer, Network, Proxy};

use super::{SOURCE, address, done, texts};

/// The address with the case of one letter changed, which its checksum does not allow.
fn swap_case(address: &str) -> String {
    let at = address.rfind(|letter: char| letter.is_ascii_alphabetic()).expect("a letter");
    let letter = address.as_bytes()[at] as char;
    let other =
        if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
    format!("{}{other}{}", &address[..at], &address[at + 1..])
}

/// A price feed among the contracts that were deployed.
async fn a_feed(network: &Network) -> Address {
    let chain = &network.contracts.chain;
    let made = chain.events::<StylusDeployer::ContractDeployed>(STYLUS_DEPLOYER, 0, None).await;
    for (event, _) in made.expect("the logs") {
        if chain.call(event.deployedContract, &Feed::latestRoundDataCall {}).await.is_ok() {
            return event.deployedContract;
        }
    }
    panic!("no price feed was deployed");
}

#[tokio::test]
async fn earnings_reach_their_owner_and_a_rotated_key_is_kept_until_it_is_empty() {
    let mut network = Network::start(Timing::default()).await;
    let (id, block) = network.request(SOURCE).await;
    network.wait_for_fulfillment(id, block).await;
    let earner = network.wait_for_paid_transmitter(id).await;
    let to = Account::from_hex(&"11".repeat(32)).expect("a key").address();
    let link = network.contracts.addresses.link;
    let chain = network.contracts.chain.clone();
    let held = async || chain.call(link, &Link::balanceOfCall { account: to }).await.expect("a balance");

    // Given a stopped node that was paid, what it shows is what it pays out.
    assert!(network.terminate(earner).await.success());
    let node = &network.nodes[earner];
    let shown = done(&network.verb(earner, &["withdraw"]).await);
    let earned: U256 =
        shown["transmitters"][0]["earnedJuels"].as_str().expect("text").parse().expect("juels");
    assert!(earned > U256::ZERO, "{shown:#}");
    let text = to.to_string();
    // Nobody could move on what one of these contracts is paid, whether the node was told of it or not.
    let addresses = network.contracts.addresses;
    for (contract, name) in [
        (addresses.router, "the Router"),
        (addresses.coordinator, "the Coordinator"),
        (link, "a token, most likely LINK"),
        (a_feed(&network).await, "a price feed"),
    ] {
        let refused = network.verb(earner, &["withdraw", "--to", &contract.to_string()]).await;
        let (_, words) = texts(&refused);
        assert!(!refused.status.success(), "{name}");
        assert!(words.contains(name) && words.contains("nothing was sent"), "{words}");
    }
    for (own, said) in [
        (node.oracle.transmitter, "is this node's transmitter;"),
        (node.oracle.signer, "is this node's signer"),
    ] {
        let refused = network.verb(earner, &["withdraw", "--to", &own.to_string()]).await;
        let (_, words) = texts(&refused);
        assert!(
            !refused.status.success() && words.contains(said) && words.contains("nothing was sent"),
            "{words}"
        );
    }
    // Nor is anything sent before it is known that everything named is what it is named for.
    let (router, coordinator) = (addresses.router.to_string(), addresses.coordinator.to_string());
    let (held_by_nobody, mistyped) = (text.to_lowercase(), swap_case(&router));
    for (words, said) in [
        (&["--amount", "0"][..], "above 0"),
        (&["--ether", "0.0"], "above 0"),
        (&["--link", &router], "--link"),
        (&["--link", &held_by_nobody], "there is no contract"),
        (&["--link", &mistyped], "checksum"),
        (&["--coordinator", &router], "is no Coordinator but the contract \"Functions Router v1.0.0\""),
        (&["--coordinator", &link.to_string()], "is no Coordinator"),
        (&["--coordinator", &held_by_nobody], "has no contract"),
        (&["--coordinator", &mistyped], "checksum"),
        (&["--transmitter", &mistyped], "checksum"),
        (&["--ether", "500"], "can move at most"),
        (&["--ether", "all"], "--link <ADDRESS>"),
    ] {
        let refused = network.verb(earner, &[&["withdraw", "--to", &text], words].concat()).await;
        let (out, err) = texts(&refused);
        assert!(!refused.status.success() && err.contains(said), "{words:?}: {out}{err}");
        assert!(
            ["checksum", "above 0", "--link <ADDRESS>"].contains(&said) || err.contains("nothing was sent"),
            "{words:?}: {err}"
        );
        assert_eq!(held().await, U256::ZERO, "{words:?}");
    }
    // A contract that takes no ether gets no LINK either, where both were to go there.
    let chain_balance = chain.balance(node.oracle.transmitter).await.expect("a balance");
    let consumer = network.consumer.address();
    let nearly_all = functions_node::verbs::amount::show(chain_balance - U256::from(10_000_000_000_000u64));
    for (whom, ether, said) in [
        (consumer, "0.01", "takes no ether"),
        (consumer, "all", "takes no ether"),
        (to, &nearly_all, "for what it is to send"),
    ] {
        let words = ["withdraw", "--to", &whom.to_string(), "--ether", ether, "--link", &link.to_string()];
        let (out, err) = texts(&network.verb(earner, &words).await);
        assert!(err.contains(said) && err.contains("nothing was sent"), "{words:?}: {out}{err}");
        assert_eq!(chain.balance(node.oracle.transmitter).await.expect("a balance"), chain_balance);
    }
    let words = ["withdraw", "--to", &consumer.to_string(), "--amount", "0.000000000000000001"];
    let told = network.verb(earner, &words).await;
    let warned = done(&told)["warnings"][0].as_str().expect("a warning").to_owned();
    assert!(warned.contains("is a contract") && texts(&told).1.contains(&warned), "{warned}");
    let earned = earned - U256::from(1);
    // Small letters carry no checksum and are taken.
    let shown =
        done(&network.verb(earner, &["withdraw", "--coordinator", &coordinator.to_lowercase()]).await);
    assert_eq!(shown["transmitters"][0]["earnedJuels"], earned.to_string(), "{shown:#}");
    assert_eq!(shown["coordinator"], coordinator);
    assert_eq!(shown["transmitters"][0]["transmitter"], node.oracle.transmitter.to_string());
    // More than there is moves nothing.
    let refused = network.verb(earner, &["withdraw", "--to", &text, "--amount", "500"]).await;
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("nothing was sent"), "{words}");
    assert_eq!(held().await, U256::ZERO);
    // An endpoint that takes a transaction and loses its answer is asked again, and says that the nonce is used.
    let path = node.folder().join("node.toml");
    let config = fs::read_to_string(&path).expect("the file");
    let upstream = &network.devchain.greeting.rpc_url;
    let lossy = Proxy::start(upstream).await;
    fs::write(&path, config.replace(upstream, &lossy.url)).expect("written");
    lossy.answer("eth_sendRawTransaction", Answer::First(1, Box::new(Answer::Cut)));
    let part =
        done(&network.verb(earner, &["withdraw", "--to", &text, "--amount", "0.000000000000000001"]).await);
    assert_eq!(part["sent"][0]["juels"], "1", "{part:#}");
    assert_eq!(part["warnings"], serde_json::json!([]));
    assert_eq!(held().await, U256::from(1));
    assert_eq!((lossy.lied(), lossy.asked("eth_sendRawTransaction")), (1, 2));
    fs::write(&path, config).expect("written");

    // When the transmitter is rotated, the node goes on as the old one until the configuration names the new one.
    let rotated = done(&network.verb(earner, &["keys", "rotate-transmitter"]).await);
    let old = node.oracle.transmitter;
    assert_eq!(address(&rotated["earlierTransmitters"][0]), old);
    network.start_node(earner);
    network.wait_until_ready(earner).await;
    assert_eq!(address(&network.status(earner).await["node"]["transmitter"]), old);
    // What the next transmitter holds does not matter yet: neither to the check, nor to the node.
    let output = network.verb(earner, &["check", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let lines = report["checks"].as_array().expect("a list");
    let line = lines.iter().find(|line| line["id"] == "ether").expect("the line");
    assert!(
        line["verdict"] == "ok" && line["words"].as_str().expect("text").contains(&old.to_string()),
        "{line}"
    );
    network.nodes[earner].oracle.transmitter = address(&rotated["transmitter"]);
    // From the configuration on it matters.
    network.fund().await;
    network.reconfigure(Timing { t_grace_ms: 300, ..Timing::default() }).await;
    let new = network.nodes[earner].oracle.transmitter;
    network.wait_until_ready(earner).await;
    assert_eq!(address(&network.status(earner).await["node"]["transmitter"]), new);
    let (id, block) = network.request(SOURCE).await;
    network.wait_for_fulfillment(id, block).await;

    // Then the old key is not dropped while anything is left, everything can be moved, and then it can go.
    assert!(network.terminate(earner).await.success());
    let old_text = old.to_string();
    let token = link.to_string();
    let gift = Link::transferCall { to: old, amount: U256::from(1_000) };
    network.contracts.chain.send(&network.owner, link, &gift).await.expect("paid out to the account");
    let drop = ["keys", "drop-transmitter", &old_text, "--link", &token];
    let refused = network.verb(earner, &drop).await;
    let (_, err) = texts(&refused);
    assert!(
        !refused.status.success() && err.contains("LINK at the Coordinator") && err.contains("ether"),
        "{err}"
    );
    assert!(err.contains("LINK on the account itself"), "{err}");
    let (_, err) = texts(&network.verb(earner, &drop[..3]).await);
    assert!(err.contains("--link"), "{err}");
    // A part is taken of what was earned, and then of what the account holds.
    let of_old = ["withdraw", "--transmitter", &old_text, "--link", &token];
    let shown = done(&network.verb(earner, &of_old).await);
    let owed: U256 = shown["transmitters"][0]["earnedJuels"].as_str().expect("text").parse().expect("juels");
    let part = functions_node::verbs::amount::show(owed + U256::from(1));
    let moved =
        done(&network.verb(earner, &[&of_old[..], &["--to", &text, "--amount", &part]].concat()).await);
    assert_eq!(
        [&moved["sent"][0]["juels"], &moved["sent"][1]["juels"]],
        [&Value::from(owed.to_string()), &Value::from("1")],
        "{moved:#}"
    );
    let moved = done(
        &network
            .verb(
                earner,
                &["withdraw", "--to", &text, "--transmitter", &old_text, "--link", &token, "--ether", "all"],
            )
            .await,
    );
    assert_eq!(moved["sent"][0]["juels"], "999", "{moved:#}");
    assert_eq!(moved["sent"].as_array().expect("a list").len(), 2, "{moved:#}");
    assert!(held().await >= earned);
    assert!(chain.balance(to).await.expect("a balance") > U256::from(900_000_000_000_000_000u64));
    // What a transfer would cost stays behind, and is said.
    let dust = chain.balance(old).await.expect("a balance");
    assert!(dust > U256::ZERO);
    let dropped = done(&network.verb(earner, &drop).await);
    let left: U256 = functions_node::verbs::amount::parse(dropped["etherLeft"].as_str().expect("text"))
        .expect("an amount");
    assert_eq!((left, &dropped["dropped"]), (dust, &Value::from(old_text)), "{dropped:#}");
    assert_eq!(dropped["abandoned"].as_array().map(Vec::len), Some(0), "{dropped:#}");
    let keys = done(&network.verb(earner, &["keys", "show"]).await);
    assert!(keys.get("earlierTransmitters").is_none(), "{keys:#}");
    assert_eq!(address(&keys["transmitter"]), new);
}
