//! Whether the node can see and act: the chain is read, the database takes writes, the transmitter can pay.
//!
//! Each part is looked at by a task of its own, with a time limit, so that one that hangs hides nothing of the others.
//! What is found goes to the node's status ([`Part`]) and the metrics; nothing here changes what the engine does.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use alloy::primitives::{U256, utils::format_ether};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::{
    admin::{Kind, Metrics, NodeStatus, Part},
    chain::{Batch, Pace, Rpc, RpcFailure},
    config::ChainSection,
    journal::Journal,
    transmit::Funds,
};

/// Pause between two looks at what the chain's watcher reported.
const CHAIN_EVERY: Duration = Duration::from_millis(500);
/// Without a successful look for so long, or for some polls, the chain is out of sight.
const CHAIN_LIMIT: Duration = Duration::from_secs(5);
const CHAIN_POLLS: u32 = 4;
/// Pause between two probes of the database, and how long one may take.
const DATABASE_EVERY: Duration = Duration::from_secs(3);
const DATABASE_LIMIT: Duration = Duration::from_secs(5);
/// Pause between two looks at the transmitter's ether.
const ETHER_EVERY: Duration = Duration::from_secs(15);
/// Gas of a report with an ordinary callback.
const REPORT_GAS: u64 = 1_000_000;

/// What the chain's watcher saw last.
#[derive(Debug)]
pub struct Looks {
    inner: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    trouble: Option<String>,
    pace: Pace,
}

impl Default for Looks {
    fn default() -> Self {
        Self { inner: Mutex::new(Seen { at: Instant::now(), trouble: None, pace: Pace::default() }) }
    }
}

impl Looks {
    /// One look of the watcher.
    pub fn note(&self, look: Result<&Batch, &RpcFailure>) {
        let (mut seen, now) = (self.lock(), Instant::now());
        match look {
            Ok(batch) => {
                seen.at = now;
                seen.trouble = None;
                seen.pace.saw(batch.head.height(), batch.head.is_empty, now);
            }
            Err(err) => seen.trouble = Some(err.to_string()),
        }
    }

    /// A word of the chain outside the watcher, before it runs.
    pub fn heard(&self) {
        self.lock().at = Instant::now();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        // A panic while plain values are written leaves them whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with the sight of the chain, and the head's age.
    fn judge(&self, config: &ChainSection, now: Instant) -> (Option<String>, Duration) {
        let seen = self.lock();
        let age = seen.pace.age(now).unwrap_or_default();
        let unseen = now.duration_since(seen.at);
        let limit =
            CHAIN_LIMIT.max(Duration::from_millis(config.poll_interval_ms).saturating_mul(CHAIN_POLLS));
        if unseen > limit {
            let why = seen.trouble.as_deref().unwrap_or("no look at it came to an end");
            return (Some(format!("the chain has not been read for {} s: {why}", unseen.as_secs())), age);
        }
        let limit = match config.max_head_age_seconds {
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => seen.pace.limit(),
        };
        let stale = limit.filter(|limit| age > *limit).map(|limit| {
            format!(
                "the chain's head has not moved for {} s, at most {} s are usual: the endpoints stand still",
                age.as_secs(),
                limit.as_secs()
            )
        });
        (stale, age)
    }
}

/// Everything that is looked at.
pub struct Vitals {
    /// The endpoints.
    pub rpc: Arc<Rpc>,
    /// What the watcher saw.
    pub looks: Arc<Looks>,
    /// Durable state.
    pub journal: Journal,
    /// The transmitter's account.
    pub funds: Arc<Funds>,
    /// Limits.
    pub config: ChainSection,
    /// Where findings go.
    pub status: watch::Sender<NodeStatus>,
    /// Where figures go.
    pub metrics: Arc<Metrics>,
}

impl Vitals {
    /// Looks again and again. Never returns.
    pub async fn run(self) {
        let endpoints = async {
            self.rpc.met().await;
            tokio::join!(self.rpc.monitor(), self.ether());
        };
        tokio::join!(endpoints, self.chain(), self.database());
    }

    async fn chain(&self) {
        loop {
            let (unseen, age) = self.looks.judge(&self.config, Instant::now());
            let trouble = unseen.or_else(|| self.rpc.contradiction());
            let endpoints = self.rpc.view();
            self.metrics.describe_endpoints(&endpoints);
            let seconds = age.as_secs();
            self.metrics.head_age_seconds.set(i64::try_from(seconds).unwrap_or(i64::MAX));
            self.status.send_modify(|status| {
                status.endpoints = endpoints;
                status.head_age_seconds = seconds;
            });
            self.report(Part::Chain, trouble);
            sleep(CHAIN_EVERY).await;
        }
    }

    async fn database(&self) {
        let report = |trouble: Option<String>| {
            let words = |why| format!("the journal's database takes no writes: {why}");
            self.report(Part::Database, trouble.map(words));
        };
        loop {
            let mut probe = pin!(self.journal.probe());
            match timeout(DATABASE_LIMIT, &mut probe).await {
                Ok(answer) => report(answer.err().map(|err| err.to_string())),
                Err(_) => {
                    report(Some(format!("no answer within {} s", DATABASE_LIMIT.as_secs())));
                    // Another probe would only take another connection from those who write.
                    report(probe.await.err().map(|err| err.to_string()));
                }
            }
            sleep(DATABASE_EVERY).await;
        }
    }

