//! Years of a deployment: its programs end, and the chain under them is upgraded. What `functions deploy --renew` and
//! `functions-node check` say about it, word by word.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use alloy_sol_types::SolCall;
use e2e_tests::rpc;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::place::{programs, root};

alloy_sol_types::sol! {
    function becomeChainOwner() external;
    function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
    function setWasmExpiryDays(uint16 numberOfDays) external;
}

/// The development key with all the ether, and its address.
const KEY: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
const OWNER: &str = "0x3f1eae7d46d88f08fc2f8ed27fcb2ab183eb2d0e";
const ARB_OWNER: &str = "0x0000000000000000000000000000000000000070";
const ARB_DEBUG: &str = "0x00000000000000000000000000000000000000ff";
const DAY: u64 = 86_400;

/// A program that ends with its handle.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that ended already is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Chain {
    url: String,
    _process: Running,
}

impl Chain {
    fn start(options: &[&str]) -> Self {
        let mut child = Command::new(programs().join("devchain"))
            .args(["--port", "0", "--log", "error"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the chain starts");
        let mut greeting = String::new();
        let stdout = child.stdout.take().expect("piped");
        let process = Running(child);
        BufReader::new(stdout).read_line(&mut greeting).expect("a greeting");
        let greeting: Value = serde_json::from_str(&greeting).expect("JSON");
        Self { url: greeting["rpcUrl"].as_str().expect("text").to_owned(), _process: process }
    }

    fn rpc(&self, method: &str, params: Value) -> Value {
        rpc(&self.url, method, &params)
    }

    fn block(&self, number: &str) -> Value {
        self.rpc("eth_getBlockByNumber", json!([number, false]))
    }

    fn wait(&self, days: u64) {
        self.rpc("evm_increaseTime", json!([days * DAY]));
        self.rpc("evm_mine", json!([]));
    }

    /// A transaction of the owner's that succeeds.
    fn send(&self, to: &str, call: &impl SolCall) {
        let input: String = call.abi_encode().iter().map(|byte| format!("{byte:02x}")).collect();
        let transaction = json!([{ "from": OWNER, "to": to, "data": format!("0x{input}") }]);
        let hash = self.rpc("eth_sendTransaction", transaction);
        assert_eq!(self.rpc("eth_getTransactionReceipt", json!([hash]))["status"], "0x1");
    }

    /// Upgrades the chain; the block after the one that meets the time has the new rules.
    fn upgrade(&self, version: u64) {
        self.send(ARB_DEBUG, &becomeChainOwnerCall {});
        let timestamp = number(&self.block("latest")["timestamp"]) + DAY;
        self.send(ARB_OWNER, &scheduleArbOSUpgradeCall { newVersion: version, timestamp });
        self.wait(2);
        self.wait(0);
    }
}

fn number(value: &Value) -> u64 {
    u64::from_str_radix(&value.as_str().expect("text")[2..], 16).expect("hexadecimal")
}

/// A deployer's folder, a node's keys in it.
struct Desk(TempDir);

struct Said {
    code: Option<i32>,
    json: Value,
    /// Standard error on one line.
    words: String,
}

impl Said {
    #[track_caller]
    fn refused(&self, parts: &[&str]) {
        assert_eq!((self.code, &self.json), (Some(1), &Value::Null), "{}", self.words);
        for part in parts {
            assert!(self.words.contains(part), "expected {part:?} in: {}", self.words);
        }
    }

    /// The contracts' lines of a renewal that went well: name, how it stood, what was done.
    #[track_caller]
    fn actions(&self) -> Vec<(&str, &str, &str)> {
        assert_eq!(self.code, Some(0), "{}", self.words);
        let lines = self.json.as_array().expect("a list");
        let text = |line: &'_ Value, key| line[key].as_str().expect("text").to_owned().leak() as &str;
        lines.iter().map(|line| (text(line, "contract"), text(line, "found"), text(line, "action"))).collect()
    }
}

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        fs::write(desk.path("owner.key"), KEY).expect("a file");
        fs::write(desk.path("password"), "test").expect("a file");
        fs::write(
            desk.path("deploy.toml"),
            "owner_key_file = \"owner.key\"\ndon_id = \"fun-year-1\"\n[link]\ndev_supply_link = 1000\n\
             [feeds]\ndev_wei_per_link = 6000000000000000\ndev_usd_per_link = 1500000000\n",
        )
        .expect("a file");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn deploy(&self, url: &str, options: &[&str]) -> Said {
        let output = Command::new(programs().join("functions"))
            .args(["deploy", "--rpc-url", url, "--config"])
            .arg(self.path("deploy.toml"))
            .arg("--contracts")
            .arg(root().join("dist/contracts"))
            .args(options)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .expect("the tool runs");
        let stderr = String::from_utf8(output.stderr).expect("text");
        let words = stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        let json = if output.stdout.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("JSON alone: {words}"))
        };
        Said { code: output.status.code(), json, words }
    }

    fn renew(&self, chain: &Chain) -> Said {
        self.deploy(&chain.url, &["--renew"])
    }

    fn node(&self, verb: &str) -> Command {
        let mut command = Command::new(programs().join("functions-node"));
        command.arg(verb).arg("--config").arg(self.path("node.toml")).stdin(Stdio::null());
        command
    }

    /// Gives a node keys and the deployment's addresses.
    fn configure_node(&self, chain: &Chain, addresses: &Value) {
        let config = format!(
            "data_dir = {:?}\n[keys]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n[chain]\nrpc_urls = [{:?}]\n\
             chain_id = 412346\nrouter = {}\ndon_id = \"fun-year-1\"\n[net]\nlisten = \"/ip4/127.0.0.1/tcp/0\"\n\
             [admin]\nlisten = \"127.0.0.1:0\"\n",
            self.0.path(),
            chain.url,
            addresses["router"]
        );
        fs::write(self.path("node.toml"), config).expect("a file");
        assert!(self.node("keygen").output().expect("it runs").status.success());
    }

    /// Verdict, words and remedy of the check's lines about the two programs.
    fn check(&self) -> Vec<(String, String, String)> {
        let output = self.node("check").arg("--json").output().expect("it runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let lines = report["checks"].as_array().expect("a list").iter();
        let text = |line: &Value, key| line[key].as_str().expect("text").to_owned();
        lines
            .filter(|line| text(line, "id").ends_with(".program") && text(line, "id") != "sandbox.program")
            .map(|line| (text(line, "verdict"), text(line, "words"), text(line, "remedy")))
            .collect()
    }

    #[track_caller]
    fn assert_checked(&self, count: usize, verdict: &str, words: &str, remedy: &str) {
        let lines = self.check();
        assert_eq!(lines.len(), count, "{lines:?}");
        for line in &lines {
            assert!(line.0 == verdict && line.1.contains(words) && line.2.contains(remedy), "{lines:?}");
            assert_eq!(line.2.is_empty(), verdict == "ok", "{lines:?}");
        }
    }
}

