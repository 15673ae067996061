//! Many runs at once, on all processors, each in a thread of its own.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    shrink::Case,
    world::{Summary, World},
};

/// Runs all cases; `each` hears of every run as it ends. Stops early when `each` says so.
pub fn run(cases: &[Case], each: impl Fn(&Case, &Summary) -> bool + Sync) {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let summary = World::new(case.plan()).run();
                    if !each(case, &summary) {
                        next.store(cases.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
}

/// Sums over runs.
#[derive(Debug, Default)]
pub struct Sums(Mutex<Inner>);

#[derive(Debug, Default, Clone)]
struct Inner {
    runs: u64,
    steps: u64,
    messages: u64,
    restarts: u64,
    taken_back: u64,
    sent: u64,
    unpaid: u64,
    batches: u64,
    batched: u64,
    attempts: [u64; 4],
    failed: Vec<(Case, String)>,
}

impl Sums {
    /// Counts a run in.
    pub fn add(&self, case: &Case, summary: &Summary) -> u64 {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sums.runs += 1;
        sums.steps += summary.steps;
        sums.messages += summary.messages;
        sums.restarts += summary.restarts;
        sums.taken_back += summary.taken_back;
        sums.sent += summary.transactions.0;
        sums.unpaid += summary.transactions.1;
        sums.batches += summary.batches;
        sums.batched += summary.batched;
        for attempt in &summary.attempts {
            sums.attempts[usize::try_from(*attempt).unwrap_or(3).min(3)] += 1;
        }
        if let Some(violation) = &summary.violation {
            sums.failed.push((case.clone(), violation.clone()));
        }
        sums.runs
    }

    /// Runs that broke a rule, by seed.
    #[must_use]
    pub fn failed(&self) -> Vec<(Case, String)> {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner).failed.clone();
        failed.sort_by_key(|(case, _)| (case.seed, case.n));
        failed
    }

    /// How many runs broke a rule, and how many had no end.
    #[must_use]
    pub fn verdict(&self) -> String {
        let failed = self.failed();
        let stuck = failed.iter().filter(|(_, violation)| violation.starts_with("stuck")).count();
        format!("{} violations, {stuck} stuck", failed.len() - stuck)
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        let Inner {
            runs,
            steps,
            messages,
            restarts,
            taken_back,
            sent,
            unpaid,
            batches,
            batched,
            attempts,
            ..
        } = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (verdict, [fast, first, second, later]) = (self.verdict(), attempts);
        format!(
            "{runs} runs, {steps} steps, {messages} messages, {restarts} processes died, {taken_back} blocks taken back\n\
             decided in attempt 0: {fast}, 1: {first}, 2: {second}, later: {later}; {sent} transactions, {unpaid} for nothing; {batches} of several reports, {batched} in all\n\
             {verdict}"
        )
    }
}
