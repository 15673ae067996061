//! `functions bench load`: more requests than the network can answer at once, and what became of each.
//!
//! Requests come at a rate, or all in one block. The script is trivial and always answers, so everything else that is
//! billed is the network's fault: then the verb fails. Whatever is not answered by its timeout is timed out on chain,
//! and the subscription's balance is checked to the last juel.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use alloy::primitives::{B256, U256};
use functions_client::chain::Transaction;
use functions_client::{Account, Consumer, Request};
use functions_network::{Network, Wanted};
use functions_types::Commitment;
use functions_types::abi::{Coordinator, Router};
use miette::{IntoDiagnostic, Result, miette};
use serde_json::json;

use super::{deploy_consumers, percentile};
use crate::demo::MEMBERS;
use crate::output::Progress;

/// Gas of a request's transaction, far above its need.
const REQUEST_GAS: u64 = 3_000_000;
/// How often the chain is asked what it has done.
const LOOK: Duration = Duration::from_millis(250);
/// How long a request may stay open after its timeout before it is timed out, in seconds.
const AFTER_TIMEOUT_SECONDS: u64 = 5;
/// A request that is not on chain so long after the last one was refused.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Requests timed out at once: as many as the client puts into one transaction.
const TIMEOUTS_AT_ONCE: usize = 20;
/// The script's answer.
const ANSWER: u64 = 42;

/// What is offered.
#[derive(clap::Args, Debug)]
pub(super) struct Load {
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// Requests offered a second
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rate: u32,
    /// For how many seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// Instead: so many requests in one block
    #[arg(long, value_name = "N", conflicts_with_all = ["rate", "seconds"], value_parser = clap::value_parser!(u32).range(1..=1_000))]
    burst: Option<u32>,
    /// Seconds between blocks; 0: a block for every transaction
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=60))]
    block_time: u64,
    /// Kill half of the nodes when the load begins, and start them again after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=250))]
    down: Option<u32>,
    /// Number of oracle nodes
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(MEMBERS))]
    pub(super) nodes: u8,
    /// Folder of the compiled contracts
    #[arg(long, value_name = "DIR")]
    pub(super) contracts: Option<std::path::PathBuf>,
}

impl Load {
    /// The figures as text or JSON, as asked for.
    pub(super) fn show(&self, figures: &Figures) -> String {
        if self.json { figures.json().to_string() } else { figures.text() }
    }
}

/// A request that the chain took.
struct Open {
    commitment: Commitment,
    sent_at: Instant,
}

/// What became of all requests.
pub(super) struct Figures {
    offered: u64,
    seconds: f64,
    taken: usize,
    answered: usize,
    /// Billed although the script has an answer, by the first word of what was billed.
    billed: HashMap<String, usize>,
    timed_out: usize,
    paid: u64,
    transactions: u64,
    latency_ms: Vec<u64>,
}

