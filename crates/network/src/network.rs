//! A whole local network: chain, contracts, subscription, nodes. Dropping it leaves nothing running.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use alloy::primitives::{Address, Bytes, U256};
use functions_client::amount::link;
use functions_client::chain::Transaction;
use functions_client::{Account, Consumer, Contracts};
use functions_deploy::{Book, Deployment, Don, Plan, Programs, Say};
use functions_failure::{OrHelp as _, Result, WrapErr as _, failure, of_words};
use functions_offchain_config::Timing;
use functions_types::limits::Profile;
use functions_types::members::{most_faulty, quorum};
use functions_types::{DonId, Juels, SubscriptionId};

use crate::devchain::{ChainOptions, Devchain, dev_account};
use crate::node::{Node, Told};
use crate::process::{SEE_LOG, tail};
use crate::secrets_keys;

/// Pause between two looks at nodes that are not ready yet.
const LOOK: Duration = Duration::from_millis(50);
/// Wei a transmitter gets: one ether.
const TRANSMITTER_WEI: u64 = 1_000_000_000_000_000_000;

/// What the network shall be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Folder of the programs `devchain`, `functions-node` and `functions-sandbox`.
    pub programs: PathBuf,
    /// Folder of the compiled contracts.
    pub contracts: PathBuf,
    /// Name of the DON.
    pub don: String,
    /// Number of nodes, 4 to 31.
    pub nodes: usize,
    /// Limits and error texts of scripts.
    pub profile: Profile,
    /// How long members wait for each other.
    pub timing: Timing,
    /// `HOST:PORT` pairs scripts may reach although private.
    pub allow_http: Vec<String>,
    /// How often a node looks at the chain, in milliseconds.
    pub poll_interval_ms: u64,
    /// Whether the chain tells nodes of new logs, so that they look at once.
    pub hints: bool,
    /// URLs of the nodes' journals, by their index; a file in its folder where there is none.
    pub databases: Vec<String>,
    /// What the nodes log.
    pub log_level: String,
    /// Juels the subscription is funded with.
    pub funding: Juels,
    /// Gas the callback may use; a subscription of the local network gets the tier that allows it.
    pub callback_gas_limit: u32,
    /// Whether the nodes make keys for secrets before they run: seconds, the more the more nodes.
    pub secrets: bool,
    /// The chain.
    pub chain: ChainOptions,
    /// The consumer, when it is not this repository's example.
    pub solidity: Option<Solidity>,
    /// How long a program may take to do what it is started for.
    pub patience: Duration,
}

/// A consumer for the EVM.
#[derive(Clone, Debug)]
pub struct Solidity {
    /// What it is, for people.
    pub title: String,
    /// Its creation code, without the constructor's argument, which is the Router.
    pub code: Vec<u8>,
}

/// The network.
pub struct Network {
    /// Chain, as a process.
    pub devchain: Devchain,
    /// The contracts.
    pub contracts: Contracts,
    /// The consumer of the subscription.
    pub consumer: Consumer,
    /// The funded subscription.
    pub subscription: SubscriptionId,
    /// Owner of contracts and subscription.
    pub owner: Account,
    /// The DON.
    pub don: DonId,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// For the nodes' operator pages.
    pub http: reqwest::Client,
    folder: PathBuf,
    profile: Profile,
    /// Members of the oracle set and how many may be faulty.
    members: (usize, usize),
}

impl Network {
    /// Brings everything up, until every node is ready.
    ///
    /// # Errors
    /// As [`Self::prepare`], and when a node does not come up.
    pub async fn start(wanted: &Wanted, folder: &Path, say: Say<'_>) -> Result<Self> {
        let mut network = Self::prepare(wanted, folder, say).await?;
        network.fund_transmitters().await?;
        network.start_nodes(say)?;
        network.wait_until_ready(wanted.patience).await?;
        say(&format!("{} nodes are ready", network.nodes.len()));
        Ok(network)
    }

