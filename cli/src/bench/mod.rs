//! `functions bench`: how fast a whole local network is on this machine.

mod don;
mod load;
mod overhead;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use functions_client::{Account, Consumer, Request, stylus};
use functions_deploy::{Programs, arguments};
use functions_failure::{Failure, Result, failure};
use functions_network::{Folder, Network, Wanted, dev_account};
use functions_types::{Juels, RequestId};

use crate::demo::price_api::PriceApi;
use crate::demo::script::MEDIAN;
use crate::demo::story::unix_ms;
use crate::demo::{LOG_LINES, MEMBERS, local};
use crate::output::{self, Progress};
use crate::paths;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the chain is asked for a fulfillment.
const LOOK: Duration = Duration::from_millis(10);
/// Consumers that send at once, at most: one a development account.
const MAX_CONSUMERS: u8 = 10;

/// Measures a whole network on this machine
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Requests through chain, nodes and callback: latency percentiles, requests per second, share of JavaScript
    E2e(E2e),
    /// More requests than the network answers at once: what is billed, what times out, which transactions were in vain
    Load(load::Load),
    /// Networks of several sizes: latency, sustained requests per second beside JavaScript alone, cost by part
    Don(don::Don),
}

#[derive(clap::Args, Debug)]
struct E2e {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Requests sent one after the other
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    requests: u32,
    /// Consumers that then send at the same time
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_CONSUMERS)))]
    consumers: u8,
    /// Requests of each of them
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    each: u32,
    /// Number of oracle nodes
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(MEMBERS))]
    nodes: u8,
    /// Folder of the compiled contracts
    #[arg(long, value_name = "DIR")]
    contracts: Option<PathBuf>,
}

/// Runs the verb.
pub(crate) async fn run(options: Options) -> Result<()> {
    let progress = &Progress::start();
    let (figures, as_json) = match &options.what {
        What::E2e(options) => {
            let measured =
                in_folder(progress, async |folder, network| e2e(options, folder, network, progress).await);
            (measured.await?, options.json)
        }
        What::Load(options) => {
            let measured =
                in_folder(progress, async |folder, network| loaded(options, folder, network, progress).await);
            (measured.await?, options.json)
        }
        What::Don(options) => (don::run(options, progress).await?, options.json),
    };
    show(&figures, as_json);
    Ok(())
}

/// Measures a network that it puts there, and ends it; after a failure its files are kept.
async fn in_folder<T>(
    progress: &Progress,
    measure: impl AsyncFnOnce(&Folder, &mut Option<Network>) -> Result<T>,
) -> Result<T> {
    let folder = Folder::create()?;
    let mut network = None;
    let measured = measure(&folder, &mut network).await;
    if let Some(network) = &mut network {
        network.stop().await;
    }
    if measured.is_err() {
        folder.keep(LOG_LINES, &|text| progress.step(text));
    }
    measured
}

fn show(figures: &str, as_json: bool) {
    if as_json { output::json_text(figures) } else { output::result(figures) }
}

fn wanted(nodes: u8, contracts: Option<&Path>, allow_http: Vec<String>) -> Result<Wanted> {
    Ok(Wanted {
        nodes: nodes.into(),
        allow_http,
        funding: Juels::new(100_000 * Juels::PER_LINK).expect("far below 96 bits"),
        ..local(paths::programs()?, paths::contracts(contracts)?)
    })
}

async fn e2e(
    options: &E2e,
    folder: &Folder,
    network: &mut Option<Network>,
    progress: &Progress,
) -> Result<String> {
    let prices = PriceApi::start(true).await?;
    let wanted = wanted(options.nodes, options.contracts.as_deref(), vec![prices.host()])?;
    let figures = measure(options, &wanted, &prices, folder, network, progress).await?;
    Ok(if options.json { figures.json().to_string() } else { figures.text() })
}

