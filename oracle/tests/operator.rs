//! What an operator types, on a network of real processes: check, withdraw, rotate, back up.

#[path = "operator/earnings.rs"]
mod earnings;

use std::{fs, os::unix::fs::PermissionsExt as _, process::Output};

use alloy::primitives::Address;
use functions_client::Account;
use functions_offchain_config::Timing;
use serde_json::Value;
use test_support::{Network, Setup};

const SOURCE: &str = "return Functions.encodeUint256(42)";

/// The JSON on standard output of a verb that went well.
fn done(output: &Output) -> Value {
    let (out, err) = texts(output);
    assert!(output.status.success(), "{out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"))
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn address(value: &Value) -> Address {
    value.as_str().expect("text").parse().expect("an address")
}

/// The check's line with this id.
fn line<'a>(report: &'a Value, id: &str) -> &'a Value {
    let lines = report["checks"].as_array().expect("a list");
    lines.iter().find(|line| line["id"] == id).unwrap_or_else(|| panic!("no {id} in {report:#}"))
}

/// A network whose journals are files: some verbs are about these.
async fn in_files() -> Network {
    let network = Network::launch(Setup { in_files: true, ..Setup::default() }).await;
    network.wait_until_all_ready().await;
    network
}

#[tokio::test]
async fn check_finds_what_is_wrong_beside_a_running_node() {
    let network = in_files().await;
    let node = &network.nodes[0];
    fs::set_permissions(node.folder().join("password"), fs::Permissions::from_mode(0o644)).expect("our file");
    let output = network.verb(0, &["check", "--json"]).await;
    let report = done(&output);
    assert_eq!(report["ok"], true, "{report:#}");
    for id in [
        "config",
        "log.level",
        "keys.keystore",
        "keys.in-use",
        "data.folder",
        "database",
        "database.owner",
        "net.listen",
        "admin.listen",
        "gateway.listen",
        "sandbox.program",
        "sandbox.start",
        "sandbox.script",
        "chain.endpoint.0",
        "router",
        "don.route",
        "don.coordinator",
        "don.config",
        "don.member",
        "don.secrets",
        "net.announced",
        "ether",
    ] {
        assert_eq!(line(&report, id)["verdict"], "ok", "{report:#}");
    }
    // The password file is readable by others.
    assert_eq!(line(&report, "keys.modes")["verdict"], "warn");

    // Each wrong value, with the line that must name it and a part of what it says.
    let path = node.folder().join("node.toml");
    let good = fs::read_to_string(&path).expect("the file");
    let damaged = node.folder().join("damaged.sqlite");
    fs::write(&damaged, [b'x'; 4_096]).expect("a file");
    let router = network.contracts.addresses.router.to_string();
    let link = network.contracts.addresses.link.to_string();
    let rpc = good.lines().find(|line| line.starts_with("rpc_urls")).expect("the key").to_owned();
    let net = good.lines().rfind(|line| line.starts_with("listen = \"/ip4")).expect("the key").to_owned();
    // Ports that other programs hold, while the node runs on its own.
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = stranger.local_addr().expect("an address");
    let admin = format!("listen = \"{}\"", node.admin);
    let gateway = good.lines().skip_while(|line| *line != "[gateway]").nth(1).expect("the key").to_owned();
    let other_node = format!("listen = \"{}\"", network.nodes[1].admin);
    let table: Vec<(String, String, &str, &str)> = vec![
        (
            admin.clone(),
            format!("listen = \"{taken}\""),
            "admin.listen",
            "not because of the node on this keystore",
        ),
        (
            gateway,
            format!("listen = \"{taken}\""),
            "gateway.listen",
            "not because of the node on this keystore",
        ),
        (admin, other_node, "admin.listen", "not because of the node on this keystore"),
        (
            net.clone(),
            format!("listen = \"/ip4/127.0.0.1/tcp/{}\"", taken.port()),
            "net.listen",
            "not because of the node on this keystore",
        ),
        ("fun-test-1".into(), "fun-tset-1".into(), "don.route", "did you mean \\\"fun-test-1\\\"?"),
        ("chain_id = 412346".into(), "chain_id = 1".into(), "chain.endpoint.0", "412346"),
        (router.clone(), "0x00000000000000000000000000000000dead00ff".into(), "router", "no code"),
        (router, link, "router", "typeAndVersion"),
        (rpc.clone(), "rpc_urls = [\"http://127.0.0.1:1\"]".into(), "chain.endpoint.0", "refused"),
        (rpc.clone(), rpc.replace("rpc_urls", "rpc_url"), "config", "did you mean `rpc_urls`?"),
        (net, "listen = \"/ip4/10.0.0.300/tcp/9001\"".into(), "net.listen", "no multiaddress"),
        ("info,functions_node=debug".into(), "info,,=x=".into(), "log.level", "no level"),
        (
            "[net]".into(),
            format!("[database]\nurl = \"sqlite://{}\"\n[net]", damaged.display()),
            "database",
            "not a database",
        ),
        (
            "[net]".into(),
            "[database]\nurl = \"postgres://u:hidden@127.0.0.1:1/x\"\n[net]".into(),
            "database",
            "refused",
        ),
        ("[net]".into(), "[runner]\nsandbox = \"/bin/true\"\n[net]".into(), "sandbox.start", "did not start"),
        ("[net]".into(), "[runner]\nsandbox = \"absent\"\n[net]".into(), "sandbox.program", "no program"),
    ];
    for (from, to, id, words) in table {
        assert!(good.contains(&from), "{from}");
        fs::write(&path, good.replacen(&from, &to, 1)).expect("written");
        let output = network.verb(0, &["check", "--json"]).await;
        let (out, err) = texts(&output);
        assert!(!output.status.success(), "{to}: {out}{err}");
        let report: Value = serde_json::from_str(&out).expect("JSON");
        let found = line(&report, id);
        assert!(found["verdict"] == "fail" && found.to_string().contains(words), "{to}: {report:#}");
        assert!(!found["remedy"].as_str().expect("text").is_empty() && !out.contains("hidden"), "{report:#}");
        assert_eq!(report["ok"], false);
    }
    fs::write(&path, good).expect("written");

    // A second process on the same keys and journal is refused, and told by whom.
    for words in [&["run"][..], &["withdraw"], &["keys", "rotate-transmitter"], &["journal", "prune"]] {
        let output = network.verb(0, words).await;
        let (_, err) = texts(&output);
        assert!(!output.status.success() && err.contains("in use by process"), "{words:?}: {err}");
    }
    // A backup is taken beside it.
    let backup = node.folder().join("backup.sqlite");
    let made = done(&network.verb(0, &["journal", "backup", "--out", backup.to_str().expect("text")]).await);
    assert_eq!(made["contents"]["claims"].as_array().expect("a list").len(), 3, "{made:#}");
    done(&network.verb(0, &["journal", "verify"]).await);
    // What is no journal is said with what to do about that very file.
    let empty = node.folder().join("empty.sqlite");
    fs::write(&empty, "").expect("a file");
    let absent = node.folder().join("absent.sqlite");
    for (file, words) in [
        (&damaged, &["is no whole journal", "take another backup"][..]),
        (&empty, &["is no whole journal", "take another backup"]),
        (&absent, &["there is no journal at", "correct --file"]),
    ] {
        let refused = network.verb(0, &["journal", "verify", "--file", file.to_str().expect("text")]).await;
        let (out, err) = texts(&refused);
        assert!(!refused.status.success() && words.iter().all(|word| err.contains(word)), "{out}{err}");
        assert!(!err.contains("journal verify`"), "{err}");
    }
    assert!(!absent.exists());
}

