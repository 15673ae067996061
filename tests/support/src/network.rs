//! A whole network of processes: [`functions_network::Network`] with what only tests want.

use std::fs;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::process::{ExitStatus, Output};

use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use functions_client::abi::{ConsumerExample, Coordinator};
use functions_client::chain::Transaction;
use functions_client::{Chain, Fulfilled, Request};
use functions_network::{ChainOptions, Folder, Wanted};
use functions_offchain_config::Timing;
use functions_types::cbor::DonHostedSecrets;
use functions_types::limits::Profile;
use functions_types::{Juels, RequestId, SubscriptionId};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::links::Links;
use crate::place;
use crate::postgres::Postgres;
use crate::proxy::Proxy;
use crate::schemas::Schemas;
use crate::wait::{PATIENCE, hears, until};

/// Name of the DON.
pub const DON: &str = "fun-test-1";
/// Juels the subscription is funded with: 10 LINK.
pub const FUNDING: Juels = Juels::new(10 * Juels::PER_LINK).expect("an amount");
/// Nodes of a network that is not asked for more.
const NODES: usize = 4;
/// Lines of each log that are shown when a test fails.
const LOG_LINES: usize = 40;
/// Gas of a request's transaction, when it is not estimated.
const REQUEST_GAS: u64 = 3_000_000;

/// How a network differs from a sound one.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How many nodes, 4 to 31.
    pub nodes: usize,
    /// Waiting times.
    pub timing: Timing,
    /// The members reach each other through [`Links`].
    pub behind_links: bool,
    /// Each node reaches the chain through an endpoint of its own.
    pub behind_proxies: bool,
    /// Each node knows the chain's own endpoint too, as the second.
    pub with_second_endpoint: bool,
    /// Transmitters have no ether.
    pub unfunded: bool,
    /// The last member's address is mistyped in the configuration.
    pub with_typo: bool,
    /// What scripts may reach on this machine.
    pub script_server: Option<SocketAddr>,
    /// The nodes make keys for secrets before they run.
    pub secrets: bool,
    /// Journals are files, whatever `DATABASE_URL` says: the test is about these.
    pub in_files: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            nodes: NODES,
            timing: Timing::default(),
            behind_links: false,
            behind_proxies: false,
            with_second_endpoint: false,
            unfunded: false,
            with_typo: false,
            script_server: None,
            secrets: false,
            in_files: false,
        }
    }
}

/// The network. Dropping it ends everything it started; when a test fails, its files stay and the ends of its logs are
/// shown.
pub struct Network {
    inner: functions_network::Network,
    /// The nodes' own endpoints, if they have some.
    pub proxies: Vec<Proxy>,
    /// What lies between the members, if anything does.
    pub links: Option<Links>,
    /// Where the journals are, if they are no files.
    schemas: Option<Schemas>,
    folder: Option<Folder>,
    _turn: MutexGuard<'static, ()>,
}

impl Deref for Network {
    type Target = functions_network::Network;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl DerefMut for Network {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            folder.keep(LOG_LINES, &|text| eprintln!("{text}"));
        }
    }
}

/// One network at a time: the machine has few cores.
static TURN: Mutex<()> = Mutex::const_new(());

