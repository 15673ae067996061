//! Many sequences: one seed each, all cores, progress on stderr; what fails is shrunk and printed with its seed.
//!
//! | variable | means |
//! | --- | --- |
//! | `FUZZ_SEQUENCES` | how many |
//! | `FUZZ_SEED` | the first seed; the others follow it |
//! | `FUZZ_THREADS` | how many at once; the number of cores unless named |

use std::{
    cell::RefCell,
    collections::HashMap,
    io::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use super::{Case, Observer, Start, draw, player::Player};
use crate::{scene::Scene, tally::Tally, twin::reference_code};

/// Fewest and most steps of a sequence.
pub const LENGTH: std::ops::RangeInclusive<usize> = 30..=50;
/// Most attempts at making a failing sequence smaller.
const SHRINKS: u32 = 3_000;

/// Which sequences to play.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The first seed.
    pub first: u64,
    /// How many seeds.
    pub sequences: u64,
    /// How many at once.
    pub threads: u64,
}

impl Plan {
    /// What the environment asks for, and how many sequences when it does not say.
    pub fn from_environment(sequences: u64) -> Self {
        let number = |name: &str, default: u64| match std::env::var(name) {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}; it must be a number")),
            Err(_) => default,
        };
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        Self {
            first: number("FUZZ_SEED", 1),
            sequences: number("FUZZ_SEQUENCES", sequences),
            threads: number("FUZZ_THREADS", cores).max(1),
        }
    }

    /// Plays all of it, each sequence before an observer of its own; `None` when the reference has not been built.
    ///
    /// # Panics
    /// When a sequence fails, with its seed and the smallest sequence that still fails.
    pub fn play<O: Observer + 'static>(self, name: &str, observer: impl Fn() -> O + Sync) -> Option<Tally> {
        reference_code("router")?;
        let scenes = Scenes::default();
        let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let progress = Mutex::new(Progress { total: Tally::default(), begun: Instant::now() });
        let failures = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..self.threads.min(self.sequences) {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= self.sequences {
                            break;
                        }
                        match sequence(self.first.wrapping_add(index), &scenes, &observer) {
                            Ok(tally) => lock(&progress).add(name, self, &tally),
                            Err(failure) => {
                                stop.store(true, Ordering::Relaxed);
                                lock(&failures).push(failure);
                            }
                        }
                    }
                });
            }
        });
        let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        assert!(failures.is_empty(), "{name}\n{}", failures.join("\n\n"));
        let total = progress.into_inner().unwrap_or_else(PoisonError::into_inner).total;
        let ([opened, fulfilled, timed_out], results) = (total.requests(), total.results);
        say(&format!(
            "{name}: {} sequences, FUZZ_SEED={} and following: {} transactions and views, {} comparisons, {} excused, no \
             difference; {opened} requests, {fulfilled} fulfilled, {timed_out} timed out, results 0 to 6: {results:?}",
            total.sequences, self.first, total.transactions, total.compared, total.excused
        ));
        Some(total)
    }
}

/// Plays the sequence of a seed; when it fails, says how in the smallest words.
fn sequence<O: Observer + 'static>(
    seed: u64,
    scenes: &Scenes,
    observer: &impl Fn() -> O,
) -> Result<Tally, String> {
    let config =
        Config { max_shrink_iters: SHRINKS, failure_persistence: None, verbose: 0, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let tree = draw::case(LENGTH).new_tree(&mut runner).expect("every draw is accepted");
    let tally = RefCell::new(Tally::default());
    let played = runner.run_one(tree, |case| {
        let happened = Player::play(scenes.get(case.start), &case, Box::new(observer()));
        happened.map(|happened| tally.replace(happened)).map(drop).map_err(TestCaseError::fail)
    });
    match played {
        Ok(_) => Ok(Tally { sequences: 1, ..tally.into_inner() }),
        Err(TestError::Fail(reason, case)) => Err(explain(seed, &reason.to_string(), &case)),
        Err(error) => Err(format!("FUZZ_SEED={seed}: {error}")),
    }
}

fn explain(seed: u64, reason: &str, case: &Case) -> String {
    let steps: String = case.operations().map(|operation| format!("\n    {operation:?}")).collect();
    let end = reason.char_indices().nth(20_000).map_or(reason.len(), |(at, _)| at);
    format!(
        "the sequence of seed {seed} fails; again with FUZZ_SEED={seed} FUZZ_SEQUENCES=1\nthe smallest that still fails:\n  \
         {:?}{steps}\n{}",
        case.start,
        &reason[..end]
    )
}

/// Scenes at their beginning, each prepared once and forked for every sequence.
#[derive(Default)]
struct Scenes(Mutex<HashMap<Start, Scene>>);

impl Scenes {
    fn get(&self, start: Start) -> Scene {
        let mut scenes = lock(&self.0);
        let scene = scenes.entry(start).or_insert_with(|| {
            let mut scene = Scene::with(start.setup()).expect("the reference has been built");
            let found = scene.twin.settle();
            assert!(found.is_empty(), "{start:?} cannot begin:\n{}", found.join("\n"));
            scene
        });
        scene.fork()
    }
}

struct Progress {
    total: Tally,
    begun: Instant,
}

impl Progress {
    fn add(&mut self, name: &str, plan: Plan, tally: &Tally) {
        self.total.merge(tally);
        let (done, every) = (self.total.sequences, (plan.sequences / 40).max(25));
        if done.is_multiple_of(every) {
            let seconds = self.begun.elapsed().as_secs_f64();
            let rate = done as f64 / seconds;
            say(&format!("{name}: {done} of {} sequences, {rate:.1} a second", plan.sequences));
        }
    }
}

/// A line on stderr that the test harness does not hold back.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A test that panicked while holding it fails anyway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
