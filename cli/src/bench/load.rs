//! `functions bench load`: more requests than the network can answer at once, and what became of each.
//!
//! Requests come at a rate, or all in one block. The script is trivial and always answers, so everything else that is
//! billed is the network's fault: then the verb fails. Whatever is not answered by its timeout is timed out on chain,
//! and the subscription's balance is checked to the last juel.
//!
//! A request's latency lasts from its own offer, when its transaction is handed over (in a burst: when the block is
//! made), to its own callback, as seen by one who looks every [`LOOK`] from the beginning on.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use alloy::primitives::{B256, U256};
use functions_client::chain::Transaction;
use functions_client::{Account, Consumer, Contracts, Request};
use functions_failure::{Failure, OrHelp as _, Result, failure};
use functions_network::{Network, Wanted};
use functions_types::abi::{Coordinator, Router};
use functions_types::{Commitment, DonId, SubscriptionId};
use futures::FutureExt as _;
use serde_json::json;

use super::overhead::Overhead;
use super::{deploy_consumers, percentile};
use crate::demo::MEMBERS;
use crate::output::Progress;

/// Gas of a request's transaction, far above its need.
pub(super) const REQUEST_GAS: u64 = 3_000_000;
/// How often the chain is asked what it has done.
const LOOK: Duration = Duration::from_millis(100);
/// How long a request may stay open after its timeout before it is timed out, in seconds.
const AFTER_TIMEOUT_SECONDS: u64 = 5;
/// A request that is not on chain so long after the last one was refused.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Requests timed out at once: as many as the client puts into one transaction.
const TIMEOUTS_AT_ONCE: usize = 20;
/// The script's answer.
pub(super) const ANSWER: u64 = 42;

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
    transaction: B256,
}

/// When the transactions of the requests were handed over, and how long that took all in all.
struct Offered {
    at: HashMap<B256, Instant>,
    seconds: f64,
}

/// What became of all requests.
pub(super) struct Figures {
    offered: u64,
    seconds: f64,
    taken: usize,
    answered: usize,
    /// Billed although the script has an answer, by the first word of what was billed.
    billed: HashMap<String, usize>,
    overhead: Overhead,
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
    let balance = contracts.subscription(network.subscription).await?.balance;
    let (first_block, nonces) = (contracts.chain.block_number().await?, network.transmissions().await?);
    let killed: Vec<usize> = (0..network.nodes.len() / 2).collect();
    if options.down.is_some() {
        for &index in &killed {
            network.nodes[index].kill().await;
        }
        progress.step(format!("nodes {killed:?} are down"));
    }

    let begin = Instant::now();
    progress.step(match options.burst {
        Some(count) => format!("{count} requests in one block"),
        None => format!("{} requests a second for {} s", options.rate, options.seconds),
    });
    let offer = Offer {
        contracts: contracts.clone(),
        subscription: network.subscription,
        don: network.don,
        block_time: options.block_time,
    };
    // Beside the looking, so that neither delays the other.
    let mut offering = tokio::spawn(match options.burst {
        Some(count) => offer.burst(consumers, count).left_future(),
        None => offer.stream(consumers, options.rate, options.seconds).right_future(),
    });
    let mut offered: Option<Offered> = None;
    let mut run = Run::new(first_block);
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
        if offered.is_none() && offering.is_finished() {
            let done = (&mut offering).await.or_help("report it: the task that sends came to no end")??;
            progress.step(format!("{} requests sent in {:.1} s", done.at.len(), done.seconds));
            taken_at = Instant::now();
            offered = Some(done);
        }
        let taken = run.taken;
        run.look(network).await?;
        if run.taken > taken {
            taken_at = Instant::now();
        }
        if let Some(offered) = &offered {
            let all_taken = run.taken >= offered.at.len() || taken_at.elapsed() > TAKEN_WITHIN;
            if run.open.is_empty() && all_taken {
                break;
            }
        }
        run.time_out(network, &network.owner).await?;
        if said.elapsed() > Duration::from_secs(10) {
            said = Instant::now();
            progress.step(format!("{} answered, {} open", run.ended_at.len(), run.open.len()));
        }
        tokio::time::sleep(LOOK).await;
    }
    // What came second is still on its way.
    tokio::time::sleep(Duration::from_secs(3 * options.block_time + 3)).await;
    let charged = run.charged;
    let transactions = network.transmissions().await? - nonces;
    let offered = offered.expect("the loop ends after it is there");
    let figures = Figures { transactions, ..Figures::of(options, &offered, run) };
    let left = contracts.subscription(network.subscription).await?;
    if !left.blockedBalance.is_zero() || U256::from(left.balance) + charged != U256::from(balance) {
        return Err(failure!(
            help = "this must not happen: report it with the nodes' logs",
            "the subscription held {balance} juels, was charged {charged} and holds {} with {} blocked",
            left.balance,
            left.blockedBalance
        ));
    }
    Ok(figures)
}