#[tokio::test]
async fn wrong_chain_id_claims_nothing_and_is_said_in_one_line() {
    let mut network = in_files().await;
    assert!(network.terminate(3).await.success());
    let node = &network.nodes[3];
    let path = node.folder().join("node.toml");
    let good = fs::read_to_string(&path).expect("the file");
    for file in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "keystore.json.memory"] {
        let _ = fs::remove_file(node.folder().join(file));
    }
    let wrong = good.replacen("chain_id = 412346", "chain_id = 7", 1).replacen(
        "[log]",
        "[log]\nformat = \"json\"",
        1,
    );
    fs::write(&path, &wrong).expect("written");
    let output = network.verb(3, &["run"]).await;
    let (_, err) = texts(&output);
    assert!(!output.status.success());
    let last: Value = serde_json::from_str(err.lines().last().expect("a line")).expect("JSON to the end");
    assert_eq!(last["level"], "ERROR");
    assert!(last["fields"]["message"].as_str().expect("text").contains("412346"), "{last}");
    // The same for a file that does not parse.
    fs::write(&path, wrong.replacen("chain_id", "chain_identity", 1)).expect("written");
    let (_, err) = texts(&network.verb(3, &["run"]).await);
    let last: Value = serde_json::from_str(err.trim()).expect("one line of JSON");
    assert!(last["fields"]["message"].as_str().expect("text").contains("did you mean `chain_id`?"), "{last}");
    fs::write(&path, good).expect("written");
    // Without a journal there is nothing to verify, and what is damaged is replaced, not verified again.
    for file in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm", "keystore.json.memory"] {
        let _ = fs::remove_file(node.folder().join(file));
    }
    let (_, err) = texts(&network.verb(3, &["journal", "verify"]).await);
    assert!(err.contains("there is no journal") && err.contains("first start"), "{err}");
    let journal = network.nodes[3].folder().join("journal.sqlite");
    fs::write(&journal, [b'x'; 4_096]).expect("a file");
    let (_, err) = texts(&network.verb(3, &["journal", "verify"]).await);
    assert!(
        err.contains("journal restore --replace --from FILE") && !err.contains("journal verify`"),
        "{err}"
    );
    fs::remove_file(&journal).expect("ours");
    // Corrected, the same journal serves; in its log numbers are numbers.
    let text = fs::read_to_string(&path).expect("the file");
    fs::write(&path, text.replacen("[log]", "[log]\nformat = \"json\"", 1)).expect("written");
    network.start_node(3);
    network.wait_until_ready(3).await;
    let log = fs::read_to_string(network.nodes[3].log()).expect("the log");
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let connected: Vec<Value> = lines.filter(|line| line["fields"]["message"] == "peer connected").collect();
    assert!(!connected.is_empty(), "{log}");
    assert!(connected.iter().all(|line| line["fields"]["oracle"].is_u64()), "{connected:?}");
}

