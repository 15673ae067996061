//! A whole network of processes on this machine: chain, contracts, nodes. Dropping it ends everything it started.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod proxy;

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use alloy::{
    primitives::{Address, B256, Bytes, I256, U256},
    sol_types::SolCall,
};
use functions_client::{
    Account, Addresses, Chain, Consumer, OracleConfig, Program, Request, System,
    abi::{Constructors, Coordinator},
    chain::Transaction,
    config::{billing_defaults, router_defaults},
    stylus,
};
use functions_node::chain::Rpc;
use functions_offchain_config::{Member, Method, OffchainConfig, Timing, VERSION};
use functions_types::{DonId, Juels, RequestId, SubscriptionId, limits::Limits};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

/// The account that owns contracts and subscription: public, funded on every development chain.
const OWNER_KEY: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
const DON: &str = "fun-test-1";
/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// Pause between two questions to a process.
const POLL: Duration = Duration::from_millis(50);

/// A program that ends with its handle.
struct Process(Child);

impl Process {
    fn kill(&mut self) {
        // SIGKILL; a process that ended already is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One node: its files, and its process while it runs.
pub(crate) struct Node {
    folder: PathBuf,
    admin: SocketAddr,
    net: SocketAddr,
    pub(crate) transmitter: Address,
    public: Value,
    process: Option<Process>,
    starts: u32,
}

/// How a network differs from a sound one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Setup {
    /// Waiting times.
    pub(crate) timing: Timing,
    /// Each node reaches the chain through an endpoint of its own.
    pub(crate) behind_proxies: bool,
    /// Each node knows the chain's own endpoint too, as the second.
    pub(crate) with_second_endpoint: bool,
    /// Transmitters have no ether.
    pub(crate) unfunded: bool,
    /// The last member's address is mistyped in the configuration.
    pub(crate) with_typo: bool,
}

/// The network.
pub(crate) struct Network {
    _chain_process: Process,
    rpc: Rpc,
    pub(crate) system: System,
    owner: Account,
    consumer: Address,
    subscription: SubscriptionId,
    pub(crate) nodes: Vec<Node>,
    /// The nodes' own endpoints, if they have some.
    pub(crate) proxies: Vec<proxy::Proxy>,
    http: reqwest::Client,
    folder: TempDir,
    rpc_url: String,
    _turn: MutexGuard<'static, ()>,
}

/// One network at a time: the machine has few cores.
static TURN: Mutex<()> = Mutex::const_new(());

fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_functions-node")).with_file_name(name);
    assert!(
        path.is_file(),
        "{} is missing; build it with: cargo build --profile node -p devchain -p functions-sandbox",
        path.display()
    );
    path
}

fn contract(name: &'static str) -> Program {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/contracts").join(name).with_extension("wasm");
    let wasm = fs::read(&path)
        .unwrap_or_else(|err| panic!("{}: {err}; build it with ./scripts/build-contracts", path.display()));
    Program::from_wasm(name, &wasm).expect("a contract")
}

/// A port nobody uses, outside the range that outgoing connections draw from: it stays free while its node is dead.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("below 10 000");
    for _ in 0..2_000 {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return listener.local_addr().expect("an address");
        }
    }
    panic!("no free port above {first}");
}

fn quoted(path: &Path) -> String {
    Value::from(path.display().to_string()).to_string()
}

impl Node {
    fn create(parent: &Path, index: usize, rpc_urls: &[String], router: Address) -> Self {
        let folder = parent.join(format!("node-{index}"));
        fs::create_dir(&folder).expect("a new folder");
        fs::write(folder.join("password"), format!("test-{index}")).expect("a file");
        let (admin, net) = (free_address(), free_address());
        let config = format!(
            "data_dir = {}\n[keys]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n\
             [chain]\nrpc_urls = {rpc_urls:?}\nchain_id = 412346\nrouter = \"{router}\"\ndon_id = \"{DON}\"\npoll_interval_ms = 50\n\
             [net]\nlisten = \"/ip4/{}/tcp/{}\"\n[admin]\nlisten = \"{admin}\"\n[log]\nlevel = \"info,functions_node=debug\"\n",
            quoted(&folder),
            net.ip(),
            net.port()
        );
        fs::write(folder.join("node.toml"), config).expect("a file");
        let output = Command::new(program("functions-node"))
            .args(["keygen", "--config"])
            .arg(folder.join("node.toml"))
            .output()
            .expect("keygen runs");
        assert!(output.status.success(), "keygen: {}", String::from_utf8_lossy(&output.stderr));
        let public: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let transmitter = public["transmitter"].as_str().expect("text").parse().expect("an address");
        Self { folder, admin, net, transmitter, public, process: None, starts: 0 }
    }

