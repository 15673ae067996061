//! What a run costs, beside what the same script costs elsewhere, in one go on one machine.
//!
//! `./scripts/bench sandbox [--json] [--runs N]`. Every figure is a median with its 10th and 90th percentile; the
//! contestants take turns, so that a busy machine is busy for all of them. The references are the toolkit's
//! `simulateScript` and a bare `deno` process, where `--reference FOLDER` names a folder that npm installed them into.

#![expect(clippy::disallowed_macros, clippy::disallowed_methods, reason = "a benchmark prints its table")]

mod memory;
mod ours;
mod reference;
mod report;
mod server;
mod stats;

use std::path::PathBuf;

use reference::Reference;
use report::Report;
use stats::{Failure, Spread, cpu_of_children, cpu_of_self, millis};

/// Runs before anything is measured.
const WARM_UP: usize = 5;
/// Our runs for one of a reference.
const OURS_PER_ROUND: usize = 5;
/// Scripts whose own work is compared; each gives the same bytes everywhere.
const WORK: [&str; 5] = ["json-median", "strings", "bigint", "sort-matrix", "sha256"];

struct Options {
    json: bool,
    rounds: usize,
    reference: Option<PathBuf>,
}

fn options() -> Result<Options, Failure> {
    let mut options = Options { json: false, rounds: 20, reference: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} takes a value"));
        match arg.as_str() {
            "--json" => options.json = true,
            "--runs" => options.rounds = value()?.parse::<usize>()?.max(1),
            "--reference" => options.reference = Some(value()?.into()),
            _ => return Err("usage: bench [--json] [--runs N] [--reference FOLDER]".into()),
        }
    }
    Ok(options)
}

/// Path of a script of this benchmark.
fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/bench/scripts").join(format!("{name}.js"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let options = options()?;
    let server = server::Server::start().await?;
    let mut reference = options.reference.as_deref().map(Reference::start).transpose()?;
    let mut report = Report { load: stats::load(), ..Report::default() };
    let runner = ours::start(&server).await?;
    report.sandbox = runner.status();
    report.toolkit = reference.as_ref().map(|reference| reference.versions.clone());

    for name in ["constant", "one-query"] {
        report.overhead.push(overhead(&runner, &server, reference.as_mut(), name, options.rounds).await?);
    }
    for name in WORK {
        report.work.push(work(&runner, &server, reference.as_ref(), name, options.rounds.div_ceil(2)).await?);
    }
    report.memory = memory::measure(&runner, &server, reference.as_ref()).await?;
    runner.shutdown().await;
    // Waited for, so that its processor time is not taken for ours below.
    if let Some(reference) = reference {
        reference.finish().await?;
    }
    for name in ["constant", "one-query"] {
        report.sustained.push(sustained(&server, name, options.rounds * 50).await?);
    }
    if options.json {
        report.print_json()
    } else {
        report.print()
    }
    Ok(())
}

/// Wall time from request to result, for all contestants in turn.
async fn overhead(
    runner: &oracle_runner::Runner,
    server: &server::Server,
    mut reference: Option<&mut Reference>,
    name: &str,
    rounds: usize,
) -> Result<report::Overhead, Failure> {
    let (mut ours, mut toolkit, mut deno) = (vec![], vec![], vec![]);
    let expected = ours::run(runner, name, &server.url()).await?.bytes;
    for _ in 0..WARM_UP {
        ours::run(runner, name, &server.url()).await?;
    }
    if let Some(reference) = reference.as_deref_mut() {
        for _ in 0..2 {
            reference.simulate(name, &server.url()).await?;
            reference.deno(name, &server.url()).await?;
        }
    }
    for _ in 0..rounds {
        for _ in 0..OURS_PER_ROUND {
            ours.push(millis(ours::run(runner, name, &server.url()).await?.wall));
        }
        let Some(reference) = reference.as_deref_mut() else { continue };
        let (took, bytes) = reference.simulate(name, &server.url()).await?;
        same(name, &expected, &bytes)?;
        toolkit.push(took);
        let process = reference.deno(name, &server.url()).await?;
        same(name, &expected, &process.bytes)?;
        deno.push(millis(process.wall));
    }
    Ok(report::Overhead {
        script: name.into(),
        ours: Spread::of(ours).ok_or("no runs")?,
        toolkit: Spread::of(toolkit),
        deno: Spread::of(deno),
    })
}

/// Processor time of a script's own work: what it takes beyond a script that does nothing.
async fn work(
    runner: &oracle_runner::Runner,
    server: &server::Server,
    reference: Option<&Reference>,
    name: &str,
    rounds: usize,
) -> Result<report::Work, Failure> {
    let (mut ours, mut deno) = (vec![], vec![]);
    for _ in 0..rounds {
        let idle = ours::run(runner, "constant", &server.url()).await?;
        let busy = ours::run(runner, name, &server.url()).await?;
        ours.push(millis(busy.cpu.saturating_sub(idle.cpu)));
        let Some(reference) = reference else { continue };
        let idle = reference.deno("constant", &server.url()).await?;
        let process = reference.deno(name, &server.url()).await?;
        same(name, &busy.bytes, &process.bytes)?;
        deno.push(millis(process.cpu.saturating_sub(idle.cpu)));
    }
    Ok(report::Work { script: name.into(), ours: Spread::of(ours).ok_or("no runs")?, deno: Spread::of(deno) })
}

/// Many runs at once on a runner of their own, whose processor time is therefore known in whole.
async fn sustained(server: &server::Server, name: &str, runs: usize) -> Result<report::Sustained, Failure> {
    let cpu_before = cpu_of_self() + cpu_of_children();
    let runner = std::sync::Arc::new(ours::start(server).await?);
    ours::run(&runner, name, &server.url()).await?;
    let began = std::time::Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..runs {
        let (runner, url) = (std::sync::Arc::clone(&runner), server.url());
        let name = name.to_owned();
        tasks.spawn(async move { ours::run(&runner, &name, &url).await.map_err(|error| error.to_string()) });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let wall = began.elapsed();
    std::sync::Arc::into_inner(runner).ok_or("a run is left")?.shutdown().await;
    // Fork server and children are reaped by now, so their time is in the sum; so is this server's.
    let cpu = cpu_of_self() + cpu_of_children() - cpu_before;
    #[expect(clippy::cast_precision_loss, reason = "a count of runs")]
    let runs = runs as f64;
    Ok(report::Sustained {
        script: name.into(),
        per_second: runs / wall.as_secs_f64(),
        per_core_second: runs / cpu.as_secs_f64(),
    })
}

fn same(name: &str, ours: &[u8], theirs: &[u8]) -> Result<(), Failure> {
    if ours == theirs {
        return Ok(());
    }
    Err(format!("{name}: we give {ours:02x?}, the reference {theirs:02x?}").into())
}