/// What the chain has shown so far.
pub(super) struct Run {
    /// The first block not looked at.
    first_block: u64,
    open: HashMap<B256, Open>,
    taken: usize,
    answered: usize,
    /// As [`Figures::billed`].
    pub(super) billed: HashMap<String, usize>,
    overhead: Overhead,
    timed_out: usize,
    charged: U256,
    /// The transactions that brought callbacks: one may bring several.
    paid: HashSet<B256>,
    /// The transactions whose requests had their callback, and when that was seen.
    pub(super) ended_at: Vec<(B256, Instant)>,
}

impl Run {
    pub(super) fn new(first_block: u64) -> Self {
        Self {
            first_block,
            open: HashMap::new(),
            taken: 0,
            answered: 0,
            billed: HashMap::new(),
            overhead: Overhead::default(),
            timed_out: 0,
            charged: U256::ZERO,
            paid: HashSet::new(),
            ended_at: Vec::new(),
        }
    }

    /// Reads what the chain did since the last look. Nobody else sends requests there.
    pub(super) async fn look(&mut self, network: &Network) -> Result<()> {
        let (chain, addresses) = (&network.contracts.chain, &network.contracts.addresses);
        let next = chain.block_number().await? + 1;
        if next <= self.first_block {
            return Ok(());
        }
        let from = self.first_block;
        let requests = chain.events::<Coordinator::OracleRequest>(addresses.coordinator, from, None);
        for (event, log) in requests.await? {
            if log.block_number.is_some_and(|at| at < next) {
                let transaction = log.transaction_hash.unwrap_or_default();
                self.taken += 1;
                self.open.insert(event.requestId, Open { commitment: event.commitment.into(), transaction });
            }
        }
        let bills = chain.events::<Coordinator::RequestBilled>(addresses.coordinator, from, None).await?;
        let bills: HashMap<_, _> = bills.into_iter().map(|(bill, _)| (bill.requestId, bill)).collect();
        let processed = chain.events::<Router::RequestProcessed>(addresses.router, from, None);
        for (event, log) in processed.await? {
            if log.block_number.is_none_or(|at| at >= next) {
                continue;
            }
            let Some(open) = self.open.remove(&event.requestId) else { continue };
            self.charged += U256::from(event.totalCostJuels);
            if let Some(bill) = bills.get(&event.requestId) {
                self.overhead.add(event.totalCostJuels, bill, &open.commitment);
            }
            self.paid.extend(log.transaction_hash);
            self.ended_at.push((open.transaction, Instant::now()));
            if event.err.is_empty() && event.response == U256::from(ANSWER).to_be_bytes_vec() {
                self.answered += 1;
            } else {
                let text = String::from_utf8_lossy(&event.err).into_owned();
                let word = text.split_whitespace().next().unwrap_or("another result").to_owned();
                *self.billed.entry(word).or_default() += 1;
            }
        }
        let ended = chain.events::<Router::RequestTimedOut>(addresses.router, from, None);
        for (event, log) in ended.await? {
            if log.block_number.is_some_and(|at| at < next) && self.open.remove(&event.requestId).is_some() {
                self.timed_out += 1;
            }
        }
        self.first_block = next;
        Ok(())
    }

