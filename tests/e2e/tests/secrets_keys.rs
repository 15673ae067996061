//! Four nodes make the keys for secrets with each other, and the owner sets them, as people would.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use functions_network::{DEV_KEYS, Node, dev_account};
use serde_json::Value;
use test_support::{DON, Network, Said, Setup, functions, until};

const MEMBERS: usize = 4;

/// A member's `dkg`, as a process.
fn begin(node: &Node, words: &[&str]) -> Child {
    let mut command = Command::new(&node.told.program);
    command.arg("dkg").arg("--config").arg(node.config()).args(words).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

fn end(child: Child) -> Said {
    Said::from(child.wait_with_output().expect("it ends"))
}

/// Files of ceremonies in a node's data folder.
fn states(node: &Node) -> Vec<PathBuf> {
    let files = fs::read_dir(node.folder()).expect("a folder").flatten().map(|entry| entry.path());
    files
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ceremony-")))
        .collect()
}

/// What a member prints, without what is its own.
fn common(said: &Said, index: usize) -> Value {
    let mut printed = said.json();
    let own = printed.as_object_mut().and_then(|printed| printed.remove("index"));
    assert_eq!(own, Some(index.into()));
    printed
}

/// Whoever owns the contracts, with the tool `functions`.
struct Owner(tempfile::TempDir);

impl Owner {
    fn of(network: &Network) -> Self {
        let owner = Self(tempfile::tempdir().expect("a folder"));
        let key = owner.0.path().join("key");
        fs::write(&key, DEV_KEYS[0]).expect("written");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("ours");
        assert_eq!(network.owner.address(), dev_account(0).address());
        owner
    }

    /// A new file with this text.
    fn file(&self, text: &str) -> String {
        let count = fs::read_dir(self.0.path()).expect("a folder").count();
        let path = self.0.path().join(format!("dkg-{count}.json"));
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    /// What `functions don keys` says.
    fn sets(&self, network: &Network, files: &[String], more: &[&str]) -> Said {
        let mut command = Command::new(functions());
        command.args(["don", "keys", "--json", "--rpc-url", &network.devchain.greeting.rpc_url]);
        command.args(["--router", &network.contracts.addresses.router.to_string(), "--don-id", DON]);
        command.arg("--key-file").arg(self.0.path().join("key")).args(more).args(files).env_clear();
        Said::from(command.output().expect("the program starts"))
    }
}

#[tokio::test]
async fn members_make_keys_before_they_start_and_again_while_they_are_stopped() {
    let mut network = Network::launch(Setup { secrets: true, ..Setup::default() }).await;
    for node in 0..MEMBERS {
        network.wait_until_ready(node).await;
    }
    let first = Said::from(network.verb(0, &["keys", "show"]).await).json();
    assert_eq!(first["secretsKeys"].as_array().map(Vec::len), Some(1));
    for node in 0..MEMBERS {
        assert!(states(&network.nodes[node]).is_empty(), "what is done with is removed");
    }
    let refused = Said::from(network.verb(0, &["dkg"]).await);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("while the node is stopped"), "{}", refused.stderr);
    for node in 0..MEMBERS {
        assert!(network.terminate(node).await.success());
    }
    // Nobody else is asked for keys that are there.
    let again = Said::from(network.verb(2, &["dkg"]).await);
    assert_eq!(common(&again, 2)["transcript"], first["secretsKeys"][0]["transcript"]);

    // One is killed when the others have heard of it, and goes on.
    let words = ["--attempt", "1", "--threshold", "2"];
    let mut killed = begin(&network.nodes[3], &words);
    until("a stored state", async || match states(&network.nodes[3]).is_empty() {
        true => Err("none".to_owned()),
        false => Ok(()),
    })
    .await;
    killed.kill().expect("it runs");
    killed.wait().expect("it is dead");
    let running: Vec<Child> = network.nodes.iter().map(|node| begin(node, &words)).collect();
    let said: Vec<Said> = running.into_iter().map(end).collect();
    let made = common(&said[0], 0);
    for (index, said) in said.iter().enumerate() {
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        assert_eq!(common(said, index), made);
    }
    assert_eq!((&made["threshold"], &made["members"]), (&2.into(), &MEMBERS.into()));
    let kept = Said::from(network.verb(1, &["keys", "show"]).await).json();
    assert_eq!(kept["secretsKeys"][0]["transcript"], made["transcript"]);
    assert_eq!(kept["secretsKeys"][1]["transcript"], first["secretsKeys"][0]["transcript"]);

    let secret = fs::read_to_string(network.nodes[1].folder().join("keystore.json")).expect("a file");
    assert!(secret.contains("\"version\": 2"));
    let strange = Said::from(network.verb(1, &["dkg", "--threshold", "4"]).await);
    assert!(strange.stderr.contains("2 to 3 open a secret"), "{}", strange.stderr);

    // The owner sets what enough members made, and replaces nothing by mistake.
    let owner = Owner::of(&network);
    let printed: Vec<String> = said.iter().map(|said| owner.file(&said.stdout)).collect();
    owner.sets(&network, &printed[..2], &[]).refused("missing are oracle 2, oracle 3");
    owner.sets(&network, &printed, &[]).refused("shows another threshold key");
    let would = owner.sets(&network, &printed, &["--replace", "--dry-run"]).done();
    assert_eq!(
        (&would["donPublicKey"], &would["thresholdPublicKey"]),
        (&"would be set".into(), &"would be set".into())
    );
    let set = owner.sets(&network, &printed[1..], &["--replace"]).done();
    assert_eq!(
        (&set["donPublicKey"], &set["transactions"].as_array().map(Vec::len)),
        (&"set".into(), &Some(2))
    );
    assert!(set["warnings"][0].as_str().is_some_and(|words| words.contains("oracle 0")), "{set}");
    let again = owner.sets(&network, &printed, &[]).done();
    assert_eq!(
        (&again["thresholdPublicKey"], &again["transactions"]),
        (&"unchanged".into(), &serde_json::json!([]))
    );

    // A node that lost its share of keys that it made is not started; others are.
    let gone = made["transcript"].as_str().expect("a transcript");
    let dropped = Said::from(network.verb(1, &["keys", "drop-secrets", gone]).await).document();
    assert_eq!((&dropped["dropped"], &dropped["left"]), (&made["transcript"], &1.into()));
    let stopped = Said::from(network.verb(1, &["run"]).await);
    assert_eq!(stopped.code, Some(1));
    assert!(
        stopped.stderr.contains("they are not those of the keystore; put the keystore back"),
        "{}",
        stopped.stderr
    );
    let verdict = async |node: usize| {
        let checks = Said::from(network.verb(node, &["check", "--json"]).await).document();
        let lines = checks["checks"].as_array().expect("lines").clone();
        lines.into_iter().find(|line| line["id"] == "don.secrets").expect("a line")["verdict"].clone()
    };
    assert_eq!((verdict(1).await, verdict(0).await), ("fail".into(), "ok".into()));
    network.start_node(0);
    network.wait_for_status(0, "its share", |node| node["secretsKeys"] == "held").await;
}
