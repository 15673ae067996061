//! Whatever goes wrong, the tool says what happened and what to do, also to programs.

mod common;

use common::{Folder, functions, functions_with};
use serde_json::Value;
use test_support::{ALL, Answer, Endpoints};

const KEY: &str = "0x4242424242424242424242424242424242424242424242424242424242424242";
const SOMEBODY: &str = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

/// Runs a verb with `--json` and gives message and remedy of its failure.
async fn told(line: &[&str]) -> (String, String) {
    let (code, message, help) = ended(line).await;
    assert_ne!(code, 0, "{line:?}: {message}");
    (message, help)
}

/// The same, with its exit code.
async fn ended(line: &[&str]) -> (i32, String, String) {
    let said = functions(&[line, &["--json"]].concat()).await;
    let object: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| {
        panic!("{line:?}: standard output is no JSON object ({error}): {said:?}");
    });
    let word = |name: &str| object["error"][name].as_str().unwrap_or_default().to_owned();
    let (message, help) = (word("message"), word("help"));
    assert!(!message.is_empty() && !help.is_empty(), "{line:?}: {object}");
    assert!(!message.contains('\n') && !message.contains("^"), "{line:?}: {message}");
    assert!(!said.stderr.contains("panicked"), "{line:?}: {said:?}");
    (said.code.unwrap_or_default(), message, help)
}

