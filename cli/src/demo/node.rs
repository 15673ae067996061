//! One oracle node of the local network: its files, its process and what it says about itself.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use alloy::primitives::Address;
use functions_types::RequestId;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use serde::Deserialize;
use tokio::process::Command;

use crate::deploy::config::Oracle;
use crate::paths;
use crate::process::Process;

/// How long making keys may take; the password is stretched on purpose.
const KEYGEN_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a node looks at the chain, in milliseconds.
const POLL_INTERVAL_MS: u64 = 100;

/// What every node of the network is told.
pub(crate) struct Common<'a> {
    /// RPC endpoint.
    pub(crate) rpc_url: &'a str,
    /// Chain id.
    pub(crate) chain_id: u64,
    /// Name of the DON.
    pub(crate) don_id: &'a str,
    /// `HOST:PORT` pairs scripts may reach.
    pub(crate) allow_http: &'a [String],
}

/// A node's place: folder, keys and reserved ports.
pub(crate) struct Home {
    /// Its index in the oracle set.
    pub(crate) index: usize,
    folder: PathBuf,
    net: SocketAddr,
    admin: SocketAddr,
    // Both ports stay taken until the node starts.
    reserved: Vec<TcpListener>,
}

/// A running node.
pub(crate) struct Node {
    /// Its index in the oracle set.
    pub(crate) index: usize,
    /// Address it transmits from.
    pub(crate) transmitter: Address,
    /// Where it answers operators.
    pub(crate) admin: SocketAddr,
    /// Its log.
    pub(crate) log: PathBuf,
    config: PathBuf,
    process: Process,
    /// Whether we killed it.
    pub(crate) killed: bool,
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string() // a JSON string is a TOML basic string
}

impl Home {
    /// Makes the folder, its password and a configuration that suffices to make keys.
    pub(crate) fn create(parent: &Path, index: usize, common: &Common<'_>) -> Result<Self> {
        let folder = parent.join(format!("node-{index}"));
        std::fs::create_dir(&folder).into_diagnostic().wrap_err("cannot make a node's folder")?;
        let reserve = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).into_diagnostic();
        let reserved = vec![reserve()?, reserve()?];
        let net = reserved[0].local_addr().into_diagnostic()?;
        let admin = reserved[1].local_addr().into_diagnostic()?;
        let home = Self { index, folder, net, admin, reserved };
        // The keys live as long as the network; the password only has to differ between nodes.
        write_private(&home.folder.join("password"), &format!("local-{index}-{}", std::process::id()))?;
        home.configure(common, Address::repeat_byte(1), 0)?;
        Ok(home)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("node.toml")
    }

    /// Writes the configuration.
    pub(crate) fn configure(&self, common: &Common<'_>, router: Address, start_block: u64) -> Result<()> {
        let path = |name: &str| quoted(&self.folder.join(name).display().to_string());
        let allowed: Vec<String> = common.allow_http.iter().map(|host| quoted(host)).collect();
        let mut text = String::new();
        let write = |text: &mut String| {
            writeln!(text, "data_dir = {}\n", path("."))?;
            writeln!(
                text,
                "[keys]\nkeystore = {}\npassword_file = {}\n",
                path("keystore.json"),
                path("password")
            )?;
            writeln!(
                text,
                "[chain]\nrpc_urls = [{}]\nchain_id = {}",
                quoted(common.rpc_url),
                common.chain_id
            )?;
            writeln!(text, "router = \"{router}\"\ndon_id = {}", quoted(common.don_id))?;
            writeln!(text, "poll_interval_ms = {POLL_INTERVAL_MS}\nstart_block = {start_block}\n")?;
            writeln!(text, "[net]\nlisten = \"/ip4/{}/tcp/{}\"\n", self.net.ip(), self.net.port())?;
            writeln!(text, "[runner]\nallow_http = [{}]\n", allowed.join(", "))?;
            writeln!(text, "[admin]\nlisten = \"{}\"\n", self.admin)?;
            writeln!(text, "[log]\nlevel = \"info\"\nformat = \"text\"")
        };
        write(&mut text).expect("writing to a string does not fail");
        std::fs::write(self.file(), text).into_diagnostic().wrap_err("cannot write a node's configuration")
    }

    /// Lets the node make its keys and returns its public ones.
    pub(crate) async fn keygen(&self) -> Result<Oracle> {
        let program = paths::sibling("functions-node")?;
        let mut command = Command::new(&program);
        command.args([OsStr::new("keygen"), OsStr::new("--config"), self.file().as_os_str()]);
        command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
        let place = || format!("functions-node keygen for node {}", self.index);
        let output = tokio::time::timeout(KEYGEN_TIMEOUT, command.output())
            .await
            .map_err(|_| miette!("no keys after {} s", KEYGEN_TIMEOUT.as_secs()))
            .wrap_err_with(place)?
            .into_diagnostic()
            .wrap_err_with(place)?;
        if !output.status.success() {
            return Err(miette!("{}", String::from_utf8_lossy(&output.stderr).trim())).wrap_err_with(place);
        }
        serde_json::from_slice(&output.stdout).into_diagnostic().wrap_err_with(place)
    }

    /// Starts the node.
    pub(crate) fn start(self, transmitter: Address) -> Result<Node> {
        let log = self.folder.with_extension("log");
        let config = self.file();
        drop(self.reserved);
        let process = launch(self.index, &config, &log)?;
        Ok(Node { index: self.index, transmitter, admin: self.admin, log, config, process, killed: false })
    }
}