const ALL: [&str; 6] =
    ["router", "coordinator", "link_token", "link_to_native_feed", "link_to_usd_feed", "consumer_example"];

/// The two feeds have one code: what renews the first renews the second.
fn expected(found: &'static str, action: &'static str) -> Vec<(&'static str, &'static str, &'static str)> {
    ALL.map(|name| if name == "link_to_usd_feed" { (name, "active", "none") } else { (name, found, action) })
        .to_vec()
}

fn nothing() -> Vec<(&'static str, &'static str, &'static str)> {
    ALL.map(|name| (name, "active", "none")).to_vec()
}

#[test]
fn a_deployment_outlives_its_year_and_the_upgrade_of_its_chain() {
    let (desk, chain) = (Desk::new(), Chain::start(&["--arbos-version", "51"]));
    let deployed = desk.deploy(&chain.url, &[]);
    assert_eq!(deployed.code, Some(0), "{}", deployed.words);
    desk.configure_node(&chain, &deployed.json);

    // Given a new deployment, then there is nothing to do.
    desk.assert_checked(2, "ok", "active for 364 days", "");
    let said = desk.renew(&chain);
    assert_eq!(said.actions(), nothing());
    assert!(said.words.contains("active for 364 days; nothing to do"), "{}", said.words);
    assert!(said.json[0].get("dataFeeWei").is_none() && said.json[0]["daysLeft"] == 364, "{}", said.json);

    // When the end of its year comes near, then both tools say so, and it is kept alive.
    chain.wait(280);
    desk.assert_checked(2, "warn", "active for 84 days", "kept alive: `functions deploy --renew`");
    let quoted = desk.deploy(&chain.url, &["--renew", "--dry-run"]);
    assert_eq!(quoted.actions(), ALL.map(|name| (name, "active", "keptAlive")));
    let fee = quoted.json[0]["dataFeeWei"].as_str().expect("text").to_owned();
    assert!(quoted.words.contains(&format!("keepalive costs {fee} wei and its gas")), "{}", quoted.words);
    assert!(quoted.json[0].get("transaction").is_none() && quoted.json[0]["daysLeft"] == 84);
    let said = desk.renew(&chain);
    assert_eq!(said.actions(), expected("active", "keptAlive"));
    assert!(said.words.contains("active for 84 days; kept alive, runs for 36"), "{}", said.words);
    let router = &said.json[0];
    assert!(
        router["gasUsed"].as_u64() > Some(21_000) && router["daysLeft"].as_u64() >= Some(364),
        "{router}"
    );
    assert_eq!(router["transaction"].as_str().map(str::len), Some(66));
    assert!(router["dataFeeWei"].as_str().expect("text").parse::<u128>().expect("a number") > 0);
    assert_eq!(desk.renew(&chain).actions(), nothing(), "twice is once");
    desk.assert_checked(2, "ok", "active for 36", "");

    // When an upgrade of the chain ends it, then the check fails, a node waits and says for what, and it is activated
    // again.
    chain.upgrade(60);
    let words = "activated for Stylus version 2, while the chain runs version 3";
    desk.assert_checked(1, "fail", words, "activated again: `functions deploy --renew`");
    let mut node = desk.node("run").stderr(Stdio::piped()).spawn().expect("it starts");
    let log = BufReader::new(node.stderr.take().expect("piped"));
    let node = Running(node);
    let waits = log.lines().map_while(Result::ok).find(|line| line.contains("deploy --renew"));
    assert!(waits.is_some_and(|line| line.contains("waiting") && line.contains(words)));
    drop(node);
    let quoted = desk.deploy(&chain.url, &["--renew", "--dry-run"]);
    assert!(quoted.words.contains(words) && quoted.words.contains("activation costs"), "{}", quoted.words);
    let said = desk.renew(&chain);
    assert_eq!(said.actions(), expected("outdated", "activated"));
    assert!(
        said.words.contains(&format!("{words}; activated again, runs for 364 days; paid")),
        "{}",
        said.words
    );
    assert_eq!(desk.renew(&chain).actions(), nothing());
    desk.assert_checked(2, "ok", "active for 364 days", "");

    // When nobody came in its year, then it is activated again.
    chain.wait(366);
    desk.assert_checked(1, "fail", "expired, 366 days after its activation", "`functions deploy --renew`");
    assert_eq!(desk.renew(&chain).actions(), expected("expired", "activated"));
    desk.assert_checked(2, "ok", "active for 364 days", "");

    // On a chain that gives programs less than 90 days, they are extended as soon as the chain lets them.
    chain.send(ARB_OWNER, &setWasmExpiryDaysCall { numberOfDays: 60 });
    let said = desk.renew(&chain);
    assert_eq!(said.actions(), nothing());
    assert!(said.words.contains("the chain does not extend it yet"), "{}", said.words);
    chain.wait(32);
    assert_eq!(desk.renew(&chain).actions(), expected("active", "keptAlive"));
}

