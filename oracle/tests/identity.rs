//! Chains that only have the same id: `check` and `run` tell them apart by the hash of one block, before anything is
//! claimed.

use std::{fs, process::Output};

use alloy::primitives::Address;
use devchain::ChainConfig;
use functions_network::{Folder, Node, process::tail};
use functions_node::{app::identity_claim, journal::Journal};
use serde_json::Value;
use test_support::{Endpoints, lone_node, until};

const ROUTER: Address = Address::repeat_byte(0x40);

/// A chain with the usual id; another version gives it another genesis.
async fn chain(arbos_version: u64, with_router: bool) -> Endpoints {
    let chain = Endpoints::of(ChainConfig { arbos_version, ..ChainConfig::default() }, 0).await;
    if with_router {
        chain.cheat("anvil_setCode", (ROUTER, "0x00")).await;
    }
    chain
}

async fn genesis(chain: &Endpoints) -> String {
    let block = chain.cheat("eth_getBlockByNumber", ("0x0", false)).await;
    block["hash"].as_str().expect("a hash").to_owned()
}

/// A node that has keys and never ran.
struct Met {
    node: Node,
    /// Removed after the node has ended.
    _folder: Folder,
}

impl Met {
    async fn new() -> Self {
        let folder = Folder::create().expect("a folder");
        let node = lone_node(&folder, "http://127.0.0.1:1", ROUTER).await;
        Self { node, _folder: folder }
    }

    /// Tells it these endpoints, and `more` about the chain.
    fn configure(&mut self, urls: &[&str], more: &str) {
        self.node.told.rpc_urls = urls.iter().map(|url| (*url).to_owned()).collect();
        self.node.configure().expect("written");
        let text = fs::read_to_string(self.node.config()).expect("the file");
        fs::write(self.node.config(), text.replacen("[net]", &format!("{more}\n[net]"), 1)).expect("written");
    }

    async fn verb(&self, words: &[&str]) -> Output {
        self.node.verb(words).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// The lines about the chain.
    async fn check(&self) -> Vec<Value> {
        let output = self.verb(&["check", "--json"]).await;
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let lines = report["checks"].as_array().expect("a list");
        lines
            .iter()
            .filter(|line| line["id"].as_str().is_some_and(|id| id.starts_with("chain")))
            .cloned()
            .collect()
    }

    async fn claimed(&self) -> Option<String> {
        let url = format!("sqlite://{}", self.node.folder().join("journal.sqlite").display());
        let journal = Journal::look_at(&url).await.ok()?;
        let claimed = journal.claimed(&identity_claim(0)).await.ok().flatten();
        journal.close().await;
        claimed
    }

    /// Runs until it has met the chain.
    async fn meet(&mut self) {
        self.node.start().expect("it starts");
        until("the node to claim the chain", async || {
            self.claimed().await.ok_or_else(|| tail(&self.node.log(), 15))
        })
        .await;
        self.node.kill().await;
    }

    /// Runs to the end, which comes by itself.
    async fn refused(&self) -> String {
        let Output { status, stderr, .. } = self.verb(&["run"]).await;
        assert!(!status.success());
        String::from_utf8_lossy(&stderr).into_owned()
    }
}

fn is(line: &Value, id: &str, verdict: &str, words: &[&str]) {
    assert!(line["id"] == id && line["verdict"] == verdict, "{id} {verdict}: {line:#}");
    let text = line.to_string();
    assert!(words.iter().all(|word| text.contains(word)), "{words:?}: {line:#}");
    assert_eq!(line["remedy"] == "", verdict == "ok", "{line:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_of_the_same_id_is_told_from_the_one_the_journal_remembers() {
    let (ours, twin) = (chain(60, true).await, chain(51, true).await);
    let (hash, other) = (genesis(&ours).await, genesis(&twin).await);
    assert_ne!(hash, other);
    // Given a node that has met its chain once,
    let mut node = Met::new().await;
    node.configure(&[ours.rpc_url()], "");
    let lines = node.check().await;
    is(&lines[0], "chain.endpoint.0", "ok", &["the right chain"]);
    is(&lines[1], "chain.identity", "ok", &[&hash]);
    assert_eq!(node.claimed().await, None, "the check claims nothing");
    node.meet().await;
    let lines = node.check().await;
    is(&lines[1], "chain.identity", "ok", &[&hash, "by the journal"]);

    // when its endpoints serve the twin, then check says so, and run ends and claims nothing else.
    node.configure(&[twin.rpc_url()], "");
    let lines = node.check().await;
    is(&lines[0], "chain.endpoint.0", "fail", &["same id", &hash, &other, "empty journal"]);
    is(lines.last().expect("lines"), "chain", "fail", &["no endpoint serves the chain"]);
    let said = node.refused().await;
    assert!(said.contains("its block 0 is") && said.contains("empty journal"), "{said}");
    assert_eq!(node.claimed().await.as_ref(), Some(&hash));

    // Where one of several is the twin, that one is named.
    node.configure(&[twin.rpc_url(), ours.rpc_url()], "");
    let lines = node.check().await;
    is(&lines[0], "chain.endpoint.0", "fail", &["same id"]);
    is(&lines[1], "chain.endpoint.1", "ok", &[]);
    is(&lines[2], "chain.identity", "ok", &[&hash]);

    // A configuration that contradicts the journal is an error too, whatever the endpoint.
    node.configure(&[twin.rpc_url()], &format!("identity_hash = \"{other}\""));
    let lines = node.check().await;
    is(&lines[1], "chain.identity", "fail", &[&hash, &other, "correct chain.identity_hash"]);
    let said = node.refused().await;
    assert!(said.contains(&hash) && said.contains(&other), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_never_ran_goes_by_its_configuration_and_then_by_the_router() {
    let (ours, twin, bare) = (chain(60, true).await, chain(51, true).await, chain(51, false).await);
    let (hash, other) = (genesis(&ours).await, genesis(&twin).await);
    let mut node = Met::new().await;
    node.configure(&[twin.rpc_url()], &format!("identity_hash = \"{hash}\""));
    is(
        &node.check().await[0],
        "chain.endpoint.0",
        "fail",
        &["same id", &hash, &other, "chain.identity_hash"],
    );
    let said = node.refused().await;
    assert!(said.contains(&hash) && said.contains(&other), "{said}");
    assert_eq!(node.claimed().await, None);

    // A block that the endpoint does not have tells nothing.
    node.configure(&[ours.rpc_url()], "identity_block = 99");
    is(&node.check().await[0], "chain.endpoint.0", "fail", &["block 99", "chain.identity_block"]);

    // Without a hash the first endpoint with the Router decides; one before it is measured by it as well.
    for urls in [[&ours, &bare], [&bare, &ours]] {
        node.configure(&urls.map(|chain| chain.rpc_url()), "");
        let lines = node.check().await;
        for (line, chain) in lines.iter().zip(urls) {
            let is_ours = chain.rpc_url() == ours.rpc_url();
            let id = line["id"].as_str().expect("text").to_owned();
            is(line, &id, if is_ours { "ok" } else { "fail" }, if is_ours { &[] } else { &["same id"] });
        }
        is(&lines[2], "chain.identity", "ok", &[&hash, &ours.rpc_url()["http://".len()..]]);
    }
    assert_eq!(node.claimed().await, None);
}
