//! The published toolkit, as it is, against the gateway. `./scripts/test` installs it; without it these tests skip
//! themselves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use alloy_primitives::{Address, keccak256};
use axum::{Router, routing::post};
use common::{Account, DON, NOW_MS, Network, Purse};
use functions_tdh2::{Ciphertext, Label, MAX_HOSTED_BYTES, PublicKey};
use functions_types::Juels;
use oracle_gateway::{Allowed, Cors, Counters, Gateway, Message, PATIENCE, Rate, Roster, Rules, serve};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime};

const ROUTER: &str = "0x0000000000000000000000000000000000000001";
const COORDINATOR: &str = "0000000000000000000000000000000000000002";
const OWNER: &str = "0xb6ea619142ff1a25af434cebe5c024172d4b8e246fd078a52aa215d897da3bd4";
const HOUR_MS: u64 = 3_600_000;

/// Where `./scripts/test` puts the toolkit.
fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("toolkit");
    if folder.join("installed").exists() {
        return Some(folder);
    }
    let said = "skipped: the published toolkit is not there; ./scripts/test installs it\n";
    std::io::stderr().write_all(said.as_bytes()).unwrap();
    None
}

fn fixture(text: &str, path: &[&str]) -> Value {
    let file: Value = serde_json::from_str(text).unwrap();
    path.iter().fold(file, |value, name| value[name].clone())
}

fn threshold_key() -> Value {
    fixture(include_str!("../../../crates/tdh2/tests/fixtures/tdh2-p256-2of4.json"), &["keys", "public_key"])
}

/// What a Router and a Coordinator say to `eth_call`.
fn view(data: &str) -> String {
    let is = |function: &str| data.starts_with(&format!("0x{}", hex::encode(&keccak256(function)[..4])));
    let bytes = |bytes: &[u8]| {
        let padded = [bytes, &vec![0; bytes.len().wrapping_neg() % 32]].concat();
        format!("0x{:064x}{:064x}{}", 32, bytes.len(), hex::encode(padded))
    };
    if is("getContractById(bytes32)") {
        format!("0x{}{COORDINATOR}", "0".repeat(24))
    } else if is("getThresholdPublicKey()") {
        bytes(threshold_key().to_string().as_bytes())
    } else {
        assert!(is("getDONPublicKey()"), "{data}");
        let text = include_str!("../../../crates/tdh2/tests/fixtures/ecies-don-key.json");
        let key = fixture(text, &["coordinator_getDONPublicKey_hex"]);
        bytes(&hex::decode(&key.as_str().unwrap()[2..]).unwrap())
    }
}

/// As much of a chain as the toolkit asks for secrets.
async fn chain(body: String) -> String {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let result = match asked["method"].as_str().unwrap() {
        "eth_chainId" | "net_version" => "0x66eee".to_owned(),
        "eth_call" => view(asked["params"][0]["data"].as_str().unwrap()),
        other => panic!("the toolkit asks for {other}"),
    };
    json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result }).to_string()
}

/// The toolkit in its process, and servers for it to talk to.
struct Toolkit {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    runtime: Runtime,
}

impl Drop for Toolkit {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Toolkit {
    fn start(folder: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async { axum::serve(listener, Router::new().route("/", post(chain))).await });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/toolkit/drive.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .arg(folder)
            .args([&url, ROUTER, DON, OWNER])
            // A library of the toolkit's has its own JavaScript, besides C that would have to be compiled.
            .env("NODE_BACKEND", "js")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut toolkit = Self { process, input, output: BufReader::new(output), runtime };
        toolkit.tell(&json!({ "do": "time", "ms": NOW_MS }));
        toolkit
    }

