//! Building the node, running it, and letting it go.
//!
//! The order of a start: journal, admin server, chain, configuration, runner, peers, engine. What is missing on the
//! chain (route or configuration) is waited for; what is wrong with the operator's side ends the start with a message.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use alloy::primitives::Address;
use eyre::{Result, WrapErr, bail, eyre};
use functions_types::abi::Coordinator::ConfigSet;
use oracle_keys::Keystore;
use oracle_runner::{Runner, RunnerConfig};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
    time::sleep,
};

use crate::{
    admin::{self, AdminState, Metrics, NodeStatus},
    chain::{self, Backoff, Contact, CursorConfig, LogCursor, Rpc, WantedChain},
    config::Config,
    don::{Don, DonError, Identity},
    engine::{Engine, Parts, Stop, Streams},
    executor::{self, Executor, Recordings},
    gateway,
    journal::{Journal, memory_file},
    keys, memory,
    peers::{self, Peers},
    programs,
    secrets::Shown,
    signer::NodeSigner,
    transmit::{Funds, TransmitConfig, Transmitter},
    vault::Vault,
    vitals::{Looks, Vitals},
};

/// Batches of logs waiting for the engine.
const BATCH_QUEUE: usize = 4;
/// How often listening is tried again, and how long apart: two seconds in all.
const LISTEN_ATTEMPTS: u32 = 20;
const LISTEN_PAUSE: Duration = Duration::from_millis(100);

/// Pause between two looks for a configuration with this node in it.
const MEMBERSHIP_PAUSE: Duration = Duration::from_secs(2);

/// Runs the node until `stop` turns true.
///
/// # Errors
/// What the operator must correct, in words.
pub async fn run(config: Config, stop: watch::Receiver<bool>) -> Result<()> {
    let (unlocked, _hold) = keys::open_and_hold(&config.keys)?;
    for loose in keys::loose_files(&config.keys) {
        tracing::warn!("{loose}: run `chmod 600` on it, and think of who may have read it");
    }
    if let Some(words) = keys::weak_password(&config.keys) {
        tracing::warn!("{words}; stop the node and run `functions-node keys password`");
    }
    peers::listen_address(&config.net)?;
    let identity = keys::identity(&unlocked);
    tracing::info!(signer = %identity.signer, transmitter = %identity.transmitter, peer_id = %identity.peer_id, "keys unlocked");
    std::fs::create_dir_all(&config.data_dir)
        .wrap_err_with(|| format!("data_dir {} cannot be made", config.data_dir.display()))?;
    let metrics = Arc::new(Metrics::new());
    let journal = Journal::open(&config.database.url).await?.counting(metrics.journal_commits.clone());
    let mut first_status = NodeStatus {
        peer_id: identity.peer_id.clone(),
        signer: identity.signer,
        transmitter: identity.transmitter,
        ..NodeStatus::default()
    };
    first_status.set_stage(Some("the chain".to_owned()));
    let (status, status_view) = watch::channel(first_status);
    let listener = admin::bind(config.admin.listen).await.wrap_err_with(|| {
        format!("admin.listen {} cannot be bound; choose a free port", config.admin.listen)
    })?;
    let state = AdminState {
        journal: journal.clone(),
        status: status_view,
        metrics: metrics.clone(),
        hosts: config.admin.allow_hosts.clone().into(),
    };
    let mut stop_admin = stop.clone();
    let server = tokio::spawn(admin::serve(listener, state, async move {
        // Serving ends with the node.
        let _ = stop_admin.wait_for(|stop| *stop).await;
    }));
    let rpc = Rpc::configured(&config.chain.rpc_urls, &config.chain);
    let rpc = Arc::new(rpc.wrap_err("the HTTP client cannot be built")?);
    let funds = Arc::new(Funds::new(rpc.clone(), identity.transmitter));
    let looks = Arc::new(Looks::default());
    let node = Node { config, keys: unlocked, identity, journal, metrics, status, rpc, funds, looks, stop };
    let vitals = tokio::spawn(node.vitals().run());
    let result = node.serve().await;
    vitals.abort();
    node.journal.close().await;
    server.abort();
    result
}