    /// Brings up the chain and everything on it, and makes the nodes, which neither run nor have ether.
    ///
    /// # Errors
    /// When a program or a contract is missing, does not start, or is refused.
    pub async fn prepare(wanted: &Wanted, folder: &Path, say: Say<'_>) -> Result<Self> {
        let programs = Programs::start(&wanted.contracts)?;
        let program = wanted.programs.join("devchain");
        let (devchain, chain) = Devchain::start(&program, folder, wanted.chain, wanted.patience).await?;
        say(&format!("devchain at {}", devchain.greeting.rpc_url));
        let owner = dev_account(0);
        let don = DonId::parse(&wanted.don).or_help("take a name of 1 to 31 bytes")?;
        let told = Told {
            program: wanted.programs.join("functions-node"),
            rpc_urls: vec![devchain.greeting.rpc_url.clone()],
            ws_urls: wanted.hints.then(|| devchain.greeting.ws_url.clone()).into_iter().collect(),
            chain_id: devchain.greeting.chain_id,
            router: Address::repeat_byte(1), // none yet; it takes no part in making keys
            start_block: 0,
            don_id: wanted.don.clone(),
            poll_interval_ms: wanted.poll_interval_ms,
            database: None,
            allow_http: wanted.allow_http.clone(),
            log_level: wanted.log_level.clone(),
            patience: wanted.patience,
        };

        // Making keys and deploying take the longest; they need nothing of each other.
        let mut plan = Plan::local(don, quorum(wanted.nodes, most_faulty(wanted.nodes)));
        plan.consumer = wanted.solidity.is_none();
        let mut book = Book::in_memory(chain.id(), owner.address());
        let deployment = Deployment { chain: &chain, owner: &owner, plan: &plan, programs: &programs, say };
        let keys = async {
            let told = |index| Told { database: wanted.databases.get(index).cloned(), ..told.clone() };
            let making = (0..wanted.nodes).map(|index| Node::create(folder, index, told(index)));
            let nodes = futures::future::try_join_all(making).await?;
            say(&format!("keys for {} nodes", nodes.len()));
            Ok::<_, functions_failure::Failure>(nodes)
        };
        let (mut nodes, contracts) = tokio::try_join!(keys, deployment.run(&mut book))?;
        for node in &mut nodes {
            node.told.router = contracts.addresses.router;
            node.told.start_block = book.entries().start_block.unwrap_or_default();
            node.configure()?;
        }
        let consumer = match &wanted.solidity {
            Some(Solidity { title, code }) => {
                let deployed = Consumer::deploy_solidity(&chain, &owner, code, contracts.addresses.router);
                let deployed = deployed.await?;
                say(&format!("{title} at {}", deployed.address()));
                deployed
            }
            None => Consumer::Stylus(book.entries().consumer.expect("the plan says so")),
        };
        let http =
            functions_trust::http_client().no_proxy().timeout(Duration::from_secs(5)).build().or_help(
                "this machine lets no HTTP client be made: look at SSL_CERT_FILE and SSL_CERT_DIR",
            )?;
        let mut network = Self {
            devchain,
            contracts,
            consumer,
            subscription: SubscriptionId::default(),
            owner,
            don,
            nodes,
            http,
            folder: folder.to_owned(),
            profile: wanted.profile,
            members: (0, 0),
        };
        network.set_members(wanted.nodes, wanted.timing).await?;
        say(&format!("oracle configuration of {} members, f = {}", wanted.nodes, network.members.1));
        if wanted.secrets {
            network.make_secrets_keys().await?;
            say("the nodes made keys for secrets");
        }
        network.subscription = network.subscribe(wanted, &plan.router.maxCallbackGasLimits).await?;
        say(&format!("subscription {} holds {}", network.subscription, link(wanted.funding.get())));
        Ok(network)
    }

    /// Has the members, which do not run, make keys for secrets, and sets them in the Coordinator.
    ///
    /// # Errors
    /// When a member makes none, or the Coordinator refuses.
    pub async fn make_secrets_keys(&mut self) -> Result<()> {
        let made = secrets_keys::make(&mut self.nodes[..self.members.0]).await?;
        let (chain, coordinator) = (&self.contracts.chain, self.contracts.addresses.coordinator);
        secrets_keys::publish(chain, &self.owner, coordinator, &made).await
    }

    /// Opens a subscription for the consumer, with what it needs.
    async fn subscribe(&self, wanted: &Wanted, tiers: &[u32]) -> Result<SubscriptionId> {
        let (contracts, owner) = (&self.contracts, &self.owner);
        let id = contracts.create_subscription(owner, self.consumer.address()).await?;
        contracts.fund_subscription(owner, id, wanted.funding).await?;
        let fits = tiers.iter().position(|most| *most >= wanted.callback_gas_limit);
        let tier = fits.unwrap_or(tiers.len().saturating_sub(1));
        if let Some(tier) = u8::try_from(tier).ok().filter(|tier| *tier > 0) {
            contracts.set_callback_tier(owner, id, tier).await?;
        }
        Ok(id)
    }

    /// Makes one more node, with its journal at `database`, which neither runs nor is a member.
    ///
    /// # Errors
    /// As [`Node::create`].
    pub async fn add_node(&mut self, database: Option<String>) -> Result<()> {
        let index = self.nodes.len();
        let mut told = self.nodes[0].told.clone();
        told.rpc_urls = vec![self.devchain.greeting.rpc_url.clone()];
        told.database = database;
        self.nodes.push(Node::create(&self.folder, index, told).await?);
        Ok(())
    }

