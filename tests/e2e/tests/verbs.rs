//! What a subscription owner types all day, against a running network: `functions sub` and `functions request`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use e2e_tests::{Kept, keep, keep_with, programs, word};
use serde_json::{Value, json};

/// Development keys: the first owns contracts and subscription of the demo, the second has ether and no LINK.
const OWNER_KEY: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
const OTHER_KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// A user in front of a network.
struct User<'a> {
    network: &'a Kept,
    folder: tempfile::TempDir,
    key: PathBuf,
}

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Said {
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        serde_json::from_str(&self.stdout).expect("one JSON object")
    }

    fn refused(&self, words: &[&str]) {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        let flat = self.stderr.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(flat.contains(word), "expected {word:?} in: {flat}");
        }
    }
}

impl<'a> User<'a> {
    fn new(network: &'a Kept, key: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("key");
        std::fs::write(&file, format!("0x{key}\n")).expect("writable");
        Self { network, folder, key: file }
    }

    fn text(&self, field: &str) -> String {
        let value = self.network.json.get(field).or_else(|| self.network.json["network"].get(field));
        match value.expect(field) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// Runs `functions`; endpoint, contracts and key come from the environment.
    fn types(&self, args: &[&str]) -> Said {
        let output = Command::new(programs().join("functions"))
            .args(args)
            .env("FUNCTIONS_RPC_URL", self.text("rpcUrl"))
            .env("FUNCTIONS_ROUTER", self.text("router"))
            .env("FUNCTIONS_LINK", self.text("link"))
            .env("FUNCTIONS_KEY_FILE", &self.key)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .expect("the program runs");
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    fn script(&self, source: &str) -> String {
        let file = self.folder.path().join("script.js");
        std::fs::write(&file, source).expect("writable");
        file.to_str().expect("a plain name").to_owned()
    }

    fn rpc(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let output = Command::new("curl")
            .args(["-sS", "--noproxy", "*", "-H", "content-type: application/json", "-d", &body])
            .arg(self.text("rpcUrl"))
            .output()
            .expect("curl runs");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }
}

#[test]
fn a_subscription_lives_from_create_to_cancel() {
    let network = keep();
    let owner = User::new(&network, OWNER_KEY);
    let other = User::new(&network, OTHER_KEY);
    let (consumer, don) = (owner.text("consumer"), owner.text("donId"));

    let made = owner.types(&["sub", "create", "--consumer", &consumer, "--fund", "0.75", "--json"]).json();
    let id = made["subscriptionId"].to_string();
    assert_eq!(made["balanceJuels"], "750000000000000000");
    let filled = owner.types(&["sub", "fund", &id, "250000000000000000juels", "--json"]).json();
    assert_eq!(filled["balanceJuels"], "1000000000000000000");

    let script = owner.script("return Functions.encodeUint256(BigInt(args[0]) ** 2n);");
    let send = |user: &User, more: &[&str]| {
        let common = ["request", "send", "--consumer", &consumer, "--don-id", &don, "--source", &script];
        user.types(&[&common, more].concat())
    };
    let args = ["--subscription", &id, "--args", r#"["111"]"#, "--returns", "uint256", "--json"];
    let answered = send(&owner, &args).json();
    assert_eq!(answered["state"], "fulfilled");
    assert_eq!(answered["result"], word(12_321));
    assert_eq!(answered["decoded"], "12321");
    let request = answered["requestId"].as_str().expect("an id");
    let again = owner.types(&["request", "status", request, "--returns", "uint256", "--json"]).json();
    assert_eq!(again, answered);
    assert!(owner.types(&["request", "status", request]).stdout.contains("charged"));

    let failed = send(&owner, &["--subscription", &id, "--args", r#"["x"]"#, "--json"]);
    assert_eq!(failed.code, Some(3), "{}", failed.stderr);
    let failed: Value = serde_json::from_str(&failed.stdout).expect("one JSON object");
    assert!(failed["error"].as_str().expect("an error").contains("BigInt"), "{failed}");
    assert_eq!(failed["result"], Value::Null);

    let info = owner.types(&["sub", "info", &id, "--json"]).json();
    let charged = |of: &Value| of["chargedJuels"].as_str().expect("juels").parse::<u128>().expect("a number");
    let left = 1_000_000_000_000_000_000 - charged(&answered) - charged(&failed);
    assert_eq!(info["balanceJuels"], left.to_string());
    assert_eq!(info["blockedJuels"], "0");
    assert_eq!(info["maxCallbackGas"], 300_000);
    assert_eq!(info["consumers"][0]["completedRequests"], 2);
    assert_eq!(info["openRequests"], json!([]));

    // What goes wrong says what to do.
    let poor = owner.types(&["sub", "create", "--consumer", &consumer, "--json"]).json();
    let poor = poor["subscriptionId"].to_string();
    send(&owner, &["--subscription", &poor]).refused(&["has 0 LINK available", "functions sub fund"]);
    other.types(&["sub", "add", &id, &consumer]).refused(&["MustBeSubscriptionOwner", "only the owner"]);
    other.types(&["sub", "fund", &id, "1"]).refused(&["transfer"]);
    other.types(&["sub", "info", "424242"]).refused(&["InvalidSubscription", "no such subscription"]);
    let stranger = "0x00000000000000000000000000000000000000aa";
    owner.types(&["sub", "remove", &id, stranger]).refused(&["InvalidConsumer"]);
    let unknown = format!("0x{}", "7".repeat(64));
    owner.types(&["request", "status", &unknown]).refused(&["started no request", "--from-block"]);
    let nothing_there = ["sub", "info", &id, "--router", stranger];
    owner.types(&nothing_there).refused(&["there is no contract at", "--rpc-url"]);

    assert_eq!(owner.types(&["sub", "remove", &id, &consumer, "--json"]).json()["consumer"], consumer);
    send(&owner, &["--subscription", &id]).refused(&["is no consumer of subscription", "functions sub add"]);
    owner.types(&["sub", "add", &id, &consumer]);
    let closed = owner.types(&["sub", "cancel", &id, "--json"]).json();
    let amount = |field: &str| closed[field].as_str().expect("juels").parse::<u128>().expect("a number");
    assert_eq!(amount("paidJuels") + amount("depositKeptJuels"), left);
    other.types(&["sub", "info", &id]).refused(&["InvalidSubscription"]);
    network.end();
}

#[test]
fn any_function_of_a_consumer_can_be_called_and_an_overdue_request_released() {
    let network = keep_with(&["--kill", "2"]);
    let owner = User::new(&network, OWNER_KEY);
    let (consumer, id) = (owner.text("consumer"), owner.text("subscriptionId"));
    let bytes =
        format!("0x{:0<64}", owner.text("donId").bytes().map(|b| format!("{b:02x}")).collect::<String>());
    let signature = "sendRequest(string,bytes,uint8,uint64,string[],bytes[],uint64,uint32,bytes32)";
    let sent = owner.types(&[
        "request",
        "send",
        "--consumer",
        &consumer,
        "--no-wait",
        "--json",
        "--call",
        signature,
        "--with",
        "return Functions.encodeString(args[0])",
        "--with",
        "0x",
        "--with",
        "0",
        "--with",
        "0",
        "--with",
        "[\"hello\"]",
        "--with",
        "[]",
        "--with",
        &id,
        "--with",
        "100000",
        "--with",
        &bytes,
    ]);
    let sent = sent.json();
    assert_eq!(sent["state"], "open");
    assert_eq!(sent["callbackGasLimit"], 100_000);
    let request = sent["requestId"].as_str().expect("an id");

    let early = owner.types(&["sub", "timeout", &id, request]);
    early.refused(&["can be timed out in"]);
    let nothing = owner.types(&["sub", "timeout", &id, "--json"]).json();
    assert_eq!(nothing["timedOut"], json!([]));
    assert_eq!(nothing["notOverdue"], 1);

    owner.rpc("evm_increaseTime", json!([301]));
    owner.rpc("evm_mine", json!([]));
    assert_eq!(owner.types(&["request", "status", request, "--json"]).json()["state"], "overdue");
    assert!(owner.types(&["sub", "info", &id]).stdout.contains("overdue; release it with"));
    let released = owner.types(&["sub", "timeout", &id, "--json"]).json();
    assert_eq!(released["timedOut"], json!([request]));
    assert_eq!(released["releasedJuels"], sent["reservedJuels"]);
    assert_eq!(owner.types(&["request", "status", request, "--json"]).json()["state"], "timedOut");
    owner.types(&["sub", "timeout", &id, request]).refused(&["is no open request"]);
    network.end();
}