impl Network {
    /// Four nodes, f = 1, ready, with a funded subscription and the timing given.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start(timing: Timing) -> Self {
        let network = Self::launch(Setup { timing, ..Setup::default() }).await;
        network.wait_until_all_ready().await;
        network
    }

    /// As [`Network::start`], set up otherwise and not waited for.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn launch(setup: Setup) -> Self {
        Self::launch_with(setup, if setup.in_files { None } else { Schemas::of_env() }).await
    }

    /// As [`Network::launch`], with the journals on this server.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn launch_on(server: &Postgres, setup: Setup) -> Self {
        Self::launch_with(setup, Some(Schemas::on(&server.url()))).await
    }

    async fn launch_with(setup: Setup, mut schemas: Option<Schemas>) -> Self {
        let turn = TURN.lock().await;
        let mut databases = Vec::new();
        if let Some(schemas) = &mut schemas {
            for _ in 0..setup.nodes {
                databases.push(schemas.make().await);
            }
        }
        let folder = Folder::create().expect("a temporary folder");
        let wanted = Wanted {
            programs: place::programs(),
            contracts: place::contracts(),
            don: DON.to_owned(),
            nodes: setup.nodes,
            profile: Profile::Default,
            timing: setup.timing,
            allow_http: setup.script_server.iter().map(ToString::to_string).collect(),
            poll_interval_ms: 50,
            hints: false,
            databases,
            secrets: setup.secrets,
            log_level: "info,functions_node=debug".to_owned(),
            funding: FUNDING,
            callback_gas_limit: 200_000,
            chain: ChainOptions::default(),
            solidity: None,
            patience: PATIENCE,
        };
        let prepared = functions_network::Network::prepare(&wanted, folder.path(), &|_| {}).await;
        let inner = prepared.unwrap_or_else(|error| panic!("the network comes up: {error:?}"));
        let (proxies, folder) = (Vec::new(), Some(folder));
        let mut network = Self { inner, proxies, links: None, schemas, folder, _turn: turn };
        if setup.behind_proxies {
            network.put_proxies_in_between(setup.with_second_endpoint).await;
        }
        if setup.behind_links {
            network.put_links_in_between(setup.timing).await;
        }
        if setup.with_typo {
            network.mistype_last_address(setup.timing).await;
        }
        if !setup.unfunded {
            network.fund().await;
        }
        network.start_nodes(&|_| {}).expect("the nodes start");
        network
    }

    async fn put_proxies_in_between(&mut self, with_second_endpoint: bool) {
        let rpc_url = self.devchain.greeting.rpc_url.clone();
        for node in 0..self.nodes.len() {
            let proxy = Proxy::start(&rpc_url).await;
            let second = with_second_endpoint.then(|| rpc_url.clone());
            self.nodes[node].told.rpc_urls = std::iter::once(proxy.url.clone()).chain(second).collect();
            self.nodes[node].configure().expect("written");
            self.proxies.push(proxy);
        }
    }

    async fn put_links_in_between(&mut self, timing: Timing) {
        let links = Links::start(self.nodes.iter().map(functions_network::Node::net)).await;
        for (node, door) in self.nodes.iter_mut().zip(links.doors()) {
            node.oracle.listen = format!("/ip4/{}/tcp/{}", door.ip(), door.port());
        }
        self.links = Some(links);
        let count = self.nodes.len();
        self.inner.set_members(count, timing).await.expect("the configuration is set");
    }

    /// No tool of ours would send it: changed after the check.
    async fn mistype_last_address(&self, timing: Timing) {
        let set = self.oracle_set(self.nodes.len(), timing).and_then(|set| set.oracle_config());
        let mut config = set.expect("a valid set");
        let (right, wrong) = (b"/127.0.0.1/", b"/1.0.0.300/");
        let mut bytes = config.offchain.to_vec();
        let at = bytes.windows(right.len()).rposition(|part| part == right).expect("an address");
        bytes[at..at + wrong.len()].copy_from_slice(wrong);
        config.offchain = bytes.into();
        self.contracts.set_config(&self.owner, &config).await.expect("the configuration is set");
    }

    // ---- nodes ----

    /// Starts a node on whatever it left on disk.
    ///
    /// # Panics
    /// When its program does not start.
    pub fn start_node(&mut self, node: usize) {
        self.nodes[node].start().unwrap_or_else(|error| panic!("node {node} starts: {error:?}"));
    }

    /// SIGKILL.
    pub async fn kill(&mut self, node: usize) {
        self.nodes[node].kill().await;
    }

    /// SIGTERM, once it hears it; the exit status once it ended.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn terminate(&mut self, node: usize) -> ExitStatus {
        if let Some(id) = self.nodes[node].process().and_then(|process| process.id()) {
            until(&format!("node {node} to hear SIGTERM"), async || hears(id)).await;
        }
        self.nodes[node].terminate().await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// SIGSTOP: it stands still until [`Self::thaw`].
    ///
    /// # Panics
    /// When it does not run.
    pub fn freeze(&self, node: usize) {
        self.nodes[node].process().expect("it runs").freeze();
    }

    /// SIGCONT.
    ///
    /// # Panics
    /// When it does not run.
    pub fn thaw(&self, node: usize) {
        self.nodes[node].process().expect("it runs").thaw();
    }

    /// Makes a node lose its journal.
    ///
    /// # Panics
    /// When it cannot be removed.
    pub async fn forget(&self, node: usize) {
        if let Some(schemas) = &self.schemas {
            return schemas.clear(node).await;
        }
        for file in fs::read_dir(self.nodes[node].folder()).expect("its folder").flatten() {
            if file.file_name().to_string_lossy().starts_with("journal.sqlite") {
                fs::remove_file(file.path()).expect("removed");
            }
        }
    }

    /// Runs another verb of a node's program on its configuration.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn verb(&self, node: usize, words: &[&str]) -> Output {
        self.nodes[node].verb(words).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Gives every transmitter an ether.
    ///
    /// # Panics
    /// When the chain refuses.
    pub async fn fund(&self) {
        self.fund_transmitters().await.expect("funded");
    }

    /// Makes `count` more nodes, with keys and without a process.
    ///
    /// # Panics
    /// When that fails.
    pub async fn add_nodes(&mut self, count: usize) {
        for _ in 0..count {
            let database = match &mut self.schemas {
                Some(schemas) => Some(schemas.make().await),
                None => None,
            };
            self.inner.add_node(database).await.expect("a node");
        }
    }

    /// Makes the first `count` nodes the members, and funds all.
    ///
    /// # Panics
    /// When the chain refuses.
    pub async fn change_members(&mut self, count: usize, timing: Timing) {
        self.inner.set_members(count, timing).await.expect("the configuration is set");
        self.fund().await;
    }

    /// Sets the configuration again with another timing, and waits until every node has taken it up.
    ///
    /// # Panics
    /// When one does not.
    pub async fn reconfigure(&mut self, timing: Timing) {
        let count = self.nodes.len();
        self.inner.set_members(count, timing).await.expect("the configuration is set");
        let coordinator = self.contracts.addresses.coordinator;
        let call = Coordinator::latestConfigDetailsCall {};
        let details = self.contracts.chain.call(coordinator, &call).await.expect("the coordinator answers");
        let digest = details.configDigest.to_string();
        for node in 0..count {
            let is_taken_up = |status: &Value| status["configDigest"] == digest.as_str();
            self.wait_for_status(node, &format!("the configuration {digest}"), is_taken_up).await;
            self.wait_until_ready(node).await;
        }
    }

    // ---- requests ----

    fn asking(&self, source: &str) -> Request {
        Request {
            source: source.to_owned(),
            args: vec![],
            bytes_args: vec![],
            secrets: None,
            callback_gas_limit: 200_000,
        }
    }

    /// Sends a request whose script needs nothing from outside; its id and block.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn request(&self, source: &str) -> (RequestId, u64) {
        let request = self.asking(source);
        let sent = self
            .contracts
            .send_request(&self.owner, self.consumer, self.subscription, self.don, &request)
            .await;
        let sent = sent.expect("the request is accepted");
        (sent.id, sent.block)
    }

    /// Sends a request that names secrets stored with the DON.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn request_with(&self, source: &str, secrets: DonHostedSecrets) -> (RequestId, u64) {
        self.request_of(self.subscription, source, secrets).await
    }

    /// The same at another subscription's cost.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn request_of(
        &self,
        subscription: SubscriptionId,
        source: &str,
        secrets: DonHostedSecrets,
    ) -> (RequestId, u64) {
        let request = self.asking(source).with_secrets(Some(secrets));
        let consumer = self.consumer;
        let sent = self.contracts.send_request(&self.owner, consumer, subscription, self.don, &request).await;
        let sent = sent.expect("the request is accepted");
        (sent.id, sent.block)
    }

    /// The same with secrets at URLs, which `sealed` holds encrypted to the DON key.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn request_at(&self, source: &str, sealed: Vec<u8>) -> (RequestId, u64) {
        let (_, input) =
            self.consumer.send_call(&self.asking(source), self.subscription, self.don).expect("a call");
        let mut call = ConsumerExample::sendRequestCall::abi_decode(&input).expect("the example's");
        call.encryptedSecretsUrls = sealed.into();
        let (to, input) = (Some(self.consumer.address()), call.abi_encode().into());
        let tx = Transaction { to, input, value: U256::ZERO, gas: None };
        let receipt = self.contracts.chain.transact(&self.owner, "ask", tx).await.expect("it is accepted");
        let coordinator = self.contracts.addresses.coordinator;
        let event: Coordinator::OracleRequest =
            Chain::event_in(&receipt, coordinator, "ask", "OracleRequest").expect("a request");
        (RequestId(event.requestId), receipt.block_number.expect("a block"))
    }

    /// Sends `count` requests that all lie in one block.
    ///
    /// # Panics
    /// When one is refused.
    pub async fn burst(&self, source: &str, count: usize) -> Vec<(RequestId, u64)> {
        let call = self.consumer.send_call(&self.asking(source), self.subscription, self.don);
        let (what, input) = call.expect("it can ask for that");
        let to = Some(self.consumer.address());
        let tx = Transaction { to, input, value: U256::ZERO, gas: Some(REQUEST_GAS) };
        self.cheat("evm_setAutomine", (false,)).await;
        let mut hashes = Vec::new();
        for _ in 0..count {
            hashes
                .push(self.contracts.chain.submit(&self.owner, what, tx.clone()).await.expect("it is taken"));
        }
        self.cheat("evm_mine", ()).await;
        self.cheat("evm_setAutomine", (true,)).await;
        let mut sent = Vec::new();
        for hash in hashes {
            let receipt = self.contracts.chain.receipt(what, hash).await.expect("it is mined");
            let event: Coordinator::OracleRequest =
                Chain::event_in(&receipt, self.contracts.addresses.coordinator, what, "OracleRequest")
                    .expect("the request is accepted");
            sent.push((RequestId(event.requestId), receipt.block_number.expect("a block")));
        }
        sent
    }

    // ---- the chain ----

    /// A method of development chains.
    ///
    /// # Panics
    /// When the chain does not know it.
    pub async fn cheat(&self, method: &'static str, params: impl serde::Serialize) -> Value {
        self.contracts.chain.cheat(method, params).await.expect("the chain knows it")
    }

    /// Transactions that any node's transmitter ever had mined.
    ///
    /// # Panics
    /// When the chain does not answer.
    pub async fn transmissions(&self) -> u64 {
        self.inner.transmissions().await.expect("the chain answers")
    }

    /// Waits until the chain shows the request settled.
    ///
    /// # Panics
    /// When it is not.
    pub async fn wait_for_fulfillment(&self, id: RequestId, block: u64) -> Fulfilled {
        until(&format!("the fulfillment of {id}"), async || {
            match self.contracts.fulfillment(id, block).await {
                Ok(Some(fulfilled)) => Ok(fulfilled),
                Ok(None) => Err(format!("none; the nodes show {}", self.states(id).await.join(", "))),
                Err(error) => Err(error.to_string()),
            }
        })
        .await
    }

    /// Waits until all are settled, each with the script's own result, which ends in `byte`.
    ///
    /// # Panics
    /// When one is not.
    pub async fn wait_for_results(&self, requests: &[(RequestId, u64)], byte: u8) {
        for &(id, block) in requests {
            let fulfilled = self.wait_for_fulfillment(id, block).await;
            let error = String::from_utf8_lossy(&fulfilled.error).into_owned();
            assert_eq!((fulfilled.result_code, error.as_str()), (0, ""), "request {id}");
            assert_eq!(fulfilled.response.last(), Some(&byte));
        }
    }
}

#[cfg(test)]
mod tests {
    use devchain::DEV_ACCOUNTS;
    use functions_network::{DEV_KEYS, dev_account};

    #[test]
    fn accounts_everybody_knows_are_those_of_the_chain() {
        assert!(DEV_KEYS.len() <= DEV_ACCOUNTS.len());
        for (index, known) in DEV_ACCOUNTS.iter().enumerate().take(DEV_KEYS.len()) {
            assert_eq!(dev_account(index).address(), known.address);
        }
    }
}