    /// Starts it on whatever it left on disk.
    pub(crate) fn start(&mut self) {
        self.starts += 1;
        let log = fs::File::create(self.folder.join(format!("log-{}", self.starts))).expect("a log file");
        let child = Command::new(program("functions-node"))
            .args(["run", "--config"])
            .arg(self.folder.join("node.toml"))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the node starts");
        self.process = Some(Process(child));
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Loses its journal.
    pub(crate) fn forget(&self) {
        for file in fs::read_dir(&self.folder).expect("its folder").flatten() {
            if file.file_name().to_string_lossy().starts_with("journal.sqlite") {
                fs::remove_file(file.path()).expect("removed");
            }
        }
    }

    /// SIGTERM; the exit status once it ended.
    pub(crate) fn terminate(&mut self) -> std::process::ExitStatus {
        let mut process = self.process.take().expect("it runs");
        let pid = process.0.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success());
        process.0.wait().expect("it ends")
    }

    fn address(&self, field: &str) -> Address {
        self.public[field].as_str().expect("text").parse().expect("an address")
    }

    fn member(&self) -> Member {
        let key = self.public["offchainPublicKey"].as_str().expect("text");
        Member {
            peer_id: self.public["peerId"].as_str().expect("text").to_owned(),
            addresses: vec![format!("/ip4/{}/tcp/{}", self.net.ip(), self.net.port())],
            offchain_public_key: key.parse::<B256>().expect("32 bytes").0,
        }
    }

    /// Runs another verb of the program on its configuration.
    pub(crate) fn verb(&self, words: &[&str]) -> std::process::Output {
        let split = words.iter().position(|word| word.starts_with("--")).unwrap_or(words.len());
        Command::new(program("functions-node"))
            .args(&words[..split])
            .arg("--config")
            .arg(self.folder.join("node.toml"))
            .args(&words[split..])
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .expect("the program runs")
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads its public keys again, after they changed.
    pub(crate) fn take_keys(&mut self, public: Value) {
        self.transmitter = public["transmitter"].as_str().expect("text").parse().expect("an address");
        self.public = public;
    }

    /// The last lines of all its logs.
    fn tail(&self) -> String {
        let mut text = String::new();
        for start in 1..=self.starts {
            let log = fs::read_to_string(self.folder.join(format!("log-{start}"))).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            text += &format!("--- {} start {start}\n", self.folder.display());
            text += &lines[lines.len().saturating_sub(40)..].join("\n");
            text.push('\n');
        }
        text
    }
}

impl Network {
    /// Four nodes, f = 1, ready, with a funded subscription and the timing given.
    pub(crate) async fn start(timing: Timing) -> Self {
        let network = Self::launch(Setup { timing, ..Setup::default() }).await;
        for index in 0..4 {
            network.wait_until_ready(index).await;
        }
        network
    }

