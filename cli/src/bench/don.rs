//! `functions bench don`: latency and sustained throughput of networks of several sizes, beside what JavaScript alone
//! would allow, and what a request costs each node.
//!
//! | figure | how it is measured |
//! | --- | --- |
//! | bound | the script alone in a runner of this process, nothing else running; runs a second, by the number of nodes |
//! | idle latency | one request after the other, from before it is sent to the first look that finds its callback |
//! | sustained | so many requests in flight, a new one for each that is answered; the warm-up does not count |
//! | processor time | of the nodes' processes, their threads and their sandboxes, without the warm-up |
//! | messages, bytes, syncs, questions | of the nodes' `/metrics`, over the same time |

mod figures;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use alloy::primitives::{B256, U256};
use functions_client::chain::Transaction;
use functions_client::{Account, Consumer, Request};
use functions_failure::{Result, failure};
use functions_network::{Folder, Network, Usage, Wanted};
use functions_types::limits::{Limits, RunOptions};
use oracle_runner::{RunRequest, Runner, RunnerConfig};

use super::load::{ANSWER, REQUEST_GAS, Run};
use super::{MAX_CONSUMERS, PATIENCE, SEE_LOGS, deploy_consumers, in_folder, one, wanted};
use crate::demo::MEMBERS;
use crate::output::Progress;
use crate::{paths, remedy};
use figures::{Figures, Part, Sized};

/// How often the chain is asked what it has done.
const LOOK: Duration = Duration::from_millis(10);

/// What is measured.
#[derive(clap::Args, Debug)]
pub(super) struct Don {
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// Sizes of the networks, one after the other
    #[arg(long, value_delimiter = ',', default_value = "4,7,13", value_parser = clap::value_parser!(u8).range(MEMBERS))]
    nodes: Vec<u8>,
    /// Requests sent one after the other
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    requests: u32,
    /// Requests that then are in flight all the time
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    in_flight: u32,
    /// For how many seconds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// Seconds before them that do not count
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=600))]
    warm_up: u32,
    /// Folder of the compiled contracts
    #[arg(long, value_name = "DIR")]
    contracts: Option<PathBuf>,
}

/// Measures one size after the other; the figures as text or JSON, as asked for.
pub(super) async fn run(options: &Don, progress: &Progress) -> Result<String> {
    let runs_per_second = javascript_alone(options, progress).await?;
    let mut networks = Vec::new();
    for &nodes in &options.nodes {
        let wanted = wanted(nodes, options.contracts.as_deref(), vec![])?;
        let measured = in_folder(progress, async |folder, network| {
            measure(options, &wanted, folder, network, progress).await
        });
        networks.push(measured.await?);
    }
    let figures = Figures { runs_per_second, in_flight: options.in_flight, networks };
    Ok(if options.json { figures.json().to_string() } else { figures.text() })
}

fn source() -> String {
    format!("return Functions.encodeUint256({ANSWER})")
}

/// Runs of the script a second, with nothing around it, on the whole machine.
async fn javascript_alone(options: &Don, progress: &Progress) -> Result<f64> {
    progress.step("the script alone");
    let lanes = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    let program = paths::programs()?.join("functions-sandbox");
    let config = RunnerConfig { max_concurrent: lanes, ..RunnerConfig::new(program) };
    let runner = Runner::start(config).await.map_err(remedy::of_runner)?;
    let request = RunRequest {
        request_id: [0; 32],
        source: source(),
        args: vec![],
        bytes_args: vec![],
        secrets: std::collections::BTreeMap::new(),
        block_timestamp: 1_700_000_000,
        limits: Limits::DEFAULT,
        options: RunOptions::default(),
    };
    runner.run(request.clone()).await.map_err(remedy::of_runner)?; // first use of every part
    let begin = Instant::now();
    let end = begin + Duration::from_secs(options.seconds.into()).min(Duration::from_secs(5));
    let running = (0..lanes).map(|_| async {
        let mut runs = 0_u32;
        while runs == 0 || Instant::now() < end {
            runner.run(request.clone()).await.map_err(remedy::of_runner)?;
            runs += 1;
        }
        Ok::<_, functions_failure::Failure>(runs)
    });
    let runs: u32 = futures::future::try_join_all(running).await?.into_iter().sum();
    let per_second = f64::from(runs) / begin.elapsed().as_secs_f64();
    runner.shutdown().await;
    Ok(per_second)
}