async fn loaded(
    options: &load::Load,
    folder: &Folder,
    network: &mut Option<Network>,
    progress: &Progress,
) -> Result<String> {
    let wanted = wanted(options.nodes, options.contracts.as_deref(), vec![])?;
    let network = network.insert(Network::start(&wanted, folder.path(), &|text| progress.step(text)).await?);
    let figures = load::measure(options, &wanted, network, progress).await?;
    let shown = options.show(&figures);
    if figures.is_fair() {
        return Ok(shown);
    }
    show(&shown, options.json);
    Err(failure!(
        help = "look at the answers above and at the nodes' logs: overload must cost time, not LINK",
        "something else than the script's answer was billed"
    ))
}

/// What to do about a request that did not end as it should.
const SEE_LOGS: &str = "the nodes' logs say what each did; --json shows what was measured before";

/// One finished request.
#[derive(Clone, Copy)]
struct Sample {
    latency_ms: u64,
    /// Mean over the nodes of the time between seeing the event and having the observation.
    javascript_ms: Option<f64>,
}

struct Figures {
    nodes: u8,
    single: Vec<Sample>,
    consumers: u8,
    crowd: Vec<Sample>,
    crowd_seconds: f64,
}

async fn measure(
    options: &E2e,
    wanted: &Wanted,
    prices: &PriceApi,
    folder: &Folder,
    network: &mut Option<Network>,
    progress: &Progress,
) -> Result<Figures> {
    let network: &Network =
        network.insert(Network::start(wanted, folder.path(), &|text| progress.step(text)).await?);
    let request = Request {
        secrets: None,
        source: MEDIAN.to_owned(),
        args: prices.urls(),
        bytes_args: Vec::new(),
        callback_gas_limit: 300_000,
    };
    one(network, &network.owner, network.consumer, &request).await?; // first use of every part

    progress.step(format!("{} requests one after the other", options.requests));
    let mut single = Vec::new();
    for _ in 0..options.requests {
        single.push(one(network, &network.owner, network.consumer, &request).await?);
    }

    let consumers = deploy_consumers(network, wanted, options.consumers).await?;
    progress.step(format!("{} consumers with {} requests each", options.consumers, options.each));
    let begin = Instant::now();
    let lanes = consumers.iter().map(|(account, consumer)| async {
        let mut samples = Vec::new();
        for _ in 0..options.each {
            samples.push(one(network, account, *consumer, &request).await?);
        }
        Ok::<_, Failure>(samples)
    });
    let mut crowd = Vec::new();
    for lane in futures::future::join_all(lanes).await {
        crowd.extend(lane?);
    }
    Ok(Figures {
        nodes: options.nodes,
        single,
        consumers: options.consumers,
        crowd,
        crowd_seconds: begin.elapsed().as_secs_f64(),
    })
}

async fn deploy_consumers(network: &Network, wanted: &Wanted, count: u8) -> Result<Vec<(Account, Consumer)>> {
    let program = Programs::start(&wanted.contracts)?.get("consumer_example").await?;
    let contracts = &network.contracts;
    let mut consumers = Vec::new();
    for index in 1..=usize::from(count) {
        let account = dev_account(index);
        let call = functions_client::abi::Constructors::consumerExampleCall {
            owner: account.address(),
            router: contracts.addresses.router,
        };
        let arguments = arguments(&call);
        let deployed =
            stylus::deploy(&contracts.chain, &account, stylus::STYLUS_DEPLOYER, &program, &arguments).await?;
        contracts.add_consumer(&network.owner, network.subscription, deployed.address).await?;
        consumers.push((account, Consumer::Stylus(deployed.address)));
    }
    Ok(consumers)
}

