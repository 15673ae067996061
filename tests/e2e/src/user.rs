//! A user in front of a network: types commands, asks the chain.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use functions_network::DEV_KEYS;
use serde_json::{Value, json};
use test_support::{Said, functions};

use crate::Kept;

/// Someone with a key, a folder and the tool.
pub struct User<'a> {
    network: &'a Kept,
    folder: tempfile::TempDir,
    key: PathBuf,
}

impl<'a> User<'a> {
    /// The user with the `account`th development key: the first owns contracts and subscription of the demo, the others
    /// have ether and no LINK.
    ///
    /// # Panics
    /// When there is no such key or no temporary folder.
    pub fn new(network: &'a Kept, account: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let key = folder.path().join("key");
        std::fs::write(&key, format!("0x{}\n", DEV_KEYS[account])).expect("writable");
        Self { network, folder, key }
    }

    /// A field of what the demo printed.
    ///
    /// # Panics
    /// When it printed no such field.
    pub fn text(&self, field: &str) -> String {
        let value = self.network.json.get(field).or_else(|| self.network.json["network"].get(field));
        match value.expect(field) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// The user's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `functions`; endpoint, contracts and key come from the environment.
    ///
    /// # Panics
    /// When the program does not run.
    pub fn types(&self, args: &[&str]) -> Said {
        Command::new(functions())
            .args(args)
            .env("FUNCTIONS_RPC_URL", self.text("rpcUrl"))
            .env("FUNCTIONS_ROUTER", self.text("router"))
            .env("FUNCTIONS_LINK", self.text("link"))
            .env("FUNCTIONS_KEY_FILE", &self.key)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .expect("the program runs")
            .into()
    }

    /// Writes a file into the user's folder; its path.
    ///
    /// # Panics
    /// When that fails.
    pub fn file(&self, name: &str, content: &str) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, content).expect("writable");
        file.to_str().expect("a plain name").to_owned()
    }

    /// Asks the chain.
    ///
    /// # Panics
    /// When it answers with an error.
    pub fn rpc(&self, method: &str, params: Value) -> Value {
        rpc(&self.text("rpcUrl"), method, &params)
    }
}

/// Asks the chain at `url`.
///
/// # Panics
/// When it answers with an error.
pub fn rpc(url: &str, method: &str, params: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let output = Command::new("curl")
        .args(["-sS", "--noproxy", "*", "-H", "content-type: application/json", "-d", &body, url])
        .output()
        .expect("curl runs");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(answer.get("error").is_none(), "{answer}");
    answer["result"].clone()
}
