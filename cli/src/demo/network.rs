//! A whole local network: chain, contracts, subscription, nodes. Dropping it leaves nothing running.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use alloy::primitives::U256;
use functions_client::{Account, Chain, Consumer, System};
use functions_types::limits::Profile;
use functions_types::{DonId, Juels, SubscriptionId};
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tempfile::TempDir;

use super::consumer::Kind;
use super::devchain::{ChainOptions, Devchain, dev_account};
use super::node::{Common, Home, Node};
use super::secrets_keys;
use crate::deploy::book::Book;
use crate::deploy::config::{Don, Plan, quorum};
use crate::deploy::path::{Path, Programs};
use crate::output::{self, Progress};
use crate::process::tail;

/// Name of the local DON.
pub(crate) const DON_NAME: &str = "fun-local-1";
/// How long nodes may take to be ready.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// Wei each transmitter gets: one ether.
const TRANSMITTER_WEI: u64 = 1_000_000_000_000_000_000;

/// What the network shall be.
pub(crate) struct Wanted {
    /// Limits and error texts of scripts.
    pub(crate) profile: Profile,
    /// Number of nodes, 4 to 31.
    pub(crate) nodes: usize,
    /// `HOST:PORT` pairs scripts may reach although private.
    pub(crate) allow_http: Vec<String>,
    /// Folder of the compiled contracts.
    pub(crate) contracts: PathBuf,
    /// Juels the subscription is funded with.
    pub(crate) funding: Juels,
    /// Gas the callback may use; a subscription of the local network gets the tier that allows it.
    pub(crate) callback_gas_limit: u32,
    /// The chain.
    pub(crate) chain: ChainOptions,
    /// The consumer.
    pub(crate) consumer: Kind,
    /// Creation code of the consumer, when it is a Solidity one.
    pub(crate) solidity: Option<Vec<u8>>,
}

/// The running network.
pub(crate) struct Network {
    /// Chain, as a process.
    pub(crate) devchain: Devchain,
    /// The contracts.
    pub(crate) system: System,
    /// Which consumer it is.
    pub(crate) kind: Kind,
    /// The consumer of the subscription.
    pub(crate) consumer: Consumer,
    /// The funded subscription.
    pub(crate) subscription: SubscriptionId,
    /// Owner of contracts and subscription.
    pub(crate) owner: Account,
    /// The DON.
    pub(crate) don: DonId,
    /// Faulty nodes tolerated.
    pub(crate) f: usize,
    /// The nodes.
    pub(crate) nodes: Vec<Node>,
    /// For the nodes' operator pages.
    pub(crate) http: reqwest::Client,
}

/// The folder of everything a network writes; removed on drop unless kept.
pub(crate) struct Folder(Option<TempDir>);

impl Folder {
    /// Makes it.
    pub(crate) fn create() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("functions-").tempdir().into_diagnostic()?;
        Ok(Self(Some(folder)))
    }

    /// Its place.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.0.as_ref().expect("taken only when kept").path()
    }

    /// Keeps it after a failure and shows the ends of its logs.
    pub(crate) fn keep(mut self, progress: &Progress) {
        let Some(folder) = self.0.take() else { return };
        let path = folder.keep();
        let mut logs: Vec<PathBuf> = std::fs::read_dir(&path)
            .map(|entries| entries.flatten().map(|e| e.path()).collect())
            .unwrap_or_default();
        logs.retain(|p| p.extension().is_some_and(|e| e == "log"));
        logs.sort();
        for log in logs {
            progress.step(tail(&log, 12));
        }
        progress.step(format!("everything is kept in {}", path.display()));
    }
}