async fn measure(
    options: &Don,
    wanted: &Wanted,
    folder: &Folder,
    network: &mut Option<Network>,
    progress: &Progress,
) -> Result<Sized> {
    let network: &Network =
        network.insert(Network::start(wanted, folder.path(), &|text| progress.step(text)).await?);
    let request = Request {
        source: source(),
        args: vec![],
        bytes_args: vec![],
        secrets: None,
        callback_gas_limit: 200_000,
    };
    one(network, &network.owner, network.consumer, &request).await?; // first use of every part
    progress.step(format!("{} requests one after the other", options.requests));
    let mut idle_ms = Vec::new();
    for _ in 0..options.requests {
        idle_ms.push(one(network, &network.owner, network.consumer, &request).await?.latency_ms);
    }
    idle_ms.sort_unstable();

    let consumers = deploy_consumers(network, wanted, MAX_CONSUMERS).await?;
    progress.step(format!("{} requests in flight for {} s", options.in_flight, options.seconds));
    sustained(options, network, &consumers, &request, idle_ms).await
}

/// What all processes of a network have used and counted.
struct Reading {
    at: Instant,
    answered: usize,
    chain: Duration,
    nodes: Vec<Usage>,
}

impl Reading {
    async fn take(network: &Network, answered: usize) -> Result<Self> {
        let asked = network.nodes.iter().map(|node| node.usage(&network.http));
        let nodes = futures::future::try_join_all(asked).await?;
        Ok(Self { at: Instant::now(), answered, chain: network.devchain.processor_time()?, nodes })
    }
}

async fn sustained(
    options: &Don,
    network: &Network,
    consumers: &[(Account, Consumer)],
    request: &Request,
    idle_ms: Vec<u64>,
) -> Result<Sized> {
    let chain = &network.contracts.chain;
    let mut run = Run::new(chain.block_number().await? + 1);
    let mut offered: HashMap<B256, Instant> = HashMap::new();
    let mut lanes = consumers.iter().cycle();
    let begin = Instant::now();
    let warm = begin + Duration::from_secs(options.warm_up.into());
    let end = warm + Duration::from_secs(options.seconds.into());
    let (mut answered, mut answered_at) = (0, begin);
    let mut first: Option<Reading> = None;
    let last = loop {
        run.look(network).await?;
        if let Some((word, count)) = run.billed.iter().next() {
            return Err(failure!(
                help = SEE_LOGS,
                "{count} requests ended with {word:?} instead of the answer"
            ));
        }
        if run.ended_at.len() > answered {
            (answered, answered_at) = (run.ended_at.len(), Instant::now());
        }
        if answered_at.elapsed() > PATIENCE {
            return Err(failure!(help = SEE_LOGS, "no request was answered for {} s", PATIENCE.as_secs()));
        }
        if first.is_none() && Instant::now() >= warm && answered > 0 {
            first = Some(Reading::take(network, answered).await?);
        }
        // A short time may pass before anything is answered; at least one request is measured.
        if Instant::now() >= end && first.as_ref().is_some_and(|first| answered > first.answered) {
            break Reading::take(network, answered).await?;
        }
        let mut missing = (answered + options.in_flight as usize).saturating_sub(offered.len());
        while missing > 0 {
            // Side by side, each of an account of its own.
            let several = missing.min(consumers.len());
            let offers = lanes.by_ref().take(several).map(async |(account, consumer)| {
                let (what, input) = consumer.send_call(request, network.subscription, network.don)?;
                let (to, gas) = (Some(consumer.address()), Some(REQUEST_GAS));
                let at = Instant::now();
                let tx = Transaction { to, input, value: U256::ZERO, gas };
                Ok::<_, functions_failure::Failure>((chain.submit(account, what, tx).await?, at))
            });
            offered.extend(futures::future::try_join_all(offers).await?);
            missing -= several;
        }
        tokio::time::sleep(LOOK).await;
    };
    let first = first.expect("the loop ends after it is there");
    let ended = run.ended_at.get(first.answered..last.answered).unwrap_or_default();
    Ok(Sized {
        idle_ms,
        loaded_ms: super::load::latencies(&offered, ended),
        answered: last.answered - first.answered,
        seconds: (last.at - first.at).as_secs_f64(),
        chain: last.chain.saturating_sub(first.chain),
        nodes: first.nodes.iter().zip(&last.nodes).map(|(first, last)| Part::between(first, last)).collect(),
    })
}
