//! Years of a deployment: its programs end, and the chain under them is upgraded. What `functions deploy --renew` and
//! `functions-node check` say about it, word by word.

use std::fs;

use devchain::ChainConfig;
use devchain::evm::{ARB_DEBUG, ARB_OWNER, ArbDebug, ArbOwner};
use e2e_tests::Desk;
use functions_network::{Node, dev_account, process::tail};
use serde_json::Value;
use test_support::place::root;
use test_support::{Endpoints, Said, lone_node, until};

const DAY: u64 = 86_400;

async fn chain() -> Endpoints {
    Endpoints::start(0).await
}

async fn wait(on: &Endpoints, days: u64) {
    on.chain.advance_time(days * DAY).await.expect("a development chain");
}

/// Upgrades the chain; the block after the one that meets the time has the new rules.
async fn upgrade(on: &Endpoints, version: u64) {
    let owner = dev_account(0);
    on.chain.send(&owner, ARB_DEBUG, &ArbDebug::becomeChainOwnerCall {}).await.expect("an owner");
    let timestamp = on.chain.now().await.expect("a block") + DAY;
    let schedule = ArbOwner::scheduleArbOSUpgradeCall { newVersion: version, timestamp };
    on.chain.send(&owner, ARB_OWNER, &schedule).await.expect("scheduled");
    wait(on, 2).await;
    wait(on, 0).await;
}

#[track_caller]
fn assert_refused(said: &Said, parts: &[&str]) {
    assert_eq!(said.stdout, "", "{}", said.stderr);
    for part in parts {
        said.refused(part);
    }
}

/// What was printed by a verb that went well.
#[track_caller]
fn printed(said: &Said) -> Value {
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.document()
}

/// The contracts' lines of a renewal that went well: name, how it stood, what was done.
#[track_caller]
fn actions(said: &Said) -> Vec<(String, String, String)> {
    let text = |line: &Value, key| line[key].as_str().expect("text").to_owned();
    let lines = printed(said);
    let lines = lines.as_array().expect("a list").iter();
    lines.map(|line| (text(line, "contract"), text(line, "found"), text(line, "action"))).collect()
}

fn renew(desk: &Desk, on: &Endpoints) -> Said {
    desk.deploy(on.rpc_url(), &["--renew"])
}