/// Beginning of the reason to wait when the Router does not know the DON.
const NO_ROUTE: &str = "a route: the Router has none for DON";

/// What the chain says about the DON.
enum Look {
    /// Coordinator, configuration, its block, and the keys for secrets.
    Found(Address, Box<ConfigSet>, u64, Shown),
    /// The Router does not know the DON.
    NoRoute,
    /// The coordinator has no configuration since the first block searched.
    NoConfig,
}

struct Node {
    config: Config,
    keys: Arc<Keystore>,
    identity: Identity,
    journal: Journal,
    metrics: Arc<Metrics>,
    status: watch::Sender<NodeStatus>,
    rpc: Arc<Rpc>,
    funds: Arc<Funds>,
    looks: Arc<Looks>,
    stop: watch::Receiver<bool>,
}

impl Node {
    fn vitals(&self) -> Vitals {
        Vitals {
            rpc: self.rpc.clone(),
            looks: self.looks.clone(),
            journal: self.journal.clone(),
            funds: self.funds.clone(),
            config: self.config.chain.clone(),
            status: self.status.clone(),
            metrics: self.metrics.clone(),
        }
    }

    async fn serve(&self) -> Result<()> {
        let sandbox = executor::sandbox_path(self.config.runner.sandbox.as_deref())?;
        self.check_chain().await?;
        if *self.stop.borrow() {
            return Ok(());
        }
        let Some(remembers_since) = self.remember().await? else { return Ok(()) };
        loop {
            let Some((don, config_block)) = self.wait_for_don().await? else { return Ok(()) };
            self.claim_journal().await?;
            let runner = Arc::new(self.start_runner(&sandbox, &don).await?);
            let stopped = self.serve_don(don, config_block, remembers_since, runner.clone()).await;
            match Arc::try_unwrap(runner) {
                Ok(runner) => runner.shutdown().await,
                // An execution still holds it; it ends with the process.
                Err(_) => tracing::debug!("a script is still running"),
            }
            match stopped? {
                Stop::Asked => {
                    tracing::info!("stopped; the journal has what is unfinished");
                    return Ok(());
                }
                Stop::Reconfigured => tracing::info!("starting again under the new configuration"),
            }
        }
    }

