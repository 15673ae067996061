//! A gas limit that was enough when it was estimated is enough when the transaction runs, at another time, for another
//! id, in another order with what others do.
//!
//! The limit is the least that succeeds in the state it is asked for, to the unit. A node's estimate lies up to 1.5 %
//! above, and so hides what is found here. Each step is drawn at random; `ESTIMATE_SEED` repeats a run.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod requests;
mod settlement;
mod verbs;

use alloy::primitives::{Address, B256, Bytes, keccak256};
use contract_tests::{GAS_PRICE, Receipt, system::*};
use functions_types::abi;

/// Random numbers that begin with a seed.
struct Dice(B256);

impl Dice {
    /// Prints the seed, which is new in every run.
    fn new(test: &str) -> Self {
        let seed = match std::env::var("ESTIMATE_SEED") {
            Ok(text) => text.parse().expect("ESTIMATE_SEED is a number"),
            Err(_) => std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970").subsec_nanos().into(),
        };
        println!("{test}: ESTIMATE_SEED={seed}");
        Self::of(seed)
    }

    fn of(seed: u64) -> Self {
        Self(keccak256(seed.to_be_bytes()))
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = keccak256(self.0);
        u64::from_be_bytes(*self.0.first_chunk().expect("32 bytes")) % end
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    /// What a client names as price when it asks: nothing, or what it would pay.
    fn price(&mut self) -> Option<u128> {
        [None, Some(GAS_PRICE), Some(2 * GAS_PRICE)][self.below(3) as usize]
    }
}

/// One transaction: estimated, then others act, then sent with the estimate.
#[track_caller]
fn send(
    system: &mut System,
    dice: &mut Dice,
    (from, to, data): (Address, Address, Bytes),
    others: impl FnOnce(&mut System, &mut Dice),
) -> Receipt {
    let price = dice.price();
    let gas = system.world.need(from, to, data.clone(), price);
    others(system, dice);
    let before = system.world.chain.snapshot();
    let receipt = system.world.send_with_gas(from, to, data.clone(), gas);
    if !receipt.success {
        system.world.chain.revert(before);
        let need = system.world.need(from, to, data, price);
        panic!("{gas} gas were enough before others acted, now it is {need}");
    }
    receipt
}

/// A system whose subscription may have twenty consumers.
fn system() -> System {
    let mut system = System::new(billing_config());
    let config = abi::RouterConfig { maxConsumersPerSubscription: 20, ..router_config() };
    system.world.run(OWNER, system.router, &abi::Router::updateConfigCall { config }).ok();
    system
}

/// A holder of LINK.
fn holder(index: u64) -> Address {
    Address::from_word(keccak256(index.to_be_bytes()))
}