/// Verdict, words and remedy of the check's lines about the two programs.
async fn check(node: &Node) -> Vec<(String, String, String)> {
    let output = node.verb(&["check", "--json"]).await.expect("it runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let lines = report["checks"].as_array().expect("a list").iter();
    let text = |line: &Value, key| line[key].as_str().expect("text").to_owned();
    lines
        .filter(|line| text(line, "id").ends_with(".program") && text(line, "id") != "sandbox.program")
        .map(|line| (text(line, "verdict"), text(line, "words"), text(line, "remedy")))
        .collect()
}

async fn assert_checked(node: &Node, count: usize, verdict: &str, words: &str, remedy: &str) {
    let lines = check(node).await;
    assert_eq!(lines.len(), count, "{lines:?}");
    for line in &lines {
        assert!(line.0 == verdict && line.1.contains(words) && line.2.contains(remedy), "{lines:?}");
        assert_eq!(line.2.is_empty(), verdict == "ok", "{lines:?}");
    }
}

const ALL: [&str; 6] =
    ["router", "coordinator", "link_token", "link_to_native_feed", "link_to_usd_feed", "consumer_example"];

/// The two feeds have one code: what renews the first renews the second.
fn expected(found: &str, action: &str) -> Vec<(String, String, String)> {
    let of = |name| if name == "link_to_usd_feed" { ("active", "none") } else { (found, action) };
    ALL.iter().map(|name| (name.to_string(), of(*name).0.to_owned(), of(*name).1.to_owned())).collect()
}

fn all(found: &str, action: &str) -> Vec<(String, String, String)> {
    ALL.iter().map(|name| (name.to_string(), found.to_owned(), action.to_owned())).collect()
}

fn nothing() -> Vec<(String, String, String)> {
    all("active", "none")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_outlives_its_year_and_the_upgrade_of_its_chain() {
    let chain = Endpoints::of(ChainConfig { arbos_version: 51, ..ChainConfig::default() }, 0).await;
    let desk = Desk::new();
    let deployed = printed(&desk.deploy(chain.rpc_url(), &[]));
    let router = deployed["router"].as_str().expect("text").parse().expect("an address");
    let mut node = lone_node(desk.folder(), chain.rpc_url(), router).await;

    // Given a new deployment, then there is nothing to do.
    assert_checked(&node, 2, "ok", "active for 364 days", "").await;
    let said = renew(&desk, &chain);
    assert_eq!(actions(&said), nothing());
    assert!(said.stderr.contains("active for 364 days; nothing to do"), "{}", said.stderr);
    let router = &printed(&said)[0];
    assert!(router["daysLeft"] == 364 && router.get("dataFeeWei").is_none(), "{router}");

    // When the end of its year comes near, then both tools say so, and it is kept alive.
    wait(&chain, 280).await;
    assert_checked(&node, 2, "warn", "active for 84 days", "kept alive: `functions deploy --renew`").await;
    let quoted = desk.deploy(chain.rpc_url(), &["--renew", "--dry-run"]);
    assert_eq!(actions(&quoted), all("active", "keptAlive"));
    let router = &printed(&quoted)[0];
    let fee = router["dataFeeWei"].as_str().expect("text");
    assert!(quoted.stderr.contains(&format!("keepalive costs {fee} wei and its gas")), "{}", quoted.stderr);
    assert!(router.get("transaction").is_none() && router["daysLeft"] == 84);
    let said = renew(&desk, &chain);
    assert_eq!(actions(&said), expected("active", "keptAlive"));
    assert!(said.stderr.contains("active for 84 days; kept alive, runs for 36"), "{}", said.stderr);
    let router = &printed(&said)[0];
    assert!(
        router["gasUsed"].as_u64() > Some(21_000) && router["daysLeft"].as_u64() >= Some(364),
        "{router}"
    );
    assert_eq!(router["transaction"].as_str().map(str::len), Some(66));
    assert!(router["dataFeeWei"].as_str().expect("text").parse::<u128>().expect("a number") > 0);
    assert_eq!(actions(&renew(&desk, &chain)), nothing(), "twice is once");
    assert_checked(&node, 2, "ok", "active for 36", "").await;

    // When an upgrade of the chain ends it, then the check fails, a node waits and says for what, and it is activated
    // again.
    upgrade(&chain, 60).await;
    let words = "activated for Stylus version 2, while the chain runs version 3";
    assert_checked(&node, 1, "fail", words, "activated again: `functions deploy --renew`").await;
    node.start().expect("it starts");
    until("the node to wait and say for what", async || {
        let log = tail(&node.log(), 50);
        let waits = log
            .lines()
            .any(|line| line.contains("waiting") && line.contains(words) && line.contains("deploy --renew"));
        if waits { Ok(()) } else { Err(log) }
    })
    .await;
    node.kill().await;
    let quoted = desk.deploy(chain.rpc_url(), &["--renew", "--dry-run"]);
    assert!(quoted.stderr.contains(words) && quoted.stderr.contains("activation costs"), "{}", quoted.stderr);
    let said = renew(&desk, &chain);
    assert_eq!(actions(&said), expected("outdated", "activated"));
    assert!(
        said.stderr.contains(&format!("{words}; activated again, runs for 364 days; paid")),
        "{}",
        said.stderr
    );
    assert_eq!(actions(&renew(&desk, &chain)), nothing());
    assert_checked(&node, 2, "ok", "active for 364 days", "").await;

    // When nobody came in its year, then it is activated again.
    wait(&chain, 366).await;
    assert_checked(&node, 1, "fail", "expired, 366 days after its activation", "`functions deploy --renew`")
        .await;
    assert_eq!(actions(&renew(&desk, &chain)), expected("expired", "activated"));
    assert_checked(&node, 2, "ok", "active for 364 days", "").await;

    // On a chain that gives programs less than 90 days, they are extended as soon as the chain lets them.
    let days = ArbOwner::setWasmExpiryDaysCall { numberOfDays: 60 };
    chain.chain.send(&dev_account(0), ARB_OWNER, &days).await.expect("an owner's");
    let said = renew(&desk, &chain);
    assert_eq!(actions(&said), nothing());
    assert!(said.stderr.contains("the chain does not extend it yet"), "{}", said.stderr);
    wait(&chain, 32).await;
    assert_eq!(actions(&renew(&desk, &chain)), expected("active", "keptAlive"));
}

/// Gas of all transactions of a chain.
async fn gas_of(on: &Endpoints) -> u64 {
    let mut sum = 0;
    for number in 0..=on.chain.block_number().await.expect("a number") {
        let block = on.cheat("eth_getBlockByNumber", (format!("{number:#x}"), false)).await;
        let gas = block["gasUsed"].as_str().and_then(|text| text.strip_prefix("0x")).expect("hexadecimal");
        sum += u64::from_str_radix(gas, 16).expect("hexadecimal");
    }
    sum
}

/// The number that a text has between two others.
fn figure(text: &str, before: &str, after: &str) -> u64 {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    let digits = rest.split(after).next().expect("a first part");
    digits.parse().unwrap_or_else(|_| panic!("no figure between {before:?} and {after:?} in {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_costs_what_the_guide_says() {
    let (desk, chain) = (Desk::new(), chain().await);
    let deployed = desk.deploy(chain.rpc_url(), &[]);
    assert_eq!(deployed.code, Some(0), "{}", deployed.stderr);
    let gas = gas_of(&chain).await;
    eprintln!("{gas} gas: {}", deployed.stderr);
    // A public chain has LINK and feeds already.
    let development = deployed.stderr.split(" at 0x").zip(deployed.stderr.split(" at 0x").skip(1));
    let development: u64 = development
        .filter(|(name, _)| name.ends_with("link_token") || name.ends_with("_feed"))
        .map(|(_, rest)| figure(rest, " bytes on chain, ", " gas"))
        .sum();
    let public = gas - development;
    let millions = |gas: u64| (gas + 500_000) / 1_000_000;
    let guide = fs::read_to_string(root().join("docs/deploy.md")).expect("the guide");
    let said = figure(&guide, "the deployment takes about ", " million");
    assert_eq!(said, millions(public), "{public} gas where LINK and feeds are there");
    assert_eq!(figure(&guide, "with development LINK and feeds about ", " million"), millions(gas));
}

#[tokio::test(flavor = "multi_thread")]
async fn renewal_names_what_is_missing_and_what_to_do() {
    let (desk, chain) = (Desk::new(), chain().await);
    let no_file = renew(&desk, &chain);
    assert_refused(&no_file, &["addresses.json", "`addresses_file`"]);
    let deployed = desk.deploy(chain.rpc_url(), &[]);
    assert_eq!(deployed.code, Some(0), "{}", deployed.stderr);

    let other = Endpoints::of(ChainConfig { chain_id: 7, ..ChainConfig::default() }, 0).await;
    let refused = renew(&desk, &other);
    assert_refused(
        &refused,
        &["addresses.json", "belongs to chain 412346", "the endpoint to chain 7", "--rpc-url"],
    );
    assert_refused(&desk.deploy("http://127.0.0.1:1", &["--renew"]), &["127.0.0.1:1"]);

    // A chain of the same id without the contracts is no reason to say that all is well.
    let empty = self::chain().await;
    assert_refused(&renew(&desk, &empty), &["router at", "has no code on chain 412346", "addresses file"]);

    fs::write(desk.path("owner.key"), "11".repeat(32)).expect("a file");
    assert_refused(&renew(&desk, &chain), &["has no ether on chain 412346", "send it some"]);
    fs::remove_file(desk.path("owner.key")).expect("removed");
    assert_refused(&renew(&desk, &chain), &["owner.key", "64 hexadecimal digits"]);
}
