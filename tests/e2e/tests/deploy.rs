//! `functions deploy` on a chain of its own: what it says, costs and refuses, and where it goes on.

use std::fs;
use std::process::Command;

use devchain::ChainConfig;
use e2e_tests::Desk;
use functions_network::{DEV_KEYS, dev_account};
use serde_json::{Value, json};
use test_support::{Answer, Endpoints, Said};

const LIST: &str = "[allow_list]\nsigner = \"0x1111111111111111111111111111111111111111\"\n";
const DON: &str = "[don]\noracles_file = \"oracles.json\"\n";
const PEERS: [&str; 4] = [
    "12D3KooWHEZ3YnZWcqrE91bnCGJZsUS3njYBJEh7QGK3NwzrGEKn",
    "12D3KooWEvsVGaYUFhsVU2uM3LNs7Nh9jtrx6v42bRYyChesXFKX",
    "12D3KooWQcCmaNhFVZ1wn7sBBu6xgXXePmiG5u4wYDAv41VfLnNR",
    "12D3KooWANp7kmfi1QAXrRY3aPmGcGwH8N77bxpubK9oyuJ3giAY",
];

/// The desk of a deployment with everything there is.
fn whole() -> Desk {
    let desk = Desk::new();
    let oracles = PEERS.iter().enumerate().map(|(index, peer)| {
        let byte = |more: usize| format!("{:02x}", index + more);
        json!({
            "signer": format!("0x{}", byte(1).repeat(20)),
            "transmitter": format!("0x{}", byte(101).repeat(20)),
            "peerId": peer,
            "offchainPublicKey": format!("0x{}", byte(1).repeat(32)),
            "listen": format!("/ip4/10.0.0.{}/tcp/9001", index + 1),
        })
    });
    desk.write("oracles.json", &Value::from_iter(oracles).to_string());
    desk.write("deploy.toml", &(Desk::config("") + LIST + DON));
    desk
}

/// Ether after some words, in wei.
fn ether_after(said: &Said, words: &str) -> u128 {
    let (_, rest) = said.stderr.split_once(words).unwrap_or_else(|| panic!("{words}: {}", said.stderr));
    let text = rest.trim_start().split(' ').next().expect("a number");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<18}").parse().expect("a number")
}

async fn wei(on: &Endpoints) -> u128 {
    on.chain.balance(dev_account(0).address()).await.expect("a balance").to()
}

async fn sent(on: &Endpoints) -> u64 {
    on.chain.nonce(dev_account(0).address()).await.expect("a nonce")
}

