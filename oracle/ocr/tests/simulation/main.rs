//! The whole DON in one process: a seeded event queue, a hostile network, Byzantine oracles, crashes in the middle of a
//! step, and the protocol's invariants checked after every effect.
//!
//! `OCR_SIMULATION_SEEDS=5000` runs more seeds, `OCR_SIMULATION_FIRST=1234` starts elsewhere.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]
#![expect(clippy::disallowed_macros, clippy::disallowed_methods, reason = "seeds are read and told")]

mod invariants;
mod scenario;
mod world;

use scenario::{Actor, Answers, Mutation, Scenario};
use world::{Summary, World};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn run(scenario: Scenario) -> Summary {
    World::new(scenario).run()
}

/// Agreement, justification, once, durability, bounds and liveness under everything at once.
#[test]
fn hostile_network_and_oracles() {
    let (first, seeds) = (number("OCR_SIMULATION_FIRST", 1), number("OCR_SIMULATION_SEEDS", 200));
    println!("seeds {first} to {}", first + seeds - 1);
    let (mut messages, mut steps, mut restarts, mut attempts) = (0, 0, 0, [0_usize; 4]);
    for seed in first..first + seeds {
        let scenario = Scenario::random(seed);
        let outcome = run(scenario.clone());
        assert!(outcome.violation.is_none(), "seed {seed}: {}\n{scenario:#?}", outcome.violation.unwrap());
        messages += outcome.messages;
        steps += outcome.steps;
        restarts += outcome.restarts;
        for attempt in outcome.attempts {
            attempts[(attempt as usize).min(3)] += 1;
        }
    }
    println!(
        "{seeds} runs, {steps} steps, {messages} messages, {restarts} restarts; requests decided in attempt 0: {}, 1: {}, 2: {}, later: {}",
        attempts[0], attempts[1], attempts[2], attempts[3]
    );
    if seeds >= 200 {
        assert!(attempts.iter().all(|count| *count > 0), "every path is taken");
    }
}

/// One seed gives one history.
#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 7, 11] {
        assert_eq!(run(Scenario::random(seed)).history, run(Scenario::random(seed)).history);
    }
}

/// The real curves instead of the fast stand-in.
#[test]
fn real_signatures() {
    for seed in 1..=6 {
        let scenario = Scenario { real_signatures: true, requests: 1, ..Scenario::random(seed) };
        let outcome = run(scenario);
        assert_eq!(outcome.violation, None, "seed {seed}");
    }
}

/// Two delays after the q-th oracle has executed, and no more messages than the protocol needs.
#[test]
fn fast_path_takes_two_delays() {
    for n in [4, 7, 10, 13, 16, 31] {
        let outcome = run(Scenario::calm(n, Answers::Agree));
        assert_eq!(outcome.violation, None, "n = {n}");
        let f = (n as u64 - 1) / 3;
        let (q, delay) = ((n as u64 + f) / 2 + 1, 50);
        // Oracle i has executed after i milliseconds, and knows its own answer at once.
        let at = outcome.first_report_at.unwrap();
        assert!((2 * delay..q + 2 * delay).contains(&at), "n = {n}: {at} ms");
        assert_eq!(outcome.attempts, [0], "n = {n}");
        let most = if n <= 16 { 3 * n * (n - 1) } else { n * (n - 1) + n * (f as usize + 1) * 2 };
        println!("n = {n}: {} messages", outcome.messages);
        assert!(outcome.messages <= most, "n = {n}: {} messages, at most {most}", outcome.messages);
    }
}

/// Answers that all differ become an error on chain soon after the grace time.
#[test]
fn divergence_becomes_an_error() {
    for n in [4, 7, 16, 31] {
        let outcome = run(Scenario::calm(n, Answers::AllDiffer));
        assert_eq!(outcome.violation, None, "n = {n}");
        let text = String::from_utf8(outcome.outcomes[0].bytes().to_vec()).unwrap();
        assert!(outcome.outcomes[0].is_error() && text.starts_with("DON_DIVERGED "), "{text}");
        let at = outcome.first_report_at.unwrap();
        println!("n = {n}: {at} ms, {} messages: {text}", outcome.messages);
        assert!(at < 1_000, "n = {n}: {at} ms");
    }
}

/// More than f oracles that cannot run the script for a while, or ever, cost time and never a billed error.
#[test]
fn failures_of_oracles_are_never_billed() {
    let (mut answered, mut waited) = (0, 0);
    for seed in 1..=120 {
        for answers in [Answers::SomeFail, Answers::SomeNever] {
            let outcome = run(Scenario { answers, ..Scenario::random(seed) });
            assert_eq!(outcome.violation, None, "seed {seed}, {answers:?}");
            answered += outcome.outcomes.len();
            waited += usize::from(outcome.outcomes.is_empty());
        }
    }
    println!("{answered} answers, {waited} runs without any");
    assert!(answered > 0 && waited > 0, "both ends are met");
}

/// Silence of up to f oracles costs the fast path nothing.
#[test]
fn mute_oracles_do_not_delay() {
    for n in [4, 7, 10] {
        let mut scenario = Scenario::calm(n, Answers::Agree);
        let f = (n - 1) / 3;
        scenario.actors[..f].fill(Actor::Mute);
        let outcome = run(scenario);
        assert_eq!((outcome.violation, outcome.attempts.as_slice()), (None, [0].as_slice()), "n = {n}");
    }
}

/// Tests of the test: a broken protocol is noticed.
mod teeth {
    use super::{Mutation, Scenario, run};

    /// The first violation of this kind in so many seeds.
    fn caught(seeds: u64, mutation: Mutation, kind: &str) {
        let violation = |seed| run(Scenario { mutation, ..Scenario::random(seed) }).violation;
        let found = (1..=seeds).find_map(|seed| {
            violation(seed).filter(|violation| violation.contains(kind)).map(|violation| (seed, violation))
        });
        let (seed, violation) = found.expect("a violation");
        println!("seed {seed}: {violation}");
    }

    #[test]
    fn more_than_f_twins_are_noticed() {
        caught(300, Mutation::TooManyTwins, "agreement");
    }

    #[test]
    fn forgotten_disks_are_noticed() {
        caught(300, Mutation::Amnesia, "once");
    }

    #[test]
    fn sending_before_storing_is_noticed() {
        caught(50, Mutation::LazyDisk, "durability");
    }

    #[test]
    fn silence_about_locks_is_noticed() {
        caught(3_000, Mutation::HiddenLocks, "agreement");
    }
}
