//! Runs many seeds of the whole-node simulation, and makes those that fail small.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::{Parser, Subcommand};
use eyre::{Result, eyre};
use functions_types::members::{MAX_MEMBERS, MIN_MEMBERS};
use simulation::{
    many::{Sums, run},
    model::{Bounds, explore, scenes},
    mutants::{self, Fate},
    plan::Kind,
    shrink::Case,
    world::World,
};

/// Failing runs that are made small; the others are named.
const SHRUNK: usize = 3;

#[derive(Parser)]
#[command(name = "./scripts/sim")]
struct Options {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// How many seeds.
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// Members of the DON; the seeds take turns.
    #[arg(long, value_delimiter = ',', default_value = "4,4,4,7,10")]
    nodes: Vec<usize>,
    /// What goes wrong: attack, restart, amnesia, network, reorg, clock, rpc, rotation, pool, route, forge,
    /// or none. Without it, all.
    #[arg(long, value_delimiter = ',')]
    mix: Vec<String>,
    /// Requests in a run, instead of one to three.
    #[arg(long)]
    requests: Option<usize>,
    /// Only these of a seed's faults, or none.
    #[arg(long)]
    faults: Option<String>,
    /// Only these of a seed's attackers, or none.
    #[arg(long)]
    attackers: Option<String>,
    /// Print each run's plan.
    #[arg(long)]
    show: bool,
    /// End with the first failure, and leave it as it is.
    #[arg(long)]
    first_failure: bool,
    /// Print what happens.
    #[arg(long)]
    trace: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// The protocol explored state by state (simulation/src/model.rs).
    Model {
        /// Processes that die.
        #[arg(long, default_value_t = 1)]
        deaths: u8,
        /// Messages of the faulty member that change something.
        #[arg(long, default_value_t = 1)]
        lies: u8,
        /// States of each scene.
        #[arg(long, default_value_t = 100_000)]
        states: usize,
    },
    /// Whether mistakes in the protocol and the lifecycle are noticed.
    Mutate {
        /// Seeds each mutant gets at most.
        #[arg(long, default_value_t = 500)]
        seeds: u64,
        /// The first of them.
        #[arg(long, default_value_t = 1)]
        first_seed: u64,
        /// Only mutants whose name contains this.
        #[arg(long, default_value = "")]
        only: String,
    },
}

/// Mutants of a hundred that must be noticed.
const KILLED_PERCENT: usize = 95;

fn mutate(seeds: u64, first_seed: u64, only: &str) -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let all = mutants::list(&root)?;
    eprintln!("building {} mutants", all.len());
    let program = mutants::build(&root, &target, &all)?;
    let (mut killed, mut tried) = (0, 0);
    for (place, mutant) in all.iter().enumerate().filter(|(_, mutant)| mutant.name.contains(only)) {
        if let Some(reason) = &mutant.equivalent {
            println!("equivalent  {}: {reason}", mutant.name);
            continue;
        }
        tried += 1;
        let started = Instant::now();
        match mutants::hunt(&program, place + 1, mutant, seeds, first_seed)? {
            Fate::Killed(words) => {
                killed += 1;
                let words: String = words.chars().take(110).collect();
                println!("killed      {}: {words}", mutant.name);
            }
            Fate::Survived => {
                println!("survived    {} ({} s)", mutant.name, started.elapsed().as_secs());
            }
        }
    }
    println!("{killed} of {tried} mutants are noticed within {seeds} seeds");
    Ok(if killed * 100 >= tried * KILLED_PERCENT { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn explore_all(bounds: Bounds) -> ExitCode {
    for scene in scenes() {
        let explored = explore(&scene, bounds);
        println!("{scene}: {}", explored.words());
        if let Some(violation) = explored.violation {
            println!("{violation}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn kinds(mix: &[String]) -> Result<Vec<Kind>> {
    match mix {
        [] => Ok(Kind::ALL.iter().map(|(_, kind)| *kind).collect()),
        [one] if one == "none" => Ok(Vec::new()),
        _ => mix
            .iter()
            .map(|word| {
                let found = Kind::ALL.iter().find(|(name, _)| name == word).map(|(_, kind)| *kind);
                found.ok_or_else(|| eyre!("--mix {word}: it is none of the words that --help names"))
            })
            .collect(),
    }
}

fn numbers(text: Option<&String>) -> Result<Option<Vec<usize>>> {
    match text.map(String::as_str) {
        None => Ok(None),
        Some("none") => Ok(Some(Vec::new())),
        Some(text) => {
            let numbers = text.split(',').map(str::parse).collect::<Result<_, _>>();
            Ok(Some(numbers.map_err(|err| eyre!("{text}: {err}"))?))
        }
    }
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    match &options.verb {
        Some(Verb::Mutate { seeds, first_seed, only }) => return mutate(*seeds, *first_seed, only),
        Some(Verb::Model { deaths, lies, states }) => {
            return Ok(explore_all(Bounds { deaths: *deaths, lies: *lies, states: *states }));
        }
        None => {}
    }
    let kinds = kinds(&options.mix)?;
    let (faults, attackers) = (numbers(options.faults.as_ref())?, numbers(options.attackers.as_ref())?);
    if let Some(n) = options.nodes.iter().find(|n| !(MIN_MEMBERS..=MAX_MEMBERS).contains(*n)) {
        return Err(eyre!("--nodes {n}: a DON has {MIN_MEMBERS} to {MAX_MEMBERS} members"));
    }
    let last = options.first_seed.saturating_add(options.seeds);
    let cases: Vec<Case> = (options.first_seed..last)
        .zip(options.nodes.iter().cycle())
        .map(|(seed, n)| Case {
            requests: options.requests,
            faults: faults.clone(),
            attackers: attackers.clone(),
            ..Case::whole(seed, *n, kinds.clone())
        })
        .collect();
    let (sums, started) = (Sums::default(), Instant::now());
    let step = (options.seeds / 100).max(1);
    run(&cases, |case, summary| {
        if options.show {
            println!("{:#?}\n{summary:#?}", case.plan());
        }
        if options.trace {
            let _ = World::traced(case.plan()).run();
        }
        if let Some(violation) = &summary.violation {
            eprintln!("seed {}, n = {}: {violation}", case.seed, case.n);
        }
        let runs = sums.add(case, summary);
        if runs.is_multiple_of(step) {
            let (seeds, seconds) = (options.seeds, started.elapsed().as_secs());
            eprintln!("{runs} of {seeds}, {seconds} s: {}", sums.verdict());
        }
        !options.first_failure || summary.violation.is_none()
    });
    println!("seeds {} to {}: {}", options.first_seed, last.saturating_sub(1), sums.words());
    println!("{:.1} s", started.elapsed().as_secs_f64());
    let failed = sums.failed();
    let shrunk = if options.first_failure { 0 } else { SHRUNK };
    for (case, violation) in failed.iter().take(shrunk).cloned() {
        let (case, violation) = case.shrink(violation);
        println!("\n{violation}\n{:#?}\nagain: ./scripts/sim {case} --show", case.plan());
    }
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