#[track_caller]
fn went_well(said: &Said) -> Value {
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.document()
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_says_what_it_does_and_costs() {
    let chain = ChainConfig { l1_price_per_unit: 1_000_000_000, ..ChainConfig::default() };
    let chain = Endpoints::of(chain, 1).await;
    let (url, proxy, desk) = (chain.rpc_url(), &chain.proxies[0], whole());

    // A rehearsal names everything, and leaves nothing behind.
    let told = desk.deploy(url, &["--dry-run"]);
    went_well(&told);
    for part in [
        "link_token: ",
        "link_to_native_feed: ",
        "link_to_usd_feed: ",
        "router: ",
        "coordinator: ",
        "consumer_example: ",
        "the requests of a report share 114000 gas of its overhead, when this is run without --dry-run",
        "route fun-test-1 leads to the Coordinator, when this is run without --dry-run",
        "allow_list: ",
        "the Router asks the allow list, when",
        "oracle configuration of 4 members, f = 1, when",
        "this costs at most",
    ] {
        assert!(told.stderr.contains(part), "{part}: {}", told.stderr);
    }
    assert!(!desk.path("addresses.json").exists());
    assert_eq!(sent(&chain).await, 0);

    // Who cannot pay it all is told so before anything is sent.
    let most = ether_after(&told, "this costs at most");
    let before = wei(&chain).await;
    let owner = dev_account(0).address();
    chain.cheat("anvil_setBalance", json!([owner, format!("{:#x}", most - 1)])).await;
    for options in [&[][..], &["--dry-run"]] {
        let refused = desk.deploy(url, options);
        refused.refused("ether, and this costs at most");
        assert!(refused.stderr.contains("0.000000000000000001 ether on chain 412346"), "{}", refused.stderr);
        let is_said = refused.stderr.contains("stopped before anything was sent");
        assert_eq!(is_said, options.is_empty(), "{}", refused.stderr);
    }
    assert!(sent(&chain).await == 0 && !desk.path("addresses.json").exists());
    chain.cheat("anvil_setBalance", json!([owner, format!("{before:#x}")])).await;

    // An endpoint that refuses the first transaction, and then the fourth: the same command goes on from there.
    let poor = || Answer::Error(-32_000, "insufficient funds for gas * price + value");
    proxy.answer("eth_sendRawTransaction", poor());
    desk.deploy(&proxy.url, &[]).refused("the deployment stopped before anything was sent");
    proxy.heal();
    let fourth = 4 - proxy.asked("eth_sendRawTransaction") % 4;
    proxy.answer("eth_sendRawTransaction", Answer::EveryNth(4, Box::new(poor())));
    let stopped = desk.deploy(&proxy.url, &[]);
    proxy.heal();
    let done = fourth - 1;
    stopped.refused(&format!("the deployment stopped after {done} of 11 steps; what stands is in"));
    assert!(
        stopped.stderr.contains("the same command goes on from there once this is mended"),
        "{stopped:?}"
    );
    assert_eq!(sent(&chain).await, done);
    // What was spent is what was said, and not much less.
    let deployed = went_well(&desk.deploy(url, &[]));
    let spent = before - wei(&chain).await;
    assert!(spent <= most && most < 4 * spent, "{most} wei at most, {spent} wei spent");
    assert_eq!(deployed["configDigest"].as_str().map(str::len), Some(66), "{deployed}");
    let again = desk.deploy(url, &["--dry-run"]);
    went_well(&again);
    assert!(again.stderr.contains("there is nothing to do"), "{}", again.stderr);
    let count = sent(&chain).await;
    assert_eq!(went_well(&desk.deploy(url, &[])), deployed);
    assert_eq!(sent(&chain).await, count, "twice is once");
    let mut left: Vec<_> = fs::read_dir(desk.folder().path())
        .expect("a folder")
        .map(|entry| entry.expect("a file").file_name())
        .collect();
    left.retain(|name| name.to_string_lossy().starts_with("addresses"));
    assert_eq!(left, ["addresses.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn contracts_that_do_not_belong_together_are_refused() {
    let chain = Endpoints::start(1).await;
    let (url, desk) = (chain.rpc_url(), whole());
    let ours = went_well(&desk.deploy(url, &[]));
    desk.write("deploy.toml", &(Desk::config("addresses_file = \"others.json\"\n") + LIST));
    let others = went_well(&desk.deploy(url, &[]));
    let config = Desk::config("") + LIST + DON;
    desk.write("deploy.toml", &config);
    let count = sent(&chain).await;

    let null = Value::Null;
    let (router, coordinator) = (&ours["router"], &ours["coordinator"]);
    let unknown = |what: &str, at: &Value| {
        format!("{what} {}, which the addresses file does not have", at.as_str().expect("an address"))
    };
    let nobody = json!("0x1111111111111111111111111111111111111111");
    for (changes, words) in [
        (&[("router", &null)][..], "without the router it was built with"),
        (&[("link", &null)], "without the link_token it was built with"),
        (&[("linkToNativeFeed", &null)], "without the link_to_native_feed it was built with"),
        (&[("linkToUsdFeed", &null)], "without the link_to_usd_feed it was built with"),
        (&[("link", &others["link"])], "was built with another link_token"),
        (&[("link", &others["link"]), ("router", &others["router"])], "was built with another router"),
        (&[("coordinator", &others["coordinator"])], "was built with another router"),
        (&[("linkToNativeFeed", &others["linkToNativeFeed"])], "was built with another link_to_native_feed"),
        (&[("linkToUsdFeed", &others["linkToUsdFeed"])], "was built with another link_to_usd_feed"),
        (&[("linkToUsdFeed", &ours["linkToNativeFeed"])], "was built with another link_to_usd_feed"),
        (&[("consumer", &others["consumer"])], "was built with another router"),
        (&[("consumer", router)], "is no consumer_example"),
        (&[("router", coordinator)], "is no router"),
        (&[("coordinator", router)], "is no coordinator"),
        (&[("allowList", router)], "is no allow_list"),
        (&[("allowList", &ours["link"])], "is no allow_list"),
        (&[("router", &nobody)], "has no code"),
        (
            &[("coordinator", &null)],
            &unknown("the Router leads DON fun-test-1 to the Coordinator", coordinator),
        ),
        (&[("allowList", &null)], &unknown("the Router asks the allow list", &ours["allowList"])),
        (&[("startBlock", &json!(1_000_000))], "startBlock 1000000 is not there yet: the newest block is"),
    ] {
        let mut file = ours.clone();
        for (key, value) in changes {
            file[key] = (*value).clone();
        }
        desk.write("addresses.json", &file.to_string());
        for options in [&[][..], &["--dry-run"]] {
            let refused = desk.deploy(url, options);
            assert!(
                refused.code == Some(1) && refused.stderr.contains(words),
                "{changes:?}: {}",
                refused.stderr
            );
            assert!(!refused.stderr.contains("goes on from there"), "{}", refused.stderr);
        }
    }

    // A list that still shuts people out is not passed over where none is wanted.
    desk.write("deploy.toml", &(Desk::config("") + DON));
    let mut file = ours.clone();
    file["allowList"] = Value::Null;
    desk.write("addresses.json", &file.to_string());
    desk.deploy(url, &[]).refused(&unknown("the Router asks the allow list", &ours["allowList"]));
    desk.write("deploy.toml", &config);

    // Settings of another's contracts cannot be changed; what needs no change is nobody's business.
    let mut file = ours.clone();
    file["owner"] = json!(dev_account(1).address());
    desk.write("addresses.json", &file.to_string());
    desk.write("owner.key", DEV_KEYS[1]);
    went_well(&desk.deploy(url, &[]));
    for (changed, name) in [
        (config.clone() + "[router]\nmax_consumers_per_subscription = 7\n", "router"),
        (config.clone() + "[coordinator]\ndon_fee_cents_usd = 7\n", "coordinator"),
        (config.replace("0x1111", "0x2222"), "allow_list"),
        (config.replace("fun-test-1", "fun-test-2"), "router"),
    ] {
        desk.write("deploy.toml", &changed);
        let refused = desk.deploy(url, &[]);
        refused.refused(&format!("the {name} 0x"));
        assert!(refused.stderr.contains(&format!("belongs to {}", dev_account(0).address())), "{refused:?}");
    }
    assert_eq!(sent(&chain).await, count, "nothing was sent");
    assert_eq!(chain.chain.nonce(dev_account(1).address()).await.expect("a nonce"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_moved_by_a_file_with_another_coordinator_and_said_from_where() {
    let chain = Endpoints::start(1).await;
    let (url, desk) = (chain.rpc_url(), Desk::new());
    let config = Desk::config("");
    let mut file = went_well(&desk.deploy(url, &[]));
    let first = file["coordinator"].take();
    let (first, router) = (first.as_str().expect("an address"), file["router"].clone());
    desk.write("addresses.json", &file.to_string());
    desk.deploy(url, &[]).refused(&format!("write \"coordinator\": \"{first}\" into the addresses file"));
    // Another DON of the Router has a Coordinator of its own.
    desk.write("deploy.toml", &config.replace("fun-test-1", "fun-test-2"));
    let second = went_well(&desk.deploy(url, &[]));
    assert!(second["coordinator"] != first && second["router"] == router, "{second}");
    desk.write("deploy.toml", &config);
    let moved = format!("route fun-test-1 leads to the Coordinator instead of {first}");
    for options in [&["--dry-run"][..], &[]] {
        let said = desk.deploy(url, options);
        went_well(&said);
        assert!(said.stderr.contains(&moved), "{}", said.stderr);
    }
    let again = desk.deploy(url, &["--dry-run"]);
    went_well(&again);
    assert!(again.stderr.contains("there is nothing to do"), "{}", again.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_run_or_no_file_has_is_neither_taken_nor_waited_for() {
    let chain = Endpoints::start(1).await;
    let (proxy, desk) = (&chain.proxies[0], Desk::new());
    let held = fs::File::create(desk.path("addresses.json.lock")).expect("a file");
    held.try_lock().expect("held");
    // Another configuration with the same addresses file is kept out, too; a rehearsal is not.
    desk.deploy(chain.rpc_url(), &[]).refused("another `functions deploy` that writes");
    went_well(&desk.deploy(chain.rpc_url(), &["--dry-run"]));
    drop(held);
    fs::remove_file(desk.path("addresses.json.lock")).expect("removed");
    for name in ["addresses.json.lock", "addresses.json", "deploy.toml", "owner.key"] {
        let (file, kept) = (desk.path(name), desk.path("kept"));
        let is_there = fs::rename(&file, &kept).is_ok();
        assert!(Command::new("mkfifo").arg(&file).status().expect("mkfifo").success());
        let refused = desk.deploy(chain.rpc_url(), &[]);
        assert!(refused.code == Some(1) && refused.stdout.is_empty(), "{name}: {refused:?}");
        fs::remove_file(&file).expect("removed");
        if is_there {
            fs::rename(&kept, &file).expect("put back");
        }
    }
    // Advice is of what this command can do.
    desk.write("addresses.json", "{");
    let damaged = desk.deploy(chain.rpc_url(), &[]);
    damaged.refused("name another with `addresses_file`");
    assert!(!damaged.stderr.contains("--router"), "{damaged:?}");
    fs::remove_file(desk.path("addresses.json")).expect("removed");
    // An endpoint that fails says nothing about token and feeds.
    let address = "\"0x2222222222222222222222222222222222222222\"";
    let named = Desk::config("").replace("dev_supply_link = 1000", &format!("address = {address}"));
    desk.write("deploy.toml", &named);
    proxy.answer("eth_getCode", Answer::Result(json!("0x00")));
    desk.deploy(&proxy.url, &[]).refused("there is no token");
    proxy.answer("eth_call", Answer::Error(-32_000, "the moon is full"));
    let failed = desk.deploy(&proxy.url, &[]);
    failed.refused("the moon is full");
    assert!(!failed.stderr.contains("no token"), "{failed:?}");
    assert_eq!(sent(&chain).await, 0);
    // What came of a transaction without a receipt is not known, and nothing is said of going on.
    proxy.heal();
    desk.write("deploy.toml", &Desk::config(""));
    proxy.answer("eth_getTransactionReceipt", Answer::Error(-32_000, "the moon is full"));
    let lost = desk.deploy(&proxy.url, &[]);
    lost.refused("Whether link_token stands is not known: look before this is run again");
    assert!(lost.stderr.contains("may be on its way") && !lost.stderr.contains("goes on"), "{lost:?}");
    assert_eq!(sent(&chain).await, 1);
}