impl Network {
    /// Brings everything up, until every node is ready and the subscription is funded.
    pub(crate) async fn start(wanted: &Wanted, folder: &Folder, progress: &Progress) -> Result<Self> {
        let programs = Programs::start(&wanted.contracts)?;
        let (devchain, chain) = Devchain::start(folder.path(), wanted.chain).await?;
        progress.step(format!("devchain at {}", devchain.greeting.rpc_url));
        let owner = dev_account(0);
        let don = DonId::from_name(DON_NAME).expect("the name is short ASCII");
        let common = Common {
            rpc_url: &devchain.greeting.rpc_url.clone(),
            chain_id: devchain.greeting.chain_id,
            don_id: DON_NAME,
            allow_http: &wanted.allow_http,
        };
        let homes = (0..wanted.nodes)
            .map(|index| Home::create(folder.path(), index, &common))
            .collect::<Result<Vec<_>>>()?;

        // Making keys and deploying take the longest; they need nothing of each other.
        let mut plan = Plan::local(don, quorum(wanted.nodes, (wanted.nodes - 1) / 3));
        plan.consumer = wanted.solidity.is_none();
        let mut book = Book::in_memory(chain.id(), owner.address());
        let path = Path { chain: &chain, owner: &owner, plan: &plan, programs: &programs, progress };
        let keys = async {
            let mut oracles = Vec::new();
            for oracle in futures::future::join_all(homes.iter().map(Home::keygen)).await {
                oracles.push(oracle?);
            }
            progress.step(format!("keys for {} nodes", oracles.len()));
            Ok::<_, miette::Report>(oracles)
        };
        let (oracles, system) = tokio::try_join!(keys, path.run(&mut book))?;
        let mut don_set = Don::new(oracles, None)?;
        don_set.options.profile = wanted.profile;
        path.configure(&mut book, &system, &don_set).await?;
        secrets_keys::publish(&chain, &owner, system.addresses.coordinator).await?;
        fund_transmitters(&chain, &owner, &don_set).await?;

        let router = system.addresses.router;
        let start_block = book.entries().start_block.unwrap_or_default();
        let mut nodes = Vec::new();
        for (home, oracle) in homes.into_iter().zip(&don_set.oracles) {
            home.configure(&common, router, start_block)?;
            nodes.push(home.start(oracle.transmitter)?);
        }
        progress.step(format!("{} node processes started", nodes.len()));

        let consumer = match &wanted.solidity {
            Some(code) => {
                let deployed =
                    Consumer::deploy_solidity(&chain, &owner, code, router).await.into_diagnostic()?;
                progress.step(format!("{} at {}", wanted.consumer.title(), deployed.address()));
                deployed
            }
            None => Consumer::Stylus(book.entries().consumer.expect("the plan says so")),
        };
        let http = functions_trust::http_client()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build()
            .into_diagnostic()?;
        let subscribe = async {
            let id = system.create_subscription(&owner, consumer.address()).await.into_diagnostic()?;
            system.fund_subscription(&owner, id, wanted.funding).await.into_diagnostic()?;
            let tiers = &plan.router.maxCallbackGasLimits;
            let fits = tiers.iter().position(|most| *most >= wanted.callback_gas_limit);
            let tier = fits.unwrap_or(tiers.len().saturating_sub(1));
            if let Some(tier) = u8::try_from(tier).ok().filter(|tier| *tier > 0) {
                system.set_callback_tier(&owner, id, tier).await.into_diagnostic()?;
            }
            progress.step(format!("subscription {id} holds {}", output::link(wanted.funding.get())));
            Ok::<_, miette::Report>(id)
        };
        let ready = wait_until_ready(&mut nodes, &http);
        let (subscription, ()) = tokio::try_join!(subscribe, ready)?;
        progress.step(format!("{} nodes are ready", nodes.len()));
        let f = usize::from(don_set.f);
        Ok(Self {
            devchain,
            system,
            kind: wanted.consumer,
            consumer,
            subscription,
            owner,
            don,
            f,
            nodes,
            http,
        })
    }

    /// Signatures a report needs.
    pub(crate) const fn quorum(&self) -> usize {
        quorum(self.nodes.len(), self.f)
    }

    /// Nodes still running.
    pub(crate) fn living(&self) -> usize {
        self.nodes.iter().filter(|node| !node.killed).count()
    }

    /// Tells of every node that ends, and what that means, for as long as the chain lives.
    ///
    /// # Errors
    /// When the chain ended: nothing is left to stay up for.
    pub(crate) async fn watch(&mut self, progress: &Progress) -> Result<()> {
        let (count, quorum) = (self.nodes.len(), self.quorum());
        loop {
            let living = self.nodes.iter_mut().filter(|node| !node.killed);
            let ends: Vec<_> = living.map(|node| Box::pin(node.end())).collect();
            let told = tokio::select! {
                end = self.devchain.end() => return Err(end.wrap_err("the chain is gone, and with it the network")),
                told = first(ends) => told,
            };
            progress.step(format!("{told:?}"));
            let left = self.living();
            progress.step(if left == 0 {
                "no node is left: requests time out. Interrupt (Ctrl-C) and start the demo again".to_owned()
            } else if left < quorum {
                format!("{left} of {count} nodes are left and a report needs {quorum} signatures: requests time out")
            } else {
                format!("{left} of {count} nodes are left, enough for a report of {quorum} signatures")
            });
        }
    }

    /// Ends every process, nodes first.
    pub(crate) async fn stop(&mut self) {
        futures::future::join_all(self.nodes.iter_mut().map(Node::stop)).await;
        self.devchain.stop().await;
    }
}

/// What the first of some futures gives; never anything when there are none.
async fn first<F: Future + Unpin>(futures: Vec<F>) -> F::Output {
    if futures.is_empty() {
        return std::future::pending().await;
    }
    futures::future::select_all(futures).await.0
}

async fn fund_transmitters(chain: &Chain, owner: &Account, don: &Don) -> Result<()> {
    let mut sent = Vec::new();
    let what = "fund a transmitter";
    for oracle in &don.oracles {
        let tx = functions_client::chain::Transaction {
            to: Some(oracle.transmitter),
            input: alloy::primitives::Bytes::new(),
            value: U256::from(TRANSMITTER_WEI),
            gas: None,
        };
        sent.push(chain.submit(owner, what, tx).await.into_diagnostic()?);
    }
    for hash in sent {
        chain.receipt(what, hash).await.into_diagnostic()?;
    }
    Ok(())
}

async fn wait_until_ready(nodes: &mut [Node], http: &reqwest::Client) -> Result<()> {
    let begin = Instant::now();
    loop {
        let mut waiting = Vec::new();
        for node in nodes.iter_mut() {
            if !node.is_ready(http).await? {
                waiting.push(node.index);
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if begin.elapsed() > READY_TIMEOUT {
            let log = tail(&nodes[waiting[0]].log, 15);
            return Err(miette!("{log}")).wrap_err_with(|| {
                format!("nodes {waiting:?} are not ready after {} s", READY_TIMEOUT.as_secs())
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