    /// Waits for an endpoint of the configured chain. Which chain it is, by the hash of one block, is in the journal
    /// from the first contact on; no other is taken for it later.
    async fn check_chain(&self) -> Result<()> {
        let chain = &self.config.chain;
        let name = identity_claim(chain.identity_block);
        let stored = self.journal.claimed(&name).await?.and_then(|text| text.parse().ok());
        let wanted = WantedChain::configured(chain, stored);
        let mut backoff = Backoff::default();
        loop {
            match self.rpc.connect(&wanted).await {
                Contact::Found(hash) => {
                    self.looks.heard();
                    return Ok(self.journal.claim(&name, &hash.to_string()).await?);
                }
                Contact::Foreign(said) => bail!(
                    "no endpoint of chain.rpc_urls serves the chain of this node ({said}); correct chain.chain_id or \
                     chain.rpc_urls, or start with an empty journal when the chain itself was made anew"
                ),
                Contact::NotYet(why) => {
                    self.metrics.rpc_failures.inc();
                    let reason = format!("the chain ({why})");
                    tracing::warn!(%reason, "waiting");
                    self.status.send_modify(|status| status.set_stage(Some(reason)));
                    if !self.pause(backoff.next_pause()).await {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// From when on everything these keys say is remembered, in unix seconds of the chain: found out before there is a
    /// configuration to speak under. `None` when asked to stop meanwhile.
    async fn remember(&self) -> Result<Option<u64>> {
        let mut backoff = Backoff::default();
        let head_seconds: u64 = loop {
            match self.rpc.agreed_head().await {
                Ok(head) => break head.timestamp.to(),
                Err(err) => {
                    self.metrics.rpc_failures.inc();
                    tracing::warn!(%err, "waiting for the chain");
                }
            }
            if !self.pause(backoff.next_pause()).await {
                return Ok(None);
            }
        };
        let signer = self.identity.signer.to_string();
        // Another node's journal is refused before these keys are tied to it.
        self.journal.claim("signer", &signer).await?;
        let from_now = memory::starts_to_remember(head_seconds);
        let file = memory_file(&self.config.keys.keystore);
        if let Some(reason) = self.journal.tie_to_keys(&file, &signer, from_now).await? {
            tracing::warn!(%reason, "the journal does not hold all these keys have said");
        }
        Ok(Some(self.journal.start_remembering(&signer, from_now).await?))
    }

    /// Ties the journal to what the chain has confirmed; nothing is written to it before.
    async fn claim_journal(&self) -> Result<()> {
        self.journal.claim("chain id", &self.config.chain.chain_id.to_string()).await?;
        self.journal.claim("router", &self.config.chain.router.to_string()).await?;
        self.journal.claim("signer", &self.identity.signer.to_string()).await?;
        Ok(())
    }

    /// Waits for a route and a configuration, and gives it with its block; `None` when asked to stop.
    /// A configuration without this node is waited out; one with other keys at its place is an error.
    async fn wait_for_don(&self) -> Result<Option<(Don, u64)>> {
        let poll = Duration::from_millis(self.config.chain.poll_interval_ms);
        let mut backoff = Backoff::default();
        let mut said = String::new();
        loop {
            let (reason, wait) = match self.look_for_config().await {
                Ok(Look::Found(coordinator, event, block, shown)) => {
                    let chain_id = self.config.chain.chain_id;
                    let identity = self.identity.as_configured(&event);
                    self.looks.heard();
                    match Don::from_event(&event, chain_id, coordinator, &identity) {
                        Ok(mut don) => {
                            tracing::info!(index = don.me.get(), n = don.roster.n(), f = don.roster.f(), digest = %event.configDigest, "configuration read");
                            let standing = shown.judge(&self.identity.secrets_keys, &event.configDigest);
                            self.status.send_modify(|status| status.secrets_keys = Some(standing.name()));
                            standing.tell()?;
                            don.secrets_keys = standing;
                            return Ok(Some((don, block)));
                        }
                        // Membership is the owner's to change; the node takes part as soon as it is one.
                        Err(err @ DonError::NotAMember(_)) => {
                            (format!("membership: {err}"), poll.max(MEMBERSHIP_PAUSE))
                        }
                        Err(err) => return Err(err.into()),
                    }
                }
                // Finding names that are alike takes many questions: it is done once.
                Ok(Look::NoRoute) if said.starts_with(NO_ROUTE) => {
                    self.looks.heard();
                    (said.clone(), poll)
                }
                Ok(Look::NoRoute) => {
                    self.looks.heard();
                    let remedy = chain::unknown_don(&self.rpc, &self.config.chain).await;
                    (format!("{NO_ROUTE} {}; {remedy}", self.config.chain.don_id), poll)
                }
                Ok(Look::NoConfig) => {
                    self.looks.heard();
                    ("the coordinator's configuration".to_owned(), poll)
                }
                Err(err) => {
                    self.metrics.rpc_failures.inc();
                    let reason = programs::stopped(&err).unwrap_or_else(|| format!("the chain ({err})"));
                    (reason, backoff.next_pause())
                }
            };
            if said != reason {
                tracing::warn!(%reason, "waiting");
                said.clone_from(&reason);
                self.status.send_modify(|status| status.set_stage(Some(reason)));
            }
            if !self.pause(wait).await {
                return Ok(None);
            }
        }
    }

    async fn look_for_config(&self) -> Result<Look, chain::RpcFailure> {
        let chain = &self.config.chain;
        let Some(coordinator) = chain::coordinator_of(&self.rpc, chain.router, chain.don_id.0).await? else {
            return Ok(Look::NoRoute);
        };
        let Some(digest) = chain::config_digest(&self.rpc, coordinator).await? else {
            return Ok(Look::NoConfig);
        };
        let found =
            chain::find_config(&self.rpc, coordinator, digest, chain.start_block, chain.max_log_range)
                .await?;
        let Some((event, block)) = found else { return Ok(Look::NoConfig) };
        let shown = Shown::ask(&self.rpc, coordinator).await?;
        Ok(Look::Found(coordinator, Box::new(event), block, shown))
    }

    async fn start_runner(&self, sandbox: &Path, don: &Don) -> Result<Runner> {
        let config = RunnerConfig {
            refuse_http: self.own_addresses(),
            memory_bytes: don.offchain.limits.memory_bytes,
            ..self.config.runner.config(sandbox.to_owned())?
        };
        let runner = Runner::start(config).await.wrap_err("the script runner does not start")?;
        let layers: BTreeMap<_, _> = runner.layers().iter().cloned().collect();
        self.metrics.describe_sandbox(&layers);
        self.status.send_modify(|status| {
            status.runtime_hash = Some(runner.runtime_hash().into());
            status.sandbox = layers;
        });
        Ok(runner)
    }

    /// What no script may ever reach, whatever the allow list says.
    fn own_addresses(&self) -> Vec<String> {
        let rpc = self
            .config
            .chain
            .rpc_urls
            .iter()
            .filter_map(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
        rpc.chain([self.config.admin.listen.to_string()]).collect()
    }

    /// Listens; after a change of the configuration the earlier listener may take a moment to be gone.
    async fn start_peers(&self, don: &Don) -> Result<Peers> {
        let mut left = LISTEN_ATTEMPTS;
        loop {
            match Peers::start(&self.keys, &self.config.net, don).await {
                Err(err) if left > 0 => {
                    tracing::debug!(err = format!("{err:#}"), "the peer network is tried again");
                    left -= 1;
                    sleep(LISTEN_PAUSE).await;
                }
                started => return started,
            }
        }
    }

    async fn serve_don(
        &self,
        don: Don,
        config_block: u64,
        silent_before: u64,
        runner: Arc<Runner>,
    ) -> Result<Stop> {
        let chain = &self.config.chain;
        let poll_interval = Duration::from_millis(chain.poll_interval_ms);
        let peers = self.start_peers(&don).await?;
        let transmit = TransmitConfig {
            chain_id: chain.chain_id,
            router: chain.router,
            coordinator: don.coordinator,
            delta_stage: don.delta_stage(),
            poll_interval,
            confirmations: chain.request_confirmations,
            max_gas_price_wei: chain.max_gas_price_wei(),
        };
        let wallet =
            self.keys.wallet_of(don.transmitter).ok_or_else(|| eyre!("the transmitter's key is gone"))?;
        if self.journal.start_account(don.transmitter).await? {
            tracing::warn!(transmitter = %don.transmitter, "reports are sent from another account than before");
        }
        self.funds.follow(don.transmitter).await;
        let (transmitter, notes) =
            Transmitter::new(self.rpc.clone(), self.journal.clone(), wallet, self.funds.clone(), transmit);
        if silent_before > 0 {
            tracing::warn!(
                requests_before = silent_before,
                "this journal is younger than the keys: the node leaves older requests to its peers, for these keys may have spoken about them"
            );
        }
        let first_block =
            self.journal.cursor(&don.coordinator.to_string()).await?.unwrap_or(chain.start_block);
        let cursor = LogCursor::new(
            self.rpc.clone(),
            CursorConfig {
                coordinator: don.coordinator,
                router: chain.router,
                confirmations: chain.exec_confirmations,
                max_range: chain.max_log_range,
                first_block,
                finality: chain.finality,
            },
        );
        let (sender, batches) = mpsc::channel(BATCH_QUEUE);
        let contracts = vec![("router", chain.router), ("coordinator", don.coordinator)];
        let lifetimes = tokio::spawn(programs::watch(self.rpc.clone(), contracts, self.metrics.clone()));
        let (failures, looks) = (self.metrics.clone(), self.looks.clone());
        looks.heard();
        let wake = Arc::new(Notify::new());
        let mut listeners = JoinSet::new();
        for url in &chain.ws_urls {
            let (contracts, metrics) = (vec![chain.router, don.coordinator], self.metrics.clone());
            let on_hint = move || {
                metrics.chain_hints.inc();
            };
            listeners.spawn(chain::hints::listen(url.clone(), contracts, wake.clone(), on_hint));
        }
        let watcher = tokio::spawn(chain::watch(cursor, poll_interval, wake, sender, move |look| {
            if look.is_err() {
                failures.rpc_failures.inc();
            }
            looks.note(look);
        }));
        self.status.send_modify(|status| {
            status.index = Some(don.me.get());
            status.transmitter = don.transmitter;
            status.config_digest = Some(don.roster.config_digest());
            status.f = u8::try_from(don.roster.f()).unwrap_or(u8::MAX);
            status.n = don.roster.n();
            status.coordinator = Some(don.coordinator);
            status.silent_before = (silent_before > 0).then_some(silent_before);
            status.set_stage(Some("peers".to_owned()));
        });
        let recordings =
            Recordings::new(self.config.data_dir.join("transcripts"), self.config.runner.transcripts);
        let slots = self.config.runner.max_concurrent;
        let (limits, options) = (don.offchain.limits.clone(), don.offchain.options);
        let vault =
            Vault::of(&don, chain.chain_id, &self.keys, &self.journal, peers.voice(), runner.fetcher())
                .await?;
        let executor = Executor::new(runner, limits, options, recordings, slots)
            .with_vault(vault.clone(), don.secrets_keys);
        if let Some(vault) = &vault {
            let (keys, rpc, metrics) = (self.keys.clone(), self.rpc.clone(), &*self.metrics);
            let (don_id, router, config) = (chain.don_id.to_string(), chain.router, &self.config.gateway);
            let parts = gateway::Parts { don: &don, don_id, keys, rpc, router, config, metrics };
            listeners.spawn(gateway::start(parts, vault).await.map_err(|words| eyre!(words))?);
        }
        let parts = Parts {
            signer: NodeSigner::new(self.keys.clone(), self.metrics.signature_seconds.clone()),
            silent_before,
            known_block: config_block,
            first_block,
            max_waiting: self.config.runner.max_waiting,
            journal: self.journal.clone(),
            keep_ms: self.config.database.retention_days * 24 * 3_600_000,
            executor,
            vault,
            transmitter,
            transmitter_account: don.transmitter,
            router: chain.router,
            don_id: chain.don_id.0,
            peers,
            metrics: self.metrics.clone(),
            status: self.status.clone(),
            don,
        };
        let streams = Streams { batches, notes, stop: self.stop.clone() };
        let stopped = Engine::run(parts, streams).await;
        watcher.abort();
        lifetimes.abort();
        self.status.send_modify(|status| status.set_stage(Some("the engine to start again".to_owned())));
        stopped.map_err(|err| eyre!(err))
    }

    /// Waits; false when asked to stop meanwhile.
    async fn pause(&self, wait: Duration) -> bool {
        let mut stop = self.stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => false,
            () = sleep(wait) => true,
        }
    }
}

/// The journal's name for the hash of the identity block. Another block is another property: its hash has nothing to do
/// with the one stored.
#[must_use]
pub fn identity_claim(block: u64) -> String {
    format!("hash of block {block}")
}