    async fn ether(&self) {
        loop {
            // Trouble with the endpoints is the chain's part and leaves what was known.
            if let Ok(wei) = self.funds.wei(ETHER_EVERY / 2).await {
                self.metrics.transmitter_ether.set(wei_as_ether(wei));
                self.status.send_modify(|status| status.transmitter_wei = Some(wei));
                if let Ok(head) = self.rpc.agreed_head().await {
                    let price = head.base_fee_per_gas.unwrap_or_default() * U256::from(2);
                    let report = price * U256::from(REPORT_GAS);
                    let reserve = report * U256::from(self.config.ether_reserve_reports);
                    let trouble = (wei < reserve).then(|| {
                        format!(
                            "the transmitter {} has {} ether, a reserve of {} is wanted: send it some",
                            self.status.borrow().transmitter,
                            format_ether(wei),
                            format_ether(reserve)
                        )
                    });
                    self.report(Part::Ether, trouble);
                }
            }
            let is_short = self.status.borrow().is_troubled(Part::Ether);
            let pause = if is_short { ETHER_EVERY / 3 } else { ETHER_EVERY };
            tokio::select! {
                () = sleep(pause) => {}
                () = self.funds.other() => {}
            }
        }
    }

    fn report(&self, part: Part, trouble: Option<String>) {
        self.metrics.troubles.get_or_create(&Kind::of(part.name())).set(i64::from(trouble.is_some()));
        let was_troubled = self.status.borrow().is_troubled(part);
        match &trouble {
            Some(reason) if !was_troubled => tracing::warn!(part = part.name(), %reason, "not ready"),
            None if was_troubled => tracing::info!(part = part.name(), "ready again"),
            _ => {}
        }
        self.status.send_if_modified(|status| {
            let before = status.clone();
            status.set_trouble(part, trouble);
            *status != before
        });
    }
}

/// For a gauge; the exact figure is in `/status`.
fn wei_as_ether(wei: U256) -> f64 {
    f64::from(wei) / 1e18
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Address;
    use sqlx::Connection as _;

    /// Waits until the status says, or no longer says, that the database is in trouble.
    async fn wait(status: &mut watch::Receiver<NodeStatus>, troubled: bool) {
        let wait = status.wait_for(|status| status.is_troubled(Part::Database) == troubled);
        timeout(Duration::from_secs(60), wait).await.expect("in time").expect("vitals live");
    }

    #[tokio::test]
    async fn a_database_that_takes_no_writes_is_trouble_until_it_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/j.sqlite", folder.path().display());
        let journal = Journal::open(&url).await.expect("a journal");
        let config = crate::config::Config::parse(
            "data_dir = \"d\"\n[keys]\nkeystore = \"k\"\npassword_file = \"p\"\n[chain]\nrpc_urls = [\"http://127.0.0.1:1\"]\n\
             chain_id = 1\nrouter = \"0x0000000000000000000000000000000000000001\"\ndon_id = \"d\"\n[net]\nlisten = \"/ip4/127.0.0.1/tcp/1\"\n",
            "node.toml",
            folder.path(),
        )
        .expect("a configuration");
        let rpc = Arc::new(Rpc::new(&config.chain.rpc_urls).expect("a client"));
        let (status, mut view) = watch::channel(NodeStatus::default());
        let vitals = Vitals {
            funds: Arc::new(Funds::new(rpc.clone(), Address::ZERO)),
            rpc: rpc.clone(),
            looks: Arc::new(Looks::default()),
            journal,
            config: config.chain,
            status,
            metrics: Arc::new(Metrics::new()),
        };
        let task = tokio::spawn(vitals.run());
        // Given somebody who holds the database,
        let mut other = sqlx::AnyConnection::connect(&url).await.expect("a connection");
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("held");
        wait(&mut view, true).await;
        assert!(view.borrow().waiting_for().is_some_and(|reason| reason.contains("takes no writes")));
        // then letting go of it ends the trouble.
        sqlx::query("ROLLBACK").execute(&mut other).await.expect("let go");
        wait(&mut view, false).await;
        // Nobody has found out yet which chain is meant, so no endpoint was asked about it.
        let endpoint = &rpc.view()[0];
        assert_eq!((endpoint.answers, endpoint.failures), (0, 0), "{endpoint:?}");
        task.abort();
    }

    #[test]
    fn the_chain_is_out_of_sight_when_no_look_succeeds() {
        let config: ChainSection = toml::from_str(
            "rpc_urls = []\nchain_id = 1\nrouter = \"0x0000000000000000000000000000000000000001\"\ndon_id = \"d\"",
        )
        .expect("a section");
        let (looks, now) = (Looks::default(), Instant::now());
        assert_eq!(looks.judge(&config, now).0, None, "a start is no trouble yet");
        let failure = RpcFailure::RangeTooLarge("no".into());
        looks.note(Err(&failure));
        assert_eq!(looks.judge(&config, now).0, None);
        let (trouble, _) = looks.judge(&config, now + CHAIN_LIMIT + Duration::from_secs(2));
        let words = trouble.expect("trouble");
        assert!(words.contains("has not been read for") && words.contains("refuses the range"), "{words}");
        looks.heard();
        assert_eq!(looks.judge(&config, Instant::now()).0, None);
    }
}