fn launch(index: usize, config: &Path, log: &Path) -> Result<Process> {
    let args = [OsStr::new("run"), OsStr::new("--config"), config.as_os_str()];
    let program = paths::sibling("functions-node")?;
    let (process, _) = Process::spawn(&format!("node {index}"), &program, &args, log, false)?;
    Ok(process)
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .into_diagnostic()
        .wrap_err_with(|| format!("cannot write {}", path.display()))
}

impl Node {
    /// Whether it serves; an error when its process has ended.
    pub(crate) async fn is_ready(&mut self, http: &reqwest::Client) -> Result<bool> {
        self.process.check_alive()?;
        let answer = http.get(format!("http://{}/ready", self.admin)).send().await;
        Ok(answer.is_ok_and(|answer| answer.status().is_success()))
    }

    /// What it says about a request; `None` when it knows nothing of it or does not answer.
    pub(crate) async fn request(&self, http: &reqwest::Client, id: RequestId) -> Option<RequestStatus> {
        if self.killed {
            return None;
        }
        let answer = http.get(format!("http://{}/requests/{id}", self.admin)).send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        answer.json().await.ok()
    }

    /// Waits until its process ends by itself; what it ended with.
    pub(crate) async fn end(&mut self) -> miette::Report {
        let end = self.process.end().await;
        self.killed = true;
        end
    }

    /// Kills it without warning.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await;
        self.killed = true;
    }

    /// Starts it again on what it left on disk.
    pub(crate) fn restart(&mut self) -> Result<()> {
        let log = self.log.with_extension("again.log");
        self.process = launch(self.index, &self.config, &log)?;
        self.log = log;
        self.killed = false;
        Ok(())
    }

    /// Ends it.
    pub(crate) async fn stop(&mut self) {
        self.process.stop().await;
    }
}

/// A request as one node sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RequestStatus {
    /// Its state, in capitals.
    pub(crate) state: String,
    /// What this node's own run gave.
    pub(crate) observation: Option<Observation>,
    /// Oracles whose signatures are under the report.
    pub(crate) signers: Option<Vec<usize>>,
    /// When things happened, unix milliseconds.
    pub(crate) times_ms: Times,
}

/// One node's observation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Observation {
    /// `result`, `userError` or `nodeFailure`.
    pub(crate) kind: String,
    /// The bytes, 0x-hex.
    pub(crate) data: Option<String>,
}

/// Unix milliseconds of the steps this node took part in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Times {
    /// It saw the event.
    pub(crate) seen: Option<u64>,
    /// Its run ended.
    pub(crate) observed: Option<u64>,
    /// It had a report.
    pub(crate) reported: Option<u64>,
    /// It sent the report.
    pub(crate) submitted: Option<u64>,
    /// It saw the fulfillment.
    pub(crate) included: Option<u64>,
}