    /// What the toolkit makes of something.
    fn ask(&mut self, asked: &Value) -> Result<Value, String> {
        writeln!(self.input, "{asked}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).expect("the driver answers");
        said["error"].as_str().map_or_else(|| Ok(said["ok"].clone()), |error| Err(error.to_owned()))
    }

    fn tell(&mut self, asked: &Value) -> Value {
        self.ask(asked).unwrap_or_else(|error| panic!("{asked}: {error}"))
    }

    /// Serves a gateway to members; where.
    fn serve(&self, network: &Network, rules: Rules) -> String {
        let listener = self.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gateway = Gateway::new(network.clone(), rules, PATIENCE, Counters::default());
        let stop = std::future::pending();
        self.runtime.spawn(serve(listener, gateway, Cors::Nobody, stop));
        url
    }

    fn encrypt(&mut self) -> String {
        let sealed = self.tell(&json!({ "do": "encrypt", "secrets": { "apiKey": "k-123" } }));
        sealed["encryptedSecrets"].as_str().unwrap().to_owned()
    }

    fn upload(&mut self, urls: &[&str], slot: u64, minutes: u64, sealed: &str) -> Result<Value, String> {
        let upload = json!({
            "encryptedSecretsHexstring": sealed, "gatewayUrls": urls, "slotId": slot,
            "minutesUntilExpiration": minutes,
        });
        self.ask(&json!({ "do": "upload", "upload": upload }))
    }

    /// What each member that answered says, and what the toolkit finds wrong with it.
    fn list(&mut self, urls: &[&str]) -> Result<(Value, Value), String> {
        let said = self.ask(&json!({ "do": "list", "urls": urls }))?;
        Ok((said["result"]["nodeResponses"].clone(), said["error"].clone()))
    }
}

fn row(slot: u64, later_s: u64, minutes: u64) -> Value {
    let (version, now_ms) = (NOW_MS / 1_000 + later_s, NOW_MS + later_s * 1_000);
    json!({ "slot_id": slot, "version": version, "expiration": now_ms + minutes * 60_000 })
}

fn rows(rows: &[Value]) -> Value {
    json!([{ "success": true, "rows": rows }, { "success": true, "rows": rows }])
}

#[test]
fn the_toolkit_uploads_lists_and_overwrites() {
    let Some(folder) = installed() else { return };
    let mut toolkit = Toolkit::start(&folder);
    let network = Network::new();
    let url = toolkit.serve(&network, Rules::default());
    let (root, user) = (&*format!("{url}/"), &*format!("{url}/user"));
    assert_eq!(toolkit.list(&[root]), Ok((rows(&[]), Value::Null)));
    let sealed = toolkit.encrypt();
    let version = NOW_MS / 1_000;
    let stored = Ok(json!({ "version": version, "success": true }));
    assert_eq!(toolkit.upload(&[root], 3, 60, &sealed), stored);
    assert_eq!(toolkit.upload(&[user], 0, 5, &sealed), stored);
    assert_eq!(toolkit.list(&[user]), Ok((rows(&[row(0, 0, 5), row(3, 0, 60)]), Value::Null)));
    // What members have is what was encrypted, and it is for them.
    let owner = Account::of_vectors();
    let threshold = Arc::new(PublicKey::decode(threshold_key().to_string().as_bytes()).unwrap());
    for member in &network.members {
        let payload = member.store().rows.lock().unwrap()[&(owner.address(), 3)].payload.clone();
        assert_eq!(format!("0x{}", hex::encode(&payload)), sealed);
        let ciphertext = Ciphertext::decode(&payload, MAX_HOSTED_BYTES).unwrap();
        assert!(ciphertext.verify(&threshold, &[Label::UNBOUND]).is_ok());
    }
    // The same second is the same version: refused. The next one overwrites.
    assert!(toolkit.upload(&[root], 3, 60, &sealed).unwrap_err().contains("version too low"));
    toolkit.tell(&json!({ "do": "time", "ms": NOW_MS + 1_000 }));
    let overwritten = Ok(json!({ "version": version + 1, "success": true }));
    assert_eq!(toolkit.upload(&[root], 3, 70, &sealed), overwritten);
    assert_eq!(toolkit.list(&[root]), Ok((rows(&[row(0, 0, 5), row(3, 1, 70)]), Value::Null)));
    // Others have nothing there.
    let other = format!("0x{}", "07".repeat(32));
    toolkit.tell(&json!({ "do": "as", "key": other }));
    assert_eq!(toolkit.list(&[root]), Ok((rows(&[]), Value::Null)));
}

#[test]
fn the_toolkits_user_is_told_why_it_is_refused() {
    let Some(folder) = installed() else { return };
    let mut toolkit = Toolkit::start(&folder);
    let sealed = &*toolkit.encrypt();
    let network = Network::new();
    let refused = |said: Result<Value, String>, words: &str| {
        let error = said.expect_err(words);
        assert!(error.contains(&format!("\"{words}\"")), "{error}");
        assert!(error.contains("Failed to send request to any of the DON gateway URLs"), "{error}");
    };
    let url = &*toolkit.serve(&network, Rules::default());
    // By members.
    refused(toolkit.upload(&[url], 5, 60, sealed), "slot id is too big");
    refused(toolkit.upload(&[url], 0, 72 * 60 + 1, sealed), "expiration too long");
    let long = format!("0x{}", "00".repeat(20_001));
    refused(toolkit.upload(&[url], 0, 60, &long), "payload is too big");
    toolkit.tell(&json!({ "do": "time", "ms": NOW_MS - HOUR_MS }));
    refused(toolkit.upload(&[url], 0, 5, sealed), "past expiration");
    toolkit.tell(&json!({ "do": "time", "ms": NOW_MS }));
    // By the gateway.
    let list = |url: &str| json!({ "do": "list", "urls": [url] });
    let nobody = Rules { allowed: Allowed::Only(BTreeSet::from([Address::ZERO])), ..Rules::default() };
    let unlisted = &*toolkit.serve(&network, nobody);
    refused(toolkit.ask(&list(unlisted)), "sender not allowlisted");
    let once = Rate { burst: 1, each: Duration::from_secs(1_000_000) };
    let rarely = &*toolkit.serve(&network, Rules { sender: once, ..Rules::default() });
    toolkit.tell(&list(rarely));
    refused(toolkit.ask(&list(rarely)), "rate-limited");
    let poor = Network { purse: Purse(Ok(Juels::ZERO)), ..network.clone() };
    let rich_only = Rules { min_balance: Juels::new(1).unwrap(), ..Rules::default() };
    let poor = &*toolkit.serve(&poor, rich_only);
    refused(toolkit.upload(&[poor], 0, 5, sealed), "sender has insufficient balance: 0 juels");
    toolkit.tell(&list(poor));
    let elsewhere =
        Roster { don_id: "fun-other-1".to_owned(), ..(**network.roster.as_ref().unwrap()).clone() };
    let elsewhere = Network { roster: Some(Arc::new(elsewhere)), ..network.clone() };
    let elsewhere = &*toolkit.serve(&elsewhere, Rules::default());
    refused(toolkit.ask(&list(elsewhere)), "unknown DON id");
    let mute = &*toolkit.serve(&network.clone().on_back(|_, _| vec![]), Rules::default());
    refused(
        toolkit.ask(&list(mute)),
        "the members did not answer in time: ask again, or ask another gateway",
    );
    // None of this stored anything. The toolkit goes on to the next gateway by itself, with the same version.
    assert!(network.stored(0, &Account::of_vectors()).is_empty());
    let dead = "http://127.0.0.1:1";
    assert!(toolkit.upload(&[dead, unlisted, poor, elsewhere, url], 0, 5, sealed).is_ok());
    assert_eq!(network.stored(1, &Account::of_vectors()).len(), 1);
}

#[test]
fn the_toolkit_sees_through_members_that_are_down_refuse_or_lie() {
    let Some(folder) = installed() else { return };
    let mut toolkit = Toolkit::start(&folder);
    let sealed = toolkit.encrypt();
    let network = Network::new();
    // One member is down.
    let down =
        network.clone().on_back(|place, answer| if place == 0 { vec![] } else { vec![(place, answer)] });
    let down = &*toolkit.serve(&down, Rules::default());
    let stored = Ok(json!({ "version": NOW_MS / 1_000, "success": true }));
    assert_eq!(toolkit.upload(&[down], 1, 60, &sealed), stored);
    assert_eq!(toolkit.list(&[down]), Ok((rows(&[row(1, 0, 60)]), Value::Null)));
    // One has the version already: the toolkit tells that it refused.
    let owner = Account::of_vectors();
    let newest = common::set(&owner, "1", 1, u64::MAX);
    toolkit.runtime.block_on(network.members[0].answer(1, &newest, Duration::ZERO)).unwrap();
    let url = &*toolkit.serve(&network, Rules::default());
    toolkit.tell(&json!({ "do": "time", "ms": NOW_MS + 1_000 }));
    let partly = Ok(json!({ "version": NOW_MS / 1_000 + 1, "success": false }));
    assert_eq!(toolkit.upload(&[url], 1, 60, &sealed), partly);
    // One lies about rows: the toolkit tells that members differ.
    let key = network.keys[1].clone();
    let lying = network.clone().on_back(move |place, answer| {
        let honest = Message::decode(&answer, 100_000).unwrap();
        let names = [&*honest.id, &*honest.method, DON, &*honest.receiver];
        let lie = common::envelope(&key, names, Some(r#"{"success":true,"rows":[]}"#));
        match place {
            0 => vec![],
            1 => vec![(1, lie)],
            _ => vec![(place, answer)],
        }
    });
    let lying = &*toolkit.serve(&lying, Rules::default());
    let (said, error) = toolkit.list(&[lying]).unwrap();
    assert_eq!(said, json!([{ "success": true, "rows": [] }, { "success": true, "rows": [row(1, 1, 60)] }]));
    assert!(error.as_str().unwrap().contains("different number of secrets entries"), "{error}");
}