    /// Gives up what is open after its timeout. One that is answered meanwhile makes the others wait for the next try.
    async fn time_out(&self, network: &Network, from: &Account) -> Result<()> {
        let now = network.contracts.chain.now().await?;
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
    fn of(options: &Load, offered: &Offered, run: Run) -> Self {
        Self {
            offered: options.burst.unwrap_or_else(|| options.rate * options.seconds).into(),
            seconds: offered.seconds,
            taken: run.taken,
            answered: run.answered,
            billed: run.billed,
            overhead: run.overhead,
            timed_out: run.timed_out,
            paid: run.paid.len() as u64,
            transactions: 0,
            latency_ms: latencies(&offered.at, &run.ended_at),
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
            "overheadGas": self.overhead.json(),
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
             transactions: {} paid, {} unpaid ({:.1} %)\n{}\nlatency ms  p50 {p50}  p90 {p90}  p99 {p99}  max {max}",
            self.offered,
            self.seconds,
            self.taken,
            self.answered,
            self.timed_out,
            self.paid,
            self.unpaid(),
            self.unpaid_percent(),
            self.overhead.text()
        )
    }
}

/// Milliseconds from each request's own offer to its own callback, the shortest first.
pub(super) fn latencies(offered_at: &HashMap<B256, Instant>, ended_at: &[(B256, Instant)]) -> Vec<u64> {
    let lasted = |(transaction, end): &(B256, Instant)| {
        let begin = offered_at.get(transaction)?;
        u64::try_from(end.saturating_duration_since(*begin).as_millis()).ok()
    };
    let mut all: Vec<u64> = ended_at.iter().filter_map(lasted).collect();
    all.sort_unstable();
    all
}

/// How requests are handed over.
struct Offer {
    contracts: Contracts,
    subscription: SubscriptionId,
    don: DonId,
    block_time: u64,
}

impl Offer {
    /// All in one block; the offer is the block.
    async fn burst(self, consumers: Vec<(Account, Consumer)>, count: u32) -> Result<Offered> {
        let begin = Instant::now();
        self.cheat("evm_setAutomine", (false,)).await?;
        let sent = self.submit(&consumers, count, None).await?;
        let mined = Instant::now();
        self.cheat("evm_mine", ()).await?;
        self.cheat("evm_setIntervalMining", (self.block_time,)).await?;
        let at = sent.into_keys().map(|hash| (hash, mined)).collect();
        Ok(Offered { at, seconds: begin.elapsed().as_secs_f64() })
    }

    /// So many a second.
    async fn stream(self, consumers: Vec<(Account, Consumer)>, rate: u32, seconds: u32) -> Result<Offered> {
        let begin = Instant::now();
        self.cheat("evm_setIntervalMining", (self.block_time,)).await?;
        let at = self.submit(&consumers, rate * seconds, Some(rate)).await?;
        Ok(Offered { at, seconds: begin.elapsed().as_secs_f64() })
    }

    /// Submits requests from all consumers in turn; when each transaction was handed over. Without a rate as fast as
    /// it goes.
    async fn submit(
        &self,
        consumers: &[(Account, Consumer)],
        count: u32,
        rate: Option<u32>,
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
                    secrets: None,
                    source: format!("return Functions.encodeUint256({ANSWER})"),
                    args: vec![],
                    bytes_args: vec![],
                    callback_gas_limit: 200_000,
                };
                let (what, input) = consumer.send_call(&request, self.subscription, self.don)?;
                let (to, gas) = (Some(consumer.address()), Some(REQUEST_GAS));
                let tx = Transaction { to, input, value: U256::ZERO, gas };
                let at = Instant::now();
                sent.push((self.contracts.chain.submit(account, what, tx).await?, at));
            }
            Ok::<_, Failure>(sent)
        });
        let mut sent = HashMap::new();
        for lane in futures::future::join_all(lanes).await {
            sent.extend(lane?);
        }
        Ok(sent)
    }

    async fn cheat(&self, method: &'static str, params: impl serde::Serialize) -> Result<()> {
        self.contracts.chain.cheat(method, params).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_measured_from_its_own_offer_to_its_own_callback() {
        let begin = Instant::now();
        let (at, hash) = (|ms| begin + Duration::from_millis(ms), B256::repeat_byte);
        // Offered over a minute, answered while others are still offered.
        let offered = HashMap::from([(hash(1), at(0)), (hash(2), at(30_000)), (hash(3), at(60_000))]);
        let ended = [(hash(1), at(900)), (hash(3), at(60_500)), (hash(2), at(30_700)), (hash(9), at(1))];
        assert_eq!(latencies(&offered, &ended), [500, 700, 900]);
    }
}