/// Gas of all transactions of a chain.
fn gas_of(chain: &Chain) -> u64 {
    let last = number(&chain.rpc("eth_blockNumber", json!([])));
    (0..=last).map(|block| number(&chain.block(&format!("{block:#x}"))["gasUsed"])).sum()
}

/// The number that a text has between two others.
fn figure(text: &str, before: &str, after: &str) -> u64 {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    let digits = rest.split(after).next().expect("a first part");
    digits.parse().unwrap_or_else(|_| panic!("no figure between {before:?} and {after:?} in {text}"))
}

#[test]
fn a_deployment_costs_what_the_guide_says() {
    let (desk, chain) = (Desk::new(), Chain::start(&[]));
    let deployed = desk.deploy(&chain.url, &[]);
    assert_eq!(deployed.code, Some(0), "{}", deployed.words);
    let gas = gas_of(&chain);
    eprintln!("{gas} gas: {}", deployed.words);
    // A public chain has LINK and feeds already.
    let development = deployed.words.split(" at 0x").zip(deployed.words.split(" at 0x").skip(1));
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

#[test]
fn renewal_names_what_is_missing_and_what_to_do() {
    let (desk, chain) = (Desk::new(), Chain::start(&[]));
    let no_file = desk.renew(&chain);
    no_file.refused(&["addresses.json", "`addresses_file`"]);
    let deployed = desk.deploy(&chain.url, &[]);
    assert_eq!(deployed.code, Some(0), "{}", deployed.words);

    let other = Chain::start(&["--chain-id", "7"]);
    let refused = desk.renew(&other);
    refused.refused(&["addresses.json", "belongs to chain 412346", "the endpoint to chain 7", "--rpc-url"]);
    desk.deploy("http://127.0.0.1:1", &["--renew"]).refused(&["127.0.0.1:1"]);

    // A chain of the same id without the contracts is no reason to say that all is well.
    let empty = Chain::start(&[]);
    desk.renew(&empty).refused(&["router at", "has no code on chain 412346", "addresses file"]);

    fs::write(desk.path("owner.key"), "11".repeat(32)).expect("a file");
    desk.renew(&chain).refused(&["has no ether on chain 412346", "send it some"]);
    fs::remove_file(desk.path("owner.key")).expect("removed");
    desk.renew(&chain).refused(&["owner.key", "64 hexadecimal digits"]);
}
