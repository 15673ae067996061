//! The protocol explored state by state: a little way in every test run, as far as asked by `./scripts/test model`.
#![allow(missing_docs)]

use simulation::model::{Bounds, explore, scenes};

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn no_state_breaks_a_promise() {
    let bounds = Bounds {
        deaths: number("MODEL_DEATHS", 1),
        lies: number("MODEL_LIES", 1),
        states: number("MODEL_STATES", 5_000),
    };
    println!("{bounds:?}");
    let mut all = 0;
    for scene in scenes() {
        let explored = explore(&scene, bounds);
        println!("{scene}: {}", explored.words());
        assert_eq!(explored.violation, None, "{}", explored.violation.as_deref().unwrap_or_default());
        assert!(explored.states > 1_000, "{} states", explored.states);
        // Votes, locks and their signatures in an attempt are that far away.
        assert!(explored.depth >= 16, "{} steps", explored.depth);
        all += explored.states;
    }
    println!("{all} states explored");
}