/// Offers the load and follows every request to its end.
pub(super) async fn measure(
    options: &Load,
    wanted: &Wanted,
    network: &mut Network,
    progress: &Progress,
) -> Result<Figures> {
    let consumers = deploy_consumers(network, wanted, super::MAX_CONSUMERS).await?;
    let contracts = network.contracts.clone();
    let balance = contracts.subscription(network.subscription).await.into_diagnostic()?.balance;
    let (first_block, nonces) =
        (contracts.chain.block_number().await.into_diagnostic()?, network.transmissions().await?);
    let killed: Vec<usize> = (0..network.nodes.len() / 2).collect();
    if options.down.is_some() {
        for &index in &killed {
            network.nodes[index].kill().await;
        }
        progress.step(format!("nodes {killed:?} are down"));
    }

    let begin = Instant::now();
    let sent_at = match options.burst {
        Some(count) => {
            progress.step(format!("{count} requests in one block"));
            cheat(network, "evm_setAutomine", (false,)).await?;
            let hashes = offer(network, &consumers, count, None, progress).await?;
            cheat(network, "evm_mine", ()).await?;
            interval(network, options.block_time).await?;
            hashes
        }
        None => {
            progress.step(format!("{} requests a second for {} s", options.rate, options.seconds));
            interval(network, options.block_time).await?;
            offer(network, &consumers, options.rate * options.seconds, Some(options.rate), progress).await?
        }
    };
    let seconds = begin.elapsed().as_secs_f64();
    let mut run = Run { first_block, sent_at, open: HashMap::new(), figures: Figures::of(options, seconds) };
    let mut charged = U256::ZERO;
    let mut restart_at = options.down.map(|down| begin + Duration::from_secs(down.into()));
    let (mut said, mut taken_at) = (Instant::now(), Instant::now());
    loop {
        if restart_at.is_some_and(|at| Instant::now() >= at) {
            restart_at = None;
            for &index in &killed {
                network.nodes[index].start()?;
            }
            progress.step(format!("nodes {killed:?} are started again"));
        }
        let taken = run.figures.taken;
        charged += run.look(network).await?;
        if run.figures.taken > taken {
            taken_at = Instant::now();
        }
        let all_taken = run.figures.taken >= run.sent_at.len() || taken_at.elapsed() > TAKEN_WITHIN;
        if run.open.is_empty() && all_taken {
            break;
        }
        run.time_out(network, &network.owner).await?;
        if said.elapsed() > Duration::from_secs(10) {
            said = Instant::now();
            progress.step(format!("{} answered, {} open", run.figures.latency_ms.len(), run.open.len()));
        }
        tokio::time::sleep(LOOK).await;
    }
    // What came second is still on its way.
    tokio::time::sleep(Duration::from_secs(3 * options.block_time + 3)).await;
    let mut figures = run.figures;
    figures.transactions = network.transmissions().await? - nonces;
    let left = contracts.subscription(network.subscription).await.into_diagnostic()?;
    if !left.blockedBalance.is_zero() || U256::from(left.balance) + charged != U256::from(balance) {
        return Err(miette!(
            "the subscription held {balance} juels, was charged {charged} and holds {} with {} blocked",
            left.balance,
            left.blockedBalance
        ));
    }
    figures.latency_ms.sort_unstable();
    Ok(figures)
}

struct Run {
    first_block: u64,
    sent_at: HashMap<B256, Instant>,
    open: HashMap<B256, Open>,
    figures: Figures,
}

impl Run {
    /// Reads what the chain did since the last look; returns what was charged.
    async fn look(&mut self, network: &Network) -> Result<U256> {
        let (chain, addresses) = (&network.contracts.chain, &network.contracts.addresses);
        let next = chain.block_number().await.into_diagnostic()? + 1;
        if next <= self.first_block {
            return Ok(U256::ZERO);
        }
        let from = self.first_block;
        let requests = chain.events::<Coordinator::OracleRequest>(addresses.coordinator, from, None);
        for (event, log) in requests.await.into_diagnostic()? {
            let hash = log.transaction_hash.unwrap_or_default();
            if let Some(&sent_at) =
                self.sent_at.get(&hash).filter(|_| log.block_number.is_some_and(|at| at < next))
            {
                self.figures.taken += 1;
                self.open.insert(event.requestId, Open { commitment: event.commitment.into(), sent_at });
            }
        }
        let mut charged = U256::ZERO;
        let processed = chain.events::<Router::RequestProcessed>(addresses.router, from, None);
        for (event, log) in processed.await.into_diagnostic()? {
            if log.block_number.is_none_or(|at| at >= next) {
                continue;
            }
            let Some(open) = self.open.remove(&event.requestId) else { continue };
            charged += U256::from(event.totalCostJuels);
            self.figures.paid += 1;
            self.figures.latency_ms.push(open.sent_at.elapsed().as_millis() as u64);
            if event.err.is_empty() && event.response == U256::from(ANSWER).to_be_bytes_vec() {
                self.figures.answered += 1;
            } else {
                let text = String::from_utf8_lossy(&event.err).into_owned();
                let word = text.split_whitespace().next().unwrap_or("another result").to_owned();
                *self.figures.billed.entry(word).or_default() += 1;
            }
        }
        let ended = chain.events::<Router::RequestTimedOut>(addresses.router, from, None);
        for (event, log) in ended.await.into_diagnostic()? {
            if log.block_number.is_some_and(|at| at < next) && self.open.remove(&event.requestId).is_some() {
                self.figures.timed_out += 1;
            }
        }
        self.first_block = next;
        Ok(charged)
    }

    /// Gives up what is open after its timeout. One that is answered meanwhile makes the others wait for the next try.
    async fn time_out(&self, network: &Network, from: &Account) -> Result<()> {
        let now = network.contracts.chain.now().await.into_diagnostic()?;
        let is_late =
            |open: &&Open| u64::from(open.commitment.timeout_timestamp) + AFTER_TIMEOUT_SECONDS < now;
        let late: Vec<Commitment> =
            self.open.values().filter(is_late).take(TIMEOUTS_AT_ONCE).map(|open| open.commitment).collect();
        if !late.is_empty() {
            // A refusal means that one of them was answered; the next look shows it.
            let _ = network.contracts.subscriptions().time_out(from, &late).await;
        }
        Ok(())
    }
}

