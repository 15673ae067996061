//! Random scripts against the sandbox: `./scripts/fuzz scripts` runs this over a build with the address sanitizer.
//!
//! A script is made by a grammar (`grammar`) from a number alone; it lets its own code run in the middle of the
//! engine's (getters, traps, comparators, species, conversions) and change what the engine is working on. Whatever it
//! does, its process must not die of a signal of its own. Scripts whose process did are kept beside their number.

mod grammar;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use functions_types::limits::{Limits, RunOptions};
use oracle_runner::{RunRequest, Runner, RunnerConfig};

/// Heap of a script, in bytes.
const HEAP: u64 = 64 << 20;
/// Time of a script on the clock; the sanitizer takes a few times what the product takes.
const EXECUTION_MS: u64 = 4_000;

struct Order {
    sandbox: PathBuf,
    cpu: Duration,
    seed: u64,
    count: u64,
    artifacts: PathBuf,
}

const USAGE: &str = "usage: fuzz-scripts SANDBOX CPU_SECONDS [SEED [COUNT]]\n       fuzz-scripts print SEED";

/// The number whose script is only to be printed.
fn printed() -> Option<u64> {
    let mut args = std::env::args().skip(1);
    (args.next()? == "print").then_some(args.next()?.parse().ok()?)
}

fn order() -> Option<Order> {
    let mut args = std::env::args().skip(1);
    let sandbox = PathBuf::from(args.next()?);
    let cpu = Duration::from_secs(args.next()?.parse().ok()?);
    let seed = match args.next() {
        Some(seed) => seed.parse().ok()?,
        None => std::time::UNIX_EPOCH.elapsed().ok()?.as_secs() << 24,
    };
    let count = match args.next() {
        Some(count) => count.parse().ok()?,
        None => u64::MAX,
    };
    Some(Order { sandbox, cpu, seed, count, artifacts: PathBuf::from("fuzz/artifacts/scripts") })
}

fn request(source: String) -> RunRequest {
    RunRequest {
        request_id: [7; 32],
        source,
        args: vec![],
        bytes_args: vec![],
        secrets: BTreeMap::new(),
        block_timestamp: 1_700_000_000,
        limits: Limits { execution_ms: EXECUTION_MS, memory_bytes: HEAP, ..Limits::DEFAULT },
        options: RunOptions::default(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if let Some(seed) = printed() {
        print!("{}", grammar::script(seed));
        return ExitCode::SUCCESS;
    }
    let Some(order) = order() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match fuzz(order).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz-scripts: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs scripts until the processor time is used up; gives how many died.
async fn fuzz(order: Order) -> Result<u64, Box<dyn std::error::Error>> {
    let config =
        RunnerConfig { allow_weak_sandbox: true, memory_bytes: HEAP, ..RunnerConfig::new(order.sandbox) };
    let runner = Runner::start(config).await?;
    println!("seed {}, until {} s of processor time", order.seed, order.cpu.as_secs());
    let (mut used, mut died, mut runs) = (Duration::ZERO, 0, 0);
    let mut endings = BTreeMap::<&'static str, u64>::new();
    let mut said = Instant::now();
    for seed in (order.seed..).take(usize::try_from(order.count).unwrap_or(usize::MAX)) {
        if used >= order.cpu {
            break;
        }
        let source = grammar::script(seed);
        let report = runner.run(request(source.clone())).await?;
        used += report.cpu;
        runs += 1;
        *endings.entry(report.ending).or_default() += 1;
        let words = &report.diagnostic.message;
        if words.starts_with("the process died") {
            died += 1;
            std::fs::create_dir_all(&order.artifacts)?;
            let path = order.artifacts.join(format!("{seed}.js"));
            std::fs::write(&path, source)?;
            println!("{words}: {} (seed {seed})", path.display());
        }
        if said.elapsed() > Duration::from_secs(60) {
            said = Instant::now();
            println!("{runs} scripts, {died} died, {} s of processor time, {endings:?}", used.as_secs());
        }
    }
    runner.shutdown().await;
    println!("{runs} scripts, {died} died, {} s of processor time, {endings:?}", used.as_secs());
    Ok(died)
}
