//! Many seeds with everything that goes wrong at once, and calm runs in which nothing may be wasted.
//!
//! `SIMULATION_SEEDS=5000` runs more, `SIMULATION_FIRST=1234` begins elsewhere; `./scripts/sim` makes failures small.
#![allow(missing_docs)]

use std::{path::Path, process::Command};

use simulation::{
    many::{Sums, run},
    mutants,
    plan::{Answers, Kind, Plan},
    shrink::Case,
    world::{Summary, World},
};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn all_kinds() -> Vec<Kind> {
    Kind::ALL.iter().map(|(_, kind)| *kind).collect()
}

/// All that there were when a seed was found: which faults it has, and their places, hang on it.
fn first_kinds(count: usize) -> Vec<Kind> {
    all_kinds().into_iter().take(count).collect()
}

fn once(plan: Plan) -> Summary {
    let summary = World::new(plan).run();
    assert_eq!(summary.violation, None);
    summary
}

#[test]
fn every_promise_is_kept_whatever_goes_wrong() {
    let (first, seeds) = (number("SIMULATION_FIRST", 1), number("SIMULATION_SEEDS", 600));
    println!("seeds {first} to {}", first + seeds - 1);
    let sizes = [4, 4, 4, 7, 7, 10].into_iter().cycle();
    let cases: Vec<Case> =
        (first..first + seeds).zip(sizes).map(|(seed, n)| Case::whole(seed, n, all_kinds())).collect();
    let sums = Sums::default();
    run(&cases, |case, summary| {
        sums.add(case, summary);
        true
    });
    println!("{}", sums.words());
    let failed =
        sums.failed().into_iter().map(|(case, violation)| format!("{violation}: ./scripts/sim {case}"));
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Whoever moves an expression moves its mutants.
#[test]
fn every_mutant_fits_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mutants = mutants::list(&root).expect("the list");
    assert!(mutants.len() >= 40, "{} mutants", mutants.len());
    assert_eq!(mutants::misplaced(&root, &mutants), [] as [String; 0]);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 7, 11] {
        let history = || World::new(Case::whole(seed, 4, all_kinds()).plan()).run().history;
        assert_eq!(history(), history());
    }
    let history = |seed| World::new(Case::whole(seed, 4, all_kinds()).plan()).run().history;
    assert_ne!(history(3), history(7));
}

/// What is printed for a run that failed is the same run, in whatever order its mix was given.
#[test]
fn a_printed_command_repeats_its_run() {
    for (seed, kinds) in [
        (29_122_857, vec![Kind::Reorg, Kind::Restart, Kind::Amnesia, Kind::Rotation]),
        (5, all_kinds().into_iter().rev().collect()),
        (6, Vec::new()),
    ] {
        let case = Case { requests: Some(2), faults: Some(vec![0, 2, 3]), ..Case::whole(seed, 4, kinds) };
        let history = World::new(case.plan()).run().history;
        let program = env!("CARGO_BIN_EXE_simulate-nodes");
        let again = Command::new(program).args(case.to_string().split(' ')).arg("--show").output();
        let shown = String::from_utf8(again.expect("it runs").stdout).expect("text");
        assert!(shown.contains(&format!("history: {history},")), "{case}: {history} in\n{shown}");
    }
}

/// Members of 31 that lock in one attempt after the other, without a report.
#[test]
fn a_later_lock_does_not_put_off_that_signatures_go_to_all() {
    let case = Case {
        requests: Some(1),
        faults: Some(vec![2, 16]),
        attackers: Some(vec![4, 8]),
        ..Case::whole(37_935_375, 31, first_kinds(9))
    };
    assert_eq!(case.violation(), None);
}

/// A member that learns late of the next configuration finds peers' messages waiting there. They are heard after what
/// it signed under the one before.
#[test]
fn s3_what_was_signed_binds_before_messages_that_wait_are_heard() {
    let case = Case { faults: Some(vec![3, 5, 6, 7, 11, 13]), ..Case::whole(61_200_049, 7, first_kinds(9)) };
    assert_eq!(case.violation(), None);
}

/// A block that leaves the chain while several reports are signed as one gives a transaction back that carries one of
/// them: they do not go beside it.
#[test]
fn a_report_of_several_is_not_sent_beside_a_transaction_that_came_back() {
    for seed in [1_009_121, 1_012_004] {
        assert_eq!(Case::whole(seed, 4, vec![Kind::Reorg]).violation(), None, "{seed}");
    }
}

/// One transaction a request, no attempt, and nobody waits.
#[test]
fn nothing_is_wasted_when_nothing_goes_wrong() {
    for n in [4, 7, 16, 31] {
        let summary = once(Plan::calm(n, 5, Answers::Agree));
        assert_eq!(
            (summary.transactions, summary.attempts.as_slice()),
            ((5, 0), [0; 5].as_slice()),
            "n = {n}"
        );
    }
}

/// Several requests a transaction when many ask at once; each answered once, none paid for in vain.
#[test]
fn a_crowd_goes_together_and_nothing_is_wasted() {
    for n in [4, 7] {
        let summary = once(Plan { spacing: 0, ..Plan::calm(n, 24, Answers::Agree) });
        let (sent, unpaid) = summary.transactions;
        assert_eq!((unpaid, sent + summary.batched - summary.batches), (0, 24), "n = {n}");
        assert!(sent * 2 <= 24, "n = {n}: {sent} transactions for 24 requests");
    }
}

#[test]
fn answers_that_differ_become_one_error_on_chain() {
    for n in [4, 7, 31] {
        let summary = once(Plan::calm(n, 2, Answers::AllDiffer));
        assert_eq!(summary.transactions, (2, 0), "n = {n}");
    }
}

#[test]
fn the_real_curves_give_the_same_promises() {
    for seed in 1..=3 {
        let plan = Case::whole(seed, 4, vec![Kind::Restart, Kind::Reorg]).plan();
        once(Plan { real_signatures: true, requests: 1, ..plan });
    }
}