#[tokio::test]
async fn every_wrong_input_is_told_with_its_remedy() {
    let folder = Folder::new();
    let key = folder.file("owner.key", KEY);
    let whole =
        folder.file("whole.json", r#"{"chainId":7,"owner":"0x0000000000000000000000000000000000000001"}"#);
    let bad_don = folder.file("don.json", r#"{"chainId":412346,"donId":7}"#);
    let addresses = [
        folder.file("cut.json", r#"{"chainId": 4123"#),
        folder.file("empty.json", ""),
        folder.file("list.json", "[]"),
        folder.file("bytes.json", [0xff, 0xfe, 0]),
        folder.file("other.json", r#"{"chainId": 1, "contracts": {}}"#),
        folder.hole("large.json", 1 << 20),
        folder.path("absent.json").display().to_string(),
        folder.path("").display().to_string(),
        bad_don,
        whole,
    ];
    for file in &addresses {
        for verb in [&["sub", "info", "1"][..], &["don", "pay-out", "--key-file", &key]] {
            told(&[verb, &["--addresses", file]].concat()).await;
        }
    }
    let keys = [
        folder.file("empty.key", ""),
        folder.file("short.key", &KEY[..40]),
        folder.file("letters.key", "z".repeat(64)),
        folder.file("zero.key", "0".repeat(64)),
        folder.file("bytes.key", [0xff; 32]),
        folder.file("two.key", format!("{KEY}\n{KEY}\n")),
        folder.hole("large.key", 1 << 20),
        folder.path("absent.key").display().to_string(),
        folder.path("").display().to_string(),
    ];
    for file in &keys {
        told(&["sub", "create", "--router", SOMEBODY, "--key-file", file]).await;
    }
    let zero = "0x0000000000000000000000000000000000000000";
    let long = "x".repeat(40);
    let script = folder.file("one.js", "return Functions.encodeUint256(1)");
    let send = ["request", "send", "--router", SOMEBODY, "--key-file", &key, "--consumer", SOMEBODY];
    let at = ["--router", SOMEBODY, "--key-file", &key];
    for line in [
        &[&["sub", "cancel", "1", "--to", "0x0"], &at[..]].concat()[..],
        &[&["sub", "cancel", "1", "--to", zero], &at[..]].concat(),
        &[&["sub", "add", "1", zero], &at[..]].concat(),
        &[&["sub", "create", "--consumer", zero], &at[..]].concat(),
        &[&["sub", "fund", "1", "1e3"], &at[..]].concat(),
        &[&["don", "withdraw", "--don-id", &long], &at[..]].concat(),
        &[&send[..], &["--call", "nofn(..)"]].concat(),
        &[&send[..], &["--call", "f(uint8)", "--with", "300"]].concat(),
        &[&send[..], &["--call", "f(uint8)"]].concat(),
        &[&send[..], &["--call", "f(address)", "--with", &SOMEBODY.to_lowercase().replace("fb", "FB")]]
            .concat(),
        &[&send[..], &["--don-id", &long, "--subscription", "1", "--source", "-"]].concat(),
        // What would have no effect is refused, not paid for.
        &[&send[..], &["--subscription", "1", "--source", "-", "--with", "1"]].concat(),
        &[&send[..], &["--call", "f()", "--args", "[]"]].concat(),
        &[&send[..], &["--call", "f()", "--bytes-args", "[]"]].concat(),
        &[&send[..], &["--call", "f()", "--no-wait", "--returns", "string"]].concat(),
        &send,
        &["sub", "info", "1"],
        &["sub", "info", "x"],
        &[&["sub", "add", "1", &SOMEBODY[2..]], &at[..]].concat(),
        &[&["sub", "add", "1", "vitalik.eth"], &at[..]].concat(),
        &[&["sub", "fund", "1", "5."], &at[..]].concat(),
        &["request", "status", &"7".repeat(64), "--router", SOMEBODY],
        &["demo", "--allow-http", "x"],
        &["demo", "--allow-http", "http://127.0.0.1:80"],
        &["simulate", "--source", "-", "--allow-http", "127.0.0.1:99999"],
        &["sub", "inof", "1"],
        &["sub", "info", "1", "--router", SOMEBODY, "--rpc-url", "ftp://host"],
        &["sub", "info", "1", "--router", SOMEBODY, "--rpc-url", "nonsense"],
        &["request", "status", "0x12"],
        &["demo", "--kill", "5", "--nodes", "4"],
        &["demo", "--gas-limit", "4294967295"],
        &["abi", "nothing"],
        &["simulate", "--source", &script, "--args", "7"],
        &["simulate", "--source", &script, "--bytes-args", "[\"0x1\"]"],
        &["simulate", "--source", &script, "--secrets", "{}"],
        &["simulate", "--source", &script, "--record", "-"],
    ] {
        let (code, message, _) = ended(line).await;
        assert_eq!(code, 2, "{line:?}: {message}");
    }
    for line in [
        &["simulate", "--source", "/nonexistent.js"][..],
        &["simulate", "--source", "/dev/null"],
        &["replay", "/nonexistent.json"],
        &["replay", &key],
        &["demo", "--contracts", "/nonexistent"],
    ] {
        let (code, message, _) = ended(line).await;
        assert_eq!(code, 1, "{line:?}: {message}");
    }
}

#[tokio::test]
async fn every_refusal_of_an_endpoint_is_told_with_its_remedy() {
    let world = Endpoints::start(1).await;
    let proxy = &world.proxies[0];
    let line = ["sub", "info", "1", "--router", SOMEBODY, "--rpc-url", &proxy.url];
    let (message, help) = told(&line).await;
    assert!(message.contains("no contract at") && help.contains("--rpc-url"), "{message}: {help}");
    let (message, help) = told(&[&line[..], &["--from-block", "9999"]].concat()).await;
    assert!(message.contains("9999 is not there yet") && help.contains("earlier"), "{message}: {help}");

    let mut seen = std::collections::BTreeSet::new();
    for status in [401, 403, 404, 429, 500, 503] {
        proxy.answer(ALL, Answer::Status(status, "no", None));
        let (message, help) = told(&line).await;
        assert!(message.contains(&status.to_string()) && help.contains("--rpc-url"), "{message}: {help}");
        assert!(seen.insert(help), "{status} has the remedy of another: {seen:?}");
    }
    let admin = r#"{"error":"a request has no body here","remedy":"send none"}"#;
    for (answer, what, how) in [
        (
            Answer::Page("<!doctype html><title>My router</title>"),
            "a web page, \"My router\"",
            "for browsers",
        ),
        (
            Answer::Status(501, "<html><title>Error response</title></html>", None),
            "a web page, \"Error response\"",
            "JSON-RPC endpoint",
        ),
        (Answer::Page(admin), "the admin port of a functions-node", "the chain's own JSON-RPC endpoint"),
        (
            Answer::Status(413, admin, None),
            "the admin port of a functions-node",
            "the chain's own JSON-RPC endpoint",
        ),
    ] {
        proxy.answer(ALL, answer);
        let (message, help) = told(&line).await;
        assert!(message.contains(what) && help.contains(how), "{message}: {help}");
    }
    for answer in [
        Answer::Page("<html>welcome</html>"),
        Answer::Page(""),
        Answer::Page(r#"{"jsonrpc":"2.0","id":123456789,"result":"0x64aba"}"#),
        Answer::Result(Value::Null),
        Answer::Error(-32_601, "the method eth_chainId does not exist"),
        Answer::Error(17, "the moon is full"),
        Answer::Cut,
    ] {
        proxy.answer(ALL, answer);
        told(&line).await;
    }
    let nobody = ["sub", "info", "1", "--router", SOMEBODY, "--rpc-url", "http://127.0.0.1:1"];
    let (_, help) = told(&nobody).await;
    assert!(help.contains("nothing listens there"), "{help}");
}

/// A script that every verb refuses before anything is sent or started, and the words of the refusal.
const REFUSED: [(&str, &str, &str); 4] = [
    ("// @aggregation mean\nreturn 1", "[]", "unknown aggregation \"mean\""),
    ("return Functions.encodeUint256(1)", "LONG", "request too big (max 30720 bytes)"),
    ("", "[]", "source param is missing or invalid"),
    ("return Functions.encodeUint256(1)", "[1]", "args param not a string array"),
];

#[tokio::test]
async fn what_simulate_refuses_is_neither_sent_nor_demonstrated() {
    let folder = Folder::new();
    let key = folder.file("owner.key", KEY);
    // Nobody listens there: what is refused is refused before the chain is asked.
    let nowhere = ["--rpc-url", "http://127.0.0.1:1", "--router", SOMEBODY, "--key-file", &key];
    let send =
        [&["request", "send", "--consumer", SOMEBODY, "--subscription", "1", "--don-id", "d"], &nowhere[..]];
    let send = send.concat();
    for (script, args, words) in REFUSED {
        let source = folder.file("script.js", script);
        let long = serde_json::json!(["a".repeat(30_720)]).to_string();
        let args = if args == "LONG" { &long } else { args };
        let rest = ["--source", &source, "--args", args];
        let simulated = told(&[&["simulate"], &rest[..]].concat()).await;
        assert!(simulated.0.contains(words), "{simulated:?}");
        // How long a request may be, its DON says.
        if *args != long {
            assert_eq!(told(&[&send[..], &rest].concat()).await, simulated);
        }
        assert_eq!(told(&[&["demo"], &rest[..]].concat()).await, simulated);
    }
    // A callback without gas always fails, and is paid for.
    let source = folder.file("script.js", "return Functions.encodeUint256(1)");
    for verb in [&["demo"][..], &send] {
        let (message, _) = told(&[verb, &["--source", &source, "--gas-limit", "0"]].concat()).await;
        assert!(message.contains("invalid value '0' for '--gas-limit"), "{message}");
    }
}

/// What a run leaves whose standard output is this, and how long a standard error is read.
fn lost(words: &str, redirection: &str) -> std::process::Output {
    let line = format!("exec \"$0\" {words} {redirection}");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &line]).arg(test_support::functions()).env("NO_COLOR", "1");
    command.stdin(std::process::Stdio::null()).output().expect("a shell")
}

#[test]
fn a_result_that_nobody_got_is_a_failure() {
    let folder = Folder::new();
    let script = folder.file("script.js", "return Functions.encodeUint256(7n);");
    let simulated = format!("simulate --json --source {script}");
    let lines = [&simulated[..], "abi router", "abi router --json", "--version", "--help", "sub --help"];
    for words in lines {
        for to in [">/dev/full", ">&-", "1</dev/null"] {
            let said = lost(words, to);
            let told = String::from_utf8_lossy(&said.stderr);
            assert_eq!(said.status.code(), Some(1), "{words} {to}: {told}");
            assert!(told.contains("error: stdout "), "{words} {to}: {told}");
        }
        // Who does not want it says so, and who hangs up has what it wanted.
        for to in [">/dev/null", "| head -c 1"] {
            let said = lost(words, to);
            let told = String::from_utf8_lossy(&said.stderr);
            assert!(said.status.success() && !told.contains("stdout"), "{words} {to}: {told}");
        }
        // A closed standard error ends nothing.
        assert!(lost(words, "2>&-").status.success(), "{words}");
        assert!(lost(words, "2>/dev/full").status.success(), "{words}");
        assert_eq!(lost("sub info nonsense", "2>&-").status.code(), Some(2));
    }
}

#[test]
fn a_reader_that_hung_up_ends_nothing_in_a_panic() {
    let absent = Folder::new().path("absent.js").display().to_string();
    for (words, code) in [
        (&["simulate", "--source", &absent][..], 1),
        (&["simulate", "--source", &absent, "--json"], 1),
        (&["sub", "info", "x"], 2),
        (&["sub", "info", "x", "--json"], 2),
        (&["--version"], 0),
        (&["abi", "router"], 0),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = std::process::Command::new(test_support::functions());
        command.args(words).stdin(std::process::Stdio::null());
        command.stdout(writer.try_clone().expect("a descriptor")).stderr(writer);
        assert_eq!(command.status().expect("it runs").code(), Some(code), "{words:?}");
    }
}

#[tokio::test]
async fn what_is_secret_on_a_command_line_is_not_said_again() {
    let id = format!("0x{}", "7".repeat(64));
    let hex = KEY.trim_start_matches("0x");
    let folder = Folder::new();
    let script = folder.file("script.js", "return Functions.encodeUint256(7n);");
    for words in [
        &["simulate", "--source", &script, "--secrets", " {\"apiKey\": \"hush\"}"][..],
        &["sub", "cancel", "1", "--key-file", hex],
        &["sub", "cancel", "1", "--key-file", KEY],
        &["sub", "fund", "1", KEY],
        &["sub", "fund", "1", "1", KEY],
        &["sub", "info", "1", "--rpc-url", "ftp://user:hush@127.0.0.1:1"],
        &["sub", "info", "1", "--rpc-url", "user:hush@127.0.0.1:1", "--router", SOMEBODY],
        &["sub", "info", "1", "--rpc-url", "http://user:hush@127.0.0.1:1", "--router", SOMEBODY],
        &["request", "explain", &id, "--node", "http://user:hush@127.0.0.1/x"],
    ] {
        let (message, help) = told(words).await;
        let said = functions_with(words, &[("FUNCTIONS_KEY_FILE", hex)]).await;
        for text in [message, help, said.stdout, said.stderr] {
            assert!(!text.contains("hush") && !text.contains(&hex[..20]), "{words:?}: {text}");
        }
    }
    let variables = [("FUNCTIONS_KEY_FILE", KEY), ("FUNCTIONS_RPC_URL", "http://user:hush@127.0.0.1:1")];
    for words in [&["sub", "fund", "--help"][..], &["sub", "fund", "1", "1", "--router", SOMEBODY]] {
        let said = functions_with(words, &variables).await;
        let all = said.stdout + &said.stderr;
        assert!(!all.contains("hush") && !all.contains(hex), "{all}");
    }
}