#[tokio::test]
async fn keys_change_password_and_leave_only_into_private_files() {
    let mut network = Network::start(Timing::default()).await;
    assert!(network.terminate(0).await.success());
    let node = &network.nodes[0];
    let at = |name: &str| node.folder().join(name).to_str().expect("text").to_owned();
    let old = fs::read_to_string(at("password")).expect("the password");
    // Keys are shown as they were made: one line, the member's entry in the oracles file.
    let shown = network.verb(0, &["keys", "show"]).await;
    assert_eq!(texts(&shown).0.lines().count(), 1, "{}", texts(&shown).0);
    assert_eq!(shown.stdout, network.verb(0, &["keygen"]).await.stdout);
    // A password that is quickly guessed encrypts nothing new.
    fs::write(at("weak"), "swordfish\n").expect("a file");
    for words in [
        vec!["keys".to_owned(), "password".to_owned(), "--new-password-file".to_owned(), at("weak")],
        ["keys", "export", "--password-file"]
            .map(str::to_owned)
            .into_iter()
            .chain([at("weak"), "--out".to_owned(), at("never")])
            .collect(),
    ] {
        let refused = network.verb(0, &words.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let (out, err) = texts(&refused);
        assert!(
            !refused.status.success() && err.contains("12 characters") && err.contains("weak"),
            "{out}{err}"
        );
        assert!(!format!("{out}{err}").contains("swordfish"), "{err}");
    }
    assert!(!std::path::Path::new(&at("never")).exists());
    fs::write(at("next"), "another password\n").expect("a file");
    let changed = network.verb(0, &["keys", "password", "--new-password-file", &at("next")]).await;
    done(&changed);
    // Cut short after the keystore and before the password file: the same command ends it.
    fs::write(at("password"), &old).expect("the old one");
    assert!(!network.verb(0, &["keys", "show"]).await.status.success());
    done(&network.verb(0, &["keys", "password", "--new-password-file", &at("next")]).await);
    done(&network.verb(0, &["keys", "show"]).await);

    let sealed = network.verb(0, &["keys", "export", "--out", &at("wallet.json")]).await;
    assert_eq!(done(&sealed)["encrypted"], true);
    let raw = network.verb(0, &["keys", "export", "--raw", "--out", &at("raw")]).await;
    done(&raw);
    let secret = fs::read_to_string(at("raw")).expect("the file").trim().to_owned();
    assert_eq!(Account::from_hex(&secret).expect("a key").address(), node.oracle.transmitter);
    for output in [&changed, &sealed, &raw] {
        let (out, err) = texts(output);
        assert!(!out.contains(&secret) && !err.contains(&secret) && !out.contains("another password"));
    }
    for (out, said) in [("/dev/full", "exists"), ("/proc/wallet.json", "")] {
        let (_, err) = texts(&network.verb(0, &["keys", "export", "--out", out]).await);
        assert!(err.contains(&format!("--out {out}")) && err.contains(said), "{err}");
        assert!(!err.contains("chown"), "{err}");
    }
    let nowhere = network.verb(0, &["keys", "export", "--out", &at("no/such/wallet.json")]).await;
    let (out, err) = texts(&nowhere);
    assert!(!nowhere.status.success() && err.contains("make the folder first"), "{out}{err}");
    assert!(!std::path::Path::new(&at("no")).exists());
    let refused = network.verb(0, &["keys", "import", "--from", &at("raw")]).await;
    assert!(!refused.status.success(), "a keystore is never overwritten");
    fs::rename(at("keystore.json"), at("moved.json")).expect("moved");
    let good = fs::read_to_string(at("password")).expect("the password");
    fs::write(at("password"), "swordfish").expect("a file");
    for words in [&["keygen"][..], &["keys", "import", "--from", &at("raw")]] {
        let (_, err) = texts(&network.verb(0, words).await);
        assert!(err.contains("keys.password_file") && err.contains("12 characters"), "{words:?}: {err}");
        assert!(!std::path::Path::new(&at("keystore.json")).exists());
    }
    fs::write(at("password"), good).expect("a file");
    // Each failure names the file at fault, and nothing is made.
    fs::write(at("other"), "another password of no use\n").expect("a file");
    fs::write(at("words"), "no key").expect("a file");
    fs::set_permissions(at("words"), fs::Permissions::from_mode(0o600)).expect("ours");
    let named = fs::read_to_string(at("wallet.json")).expect("the file");
    let ours = format!("{:x}", node.oracle.transmitter);
    fs::write(at("named.json"), named.replace(&ours, &"11".repeat(20))).expect("a file");
    fs::set_permissions(at("named.json"), fs::Permissions::from_mode(0o600)).expect("ours");
    for (from, password, said) in [
        ("absent", None, "correct --from"),
        ("words", None, "holds no key"),
        ("wallet.json", Some("other"), "is not opened by the password in --password-file"),
        ("named.json", None, "its address field says"),
    ] {
        let from = at(from);
        let password = password.map(at);
        let mut words = vec!["keys", "import", "--from", &from];
        words.extend(password.iter().flat_map(|file| ["--password-file", file]));
        let (out, err) = texts(&network.verb(0, &words).await);
        assert!(err.contains(said) && err.contains(&format!("--from {from}")), "{out}{err}");
        assert!(!err.contains("keys.password_file") && !err.contains("keygen"), "{out}{err}");
        assert!(!std::path::Path::new(&at("keystore.json")).exists());
    }
    let imported = done(&network.verb(0, &["keys", "import", "--from", &at("wallet.json")]).await);
    assert_eq!(address(&imported["transmitter"]), node.oracle.transmitter);
}
