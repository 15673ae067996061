//! How long what a request with secrets costs a node takes on one core:
//! `cargo run --locked --profile dist -p functions-tdh2 --example secrets_speed`
#![expect(clippy::disallowed_macros, reason = "an example prints")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::{Duration, Instant};

use common::{Dice, Set};
use functions_tdh2::{Label, ValidShare};

const ROUNDS: u32 = 50;

/// The median time of a round, and what the last one gave.
fn time<T>(what: &str, mut run: impl FnMut() -> T) -> T {
    let mut times: Vec<Duration> = Vec::new();
    let mut last = None;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        last = Some(run());
        times.push(started.elapsed());
    }
    times.sort();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    println!("{what:<48} {:>8.3} ms", median.as_secs_f64() * 1e3);
    last.expect("there are rounds")
}

fn main() {
    let mut dice = Dice::new(1);
    for (members, threshold) in [(4, 3), (31, 21)] {
        println!("n = {members}, K = {threshold}");
        let set = Set::deal(members, threshold, &mut dice);
        let label = Label([1; 32]);
        let of = time("encrypt 10 KiB and verify", || set.seal(&[7; 10_240], label, &mut dice));
        let of = time("verify a ciphertext", || {
            of.ciphertext().clone().verify(&set.key, &[label]).expect("it is valid")
        });
        let shares: Vec<_> =
            set.privates.iter().take(threshold).map(|private| of.share(private, &mut dice)).collect();
        time("make a share", || of.share(set.privates.first().expect("a member"), &mut dice));
        let valid = time("verify K shares", || {
            let checked = shares.iter().map(|share| of.check(share.index(), share).expect("it is valid"));
            checked.collect::<Vec<ValidShare>>()
        });
        time("combine and open", || of.open(threshold, &valid).expect("it opens"));
    }
}
