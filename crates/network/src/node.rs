//! One oracle node of the local network: its files, its process and what it says about itself.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use alloy::primitives::Address;
use functions_deploy::Oracle;
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure, of_words};
use functions_types::RequestId;
use tokio::process::Command;

use crate::ports;
use crate::process::{NULL, Process, SEE_LOG, SLOW, not_started, tail};
use crate::status::RequestStatus;

/// What a node is told beside its keys and ports.
#[derive(Clone, Debug)]
pub struct Told {
    /// The program `functions-node`.
    pub program: PathBuf,
    /// Endpoints of the chain, in order of preference.
    pub rpc_urls: Vec<String>,
    /// Endpoints that tell of new logs.
    pub ws_urls: Vec<String>,
    /// The chain's id.
    pub chain_id: u64,
    /// The Router.
    pub router: Address,
    /// First block looked at.
    pub start_block: u64,
    /// Name of the DON.
    pub don_id: String,
    /// How often it looks at the chain, in milliseconds.
    pub poll_interval_ms: u64,
    /// URL of its journal's database; without one it is a file in the node's folder.
    pub database: Option<String>,
    /// `HOST:PORT` pairs scripts may reach although private.
    pub allow_http: Vec<String>,
    /// What is logged.
    pub log_level: String,
    /// How long a command of the operator's may take.
    pub patience: Duration,
}

/// A node: files that stay, and a process while it runs.
pub struct Node {
    /// Its index in the network.
    pub index: usize,
    /// What it is told; [`Node::configure`] writes it down.
    pub told: Told,
    /// Its public keys and where its peers reach it.
    pub oracle: Oracle,
    /// Where it answers operators.
    pub admin: SocketAddr,
    gateway: SocketAddr,
    folder: PathBuf,
    net: SocketAddr,
    // The ports stay taken until the node starts.
    reserved: Vec<TcpListener>,
    process: Option<Process>,
    starts: u32,
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string() // a JSON string is a TOML basic string
}

impl Node {
    /// Makes its folder below `parent`, with a configuration, and has it make its keys.
    ///
    /// # Errors
    /// When a file cannot be written, no port is free, or the program makes no keys.
    pub async fn create(parent: &Path, index: usize, told: Told) -> Result<Self> {
        let folder = parent.join(format!("node-{index}"));
        std::fs::create_dir(&folder).wrap_err("cannot make a node's folder")?;
        let reserved = vec![ports::reserve()?, ports::reserve()?, ports::reserve()?];
        let net = reserved[0].local_addr()?;
        let admin = reserved[1].local_addr()?;
        let gateway = reserved[2].local_addr()?;
        // The keys live as long as the network; the password only has to differ between nodes.
        write_private(&folder.join("password"), &format!("local-network-{index}-{}", std::process::id()))?;
        let (oracle, process, starts) = (Oracle::default(), None, 0);
        let mut node = Self { index, told, oracle, admin, gateway, folder, net, reserved, process, starts };
        node.configure()?;
        let place = || format!("functions-node keygen for node {index}");
        let output = node.verb(&["keygen"]).await.wrap_err_with(place)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let help =
                of_words(&said).unwrap_or("these are the node program's own words; mend what they name");
            return Err(failure!(help = help, "{}", said.trim())).wrap_err_with(place);
        }
        node.oracle = serde_json::from_slice(&output.stdout)
            .or_help("functions-node is of another version: put the programs of one build side by side")
            .wrap_err_with(place)?;
        Ok(node)
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where owners of subscriptions store secrets, once it has keys for them.
    pub fn gateway_url(&self) -> String {
        format!("http://{}/user", self.gateway)
    }