    /// As [`Network::start`], set up otherwise and not waited for.
    pub(crate) async fn launch(setup: Setup) -> Self {
        let turn = TURN.lock().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new(program("devchain"))
            .args(["--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.path().join("devchain.log")).expect("a log file"))
            .spawn()
            .expect("the chain starts");
        let mut greeting = String::new();
        let stdout = child.stdout.take().expect("piped");
        let chain_process = Process(child);
        BufReader::new(stdout).read_line(&mut greeting).expect("a greeting");
        let greeting: Value = serde_json::from_str(&greeting).expect("JSON");
        let rpc_url = greeting["rpcUrl"].as_str().expect("text").to_owned();

        // This also installs the TLS implementation every client here uses.
        let rpc = Rpc::new(&[rpc_url.parse().expect("a URL")]).expect("a client");
        let chain = Chain::connect(&rpc_url).await.expect("the chain answers");
        let owner = Account::from_hex(OWNER_KEY).expect("a key");
        let (system, consumer) = deploy(&chain, &owner).await;
        let (mut nodes, mut proxies) = (Vec::new(), Vec::new());
        for index in 0..4 {
            let mut urls = Vec::new();
            if setup.behind_proxies {
                let proxy = proxy::Proxy::start(&rpc_url).await;
                urls.push(proxy.url.clone());
                proxies.push(proxy);
            }
            if !setup.behind_proxies || setup.with_second_endpoint {
                urls.push(rpc_url.clone());
            }
            nodes.push(Node::create(folder.path(), index, &urls, system.addresses.router));
        }
        configure(&system, &owner, &nodes, setup.timing, setup.with_typo).await;
        let subscription = system.create_subscription(&owner, consumer).await.expect("a subscription");
        let link = Juels::new(10 * Juels::PER_LINK).expect("an amount");
        system.fund_subscription(&owner, subscription, link).await.expect("funded");
        nodes.iter_mut().for_each(Node::start);
        let http =
            reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
        let network = Self {
            _chain_process: chain_process,
            rpc,
            system,
            owner,
            consumer,
            subscription,
            nodes,
            proxies,
            http,
            folder,
            rpc_url,
            _turn: turn,
        };
        if !setup.unfunded {
            network.fund().await;
        }
        network
    }

    /// Gives every transmitter an ether.
    pub(crate) async fn fund(&self) {
        for node in &self.nodes {
            let value = U256::from(10).pow(U256::from(18));
            let tx = Transaction { to: Some(node.transmitter), input: Bytes::new(), value, gas: None };
            self.system.chain.transact(&self.owner, "fund a transmitter", tx).await.expect("funded");
        }
    }

    /// Waits until a node's part of its status is as `is_so` wants it.
    pub(crate) async fn wait_for_status(&self, node: usize, what: &str, is_so: impl Fn(&Value) -> bool) {
        self.wait(&format!("node {node} to show {what}"), || async {
            let url = format!("http://{}/status", self.nodes[node].admin);
            let status: Value = self.http.get(url).send().await.ok()?.json().await.ok()?;
            is_so(&status["node"]).then_some(())
        })
        .await;
    }

    /// A node's metrics.
    pub(crate) async fn metrics(&self, node: usize) -> String {
        let url = format!("http://{}/metrics", self.nodes[node].admin);
        self.http.get(url).send().await.expect("an answer").text().await.expect("text")
    }

    /// Waits until a node is not ready for a reason with `words` in it.
    pub(crate) async fn wait_until_not_ready(&self, node: usize, words: &str) {
        self.wait(&format!("node {node} to be not ready: {words}"), || async {
            let url = format!("http://{}/ready", self.nodes[node].admin);
            let answer = self.http.get(url).send().await.ok()?;
            let is_unready = answer.status() == 503;
            (is_unready && answer.text().await.ok()?.contains(words)).then_some(())
        })
        .await;
    }

    /// Sets the configuration again with another timing, and waits until every node has taken it up.
    pub(crate) async fn reconfigure(&self, timing: Timing) {
        configure(&self.system, &self.owner, &self.nodes, timing, false).await;
        let details = self
            .system
            .chain
            .call(self.system.addresses.coordinator, &Coordinator::latestConfigDetailsCall {})
            .await
            .expect("the coordinator answers");
        let digest = details.configDigest.to_string();
        for (index, node) in self.nodes.iter().enumerate() {
            self.wait(&format!("node {index} to take up {digest}"), || async {
                let url = format!("http://{}/status", node.admin);
                let status: Value = self.http.get(url).send().await.ok()?.json().await.ok()?;
                (status["node"]["configDigest"] == digest.as_str()).then_some(())
            })
            .await;
            self.wait_until_ready(index).await;
        }
    }

    /// Sends a request whose script needs nothing from outside.
    pub(crate) async fn request(&self, source: &str) -> (RequestId, u64) {
        let request = Request {
            source: source.to_owned(),
            args: vec![],
            bytes_args: vec![],
            callback_gas_limit: 200_000,
        };
        let don = DonId::from_name(DON).expect("a name");
        let sent = self
            .system
            .send_request(&self.owner, Consumer::Stylus(self.consumer), self.subscription, don, &request)
            .await
            .expect("the request is accepted");
        (sent.id, sent.block)
    }

    /// Sends `count` requests that all lie in one block.
    pub(crate) async fn burst(&self, source: &str, count: usize) -> Vec<(RequestId, u64)> {
        let request = Request {
            source: source.to_owned(),
            args: vec![],
            bytes_args: vec![],
            callback_gas_limit: 200_000,
        };
        let don = DonId::from_name(DON).expect("a name");
        let consumer = Consumer::Stylus(self.consumer);
        let (what, input) =
            consumer.send_call(&request, self.subscription, don).expect("it can ask for that");
        let tx = Transaction { to: Some(self.consumer), input, value: U256::ZERO, gas: Some(3_000_000) };
        self.cheat("evm_setAutomine", (false,)).await;
        let mut hashes = Vec::new();
        for _ in 0..count {
            hashes.push(self.system.chain.submit(&self.owner, what, tx.clone()).await.expect("it is taken"));
        }
        self.cheat("evm_mine", ()).await;
        self.cheat("evm_setAutomine", (true,)).await;
        let mut sent = Vec::new();
        for hash in hashes {
            let receipt = self.system.chain.receipt(what, hash).await.expect("it is mined");
            let event: Coordinator::OracleRequest =
                Chain::event_in(&receipt, self.system.addresses.coordinator, what, "OracleRequest")
                    .expect("the request is accepted");
            sent.push((RequestId(event.requestId), receipt.block_number.expect("a block")));
        }
        sent
    }

    /// Makes `count` more nodes, with keys and without a process.
    pub(crate) fn add_nodes(&mut self, count: usize) {
        for _ in 0..count {
            let (index, router) = (self.nodes.len(), self.system.addresses.router);
            self.nodes.push(Node::create(
                self.folder.path(),
                index,
                std::slice::from_ref(&self.rpc_url),
                router,
            ));
        }
    }

    /// Makes the first `count` nodes the members.
    pub(crate) async fn set_members(&self, count: usize, timing: Timing) {
        configure(&self.system, &self.owner, &self.nodes[..count], timing, false).await;
        self.fund().await;
    }

    /// What a node shows about itself.
    pub(crate) async fn status(&self, node: usize) -> Value {
        self.wait(&format!("the status of node {node}"), || async move {
            let url = format!("http://{}/status", self.nodes[node].admin);
            self.http.get(url).send().await.ok()?.json().await.ok()
        })
        .await
    }

    /// A method of development chains.
    pub(crate) async fn cheat(&self, method: &'static str, params: impl serde::Serialize) -> Value {
        self.rpc.call(method, serde_json::to_value(params).expect("JSON")).await.expect("the chain knows it")
    }

    /// Waits until `node` shows the request in one of `states`; what it shows.
    pub(crate) async fn wait_for_state(&self, node: usize, id: RequestId, states: &[&str]) -> Value {
        self.wait(&format!("node {node} to show {states:?}"), || async move {
            let shown = self.shown(&self.nodes[node], id).await?;
            states.contains(&shown["state"].as_str()?).then_some(shown)
        })
        .await
    }

    /// Waits until `node` gives a reason with `words` in it for the request's waiting.
    pub(crate) async fn wait_for_reason(&self, node: usize, id: RequestId, words: &str) -> String {
        self.wait(&format!("node {node} to say {words:?}"), || async move {
            let shown = self.shown(&self.nodes[node], id).await?;
            shown["reason"].as_str().filter(|reason| reason.contains(words)).map(str::to_owned)
        })
        .await
    }

    /// Waits until some node has sent a transaction for the request; which.
    pub(crate) async fn wait_for_submission(&self, id: RequestId) -> usize {
        self.wait("a node to send", || async move {
            for (index, node) in self.nodes.iter().enumerate() {
                if self.shown(node, id).await.is_some_and(|shown| shown["state"] == "SUBMITTED") {
                    return Some(index);
                }
            }
            None
        })
        .await
    }

    /// Waits until the node takes part.
    pub(crate) async fn wait_until_ready(&self, node: usize) {
        self.wait(&format!("node {node} to be ready"), || self.is_ready(node)).await;
    }

    async fn shown(&self, node: &Node, id: RequestId) -> Option<Value> {
        let url = format!("http://{}/requests/{}", node.admin, id.0);
        self.http.get(url).send().await.ok()?.json().await.ok()
    }

    /// Waits until the chain shows the request settled.
    pub(crate) async fn wait_for_fulfillment(
        &self,
        id: RequestId,
        block: u64,
    ) -> functions_client::Fulfilled {
        self.wait("the fulfillment", || async move { self.system.fulfillment(id, block).await.ok()? }).await
    }

    /// Transactions that any node's transmitter ever had mined.
    pub(crate) async fn transmissions(&self) -> u64 {
        let mut sum = 0;
        for node in &self.nodes {
            sum += self.rpc.nonce(node.transmitter, "latest").await.expect("the chain answers");
        }
        sum
    }

    /// Waits until a node shows that its own transaction answered the request; which.
    pub(crate) async fn wait_for_paid_transmitter(&self, id: RequestId) -> usize {
        self.wait("a node to see its own transaction", || async move {
            for (index, node) in self.nodes.iter().enumerate() {
                let shown = self.shown(node, id).await;
                if shown.is_some_and(|shown| {
                    shown["transmission"]["byUs"] == true && !shown["includedBlock"].is_null()
                }) {
                    return Some(index);
                }
            }
            None
        })
        .await
    }

    async fn is_ready(&self, node: usize) -> Option<()> {
        let url = format!("http://{}/ready", self.nodes[node].admin);
        self.http.get(url).send().await.ok()?.status().is_success().then_some(())
    }

    /// Asks again and again until there is an answer.
    pub(crate) async fn wait<T, F: Future<Output = Option<T>>>(&self, what: &str, ask: impl Fn() -> F) -> T {
        let asking = async {
            let mut interval = tokio::time::interval(POLL);
            loop {
                interval.tick().await;
                if let Some(answer) = ask().await {
                    return answer;
                }
            }
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(answer) => answer,
            Err(_) => {
                let logs: String = self.nodes.iter().map(Node::tail).collect();
                let chain = fs::read_to_string(self.folder.path().join("devchain.log")).unwrap_or_default();
                panic!("waited in vain for {what}\n{logs}\n--- devchain\n{chain}");
            }
        }
    }
}

async fn deploy(chain: &Chain, owner: &Account) -> (System, Address) {
    let me = owner.address();
    let link = put(
        chain,
        owner,
        "link_token",
        &Constructors::linkTokenCall { owner: me, supply: U256::from(10).pow(U256::from(27)) },
    )
    .await;
    let feed = |decimals, answer: i64| Constructors::priceFeedCall {
        owner: me,
        decimals,
        answer: I256::try_from(answer).expect("small"),
    };
    let native = put(chain, owner, "price_feed", &feed(18, 5_000_000_000_000_000)).await;
    let usd = put(chain, owner, "price_feed", &feed(8, 1_500_000_000)).await;
    let call = Constructors::routerCall { owner: me, link, config: router_defaults() };
    let router = put(chain, owner, "router", &call).await;
    let call = Constructors::coordinatorCall {
        owner: me,
        router,
        config: billing_defaults(3),
        linkToNativeFeed: native,
        linkToUsdFeed: usd,
    };
    let coordinator = put(chain, owner, "coordinator", &call).await;
    let consumer =
        put(chain, owner, "consumer_example", &Constructors::consumerExampleCall { owner: me, router }).await;
    let system = System::new(chain.clone(), Addresses { link, router, coordinator });
    system.set_route(owner, DonId::from_name(DON).expect("a name")).await.expect("the route is set");
    (system, consumer)
}

async fn put(chain: &Chain, owner: &Account, name: &'static str, constructor: &impl SolCall) -> Address {
    let arguments = constructor.abi_encode().split_off(4);
    let deployed = stylus::deploy(chain, owner, stylus::STYLUS_DEPLOYER, &contract(name), &arguments).await;
    deployed.unwrap_or_else(|err| panic!("{name} is deployed: {err}")).address
}

async fn configure(system: &System, owner: &Account, nodes: &[Node], timing: Timing, with_typo: bool) {
    let offchain = OffchainConfig {
        members: nodes.iter().map(Node::member).collect(),
        timing,
        limits: Limits::DEFAULT,
        options: functions_types::limits::RunOptions::default(),
        method: Method::Mode,
    };
    let mut offchain = offchain.encode().expect("valid");
    if with_typo {
        // No tool of ours would send it: changed after the check, in the last member's address.
        let (right, wrong) = (b"/127.0.0.1/", b"/1.0.0.300/");
        let at = offchain.windows(right.len()).rposition(|part| part == right).expect("an address");
        offchain[at..at + wrong.len()].copy_from_slice(wrong);
    }
    let config = OracleConfig {
        signers: nodes.iter().map(|node| node.address("signer")).collect(),
        transmitters: nodes.iter().map(|node| node.transmitter).collect(),
        f: u8::try_from((nodes.len() - 1) / 3).expect("few nodes"),
        offchain_version: VERSION,
        offchain: offchain.into(),
    };
    system.set_config(owner, &config).await.expect("the configuration is set");
}