impl Figures {
    fn of(options: &Load, seconds: f64) -> Self {
        Self {
            offered: options.burst.unwrap_or_else(|| options.rate * options.seconds).into(),
            seconds,
            taken: 0,
            answered: 0,
            billed: HashMap::new(),
            timed_out: 0,
            paid: 0,
            transactions: 0,
            latency_ms: Vec::new(),
        }
    }

    /// Whether nothing but the script's answer was billed.
    pub(super) fn is_fair(&self) -> bool {
        self.billed.is_empty()
    }

    fn unpaid(&self) -> u64 {
        self.transactions.saturating_sub(self.paid)
    }

    fn unpaid_percent(&self) -> f64 {
        100.0 * self.unpaid() as f64 / self.transactions.max(1) as f64
    }

    fn json(&self) -> serde_json::Value {
        let latency = [50, 90, 99, 100].map(|percent| percentile(&self.latency_ms, percent));
        json!({
            "offered": self.offered,
            "offeredSeconds": self.seconds,
            "taken": self.taken,
            "answered": self.answered,
            "billedFailures": self.billed,
            "timedOut": self.timed_out,
            "transactions": { "paid": self.paid, "unpaid": self.unpaid(), "unpaidPercent": self.unpaid_percent() },
            "latencyMs": { "p50": latency[0], "p90": latency[1], "p99": latency[2], "max": latency[3] },
        })
    }

    fn text(&self) -> String {
        let [p50, p90, p99, max] = [50, 90, 99, 100].map(|percent| percentile(&self.latency_ms, percent));
        let mut billed: Vec<String> =
            self.billed.iter().map(|(word, count)| format!("{count} {word}")).collect();
        billed.sort();
        let billed = if billed.is_empty() { "none".to_owned() } else { billed.join(", ") };
        format!(
            "offered {} in {:.1} s, taken {}\nanswered {}; billed failures: {billed}; timed out, unbilled: {}\n\
             transactions: {} paid, {} unpaid ({:.1} %)\nlatency ms  p50 {p50}  p90 {p90}  p99 {p99}  max {max}",
            self.offered,
            self.seconds,
            self.taken,
            self.answered,
            self.timed_out,
            self.paid,
            self.unpaid(),
            self.unpaid_percent()
        )
    }
}

/// Submits requests from all consumers in turn; when each transaction was handed over. Without a rate as fast as it
/// goes.
async fn offer(
    network: &Network,
    consumers: &[(Account, Consumer)],
    count: u32,
    rate: Option<u32>,
    progress: &Progress,
) -> Result<HashMap<B256, Instant>> {
    let begin = Instant::now();
    let lanes = consumers.iter().enumerate().map(|(lane, (account, consumer))| async move {
        let mut sent = Vec::new();
        for number in (lane..count as usize).step_by(consumers.len()) {
            if let Some(rate) = rate {
                let due = begin + Duration::from_secs_f64(number as f64 / f64::from(rate));
                tokio::time::sleep_until(due.into()).await;
            }
            let request = Request {
                source: format!("return Functions.encodeUint256({ANSWER})"),
                args: vec![],
                bytes_args: vec![],
                callback_gas_limit: 200_000,
            };
            let (what, input) =
                consumer.send_call(&request, network.subscription, network.don).into_diagnostic()?;
            let tx = Transaction {
                to: Some(consumer.address()),
                input,
                value: U256::ZERO,
                gas: Some(REQUEST_GAS),
            };
            let at = Instant::now();
            sent.push((network.contracts.chain.submit(account, what, tx).await.into_diagnostic()?, at));
        }
        Ok::<_, miette::Report>(sent)
    });
    let mut sent = HashMap::new();
    for lane in futures::future::join_all(lanes).await {
        sent.extend(lane?);
    }
    progress.step(format!("{} requests sent in {:.1} s", sent.len(), begin.elapsed().as_secs_f64()));
    Ok(sent)
}

async fn interval(network: &Network, seconds: u64) -> Result<()> {
    cheat(network, "evm_setIntervalMining", (seconds,)).await
}

async fn cheat(network: &Network, method: &'static str, params: impl serde::Serialize) -> Result<()> {
    network.contracts.chain.cheat(method, params).await.map(drop).into_diagnostic()
}