    /// Its configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.join("node.toml")
    }

    /// The log of its last start.
    pub fn log(&self) -> PathBuf {
        self.log_of(self.starts)
    }

    /// The logs of all its starts, oldest first.
    pub fn logs(&self) -> impl Iterator<Item = PathBuf> + '_ {
        (1..=self.starts).map(|start| self.log_of(start))
    }

    fn log_of(&self, start: u32) -> PathBuf {
        // Beside its folder, where all logs of a network are.
        self.folder.with_extension(if start > 1 { format!("start-{start}.log") } else { "log".to_owned() })
    }

    /// Writes what it is told into its configuration file, for its next start.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn configure(&self) -> Result<()> {
        let told = &self.told;
        let list = |all: &[String]| all.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
        let mut text = String::new();
        let write = |text: &mut String| {
            writeln!(text, "data_dir = {}\n", quoted(&self.folder.display().to_string()))?;
            writeln!(text, "[keys]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n")?;
            writeln!(text, "[chain]\nrpc_urls = [{}]\nchain_id = {}", list(&told.rpc_urls), told.chain_id)?;
            if !told.ws_urls.is_empty() {
                writeln!(text, "ws_urls = [{}]", list(&told.ws_urls))?;
            }
            writeln!(text, "router = \"{}\"\ndon_id = {}", told.router, quoted(&told.don_id))?;
            writeln!(text, "poll_interval_ms = {}", told.poll_interval_ms)?;
            writeln!(text, "start_block = {}\n", told.start_block)?;
            if let Some(url) = &told.database {
                writeln!(text, "[database]\nurl = {}\n", quoted(url))?;
            }
            writeln!(text, "[net]\nlisten = \"/ip4/{}/tcp/{}\"\n", self.net.ip(), self.net.port())?;
            if !told.allow_http.is_empty() {
                writeln!(text, "[runner]\nallow_http = [{}]\n", list(&told.allow_http))?;
            }
            writeln!(text, "[admin]\nlisten = \"{}\"\n", self.admin)?;
            // Pages of any origin may ask, and everybody often: all is on this machine.
            writeln!(text, "[gateway]\nlisten = \"{}\"\norigins = [\"*\"]\nburst = 1000\n", self.gateway)?;
            writeln!(text, "[log]\nlevel = {}", quoted(&told.log_level))
        };
        write(&mut text).expect("writing to a string does not fail");
        std::fs::write(self.config(), text).wrap_err("cannot write a node's configuration")
    }

    /// Runs a verb of the program on its configuration, to its end.
    ///
    /// # Errors
    /// When the program does not start, or not end in time.
    pub async fn verb(&self, words: &[&str]) -> Result<Output> {
        let split = words.iter().position(|word| word.starts_with("--")).unwrap_or(words.len());
        let mut command = Command::new(&self.told.program);
        command.args(&words[..split]).arg("--config").arg(self.config()).args(&words[split..]);
        command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
        let patience = self.told.patience;
        let place = || format!("functions-node {}", words.join(" "));
        tokio::time::timeout(patience, command.output())
            .await
            .map_err(|_| failure!(help = SLOW, "it has not ended after {} s", patience.as_secs()))
            .wrap_err_with(place)?
            .map_err(|error| not_started(&self.told.program, error, Path::new(NULL)))
            .wrap_err_with(place)
    }

    /// Lets go of its ports, which are held for it until it starts: for a verb that takes them itself.
    pub fn free_ports(&mut self) {
        self.reserved.clear();
    }

    /// Takes its ports again, unless somebody else has meanwhile.
    pub(crate) fn hold_ports(&mut self) {
        self.reserved = [self.net, self.admin, self.gateway]
            .into_iter()
            .filter_map(|at| TcpListener::bind(at).ok())
            .collect();
    }

    /// Starts it on whatever it left on disk.
    ///
    /// # Errors
    /// When the program does not start.
    pub fn start(&mut self) -> Result<()> {
        self.starts += 1;
        self.free_ports();
        let config = self.config();
        let args = [OsStr::new("run"), OsStr::new("--config"), config.as_os_str()];
        let name = format!("node {}", self.index);
        let (process, _) = Process::spawn(&name, &self.told.program, &args, &self.log(), false)?;
        self.process = Some(process);
        Ok(())
    }

    /// Where it listens for the other members.
    pub const fn net(&self) -> SocketAddr {
        self.net
    }

    /// Its process, while it has one.
    pub const fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    /// Whether it was started and has not been ended since, as far as is known.
    pub const fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Whether its process has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.check_alive().is_err())
    }

    /// Asks one of its operator pages; `None` when it does not answer.
    pub async fn page(&self, http: &reqwest::Client, path: &str) -> Option<reqwest::Response> {
        http.get(format!("http://{}/{path}", self.admin)).send().await.ok()
    }

    /// Whether it serves.
    ///
    /// # Errors
    /// When its process has ended.
    pub async fn is_ready(&mut self, http: &reqwest::Client) -> Result<bool> {
        if let Some(process) = &mut self.process {
            process.check_alive()?;
        }
        Ok(self.page(http, "ready").await.is_some_and(|answer| answer.status().is_success()))
    }

    /// What it says about a request; `None` when it knows nothing of it or does not answer.
    pub async fn request(&self, http: &reqwest::Client, id: RequestId) -> Option<RequestStatus> {
        if !self.is_running() {
            return None;
        }
        let answer = self.page(http, &format!("requests/{id}")).await?;
        if !answer.status().is_success() {
            return None;
        }
        answer.json().await.ok()
    }

    /// Waits until its process ends by itself; what it ended with. Never ends when there is none.
    pub async fn end(&mut self) -> functions_failure::Failure {
        let Some(process) = &mut self.process else { return std::future::pending().await };
        let end = process.end().await;
        self.process = None;
        end
    }

    /// Kills it without warning.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Asks it to end and waits until it has; what it ended with.
    ///
    /// # Errors
    /// When it does not run, or does not end in time.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        let process = self.process.take();
        let mut process =
            process.ok_or_else(|| failure!(help = "start it first", "node {} does not run", self.index))?;
        let patience = self.told.patience;
        tokio::time::timeout(patience, process.terminate()).await.map_err(|_| {
            let log = tail(&self.log(), 15);
            failure!(
                help = SEE_LOG,
                "node {} has not ended {} s after it was asked to\n{log}",
                self.index,
                patience.as_secs()
            )
        })?
    }

    /// Asks it to end, and kills it when it does not.
    pub async fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop().await;
        }
    }
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
        .wrap_err_with(|| format!("cannot write {}", path.display()))
}