    /// The oracle set of the first `count` nodes.
    ///
    /// # Errors
    /// When that is no possible set.
    pub fn oracle_set(&self, count: usize, timing: Timing) -> Result<Don> {
        let oracles = self.nodes.iter().take(count).map(|node| node.oracle.clone()).collect();
        let mut don = Don::new(oracles, None)?;
        don.timing = timing;
        don.options.profile = self.profile;
        // The published toolkit makes no others, and here it is to be tried.
        don.allow_unbound_secrets = true;
        Ok(don)
    }

    /// Makes the first `count` nodes the members.
    ///
    /// # Errors
    /// As [`Self::oracle_set`], and when the Coordinator refuses.
    pub async fn set_members(&mut self, count: usize, timing: Timing) -> Result<()> {
        let don = self.oracle_set(count, timing)?;
        let what = "set the oracle configuration";
        let set = self.contracts.set_config(&self.owner, &don.oracle_config()?).await;
        set.wrap_err(what)?;
        self.members = (count, don.f.into());
        Ok(())
    }

    /// Gives every transmitter one ether.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn fund_transmitters(&self) -> Result<()> {
        let (chain, what) = (&self.contracts.chain, "fund a transmitter");
        let mut sent = Vec::new();
        for node in &self.nodes {
            let value = U256::from(TRANSMITTER_WEI);
            let tx = Transaction { to: Some(node.oracle.transmitter), input: Bytes::new(), value, gas: None };
            sent.push(chain.submit(&self.owner, what, tx).await?);
        }
        for hash in sent {
            chain.receipt(what, hash).await?;
        }
        Ok(())
    }

    /// Starts the process of every node.
    ///
    /// # Errors
    /// When one does not start.
    pub fn start_nodes(&mut self, say: Say<'_>) -> Result<()> {
        for node in &mut self.nodes {
            node.start()?;
        }
        say(&format!("{} node processes started", self.nodes.len()));
        Ok(())
    }

    /// Waits until every node is ready.
    ///
    /// # Errors
    /// When a process ends, or not all are ready in time; with the end of a log.
    pub async fn wait_until_ready(&mut self, patience: Duration) -> Result<()> {
        let begin = Instant::now();
        loop {
            let mut waiting = Vec::new();
            for node in &mut self.nodes {
                if !node.is_ready(&self.http).await? {
                    waiting.push(node.index);
                }
            }
            let Some(&first) = waiting.first() else { return Ok(()) };
            if begin.elapsed() > patience {
                let log = tail(&self.nodes[first].log(), 15);
                return Err(failure!(help = of_words(&log).unwrap_or(SEE_LOG), "{log}")).wrap_err_with(
                    || format!("nodes {waiting:?} are not ready after {} s", patience.as_secs()),
                );
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Signatures a report needs.
    pub const fn quorum(&self) -> usize {
        quorum(self.members.0, self.members.1)
    }

    /// Nodes still running.
    pub fn living(&self) -> usize {
        self.nodes.iter().filter(|node| node.is_running()).count()
    }

    /// Transactions that any node's transmitter ever had mined.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn transmissions(&self) -> Result<u64> {
        let mut sum = 0;
        for node in &self.nodes {
            sum += self.contracts.chain.nonce(node.oracle.transmitter).await?;
        }
        Ok(sum)
    }

    /// Tells of every node that ends, and what that means, for as long as the chain lives.
    ///
    /// # Errors
    /// When the chain ended: nothing is left to stay up for.
    pub async fn watch(&mut self, say: Say<'_>) -> Result<()> {
        let (count, quorum) = (self.nodes.len(), self.quorum());
        loop {
            let ends: Vec<_> = self.nodes.iter_mut().map(|node| Box::pin(node.end())).collect();
            let told = tokio::select! {
                end = self.devchain.end() => return Err(end.wrap_err("the chain is gone, and with it the network")),
                (told, ..) = futures::future::select_all(ends) => told,
            };
            say(&format!("{told:?}"));
            let left = self.living();
            say(&if left == 0 {
                "no node is left: requests time out. Interrupt (Ctrl-C) and start the demo again".to_owned()
            } else if left < quorum {
                format!(
                    "{left} of {count} nodes are left and a report needs {quorum} signatures: requests time out"
                )
            } else {
                format!("{left} of {count} nodes are left, enough for a report of {quorum} signatures")
            });
        }
    }

    /// Ends every process, nodes first.
    pub async fn stop(&mut self) {
        futures::future::join_all(self.nodes.iter_mut().map(Node::stop)).await;
        self.devchain.stop().await;
    }
}
