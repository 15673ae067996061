//! Random histories of a chain, a protocol, a transmitter and a sandbox around one lifecycle, and what must hold in
//! all:
//!
//! * no open request is lost: it waits for the chain to be read, for a run, runs, is with the peers, or is being
//!   delivered;
//! * nothing is delivered of which the chain shows a response, so that no second transaction is paid;
//! * no request is opened without its records: none is observed twice;
//! * states move along the table.
//!
//! `LIFECYCLE_SEEDS=5000` runs more seeds, `LIFECYCLE_FIRST=1234` starts elsewhere.

#![expect(clippy::disallowed_methods, reason = "seeds come from the environment")]
#![expect(clippy::disallowed_macros, reason = "a random test prints its seeds")]

mod counts;
mod world;

use counts::Counts;
use world::World;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn histories_keep_every_promise() {
    let (first, seeds) = (number("LIFECYCLE_FIRST", 1), number("LIFECYCLE_SEEDS", 400));
    println!("seeds {first} to {}", first + seeds - 1);
    let mut sums = Counts::default();
    for seed in first..first + seeds {
        let mut world = World::new(seed);
        let mut told = Vec::new();
        for _ in 0..300 {
            told.push(world.step());
            if let Some(broken) = world.broken() {
                panic!("seed {seed}: {broken}\nlast steps: {:?}", &told[told.len().saturating_sub(40)..]);
            }
        }
        world.end();
        if let Some(broken) = world.broken() {
            panic!("seed {seed}: {broken} at the end");
        }
        sums.add(&world.counts);
    }
    println!("{sums:?}");
    assert!(sums.are_all_met(), "everything happens: {sums:?}");
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let history = |seed| {
        let mut world = World::new(seed);
        (0..300).map(|_| world.step()).collect::<Vec<_>>()
    };
    assert_eq!(history(7), history(7));
    assert_ne!(history(7), history(8));
}