/// One request from send to fulfillment.
async fn one(network: &Network, from: &Account, consumer: Consumer, request: &Request) -> Result<Sample> {
    let begin_ms = unix_ms();
    let begin = Instant::now();
    let sent =
        network.contracts.send_request(from, consumer, network.subscription, network.don, request).await?;
    loop {
        if let Some(done) = network.contracts.fulfillment(sent.id, sent.block).await? {
            let latency_ms = unix_ms().saturating_sub(begin_ms);
            if done.result_code != 0 || !done.error.is_empty() {
                let error = String::from_utf8_lossy(&done.error);
                return Err(failure!(
                    help = SEE_LOGS,
                    "request {} ended with code {} {error:?}",
                    sent.id,
                    done.result_code
                ));
            }
            return Ok(Sample { latency_ms, javascript_ms: javascript_ms(network, sent.id).await });
        }
        if begin.elapsed() > PATIENCE {
            return Err(failure!(
                help = SEE_LOGS,
                "request {} has no fulfillment after {} s",
                sent.id,
                PATIENCE.as_secs()
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn javascript_ms(network: &Network, id: RequestId) -> Option<f64> {
    let asked = network.nodes.iter().map(|node| node.request(&network.http, id));
    let spans: Vec<f64> = futures::future::join_all(asked)
        .await
        .into_iter()
        .flatten()
        .filter_map(|status| Some(status.times_ms.observed?.saturating_sub(status.times_ms.seen?) as f64))
        .collect();
    (!spans.is_empty()).then(|| spans.iter().sum::<f64>() / spans.len() as f64)
}

/// The `percent`th percentile by nearest rank.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

struct Summary {
    p50: u64,
    p90: u64,
    p99: u64,
    max: u64,
    javascript_share: f64,
}

impl Summary {
    fn of(samples: &[Sample]) -> Self {
        let mut sorted: Vec<u64> = samples.iter().map(|sample| sample.latency_ms).collect();
        sorted.sort_unstable();
        let known = samples.iter().filter_map(|s| Some((s.javascript_ms?, s.latency_ms as f64)));
        let (javascript, latency) = known.fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
        Self {
            p50: percentile(&sorted, 50),
            p90: percentile(&sorted, 90),
            p99: percentile(&sorted, 99),
            max: percentile(&sorted, 100),
            javascript_share: if latency > 0.0 { javascript / latency } else { 0.0 },
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "p50": self.p50, "p90": self.p90, "p99": self.p99, "max": self.max,
        })
    }

    fn text(&self) -> String {
        format!(
            "latency ms  p50 {}  p90 {}  p99 {}  max {};  {:.0} % of it JavaScript",
            self.p50,
            self.p90,
            self.p99,
            self.max,
            self.javascript_share * 100.0
        )
    }
}

impl Figures {
    fn per_second(&self) -> f64 {
        self.crowd.len() as f64 / self.crowd_seconds.max(f64::EPSILON)
    }

    fn json(&self) -> serde_json::Value {
        let (single, crowd) = (Summary::of(&self.single), Summary::of(&self.crowd));
        serde_json::json!({
            "cores": std::thread::available_parallelism().map_or(1, usize::from),
            "nodes": self.nodes,
            "sequential": {
                "requests": self.single.len(),
                "latencyMs": single.json(),
                "javascriptShare": single.javascript_share,
            },
            "concurrent": {
                "consumers": self.consumers,
                "requests": self.crowd.len(),
                "requestsPerSecond": self.per_second(),
                "latencyMs": crowd.json(),
                "javascriptShare": crowd.javascript_share,
            },
        })
    }

    fn text(&self) -> String {
        format!(
            "{} nodes on {} cores\none at a time ({} requests)\n  {}\n{} consumers at once ({} requests)\n  \
             {:.2} requests per second\n  {}",
            self.nodes,
            std::thread::available_parallelism().map_or(1, usize::from),
            self.single.len(),
            Summary::of(&self.single).text(),
            self.consumers,
            self.crowd.len(),
            self.per_second(),
            Summary::of(&self.crowd).text()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentile_takes_the_nearest_rank() {
        let values: Vec<u64> = (1..=10).collect();
        assert_eq!([50, 90, 99, 100].map(|p| percentile(&values, p)), [5, 9, 10, 10]);
        assert_eq!(percentile(&[7], 50), 7);
        assert_eq!(percentile(&[], 50), 0);
    }
}
